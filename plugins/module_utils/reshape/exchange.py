# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Put everything somewhere, evenly, then mend places that give more than they have by moving shares and swapping pairs of them.

It finds a way quickly where there is some room left, and proves nothing where it finds none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from ansible_collections.stackroll.nova.plugins.module_utils.reshape.sums import Vector, less

# How much worse it is to give more than there is than to be uneven.
OVERLOAD = 1000


class Exchange:
    """Rooms, shares in the order in which they are put, and the numbers of the places that may give each."""

    def __init__(self, rooms: Sequence[Vector], items: Sequence[Vector], allowed: Sequence[Collection[int]]) -> None:
        self._rooms, self._items, self._allowed = rooms, items, allowed
        self._free = list(rooms)
        self._place: list[int] = []

    def run(self, most_tries: int) -> list[int] | None:
        """The place of each item, or nothing when none was found."""
        if not all(self._allowed):
            return None
        for item, places in zip(self._items, self._allowed):
            _cost, place = min((self._cost(there, less(self._free[there], item)), there) for there in places)
            self._free[place] = less(self._free[place], item)
            self._place.append(place)
        while most_tries > 0:
            full = min(range(len(self._free)), key=lambda place: min(self._free[place]))
            if min(self._free[full]) >= 0:
                return self._place
            for first, second, there in self._exchanges(full):
                most_tries -= 1
                if self._improve(full, first, second, there):
                    break
                if most_tries <= 0:
                    return None
            else:
                return None
        return None

    def _cost(self, place: int, free: Vector) -> float:
        """How bad it is to have so much left: least when all classes of all places are used alike."""
        found = 0.0
        for room, left in zip(self._rooms[place], free):
            found += ((room - left) / (room or 1)) ** 2 - (OVERLOAD * left / (room or 1) if left < 0 else 0.0)
        return found

    def _exchanges(self, full: int) -> Iterator[tuple[int, int | None, int]]:
        """What could leave a place, for what, and whereto; moves first."""
        inside = [item for item, place in enumerate(self._place) if place == full]
        for item in inside:
            for there in self._allowed[item]:
                if there != full:
                    yield item, None, there
        for item in inside:
            for other, there in enumerate(self._place):
                if there != full and there in self._allowed[item] and full in self._allowed[other]:
                    yield item, other, there

    def _improve(self, full: int, first: int, second: int | None, there: int) -> bool:
        """Make the exchange if both places together are better off."""
        moved = self._items[first]
        if second is not None:
            moved = less(moved, self._items[second])
        here_free = tuple(have + size for have, size in zip(self._free[full], moved))
        there_free = less(self._free[there], moved)
        before = self._cost(full, self._free[full]) + self._cost(there, self._free[there])
        if self._cost(full, here_free) + self._cost(there, there_free) >= before - 1e-9:
            return False
        self._free[full], self._free[there] = here_free, there_free
        self._place[first] = there
        if second is not None:
            self._place[second] = full
        return True
