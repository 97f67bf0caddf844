# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plan the way back from a reshape on the tree as it is now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import (
    Consumer,
    Holdings,
    Inventory,
    ProviderData,
    ProviderTree,
    in_order,
    shares,
)
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import some
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.invariant import Declared, host_sums
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.plan import proven
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.request import Reshape, same
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.undo import Change, Undo, inventories_of
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.vocabulary import Vocabulary


def plan_undo(
    tree: ProviderTree, undo: Undo, vocabulary: Vocabulary, *, mend: bool = False, restore: Iterable[Consumer] = ()
) -> Reshape:
    """The reshape that restores what was before, on the tree as it is now. Raises InvalidInput and StackrollError.

    What has changed since and has nothing to do with the reshape stays. Consumers that have come or changed since are sent where the
    class comes from, if that is one provider. What is back already, as it was, is not offered twice afterwards.

    With *mend*, what the reshape has changed may be otherwise now than it left it, as when Nova has put back on the root what its
    children have as well. The consumers in *restore*, as they were before the reshape, get back what they had, whatever they hold now.
    """
    if undo.root_uuid != tree.root_uuid:
        raise InvalidInput(f"This undo is not for {tree.root.name}.", "Hand in the undo of this host.")
    lost = {item.uuid: item for item in restore}
    tree = _with_gone(tree, lost)
    back = _Back(tree, undo, mend)
    holdings = {**back.holdings(), **{uuid: item.allocations for uuid, item in lost.items()}}
    after = replace(_with_owners(tree.with_holdings(holdings), lost), providers=back.providers())
    allowed = undo.allowed if back.has_work else Declared()
    if mend or back.is_back_already:
        allowed = replace(allowed, totals=_sums_of(after, undo, allowed))
    return proven(tree, after, allowed, vocabulary, restored=lost.keys())


def _with_gone(tree: ProviderTree, lost: Mapping[str, Consumer]) -> ProviderTree:
    """The tree with those that hold nothing any more: Placement knows them no longer, so they have no generation."""
    there = {item.uuid for item in tree.consumers}
    gone = [replace(item, generation=None, allocations={}) for uuid, item in lost.items() if uuid not in there]
    return replace(tree, consumers=(*tree.consumers, *gone))


def _with_owners(tree: ProviderTree, lost: Mapping[str, Consumer]) -> ProviderTree:
    return replace(
        tree,
        consumers=tuple(
            replace(item, project_id=lost[item.uuid].project_id, user_id=lost[item.uuid].user_id)
            if item.uuid in lost
            else item
            for item in tree.consumers
        ),
    )


class _Back:
    """One undo on one tree."""

    def __init__(self, tree: ProviderTree, undo: Undo, mend: bool) -> None:
        self._tree, self._undo, self._mend = tree, undo, mend
        self._now = inventories_of(tree)
        self._wanted = dict(self._now)
        self.has_work = False
        # What was taken away is there again, as it was: a nova-compute that knows nothing of the reshape offers it a second time.
        self.is_back_already = any(item.before and self._now.get(item.pair) == item.before for item in undo.inventories)
        self._turn_inventories_back()

    def _turn_inventories_back(self) -> None:
        there = self._tree.by_uuid
        changed = [item for item in self._undo.inventories if self._now.get(item.pair) != item.before]
        for item in changed:
            pair = item.pair
            now = self._now.get(pair)
            self.has_work = True
            if self._mend and item.before is not None and now not in (None, item.after):
                continue  # Nova has put it back, as it reports it now
            if now != item.after and not self._mend:
                name = there[pair[0]].name if pair[0] in there else pair[0]
                raise InvalidInput(
                    f"{pair[1]} on {name} has changed since the reshape: {_text(now)} instead of {_text(item.after)}.",
                    "Reshape to a layout instead, which counts what there is now; what nova-compute has put back, state=held undoes.",
                )
            self._wanted.pop(pair, None)
            if item.before is not None:
                self._wanted[pair] = item.before

    def providers(self) -> tuple[ProviderData, ...]:
        """The tree as it was, with what has come since."""
        there = self._tree.by_uuid
        gone = set(self._undo.created)
        deleted = {item.uuid: item for item in self._undo.deleted}
        kept = [_with_marks(item, deleted.get(item.uuid)) for item in self._tree.providers if item.uuid not in gone]
        kept += [item for uuid, item in deleted.items() if uuid not in there]
        for uuid in gone & there.keys():
            self._refuse_in_use(there[uuid], gone)
        traits, aggregates = _by_provider(self._undo.traits), _by_provider(self._undo.aggregates)
        return in_order(
            [
                replace(
                    item,
                    inventories={name: found for (uuid, name), found in self._wanted.items() if uuid == item.uuid},
                    traits=_turned_back(item.traits, traits.get(item.uuid)),
                    aggregates=_turned_back(item.aggregates, aggregates.get(item.uuid)),
                )
                for item in kept
            ]
        )

    def _refuse_in_use(self, provider: ProviderData, gone: set[str]) -> None:
        """What was created by the reshape has nothing that has come since."""
        more = sorted(name for (uuid, name) in self._wanted if uuid == provider.uuid)
        more += sorted(
            item.name for item in self._tree.providers if item.parent_uuid == provider.uuid and item.uuid not in gone
        )
        if more:
            raise InvalidInput(
                f"{provider.name}, which the undo deletes, has {some(more)} since the reshape.", "Take that away first."
            )

    def holdings(self) -> dict[str, Holdings]:
        """Who holds what, where that changes."""
        changes = {item.key[0]: item for item in self._undo.holdings}
        found: dict[str, Holdings] = {}
        for consumer in self._tree.consumers:
            change = changes.get(consumer.uuid)
            if change is not None and same(consumer.allocations, change.after):
                found[consumer.uuid] = change.before
            else:
                found[consumer.uuid] = self._sent_home(consumer.label, consumer.allocations)
        return found

    def _sent_home(self, label: str, held: Holdings) -> Holdings:
        """What is held where there will be none of it, from where it will be."""
        found: dict[str, dict[str, int]] = {}
        for uuid, name, amount in shares(held):
            home = uuid
            if (uuid, name) in self._now and (uuid, name) not in self._wanted:
                homes = sorted(
                    {item.pair[0] for item in self._undo.inventories if item.pair[1] == name and item.before}
                )
                if len(homes) != 1:
                    raise InvalidInput(
                        f"{label} has come or changed since the reshape, and nothing says where its {amount} of {name} belong.",
                        "Move the server to another host first.",
                    )
                home = homes[0]
            there = found.setdefault(home, {})
            there[name] = there.get(name, 0) + amount
        return found


def _sums_of(after: ProviderTree, undo: Undo, allowed: Declared) -> dict[str, tuple[int, int]]:
    """Total and reserved of what the undo is about, in the tree that it leads to."""
    now = {what: allowed.add_up(amounts) for what, amounts in host_sums(after).items()}
    names = {allowed.counts_with.get(item.pair[1], item.pair[1]) for item in undo.inventories}
    return {name: (now["total"].get(name, 0), now["reserved"].get(name, 0)) for name in names}


def _by_provider(changes: Iterable[Change]) -> dict[str, Change]:
    return {item.key[0]: item for item in changes}


def _with_marks(there: ProviderData, deleted: ProviderData | None) -> ProviderData:
    """A provider that an undo has created again, and was killed before it gave it all that it had."""
    if deleted is None:
        return there
    return replace(
        there,
        traits=tuple(sorted({*there.traits, *deleted.traits})),
        aggregates=tuple(sorted({*there.aggregates, *deleted.aggregates})),
    )


def _turned_back(now: tuple[str, ...], change: Change | None) -> tuple[str, ...]:
    """Without those that came with the reshape, with those that went; what has come since stays."""
    if change is None:
        return now
    came, went = set(change.after) - set(change.before), set(change.before) - set(change.after)
    return tuple(sorted((set(now) - came) | went))


def _text(inventory: Inventory | None) -> str:
    return str(inventory.to_dict()) if inventory else "none"
