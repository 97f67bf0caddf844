# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a fleet and options to a scene: what each server needs, what becomes of it, and who is kept apart."""

from __future__ import annotations

from collections import defaultdict

from ansible_collections.stackroll.nova.plugins.module_utils.accounting.expect import CPU_CLASSES, expected_resources
from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Allocation, Fleet
from ansible_collections.stackroll.nova.plugins.module_utils.model.server import Server
from ansible_collections.stackroll.nova.plugins.module_utils.planning.aggregates import (
    TENANTS,
    satisfied,
)
from ansible_collections.stackroll.nova.plugins.module_utils.planning.capacity import (
    SERVERS,
    Trees,
    add_capacity,
    add_hosts,
    refuse_without_inventories,
)
from ansible_collections.stackroll.nova.plugins.module_utils.planning.needs import Need, Parts
from ansible_collections.stackroll.nova.plugins.module_utils.planning.outcomes import Outcomes
from ansible_collections.stackroll.nova.plugins.module_utils.planning.plan_options import DRAIN, IN_PLACE, PlanOptions
from ansible_collections.stackroll.nova.plugins.module_utils.planning.policy import PARKING, STAY
from ansible_collections.stackroll.nova.plugins.module_utils.planning.scene import NONE, Host, Scene, Takes
from ansible_collections.stackroll.nova.plugins.module_utils.planning.specs import Specs
from ansible_collections.stackroll.nova.plugins.module_utils.planning.surroundings import STRICT
from ansible_collections.stackroll.nova.plugins.module_utils.planning.verdicts import (
    BLOCKED,
    MOVES,
    REVERT,
    Verdict,
)


def survey(fleet: Fleet, options: PlanOptions) -> Scene:
    """The scene of a plan."""
    scene = Scene(options)
    add_hosts(scene, fleet)
    refuse_without_inventories(scene, fleet)
    known = frozenset(key for item in fleet.aggregates for key in item.metadata)
    specs = Specs(known)
    asked = frozenset(key for server in fleet.servers for key, _value in specs.of(server.flavor).asked)
    trees = add_capacity(scene, fleet, asked, specs.traits)
    Reader(scene, fleet, trees, specs).read()
    return scene


class Reader:
    """Reads the servers of one fleet into a scene."""

    def __init__(self, scene: Scene, fleet: Fleet, trees: Trees, specs: Specs) -> None:
        self.scene, self.fleet, self.trees, self.specs = scene, fleet, trees, specs
        self.common = {name: slot for slot, name in enumerate(scene.classes)}
        self.by_name = {host.name: host for host in scene.hosts}
        tenants = any(key.startswith(TENANTS) for item in fleet.aggregates for key in item.metadata)
        self.by_project = tenants
        self.by_flavor = any(kind.demands.flavors for kind in scene.kinds)
        servers = [server for server in fleet.servers if server.holds_host and server.host in self.by_name]
        scene.servers = sorted(servers, key=lambda server: server.id)
        self.index = {server.id: number for number, server in enumerate(scene.servers)}
        self.held: list[Allocation | list[Allocation] | None] = [None] * len(servers)

    def read(self) -> None:
        """Servers, what they hold, what becomes of them, and their groups."""
        scene = self.scene
        number = len(scene.servers)
        scene.where = [self.by_name[str(server.host)].index for server in scene.servers]
        scene.shape_of, scene.apart_of = [NONE] * number, [NONE] * number
        scene.how, scene.why, scene.park_instead = [""] * number, [""] * number, [""] * number
        self._count_allocations()
        self._read_groups()
        outcomes = Outcomes(scene.options, self.fleet, self.specs)
        for unit, server in enumerate(scene.servers):
            host = scene.hosts[scene.where[unit]]
            if host.rolls and host.mode != IN_PLACE:
                self._decide(unit, server, host, outcomes.of(server, host))
        for host in scene.hosts:
            host.after = self._once_empty(host)
        self._mark_down()

    def _count_allocations(self) -> None:
        """Take from each host what is allocated; where the fleet has no allocations at all, what the flavors say."""
        for item in self.fleet.allocations:
            host = self.trees.host_of.get(item.provider_uuid)
            if host is None:
                continue
            self._take(self.scene.hosts[host].free, self._slots(item))
            unit = self.index.get(item.consumer_id)
            if unit is not None and self.scene.where[unit] == host:
                before = self.held[unit]
                self.held[unit] = (
                    item if before is None else [*(before if isinstance(before, list) else [before]), item]
                )
        counting = self.common.get(SERVERS)
        for unit, where in enumerate(self.scene.where):
            host_free = self.scene.hosts[where].free
            if counting is not None:
                host_free[counting] -= 1
            if not self.fleet.allocations:
                self._take(host_free, self._of_flavor(unit))

    @staticmethod
    def _take(free: list[int], takes: Takes) -> None:
        for slot, amount in takes:
            free[slot] -= amount

    def _slots(self, item: Allocation) -> Takes:
        slots = (
            (self.trees.slot(item.provider_uuid, name, self.common), amount) for name, amount in item.resources.items()
        )
        return tuple((slot, amount) for slot, amount in slots if slot is not None)

    def _of_flavor(self, unit: int) -> Takes:
        return tuple((self.common[name], amount) for name, amount in self._flavor_parts(unit))

    def _holds(self, unit: int) -> Takes:
        """What a server frees when it leaves, by slot."""
        held = self.held[unit]
        counting = ((self.common[SERVERS], 1),) if SERVERS in self.common else ()
        if held is None:
            return counting if self.fleet.allocations else self._of_flavor(unit) + counting
        items = held if isinstance(held, list) else [held]
        return tuple(take for item in items for take in self._slots(item)) + counting

    def _parts(self, unit: int) -> Parts:
        """What a server asks a destination for: what it holds here, or, holding nothing, what its flavor says."""
        held = self.held[unit]
        counting = ((SERVERS, 1),) if SERVERS in self.common else ()
        if held is None:
            return self._flavor_parts(unit) + counting
        items = held if isinstance(held, list) else [held]
        return tuple(sorted(pair for item in items for pair in item.resources.items())) + counting

    def _flavor_parts(self, unit: int) -> Parts:
        server = self.scene.servers[unit]
        expected = expected_resources(server.flavor, server.volume_backed)
        offered = {name for name, _units in self.scene.kinds[self.scene.hosts[self.scene.where[unit]].kind].units}
        pinned = server.flavor.extra_specs.get("hw:cpu_policy") == "dedicated" or any(
            key.startswith("resources") and key.endswith(":PCPU") for key in server.flavor.extra_specs
        )
        cpu = CPU_CLASSES[1] if pinned and CPU_CLASSES[1] in offered else CPU_CLASSES[0]
        amounts = {**expected.others, cpu: expected.cpus}
        return tuple(sorted((name, amount) for name, amount in amounts.items() if amount and name in offered))

    def _read_groups(self) -> None:
        for group in sorted(self.fleet.server_groups, key=lambda item: item.id):
            units = [self.index[member] for member in group.members if member in self.index]
            if group.policy == STRICT and len(units) > 1:
                places: dict[int, int] = defaultdict(int)
                for unit in units:
                    self.scene.apart_of[unit] = len(self.scene.apart)
                    places[self.scene.where[unit]] += 1
                self.scene.apart.append(dict(places))
                self.scene.apart_names.append(group.name)

    def _decide(self, unit: int, server: Server, host: Host, verdict: Verdict) -> None:
        scene = self.scene
        if verdict.action in MOVES and host.mode == DRAIN:
            scene.how[unit], scene.why[unit] = verdict.action, verdict.reason
            scene.park_instead[unit] = next((step for step in verdict.fallbacks if step in (*PARKING, STAY)), "")
            scene.shape_of[unit] = scene.shape_index(self._need(unit, server, host))
            host.guests.append(unit)
        elif verdict.action in PARKING:
            scene.how[unit], scene.why[unit] = verdict.action, verdict.reason
            host.parked.append(unit)
        elif verdict.action in (BLOCKED, REVERT):
            reason = "its resize has to be reverted first" if verdict.action == REVERT else verdict.reason
            scene.stuck.setdefault(host.index, []).append((unit, reason))

    def _need(self, unit: int, server: Server, host: Host) -> Need:
        view = self.specs.of(server.flavor)
        here = self.scene.kinds[host.kind].demands
        # Bare keys count only where the server's present host obeys them: then the filter that reads them may be in use.
        asked = tuple(pair for pair in view.asked if satisfied((pair,), here.pairs)) if view.asked else ()
        scoped = tuple(
            pair
            for pair in view.asked
            if pair not in asked and f"aggregate_instance_extra_specs:{pair[0]}" in server.flavor.extra_specs
        )
        return Need(
            parts=self._parts(unit),
            zone=server.zone if self.scene.options.keep_zones else None,
            cell=host.cell,
            required=view.required,
            forbidden=view.forbidden,
            metadata=asked + scoped,
            isolated=here.traits,
            project=server.project_id if self.by_project else None,
            flavor=server.flavor.name if self.by_flavor else None,
        )

    def _once_empty(self, host: Host) -> list[int]:
        after = list(host.free)
        for unit in host.guests:
            for slot, amount in self._holds(unit):
                after[slot] += amount
        return after

    def _mark_down(self) -> None:
        """Nothing can be moved away from a host that does not answer."""
        for host in self.scene.hosts:
            if host.rolls and host.down and (host.guests or host.parked) and host.mode != IN_PLACE:
                waiting = (host.guests + host.parked)[0]
                reason = f"nova-compute on {host.name} is down, so nothing can leave it"
                self.scene.stuck.setdefault(host.index, []).append((waiting, reason))
