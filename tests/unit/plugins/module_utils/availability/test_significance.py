# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rank test against known values, and against counting every pair."""

from __future__ import annotations

from itertools import combinations

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.availability.latency import figures, percentile, ratio
from ansible_collections.stackroll.nova.plugins.module_utils.availability.significance import compare, in_words

hypothesis = pytest.importorskip("hypothesis")
st = pytest.importorskip("hypothesis.strategies")

FEW = st.lists(st.integers(0, 5).map(float), min_size=1, max_size=30)


def test_the_example_of_the_ages_at_diagnosis() -> None:
    # The example in SciPy's documentation of mannwhitneyu: U of the males is 17, p by the normal approximation 0.1113.
    males, females = [19.0, 22.0, 16.0, 29.0, 24.0], [20.0, 11.0, 17.0, 12.0]
    found = compare(females, males)
    assert found is not None
    assert found.u == 17
    assert found.p_value == pytest.approx(0.11134688653314041)


def test_ties_by_hand() -> None:
    # Ranks 1.5 1.5 | 3.5 3.5 | 5 : U of the second is 5.5 of 6; ties 2 * (8 - 2) = 12; variance 6/12 * (6 - 12/20) = 2.7.
    found = compare([1.0, 1.0, 2.0], [2.0, 3.0])
    assert found is not None
    assert found.u == 5.5
    assert found.z == pytest.approx((5.5 - 3 - 0.5) / 2.7**0.5)


@hypothesis.given(left=FEW, right=FEW)
def test_u_counts_pairs(left: list[float], right: list[float]) -> None:
    found, other = compare(left, right), compare(right, left)
    assert found is not None
    assert other is not None
    assert found.u == sum((b > a) + (b == a) / 2 for a in left for b in right)
    assert found.probability == pytest.approx(1 - other.probability)
    assert found.p_value == pytest.approx(other.p_value)
    assert 0 <= found.p_value <= 1


@pytest.mark.parametrize("values", [[1, 2, 3, 4, 5, 6], [1, 1, 2, 2, 2, 3], [1, 1, 1, 1, 2, 2], [0, 0, 1, 5, 5, 5, 9]])
def test_the_variance_is_that_of_all_divisions(values: list[float]) -> None:
    """Under the hypothesis that both come from one source every division of the values is as likely as any other."""
    size = 3
    counts = []
    for chosen in combinations(range(len(values)), size):
        second = [values[index] for index in chosen]
        first = [values[index] for index in range(len(values)) if index not in chosen]
        found = compare(first, second)
        assert found is not None
        counts.append((found.u, found.z))
    mean = size * (len(values) - size) / 2
    assert sum(u for u, _z in counts) / len(counts) == pytest.approx(mean)
    variance = sum((u - mean) ** 2 for u, _z in counts) / len(counts)
    for u, z in counts:
        assert z == pytest.approx(max(0.0, abs(u - mean) - 0.5) / variance**0.5 * (1 if u >= mean else -1))


def test_all_equal_and_nothing() -> None:
    found = compare([1.0] * 5, [1.0] * 9)
    assert found is not None
    assert (found.p_value, found.probability, found.significant) == (1.0, 0.5, False)
    assert compare([], [1.0]) is None
    assert in_words([], [1.0]) == ""


def test_words() -> None:
    slow = in_words([0.01 * n for n in range(50)], [0.2 + 0.01 * n for n in range(50)])
    assert slow == (
        "Typical requests were slower during the work (p < 0.001), a large effect: in 82% of all pairs the one during it was slower than the"
        " one before it; median 240 ms before, 440 ms during. The slowest of 100 requests took 490 ms before, 690 ms during."
    )
    assert "faster during the work" in in_words([2.0] * 20, [1.0] * 20)


def test_a_few_that_waited_long_are_told_although_the_test_does_not_see_them() -> None:
    quick = [0.1 + n / 10_000 for n in range(100)]
    assert in_words(quick, [*quick[:-2], 3.0, 3.0]) == (
        "No difference shown for typical requests (p = 0.997): median 105 ms before, 105 ms during."
        " The slowest of 100 requests took 110 ms before, 3,000 ms during."
    )


@pytest.mark.parametrize(("shift", "effect"), [(0, "negligible"), (8, "small"), (20, "medium"), (60, "large")])
def test_effects(shift: int, effect: str) -> None:
    found = compare([float(n) for n in range(100)], [float(n + shift) for n in range(100)])
    assert found is not None
    assert found.effect == effect


def test_percentiles_are_values_that_were_measured() -> None:
    ordered = [float(n) for n in range(1, 201)]
    assert [percentile(ordered, p) for p in (0, 50, 95, 99, 100)] == [1, 100, 190, 198, 200]
    assert percentile([7.0], 99) == 7
    assert figures([]) == {"count": 0, "p50": None, "p95": None, "p99": None, "max": None}
    assert figures([0.2, 0.1]) == {"count": 2, "p50": 0.1, "p95": 0.2, "p99": 0.2, "max": 0.2}
    assert (ratio(0.3, 0.2), ratio(None, 1.0), ratio(1.0, None), ratio(1.0, 0.0)) == (1.5, None, None, None)
