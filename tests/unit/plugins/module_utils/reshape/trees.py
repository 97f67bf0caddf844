# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trees of one host for tests, and a Placement that reshapes them by its own rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import (
    Consumer,
    Inventory,
    ProviderData,
    ProviderTree,
    in_order,
)
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.layout import Layout
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.plan import plan
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.request import Reshape
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.vocabulary import Vocabulary

HOST = "cmp1"
VOCABULARY = Vocabulary(
    frozenset(
        (
            "VCPU",
            "PCPU",
            "MEMORY_MB",
            "DISK_GB",
            "VGPU",
            "MEM_ENCRYPTION_CONTEXT",
            "NET_BW",
            "NET_BW_EGR_KILOBIT_PER_SEC",
        )
    ),
    frozenset(("HW_NUMA_ROOT", "HW_CPU_X86_AMD_SEV", "COMPUTE_NODE")),
)
Held = Mapping[str, Mapping[str, int]]


def uuid_of(name: str) -> str:
    """The same UUID for the same name, always."""
    return str(uuid5(NAMESPACE_DNS, name))


def inventory(total: int, **more: Any) -> Inventory:
    """An inventory as Nova reports it."""
    return Inventory(**{"total": total, "max_unit": total, **more})


def provider(
    name: str, inventories: Mapping[str, int | Inventory], parent: str | None = HOST, **more: Any
) -> ProviderData:
    """A provider; of an inventory the total is enough."""
    found = {key: item if isinstance(item, Inventory) else inventory(item) for key, item in inventories.items()}
    parent_uuid = uuid_of(parent) if parent else None
    return ProviderData(
        **{
            "uuid": uuid_of(name),
            "name": name,
            "generation": 7,
            "parent_uuid": parent_uuid,
            "inventories": found,
            **more,
        }
    )


def consumer(name: str, held: Held, **more: Any) -> Consumer:
    """A consumer; providers by name."""
    allocations = {uuid_of(place): dict(amounts) for place, amounts in held.items()}
    return Consumer(
        **{
            "uuid": uuid_of(name),
            "generation": 3,
            "project_id": "p",
            "user_id": "u",
            "allocations": allocations,
            "name": name,
            **more,
        }
    )


def tree(
    inventories: Mapping[str, int | Inventory],
    consumers: Mapping[str, Held] | None = None,
    children: Iterable[ProviderData] = (),
    **root: Any,
) -> ProviderTree:
    """The tree of a host: inventories of its root, what consumers hold by provider name, further providers."""
    return ProviderTree(
        root_uuid=uuid_of(HOST),
        providers=in_order([provider(HOST, inventories, None, **root), *children]),
        consumers=tuple(consumer(name, held) for name, held in (consumers or {}).items()),
    )


def planned(there: ProviderTree, layout: Any) -> Reshape:
    """The reshape to a layout written as data."""
    return plan(there, Layout.parse(layout), VOCABULARY)


def held(there: ProviderTree, name: str) -> dict[str, dict[str, int]]:
    """What a consumer holds, by provider name where the provider belongs to the host."""
    names = {item.uuid: item.name for item in there.providers}
    found = next(item for item in there.consumers if item.name == name)
    return {names.get(uuid, uuid): dict(amounts) for uuid, amounts in found.allocations.items()}


def totals(there: ProviderTree) -> dict[str, dict[str, int]]:
    """The totals of all inventories by provider name."""
    return {item.name: {name: found.total for name, found in item.inventories.items()} for item in there.providers}


def forget_generations(there: ProviderTree) -> ProviderTree:
    """The tree without what every write changes."""
    return replace(
        there,
        providers=tuple(replace(item, generation=None) for item in there.providers),
        consumers=tuple(replace(item, generation=None) for item in there.consumers),
    )


class Refused(Exception):  # noqa: N818
    """What Placement answers with 400 or 409."""


class FakePlacement:
    """One tree, and what the reshaper does to it (placement.objects.reshaper, placement.objects.allocation)."""

    def __init__(self, there: ProviderTree) -> None:
        self.tree = there

    def carry_out(self, reshape: Reshape) -> ProviderTree:
        """All steps of a reshape in their order."""
        for item in reshape.creates:
            self._create(item)
        if reshape.reshapes:
            made = {item.uuid for item in reshape.creates}
            generations = {item.uuid: item.generation or 0 for item in self.tree.providers if item.uuid in made}
            self.reshape(reshape.body(generations))
        for item in reshape.sets:
            self._swap(replace(self.tree.by_uuid[item.uuid], traits=item.traits, aggregates=item.aggregates))
        for item in reshape.deletes:
            self._delete(item.uuid)
        return self.tree

    def reshape(self, body: Mapping[str, Any]) -> None:
        """POST /reshaper."""
        by_uuid = self.tree.by_uuid
        previous = self.tree.used()
        wanted: dict[str, dict[str, Inventory]] = {}
        for uuid, item in body["inventories"].items():
            if by_uuid[uuid].generation != item["resource_provider_generation"]:
                raise Refused("resource provider generation conflict")
            wanted[uuid] = {name: Inventory(**found) for name, found in item["inventories"].items()}
            assert all(found.total >= 1 for found in wanted[uuid].values())
        interim = {item.uuid: {**item.inventories, **wanted.get(item.uuid, {})} for item in self.tree.providers}
        self._allocate(body["allocations"])
        self._check(body["allocations"], interim, previous)
        for (uuid, name), used in self.tree.used().items():
            if used and name not in wanted.get(uuid, by_uuid[uuid].inventories):
                raise Refused(f"{name} of {by_uuid[uuid].name} is in use")
        for uuid, inventories in wanted.items():
            self._swap(replace(by_uuid[uuid], inventories=inventories, generation=(by_uuid[uuid].generation or 0) + 3))

    def _allocate(self, bodies: Mapping[str, Any]) -> None:
        consumers = {item.uuid: item for item in self.tree.consumers}
        for uuid, body in bodies.items():
            assert set(body) == {"allocations", "project_id", "user_id", "consumer_generation"}
            assert body["allocations"], "an empty set deletes the consumer"
            if body["consumer_generation"] != consumers[uuid].generation:
                raise Refused("consumer generation conflict")
            consumers[uuid] = replace(
                consumers[uuid],
                generation=(consumers[uuid].generation or 0) + 1,
                project_id=body["project_id"],
                user_id=body["user_id"],
                allocations={place: item["resources"] for place, item in body["allocations"].items()},
            )
        self.tree = replace(self.tree, consumers=tuple(consumers.values()))

    def _check(
        self,
        bodies: Mapping[str, Any],
        inventories: Mapping[str, Mapping[str, Inventory]],
        previous: Mapping[tuple[str, str], int],
    ) -> None:
        used = self.tree.used()
        for body in bodies.values():
            for uuid, item in body["allocations"].items():
                for name, amount in item["resources"].items():
                    if uuid not in inventories:
                        continue
                    there = inventories[uuid].get(name)
                    if there is None:
                        raise Refused(f"no inventory of {name}")
                    if amount < there.min_unit or amount > there.max_unit or amount % there.step_size:
                        raise Refused(f"{amount} of {name} violates the constraints")
                    if (there.total - there.reserved) * there.allocation_ratio < used[uuid, name] and not (
                        (uuid, name) in previous and used[uuid, name] <= previous[uuid, name]
                    ):
                        raise Refused(f"{name} exceeds the capacity")

    def _create(self, item: ProviderData) -> None:
        marks = bool(item.traits) + bool(item.aggregates)
        self._set([*self.tree.providers, replace(item, inventories={}, generation=marks)])

    def _delete(self, uuid: str) -> None:
        by_uuid = self.tree.by_uuid
        assert not by_uuid[uuid].inventories
        assert all(item.parent_uuid != uuid for item in self.tree.providers)
        self._set([item for item in self.tree.providers if item.uuid != uuid])

    def _swap(self, changed: ProviderData) -> None:
        self._set([changed if item.uuid == changed.uuid else item for item in self.tree.providers])

    def _set(self, providers: list[ProviderData]) -> None:
        self.tree = replace(self.tree, providers=in_order(providers))
