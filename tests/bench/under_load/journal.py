# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the journal of a run says of the times that matter to clients."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

Json = dict[str, Any]
CHECK = "Single controllers"


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


def hold_seconds(events: Iterable[Mapping[str, Any]]) -> float | None:
    """Return how long the load balancer held requests at most, as far as an event tells: hold_seconds, or hold with seconds."""
    found = []
    for event in events:
        hold = event.get("hold")
        told = event.get("hold_seconds", hold.get("seconds") if isinstance(hold, Mapping) else None)
        if isinstance(told, (int, float)):
            found.append(float(told))
    return max(found, default=None)


def order(events: Iterable[Mapping[str, Any]]) -> str:
    """Return the order in which the controllers changed; empty when it was not decided."""
    return next((str(event.get("order")) for event in reversed(list(events)) if event["event"] == "control_order"), "")


def warned(document: Mapping[str, Any]) -> bool:
    """Whether the checks.json of preflight warns of APIs that run on one controller only."""
    return any(check.get("check") == CHECK and check.get("result") == "warning" for check in document.get("checks", ()))


def moment(text: str) -> float:
    """Epoch seconds of a time of the journal."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
