# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waves: hosts by emptiness, as many at once as limits, groups and room on upgraded hosts allow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ansible_collections.stackroll.nova.plugins.module_utils.planning.destinations import Receivers, largest_first
from ansible_collections.stackroll.nova.plugins.module_utils.planning.estimate import Clock
from ansible_collections.stackroll.nova.plugins.module_utils.planning.outages import Limits, Outage
from ansible_collections.stackroll.nova.plugins.module_utils.planning.plan_options import IN_PLACE
from ansible_collections.stackroll.nova.plugins.module_utils.planning.rescue import Rescue
from ansible_collections.stackroll.nova.plugins.module_utils.planning.scene import NONE, Host, Scene
from ansible_collections.stackroll.nova.plugins.module_utils.planning.wave import (
    Draft,
    Shift,
    Wave,
    add_host,
    first_hosts,
    groups_of,
    span_of,
)

# How many hosts may fail to find room in a row before a wave is closed: the next are fuller still.
PATIENCE = 200
# How often the servers of one wave are placed anew to let another host in, in a cloud of so many servers.
REPACKS, MOST_REPACKED = 8, 4000

Order = Callable[[Host], object]


@dataclass
class Trial:
    """What was tried for one wave: where each of its hosts began, and shapes, or sets of them, that have found no room."""

    marks: list[tuple[int, int]] = field(default_factory=list)
    crowded: set[int] = field(default_factory=set)
    hopeless: set[tuple[int, ...]] = field(default_factory=set)
    failed: set[int] = field(default_factory=set)
    failures: int = 0
    repacks: int = 0


class Roll:
    """Plans the waves of one scene from its start to its end; the scene is used up by it."""

    def __init__(self, scene: Scene, limits: Limits, order: Order, seconds: float | None = None) -> None:
        self.scene, self.limits = scene, limits
        self.clock = Clock(scene.options)
        self.receivers = Receivers(scene)
        self.draft = Draft()
        self.left = sorted(scene.candidates(), key=order)  # type: ignore[arg-type]
        # Hosts of a wave cannot be taken back one by one once they are placed together, as a short night may want.
        self.repacks = REPACKS if len(scene.servers) <= MOST_REPACKED and seconds is None else 0
        self._rescue = Rescue(scene, self.receivers, thorough=self.repacks > 0)
        self._seconds = seconds
        self._passed = 0.0
        for host in scene.hosts:
            if host.receives and not host.down and (not host.rolls or host.mode == IN_PLACE):
                self.receivers.open(host)

    def run(self) -> Draft:
        """Waves until nothing is left or nothing works."""
        given_up: set[int] = set()
        while True:
            here = self._stage([host for host in self.left if host.index not in given_up])
            if not here:
                break
            wave = self._fill(here)
            if wave is None and not self.draft.late:
                wave = self._rescued(here)
            if wave is None or self.scene.options.waves:
                given_up.update(host.index for host in here)
            if wave is not None and not self._commit(wave):
                break
        late = {host.index for host in self.draft.late}
        self.draft.left = [host for host in self.left if host.index not in late]
        return self.draft

    def _rescued(self, here: list[Host]) -> Wave | None:
        """A wave of one host although first-fit finds room for none."""
        wave, outage = Wave(), Outage(self.limits, self.most)
        found = self._rescue.bootstrap(here, self.left, wave, outage) or self._rescue.park_the_rest(here, wave, outage)
        return wave if found else None

    @property
    def most(self) -> int:
        """How many hosts the next wave may have."""
        options = self.scene.options
        first = options.canary and not options.waves and not self.draft.waves
        return options.canary if first else self.limits.overall

    def _stage(self, left: list[Host]) -> list[Host]:
        """The hosts whose turn it is: all, or those of the first wave that is given or of the first zone that is not through."""
        for names in self.scene.options.waves:
            here = [host for host in left if host.name in names]
            if here:
                return here
        if not self.scene.options.one_zone_at_a_time or not left:
            return left
        zones = sorted({(self._untouched(host.zone), host.zone or "") for host in left})
        return [host for host in left if (host.zone or "") == zones[0][1]]

    def _untouched(self, zone: str | None) -> bool:
        done = {host.zone for wave in self.draft.waves for host in wave.hosts}
        return zone not in (done or {host.zone for host in self.scene.hosts if host.done})

    def _fill(self, here: Sequence[Host]) -> Wave | None:
        """As many hosts as can be emptied now."""
        wave, outage, trial = Wave(), Outage(self.limits, self.most), Trial()
        for host in here:
            if outage.full or trial.failures > PATIENCE:
                break
            if not outage.allows(host) or self._disturbs(host, wave):
                continue
            trial.marks.append(self.receivers.mark())
            if self._join(host, wave, trial) or self._repack(host, wave, trial):
                outage.add(host)
                trial.failures = 0
            else:
                trial.marks.pop()
                trial.failures += 1
                trial.failed.add(host.index)
        self._begin_stuck_zones(here, wave, outage, trial)
        return self._in_time(wave, trial.marks)

    def _begin_stuck_zones(self, here: Sequence[Host], wave: Wave, outage: Outage, trial: Trial) -> None:
        """Zones that servers cannot leave and where no host found room will not find any later: they need not wait to begin."""
        if not wave.hosts or not self.scene.options.keep_zones:
            return
        going = {host.zone for host in wave.hosts}
        by_zone: dict[str | None, list[Host]] = {}
        for host in here:
            by_zone.setdefault(host.zone, []).append(host)
        for zone, hosts in by_zone.items():
            if zone is not None and zone not in going and all(host.index in trial.failed for host in hosts):
                mark = self.receivers.mark()
                if self._rescue.bootstrap(hosts, self.left, wave, outage):
                    trial.marks.append(mark)

    def _join(self, host: Host, wave: Wave, trial: Trial) -> bool:
        """Add a host if its servers find room."""
        shape_of = self.scene.shape_of
        units = largest_first(self.scene, host.guests)
        shapes = tuple(shape_of[unit] for unit in units)
        if shapes in trial.hopeless or not trial.crowded.isdisjoint(shapes):
            return False
        mark = self.receivers.mark()
        for number, unit in enumerate(units):
            if self.receivers.place(unit) is None:
                self.receivers.back(mark)
                if self.scene.apart_of[unit] == NONE and number == 0:
                    trial.crowded.add(shapes[0])
                elif all(self.scene.apart_of[one] == NONE for one in units):
                    trial.hopeless.add(shapes)
                return False
        shifts = [Shift(unit, host.index, there.index) for unit, there in self.receivers.since(mark)]
        add_host(self.scene, wave, host, shifts)
        if host.mode == IN_PLACE:
            self.receivers.out.add(host.index)
        return True

    def _repack(self, host: Host, wave: Wave, trial: Trial) -> bool:
        """Add a host by placing the servers of the whole wave anew, the largest of all hosts first."""
        if trial.repacks >= self.repacks or not wave.shifts or not host.drains:
            return False
        trial.repacks += 1
        source = {unit: item for item in (*wave.hosts, host) if item.drains for unit in item.guests}
        self.receivers.back(trial.marks[0])
        fits = all(self.receivers.place(unit) is not None for unit in largest_first(self.scene, source))
        if not fits:
            self.receivers.back(trial.marks[0])
            for shift in wave.shifts:
                self.receivers.put(shift.unit, self.scene.hosts[shift.destination])
            return False
        placed = [(unit, there.index) for unit, there in self.receivers.since(trial.marks[0])]
        wave.shifts = [Shift(unit, source[unit].index, there) for unit, there in placed]
        add_host(self.scene, wave, host, [])
        trial.crowded.clear()
        trial.hopeless.clear()
        return True

    def _disturbs(self, host: Host, wave: Wave) -> bool:
        """Whether the wave has a member of a group of this host, or has given an in-place host something to receive."""
        if host.mode == IN_PLACE:
            return any(shift.destination == host.index for shift in wave.shifts)
        return bool(wave.groups) and not wave.groups.isdisjoint(groups_of(self.scene, host))

    def _in_time(self, wave: Wave, marks: list[tuple[int, int]]) -> Wave | None:
        """The wave with as many of its first hosts as can be finished in time."""
        if not wave.hosts:
            return None
        wave.span = span_of(self.scene, self.clock, wave)
        if self._seconds is None or self._passed + wave.span.most <= self._seconds:
            return wave
        fitting, over = 0, len(wave.hosts)
        while over - fitting > 1:
            middle = (fitting + over) // 2
            span = span_of(self.scene, self.clock, first_hosts(self.scene, wave, middle))
            fitting, over = (middle, over) if self._passed + span.most <= self._seconds else (fitting, middle)
        self.receivers.back(marks[fitting])
        for host in wave.hosts[fitting:]:
            self.receivers.out.discard(host.index)
        if not fitting:
            self.draft.late = list(self.left)
            return None
        shorter = first_hosts(self.scene, wave, fitting)
        shorter.span = span_of(self.scene, self.clock, shorter)
        return shorter

    def _commit(self, wave: Wave) -> bool:
        """What was tried becomes the plan; the hosts are upgraded and, but for one reason or another, receive servers."""
        scene = self.scene
        wave.span = span_of(self.scene, self.clock, wave)
        if self._seconds is not None and self._passed + wave.span.most > self._seconds:
            self.draft.late = list(self.left)
            return False
        self._passed += wave.span.most
        self.receivers.keep()
        for shift in wave.shifts:
            scene.where[shift.unit] = shift.destination
            if shift.extra:
                scene.hosts[shift.destination].guests.append(shift.unit)
        gone = {host.index for host in wave.hosts}
        for host in wave.hosts:
            self._upgraded(host)
        self.receivers.out -= gone
        self.left = [host for host in self.left if host.index not in gone]
        self.draft.waves.append(wave)
        return True

    def _upgraded(self, host: Host) -> None:
        host.done = True
        if host.drains:
            host.guests = []
            host.free = host.after
        if host.receives and host.mode != IN_PLACE:
            self.receivers.open(host)
