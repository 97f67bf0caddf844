# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts and servers of a fleet as numbers: who needs what, who offers what, who is where.

Everything that judges plans stands on this, and nothing of it comes from the planner. A class of resources is offered once per
host, by the root provider or by one below it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Fleet
from ansible_collections.stackroll.nova.plugins.module_utils.model.server import Server

AGGREGATE_SPEC = "aggregate_instance_extra_specs:"
GONE = ("shelved_offloaded", "deleted")


@dataclass(frozen=True)
class Demand:
    """What a server asks of a host: units by class, traits, properties of aggregates, a zone, a tenant's hosts."""

    resources: tuple[tuple[str, int], ...]
    required: frozenset[str]
    forbidden: frozenset[str]
    properties: tuple[tuple[str, str], ...]
    zone: str | None
    project: str
    flavor: str


@dataclass(frozen=True)
class Offer:
    """One class of resources on a host: units that can be given out in all, and at once."""

    capacity: int
    least: int
    most: int
    step: int

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> Offer:
        """From an inventory as Placement shows it."""
        capacity = int((item["total"] - item.get("reserved", 0)) * item.get("allocation_ratio", 1.0))
        return cls(capacity, item.get("min_unit", 1), item.get("max_unit", item["total"]), item.get("step_size", 1))

    def gives(self, amount: int) -> bool:
        """Whether so many units can be had at once."""
        return self.least <= amount <= self.most and amount % self.step == 0


@dataclass(frozen=True)
class Site:
    """A host as the scheduler sees it."""

    name: str
    zone: str | None
    receives: bool
    offers: Mapping[str, Offer]
    traits: frozenset[str]
    aggregates: tuple[Mapping[str, str], ...]

    def objection(self, demand: Demand) -> str:
        """Why a server can never be here, even if nobody else were; empty when it can."""
        if demand.zone is not None and demand.zone != self.zone:
            return f"it is in zone {self.zone} and not in {demand.zone}"
        missing, unwanted = demand.required - self.traits, demand.forbidden & self.traits
        if missing or unwanted:
            return f"its traits do not fit: {', '.join(sorted(missing | unwanted))}"
        for name, amount in demand.resources:
            offer = self.offers.get(name)
            if offer is None or not offer.gives(amount):
                return f"it does not give out {amount} of {name} at once"
        return self._objection_of_aggregates(demand)

    def _objection_of_aggregates(self, demand: Demand) -> str:
        for name, value in demand.properties:
            if value not in {item.get(name) for item in self.aggregates}:
                return f"none of its aggregates has {name}={value}"
        for key, own in (("filter_tenant_id", demand.project), ("instance_type", demand.flavor)):
            kept_for = {word.strip() for item in self.aggregates for word in item.get(key, "").split(",")} - {""}
            if kept_for and own not in kept_for:
                return f"its aggregates keep it for others ({key})"
        return ""


Used = dict[str, dict[str, int]]


class Estate:
    """A fleet in numbers. *places* and *used* are the start; who plays a plan takes copies.

    Whether a zone was asked for is not to be learned from the APIs of 2.95, so servers stay in theirs (*keep_zones*).
    """

    def __init__(self, fleet: Fleet, keep_zones: bool = True) -> None:
        roots = {item.root_uuid: item.name for item in fleet.providers if item.parent_uuid is None}
        host_of = {item.uuid: roots[item.root_uuid] for item in fleet.providers if item.root_uuid in roots}
        self.sites = {site.name: site for site in _sites(fleet, host_of)}
        self.servers = {item.id: item for item in fleet.servers if item.host and item.vm_state not in GONE}
        self.places = {key: str(item.host) for key, item in self.servers.items()}
        self.groups = fleet.server_groups
        self.used: Used = {name: dict.fromkeys(site.offers, 0) for name, site in self.sites.items()}
        held: dict[str, dict[str, int]] = {}
        for item in fleet.allocations:
            host = host_of.get(item.provider_uuid)
            if host is None:
                continue
            _add(self.used[host], item.resources.items())
            if self.places.get(item.consumer_id) == host:
                _add(held.setdefault(item.consumer_id, {}), item.resources.items())
        known: dict[Demand, Demand] = {}
        made = (
            (key, _demand(item, held.get(key, {}), self.sites[str(item.host)].zone if keep_zones else None))
            for key, item in self.servers.items()
        )
        self.demands = {key: known.setdefault(demand, demand) for key, demand in made}
        self._legal: dict[Demand, frozenset[str]] = {}

    def legal(self, demand: Demand) -> frozenset[str]:
        """The hosts where such a server may ever go: enabled, and without objection."""
        if demand not in self._legal:
            self._legal[demand] = frozenset(
                name for name, site in self.sites.items() if site.receives and not site.objection(demand)
            )
        return self._legal[demand]

    def on(self, host: str) -> list[str]:
        """The servers that are on a host at the start."""
        return [server for server, place in self.places.items() if place == host]

    def by_host(self) -> dict[str, list[str]]:
        """The servers of all hosts at the start."""
        found: dict[str, list[str]] = {name: [] for name in self.sites}
        for server, place in self.places.items():
            found[place].append(server)
        return found

    def copy_used(self) -> Used:
        """The units in use by host and class, to count on."""
        return {host: dict(classes) for host, classes in self.used.items()}

    def lacking(self, used: Used, demand: Demand, host: str) -> str:
        """Which class is short on a host now, by Placement's arithmetic; empty when there is room."""
        offers, now = self.sites[host].offers, used[host]
        for name, amount in demand.resources:
            offer = offers.get(name)
            if offer is None or now[name] + amount > offer.capacity:
                return name
        return ""


def take(used: Used, demand: Demand, host: str) -> None:
    """Count a server that comes to a host."""
    for name, amount in demand.resources:
        used[host][name] = used[host].get(name, 0) + amount


def give_back(used: Used, demand: Demand, host: str) -> None:
    """Count a server that has left a host."""
    for name, amount in demand.resources:
        used[host][name] -= amount


def _add(sums: dict[str, int], items: Iterable[tuple[str, int]]) -> None:
    for name, amount in items:
        sums[name] = sums.get(name, 0) + amount


def _sites(fleet: Fleet, host_of: Mapping[str, str]) -> Iterable[Site]:
    offers: dict[str, dict[str, Offer]] = {}
    traits: dict[str, set[str]] = {}
    for uuid, host in host_of.items():
        for name, item in fleet.inventories.get(uuid, {}).items():
            if name in offers.setdefault(host, {}):
                raise ValueError(f"{host} offers {name} twice: this bench does not count by parts of a host")
            offers[host][name] = Offer.of(item)
        traits.setdefault(host, set()).update(fleet.traits.get(uuid, ()))
    aggregates: dict[str, list[Mapping[str, str]]] = {}
    for aggregate in fleet.aggregates:
        for host in aggregate.hosts:
            aggregates.setdefault(host, []).append(aggregate.metadata)
    for service in fleet.services:
        if service.binary == "nova-compute":
            name = service.host
            yield Site(
                name,
                service.zone,
                service.status == "enabled" and service.state == "up" and not service.forced_down,
                offers.get(name, {}),
                frozenset(traits.get(name, ())),
                tuple(aggregates.get(name, ())),
            )


def _demand(server: Server, held: Mapping[str, int], zone: str | None) -> Demand:
    specs = server.flavor.extra_specs
    resources = held or {"VCPU": server.flavor.vcpus, "MEMORY_MB": server.flavor.ram_mib}
    wanted = {key.split(":", 1)[1]: value for key, value in specs.items() if key.startswith("trait:")}
    return Demand(
        tuple(sorted(resources.items())),
        frozenset(name for name, value in wanted.items() if value == "required"),
        frozenset(name for name, value in wanted.items() if value == "forbidden"),
        tuple(
            sorted(
                (key[len(AGGREGATE_SPEC) :], value) for key, value in specs.items() if key.startswith(AGGREGATE_SPEC)
            )
        ),
        zone,
        server.project_id,
        server.flavor.name,
    )
