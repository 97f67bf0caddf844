# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stories that journals tell, for the tests of this directory."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.telling.events import Journal, format_time, parse

BEGIN = 1_795_300_000.0


class Story:
    """Writes a journal with a clock that is turned by hand."""

    def __init__(self) -> None:
        self.now = BEGIN
        self.run_id = "7f3a91c2"
        self.attempt = 1
        self.lines: list[str] = []

    def wait(self, seconds: float) -> Story:
        """Let time pass."""
        self.now += seconds
        return self

    def tell(self, event: str, after: float = 0.0, **data: Any) -> Story:
        """Write an event, some seconds after the one before."""
        self.wait(after)
        envelope = {"time": format_time(self.now), "run_id": self.run_id, "attempt": self.attempt, "event": event}
        self.lines.append(json.dumps({**envelope, **data}))
        return self

    def open(self, **data: Any) -> Story:
        """The opening of every run."""
        return self.tell("run_opened", target_release="2026.2", source_release="2026.1", **data)

    def module(
        self, name: str = "fleet_info", requests: int = 3, writes: int = 0, after: float = 0.5, **data: Any
    ) -> Story:
        """A call of one of our modules."""
        shown = {
            "module": f"stackroll.nova.{name}",
            "task": f"Call {name}",
            "host": "localhost",
            "changed": False,
            "failed": False,
        }
        return self.tell("module", after, **{**shown, "api": {"requests": requests, "writes": writes}, **data})

    def roll(self, host: str, wave: int, result: str = "success") -> Story:
        """One host from old to new."""
        self.tell("host_disabled", 1, host=host, wave=wave, claim=f"stackroll:{self.run_id}:{host}")
        self.tell("host_stopped", 9.5, host=host).tell("host_started", 2.2, host=host).tell(
            "host_ready", 13.1, host=host
        )
        self.tell("host_enabled", 2.4, host=host, wave=wave)
        versions = {"service_version_before": 72, "service_version_after": 74}
        return self.tell("host_result", 0.1, host=host, wave=wave, result=result, **versions)

    def control(self) -> Story:
        """The control plane."""
        self.tell("phase_started", phase="control_plane")
        for step in ("schema", "placement", "conductor, scheduler and API"):
            self.tell("control_step", 14, step=step, hosts=["ctl1", "ctl2"])
        return self.tell("phase_finished", 3, phase="control_plane", result="success")

    def prove(self, total: int = 20) -> Story:
        """What finalize says about servers and allocations."""
        self.tell("servers", total=total, unchanged=total, moved=0, lost=[], changed=[], new=0)
        return self.tell("accounting", consumers=total, orphaned=[], doubled=[], missing=[])

    def close(self, result: str = "success", reason: str = "") -> Story:
        """The closing of a run."""
        return self.tell("run_closed", 0.2, result=result, reason=reason)

    def journal(self) -> Journal:
        """All of it, read back."""
        return parse(self.lines)


def whole_run() -> Story:
    """Four hosts in three waves, two controllers, twenty servers."""
    story = Story()
    story.open(versions={"nova": "33.0.2", "placement": "15.0.0"}, hosts=["cmp1", "cmp2", "cmp3", "cmp4"])
    story.tell("phase_started", phase="preflight").module(requests=9).module("allocation_audit")
    story.tell("check", 2, name="Services up", result="Success", summary="12 services of 5 binaries are up")
    story.tell("check", 1, name="Stop time", result="Warning", summary="nova-compute may take 160 s to stop")
    story.tell("phase_finished", 4, phase="preflight", result="success").control()
    story.tell("phase_started", phase="computes").roll("cmp4", 1).module("compute_service", 8, 4)
    story.roll("cmp1", 2).roll("cmp2", 2).roll("cmp3", 3)
    story.tell("phase_finished", phase="computes", result="success").tell("phase_started", phase="finalize").prove()
    story.tell("versions", 9, versions={"nova": "34.0.0", "placement": "16.0.0"})
    return story.tell("phase_finished", 1, phase="finalize", result="success").close()


def stopped_run() -> Story:
    """cmp1 is done, cmp2 does not come up, cmp3 is not reached."""
    story = Story()
    story.open(hosts=["cmp1", "cmp2", "cmp3"]).tell("phase_started", phase="computes").roll("cmp1", 1)
    story.tell("host_disabled", 1, host="cmp2", wave=2, claim="stackroll:7f3a91c2:cmp2").tell(
        "host_stopped", 8, host="cmp2"
    )
    story.tell("host_started", 2, host="cmp2")
    msg = "cmp2: nova-compute did not come up within 120 s after its restart."
    story.module("compute_ready", after=120, failed=True, msg=msg)
    story.tell("host_result", 1, host="cmp2", wave=2, result="failed", reason=msg, service_version_before=72)
    story.tell("phase_finished", 1, phase="computes", result="failed")
    return story.close("failed", msg)


def resumed_run() -> Story:
    """The stopped run, gone on with an hour later."""
    story = stopped_run().wait(3600)
    story.attempt = 2
    story.open(hosts=["cmp1", "cmp2", "cmp3"]).tell("phase_started", 1, phase="computes")
    story.tell(
        "host_result", 1, host="cmp1", wave=1, result="unchanged", service_version_before=74, service_version_after=74
    )
    story.roll("cmp2", 2).roll("cmp3", 3).tell("phase_finished", 1, phase="computes", result="success")
    return (
        story.tell("phase_started", phase="finalize")
        .prove()
        .tell("phase_finished", 5, phase="finalize", result="success")
        .close()
    )


@pytest.fixture
def story() -> Story:
    """An empty story."""
    return Story()


@pytest.fixture
def success() -> Story:
    """A run from beginning to end."""
    return whole_run()


@pytest.fixture
def failure() -> Story:
    """A run that stopped at a host."""
    return stopped_run()


@pytest.fixture
def resumed() -> Story:
    """A run in two attempts."""
    return resumed_run()
