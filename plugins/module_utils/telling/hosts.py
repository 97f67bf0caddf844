# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The story of every compute host: out of service from when to when, versions, and how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import natural
from ansible_collections.stackroll.nova.plugins.module_utils.telling.attempts import FAILED, SUCCESS, UNFINISHED, Clock
from ansible_collections.stackroll.nova.plugins.module_utils.telling.events import Event

UNCHANGED, DISABLED, NOT_STARTED = "unchanged", "disabled", "not started"
RESHAPED = "reshaped"
DONE = (SUCCESS, "upgraded")

# The state that begins with an event, in the words of the timeline.
STATES = {
    "host_disabled": "disabled",
    "host_draining": "draining",
    "host_drained": "disabled",
    "host_stopped": "stopped",
    "host_started": "starting",
    "host_ready": "ready",
    "host_enabled": "",
}


RESHAPES = ("host_reshaped", "host_shape_held")
DRIVER = "driver"


@dataclass
class HostStory:
    """What the journal says about one host, event by event."""

    name: str
    wave: int | None = None
    before: int | None = None
    after: int | None = None
    result: str = ""
    reason: str = ""
    claim: str = ""
    reshaped: str = ""
    first_disabled: float | None = None
    last_enabled: float | None = None
    is_disabled: bool = False
    touched: bool = False
    state: str = ""
    since: float = 0.0
    spans: list[tuple[str, float, float]] = field(default_factory=list)

    def apply(self, event: Event) -> None:
        """Take one event of this host into account."""
        if event.name in STATES:
            self._move(event)
        elif event.name in RESHAPES:
            self._reshape(event)
        elif event.name == "host_result":
            self._judge(event)

    def _move(self, event: Event) -> None:
        self.touched = True
        if event.name == "host_disabled":
            self.first_disabled = event.at if self.first_disabled is None else self.first_disabled
            self.is_disabled = True
            self.claim = event.text("claim") or self.claim
            self.result = self.reason = ""
        elif event.name == "host_enabled":
            self.is_disabled = False
            self.last_enabled = event.at
        wave = event.whole("wave")
        self.wave = self.wave if wave is None else wave
        self._turn(STATES[event.name], event.at)

    def _reshape(self, event: Event) -> None:
        """A driver tells nobody what it does, but the proof of it does; that of a module is no new reshape."""
        self.touched = True
        if event.name == "host_reshaped" or event.text("by") == DRIVER:
            self.reshaped = event.text("by")

    def _turn(self, state: str, moment: float) -> None:
        if self.state:
            self.spans.append((self.state, self.since, max(self.since, moment)))
        self.state, self.since = state, moment

    def _judge(self, event: Event) -> None:
        before, after = event.whole("service_version_before"), event.whole("service_version_after")
        self.before = before if self.before is None else self.before
        self.after = self.after if after is None else after
        result = event.text("result") or UNFINISHED
        if result == UNCHANGED and self.result in DONE:
            return  # a later attempt found it done: what this run did to it stays the answer
        wave = event.whole("wave")
        if wave is not None and (result != UNCHANGED or self.wave is None):
            self.wave = wave
        self.result, self.reason = result, event.text("reason")

    def outcome(self) -> str:
        """How it ended, as far as the journal can tell."""
        if self.is_disabled and self.result in (*DONE, RESHAPED, UNCHANGED, ""):
            return DISABLED
        return self.result or (UNFINISHED if self.touched else NOT_STARTED)

    def seconds_disabled(self, end: float) -> float | None:
        """From the first disabling to the last enabling, or to the end of the journal when it still is disabled."""
        if self.first_disabled is None:
            return None
        until = end if self.is_disabled or self.last_enabled is None else self.last_enabled
        return round(max(0.0, until - self.first_disabled), 1)

    def to_dict(self, clock: Clock, end: float) -> dict[str, Any]:
        """For the report."""
        spans = [*self.spans, (self.state, self.since, max(self.since, end))] if self.state else self.spans
        return {
            "name": self.name,
            "wave": self.wave,
            "service_version_before": self.before,
            "service_version_after": self.after,
            "seconds_disabled": self.seconds_disabled(end),
            "result": self.outcome(),
            "reason": self.reason,
            "still_disabled": self.is_disabled,
            "claim": self.claim if self.is_disabled else "",
            "reshaped": self.reshaped,
            "timeline": [
                {"state": state, "start": clock.offset(start), "end": clock.offset(stop)}
                for state, start, stop in spans
            ],
        }


def fold_hosts(events: Sequence[Event], clock: Clock, finished: bool) -> list[dict[str, Any]]:
    """One entry per host in the order of waves and names; of an unfinished run also the hosts that were not reached."""
    stories: dict[str, HostStory] = {}
    for event in events:
        if event.name in (*STATES, *RESHAPES, "host_result"):
            for name in event.names("host"):
                stories.setdefault(name, HostStory(name)).apply(event)
        elif event.name == "run_opened" and not finished:
            for name in event.names("hosts"):
                stories.setdefault(name, HostStory(name))
    end = max((event.at for event in events), default=0.0)
    ordered = sorted(stories.values(), key=lambda story: (story.wave is None, story.wave or 0, natural(story.name)))
    return [story.to_dict(clock, end) for story in ordered]


def has_failed(host: dict[str, Any]) -> bool:
    """Whether a host ended in a way that stops a run."""
    return bool(host["result"] == FAILED)
