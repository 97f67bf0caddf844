# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the journal of a run says of the times that matter to clients."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

Json = dict[str, Any]
CHECK = "Single controllers"
HOLD = "stackroll.nova.haproxy_hold"


def read(text: str) -> list[Json]:
    """Return the events of a journal."""
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def spans(events: Iterable[Mapping[str, Any]]) -> dict[str, tuple[float, float]]:
    """Return start and end of each phase that ended, in epoch seconds."""
    begun: dict[str, float] = {}
    found: dict[str, tuple[float, float]] = {}
    for event in events:
        phase = str(event.get("phase"))
        if event["event"] == "phase_started":
            begun[phase] = moment(event["time"])
        elif event["event"] == "phase_finished" and phase in begun:
            found[phase] = (begun.pop(phase), moment(event["time"]))
    return found


def hold_seconds(events: Sequence[Mapping[str, Any]]) -> float | None:
    """Return how long the load balancer held requests at most; None where it never did.

    As an event tells it (hold_seconds), or else from the beginning of the task that let requests wait to the end of the one that let
    them go on, which is a little more.
    """
    told = [float(event["hold_seconds"]) for event in events if event.get("hold_seconds") is not None]
    calls = [event for event in events if event["event"] == "module" and event.get("module") == HOLD]
    timed = [
        moment(last["started"]) + last["seconds"] - moment(one["started"]) for one, last in zip(*[iter(calls)] * 2)
    ]
    return max(told or timed, default=None)


def order(events: Iterable[Mapping[str, Any]]) -> str:
    """Return the order in which the controllers changed; empty when it was not decided."""
    return next((str(event.get("order")) for event in reversed(list(events)) if event["event"] == "control_order"), "")


def warned(document: Mapping[str, Any]) -> bool:
    """Whether the checks.json of preflight warns of APIs that run on one controller only."""
    return any(check.get("check") == CHECK and check.get("result") == "warning" for check in document.get("checks", ()))


def moment(text: str) -> float:
    """Epoch seconds of a time of the journal."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
