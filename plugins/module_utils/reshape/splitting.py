# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shares of one resource class in pieces onto places: whole where that fits, the others by the shortest exchange (maximum flow).

All amounts are in units of the step size, so that every way there is is found.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence

Pieces = dict[int, int]


class Flow:
    """Needs of consumers, rooms of places, and how much one consumer may have of each place."""

    def __init__(self, needs: Sequence[int], rooms: Sequence[int], most: Sequence[int]) -> None:
        self._needs, self._free, self._most = list(needs), list(rooms), most
        self.pieces: list[Pieces] = [{} for _need in needs]

    def start(self, whole: Mapping[int, int]) -> None:
        """Begin with these consumers in one place each."""
        for consumer, place in whole.items():
            self._add(consumer, place, self._needs[consumer])

    def fill(self) -> list[int]:
        """Give everybody as much as there is; returns the consumers that lack something."""
        return [consumer for consumer in range(len(self._needs)) if not self._fill(consumer)]

    def _fill(self, consumer: int) -> bool:
        while self._needs[consumer] > sum(self.pieces[consumer].values()):
            path = self._path(consumer)
            if path is None:
                return False
            self._exchange(consumer, path)
        return True

    def _path(self, consumer: int) -> list[int] | None:
        """The shortest way to a place with room: places and consumers by turns; the consumers give up what the place before gives."""
        came_from: dict[int, tuple[int, int]] = {}
        queue = deque([(consumer, -1)])
        seen = {consumer}
        while queue:
            taker, through = queue.popleft()
            for place in range(len(self._free)):
                if place in came_from or self._pieces(taker, place) >= self._most[place]:
                    continue
                came_from[place] = (taker, through)
                if self._free[place] > 0:
                    return self._walk_back(place, came_from)
                for giver, pieces in enumerate(self.pieces):
                    if giver not in seen and pieces.get(place):
                        seen.add(giver)
                        queue.append((giver, place))
        return None

    @staticmethod
    def _walk_back(place: int, came_from: Mapping[int, tuple[int, int]]) -> list[int]:
        path = [place]
        while True:
            taker, through = came_from[path[0]]
            if through < 0:
                return path
            path[:0] = [through, taker]

    def _exchange(self, consumer: int, path: list[int]) -> None:
        """Move as much as the narrowest point of the path allows."""
        takers = [consumer, *path[1::2]]
        places = path[0::2]
        amount = min(
            self._needs[consumer] - sum(self.pieces[consumer].values()),
            self._free[places[-1]],
            *(self._most[place] - self._pieces(taker, place) for taker, place in zip(takers, places)),
            *(self._pieces(taker, place) for taker, place in zip(takers[1:], places)),
        )
        for taker, place in zip(takers[1:], places):
            self._add(taker, place, -amount)
        for taker, place in zip(takers, places):
            self._add(taker, place, amount)

    def _pieces(self, consumer: int, place: int) -> int:
        return self.pieces[consumer].get(place, 0)

    def _add(self, consumer: int, place: int, amount: int) -> None:
        self.pieces[consumer][place] = self._pieces(consumer, place) + amount
        self._free[place] -= amount
