# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a reshape must not change: how much there is of everything on the host, and how much everybody has of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import (
    Consumer,
    ProviderTree,
    sums,
)
from ansible_collections.stackroll.nova.plugins.module_utils.model.records import Record
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.layout import Layout


@dataclass(frozen=True)
class Declared(Record):
    """What may change, since somebody has said so.

    *counts_with*: by class, the one with which it is added up. *totals*: by class, total and reserved of the host afterwards.
    *gained*: by consumer, what comes new to it; what is taken from it again is negative.
    """

    counts_with: Mapping[str, str] = field(default_factory=dict)
    totals: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    gained: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def add_up(self, amounts: Mapping[str, int]) -> dict[str, int]:
        """The amounts, those that count together as one; none is left out."""
        found: dict[str, int] = {}
        for name, amount in amounts.items():
            key = self.counts_with.get(name, name)
            found[key] = found.get(key, 0) + amount
        return {name: amount for name, amount in found.items() if amount}

    def inverse(self, before: ProviderTree) -> Declared:
        """What may change on the way back to this tree."""
        now = {what: self.add_up(amounts) for what, amounts in host_sums(before).items()}
        return Declared(
            self.counts_with,
            {name: (now["total"].get(name, 0), now["reserved"].get(name, 0)) for name in self.totals},
            {uuid: {name: -amount for name, amount in lost.items()} for uuid, lost in self.gained.items()},
        )


def declared(before: ProviderTree, after: ProviderTree, layout: Layout) -> Declared:
    """What a layout says about changes of this tree, for those consumers that its map names."""
    counts_with = {name: item.source for name, item in layout.convert.items()}
    found = Declared(counts_with=counts_with)
    now = {name: found.add_up(amounts) for name, amounts in host_sums(before).items()}
    totals = {
        name: (int(wanted["total"]), int(wanted.get("reserved", now["reserved"].get(name, 0))))
        for name, wanted in layout.totals.items()
    }
    held = {item.uuid: sums(item.allocations) for item in before.consumers}
    gained = {
        item.uuid: {
            name: amount
            for name, amount in sums(item.allocations).items()
            if name in layout.totals and name not in held[item.uuid]
        }
        for item in after.consumers
        if item.uuid in layout.assignment.chosen and item.uuid in held
    }
    return Declared(counts_with, totals, {uuid: amounts for uuid, amounts in gained.items() if amounts})


def differences(before: ProviderTree, after: ProviderTree, allowed: Declared) -> list[str]:
    """Clauses that say what has changed and was not to; none when all is kept. Consumers that have come since are nobody's loss."""
    inside = before.by_uuid.keys() | after.by_uuid.keys()
    now = {item.uuid: item for item in after.consumers}
    found = list(_inventory_differences(before, after, allowed))
    for old in before.consumers:
        new = now.get(old.uuid)
        if new is None:
            found.append(f"{old.label} holds nothing on {before.root.name}")
            continue
        found += _consumer_differences(old, new, allowed)
        if _outside(old, inside) != _outside(new, inside):
            found.append(f"{old.label} holds something else outside {before.root.name}")
    return found


def narrowed(tree: ProviderTree, classes: Collection[str], consumers: Collection[str]) -> ProviderTree:
    """The tree as if it offered these resource classes only, to these consumers only, by UUID; to compare no more than that."""
    return replace(
        tree,
        providers=tuple(
            replace(item, inventories={name: found for name, found in item.inventories.items() if name in classes})
            for item in tree.providers
        ),
        consumers=tuple(item for item in tree.consumers if item.uuid in consumers),
    )


def host_sums(tree: ProviderTree) -> dict[str, dict[str, int]]:
    """By total and reserved: the sum over all providers of the host, by resource class."""
    found: dict[str, dict[str, int]] = {"total": {}, "reserved": {}}
    for provider in tree.providers:
        for name, item in provider.inventories.items():
            found["total"][name] = found["total"].get(name, 0) + item.total
            found["reserved"][name] = found["reserved"].get(name, 0) + item.reserved
    return found


def _inventory_differences(before: ProviderTree, after: ProviderTree, allowed: Declared) -> Iterator[str]:
    old, new = host_sums(before), host_sums(after)
    for position, what in enumerate(("total", "reserved")):
        wanted, found = allowed.add_up(old[what]), allowed.add_up(new[what])
        wanted.update({name: pair[position] for name, pair in allowed.totals.items()})
        for name in sorted(wanted.keys() | found.keys()):
            if wanted.get(name, 0) != found.get(name, 0):
                yield f"{what} of {name} on {before.root.name}: {found.get(name, 0)} instead of {wanted.get(name, 0)}"


def _consumer_differences(old: Consumer, new: Consumer, allowed: Declared) -> Iterator[str]:
    if (new.project_id, new.user_id) != (old.project_id, old.user_id):
        yield f"{old.label} belongs to another project or user"
    wanted = sums(old.allocations)
    for name, amount in allowed.gained.get(old.uuid, {}).items():
        wanted[name] = wanted.get(name, 0) + amount
    if allowed.add_up(wanted) != allowed.add_up(sums(new.allocations)):
        yield f"{old.label} holds {sums(new.allocations)} instead of {wanted}"


def _outside(consumer: Consumer, inside: Collection[str]) -> dict[str, Mapping[str, int]]:
    return {uuid: dict(amounts) for uuid, amounts in consumer.allocations.items() if uuid not in inside}
