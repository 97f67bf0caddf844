# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes into a query and comes out of its rows, in Python's terms."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timezone

MANY = 1000  # values in one list of a query


def portions(values: Collection[str], size: int) -> list[tuple[str, ...]]:
    """The values in order, so many at a time."""
    wanted = sorted(values)
    return [tuple(wanted[start : start + size]) for start in range(0, len(wanted), size)]


def epoch(moment: datetime | None) -> float | None:
    """Seconds since the epoch; Nova's and Placement's columns are in UTC without saying so."""
    return moment.replace(tzinfo=timezone.utc).timestamp() if moment else None
