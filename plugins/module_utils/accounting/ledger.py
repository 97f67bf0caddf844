# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The allocations of a fleet, ordered for questions: who holds what on which tree."""

from __future__ import annotations

from collections import defaultdict

from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Fleet


class Ledger:
    """Trees are named by the UUID of their root."""

    def __init__(self, fleet: Fleet) -> None:
        self._root = {provider.uuid: provider.root_uuid for provider in fleet.providers}
        self._name = {provider.uuid: provider.name for provider in fleet.providers}
        self._by_name = {item.name: item.uuid for item in fleet.providers if item.parent_uuid is None}
        self._compute = self._find_compute_trees(fleet)
        self._held: dict[str, dict[str, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
        for item in fleet.allocations:
            tree = self._held[item.consumer_id][self.root_of(item.provider_uuid)]
            for name, amount in item.resources.items():
                tree[name] = tree.get(name, 0) + amount

    def _find_compute_trees(self, fleet: Fleet) -> frozenset[str]:
        """Trees of hosts, in contrast to shared storage and to what other services keep in Placement."""
        found = {provider.uuid for provider in fleet.compute_roots}
        hosts = {server.node for server in fleet.servers} | {service.host for service in fleet.compute_services}
        return frozenset(found | {uuid for name, uuid in self._by_name.items() if name in hosts})

    def consumers(self) -> list[str]:
        """Everybody who holds something on a host."""
        return sorted(consumer for consumer in self._held if self.hosts_of(consumer))

    def hosts_of(self, consumer: str) -> set[str]:
        """The host trees on which a consumer holds something."""
        return {tree for tree in self._held.get(consumer, ()) if tree in self._compute}

    def is_on_host(self, provider: str) -> bool:
        """Whether a provider belongs to a host, in contrast to shared storage."""
        return self.root_of(provider) in self._compute

    def tree_of(self, node: str | None) -> str | None:
        """The tree of a compute node."""
        return self._by_name.get(node) if node else None

    def root_of(self, provider: str) -> str:
        """The tree to which a provider belongs."""
        return self._root.get(provider, provider)

    def name_of(self, provider: str) -> str:
        """The name of a provider; for a tree, that of its root."""
        return self._name.get(provider, provider)

    def held_on(self, consumer: str, tree: str) -> dict[str, int]:
        """What a consumer holds on one host tree, together with what it holds outside all hosts (shared storage)."""
        total: dict[str, int] = {}
        for other, resources in self._held.get(consumer, {}).items():
            if other == tree or other not in self._compute:
                for name, amount in resources.items():
                    total[name] = total.get(name, 0) + amount
        return total

    def entries(self, consumer: str) -> list[dict[str, object]]:
        """All a consumer holds, for people to read."""
        held = self._held.get(consumer, {})
        return [{"provider": self.name_of(tree), "resources": dict(held[tree])} for tree in sorted(held)]
