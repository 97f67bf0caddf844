# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether latencies differ for real: the rank test of Mann and Whitney, two-sided, with the correction for ties, in plain Python."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import erfc, sqrt

from ansible_collections.stackroll.nova.plugins.module_utils.availability.latency import percentile

LEVEL = 0.05
# Names for the difference between P(longer) and P(shorter), after Romano and others (2006).
EFFECTS = ((0.147, "negligible"), (0.33, "small"), (0.474, "medium"), (1.01, "large"))


@dataclass(frozen=True)
class Comparison:
    """*u* counts the pairs in which the second is larger, ties by half; *probability* is the share of such pairs; *p_value* two-sided."""

    u: float
    z: float
    p_value: float
    probability: float

    @property
    def effect(self) -> str:
        """How large the difference is, whether or not chance could have made it."""
        size = abs(2 * self.probability - 1)
        return next(name for limit, name in EFFECTS if size < limit)

    @property
    def significant(self) -> bool:
        """Whether chance would rarely make such a difference."""
        return self.p_value < LEVEL


def compare(first: Sequence[float], second: Sequence[float]) -> Comparison | None:
    """The test by its normal approximation with correction for continuity, good from about 10 values each on; nothing without values."""
    m, n = len(first), len(second)
    if not m or not n:
        return None
    rank_sum, ties = _ranks(first, second)
    u = rank_sum - n * (n + 1) / 2
    total = m + n
    variance = m * n / 12 * (total + 1 - ties / (total * (total - 1)))
    away = abs(u - m * n / 2)
    z = max(0.0, away - 0.5) / sqrt(variance) if variance > 0 else 0.0
    return Comparison(u, z if u >= m * n / 2 else -z, erfc(z / sqrt(2)), u / (m * n))


def _ranks(first: Sequence[float], second: Sequence[float]) -> tuple[float, float]:
    """The sum of the ranks of the second among all, where equals share their mean rank, and the sum of t^3 - t over groups of t equals."""
    values = sorted([(value, 0) for value in first] + [(value, 1) for value in second])
    rank_sum, ties, begin = 0.0, 0.0, 0
    while begin < len(values):
        end = begin
        while end < len(values) and values[end][0] == values[begin][0]:
            end += 1
        size = end - begin
        rank_sum += sum(owner for _value, owner in values[begin:end]) * (begin + 1 + end) / 2
        ties += size**3 - size
        begin = end
    return rank_sum, ties


def in_words(before: Sequence[float], during: Sequence[float]) -> str:
    """Two sentences on requests before and during, the typical ones and the slowest; empty when there is nothing to compare.

    The test is about typical requests: a few that had to wait long do not show in it, but in the second sentence.
    """
    found = compare(before, during)
    if found is None:
        return ""
    chance = "p < 0.001" if found.p_value < 0.001 else f"p = {found.p_value:.3f}"
    tail = f"The slowest of 100 requests took {_change(before, during, 99)}."
    if not found.significant:
        return f"No difference shown for typical requests ({chance}): median {_change(before, during, 50)}. {tail}"
    way = "slower" if found.probability > 0.5 else "faster"
    share = max(found.probability, 1 - found.probability)
    return (
        f"Typical requests were {way} during the work ({chance}), a {found.effect} effect: in {share:.0%} of all pairs the one during it was"
        f" {way} than the one before it; median {_change(before, during, 50)}. {tail}"
    )


def _change(before: Sequence[float], during: Sequence[float], percent: float) -> str:
    first, then = (percentile(sorted(values), percent) * 1000 for values in (before, during))
    return f"{first:,.0f} ms before, {then:,.0f} ms during"
