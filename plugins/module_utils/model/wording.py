# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sentences about lists: the first few names, then how many more."""

from __future__ import annotations

import re
from collections.abc import Iterable


def some(names: Iterable[str], limit: int = 3, total: int | None = None) -> str:
    """The names, or the first ones and the number of the others; *total* is how many there are when not all names are known."""
    items = list(names)
    shown = items[:limit]
    others = (len(items) if total is None else total) - len(shown)
    if not others:
        return ", ".join(shown)
    return f"{', '.join(shown)} and {others} more" if shown else str(others)


def count(number: int, noun: str) -> str:
    """A number with its noun: 1 server, 2 servers."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def natural(name: str) -> list[tuple[int, int, str]]:
    """A sort key that puts cmp2 before cmp10."""
    parts = (part for part in re.split(r"([0-9]{1,18})", name) if part)
    return [(0, int(part), part) if part[0] in "0123456789" else (1, 0, part) for part in parts]
