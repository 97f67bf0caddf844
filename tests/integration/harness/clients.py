# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients of the rehearsal cloud beside whatever is done to it: the collection's own probe, at the public endpoints."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.cloud import PROJECT
from harness.commands import ENVIRONMENT

MODULE = PROJECT / "plugins" / "modules" / "api_probe.py"
SERVERS = "stackroll-probe-"  # what the names of their servers begin with
LOAD = {"flavor": "tiny", "image": "rehearsal", "network": "none"}
LONGEST = 3600  # they end by then, whatever became of who started them
PATIENCE = 480  # the probe sees its answers, boots and deletions to their end, each for a bounded time
Json = dict[str, Any]


@dataclass(frozen=True)
class Phase:
    """What was done to the cloud when, in epoch seconds."""

    name: str
    start: float
    end: float

    @property
    def option(self) -> dict[str, str]:
        """As the module takes it."""
        return {"name": self.name, "start": str(self.start), "end": str(self.end)}


class Clients:
    """So many requests a second and a boot every so many seconds, written to a file, until they are stopped.

    Leaving the context stops them. It fails when a server of theirs is left, unless *may_leave_servers* says that the cloud is thrown
    away anyhow; *complaint* has the reason then.
    """

    def __init__(
        self, recording: Path, *, rate: float = 5, boot_every: float = 5, may_leave_servers: bool = False
    ) -> None:
        self._recording = recording
        self._load = {**LOAD, "rate": rate, "boot_every": boot_every, "duration": LONGEST}
        self._may_leave_servers = may_leave_servers
        self._stopped = False
        self.complaint = ""

    def __enter__(self) -> Clients:
        self._recording.parent.mkdir(parents=True, exist_ok=True)
        self._evaluation(self._ask("stopped"))  # those of a run that was killed
        self._recording.unlink(missing_ok=True)
        answer = self._ask("started", **self._load)
        assert answer.get("running"), f"no clients: {answer.get('msg')}"
        assert not answer["left_out"], f"clients ask for less than they should: {answer['left_out']}"
        return self

    def __exit__(self, kind: type[BaseException] | None, *_error: object) -> None:
        if not self._stopped:
            self.stop()
        assert kind is not None or self._may_leave_servers or not self.complaint, self.complaint

    def look(self, phases: Iterable[Phase] = ()) -> Json:
        """Return what they have seen so far, as docs/report.md describes it."""
        return self._evaluation(self._ask("evaluated", phases=[phase.option for phase in phases]))

    def stop(self, phases: Iterable[Phase] = ()) -> Json:
        """End them, delete their servers, and return what they have seen."""
        self._stopped = True
        options = [phase.option for phase in phases]
        answer = self._ask("stopped", phases=options)
        if answer.get("failed"):
            self.complaint = str(answer.get("msg"))
            answer = self._ask("evaluated", phases=options)
        return self._evaluation(answer)

    def _evaluation(self, answer: Json) -> Json:
        assert not answer.get("failed"), answer.get("msg")
        found: Json = answer["evaluation"]
        return found

    def _ask(self, state: str, **options: Any) -> Json:
        """Run the module as Ansible does; the probe that it starts lives on."""
        arguments = {"state": state, "path": str(self._recording), "cloud": "rehearsal", **options}
        done = subprocess.run(
            [sys.executable, "-W", "ignore", str(MODULE)],
            env={**ENVIRONMENT, "PYTHONPATH": ENVIRONMENT["ANSIBLE_COLLECTIONS_PATH"]},
            input=json.dumps({"ANSIBLE_MODULE_ARGS": arguments}),
            check=False,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert done.stdout.strip(), f"api_probe ended with {done.returncode}: {done.stderr[-2000:]}"
        found: Json = json.loads(done.stdout)
        return found
