# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The providers of a tree as a layout wants them, with inventories that add up to what the host had."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from uuid import UUID, uuid5

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import (
    Inventory,
    ProviderData,
    ProviderTree,
    in_order,
)
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import some
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.inheritance import inventory_of, joined
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.layout import Child, Layout
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.readers import Wanted

# By resource class: total and reserved.
Sums = dict[str, tuple[int, int]]


@dataclass(frozen=True)
class Target:
    """The wanted providers, parents first, and what may move where; providers are named by UUID.

    *gone*: to be deleted, children first. *sources*: whose inventories and allocations the reshape redistributes. *places*: where
    they may go, the children in the order of the layout, then the root. *classes*: what is redistributed.
    """

    providers: tuple[ProviderData, ...]
    gone: tuple[str, ...]
    sources: frozenset[str]
    places: tuple[str, ...]
    classes: frozenset[str]


def target(tree: ProviderTree, layout: Layout) -> Target:
    """The providers as the layout, with the names of this host, wants them. Raises InvalidInput."""
    return _Builder(tree, layout).build()


def child_uuid(root_uuid: str, name: str) -> str:
    """The UUID of a provider that a reshape creates: the same one whenever it is tried again."""
    return str(uuid5(UUID(root_uuid), name))


class _Builder:
    """One layout on one tree."""

    def __init__(self, tree: ProviderTree, layout: Layout) -> None:
        self._tree, self._layout = tree, layout
        by_name = tree.by_name
        self._gone = [by_name[name] for name in layout.dissolve if name in by_name]
        self._children = self._find_children()
        self._classes = self._find_classes()
        known = {child.name for child in layout.children}
        self._sources = [tree.root, *self._gone, *(by_name[name] for name in by_name if name in known)]

    def build(self) -> Target:
        """Children first, then what the root keeps, then the proof that it adds up."""
        self._refuse_orphans()
        children = [self._with_inventories(child, provider) for child, provider in self._children]
        root = self._root(children)
        self._refuse_other_sums([root, *children])
        changed = {item.uuid: item for item in (root, *children)}
        gone = {item.uuid for item in self._gone}
        stay = [changed.pop(item.uuid, item) for item in self._tree.providers if item.uuid not in gone]
        return Target(
            providers=in_order([*stay, *changed.values()]),
            gone=tuple(item.uuid for item in reversed(self._tree.providers) if item.uuid in gone),
            sources=frozenset(item.uuid for item in self._sources),
            places=(*(provider.uuid for _child, provider in self._children), root.uuid),
            classes=self._classes,
        )

    def _find_children(self) -> list[tuple[Child, ProviderData]]:
        """Each child of the layout with the provider that it is, or will be."""
        gone = {item.uuid for item in self._gone}
        found = {item.name: item for item in self._tree.providers if item.uuid not in gone}
        pairs = []
        for child in self._layout.children:
            parent = found.get(child.parent)
            if parent is None:
                raise InvalidInput(
                    f"{child.name} hangs below {child.parent}, which is not there.", "Name the root, or another child."
                )
            there = found.get(child.name)
            if there is not None and there.parent_uuid != parent.uuid:
                raise InvalidInput(
                    f"{child.name} is there, and not below {child.parent}.",
                    "Give the child the parent it has, or another name.",
                )
            found[child.name] = there or ProviderData(
                uuid=child_uuid(self._tree.root_uuid, child.name),
                name=child.name,
                generation=None,
                parent_uuid=parent.uuid,
            )
            pairs.append((child, found[child.name]))
        return pairs

    def _find_classes(self) -> frozenset[str]:
        return self._layout.classes.union(name for provider in self._gone for name in provider.inventories)

    def _refuse_orphans(self) -> None:
        """What goes away has no children that stay."""
        gone = {item.uuid: item.name for item in self._gone}
        left = sorted(item.name for item in self._tree.providers if item.uuid not in gone and item.parent_uuid in gone)
        if left:
            raise InvalidInput(f"{some(left)} would lose its parent.", "Name it under dissolve as well.")

    def _with_inventories(self, child: Child, provider: ProviderData) -> ProviderData:
        """The child with what the layout gives it; what it has of other classes stays."""
        return replace(
            provider,
            inventories={
                **{name: item for name, item in provider.inventories.items() if name not in self._classes},
                **{name: self._inventory(provider, name, wanted) for name, wanted in child.inventories.items()},
            },
            traits=_with(provider.traits, child.traits),
            aggregates=_with(provider.aggregates, child.aggregates),
        )

    def _inventory(self, provider: ProviderData, name: str, wanted: Wanted) -> Inventory:
        """What the layout does not say is as the provider has it, or else where the class is now."""
        own = provider.inventories.get(name)
        like = own or next((item.inventories[name] for item in self._sources if name in item.inventories), None)
        found = inventory_of(wanted, like, own.reserved if own else 0)
        if found.reserved > found.total:
            raise InvalidInput(
                f"{provider.name} would reserve {found.reserved} of {found.total} {name}.", "Say total and reserved."
            )
        return found

    def _root(self, children: Iterable[ProviderData]) -> ProviderData:
        layout, root = self._layout, self._tree.root
        inventories = {name: item for name, item in root.inventories.items() if name not in self._classes}
        for name, wanted in layout.root.items():
            if wanted["total"]:
                inventories[name] = self._inventory(root, name, wanted)
        for name in sorted(self._classes - set(layout.root)):
            if name in layout.convert and name in root.inventories:
                inventories[name] = root.inventories[name]
        left = self._left([replace(root, inventories=inventories), *children])
        for name in sorted(self._classes - set(layout.root) - set(layout.convert)):
            total, reserved = left[name]
            if total < 0 or reserved < 0 or reserved > total:
                raise self._no_sum(name, left)
            if total:
                inventories[name] = joined(total, reserved, root.inventories.get(name), self._parts(name))
        kept = tuple(name for name in root.traits if name not in layout.root_without_traits)
        return replace(root, inventories=inventories, traits=_with(kept, layout.root_traits))

    def _parts(self, name: str) -> list[Inventory]:
        return [item.inventories[name] for item in self._sources if name in item.inventories]

    def _expected(self) -> Sums:
        """What there must be of each class afterwards, what is made of it included."""
        found = self._sums(self._sources)
        for name, wanted in self._layout.totals.items():
            found[name] = (int(wanted["total"]), int(wanted.get("reserved", found[name][1])))
        return found

    def _sums(self, providers: Iterable[ProviderData]) -> Sums:
        found: Sums = {self._layout.source_of(name): (0, 0) for name in self._classes}
        for provider in providers:
            for name, item in provider.inventories.items():
                if name in self._classes:
                    key = self._layout.source_of(name)
                    found[key] = (found[key][0] + item.total, found[key][1] + item.reserved)
        return found

    def _left(self, providers: Iterable[ProviderData]) -> Sums:
        given = self._sums(providers)
        return {
            name: (total - given[name][0], reserved - given[name][1])
            for name, (total, reserved) in self._expected().items()
        }

    def _refuse_other_sums(self, providers: Iterable[ProviderData]) -> None:
        left = self._left(providers)
        for name, rest in left.items():
            if rest != (0, 0):
                raise self._no_sum(name, left)

    def _no_sum(self, name: str, left: Mapping[str, tuple[int, int]]) -> InvalidInput:
        total, reserved = self._expected()[name]
        given = (total - left[name][0], reserved - left[name][1])
        return InvalidInput(
            f"The layout gives out {given[0]} of {name} and reserves {given[1]}, where {self._tree.root.name} has {total} and"
            f" reserves {reserved}.",
            "Let children and root add up to it, reserved included, or declare another sum under totals.",
        )


def _with(there: Iterable[str], more: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({*there, *more}))
