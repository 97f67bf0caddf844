# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which request is due when: weights become a schedule that is the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from math import gcd
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput

MOST_WEIGHT = 1000


@dataclass(frozen=True)
class Due:
    """A request that is due *at* seconds after the start."""

    at: float
    operation: str


@dataclass(frozen=True)
class Mix:
    """How often each operation is asked for, relative to the others."""

    weights: tuple[tuple[str, int], ...]

    @classmethod
    def parse(cls, weights: Mapping[str, Any], known: Collection[str]) -> Mix:
        """From names to whole numbers; 0 leaves an operation out. Raises InvalidInput."""
        unknown = sorted(set(map(str, weights)) - set(known))
        if unknown:
            raise InvalidInput(
                f"The option mix names {', '.join(unknown)}, which the probe does not know.",
                f"It knows {', '.join(sorted(known))}.",
            )
        found = tuple((name, _weight(name, value)) for name, value in weights.items())
        return cls(tuple((name, weight) for name, weight in found if weight))

    def without(self, names: Collection[str]) -> Mix:
        """The same proportions among the other operations."""
        return Mix(tuple((name, weight) for name, weight in self.weights if name not in names))

    @property
    def operations(self) -> tuple[str, ...]:
        """What is asked for at all."""
        return tuple(name for name, _weight in self.weights)

    def schedule(self, rate: float, seed: int) -> Iterator[Due]:
        """Requests without end, *rate* per second, evenly spaced.

        Each block, as long as the smallest whole numbers in proportion to the weights add up to, holds every operation exactly as often as
        its weight says, in an order that is shuffled by the seed. Raises InvalidInput for a mix of nothing or a rate that is not positive.
        """
        if not self.weights or not rate > 0:
            raise InvalidInput("There is nothing to ask for.", "Give the mix a weight above 0, and a rate above 0.")
        return self._due(rate, random.Random(seed))  # noqa: S311  # an order, not a secret

    def _due(self, rate: float, dice: random.Random) -> Iterator[Due]:
        share = reduce(gcd, (weight for _name, weight in self.weights))
        block = [name for name, weight in self.weights for _one in range(weight // share)]
        number = 0
        while True:
            dice.shuffle(block)
            for operation in block:
                yield Due(number / rate, operation)
                number += 1


def _weight(name: str, value: Any) -> int:
    try:
        weight = int(str(value))
    except ValueError:
        weight = -1
    if not 0 <= weight <= MOST_WEIGHT:
        raise InvalidInput(
            f"The weight of {name} in the option mix is {value!r}.", f"Give whole numbers from 0 to {MOST_WEIGHT}."
        )
    return weight
