# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps hosts from being emptied, server by server, and the smallest things that would help."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import nsmallest

from ansible_collections.stackroll.nova.plugins.module_utils.model.records import Record
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import count
from ansible_collections.stackroll.nova.plugins.module_utils.planning.destinations import can_take, largest_first
from ansible_collections.stackroll.nova.plugins.module_utils.planning.plan_options import IN_PLACE
from ansible_collections.stackroll.nova.plugins.module_utils.planning.scene import NONE, Host, Scene

LEAVE_OUT = "Move or stop it yourself, let it stay with policy or may_stay, or leave its host out of hosts."
COLD = "Allow it with allow_cold, give it a step of its own with policy, or stop it yourself."
NO_ROOM = "Add an empty host like this one, free room on other hosts, or let servers be parked with park."
TOGETHER = "Add an empty host like this one, or let servers be parked with park."
# For how many hosts it is found out which of their servers is the first without room.
MOST_TRIED = 20
GROUP = "Let it be parked with park, let it stay with policy, or leave its host out of hosts."
DOWN = "Start nova-compute there, or leave the host out of hosts."


@dataclass(frozen=True)
class Blocked(Record):
    """A server that keeps a host from being upgraded; without server it is the host itself, without both the whole cloud."""

    server: str | None
    name: str | None
    host: str | None
    reason: str
    remedy: str


def decided(scene: Scene) -> Iterator[Blocked]:
    """Servers about which the verdict says that they cannot leave."""
    for index, items in sorted(scene.stuck.items()):
        for unit, reason in items:
            yield _blocked(scene, unit, scene.hosts[index], reason, _remedy(reason))


def _remedy(reason: str) -> str:
    if "is down, so" in reason:
        return DOWN
    if "affinity group" in reason:
        return GROUP
    return COLD if "allow_cold" in reason else LEAVE_OUT


def without_room(scene: Scene, left: Sequence[Host]) -> Iterator[Blocked]:
    """Why the hosts that no wave could take are left: the servers that no host takes, or one that finds the room gone."""
    takers = Takers(scene)
    for number, host in enumerate(left):
        units = largest_first(scene, host.guests)
        alone = [(unit, reason) for unit in units for reason in [takers.lack(unit, host)] if reason]
        for unit, reason in alone:
            yield _blocked(scene, unit, host, reason, NO_ROOM)
        if not alone:
            unit = takers.first_without(units, host) if number < MOST_TRIED else units[-1]
            reason = f"it finds no room together with the other servers of {host.name}"
            yield _blocked(scene, unit, host, reason, TOGETHER)


def _blocked(scene: Scene, unit: int, host: Host, reason: str, remedy: str) -> Blocked:
    server = scene.servers[unit]
    return Blocked(server.id, server.name, host.name, reason, remedy)


class Takers:
    """Which hosts could take a server at the end of what could be planned."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._hosts = [
            host
            for host in scene.hosts
            if host.receives and (host.done or not host.rolls or host.mode == IN_PLACE or host.drains)
        ]
        self._known: dict[int, list[Host]] = {}
        self._nearest: dict[int, list[tuple[float, int, int, int, int]]] = {}

    def lack(self, unit: int, host: Host) -> str:
        """Why no other host takes the unit; nothing if one does."""
        scene = self._scene
        shape, group = scene.shape_of[unit], scene.apart_of[unit]
        others = {} if group == NONE else scene.apart[group]
        roomy = [there for there in self._with_room(shape, bool(others)) if there is not host]
        if any(not others.get(there.index) for there in roomy):
            return ""
        if roomy:
            return (
                f"the anti-affinity group {scene.apart_names[group]} has another member on every host with room for it"
                f" ({count(len(roomy), 'host')})"
            )
        return self._shortage(shape, host) or self._misfit(shape, host)

    def _with_room(self, shape: int, every: bool) -> list[Host]:
        """The hosts with room: two are enough to know that there is another one."""
        key = -1 - shape if every else shape
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = []
            form = self._scene.shapes[shape]
            for host in self._hosts:
                if not self._scene.misfit(shape, host.kind) and host.takes(form) is not None:
                    found.append(host)
                    if len(found) > 1 and not every:
                        break
        return found

    def _shortage(self, shape: int, host: Host) -> str:
        """The resource that is missing most on the host that comes nearest; nothing if no host of the right kind is left."""
        scene = self._scene
        nearest = self._nearest.get(shape)
        if nearest is None:
            fitting = (there for there in self._hosts if not scene.misfit(shape, there.kind))
            # Two are enough to know that there is another one.
            nearest = self._nearest[shape] = nsmallest(2, (self._missing(shape, there) for there in fitting))
        for _share, slot, amount, room, index in nearest:
            if index != host.index:
                name = scene.classes[slot]
                return f"it needs {amount} of {name}, and no host that could take it has more than {max(0, room)} free"
        return ""

    def _missing(self, shape: int, host: Host) -> tuple[float, int, int, int, int]:
        """The share of an amount that is missing most, then slot, amount, room and host."""
        amounts = self._scene.shapes[shape].amounts
        rooms = [
            (slot, amount, max(host.free[one] for one in host.spread.get(slot, (slot,)))) for slot, amount in amounts
        ]
        slot, amount, room = max(rooms, key=lambda item: (item[1] - item[2]) / item[1])
        return (amount - room) / amount, slot, amount, room, host.index

    def _misfit(self, shape: int, host: Host) -> str:
        found = [self._scene.misfit(shape, there.kind) for there in self._hosts if there is not host]
        furthest = max((item for item in found if item), default=None)
        return (
            f"{furthest.reason}, and no other host there can take it"
            if furthest
            else "there is no other host that is enabled and up"
        )

    def first_without(self, units: Sequence[int], host: Host) -> int:
        """The first unit that finds no room when those before it have taken theirs; looks, and changes nothing."""
        free = {there.index: list(there.free) for there in self._hosts}
        saved = [(there, there.free) for there in self._hosts]
        try:
            for there in self._hosts:
                there.free = free[there.index]
            return next((unit for unit in units if not self._try(unit, host)), units[-1] if units else 0)
        finally:
            for there, amounts in saved:
                there.free = amounts

    def _try(self, unit: int, host: Host) -> bool:
        for there in self._hosts:
            if there is not host and can_take(self._scene, there, unit):
                for slot, amount in there.takes(self._scene.shapes[self._scene.shape_of[unit]]) or ():
                    there.free[slot] -= amount
                return True
        return False
