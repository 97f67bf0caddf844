# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole shares onto places: by a strategy, and where that fails every way there is, up to a number of steps.

Exchanges find a way quickly where there is one and some room is left. Then two searches that try every way share the work. One puts
share after share, those that fit the fewest places first, then the largest, onto the place that they fit best; it is good where there
is far too little room. The other fills place after place; it is good where nearly everything is in use.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from math import gcd

from ansible_collections.stackroll.nova.plugins.module_utils.reshape.descent import Choices, Descent
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.exchange import Exchange
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.filling import Filling
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.layout import BEST_FIT, FIRST_FIT, SPREAD
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.sums import Vector, fits, less

# All together less than a second of work.
MOST_TRIES = 30000
MOST_STEPS = 5000
MOST_FILLING_STEPS = 20000


class Search:
    """One packing problem: rooms of places, shares, and for each share the numbers of the places that may give it."""

    def __init__(self, rooms: Sequence[Vector], items: Sequence[Vector], allowed: Sequence[Collection[int]]) -> None:
        self._rooms, self._items = list(rooms), list(items)
        self._allowed = [frozenset(places) for places in allowed]
        self._whole = [sum(column) or 1 for column in zip(*self._rooms)]
        self._order = sorted(range(len(items)), key=lambda item: (len(self._allowed[item]), -self._size(item), item))
        self._kinds = self._find_kinds()
        self.gave_up = False

    def _size(self, item: int) -> float:
        return max((size / whole for size, whole in zip(self._items[item], self._whole)), default=0.0)

    def _find_kinds(self) -> list[int]:
        """Places that may give the same shares are of one kind."""
        seen: dict[tuple[int, ...], int] = {}
        return [
            seen.setdefault(tuple(item for item, places in enumerate(self._allowed) if place in places), len(seen))
            for place in range(len(self._rooms))
        ]

    def greedy(self, strategy: str) -> tuple[dict[int, int], list[int]]:
        """Place by item as the strategy alone finds them, and the items for which it finds none."""
        free = list(self._rooms)
        key = PREFERENCES[strategy]
        found: dict[int, int] = {}
        left = []
        for item in self._order:
            fitting = [place for place in sorted(self._allowed[item]) if fits(self._items[item], free[place])]
            if not fitting:
                left.append(item)
                continue
            place = min(fitting, key=lambda there: (key(self._share(free[there])), there))
            free[place] = less(free[place], self._items[item])
            found[item] = place
        return found, left

    def _share(self, free: Vector) -> float:
        return sum(size / whole for size, whole in zip(free, self._whole))

    def exact(self) -> dict[int, int] | None:
        """Place by item, or nothing when there is no way; *gave_up* says that there were too many to try."""
        if not self._items:
            return {}
        # In units of what all items are multiples of, more rooms are alike and sums are small.
        units = [gcd(*column) or 1 for column in zip(*self._items)]
        rooms = [_divided(room, units) for room in self._rooms]
        items = [_divided(self._items[item], units) for item in self._order]
        allowed = [self._allowed[item] for item in self._order]
        chosen = Exchange(rooms, items, allowed).run(MOST_TRIES)
        if chosen is not None:
            return dict(zip(self._order, chosen))
        descent = Descent(rooms, items, self._choices_of(items), self._kinds)
        chosen = descent.run(MOST_STEPS)
        if chosen is None and descent.gave_up:
            return self._filled(rooms, items)
        return None if chosen is None else dict(zip(self._order, chosen))

    def _filled(self, rooms: Sequence[Vector], items: Sequence[Vector]) -> dict[int, int] | None:
        """The other way to search, place by place."""
        alike: dict[tuple[Vector, frozenset[int]], list[int]] = {}
        for item, vector in zip(self._order, items):
            alike.setdefault((vector, self._allowed[item]), []).append(item)
        counts = tuple(len(some) for some in alike.values())
        filling = Filling(
            rooms, [vector for vector, _allowed in alike], counts, [allowed for _vector, allowed in alike]
        )
        found = filling.run(MOST_FILLING_STEPS)
        self.gave_up = filling.gave_up
        if found is None:
            return None
        waiting = [iter(some) for some in alike.values()]
        return {
            next(waiting[shape]): place
            for place, given in found.items()
            for shape, number in enumerate(given)
            for _time in range(number)
        }

    def _choices_of(self, items: Sequence[Vector]) -> Choices:
        """What tells the places for the item of a number in the order: the fullest first, one of those that are alike."""

        def choices(number: int, free: Sequence[Vector]) -> Iterator[int]:
            alike: dict[tuple[int, Vector], int] = {}
            for place in sorted(self._allowed[self._order[number]]):
                if fits(items[number], free[place]):
                    alike.setdefault((self._kinds[place], free[place]), place)
            return iter(sorted(alike.values(), key=lambda place: (self._share(free[place]), place)))

        return choices


def _divided(vector: Vector, units: Sequence[int]) -> Vector:
    return tuple(size // unit for size, unit in zip(vector, units))


# What a strategy wants least of a place, by how much of it is free.
PREFERENCES: dict[str, Callable[[float], float]] = {
    FIRST_FIT: lambda _free: 0.0,
    BEST_FIT: lambda free: free,
    SPREAD: lambda free: -free,
}
