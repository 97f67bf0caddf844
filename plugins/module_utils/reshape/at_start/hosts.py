# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The compute hosts of a fleet, or of provider trees, as their nova-compute will find them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial

from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Fleet
from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import (
    Consumer,
    Inventory,
    ProviderData,
    ProviderTree,
    in_order,
)
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import natural
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.at_start import sharing
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.at_start.encrypted_memory import CONTEXT
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.at_start.host import Host, Known, People
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.at_start.vgpu import VGPU


@dataclass(frozen=True)
class Hosts:
    """The providers of each tree, the root first, and who tells its consumers; *sharers* tells what else they share."""

    trees: tuple[tuple[tuple[ProviderData, ...], Callable[[], Iterable[Consumer]]], ...]
    people: People
    sharers: sharing.Sharers

    def hosts(self, known: Mapping[str, Known], names: Mapping[str, str]) -> Iterator[Host]:
        """Every host with what is known of it. *names*: by UUID of the root, what Nova calls the host."""
        by_node: dict[str, set[str]] = defaultdict(set)
        for server in self.people.servers.values():
            if server.node and server.host:
                by_node[server.node].add(server.host)
        for providers, consumers in self.trees:
            root = providers[0]
            called = [root.name, *([names[root.uuid]] if root.uuid in names else []), *sorted(by_node[root.name])]
            found = next((known[name] for name in called if name in known), Known())
            yield Host(providers, consumers, self.people, found, called)


def of_trees(trees: Iterable[ProviderTree], people: People) -> Hosts:
    """Trees as they were read."""
    found = tuple(trees)
    read = tuple((tree.providers, partial(_same, tree.consumers)) for tree in found)
    return Hosts(read, people, sharing.among(found))


def of_fleet(fleet: Fleet, people: People) -> Hosts:
    """The compute hosts of a fleet: what offers CPUs or memory, or has on its root what a reshape would take."""
    wanted = {item.uuid for item in fleet.compute_roots if item.parent_uuid is None}
    wanted |= {uuid for uuid, found in fleet.inventories.items() if VGPU in found or CONTEXT in found}
    providers: dict[str, list[ProviderData]] = defaultdict(list)
    for item in fleet.providers:
        inventories = {name: Inventory.from_dict(data) for name, data in fleet.inventories.get(item.uuid, {}).items()}
        traits = tuple(fleet.traits.get(item.uuid, ()))
        providers[item.root_uuid].append(
            ProviderData(item.uuid, item.name, item.generation, item.parent_uuid, inventories, traits)
        )
    trees = sorted((in_order(found) for root, found in providers.items() if root in wanted), key=_name)
    holdings = _Holdings(fleet)
    read = tuple((tree, partial(holdings.of, [item.uuid for item in tree])) for tree in trees)
    return Hosts(read, people, sharing.in_fleet(fleet))


def people_of(fleet: Fleet, pinned: Collection[str] | None = None) -> People:
    """A fleet's servers and migrations; some are missing where a part of the cloud did not answer."""
    return People(
        {item.id: item for item in fleet.servers},
        {item.uuid: item for item in fleet.migrations},
        not fleet.unknown,
        pinned,
    )


class _Holdings:
    """Who holds what, put in order at the first question."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet

    @cached_property
    def _by_consumer(self) -> dict[str, dict[str, Mapping[str, int]]]:
        found: dict[str, dict[str, Mapping[str, int]]] = defaultdict(dict)
        for item in self._fleet.allocations:
            found[item.consumer_id][item.provider_uuid] = item.resources
        return found

    @cached_property
    def _by_provider(self) -> dict[str, dict[str, None]]:
        found: dict[str, dict[str, None]] = defaultdict(dict)
        for item in self._fleet.allocations:
            found[item.provider_uuid][item.consumer_id] = None
        return found

    def of(self, providers: Iterable[str]) -> list[Consumer]:
        """All that the consumers of these providers hold anywhere. Of owners and generations a fleet knows nothing."""
        consumers = dict.fromkeys(uuid for provider in providers for uuid in self._by_provider.get(provider, ()))
        return [Consumer(uuid, None, "", "", self._by_consumer[uuid]) for uuid in consumers]


def _name(tree: tuple[ProviderData, ...]) -> list[tuple[int, int, str]]:
    return natural(tree[0].name)


def _same(consumers: Iterable[Consumer]) -> Iterable[Consumer]:
    return consumers
