# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers with units and names that are safe to show."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

UNKNOWN = "unknown"


def clean(value: object) -> str:
    """Text on one line without control and direction characters; names of servers are written by tenants."""
    return "".join(_visible(character) for character in str(value))


def _visible(character: str) -> str:
    if character.isprintable():
        return character
    return " " if character in "\t\n\r" or unicodedata.category(character) == "Zs" else "\ufffd"


def duration(seconds: float | None) -> str:
    """A span of time as people say it."""
    if seconds is None:
        return UNKNOWN
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        minutes, rest = divmod(whole, 60)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(round(whole / 60), 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def spread(values: Sequence[float]) -> str:
    """The range of some spans of time."""
    low, high = duration(min(values)), duration(max(values))
    return low if low == high else f"{low} to {high}"


def number(value: Any) -> str:
    """A whole number with separators; a dash when it is not known."""
    return "-" if value is None else f"{value:,}"


def count(amount: int, noun: str) -> str:
    """An amount with its noun."""
    return f"{amount:,} {noun}" if amount == 1 else f"{amount:,} {noun}s"


def some(names: Iterable[object], limit: int = 5) -> str:
    """Names in a row; many of them are cut to the first and a count."""
    every = [clean(name) for name in names]
    return ", ".join(every) if len(every) <= limit else f"{', '.join(every[:limit])} and {len(every) - limit} more"


def moment(value: object) -> str:
    """A moment of a report to the second, as people read it."""
    words = clean(value or "-")
    return f"{words[:10]} {words[11:19]} UTC" if len(words) == 24 and words.endswith("Z") else words


def phase_name(name: object) -> str:
    """The name of a phase as people read it."""
    return clean(name).replace("_", " ")


def way(report: dict[str, Any]) -> str:
    """From which release to which."""
    source, target = clean(report["source_release"] or ""), clean(report["target_release"] or "")
    if source and target and source != target:
        return f"from {source} to {target}"
    return f"to {target or source or 'an unknown release'}"
