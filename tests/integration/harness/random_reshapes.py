# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random reshapes of a small tree, about as many that Placement takes as it refuses, for whatever reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from uuid import UUID

from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import (
    MAX_INT,
    Consumer,
    Inventory,
    ProviderData,
    ProviderTree,
    sums,
)
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.invariant import Declared
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.request import Reshape

CLASSES = ("VCPU", "VGPU")
PARENTS = (None, 0, 1)
CONSUMERS = 4


def random_tree(random: Random) -> ProviderTree:
    """Return a child below a child below a root, and consumers on those that offer something."""
    uuids = [_uuid(random) for _parent in PARENTS]
    providers = tuple(
        ProviderData(
            uuid=uuid,
            name=f"provider of {uuid}",
            generation=None,
            parent_uuid=None if parent is None else uuids[parent],
            inventories={name: _inventory(random) for name in CLASSES if parent is None or random.random() < 0.5},
        )
        for uuid, parent in zip(uuids, PARENTS)
    )
    shared = _uuid(random)
    consumers = []
    for _number in range(CONSUMERS):
        held: dict[str, dict[str, int]] = {shared: {"DISK_GB": 5}} if random.random() < 0.4 else {}
        for name in random.sample(CLASSES, random.randint(1, 2)):
            where = random.choice([item.uuid for item in providers if name in item.inventories])
            held.setdefault(where, {})[name] = random.randint(1, 3)
        consumers.append(Consumer(_uuid(random), None, "p", "u", held))
    return ProviderTree(uuids[0], providers, tuple(consumers))


def random_reshape(random: Random, tree: ProviderTree, earlier: Sequence[ProviderTree]) -> Reshape:
    """Return a way to somewhere, or sometimes back to where it has been."""
    return Reshape(
        tree, _back(tree, random.choice(earlier)) if random.random() < 0.2 else _on(random, tree), Declared()
    )


def _on(random: Random, tree: ProviderTree) -> ProviderTree:
    """Return the tree with some inventories and what some consumers hold changed."""
    providers = tuple(replace(item, inventories=_inventories(random, item)) for item in tree.providers)
    movers = {item.uuid for item in tree.consumers if random.random() < 0.4}
    consumers = tuple(
        replace(item, allocations=_holdings(random, item, providers)) if item.uuid in movers else item
        for item in tree.consumers
    )
    return replace(tree, providers=providers, consumers=consumers)


def _back(tree: ProviderTree, earlier: ProviderTree) -> ProviderTree:
    """Return an earlier state of the tree, with the generations of now."""
    now = {item.uuid: item.generation for item in tree.providers}
    now.update({item.uuid: item.generation for item in tree.consumers})
    return replace(
        earlier,
        providers=tuple(replace(item, generation=now[item.uuid]) for item in earlier.providers),
        consumers=tuple(replace(item, generation=now[item.uuid]) for item in earlier.consumers),
    )


def _inventories(random: Random, provider: ProviderData) -> dict[str, Inventory]:
    found = dict(provider.inventories)
    for name in CLASSES:
        chance = random.random()
        if chance < 0.05:
            found.pop(name, None)
        elif chance < 0.35:
            found[name] = _inventory(random)
    return found


def _inventory(random: Random) -> Inventory:
    total = random.randint(2, 10)
    return Inventory(
        total=total,
        reserved=random.choice((0, 0, 0, 1, 2)),
        min_unit=random.choice((1, 1, 1, 1, 1, 2)),
        max_unit=random.choice((total, total, total, MAX_INT, 2)),
        step_size=random.choice((1, 1, 1, 1, 1, 2)),
        allocation_ratio=random.choice((1.0, 1.0, 1.5, 4.0, 0.5)),
    )


def _holdings(random: Random, consumer: Consumer, providers: Sequence[ProviderData]) -> dict[str, dict[str, int]]:
    """Return what a consumer holds, elsewhere, perhaps in two places, perhaps a little more or less; what is outside stays."""
    inside = {item.uuid for item in providers}
    held = {uuid: dict(amounts) for uuid, amounts in consumer.allocations.items() if uuid not in inside}
    for name, whole in sums(
        {uuid: consumer.allocations[uuid] for uuid in inside & consumer.allocations.keys()}
    ).items():
        amount = max(1, whole + random.choice((0, 0, 0, 0, 1, -1)))
        first = random.randint(1, amount)
        for part in (first, amount - first) if random.random() < 0.3 else (amount,):
            places = [item.uuid for item in providers if name in item.inventories or random.random() < 0.05]
            if part and places:
                where = held.setdefault(random.choice(places), {})
                where[name] = where.get(name, 0) + part
    return held or {uuid: dict(amounts) for uuid, amounts in consumer.allocations.items()}


def _uuid(random: Random) -> str:
    return str(UUID(int=random.getrandbits(128), version=4))
