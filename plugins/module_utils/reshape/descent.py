# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Put one share after the other, in the given order, each onto the places in the order in which they are proposed.

It turns back as soon as what is left cannot fit: no state is looked at twice (places that are alike are exchangeable), and room that
no sum of the shares left can fill does not count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ansible_collections.stackroll.nova.plugins.module_utils.reshape.sums import Sums, Vector, fits, less

# From the number of an item and what is free, the places to try.
Choices = Callable[[int, Sequence[Vector]], Iterator[int]]


class Descent:
    """Items in their order onto places, depth first: as deep as there are items, so without recursion."""

    def __init__(
        self,
        rooms: Sequence[Vector],
        items: Sequence[Vector],
        choices: Choices,
        kinds: Sequence[int],
    ) -> None:
        self._free = list(rooms)
        self._items = items
        self._choices = choices
        self._kinds = kinds
        self._sums = [Sums([(item[axis], 1) for item in items], max(column)) for axis, column in enumerate(zip(*rooms))]
        self._needed = [tuple(map(sum, zip(*items[number:]))) for number in range(len(items))]
        self._smallest = _suffix_minimum(items)
        self._chosen: list[int] = []
        self._failed: set[tuple[object, ...]] = set()
        self.gave_up = False

    def run(self, most_steps: int) -> list[int] | None:
        """The place of each item; nothing when there is no way, or when the steps are used up."""
        if not self._items:
            return []
        if self._hopeless():
            return None
        steps = 0
        stack = [self._choices(0, self._free)]
        while stack:
            place = next(stack[-1], None)
            if place is None:
                stack.pop()
                self._failed.add(self._state())
                if stack:
                    self._take_back()
                continue
            steps += 1
            self._put(place)
            if len(self._chosen) == len(self._items):
                return self._chosen
            if steps >= most_steps:
                self.gave_up = True
                return None
            if self._state() in self._failed or self._hopeless():
                self._take_back()
            else:
                stack.append(self._choices(len(self._chosen), self._free))
        return None

    def _put(self, place: int) -> None:
        self._free[place] = less(self._free[place], self._items[len(self._chosen)])
        self._chosen.append(place)

    def _take_back(self) -> None:
        place = self._chosen.pop()
        item = self._items[len(self._chosen)]
        self._free[place] = tuple(have + size for have, size in zip(self._free[place], item))

    def _state(self) -> tuple[object, ...]:
        return (len(self._chosen), *sorted(zip(self._kinds, self._free)))

    def _hopeless(self) -> bool:
        """Whether some class has less room that can be filled than the items left need."""
        number = len(self._chosen)
        smallest = self._smallest[number]
        open_to_all = [free for free in self._free if fits(smallest, free)]
        return any(
            sum(sums.fillable(number, free[axis]) for free in open_to_all) < self._needed[number][axis]
            for axis, sums in enumerate(self._sums)
        )


def _suffix_minimum(items: Sequence[Vector]) -> list[Vector]:
    """In each class the least that the items from each number on need."""
    found: list[Vector] = [items[-1]] if items else []
    for item in reversed(items):
        found.append(tuple(map(min, item, found[-1])))
    return found[::-1]
