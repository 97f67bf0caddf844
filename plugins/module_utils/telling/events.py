# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal as data: one frozen event per line, whatever the line looks like."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

ENVELOPE = ("time", "run_id", "attempt", "event")


@dataclass(frozen=True)
class Event:
    """One thing that happened, at a moment, in an attempt of a run."""

    name: str
    at: float
    run_id: str = ""
    attempt: int | None = None
    data: Mapping[str, Any] = field(default_factory=dict)

    def text(self, key: str) -> str:
        """The value as text; empty when it is missing or is not a scalar."""
        return as_text(self.data.get(key))

    def number(self, key: str) -> float | None:
        """The value as a finite number, or nothing; templates may have made text of it."""
        value = self.data.get(key)
        if isinstance(value, str) and value.isascii() and value.strip().isdecimal():
            value = int(value[:18])
        return as_number(value)

    def whole(self, key: str) -> int | None:
        """The value as a whole number, or nothing."""
        number = self.number(key)
        return None if number is None else int(number)

    def names(self, key: str) -> tuple[str, ...]:
        """The value as a list of names; a single name counts as a list of one."""
        value = self.data.get(key)
        values = value if isinstance(value, (list, tuple)) else [value]
        return tuple(name for name in map(as_text, values) if name)

    def mapping(self, key: str) -> Mapping[str, Any]:
        """The value as a mapping; empty when it is something else."""
        value = self.data.get(key)
        return value if isinstance(value, Mapping) else {}


@dataclass(frozen=True)
class Journal:
    """The events that could be read, and how many lines could not."""

    events: tuple[Event, ...]
    damaged: int = 0


def parse(lines: Iterable[str]) -> Journal:
    """Read journal lines; what a kill cut short is counted and left out."""
    events: list[Event] = []
    damaged = 0
    for line in lines:
        if not line.strip():
            continue
        event = parse_line(line)
        if event is None:
            damaged += 1
        else:
            events.append(event)
    return Journal(tuple(events), damaged)


def parse_line(line: str) -> Event | None:
    """One event, or nothing when the line is not a whole event."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict):
        return None
    name, moment = record.get("event"), parse_time(record.get("time"))
    if not isinstance(name, str) or not name or moment is None:
        return None
    attempt = as_number(record.get("attempt"))
    data = {key: value for key, value in record.items() if key not in ENVELOPE}
    return Event(name, moment, as_text(record.get("run_id")), None if attempt is None else int(attempt), data)


def parse_time(value: object) -> float | None:
    """Seconds since the epoch of an ISO moment; a moment without a zone is UTC."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value[:-1] + "+00:00" if value.endswith("Z") else value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp()
    except (ValueError, OverflowError):
        return None


def format_time(moment: float) -> str:
    """A moment in UTC with milliseconds, as it is written to the journal."""
    text = datetime.fromtimestamp(moment, timezone.utc).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def as_number(value: object) -> float | None:
    """A finite number, or nothing; a truth value is not a number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def as_text(value: object) -> str:
    """Text of a scalar; empty for anything else."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else ""
