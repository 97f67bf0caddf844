# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random numbers that are the same for a seed in every version of Python."""

from __future__ import annotations

import random
from collections.abc import MutableSequence, Sequence
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """Draws by random() alone: of all methods of the standard library, only that one is promised not to change."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed).random

    def below(self, count: int) -> int:
        """A whole number from 0 to *count* - 1."""
        return int(self._random() * count)

    def between(self, least: float, most: float) -> float:
        """A number in a range."""
        return least + (most - least) * self._random()

    def chance(self, share: float) -> bool:
        """True in this share (0 to 1) of all cases."""
        return self._random() < share

    def pick(self, items: Sequence[T]) -> T:
        """One of the items."""
        return items[self.below(len(items))]

    def shuffle(self, items: MutableSequence[T]) -> None:
        """Bring the items into any order."""
        for last in range(len(items) - 1, 0, -1):
            other = self.below(last + 1)
            items[last], items[other] = items[other], items[last]

    def sample(self, items: Sequence[T], count: int) -> list[T]:
        """So many different items, or all of them."""
        copy = list(items)
        self.shuffle(copy)
        return copy[:count]
