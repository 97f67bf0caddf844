# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts as a plan sees them: who is to be upgraded and how, who may receive servers, and what is free by Placement's arithmetic."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.accounting.room import capacity
from ansible_collections.stackroll.nova.plugins.module_utils.model.claim import DEFAULT_PREFIX, Claim
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Fleet, Service
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import count, natural, some
from ansible_collections.stackroll.nova.plugins.module_utils.planning.aggregates import (
    NOTHING,
    Demands,
    demands_by_host,
)
from ansible_collections.stackroll.nova.plugins.module_utils.planning.needs import Kind, Units
from ansible_collections.stackroll.nova.plugins.module_utils.planning.plan_options import PlanOptions, most_out
from ansible_collections.stackroll.nova.plugins.module_utils.planning.scene import Host, Scene

# Servers are counted like a resource where an aggregate limits them.
SERVERS = "servers"
NO_LIMIT = 1 << 60
Inventories = Mapping[str, Mapping[str, Any]]


def add_hosts(scene: Scene, fleet: Fleet) -> None:
    """One host for each compute service, in natural order of the names; refuses names in options that no service has."""
    services = sorted(fleet.compute_services, key=lambda service: natural(service.host))
    refuse_unknown_hosts(scene.options, {service.host for service in services})
    wanted = scene.options.rolling
    rolling = frozenset([service.host for service in services] if wanted is None else wanted)
    for index, service in enumerate(services):
        scene.hosts.append(_host(index, service, scene.options, rolling))
    by_name = {host.name: host for host in scene.hosts}
    for number, aggregate in enumerate(fleet.aggregates):
        inside = [by_name[name] for name in aggregate.hosts if name in by_name]
        for host in inside:
            host.aggregates += (number,)
        if scene.options.max_unavailable_per_aggregate is not None:
            limit = most_out(scene.options.max_unavailable_per_aggregate, len(inside))
            scene.limit_of_aggregate[number] = limit


def refuse_unknown_hosts(options: PlanOptions, known: set[str]) -> None:
    """Every host that an option names must have a compute service."""
    rolling = "waves" if options.waves else "hosts"
    named = {rolling: options.rolling or (), "done": options.done, "modes": options.modes}
    for name, hosts in named.items():
        unknown = sorted(set(hosts) - known, key=natural)
        if unknown:
            verb = "has" if len(unknown) == 1 else "have"
            raise InvalidInput(
                f"{name} names {some(unknown)}, which {verb} no compute service in this cloud.",
                f"Name hosts as Nova does, such as {some(sorted(known, key=natural))}.",
            )


def _host(index: int, service: Service, options: PlanOptions, rolling: Collection[str]) -> Host:
    host = Host(index, service.host, service.zone, service.cell)
    new = options.target_version is not None and (service.version or 0) >= options.target_version
    host.done = service.host in options.done or new
    host.rolls = service.host in rolling and not host.done
    host.mode = options.mode_of(service.host)
    host.down = not service.is_up or service.forced_down
    ours = Claim.parse(service.disabled_reason, DEFAULT_PREFIX, service.host) is not None
    # A host that is down receives once it is upgraded, for it must have come up then.
    host.receives = (service.status == "enabled" or (ours and service.status == "disabled")) and (
        host.rolls or not host.down
    )
    return host


class Trees:
    """Which provider is whose, and in which slot of a host's lists the room of a provider is."""

    def __init__(self, fleet: Fleet, hosts: Sequence[Host]) -> None:
        self.host_of: dict[str, int] = {}
        self.providers: dict[int, list[str]] = defaultdict(list)
        self.slots: dict[tuple[str, str], int] = {}
        roots = _roots(fleet, hosts)
        for provider in fleet.providers:
            index = roots.get(provider.root_uuid)
            if index is not None:
                self.host_of[provider.uuid] = index
                self.providers[index].append(provider.uuid)

    def slot(self, provider: str, name: str, common: Mapping[str, int]) -> int | None:
        """The slot of a class on a provider; None where no host offers the class."""
        return self.slots.get((provider, name), common.get(name))


def _roots(fleet: Fleet, hosts: Sequence[Host]) -> dict[str, int]:
    """The root of each host's tree: the provider of its name, or of the node that its servers are on, or of its short name."""
    named = {provider.name: provider.uuid for provider in fleet.providers if provider.parent_uuid is None}
    nodes = {server.host: server.node for server in fleet.servers if server.host and server.node}
    short: dict[str, list[str]] = defaultdict(list)
    for name in named:
        short[name.partition(".")[0]].append(name)
    found = {}
    for host in hosts:
        alike = short.get(host.name.partition(".")[0], [])
        choices = [host.name, nodes.get(host.name), *(alike if len(alike) == 1 else ())]
        uuid = next((named[name] for name in choices if name in named), None)
        if uuid is not None:
            found[uuid] = host.index
    return found


def add_capacity(scene: Scene, fleet: Fleet, asked: frozenset[str], mentioned: frozenset[str]) -> Trees:
    """Fill in what hosts offer; *asked* are metadata keys and *mentioned* the traits that flavors speak of."""
    trees = Trees(fleet, scene.hosts)
    demands = demands_by_host(fleet.aggregates, asked)
    limited = any(item.most_servers is not None for item in demands.values())
    offered = {name for uuid in trees.host_of for name in fleet.inventories.get(uuid, {})}
    scene.classes = [*sorted(offered), *([SERVERS] if limited else [])]
    scene.capacity = [0] * len(scene.classes)
    kinds: dict[Kind, int] = {}
    for host in scene.hosts:
        inventories = {uuid: fleet.inventories.get(uuid, {}) for uuid in trees.providers.get(host.index, ())}
        traits = {trait for uuid in inventories for trait in fleet.traits.get(uuid, ())} & mentioned
        said = demands.get(host.name, NOTHING)
        _fill(scene, host, inventories, trees, said)
        units = _units(inventories, limited)
        kind = Kind(host.zone, host.cell, frozenset(traits), said, units)
        host.kind = kinds.setdefault(kind, len(kinds))
    scene.kinds = list(kinds)
    return trees


def _fill(scene: Scene, host: Host, inventories: Mapping[str, Inventories], trees: Trees, said: Demands) -> None:
    """The free amounts of an empty host, the first provider of a class in its common slot and others behind."""
    common = {name: slot for slot, name in enumerate(scene.classes)}
    host.free = [0] * len(common)
    seen: set[int] = set()
    for uuid, classes in inventories.items():
        for name, inventory in classes.items():
            slot = common[name]
            room = capacity(inventory)
            scene.capacity[slot] += max(0, room)
            if slot in seen:
                host.free.append(room)
                host.spread[slot] = (*host.spread.get(slot, (slot,)), len(host.free) - 1)
                trees.slots[uuid, name] = len(host.free) - 1
            else:
                host.free[slot] = room
                seen.add(slot)
    if SERVERS in common:
        host.free[common[SERVERS]] = NO_LIMIT if said.most_servers is None else said.most_servers
        scene.capacity[common[SERVERS]] = NO_LIMIT


def _units(inventories: Mapping[str, Inventories], limited: bool) -> tuple[tuple[str, tuple[Units, ...]], ...]:
    found: dict[str, list[Units]] = defaultdict(list)
    for classes in inventories.values():
        for name, inventory in classes.items():
            most = inventory.get("max_unit") or NO_LIMIT
            found[name].append((inventory.get("min_unit") or 1, most, inventory.get("step_size") or 1))
    if limited:
        found[SERVERS].append((1, NO_LIMIT, 1))
    return tuple((name, tuple(sorted(units))) for name, units in sorted(found.items()))


def refuse_without_inventories(scene: Scene, fleet: Fleet) -> None:
    """Nothing can be said about room when nobody has asked for it."""
    if any(host.drains for host in scene.hosts) and not fleet.inventories and fleet.servers:
        draining = sum(host.drains for host in scene.hosts)
        raise InvalidInput(
            f"The fleet has no inventories, so where the servers of {count(draining, 'host')} could go cannot be planned.",
            "Give include: [allocations, inventories, traits] to stackroll.nova.fleet_info.",
        )


def names_of(hosts: Iterable[Host]) -> str:
    """The first few names."""
    return some(host.name for host in hosts)
