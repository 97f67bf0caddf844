# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One compute host as its nova-compute will find it when it starts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from ansible_collections.stackroll.nova.plugins.module_utils.model.database_rows import PciDevices
from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import (
    Consumer,
    ProviderData,
    ProviderTree,
)
from ansible_collections.stackroll.nova.plugins.module_utils.model.server import Migration, Server
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.at_start.options import HostOptions

# Those whose allocations on the source nova-compute removes before it looks at providers (ComputeManager._destroy_evacuated_instances).
_EVACUATED = ("accepted", "pre-migrating", "done")


@dataclass(frozen=True)
class Known:
    """What is known of one host besides its providers; None is not known.

    *vgpus*: by UUID of a server, how many mediated devices libvirt has for it. *pci*: what its cell has in pci_devices.
    """

    options: HostOptions | None = None
    vgpus: Mapping[str, int] | None = None
    pci: PciDevices | None = None


@dataclass(frozen=True)
class People:
    """Servers and migrations of the cloud, by UUID.

    *complete*: whether all are there. *pinned*: the servers with dedicated CPUs, by flavor or image; None where only flavors tell.
    """

    servers: Mapping[str, Server] = field(default_factory=dict)
    migrations: Mapping[str, Migration] = field(default_factory=dict)
    complete: bool = False
    pinned: Collection[str] | None = None

    def is_pinned(self, server_id: str) -> bool | None:
        """Whether the server has dedicated CPUs; None where its image may say so."""
        if self.pinned is not None:
            return server_id in self.pinned
        server = self.servers.get(server_id)
        policy = server.flavor.extra_specs.get("hw:cpu_policy") if server else None
        return None if policy is None else policy == "dedicated"

    def name_of(self, consumer_id: str) -> str:
        """A consumer for people; empty where nobody knows it."""
        if consumer_id in self.servers:
            return self.servers[consumer_id].name
        migration = self.migrations.get(consumer_id)
        if migration is None:
            return ""
        server = self.servers.get(migration.server_id)
        return f"{migration.type} of {server.name if server else migration.server_id}"


class Host:
    """*providers* are those of its tree, the root first; *names* all that Nova may call it. Consumers are read only for who asks."""

    def __init__(
        self,
        providers: tuple[ProviderData, ...],
        read_consumers: Callable[[], Iterable[Consumer]],
        people: People,
        known: Known,
        names: Collection[str],
    ) -> None:
        self.providers = providers
        self.people = people
        self.known = known
        self.names = names
        self._read_consumers = read_consumers

    @property
    def root(self) -> ProviderData:
        """The provider of the compute node."""
        return self.providers[0]

    @property
    def name(self) -> str:
        """The compute node's name."""
        return self.root.name

    @property
    def options(self) -> HostOptions | None:
        """What its files say."""
        return self.known.options

    @cached_property
    def tree(self) -> ProviderTree:
        """Its providers and consumers, without the servers that were evacuated from it: their allocations go before the reshape."""
        gone = {
            item.server_id
            for item in self.people.migrations.values()
            if item.type == "evacuation" and item.status in _EVACUATED and item.source_node == self.name
        }
        staying = tuple(self._named(item) for item in self._read_consumers() if item.uuid not in gone)
        return ProviderTree(self.root.uuid, self.providers, staying)

    def _named(self, consumer: Consumer) -> Consumer:
        return consumer if consumer.name else replace(consumer, name=self.people.name_of(consumer.uuid))

    def holders(self, resource_class: str) -> list[Consumer]:
        """Who holds something of the class on the root."""
        return [
            item for item in self.tree.consumers if item.allocations.get(self.root.uuid, {}).get(resource_class, 0) > 0
        ]

    def strays(self, resource_class: str) -> list[Consumer]:
        """Who of the host's consumers holds something of the class anywhere else, on this host or another."""
        return [
            item
            for item in self.tree.consumers
            if any(amounts.get(resource_class) for uuid, amounts in item.allocations.items() if uuid != self.root.uuid)
        ]

    def holds(self, consumer: Consumer, resource_class: str) -> int:
        """How much of the class the consumer holds on the root."""
        return consumer.allocations.get(self.root.uuid, {}).get(resource_class, 0)

    def is_here(self, consumer: Consumer) -> bool | None:
        """Whether the consumer is a server of this host; None where that is not known."""
        server = self.people.servers.get(consumer.uuid)
        if server is None:
            return False if self.people.complete or consumer.uuid in self.people.migrations else None
        return server.node == self.name or server.host in self.names
