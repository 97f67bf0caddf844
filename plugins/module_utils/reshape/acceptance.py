# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Placement would say against a reshape, by its own rules, looked up on all allocations of all consumers that it names."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.stackroll.nova.plugins.module_utils.accounting.room import capacity
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import (
    Consumer,
    Inventory,
    ProviderTree,
    shares,
)
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import some
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.request import Reshape


class Unacceptable(StackrollError):  # noqa: N818  # what happened reads better than a suffix
    """Placement would refuse a reshape; the details have all objections."""


def refuse_unacceptable(reshape: Reshape) -> None:
    """Refuse what Placement would refuse. Raises Unacceptable."""
    found = objections(reshape)
    if found:
        host = reshape.before.root.name
        raise Unacceptable(
            f"Placement would refuse this reshape of {host}: {some(found)}.",
            "Correct what is held or offered there first, or leave these consumers out of the reshape.",
            {"host": host, "objections": found},
        )


def objections(reshape: Reshape) -> list[str]:
    """Clauses that say why Placement would answer 409, so far as the host's own providers are concerned.

    Whoever is named is judged as a whole (placement.objects.allocation): also what it keeps has to fit min_unit, max_unit and
    step_size. Who is not named keeps what it has, but not without an inventory. More may be used than there is where that was so
    before, so long as it does not become more.
    """
    return [*_of_units(reshape), *_of_sums(reshape)]


def objections_to_undo(reshape: Reshape) -> list[str]:
    """Clauses that say why Placement would refuse the way back: what was over capacity before cannot become so again."""
    return objections(Reshape(reshape.after, reshape.before, reshape.allowed))


def _of_units(reshape: Reshape) -> Iterator[str]:
    for consumer in reshape.movers:
        if not any(consumer.allocations.values()):
            yield f"{consumer.label} would hold nothing at all"
        for uuid, name, amount in shares(consumer.allocations):
            inventory = _inventory(reshape.after, uuid, name)
            if inventory is not None and not _fits(inventory, amount):
                yield (
                    f"{_what(consumer, amount, name)} of {_name(reshape.after, uuid)}, which gives {inventory.min_unit} to"
                    f" {inventory.max_unit} at once, in steps of {inventory.step_size}"
                )


def _of_sums(reshape: Reshape) -> Iterator[str]:
    before, after = reshape.before.used(), reshape.after.used()
    moved = {(uuid, name) for item in reshape.movers for uuid, name, _amount in shares(item.allocations)}
    named = {item.uuid for item in reshape.movers}
    known = reshape.before.by_uuid.keys() | reshape.after.by_uuid.keys()
    for consumer in reshape.after.consumers:
        for uuid, name, amount in shares(consumer.allocations):
            if (
                uuid in known
                and _inventory(reshape.after, uuid, name) is None
                and (consumer.uuid in named or _inventory(reshape.before, uuid, name) is not None)
            ):
                yield f"{_what(consumer, amount, name)} of {_name(reshape.before, uuid)}, which will have none"
    for (uuid, name), used in after.items():
        inventory = _inventory(reshape.after, uuid, name)
        if inventory is None or (uuid, name) not in moved:
            continue
        room = capacity(vars(inventory))
        if used > max(room, before.get((uuid, name), 0)):
            yield f"{used} of {name} on {_name(reshape.after, uuid)}, which has room for {room}"


def _inventory(tree: ProviderTree, uuid: str, name: str) -> Inventory | None:
    provider = tree.by_uuid.get(uuid)
    return provider.inventories.get(name) if provider else None


def _fits(inventory: Inventory, amount: int) -> bool:
    return inventory.min_unit <= amount <= inventory.max_unit and amount % inventory.step_size == 0


def _what(consumer: Consumer, amount: int, name: str) -> str:
    return f"{consumer.label} would hold {amount} of {name}"


def _name(tree: ProviderTree, uuid: str) -> str:
    provider = tree.by_uuid.get(uuid)
    return provider.name if provider else uuid
