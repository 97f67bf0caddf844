# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long each phase took, over all attempts of a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.telling.attempts import (
    FAILED,
    SUCCESS,
    UNFINISHED,
    Attempt,
    Clock,
)
from ansible_collections.stackroll.nova.plugins.module_utils.telling.events import Event


@dataclass
class _Phase:
    name: str
    seconds: float = 0.0
    result: str = UNFINISHED
    since: float | None = None
    spans: list[tuple[float, float]] = field(default_factory=list)
    attempts: set[int] = field(default_factory=set)

    def stop(self, moment: float, result: str) -> None:
        """End the span that is running, if any."""
        if self.since is not None:
            end = max(self.since, moment)
            self.seconds += end - self.since
            self.spans.append((self.since, end))
            self.since = None
            self.result = result
        elif self.result != FAILED:
            self.result = result  # several hosts may end a phase; what one of them says against it stands

    def to_dict(self, clock: Clock) -> dict[str, Any]:
        """For the report."""
        return {
            "name": self.name,
            "seconds": round(self.seconds, 1),
            "result": self.result,
            "attempts": len(self.attempts),
            "spans": [{"start": clock.offset(start), "end": clock.offset(end)} for start, end in self.spans],
        }


def fold_phases(attempts: tuple[Attempt, ...], clock: Clock) -> list[dict[str, Any]]:
    """One entry per phase in the order of their first start: time of all attempts, result of the last."""
    phases: dict[str, _Phase] = {}
    for attempt in attempts:
        for event in attempt.events:
            if event.name in ("phase_started", "phase_finished") and event.text("phase"):
                _apply(phases.setdefault(event.text("phase"), _Phase(event.text("phase"))), event, attempt.number)
        for phase in phases.values():
            if phase.since is not None:
                phase.stop(attempt.end, UNFINISHED)
    return [phase.to_dict(clock) for phase in phases.values()]


def _apply(phase: _Phase, event: Event, attempt: int) -> None:
    phase.attempts.add(attempt)
    if event.name == "phase_finished":
        phase.stop(event.at, event.text("result") or SUCCESS)
    elif phase.since is None:
        phase.since, phase.result = event.at, UNFINISHED
