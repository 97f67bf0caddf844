# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The schedule: the same for the same seed, and exact in its proportions."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.availability.mix import Mix
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput

hypothesis = pytest.importorskip("hypothesis")
st = pytest.importorskip("hypothesis.strategies")

KNOWN = ("a", "b", "c", "d")
WEIGHTS = st.dictionaries(st.sampled_from(KNOWN), st.integers(0, 9), min_size=1).filter(
    lambda found: any(found.values())
)


@hypothesis.given(weights=WEIGHTS, rate=st.floats(0.1, 100), seed=st.integers(0, 99), blocks=st.integers(1, 5))
def test_every_block_has_each_operation_as_often_as_its_weight_says(
    weights: dict[str, int], rate: float, seed: int, blocks: int
) -> None:
    mix = Mix.parse(weights, KNOWN)
    length = blocks * sum(weights.values())
    due = list(islice(mix.schedule(rate, seed), length))
    assert Counter(item.operation for item in due) == {name: blocks * n for name, n in weights.items() if n}
    assert [item.at for item in due] == pytest.approx([number / rate for number in range(length)])
    assert due == list(islice(mix.schedule(rate, seed), length))


def test_proportions_hold_on_the_shortest_stretch_that_can_hold_them() -> None:
    due = islice(Mix.parse({"a": 200, "b": 100}, KNOWN).schedule(5, 1), 3)
    assert Counter(item.operation for item in due) == {"a": 2, "b": 1}


def test_another_seed_is_another_order() -> None:
    orders = {
        tuple(item.operation for item in islice(Mix.parse({"a": 5, "b": 5}, KNOWN).schedule(1, seed), 40))
        for seed in range(5)
    }
    assert len(orders) == 5


def test_left_out() -> None:
    mix = Mix.parse({"a": 1, "b": 0, "c": 2}, KNOWN)
    assert mix.operations == ("a", "c")
    assert mix.without(["c"]).operations == ("a",)


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        ({"x": 1}, "names x"),
        ({"a": -1}, "is -1"),
        ({"a": "many"}, "'many'"),
        ({"a": 1001}, "1001"),
        ({"a": 0.5}, "0.5"),
    ],
)
def test_refusals(weights: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        Mix.parse(weights, KNOWN)


@pytest.mark.parametrize(
    ("weights", "rate"), [({}, 5), ({"a": 0}, 5), ({"a": 1}, 0), ({"a": 1}, -1), ({"a": 1}, float("nan"))]
)
def test_nothing_to_ask_for(weights: dict[str, Any], rate: float) -> None:
    with pytest.raises(InvalidInput, match="nothing to ask for"):
        Mix.parse(weights, KNOWN).schedule(rate, 1)
