# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The search finds an assignment exactly when trying everything finds one."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.stackroll.nova.plugins.module_utils.reshape import search as searching
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.filling import Filling
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.search import Search
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.splitting import Flow

Vectors = list[tuple[int, ...]]


def fits(rooms: Vectors, items: Vectors, chosen: dict[int, int]) -> bool:
    """Whether no place gives more than it has."""
    return all(
        sum(items[item][axis] for item, place in chosen.items() if place == number) <= room[axis]
        for number, room in enumerate(rooms)
        for axis in range(len(room))
    )


@st.composite
def problems(draw: st.DrawFn) -> tuple[Vectors, Vectors, list[list[int]]]:
    """A few tight rooms, a few items, and who may go where."""
    axes, places, items = draw(st.integers(1, 2)), draw(st.integers(1, 3)), draw(st.integers(0, 6))
    size = st.tuples(*[st.integers(0, 6)] * axes)
    room = st.tuples(*[st.integers(0, 12)] * axes)
    allowed = st.lists(st.integers(0, places - 1), unique=True, max_size=places).map(sorted)
    everywhere = st.just(list(range(places)))
    return (
        draw(st.lists(room, min_size=places, max_size=places)),
        draw(st.lists(size, min_size=items, max_size=items)),
        draw(st.lists(st.one_of(everywhere, everywhere, allowed), min_size=items, max_size=items)),
    )


@settings(max_examples=100, deadline=None)
@given(problems())
def test_the_search_is_exact(problem: tuple[Vectors, Vectors, list[list[int]]]) -> None:
    rooms, items, allowed = problem
    search = Search(rooms, items, allowed)
    found = search.exact()
    possible = any(fits(rooms, items, dict(enumerate(chosen))) for chosen in product(*allowed))
    assert not search.gave_up
    assert (found is not None) == possible
    for chosen in (found, *(search.greedy(name)[0] for name in searching.PREFERENCES)):
        assert fits(rooms, items, chosen or {})
        assert all(place in allowed[item] for item, place in (chosen or {}).items())
    assert found is None or found.keys() == set(range(len(items)))


@pytest.mark.parametrize(
    ("strategy", "places"),
    [("first_fit", [0, 0, 0, 1]), ("best_fit", [1, 1, 2, 1]), ("spread", [0, 2, 1, 0])],
)
def test_strategies(strategy: str, places: list[int]) -> None:
    chosen, left = Search([(12,), (10,), (11,)], [(4,), (4,), (4,), (2,)], [range(3)] * 4).greedy(strategy)
    assert [chosen[item] for item in range(4)] == places
    assert not left


def test_what_greed_misses_is_found() -> None:
    search = Search([(10,), (10,)], [(4,), (4,), (6,), (3,), (3,)], [range(2)] * 5)
    assert search.greedy("spread")[1]
    found = search.exact() or {}
    assert found[0] == found[2] != found[1] or found[1] == found[2] != found[0]


def test_perfect_packing_of_many() -> None:
    """Every unit is needed: 16 places, 200 shares of sizes that repeat."""
    sizes = [7, 5, 3, 2, 1, 4, 6, 8, 9, 5, 3, 3] * 16
    items = [(size, size * 2) for size in sizes] + [(1, 1)] * 8
    rooms = [(sum(sizes[:12]), sum(sizes[:12]) * 2)] * 15 + [(sum(sizes[:12]) + 8, sum(sizes[:12]) * 2 + 8)]
    search = Search(rooms, items, [range(16)] * len(items))
    found = search.exact()
    assert found is not None
    assert fits(rooms, items, found)


def test_too_many_ways_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "MOST_TRIES", 0)
    monkeypatch.setattr(searching, "MOST_STEPS", 3)
    monkeypatch.setattr(searching, "MOST_FILLING_STEPS", 3)
    search = Search([(10,)] * 3, [(4,), (3,), (3,), (5,), (5,), (2,), (2,)], [range(3)] * 7)
    assert search.exact() is None
    assert search.gave_up


@settings(max_examples=100, deadline=None)
@given(problems())
def test_each_search_alone_is_exact(problem: tuple[Vectors, Vectors, list[list[int]]]) -> None:
    rooms, items, allowed = problem
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(searching, "MOST_TRIES", 0)
        descended = Search(rooms, items, allowed).exact()
    filling = Filling(rooms, items, (1,) * len(items), allowed)
    filled = filling.run(100000)
    possible = any(fits(rooms, items, dict(enumerate(chosen))) for chosen in product(*allowed))
    assert not filling.gave_up
    assert (descended is not None, filled is not None) == (possible, possible)
    if filled is not None:
        places = {item: place for place, counts in filled.items() for item, count in enumerate(counts) if count}
        assert places.keys() == set(range(len(items)))
        assert fits(rooms, items, places)
        assert all(place in allowed[item] for item, place in places.items())


def test_amounts_may_be_huge(monkeypatch: pytest.MonkeyPatch) -> None:
    """As large as Placement stores them, and with nothing in common."""
    monkeypatch.setattr(searching, "MOST_TRIES", 0)
    most = 0x7FFFFFFF
    items = [(most - 1, 3), (most // 2, 5), (most // 2 - 1, 7)]
    assert Search([(most, 9), (most, 12)], items, [range(2)] * 3).exact() == {0: 0, 1: 1, 2: 1}
    assert Search([(most, 9), (most, 11)], items, [range(2)] * 3).exact() is None


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.integers(1, 5), max_size=4),
    st.lists(st.tuples(st.integers(0, 6), st.integers(1, 3)), min_size=1, max_size=3),
)
def test_splitting_is_exact(needs: list[int], places: list[tuple[int, int]]) -> None:
    rooms, most = [room for room, _most in places], [limit for _room, limit in places]
    flow = Flow(needs, rooms, most)
    left = flow.fill()
    given_out = [sum(pieces.get(place, 0) for pieces in flow.pieces) for place in range(len(places))]
    assert all(total <= room for total, room in zip(given_out, rooms))
    assert all(0 <= amount <= most[place] for pieces in flow.pieces for place, amount in pieces.items())
    assert [item for item, need in enumerate(needs) if sum(flow.pieces[item].values()) < need] == left
    assert bool(left) == (not can_split(needs, rooms, most))


def can_split(needs: list[int], rooms: list[int], most: list[int]) -> bool:
    """Try everything."""
    if not needs:
        return True
    ways = product(*(range(min(room, limit) + 1) for room, limit in zip(rooms, most)))
    return any(
        can_split(needs[1:], [room - here for room, here in zip(rooms, way)], most)
        for way in ways
        if sum(way) == needs[0]
    )


def test_few_are_split() -> None:
    flow = Flow([4, 4, 4], [6, 6], [6, 6])
    flow.start({0: 0, 1: 1})
    assert flow.fill() == []
    assert flow.pieces[:2] == [{0: 4}, {1: 4}]
    assert flow.pieces[2] == {0: 2, 1: 2}
