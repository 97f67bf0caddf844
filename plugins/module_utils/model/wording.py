# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sentences about lists: the first few names, then how many more."""

from __future__ import annotations

from collections.abc import Iterable


def some(names: Iterable[str], limit: int = 3) -> str:
    """The names, or the first ones and the number of the others."""
    items = list(names)
    shown = ", ".join(items[:limit])
    return shown if len(items) <= limit else f"{shown} and {len(items) - limit} more"


def count(number: int, noun: str) -> str:
    """A number with its noun: 1 server, 2 servers."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
