# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many hosts may be out of service at once: in all, and in each zone, cell and aggregate."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from ansible_collections.stackroll.nova.plugins.module_utils.planning.plan_options import most_out
from ansible_collections.stackroll.nova.plugins.module_utils.planning.scene import Host, Scene

Place = tuple[str, object]


class Limits:
    """The limits of one cloud. Percentages count all hosts of the cloud, zone, cell or aggregate."""

    def __init__(self, scene: Scene) -> None:
        options = scene.options
        self.overall = most_out(options.max_unavailable, len(scene.hosts))
        self._most: dict[Place, int] = {("aggregate", key): most for key, most in scene.limit_of_aggregate.items()}
        sizes: Counter[Place] = Counter()
        for host in scene.hosts:
            sizes.update({("zone", host.zone): 1, ("cell", host.cell): 1})
        rules = {"zone": options.max_unavailable_per_zone, "cell": options.max_unavailable_per_cell}
        for place, size in sizes.items():
            rule = rules[place[0]]
            if rule is not None and place[1] is not None:
                self._most[place] = most_out(rule, size)

    def places(self, host: Host) -> Iterator[tuple[Place, int]]:
        """The places of a host that have a limit, with it."""
        if not self._most:
            return
        for place in (("zone", host.zone), ("cell", host.cell), *(("aggregate", key) for key in host.aggregates)):
            most = self._most.get(place)
            if most is not None:
                yield place, most

    def least_waves(self, hosts: Iterable[Host], canary: int) -> int:
        """A number of waves below which no plan can be: the fullest place, a wave of canaries first."""
        every = list(hosts)
        by_place: dict[Place, int] = defaultdict(int)
        most: dict[Place, int] = {}
        for host in every:
            for place, limit in self.places(host):
                by_place[place] += 1
                most[place] = limit
        needs = [_waves(len(every), self.overall, canary)]
        needs += [_waves(number, most[place], canary) for place, number in by_place.items()]
        return max(needs)


def _waves(hosts: int, most: int, canary: int) -> int:
    if not 0 < canary < most or hosts == 0:
        return -(-hosts // most)
    return 1 + -(-max(0, hosts - canary) // most)


class Outage:
    """The hosts of one wave, counted."""

    def __init__(self, limits: Limits, most: int) -> None:
        self._limits = limits
        self._left = min(most, limits.overall)
        self._out: Counter[Place] = Counter()

    @property
    def full(self) -> bool:
        """Whether no other host may go."""
        return self._left <= 0

    def allows(self, host: Host) -> bool:
        """Whether this host may go as well."""
        return self._left > 0 and all(self._out[place] < most for place, most in self._limits.places(host))

    def add(self, host: Host) -> None:
        """The host goes."""
        self._left -= 1
        self._out.update(place for place, _most in self._limits.places(host))
