# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small host in a real Placement, and the body of a reshape that is fine until a test changes it."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from itertools import count
from typing import Any
from uuid import uuid4

from harness.placement_in_process import PlacementInProcess
from harness.provider_trees import elsewhere, now, put, settle

from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import ProviderTree
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.invariant import Declared
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.request import Reshape
from ansible_collections.stackroll.nova.tests.unit.plugins.module_utils.reshape.trees import (
    inventory,
    provider,
    tree,
)

Json = dict[str, Any]
DROPPED = object()
NUMBERS = count(1)
HOST = tree(
    {"VCPU": inventory(8), "VGPU": inventory(4)},
    {
        "vm1": {"cmp1": {"VCPU": 2, "VGPU": 2}, "shared": {"DISK_GB": 10}},
        "vm2": {"cmp1": {"VCPU": 1}},
    },
    [provider("cmp1_gpu", {}), provider("cmp1_numa", {"MEMORY_MB": 64}), provider("cmp1_empty", {})],
)


@dataclass(frozen=True)
class Scene:
    """*tree*: a root, three children and two consumers, one of which holds disk on a provider outside, too. *body* moves the GPUs to
    a child. *uuids*: root, gpu, numa, empty, shared, vm1, vm2, and newcomer, whom nobody knows."""

    placement: PlacementInProcess
    tree: ProviderTree
    uuids: dict[str, str]
    body: Json

    @classmethod
    def make(cls, placement: PlacementInProcess) -> Scene:
        """Make a host of its own."""
        there = settle(placement, elsewhere(HOST, f"{next(NUMBERS)}-"))
        vm1, vm2 = there.consumers
        uuids = {item.name.rpartition("_")[2]: item.uuid for item in there.providers[1:]}
        uuids.update(root=there.root_uuid, vm1=vm1.uuid, vm2=vm2.uuid, newcomer=str(uuid4()))
        uuids["shared"] = next(uuid for uuid in vm1.allocations if uuid != there.root_uuid)
        put(placement, uuids["shared"], "inventories", {"DISK_GB": {"total": 100}})
        return cls(placement, there, uuids, Reshape(there, _moved(there, uuids), Declared()).body({}))

    def post(self, body: Json, microversion: str = "1.37", method: str = "POST") -> None:
        """Ask the reshaper."""
        self.placement.placement(method, "/reshaper", body=body, microversion=microversion)

    def changed(self, path: str, value: Any) -> Json:
        """Return the body with something else in one place; the keys of *uuids* stand for them."""
        body = copy.deepcopy(self.body)
        *parts, last = (self.uuids.get(word, word) for word in path.split("/"))
        place = body
        for part in parts:
            place = place[part]
        place[last] = copy.deepcopy(value) if value is not DROPPED else None
        if value is DROPPED:
            del place[last]
        return body

    def now(self) -> ProviderTree:
        """Return the tree as it is stored."""
        return now(self.placement, self.tree)

    def held(self, name: str) -> Json:
        """Return what a consumer holds, by the keys of *uuids*."""
        found = self.placement.database.consumer(self.uuids[name])
        names = {uuid: key for key, uuid in self.uuids.items()}
        return {names[uuid]: dict(amounts) for uuid, amounts in found.allocations.items()} if found else {}


def _moved(there: ProviderTree, uuids: dict[str, str]) -> ProviderTree:
    offered = dict(there.root.inventories)
    inventories = {uuids["gpu"]: {"VGPU": offered.pop("VGPU")}, uuids["root"]: offered}
    held = {uuids["root"]: {"VCPU": 2}, uuids["gpu"]: {"VGPU": 2}, uuids["shared"]: {"DISK_GB": 10}}
    providers = (replace(item, inventories=inventories.get(item.uuid, item.inventories)) for item in there.providers)
    return replace(there.with_holdings({uuids["vm1"]: held}), providers=tuple(providers))
