# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The resource provider tree of one host, with all that its consumers hold anywhere, as read in one pass."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.model.records import Record

# placement.db.constants.MAX_INT: the most that any number of an inventory can be, and the default of max_unit.
MAX_INT = 0x7FFFFFFF

# Provider UUID: resource class: amount. All that one consumer holds; amounts are at least 1.
Holdings = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class Inventory(Record):
    """What a provider offers of one resource class; the defaults are Placement's."""

    total: int
    reserved: int = 0
    min_unit: int = 1
    max_unit: int = MAX_INT
    step_size: int = 1
    allocation_ratio: float = 1.0


@dataclass(frozen=True)
class ProviderData(Record):
    """One provider of a tree, named as in nova.compute.provider_tree; one without a generation is still to be created."""

    uuid: str
    name: str
    generation: int | None
    parent_uuid: str | None
    inventories: Mapping[str, Inventory] = field(default_factory=dict)
    traits: tuple[str, ...] = ()
    aggregates: tuple[str, ...] = ()

    @classmethod
    def read_field(cls, name: str, value: Any) -> Any:
        """Inventories are records of their own."""
        if name == "inventories":
            return {resource_class: Inventory.from_dict(item) for resource_class, item in value.items()}
        return super().read_field(name, value)


@dataclass(frozen=True)
class Consumer(Record):
    """Somebody who holds something on the tree: a server or a migration.

    *allocations* are complete, those outside the tree included: a reshape replaces all of them. *name* is only for people, and so is
    *type*, which is never written: Placement refuses the ``unknown`` that it tells.
    """

    uuid: str
    generation: int | None
    project_id: str
    user_id: str
    allocations: Holdings
    name: str = ""
    type: str = "unknown"

    @property
    def label(self) -> str:
        """The consumer as people know it."""
        return f"{self.name} ({self.uuid})" if self.name else self.uuid


@dataclass(frozen=True)
class ProviderTree(Record):
    """The providers of one host, parents before children, and the consumers that hold something on any of them."""

    root_uuid: str
    providers: tuple[ProviderData, ...]
    consumers: tuple[Consumer, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what is no tree: a missing root, doubled UUIDs or names, a parent that does not come first."""
        seen: set[str | None] = {None}
        for provider in self.providers:
            first = not seen - {None}
            if provider.uuid in seen or provider.parent_uuid not in seen or first != (provider.parent_uuid is None):
                raise InvalidInput(f"The provider {provider.name} has no place in its tree.", "Take a new snapshot.")
            seen.add(provider.uuid)
        if not self.providers or self.providers[0].uuid != self.root_uuid:
            raise InvalidInput(f"The tree {self.root_uuid} does not begin with its root.", "Take a new snapshot.")
        if len({provider.name for provider in self.providers}) < len(self.providers):
            raise InvalidInput(f"Two providers of {self.root.name} have the same name.", "Take a new snapshot.")

    @classmethod
    def read_field(cls, name: str, value: Any) -> Any:
        """Lists of records by the name of the field."""
        if name == "providers":
            return in_order([ProviderData.from_dict(item) for item in value])
        if name == "consumers":
            return tuple(Consumer.from_dict(item) for item in value)
        return super().read_field(name, value)

    @property
    def root(self) -> ProviderData:
        """The provider that bears the name of the compute node."""
        return self.providers[0]

    @property
    def by_uuid(self) -> dict[str, ProviderData]:
        """The providers by UUID."""
        return {provider.uuid: provider for provider in self.providers}

    @property
    def by_name(self) -> dict[str, ProviderData]:
        """The providers by name."""
        return {provider.name: provider for provider in self.providers}

    def used(self) -> dict[tuple[str, str], int]:
        """What is allocated, by provider UUID and resource class."""
        found: dict[tuple[str, str], int] = {}
        uuids = {provider.uuid for provider in self.providers}
        for consumer in self.consumers:
            for uuid, name, amount in shares(consumer.allocations):
                if uuid in uuids:
                    found[uuid, name] = found.get((uuid, name), 0) + amount
        return found

    def with_holdings(self, holdings: Mapping[str, Holdings]) -> ProviderTree:
        """The tree with these consumers, by UUID, holding something else."""
        return replace(
            self,
            consumers=tuple(
                replace(item, allocations=holdings[item.uuid]) if item.uuid in holdings else item
                for item in self.consumers
            ),
        )


def shares(holdings: Holdings) -> Iterator[tuple[str, str, int]]:
    """Provider UUID, resource class and amount of everything held."""
    for uuid, resources in holdings.items():
        for name, amount in resources.items():
            yield uuid, name, amount


def sums(holdings: Holdings) -> dict[str, int]:
    """What is held of each resource class on all providers together."""
    found: dict[str, int] = {}
    for _uuid, name, amount in shares(holdings):
        found[name] = found.get(name, 0) + amount
    return found


def in_order(providers: list[ProviderData]) -> tuple[ProviderData, ...]:
    """Parents before their children, otherwise by name; what hangs on nothing comes last, for the tree to refuse."""
    children: dict[str | None, list[ProviderData]] = {}
    for provider in sorted(providers, key=lambda item: item.name, reverse=True):
        children.setdefault(provider.parent_uuid, []).append(provider)
    found: list[ProviderData] = []
    left = children.pop(None, [])
    while left:
        provider = left.pop()
        found.append(provider)
        left.extend(children.pop(provider.uuid, []))
    return (*found, *(item for items in children.values() for item in items))
