# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet in numbers: hosts, servers and what they need, each with an index, so that planning compares integers only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from ansible_collections.stackroll.nova.plugins.module_utils.model.server import Server
from ansible_collections.stackroll.nova.plugins.module_utils.planning.needs import Kind, Misfit, Need, misfit
from ansible_collections.stackroll.nova.plugins.module_utils.planning.plan_options import DRAIN, PlanOptions

NONE = -1
# An amount of one resource: the slot of a host's list of free amounts, and how much.
Takes = tuple[tuple[int, int], ...]


class Shape:
    """A need in numbers: amounts by slot in all, each part by itself, and how large it is beside all hosts together."""

    __slots__ = ("amounts", "need", "parts", "size")

    def __init__(self, need: Need, parts: Takes, weights: Sequence[float]) -> None:
        totals: dict[int, int] = defaultdict(int)
        for slot, amount in parts:
            totals[slot] += amount
        self.need = need
        self.parts = parts
        self.amounts: Takes = tuple(sorted(totals.items(), key=lambda item: -weights[item[0]] * item[1]))
        self.size = max((weights[slot] * amount for slot, amount in self.amounts), default=0.0)


class Host:
    """A host; *free* and *after* (once its servers have left) are amounts by slot, *spread* the slots of classes with several."""

    __slots__ = (
        "after",
        "aggregates",
        "cell",
        "done",
        "down",
        "free",
        "guests",
        "index",
        "kind",
        "mode",
        "name",
        "parked",
        "receives",
        "rolls",
        "spread",
        "zone",
    )

    def __init__(self, index: int, name: str, zone: str | None, cell: str | None) -> None:
        self.index, self.name, self.zone, self.cell = index, name, zone, cell
        self.mode = DRAIN
        self.done = self.rolls = self.receives = self.down = False
        self.kind = NONE
        self.aggregates: tuple[int, ...] = ()
        self.free: list[int] = []
        self.after: list[int] = []
        self.spread: dict[int, tuple[int, ...]] = {}
        self.guests: list[int] = []
        self.parked: list[int] = []

    @property
    def drains(self) -> bool:
        """Whether servers have to leave it."""
        return self.rolls and self.mode == DRAIN

    def takes(self, shape: Shape) -> Takes | None:
        """What a server of this shape takes here, or None without room."""
        free = self.free
        if self.spread:
            return self._spread(shape)
        for slot, amount in shape.amounts:
            if free[slot] < amount:
                return None
        return shape.amounts

    def _spread(self, shape: Shape) -> Takes | None:
        """Each part from the first provider of the tree that has room for it."""
        left: dict[int, int] = {}
        found = []
        for name, amount in shape.parts:
            for slot in self.spread.get(name, (name,)):
                room = left.get(slot, self.free[slot])
                if room >= amount:
                    left[slot] = room - amount
                    found.append((slot, amount))
                    break
            else:
                return None
        return tuple(found)


class Scene:
    """All that planning looks at. A unit is the number of a server."""

    def __init__(self, options: PlanOptions) -> None:
        self.options = options
        self.classes: list[str] = []
        self.capacity: list[int] = []
        self.hosts: list[Host] = []
        self.kinds: list[Kind] = []
        self.shapes: list[Shape] = []
        self.servers: Sequence[Server] = ()
        self.shape_of: list[int] = []
        self.apart_of: list[int] = []
        self.where: list[int] = []
        self.how: list[str] = []
        self.why: list[str] = []
        self.park_instead: list[str] = []
        self.apart: list[dict[int, int]] = []
        self.apart_names: list[str] = []
        self.stuck: dict[int, list[tuple[int, str]]] = {}
        self.limit_of_aggregate: dict[int, int] = {}
        self._shape_index: dict[Need, int] = {}
        self._misfits: dict[int, Misfit | None] = {}

    def shape_index(self, need: Need) -> int:
        """The shape of a need, the same for equal needs."""
        index = self._shape_index.get(need)
        if index is None:
            slots = {name: slot for slot, name in enumerate(self.classes)}
            parts = tuple((slots[name], amount) for name, amount in need.parts if name in slots)
            index = self._shape_index[need] = len(self.shapes)
            self.shapes.append(Shape(need, parts, [1 / max(1, amount) for amount in self.capacity]))
        return index

    def misfit(self, shape: int, kind: int) -> Misfit | None:
        """Why hosts of a kind never take this shape; remembered."""
        key = shape * len(self.kinds) + kind
        if key not in self._misfits:
            self._misfits[key] = misfit(self.shapes[shape].need, self.kinds[kind])
        return self._misfits[key]

    def candidates(self) -> list[Host]:
        """The hosts to be upgraded that nothing keeps from it."""
        return [host for host in self.hosts if host.rolls and not host.done and host.index not in self.stuck]

    def save(self) -> Saved:
        """What planning changes, to begin again from here."""
        hosts = [(host.done, list(host.free), list(host.after), list(host.guests)) for host in self.hosts]
        return Saved(hosts, list(self.where), [dict(places) for places in self.apart])

    def restore(self, saved: Saved) -> None:
        """Back to what was saved."""
        for host, (done, free, after, guests) in zip(self.hosts, saved.hosts):
            host.done, host.free, host.after, host.guests = done, list(free), list(after), list(guests)
        self.where = list(saved.where)
        self.apart = [dict(places) for places in saved.apart]


class Saved(NamedTuple):
    """The part of a scene that planning changes."""

    hosts: list[tuple[bool, list[int], list[int], list[int]]]
    where: list[int]
    apart: list[dict[int, int]]
