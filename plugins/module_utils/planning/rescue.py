# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When first-fit finds room for no host: search, then let some servers move twice, then park what the policy lets be parked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ansible_collections.stackroll.nova.plugins.module_utils.planning.destinations import (
    Receivers,
    first_taker,
    largest_first,
)
from ansible_collections.stackroll.nova.plugins.module_utils.planning.outages import Outage
from ansible_collections.stackroll.nova.plugins.module_utils.planning.packing import Packing
from ansible_collections.stackroll.nova.plugins.module_utils.planning.scene import Host, Scene
from ansible_collections.stackroll.nova.plugins.module_utils.planning.wave import Shift, Wave, add_host, groups_of

# For how many hosts all ways to place their servers are tried when first-fit has failed for every host.
MOST_PACKED = 12
# Among how many hosts the one is chosen that costs the fewest extra moves.
MOST_SPILLED = 20


class Rescue:
    """Adds one host to a wave that first-fit alone could not add; searches only where fleets are small enough to be *thorough*."""

    def __init__(self, scene: Scene, receivers: Receivers, thorough: bool) -> None:
        self._scene, self._receivers, self._thorough = scene, receivers, thorough

    def bootstrap(self, here: Iterable[Host], left: Sequence[Host], wave: Wave, outage: Outage) -> bool:
        """Empty one more host in this wave although first-fit finds no room for its servers.

        If no other way of placing them on upgraded hosts is found, some go to hosts that are still to be upgraded, and move again. The
        host with the fewest servers costs the fewest extra moves; those that have to wait longest receive.
        """
        scene, receivers = self._scene, self._receivers
        out = {host.index for host in wave.hosts}
        later = [
            host for host in reversed(left) if host.drains and host.receives and not host.down and host.index not in out
        ]
        willing = [
            host
            for host in here
            if host.drains and outage.allows(host) and wave.groups.isdisjoint(groups_of(scene, host))
        ]
        upgraded = [host for host in receivers.hosts() if host.index not in receivers.out]
        fewest_first = sorted(willing, key=lambda host: len(host.guests))
        searched = MOST_PACKED if self._thorough else 0
        found = (
            self._first_packed(willing[:searched], upgraded)
            or self._least_spilled(fewest_first, later)
            or self._first_packed(fewest_first[:searched], [*upgraded, *later])
        )
        if found is None:
            return False
        host, shifts = found
        add_host(scene, wave, host, shifts)
        outage.add(host)
        return True

    def _first_packed(self, hosts: Iterable[Host], onto: Sequence[Host]) -> tuple[Host, list[Shift]] | None:
        """The first host for whose servers a search finds room, and where they go."""
        for host in hosts:
            mark = self._receivers.mark()
            if Packing(self._scene, self._receivers, host, onto).pack():
                placed = self._receivers.since(mark)
                return host, [
                    Shift(unit, host.index, there.index, there.drains and not there.done) for unit, there in placed
                ]
        return None

    def _least_spilled(self, hosts: Sequence[Host], later: Sequence[Host]) -> tuple[Host, list[Shift]] | None:
        """The host with the fewest servers that have to go to hosts still to be upgraded; of the first hosts that work at all."""
        best: tuple[int, Host, bool] | None = None
        tried = 0
        mark = self._receivers.mark()
        for host in hosts:
            for small_first in (False, True):
                shifts = self._spilled(host, later, small_first)
                self._receivers.back(mark)
                if shifts is not None:
                    extra = sum(shift.extra for shift in shifts)
                    best = min(best or (extra, host, small_first), (extra, host, small_first), key=lambda item: item[0])
            tried += best is not None
            if tried >= MOST_SPILLED:
                break
        if best is None:
            return None
        return best[1], self._spilled(best[1], later, best[2]) or []

    def _spilled(self, host: Host, later: Sequence[Host], small_first: bool) -> list[Shift] | None:
        """Where the servers of a host go by first-fit, those without room on hosts that are still to be upgraded.

        With the small ones first, more of them find the little room there is.
        """
        receivers = self._receivers
        mark = receivers.mark()
        units = largest_first(self._scene, host.guests)
        shifts, spilling = [], []
        for unit in reversed(units) if small_first else units:
            there = receivers.place(unit)
            if there is None:
                spilling.append(unit)
            else:
                shifts.append(Shift(unit, host.index, there.index))
        for unit in largest_first(self._scene, spilling):
            there = first_taker(self._scene, later, unit, (host.index,))
            if there is None:
                receivers.back(mark)
                return None
            receivers.put(unit, there)
            shifts.append(Shift(unit, host.index, there.index, extra=True))
        return shifts

    def park_the_rest(self, here: Iterable[Host], wave: Wave, outage: Outage) -> bool:
        """Empty one host as far as there is room, and park the other servers where the policy lets them be parked."""
        scene, receivers = self._scene, self._receivers
        for host in here:
            if not host.drains or not outage.allows(host):
                continue
            mark = receivers.mark()
            shifts, staying = [], []
            for unit in largest_first(scene, host.guests):
                there = receivers.place(unit)
                if there is not None:
                    shifts.append(Shift(unit, host.index, there.index))
                elif scene.park_instead[unit]:
                    staying.append(unit)
                else:
                    break
            else:
                add_host(scene, wave, host, shifts)
                wave.parked += [(unit, host.index, scene.park_instead[unit]) for unit in staying]
                _keep_room(scene, host, staying)
                return True
            receivers.back(mark)
        return False


def _keep_room(scene: Scene, host: Host, staying: list[int]) -> None:
    """Who stays goes on using what the host would otherwise have to give away."""
    for unit in staying:
        for slot, amount in scene.shapes[scene.shape_of[unit]].amounts:
            host.after[slot] -= amount
