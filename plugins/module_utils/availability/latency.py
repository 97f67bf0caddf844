# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many values in a few figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from math import ceil
from typing import Any

PERCENTILES = (50, 95, 99)


def percentile(ordered: Sequence[float], percent: float) -> float:
    """The smallest of the ordered values that at least so many percent do not exceed: always one that was measured."""
    return ordered[max(0, ceil(len(ordered) * percent / 100) - 1)]


def figures(values: Iterable[float]) -> dict[str, Any]:
    """Count, p50, p95, p99 and max in seconds; null without values."""
    ordered = sorted(values)
    found: dict[str, Any] = {"count": len(ordered)}
    for percent in PERCENTILES:
        found[f"p{percent}"] = round(percentile(ordered, percent), 4) if ordered else None
    found["max"] = round(ordered[-1], 4) if ordered else None
    return found


def ratio(value: float | None, base: float | None) -> float | None:
    """One figure in proportion to another; nothing where one is missing."""
    return round(value / base, 3) if value is not None and base else None


def counted(kinds: Iterable[str], found: Iterable[str]) -> dict[str, int]:
    """How often each kind was found; those that were not are left out."""
    counts = Counter(found)
    return {kind: counts[kind] for kind in kinds if counts[kind]}
