# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way back from a reshape, as a document that can be kept: only what the reshape has changed, so that the rest may go on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import (
    Inventory,
    ProviderData,
    ProviderTree,
    in_order,
)
from ansible_collections.stackroll.nova.plugins.module_utils.model.records import Record
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.invariant import Declared
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.request import Reshape
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.target import child_uuid

K = TypeVar("K", bound="tuple[str, ...]")
SCHEMA = "stackroll.nova/reshape-undo/1"


@dataclass(frozen=True)
class Change(Record):
    """One thing before and after the reshape; None is nothing."""

    key: tuple[str, ...]
    before: Any
    after: Any

    @property
    def pair(self) -> tuple[str, str]:
        """Provider and class of an inventory."""
        return self.key[0], self.key[1]


@dataclass(frozen=True)
class Undo(Record):
    """What a reshape has changed.

    The keys are provider and class for inventories, the consumer for holdings, the provider for traits and aggregates; these only of
    providers that stay.
    """

    root_uuid: str
    created: tuple[str, ...] = ()
    deleted: tuple[ProviderData, ...] = ()
    inventories: tuple[Change, ...] = ()
    holdings: tuple[Change, ...] = ()
    traits: tuple[Change, ...] = ()
    aggregates: tuple[Change, ...] = ()
    allowed: Declared = field(default_factory=Declared)
    schema: str = SCHEMA

    @classmethod
    def read_field(cls, name: str, value: Any) -> Any:
        """Lists of records by the name of the field."""
        if name == "deleted":
            return in_order([ProviderData.from_dict(item) for item in value])
        if name == "inventories":
            return tuple(_inventory_change(Change.from_dict(item)) for item in value)
        if name in ("holdings", "traits", "aggregates"):
            return tuple(Change.from_dict(item) for item in value)
        if name == "allowed":
            return Declared.from_dict(value)
        return super().read_field(name, value)

    @classmethod
    def load(cls, data: Any) -> Undo:
        """Read an undo somebody hands in. Raises InvalidInput."""
        remedy = "Hand in the value undo of stackroll.nova.provider_tree_reshape."
        schema = data.get("schema") if isinstance(data, Mapping) else None
        if schema != SCHEMA:
            raise InvalidInput(f"This is not an undo of schema {SCHEMA} (its schema is {schema!r}).", remedy)
        try:
            return cls.from_dict(data)
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise InvalidInput(f"This undo cannot be read ({error}).", remedy) from error


def undo_of(reshape: Reshape) -> Undo:
    """The way back from a reshape that is about to be made."""
    before, after = reshape.before, reshape.after
    held = {item.uuid: item.allocations for item in before.consumers}
    return Undo(
        root_uuid=before.root_uuid,
        created=tuple(item.uuid for item in (*_left_behind(reshape), *reshape.creates)),
        deleted=tuple(replace(item, generation=None) for item in reversed(reshape.deletes)),
        inventories=_changes(inventories_of(before), inventories_of(after)),
        holdings=tuple(Change((item.uuid,), held[item.uuid], item.allocations) for item in reshape.movers),
        traits=_changes(_marks(before, after, "traits"), _marks(after, before, "traits")),
        aggregates=_changes(_marks(before, after, "aggregates"), _marks(after, before, "aggregates")),
        allowed=reshape.allowed.inverse(before),
    )


def inventories_of(tree: ProviderTree) -> dict[tuple[str, str], Inventory]:
    """All inventories by provider and class."""
    return {(item.uuid, name): found for item in tree.providers for name, found in item.inventories.items()}


def _left_behind(reshape: Reshape) -> list[ProviderData]:
    """What an earlier call has created before it was killed: ours, since its UUID is made of its name, and empty so far."""
    used = {uuid for uuid, _name in reshape.before.used()}
    after = reshape.after.by_uuid
    return [
        item
        for item in reshape.before.providers
        if item.uuid == child_uuid(reshape.before.root_uuid, item.name)
        and item.uuid not in used
        and not item.inventories
        and item.uuid in after
        and after[item.uuid].inventories
    ]


def _changes(before: Mapping[K, Any], after: Mapping[K, Any]) -> tuple[Change, ...]:
    return tuple(
        Change(key, before.get(key), after.get(key))
        for key in sorted(before.keys() | after.keys())
        if before.get(key) != after.get(key)
    )


def _inventory_change(change: Change) -> Change:
    before, after = (Inventory.from_dict(item) if item else None for item in (change.before, change.after))
    return Change(change.key, before, after)


def _marks(one: ProviderTree, other: ProviderTree, what: str) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Traits or aggregates of the providers that are in both trees."""
    both = one.by_uuid.keys() & other.by_uuid.keys()
    return {(item.uuid,): tuple(sorted(getattr(item, what))) for item in one.providers if item.uuid in both}
