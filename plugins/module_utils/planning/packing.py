# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The servers of one host onto given hosts, where first-fit has failed: every way, up to a number of steps."""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.stackroll.nova.plugins.module_utils.planning.destinations import (
    Receivers,
    can_take,
    largest_first,
)
from ansible_collections.stackroll.nova.plugins.module_utils.planning.scene import NONE, Host, Scene

MOST_STEPS = 1500


class Packing:
    """Depth first, the largest unit first, onto the host that it fits best; hosts that are alike are tried once."""

    def __init__(self, scene: Scene, receivers: Receivers, host: Host, onto: Sequence[Host]) -> None:
        self._scene, self._receivers = scene, receivers
        self._units = largest_first(scene, host.guests)
        self._onto = [there for there in onto if there is not host]
        self._known: dict[int, list[Host]] = {}
        self._steps = MOST_STEPS

    def pack(self) -> bool:
        """Put all units somewhere, or leave everything as it was."""
        mark = self._receivers.mark()
        if self._enough() and self._place(0):
            return True
        self._receivers.back(mark)
        return False

    def _enough(self) -> bool:
        """Whether the hosts that units can go to have as much room in all as those units need in all."""
        needed: dict[frozenset[Host], dict[int, int]] = {}
        for unit in self._units:
            shape = self._scene.shape_of[unit]
            amounts = needed.setdefault(frozenset(self._fitting(shape)), {})
            for slot, amount in self._scene.shapes[shape].amounts:
                amounts[slot] = amounts.get(slot, 0) + amount
        return all(
            sum(max(0, there.free[one]) for there in hosts for one in there.spread.get(slot, (slot,)))
            >= sum(other.get(slot, 0) for fewer, other in needed.items() if fewer <= hosts)
            for hosts, amounts in needed.items()
            for slot in amounts
        )

    def _fitting(self, shape: int) -> list[Host]:
        """The hosts of kinds that can take this shape."""
        known = self._known.get(shape)
        if known is None:
            known = self._known[shape] = [there for there in self._onto if not self._scene.misfit(shape, there.kind)]
        return known

    def _place(self, number: int) -> bool:
        if number == len(self._units):
            return True
        self._steps -= 1
        unit = self._units[number]
        for there in self._choices(unit):
            mark = self._receivers.mark()
            self._receivers.put(unit, there)
            if self._place(number + 1):
                return True
            self._receivers.back(mark)
            if self._steps <= 0:
                break
        return False

    def _choices(self, unit: int) -> list[Host]:
        scene = self._scene
        slot = next((slot for slot, _amount in scene.shapes[scene.shape_of[unit]].amounts), NONE)
        alone = scene.apart_of[unit] == NONE
        found: dict[object, Host] = {}
        for there in self._fitting(scene.shape_of[unit]):
            if can_take(scene, there, unit):
                # The groups of the servers on a host matter only to members of groups.
                alike = (there.kind, tuple(there.free), there.done) if alone and not scene.apart else there.index
                found.setdefault(alike, there)
        return sorted(
            found.values(),
            key=lambda host: (host.drains and not host.done, host.free[slot] if slot != NONE else 0, host.index),
        )
