# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Provider trees put into a real Placement, whatever they are like, without the code that is tested."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

from harness.placement_in_process import PlacementInProcess

from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import (
    MAX_INT,
    Consumer,
    Inventory,
    ProviderData,
    ProviderTree,
    in_order,
    shares,
)
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.request import Reshape
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_placement_trees import PlacementTrees

Json = dict[str, Any]


def elsewhere(tree: ProviderTree, tag: str) -> ProviderTree:
    """Return the same tree as one of a kind: other UUIDs, other names."""

    def new(uuid: str) -> str:
        return str(uuid5(NAMESPACE_DNS, f"{tag} {uuid}"))

    return ProviderTree(
        root_uuid=new(tree.root_uuid),
        providers=tuple(
            replace(
                item, uuid=new(item.uuid), name=tag + item.name, parent_uuid=item.parent_uuid and new(item.parent_uuid)
            )
            for item in tree.providers
        ),
        consumers=tuple(
            replace(
                item,
                uuid=new(item.uuid),
                name="",
                allocations={new(uuid): dict(amounts) for uuid, amounts in item.allocations.items()},
            )
            for item in tree.consumers
        ),
    )


def settle(placement: PlacementInProcess, tree: ProviderTree) -> ProviderTree:
    """Make a tree, and the providers outside it that its consumers hold something of; return it as it is then.

    Allocations come before the inventories are as wanted, which lets them exceed these.
    """
    held: dict[str, set[str]] = {item.uuid: set() for item in tree.providers}
    for uuid, name, _amount in (share for consumer in tree.consumers for share in shares(consumer.allocations)):
        held.setdefault(uuid, set()).add(name)
    for uuid, names in held.items():
        create(placement, tree.by_uuid.get(uuid) or ProviderData(uuid, uuid, None, None))
        if names:
            put(placement, uuid, "inventories", {name: {"total": MAX_INT} for name in names})
    if tree.consumers:
        placement.placement("POST", "/allocations", body={item.uuid: claim(item) for item in tree.consumers})
    for item in tree.providers:
        put(placement, item.uuid, "inventories", {name: found.to_dict() for name, found in item.inventories.items()})
        mark(placement, item)
    return now(placement, tree)


def now(placement: PlacementInProcess, tree: ProviderTree) -> ProviderTree:
    """Return the tree as it is stored, with those of its consumers that are still there."""
    return placement.database.tree(tree.root_uuid, [item.uuid for item in tree.consumers])


def carry_out(placement: PlacementInProcess, reshape: Reshape) -> ProviderTree:
    """Take all steps of a reshape, in their order; return the tree as it is then."""
    for name in reshape.new_classes:
        placement.placement("PUT", f"/resource_classes/{name}")
    for name in reshape.new_traits:
        placement.placement("PUT", f"/traits/{name}")
    for item in reshape.creates:
        create(placement, item)
        mark(placement, item)
    if reshape.reshapes:
        generations = {item.uuid: placement.database.generation(item.uuid) for item in reshape.creates}
        placement.placement("POST", "/reshaper", body=reshape.body(generations))
    for item in reshape.sets:
        mark(placement, item, reshape.before.by_uuid[item.uuid])
    for item in reshape.deletes:
        placement.placement("DELETE", f"/resource_providers/{item.uuid}")
    return now(placement, reshape.before)


def claim(consumer: Consumer, **more: Any) -> Json:
    """Return what is written for a consumer that is new."""
    return {
        "allocations": {uuid: {"resources": dict(amounts)} for uuid, amounts in consumer.allocations.items()},
        "project_id": consumer.project_id,
        "user_id": consumer.user_id,
        "consumer_generation": None,
        **more,
    }


def create(placement: PlacementInProcess, provider: ProviderData) -> None:
    """Create a provider with nothing on it."""
    body = {"uuid": provider.uuid, "name": provider.name, "parent_provider_uuid": provider.parent_uuid}
    placement.placement("POST", "/resource_providers", body=body)


def mark(placement: PlacementInProcess, provider: ProviderData, before: ProviderData | None = None) -> None:
    """Set traits and aggregates where they are not as they were before."""
    for what in ("traits", "aggregates"):
        wanted = sorted(getattr(provider, what))
        if wanted != sorted(getattr(before, what, ())):
            put(placement, provider.uuid, what, wanted)


def put(placement: PlacementInProcess, uuid: str, what: str, wanted: Mapping[str, Any] | Sequence[str]) -> None:
    """Set inventories, traits or aggregates of a provider, whatever its generation is."""
    body = {"resource_provider_generation": placement.database.generation(uuid), what: wanted}
    placement.placement("PUT", f"/resource_providers/{uuid}/{what}", body=body)


def imitate(there: ProviderTree) -> PlacementTrees:
    """Return the fake of the unit tests with the same tree; what lies outside has plenty of everything."""
    fake = PlacementTrees()
    for item in there.providers:
        fake.providers[item.uuid] = {**item.to_dict(), "parent": item.parent_uuid}
    for consumer in there.consumers:
        fake.consumers[consumer.uuid] = consumer.to_dict()
        for uuid, name, _amount in shares(consumer.allocations):
            outside = {"name": uuid, "generation": 0, "parent": None, "inventories": {}, "traits": [], "aggregates": []}
            if uuid not in there.by_uuid:
                inventories = fake.providers.setdefault(uuid, outside)["inventories"]
                inventories[name] = Inventory(MAX_INT).to_dict()
    return fake


def imitated(fake: PlacementTrees, like: ProviderTree) -> ProviderTree:
    """Return a tree as the fake has it."""
    providers = [
        ProviderData.from_dict({**item, "uuid": uuid, "parent_uuid": item["parent"]})
        for uuid, item in fake.providers.items()
        if uuid in like.by_uuid
    ]
    consumers = [Consumer.from_dict({**item, "uuid": uuid}) for uuid, item in fake.consumers.items()]
    return ProviderTree(like.root_uuid, in_order(providers), tuple(consumers))
