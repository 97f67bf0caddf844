# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet: everything about a cloud's compute side that checks, plans and proofs look at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.model.records import Record
from ansible_collections.stackroll.nova.plugins.module_utils.model.server import Migration, Server, ServerGroup

SCHEMA = "stackroll.nova/fleet/1"
COMPUTE_CLASSES = frozenset(("VCPU", "PCPU", "MEMORY_MB"))


@dataclass(frozen=True)
class Service(Record):
    """One Nova service; status is enabled, disabled, or UNKNOWN when its cell does not answer."""

    id: str | None
    binary: str
    host: str
    zone: str | None
    status: str
    state: str | None
    forced_down: bool
    disabled_reason: str | None
    updated_at: str | None
    # Known only to who reads the databases.
    cell: str | None = None
    version: int | None = None

    @property
    def is_up(self) -> bool:
        """Whether Nova has heard from the service lately."""
        return self.state == "up"


@dataclass(frozen=True)
class Aggregate(Record):
    """A host aggregate; with a zone it is an availability zone."""

    id: int
    name: str
    zone: str | None
    hosts: tuple[str, ...]
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Provider(Record):
    """A resource provider; a host is the tree below the provider that has no parent."""

    uuid: str
    name: str
    generation: int
    parent_uuid: str | None
    root_uuid: str


@dataclass(frozen=True)
class Node(Record):
    """A compute node, whose resource provider has its UUID and its name."""

    uuid: str
    name: str


@dataclass(frozen=True)
class Allocation(Record):
    """What one consumer holds on one provider."""

    consumer_id: str
    provider_uuid: str
    resources: Mapping[str, int]


@dataclass(frozen=True)
class Unknown(Record):
    """Something that did not answer: never taken for fine."""

    what: str
    error: str


@dataclass(frozen=True)
class Fleet(Record):
    """A snapshot of the whole cloud."""

    taken_at: str
    services: tuple[Service, ...] = ()
    servers: tuple[Server, ...] = ()
    migrations: tuple[Migration, ...] = ()
    server_groups: tuple[ServerGroup, ...] = ()
    aggregates: tuple[Aggregate, ...] = ()
    providers: tuple[Provider, ...] = ()
    allocations: tuple[Allocation, ...] = ()
    inventories: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    traits: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unknown: tuple[Unknown, ...] = ()
    # Read only where the names of services do not tell which provider is whose.
    nodes: tuple[Node, ...] | None = None
    schema: str = SCHEMA

    @classmethod
    def read_field(cls, name: str, value: Any) -> Any:
        """Lists of records by the name of the field."""
        kind = RECORDS.get(name)
        if kind is not None and value is not None:
            return tuple(kind.from_dict(item) for item in value)
        if name == "traits":
            return {uuid: tuple(names) for uuid, names in value.items()}
        return super().read_field(name, value)

    @classmethod
    def load(cls, data: Mapping[str, Any]) -> Fleet:
        """Read a fleet somebody hands in; anything else is refused in one sentence."""
        if data.get("schema") != SCHEMA:
            raise InvalidInput(
                f"This is not a fleet of schema {SCHEMA} (its schema is {data.get('schema')!r}).",
                "Hand in the value fleet of stackroll.nova.fleet_info.",
            )
        return cls.from_dict(data)

    def with_records(self, records: Iterable[Mapping[str, Any]]) -> Fleet:
        """The fleet with cells and versions of its services, from records of all cells with binary, host, cell and version."""
        known = {(item.get("binary"), item.get("host")): item for item in records}
        services = []
        for service in self.services:
            found = known.get((service.binary, service.host), {})
            fresh = {name: found[name] for name in ("cell", "version") if found.get(name) is not None}
            services.append(replace(service, **fresh))
        return replace(self, services=tuple(services))

    @property
    def compute_services(self) -> tuple[Service, ...]:
        """The nova-compute services."""
        return tuple(service for service in self.services if service.binary == "nova-compute")

    @property
    def compute_roots(self) -> tuple[Provider, ...]:
        """The roots of the trees that offer CPUs or memory."""
        offering = {uuid for uuid, inventory in self.inventories.items() if not COMPUTE_CLASSES.isdisjoint(inventory)}
        roots = {provider.root_uuid for provider in self.providers if provider.uuid in offering}
        return tuple(provider for provider in self.providers if provider.uuid in roots)

    @property
    def names_match(self) -> bool:
        """Whether every compute service has a provider of its name, and every provider of a host a service."""
        hosts = {service.host for service in self.compute_services}
        roots = {provider.name for provider in self.providers if provider.parent_uuid is None}
        return hosts <= roots and {provider.name for provider in self.compute_roots} <= hosts


RECORDS: Mapping[str, type[Record]] = {
    "services": Service,
    "servers": Server,
    "migrations": Migration,
    "server_groups": ServerGroup,
    "aggregates": Aggregate,
    "providers": Provider,
    "allocations": Allocation,
    "unknown": Unknown,
    "nodes": Node,
}
