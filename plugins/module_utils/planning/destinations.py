# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where servers go: the first host with room, on hosts that are upgraded or never drained, in constant time on average.

Nobody leaves such a host again, so its room only shrinks. A cursor for each shape of server and kind of host therefore never has
to go back over hosts that were too full, and the whole roll looks at each pair of a shape and a host about once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from ansible_collections.stackroll.nova.plugins.module_utils.planning.scene import NONE, Host, Scene, Takes

NOBODY: dict[int, int] = {}


class Receivers:
    """The hosts that may receive servers now, and a way back to where a trial began."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._lists: list[list[Host]] = [[] for _kind in scene.kinds]
        self._choices: dict[int, list[int]] = {}
        self._popularity: list[int] = []
        self._cursors: dict[int, int] = {}
        self._placed: list[tuple[int, Host, Takes]] = []
        self._moved_cursors: list[tuple[int, int]] = []
        self.out: set[int] = set()

    def open(self, host: Host) -> None:
        """From now on the host receives servers."""
        self._lists[host.kind].append(host)

    def hosts(self) -> list[Host]:
        """All hosts that receive, in the order in which they began."""
        return [host for hosts in self._lists for host in hosts]

    def choices(self, shape: int) -> list[int]:
        """The kinds of hosts that can take a shape, those first that few other shapes can use."""
        found = self._choices.get(shape)
        if found is None:
            scene = self._scene
            popularity = self._rank()
            fitting = [kind for kind in range(len(scene.kinds)) if not scene.misfit(shape, kind)]
            found = self._choices[shape] = sorted(fitting, key=lambda kind: (popularity[kind], kind))
        return found

    def _rank(self) -> list[int]:
        if not self._popularity:
            scene = self._scene
            shapes = range(len(scene.shapes))
            self._popularity = [
                sum(not scene.misfit(shape, kind) for shape in shapes) for kind in range(len(scene.kinds))
            ]
        return self._popularity

    def place(self, unit: int) -> Host | None:
        """Put a unit on the first host with room; None when there is none."""
        scene = self._scene
        shape = scene.shape_of[unit]
        group = scene.apart_of[unit]
        others = NOBODY if group == NONE else scene.apart[group]
        for kind in self.choices(shape):
            host = self._first(shape, kind, others)
            if host is not None:
                self.put(unit, host)
                return host
        return None

    def _first(self, shape: int, kind: int, others: dict[int, int]) -> Host | None:
        hosts = self._lists[kind]
        key = shape * len(self._lists) + kind
        begin = position = self._cursors.get(key, 0)
        form = self._scene.shapes[shape]
        amounts = form.amounts
        passing = True
        found = None
        while position < len(hosts):
            host = hosts[position]
            free = host.free
            if host.spread:
                fits = host.takes(form) is not None
            else:
                fits = True
                for slot, amount in amounts:
                    if free[slot] < amount:
                        fits = False
                        break
            if fits:
                if not others.get(host.index) and host.index not in self.out:
                    found = host
                    break
                passing = False
            position += 1
            if passing:
                self._cursors[key] = position
        if self._cursors.get(key, 0) != begin:
            self._moved_cursors.append((key, begin))
        return found

    def put(self, unit: int, host: Host) -> None:
        """Put a unit on this host; there must be room."""
        scene = self._scene
        takes = host.takes(scene.shapes[scene.shape_of[unit]]) or ()
        for slot, amount in takes:
            host.free[slot] -= amount
        self._placed.append((unit, host, takes))
        group = scene.apart_of[unit]
        if group != NONE:
            places = scene.apart[group]
            places[host.index] = places.get(host.index, 0) + 1
            places[scene.where[unit]] -= 1

    def mark(self) -> tuple[int, int]:
        """Where a trial begins."""
        return len(self._placed), len(self._moved_cursors)

    def back(self, mark: tuple[int, int]) -> None:
        """Undo everything since the mark."""
        scene = self._scene
        placed, cursors = mark
        while len(self._placed) > placed:
            unit, host, takes = self._placed.pop()
            for slot, amount in takes:
                host.free[slot] += amount
            group = scene.apart_of[unit]
            if group != NONE:
                places = scene.apart[group]
                places[host.index] -= 1
                places[scene.where[unit]] += 1
        while len(self._moved_cursors) > cursors:
            key, position = self._moved_cursors.pop()
            self._cursors[key] = position

    def since(self, mark: tuple[int, int]) -> list[tuple[int, Host]]:
        """What was put where since the mark."""
        return [(unit, host) for unit, host, _takes in self._placed[mark[0] :]]

    def keep(self) -> None:
        """What was put so far stays; nothing before can be undone."""
        self._placed.clear()
        self._moved_cursors.clear()


def can_take(scene: Scene, host: Host, unit: int) -> bool:
    """Whether a host has room for a unit now, is of a kind that can take it, and holds none of its anti-affinity group."""
    shape, group = scene.shape_of[unit], scene.apart_of[unit]
    if group != NONE and scene.apart[group].get(host.index):
        return False
    return not scene.misfit(shape, host.kind) and host.takes(scene.shapes[shape]) is not None


def first_taker(scene: Scene, hosts: Iterable[Host], unit: int, without: Collection[int]) -> Host | None:
    """The first of these hosts that can take the unit."""
    return next((host for host in hosts if host.index not in without and can_take(scene, host, unit)), None)


def largest_first(scene: Scene, units: Iterable[int]) -> list[int]:
    """Units by their share of the resource they need most of, the largest first, as first-fit decreasing wants them."""
    sizes, shapes = scene.shapes, scene.shape_of
    return sorted(units, key=lambda unit: (-sizes[shapes[unit]].size, shapes[unit], unit))
