# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One reshape of one host as data: what to create first, one body for POST /reshaper, what to set and to delete afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import (
    Consumer,
    Holdings,
    ProviderData,
    ProviderTree,
    shares,
)
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.invariant import Declared

Json = dict[str, Any]


@dataclass(frozen=True)
class Reshape:
    """From one tree to another; *before* and *after* hold the same consumers in the same order.

    *new_classes* and *new_traits* are to be created before anything else, in this order then: providers (parents first), their traits
    and aggregates, the reshape, other traits and aggregates, deletions (children first).
    """

    before: ProviderTree
    after: ProviderTree
    allowed: Declared
    new_classes: tuple[str, ...] = ()
    new_traits: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.creates or self.reshapes or self.sets or self.deletes)

    @property
    def creates(self) -> tuple[ProviderData, ...]:
        """Providers to be created, parents first, each with the traits and aggregates to be set before the reshape."""
        there = self.before.by_uuid
        return tuple(item for item in self.after.providers if item.uuid not in there)

    @property
    def deletes(self) -> tuple[ProviderData, ...]:
        """Providers to be deleted after the reshape, children first; it has emptied them."""
        stays = self.after.by_uuid
        return tuple(item for item in reversed(self.before.providers) if item.uuid not in stays)

    @property
    def sets(self) -> tuple[ProviderData, ...]:
        """Providers whose traits or aggregates are to be set after the reshape, with the wanted ones."""
        there = self.before.by_uuid
        return tuple(
            item for item in self.after.providers if item.uuid in there and _marks(there[item.uuid]) != _marks(item)
        )

    @property
    def reshapes(self) -> bool:
        """Whether inventories or allocations change; if not, there is nothing to send to the reshaper."""
        return _inventories(self.before) != _inventories(self.after) or bool(self.movers)

    @property
    def classes(self) -> frozenset[str]:
        """The resource classes that the reshape is about: those whose inventories or allocations change."""
        old, new = _inventories(self.before), _inventories(self.after)
        names = {pair[1] for pair in old.keys() | new.keys() if old.get(pair) != new.get(pair)}
        names.update(item["resource_class"] for item in self.moves())
        return frozenset(names.union(*self.allowed.counts_with.items(), self.allowed.totals))

    @property
    def movers(self) -> tuple[Consumer, ...]:
        """The consumers whose allocations change, as they are afterwards."""
        before = {item.uuid: item for item in self.before.consumers}
        return tuple(item for item in self.after.consumers if not same(item.allocations, before[item.uuid].allocations))

    def body(self, generations: Mapping[str, int]) -> Json:
        """The body of POST /reshaper from microversion 1.30 to 1.37, which know no consumer_type.

        All providers of the host are in it, changed or not: their generations, read in the same pass, are the proof that nobody has
        come or gone since. *generations* are those of the created providers, read after their traits and aggregates were set.
        """
        known = {item.uuid: item.generation for item in self.before.providers}
        wanted = {item.uuid: item.inventories for item in (*self.before.providers, *self.after.providers)}
        wanted.update({item.uuid: {} for item in self.deletes})
        return {
            "inventories": {
                uuid: {
                    "resource_provider_generation": known[uuid] if uuid in known else generations[uuid],
                    "inventories": {name: item.to_dict() for name, item in sorted(inventories.items())},
                }
                for uuid, inventories in wanted.items()
            },
            "allocations": {consumer.uuid: _allocations(consumer) for consumer in self.movers},
        }

    def moves(self) -> Iterator[Json]:
        """For people: by consumer and provider, what is held before and after, where that differs."""
        names = {item.uuid: item.name for item in (*self.before.providers, *self.after.providers)}
        before = {item.uuid: item.allocations for item in self.before.consumers}
        for consumer in self.movers:
            old = {(uuid, name): amount for uuid, name, amount in shares(before[consumer.uuid])}
            new = {(uuid, name): amount for uuid, name, amount in shares(consumer.allocations)}
            for uuid, name in sorted(old.keys() | new.keys()):
                was, becomes = old.get((uuid, name), 0), new.get((uuid, name), 0)
                if was != becomes:
                    yield {
                        "consumer": consumer.uuid,
                        "name": consumer.name,
                        "provider": names.get(uuid, uuid),
                        "resource_class": name,
                        "before": was,
                        "after": becomes,
                    }


def same(one: Holdings, other: Holdings) -> bool:
    """Whether the same is held of the same providers."""
    return sorted(shares(one)) == sorted(shares(other))


def _allocations(consumer: Consumer) -> Json:
    """All that a consumer holds anywhere; its project and user are written anew, so they are the ones it has."""
    return {
        "allocations": {
            uuid: {"resources": dict(amounts)} for uuid, amounts in sorted(consumer.allocations.items()) if amounts
        },
        "project_id": consumer.project_id,
        "user_id": consumer.user_id,
        "consumer_generation": consumer.generation,
    }


def _inventories(tree: ProviderTree) -> dict[tuple[str, str], Any]:
    return {(item.uuid, name): found for item in tree.providers for name, found in item.inventories.items()}


def _marks(provider: ProviderData) -> tuple[frozenset[str], frozenset[str]]:
    return frozenset(provider.traits), frozenset(provider.aggregates)
