# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long moves and waves take: least, likely, most; in seconds."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from ansible_collections.stackroll.nova.plugins.module_utils.planning.plan_options import PlanOptions, Range
from ansible_collections.stackroll.nova.plugins.module_utils.planning.policy import LIVE


class Seconds(NamedTuple):
    """A span of time in seconds."""

    seconds: float
    least: float
    most: float

    def plus(self, other: Seconds) -> Seconds:
        """One after the other."""
        return Seconds(self.seconds + other.seconds, self.least + other.least, self.most + other.most)

    def to_dict(self) -> dict[str, float]:
        """As the plan shows it, in tenths of a second."""
        return {name: round(value, 1) for name, value in self._asdict().items()}


NO_TIME = Seconds(0.0, 0.0, 0.0)


class Clock:
    """Knows the rates."""

    def __init__(self, options: PlanOptions) -> None:
        self._options = options
        self._rates = options.rates
        self._known: dict[int, Seconds] = {}

    @property
    def host(self) -> Seconds:
        """Upgrade of an empty host."""
        return _span(self._rates.host_seconds)

    @property
    def parking(self) -> Seconds:
        """Suspend or stop one server."""
        return _span(self._rates.park_seconds)

    def move(self, how: str, ram_mib: int) -> Seconds:
        """One move: a live migration copies the memory, all others copy nothing that a fleet tells the size of."""
        if how != LIVE:
            return _span(self._rates.cold_seconds)
        known = self._known.get(ram_mib)
        if known is None:
            speed, base = self._rates.live_mib_per_second, self._rates.live_seconds
            known = self._known[ram_mib] = Seconds(
                base.likely + ram_mib / speed.likely,
                base.least + ram_mib / speed.most,
                base.most + ram_mib / speed.least,
            )
        return known

    def limits(self) -> tuple[int, int, int]:
        """How many moves run at once: from one host, to one host, in all."""
        return self._options.per_source, self._options.per_destination, self._options.total


class Load:
    """The moves of one wave, in seconds of work.

    The time of a wave is at least the work of its busiest source, of its busiest destination and of all together, each divided by
    the number of moves at once, and its longest move; with full queues it is hardly more. Hosts are upgraded side by side.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sources: dict[int, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
        self._destinations: dict[int, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
        self._peaks = [[0.0, 0.0, 0.0] for _name in ("source", "destination", "all", "longest")]

    def add(self, source: int, destination: int, span: Seconds) -> None:
        """One more move."""
        for number, value in enumerate(span):
            here, there = self._sources[source], self._destinations[destination]
            here[number] += value
            there[number] += value
            self._peaks[0][number] = max(self._peaks[0][number], here[number])
            self._peaks[1][number] = max(self._peaks[1][number], there[number])
            self._peaks[2][number] += value
            self._peaks[3][number] = max(self._peaks[3][number], value)

    def park(self, host: int) -> None:
        """One more server parked: work of its host only."""
        for number, value in enumerate(self._clock.parking):
            here = self._sources[host]
            here[number] += value
            self._peaks[0][number] = max(self._peaks[0][number], here[number])

    def total(self) -> Seconds:
        """The moves and the upgrade of the emptied hosts."""
        source, destination, together = self._clock.limits()
        most = (
            max(peaks)
            for peaks in zip(
                (value / source for value in self._peaks[0]),
                (value / destination for value in self._peaks[1]),
                (value / together for value in self._peaks[2]),
                self._peaks[3],
            )
        )
        return Seconds(*most).plus(self._clock.host)


def _span(figure: Range) -> Seconds:
    return Seconds(figure.likely, figure.least, figure.most)
