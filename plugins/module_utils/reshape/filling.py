# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fill one place after the other, for hosts on which nearly everything is in use.

The less is left over in all, the less may be left over on each place, so that few ways to fill a place remain. Each place is given a
mixture like that of all shares left, so that the last places are not left with what fits nowhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from math import ceil

from ansible_collections.stackroll.nova.plugins.module_utils.reshape.sums import JointSums, Sums, Vector, less

# How many shares of each shape.
Counts = tuple[int, ...]


@dataclass(frozen=True)
class _Pass:
    """One place, the shares left, how much may be left over, and how far off the fair share of each shape."""

    number: int
    left: Counts
    spare: Vector
    off: int
    share: float
    joint: JointSums


class Filling:
    """Rooms, and shapes of shares with their number and the numbers of the places that may give them."""

    def __init__(
        self, rooms: Sequence[Vector], shapes: Sequence[Vector], counts: Counts, allowed: Sequence[Collection[int]]
    ) -> None:
        self._shapes, self._counts, self._allowed = shapes, counts, allowed
        may = [sum(place in places for places in allowed) for place in range(len(rooms))]
        whole = [sum(column) or 1 for column in zip(*rooms)]
        parts = [[size / all_of_it for size, all_of_it in zip(room, whole)] for room in rooms]
        # Places with an unusual mixture of room go first, while there is a choice of shares.
        self._order = sorted(range(len(rooms)), key=lambda place: (may[place], min(parts[place]) - max(parts[place])))
        self._rooms = [rooms[place] for place in self._order]
        self._last = [max((self._order.index(place) for place in places), default=-1) for places in allowed]
        self._sums = [
            Sums([(shape[axis], count) for shape, count in zip(shapes, counts)], max(column))
            for axis, column in enumerate(zip(*rooms))
        ]
        self._whole = [tuple(map(sum, zip(*self._rooms[number:]))) for number in range(len(rooms))]
        self._steps = 0
        self.gave_up = False

    def run(self, most_steps: int) -> dict[int, Counts] | None:
        """By place, how many of each shape it gives; nothing when there is no way, or when the steps are used up."""
        if not any(self._counts):
            return {}
        self._steps = most_steps
        failed: set[tuple[int, Counts]] = set()
        left = [self._counts]
        stack = [self._fillings(0, self._counts)]
        while stack:
            filling = next(stack[-1], None)
            if self._steps <= 0:
                self.gave_up = True
                return None
            if filling is None:
                failed.add((len(stack) - 1, left[len(stack) - 1]))
                stack.pop()
                continue
            del left[len(stack) :]
            left.append(less(left[-1], filling))
            if len(stack) == len(self._rooms):
                return {place: less(*pair) for place, pair in zip(self._order, zip(left, left[1:]))}
            if (len(stack), left[-1]) not in failed:
                stack.append(self._fillings(len(stack), left[-1]))
        return None

    def _fillings(self, number: int, left: Counts) -> Iterator[Counts]:
        """Ways to fill one place that leave over no more than all places together may."""
        room = self._rooms[number]
        needed = [sum(count * shape[axis] for count, shape in zip(left, self._shapes)) for axis in range(len(room))]
        spare = less(self._whole[number], tuple(needed))
        if min(spare) < 0:
            return
        share = max(have / (whole or 1) for have, whole in zip(room, self._whole[number]))
        fair = tuple(min(over, int(over * share) + 1) for over in spare)
        joint = JointSums(self._shapes, left, room)
        for over, off in ((fair, 1), (fair, 3), (spare, max(left))):
            yield from self._fillings_of(_Pass(number, left, over, off, share, joint))

    def _fillings_of(self, one: _Pass) -> Iterator[Counts]:
        """Ways to fill one place as this pass allows."""
        free = [self._rooms[one.number]]
        chosen: list[int] = []
        stack = [self._numbers(one, free[0], 0)]
        while stack:
            taken = next(stack[-1], None)
            self._steps -= 1
            if self._steps <= 0:
                return
            if taken is None:
                stack.pop()
                continue
            shape = len(stack)
            del chosen[shape - 1 :], free[shape:]
            chosen.append(taken)
            free.append(tuple(have - taken * size for have, size in zip(free[-1], self._shapes[shape - 1])))
            if not (self._fillable(shape, free[-1], one.spare) and one.joint.reach(shape, free[-1], one.spare)):
                continue
            if shape == len(one.left):
                yield tuple(chosen)
            else:
                stack.append(self._numbers(one, free[-1], shape))

    def _numbers(self, one: _Pass, free: Vector, shape: int) -> Iterator[int]:
        """How many of one shape to take, the fair number first. The last place for it takes all."""
        left = one.left[shape]
        if self._order[one.number] not in self._allowed[shape]:
            return iter((0,) if not left or self._last[shape] > one.number else ())
        most = min((have // size for have, size in zip(free, self._shapes[shape]) if size), default=left)
        if self._last[shape] == one.number:
            return iter((left,) if left <= most else ())
        fair = left * one.share
        wanted = range(max(0, ceil(fair) - one.off), min(most, left, int(fair) + one.off) + 1)
        return iter(sorted(wanted, key=lambda taken: abs(taken - fair)))

    def _fillable(self, shape: int, free: Vector, spare: Vector) -> bool:
        """Whether the shapes from this one on can fill what is free but for the spare."""
        return all(have - sums.fillable(shape, have) <= over for have, sums, over in zip(free, self._sums, spare))
