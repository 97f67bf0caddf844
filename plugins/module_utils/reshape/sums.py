# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Arithmetic of searches: vectors of whole numbers, and the sums that sizes can have."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import prod

# One number for each resource class.
Vector = tuple[int, ...]
# Above this, not all sums are computed; 1 TiB in MiB is below.
MOST_SUMS = 1 << 20
# Of sums in several classes at once: bits of one number and of all together, and how many rows of a number are looked at.
MOST_JOINT = 1 << 18
MOST_BITS = 1 << 23
MOST_LINES = 16


class Sums:
    """Sizes in one class, each with how often it occurs: how much of a room those from each position on can fill."""

    def __init__(self, sizes: Sequence[tuple[int, int]], most: int) -> None:
        self._exactly = most <= MOST_SUMS
        # Bit n of an entry: some of the sizes from that position on are n together.
        self._reachable = [1] * (len(sizes) + 1)
        self._known: dict[tuple[int, int], int] = {}
        mask = (1 << (most + 1)) - 1 if self._exactly else 0
        for position in range(len(sizes) - 1, -1, -1):
            size, count = sizes[position]
            found = self._reachable[position + 1]
            while self._exactly and size and count:
                some = (count + 1) // 2
                found = (found | found << (size * some)) & mask
                count -= some
            self._reachable[position] = found

    def fillable(self, position: int, room: int) -> int:
        """The largest sum of sizes from this position on that is no more than the room."""
        if not self._exactly:
            return room
        found = self._known.get((position, room))
        if found is None:
            found = (self._reachable[position] & ((1 << (room + 1)) - 1)).bit_length() - 1
            self._known[position, room] = found
        return found


class JointSums:
    """Sizes in several classes at once: whether those from each position on can fill a room but for a little of every class.

    A vector of sums is one bit of a number. There is twice the space for each class but the last, so that adding two sums carries
    nothing over into the next class before it is cut off.
    """

    def __init__(self, sizes: Sequence[Vector], counts: Sequence[int], most: Vector) -> None:
        # Bits of the class with the largest numbers lie side by side.
        self._axes = sorted(range(len(most)), key=lambda axis: -most[axis])
        self._steps: dict[int, int] = {}
        space = prod(2 * (size + 1) for size in most)
        self._exactly = space <= min(MOST_JOINT, MOST_BITS // (len(sizes) + 1))
        step = valid = 1
        for axis in self._axes if self._exactly else ():
            self._steps[axis] = step
            valid = sum(valid << (number * step) for number in range(most[axis] + 1))
            step *= 2 * (most[axis] + 1)
        self._reachable = [1] * (len(sizes) + 1)
        for position in range(len(sizes) - 1, -1, -1):
            self._reachable[position] = self._with(
                self._reachable[position + 1], sizes[position], counts[position], most, valid
            )

    def _with(self, found: int, size: Vector, count: int, most: Vector, valid: int) -> int:
        while self._exactly and count and any(size):
            some = (count + 1) // 2
            count -= some
            if all(some * part <= whole for part, whole in zip(size, most)):
                found = (
                    found | found << sum(some * part * self._steps[axis] for axis, part in enumerate(size))
                ) & valid
        return found

    def reach(self, position: int, room: Vector, spare: Vector) -> bool:
        """Whether some sum leaves over no more than the spare; also where that takes too long to find out."""
        first, *others = self._axes
        lines = [range(max(0, room[axis] - spare[axis]), room[axis] + 1) for axis in others]
        if not self._exactly or prod(map(len, lines)) > MOST_LINES:
            return True
        low = max(0, room[first] - spare[first])
        wanted = (1 << (room[first] - low + 1)) - 1
        return any(
            self._reachable[position] >> (low + sum(part * self._steps[axis] for axis, part in zip(others, line)))
            & wanted
            for line in product(*lines)
        )


def fits(item: Vector, free: Vector) -> bool:
    """Whether there is enough of every class."""
    return all(size <= have for size, have in zip(item, free))


def less(free: Vector, item: Vector) -> Vector:
    """What is left."""
    return tuple(have - size for have, size in zip(free, item))
