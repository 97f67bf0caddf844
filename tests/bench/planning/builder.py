# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Put a fleet together, host by host and server by server; thrifty, since there may be 100,000 servers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import (
    Aggregate,
    Allocation,
    Fleet,
    Provider,
    Service,
)
from ansible_collections.stackroll.nova.plugins.module_utils.model.server import Server, ServerGroup
from ansible_collections.stackroll.nova.tests.bench.planning.hardware import NOTHING, FlavorKind, HostKind

TAKEN_AT = "2026-11-22T12:00:00Z"
POWER = {"active": "running", "paused": "paused", "stopped": "shutdown", "error": "nostate"}
STATUS = {"active": "ACTIVE", "paused": "PAUSED", "stopped": "SHUTOFF", "error": "ERROR"}
PROJECTS = tuple(f"{number:032x}" for number in range(1, 9))
IMAGE = "1a6e0000-0000-4000-8000-000000000001"


@dataclass
class Host:
    """A host under construction, and what is free on it by class."""

    name: str
    uuid: str
    zone: str
    kind: HostKind
    enabled: bool
    free: dict[str, int]
    aggregates: set[str] = field(default_factory=set)

    def has_room(self, resources: Mapping[str, int]) -> bool:
        """Whether that many units of every class can be had."""
        return all(amount <= self.free.get(name, 0) for name, amount in resources.items()) and all(
            amount <= self.kind.inventory[name]["max_unit"] for name, amount in resources.items()
        )


class Builder:
    """Collects hosts, servers, groups and aggregates; build() hands the fleet over."""

    def __init__(self) -> None:
        self.hosts: dict[str, Host] = {}
        self.servers: list[Server] = []
        self._allocations: list[Allocation] = []
        self._groups: list[ServerGroup] = []
        self._aggregates: dict[str, tuple[str | None, Mapping[str, str], list[str]]] = {}

    def add_host(self, kind: HostKind, zone: str = "zone1", enabled: bool = True, name: str = "") -> Host:
        """Add an empty host."""
        number = len(self.hosts) + 1
        free = {
            cls: int((item["total"] - item["reserved"]) * item["allocation_ratio"])
            for cls, item in kind.inventory.items()
        }
        uuid = f"c0de0000-0000-4000-8000-{number:012}"
        host = Host(name or f"cmp{number:04}", uuid, zone, kind, enabled, free)
        self.hosts[host.name] = host
        self.add_to_aggregate(host, zone, zone)
        return host

    def add_to_aggregate(
        self, host: Host, name: str, zone: str | None = None, metadata: Mapping[str, str] = NOTHING
    ) -> None:
        """Put a host into an aggregate, which is made when it is new."""
        self._aggregates.setdefault(name, (zone, metadata, []))[2].append(host.name)
        host.aggregates.add(name)

    def add_server(self, host: Host, kind: FlavorKind, state: str = "active", project: str = PROJECTS[0]) -> Server:
        """Add a server with what it holds; the caller has asked for room."""
        number = len(self.servers) + 1
        server = Server(
            id=f"5e44e400-0000-4000-8000-{number:012}",
            name=f"s{number}",
            project_id=project,
            status=STATUS[state],
            vm_state=state,
            task_state=None,
            power_state=POWER[state],
            host=host.name,
            node=host.name,
            zone=host.zone,
            locked=False,
            image_id=IMAGE,
            created=TAKEN_AT,
            flavor=kind.flavor,
        )
        self.servers.append(server)
        self._allocations.append(Allocation(server.id, host.uuid, kind.resources))
        for name, amount in kind.resources.items():
            host.free[name] -= amount
        return server

    def add_group(self, policy: str, members: Sequence[Server]) -> ServerGroup:
        """Add a server group."""
        number = len(self._groups) + 1
        group = ServerGroup(
            f"96000000-0000-4000-8000-{number:012}", f"g{number}", policy, tuple(server.id for server in members)
        )
        self._groups.append(group)
        return group

    def servers_by_host(self) -> dict[str, list[Server]]:
        """The servers of every host that has some."""
        found: dict[str, list[Server]] = defaultdict(list)
        for server in self.servers:
            found[str(server.host)].append(server)
        return found

    def build(self) -> Fleet:
        """The fleet."""
        hosts = self.hosts.values()
        return Fleet(
            taken_at=TAKEN_AT,
            services=tuple(_service(host) for host in hosts),
            servers=tuple(self.servers),
            server_groups=tuple(self._groups),
            aggregates=tuple(
                Aggregate(number, name, zone, tuple(members), dict(metadata))
                for number, (name, (zone, metadata, members)) in enumerate(self._aggregates.items(), 1)
            ),
            providers=tuple(Provider(host.uuid, host.name, 1, None, host.uuid) for host in hosts),
            allocations=tuple(self._allocations),
            inventories={host.uuid: host.kind.inventory for host in hosts},
            traits={host.uuid: host.kind.traits for host in hosts},
        )


def _service(host: Host) -> Service:
    return Service(
        id=host.uuid.replace("c0de", "5e4c"),
        binary="nova-compute",
        host=host.name,
        zone=host.zone,
        status="enabled" if host.enabled else "disabled",
        state="up",
        forced_down=False,
        disabled_reason=None if host.enabled else "broken fan",
        updated_at=TAKEN_AT,
    )
