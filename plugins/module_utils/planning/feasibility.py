# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small fleets to the end: is there any order of hosts and any choice of destinations at all?

First-fit may miss a way. For a few hosts and servers all ways are tried, one host after the other: a plan with larger waves exists
only if one with a host at a time does.
"""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.stackroll.nova.plugins.module_utils.planning.destinations import can_take, largest_first
from ansible_collections.stackroll.nova.plugins.module_utils.planning.estimate import Clock
from ansible_collections.stackroll.nova.plugins.module_utils.planning.outages import Limits, Outage
from ansible_collections.stackroll.nova.plugins.module_utils.planning.plan_options import IN_PLACE
from ansible_collections.stackroll.nova.plugins.module_utils.planning.scene import NONE, Host, Scene, Takes
from ansible_collections.stackroll.nova.plugins.module_utils.planning.wave import (
    Draft,
    Shift,
    Wave,
    add_host,
    groups_of,
    span_of,
)

MOST_HOSTS, MOST_UNITS, MOST_STEPS = 9, 40, 60_000
Step = tuple[Host, list[Shift]]


class OutOfSteps(Exception):  # noqa: N818  # what happened reads better than a suffix
    """The search was given up; nothing is known."""


def is_small(scene: Scene) -> bool:
    """Whether trying everything has a chance to end."""
    hosts = scene.candidates()
    return len(hosts) <= MOST_HOSTS and sum(len(host.guests) for host in hosts) <= MOST_UNITS


class Search:
    """Depth first over hosts to empty and destinations; what was found hopeless is not tried again."""

    def __init__(self, scene: Scene, extra: int = 0, steps: int = MOST_STEPS) -> None:
        self.scene = scene
        self._extra = extra
        self._steps = steps
        self._hopeless: set[object] = set()
        self._upgraded = {
            host.index for host in scene.hosts if host.receives and (not host.rolls or host.mode == IN_PLACE)
        }
        self.path: list[Step] = []

    def run(self) -> list[Step] | None:
        """The steps to upgrade all hosts, or None when there is no way; raises OutOfSteps when that is not certain."""
        return self.path if self._empty(self.scene.candidates(), 0) else None

    def _empty(self, left: list[Host], extra: int) -> bool:
        if not left:
            return True
        key = self._key(left, extra)
        if key in self._hopeless:
            return False
        for host in sorted(left, key=lambda item: (item.drains, len(item.guests), item.index)):
            others = [item for item in left if item is not host]
            if self._place(host, largest_first(self.scene, host.guests if host.drains else ()), [], others, extra):
                return True
        self._hopeless.add(key)
        return False

    def _place(self, host: Host, units: list[int], done: list[Shift], others: list[Host], extra: int) -> bool:
        self._steps -= 1
        if self._steps < 0:
            raise OutOfSteps
        if not units:
            return self._go_on(host, done, others, extra)
        unit, rest = units[0], units[1:]
        for there, again in self._choices(host, unit, others, extra):
            takes = self._put(unit, host, there)
            shift = Shift(unit, host.index, there.index, again)
            if self._place(host, rest, [*done, shift], others, extra + again):
                return True
            self._take_back(unit, host, there, takes)
        return False

    def _choices(self, host: Host, unit: int, others: list[Host], extra: int) -> Iterator[tuple[Host, bool]]:
        """Hosts that can take a unit, one of those that are alike; those to be upgraded last, and only as extra moves."""
        seen: set[object] = set()
        for index in sorted(self._upgraded):
            there = self.scene.hosts[index]
            alike = self._state(there)
            if there is not host and alike not in seen and can_take(self.scene, there, unit):
                seen.add(alike)
                yield there, False
        if extra < self._extra:
            for there in others:
                if there.receives and there.drains and can_take(self.scene, there, unit):
                    yield there, True

    def _go_on(self, host: Host, done: list[Shift], others: list[Host], extra: int) -> bool:
        """The host is empty: upgrade it, and go on with the others."""
        free, guests, opened = host.free, host.guests, host.index not in self._upgraded and host.receives
        if host.drains:
            host.free, host.guests = list(host.after), []
        if opened:
            self._upgraded.add(host.index)
        for shift in done:
            if shift.extra:
                self.scene.hosts[shift.destination].guests.append(shift.unit)
        self.path.append((host, done))
        if self._empty(others, extra):
            return True
        self.path.pop()
        for shift in done:
            if shift.extra:
                self.scene.hosts[shift.destination].guests.remove(shift.unit)
        if opened:
            self._upgraded.discard(host.index)
        host.free, host.guests = free, guests
        return False

    def _put(self, unit: int, host: Host, there: Host) -> Takes:
        takes = there.takes(self.scene.shapes[self.scene.shape_of[unit]]) or ()
        for slot, amount in takes:
            there.free[slot] -= amount
        self._shift_group(unit, host.index, there.index)
        return takes

    def _take_back(self, unit: int, host: Host, there: Host, takes: Takes) -> None:
        for slot, amount in takes:
            there.free[slot] += amount
        self._shift_group(unit, there.index, host.index)

    def _shift_group(self, unit: int, source: int, destination: int) -> None:
        group = self.scene.apart_of[unit]
        if group != NONE:
            places = self.scene.apart[group]
            places[source] = places.get(source, 0) - 1
            places[destination] = places.get(destination, 0) + 1

    def _state(self, host: Host) -> tuple[object, ...]:
        """All that matters of a host that receives: equal ones are tried once."""
        groups = tuple(group for group, places in enumerate(self.scene.apart) if places.get(host.index))
        return (host.kind, tuple(host.free), groups, host.mode == IN_PLACE and not host.done and host.index)

    def _key(self, left: list[Host], extra: int) -> object:
        upgraded = sorted(repr(self._state(self.scene.hosts[index])) for index in self._upgraded)
        return (tuple((host.index, tuple(sorted(host.guests))) for host in left), tuple(upgraded), self._extra - extra)


def waves_of_steps(scene: Scene, limits: Limits, steps: list[Step]) -> Draft:
    """Steps as waves: the next host joins the wave as long as limits, groups and its destinations allow it.

    The scene must be as it was before the search.
    """
    draft = Draft()
    outage = Outage(limits, 0)
    out: set[int] = set()
    for host, shifts in steps:
        host.guests = [shift.unit for shift in shifts]
        wave = draft.waves[-1] if draft.waves else Wave()
        meets = any(shift.destination in out for shift in shifts)
        receiving = any(shift.destination == host.index for shift in wave.shifts)
        if not outage.allows(host) or meets or receiving or wave.groups & groups_of(scene, host):
            wave = Wave()
            draft.waves.append(wave)
            canary = scene.options.canary
            outage = Outage(limits, canary if canary and len(draft.waves) == 1 else limits.overall)
            out = set()
        add_host(scene, wave, host, shifts)
        outage.add(host)
        out.add(host.index)
    for wave in draft.waves:
        wave.span = span_of(scene, Clock(scene.options), wave)
    return draft
