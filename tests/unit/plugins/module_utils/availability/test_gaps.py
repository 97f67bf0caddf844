# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gaps and outages, defined by tables and by what holds for all recordings."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.availability.gaps import gaps, outages
from ansible_collections.stackroll.nova.plugins.module_utils.availability.samples import Sample
from ansible_collections.stackroll.nova.tests.unit.plugins.module_utils.availability.seen import BEGIN, sample

hypothesis = pytest.importorskip("hypothesis")
st = pytest.importorskip("hypothesis.strategies")

REFUSED = {"error": "refused", "seconds": 0.01}
CASES: list[tuple[str, list[tuple[float, dict[str, Any]]], list[tuple[float, float]], list[tuple[float, float]]]] = [
    ("nothing", [(0, {}), (1, {})], [], []),
    ("one failure", [(0, {}), (1, REFUSED), (2, {})], [(1, 2.05)], [(1, 2.05)]),
    ("failures in a row are one gap", [(0, {}), (1, REFUSED), (2, REFUSED), (3, {}), (4, {})], [(1, 3.05)], [(1, 3.05)]),
    ("two gaps", [(1, REFUSED), (2, {}), (3, REFUSED), (4, {})], [(1, 2.05), (3, 4.05)], [(1, 2.05), (3, 4.05)]),
    ("a hold: all wait, all are answered", [(0, {}), (1, {"seconds": 4}), (2, {"seconds": 3}), (6, {})], [(1, 5)], []),
    ("one late among quick ones", [(1, {"seconds": 4}), (1.2, {}), (1.4, {})], [(1, 1.25)], []),
    ("slow, not late", [(1, {"seconds": 1.0}), (3, {})], [], []),
    ("it ends with an answer to an earlier request", [(0, {"seconds": 1.5}), (1, REFUSED), (3, {})], [(0, 1.5)], [(1, 1.5)]),
    ("never served", [(0, REFUSED), (1, REFUSED)], [(0, 1.01)], [(0, 1.01)]),
    ("not served to the end", [(0, {}), (1, REFUSED), (2, {"error": "timeout", "seconds": 30})], [(1, 32)], [(1, 32)]),
    ("not sent", [(0, {}), (1, {"error": "skipped", "seconds": 0}), (2, {})], [(1, 2.05)], []),
    ("an answer of 503 is none", [(0, {}), (1, {"status": 503}), (2, {})], [(1, 2.05)], [(1, 2.05)]),
]  # fmt: skip


@pytest.mark.parametrize(("_name", "given", "gap", "outage"), CASES, ids=[case[0] for case in CASES])
def test_definition(_name: str, given: list[Any], gap: list[Any], outage: list[Any]) -> None:
    samples = [sample(at, **more) for at, more in given]
    for find, expected in ((gaps, gap), (outages, outage)):
        found = [(item.start - BEGIN, item.end - BEGIN) for item in find(samples)]
        assert found == [pytest.approx(pair) for pair in expected]


def test_a_gap_that_does_not_end_says_so() -> None:
    assert [item.closed for item in gaps([sample(0, **REFUSED), sample(1), sample(2, **REFUSED)])] == [True, False]


def test_nothing_was_asked() -> None:
    assert gaps([]) == []


SAMPLES = st.lists(
    st.builds(
        sample,
        at=st.integers(0, 60).map(float),
        seconds=st.sampled_from([0.0, 0.05, 0.5, 1.5, 10.0]),
        status=st.sampled_from([200, 200, 500]),
        error=st.sampled_from([None, None, "refused", "skipped"]),
    ),
    max_size=25,
)


@hypothesis.given(samples=SAMPLES)
def test_what_holds_for_all_recordings(samples: list[Sample]) -> None:
    found = gaps(samples)
    for gap in found:
        inside = [item for item in samples if item.succeeded and gap.start < item.ended < gap.end]
        assert not inside
        assert gap.end > gap.start or not gap.closed
    assert all(one.end <= other.start for one, other in zip(found, found[1:]))
    troubles = [item for item in samples if not item.succeeded or item.seconds > 1.0]
    assert all(any(gap.start <= item.started <= gap.end for gap in found) for item in troubles)
    assert bool(found) == bool(troubles)
    # What is an outage lies in a gap.
    for out in outages(samples):
        assert any(gap.start <= out.start and out.end <= gap.end for gap in found)
