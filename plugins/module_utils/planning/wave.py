# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One wave: its hosts, what happens to their servers, and how long it takes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from ansible_collections.stackroll.nova.plugins.module_utils.planning.estimate import NO_TIME, Clock, Load, Seconds
from ansible_collections.stackroll.nova.plugins.module_utils.planning.plan_options import IN_PLACE
from ansible_collections.stackroll.nova.plugins.module_utils.planning.policy import PARKING
from ansible_collections.stackroll.nova.plugins.module_utils.planning.scene import NONE, Host, Scene


class Shift(NamedTuple):
    """One unit from host to host; extra when the destination is still to be upgraded, so that the unit moves again."""

    unit: int
    source: int
    destination: int
    extra: bool = False


@dataclass
class Wave:
    """The hosts that are out together, and what happens to their servers."""

    hosts: list[Host] = field(default_factory=list)
    shifts: list[Shift] = field(default_factory=list)
    parked: list[tuple[int, int, str]] = field(default_factory=list)
    groups: set[int] = field(default_factory=set)
    span: Seconds = NO_TIME


@dataclass
class Draft:
    """A whole roll: waves, and the hosts that found no place in any, with those that had no time."""

    waves: list[Wave] = field(default_factory=list)
    left: list[Host] = field(default_factory=list)
    late: list[Host] = field(default_factory=list)

    @property
    def extra(self) -> int:
        """Units that move once more than they had to."""
        return sum(shift.extra for wave in self.waves for shift in wave.shifts)

    @property
    def stuck(self) -> set[int]:
        """The indices of hosts whose servers found no room, or only on hosts still to be upgraded."""
        spilled = {shift.source for wave in self.waves for shift in wave.shifts if shift.extra}
        return spilled.union(host.index for host in self.left)


def add_host(scene: Scene, wave: Wave, host: Host, shifts: list[Shift]) -> None:
    """A host goes with the wave."""
    wave.hosts.append(host)
    wave.shifts += shifts
    wave.parked += [(unit, host.index, scene.how[unit]) for unit in host.parked]
    wave.groups |= groups_of(scene, host)


def span_of(scene: Scene, clock: Clock, wave: Wave) -> Seconds:
    """How long a wave takes."""
    load = Load(clock)
    for shift in wave.shifts:
        ram_mib = scene.servers[shift.unit].flavor.ram_mib
        load.add(shift.source, shift.destination, clock.move(scene.how[shift.unit], ram_mib))
    for _unit, host, how in wave.parked:
        if how in PARKING:
            load.park(host)
    return load.total()


def groups_of(scene: Scene, host: Host) -> set[int]:
    """The anti-affinity groups of which a member is disturbed when this host goes."""
    if host.mode == IN_PLACE or not scene.apart:
        return set()
    return {scene.apart_of[unit] for unit in (*host.guests, *host.parked)} - {NONE}


def first_hosts(scene: Scene, wave: Wave, number: int) -> Wave:
    """The part of a wave that its first hosts are."""
    kept = wave.hosts[:number]
    indices = {host.index for host in kept}
    return Wave(
        hosts=kept,
        shifts=[shift for shift in wave.shifts if shift.source in indices],
        parked=[item for item in wave.parked if item[1] in indices],
        groups={group for host in kept for group in groups_of(scene, host)},
    )
