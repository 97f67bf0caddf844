# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The attempts of one run: a run that was stopped and started again keeps its id and its journal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ansible_collections.stackroll.nova.plugins.module_utils.telling.events import Event, format_time

SUCCESS, FAILED, UNFINISHED = "success", "failed", "unfinished"

# What shows that work went on after a run was closed, so that its closing no longer holds.
_WORK = frozenset(
    (
        "run_opened",
        "phase_started",
        "control_step",
        "host_disabled",
        "host_draining",
        "host_stopped",
        "host_reshaped",
        "host_started",
    )
)


@dataclass(frozen=True)
class Attempt:
    """One invocation of the playbooks within a run."""

    number: int
    events: tuple[Event, ...]

    @property
    def start(self) -> float:
        """When its first event was written."""
        return self.events[0].at

    @property
    def end(self) -> float:
        """When its last event was written; a clock that was set back does not make it shorter than nothing."""
        return max(event.at for event in self.events)

    @property
    def seconds(self) -> float:
        """How long it took."""
        return max(0.0, self.end - self.start)

    @property
    def closing(self) -> Event | None:
        """The event that closed the run, unless work went on after it."""
        closed: Event | None = None
        for event in self.events:
            if event.name == "run_closed":
                closed = event
            elif event.name in _WORK:
                closed = None
        return closed

    @property
    def result(self) -> str:
        """Success only when it was closed as such; unfinished when nobody closed it."""
        closing = self.closing
        if closing is None:
            return UNFINISHED
        return SUCCESS if closing.text("result") == SUCCESS else FAILED

    def to_dict(self) -> dict[str, object]:
        """For the report."""
        return {
            "started": format_time(self.start),
            "finished": format_time(self.end),
            "seconds": round(self.seconds, 1),
            "result": self.result,
        }


def has_changed_anything(events: Sequence[Event]) -> bool:
    """Whether a run has begun to change the cloud."""
    if any(event.name in _WORK - {"run_opened", "phase_started"} for event in events):
        return True
    return any(event.name == "module" and event.data.get("changed") is True for event in events)


def of_one_run(events: Sequence[Event]) -> tuple[Event, ...]:
    """The events of the run that was opened last; events without a run belong to it."""
    opened = [event.run_id for event in events if event.run_id and event.name == "run_opened"]
    known = opened or [event.run_id for event in events if event.run_id]
    run_id = known[-1] if known else ""
    return tuple(event for event in events if event.run_id in ("", run_id))


def split(events: Sequence[Event]) -> tuple[Attempt, ...]:
    """Attempts in order; an event without a number belongs to the opening before it."""
    groups: dict[int, list[Event]] = {}
    current = 0
    for event in events:
        if event.attempt is not None:
            current = event.attempt
        elif event.name == "run_opened" and any(entry.name == "run_opened" for entry in groups.get(current, [])):
            current += 1
        groups.setdefault(current, []).append(event)
    return tuple(Attempt(number, tuple(group)) for number, group in enumerate(groups.values(), start=1))


@dataclass(frozen=True)
class Clock:
    """Turns moments into seconds of work: the time between two attempts does not count."""

    attempts: tuple[Attempt, ...]

    @property
    def seconds(self) -> float:
        """The time of all attempts together."""
        return sum(attempt.seconds for attempt in self.attempts)

    @property
    def breaks(self) -> list[float]:
        """Where one attempt ended and the next began."""
        ends, total = [], 0.0
        for attempt in self.attempts[:-1]:
            total += attempt.seconds
            ends.append(round(total, 1))
        return ends

    def offset(self, moment: float) -> float:
        """Seconds of work from the beginning of the run to this moment."""
        return round(sum(min(max(0.0, moment - attempt.start), attempt.seconds) for attempt in self.attempts), 1)
