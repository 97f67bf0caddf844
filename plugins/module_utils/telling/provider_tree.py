# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A provider tree as lines of text: what each provider offers, how much of it is used, and by whom if that is asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import (
    Inventory,
    ProviderData,
    ProviderTree,
    shares,
)
from ansible_collections.stackroll.nova.plugins.module_utils.telling.words import clean, number

# By provider and class: label of a consumer and amount.
Holders = Mapping[tuple[str, str], list[tuple[str, int]]]


def tree_lines(tree: ProviderTree, consumers: bool = False) -> list[str]:
    """The tree from its root on, children indented below their parents."""
    used = tree.used()
    holders = _holders(tree) if consumers else {}
    depth: dict[str | None, int] = {None: -1}
    lines = []
    for provider in tree.providers:
        depth[provider.uuid] = depth[provider.parent_uuid] + 1
        margin = "  " * depth[provider.uuid]
        lines += [margin + line for line in _provider(provider, used, holders)]
    return lines


def _provider(provider: ProviderData, used: Mapping[tuple[str, str], int], holders: Holders) -> Iterator[str]:
    """One provider: its name and traits, then a line for each resource class."""
    yield " ".join([clean(provider.name), *(f"[{clean(name)}]" for name in sorted(provider.traits))])
    wide = max((len(name) for name in provider.inventories), default=0)
    for name, item in sorted(provider.inventories.items()):
        yield f"  {name:<{wide}}  {_inventory(item, used.get((provider.uuid, name), 0))}"
        for label, amount in holders.get((provider.uuid, name), ()):
            yield f"    {number(amount)}  {clean(label)}"


def _inventory(item: Inventory, used: int) -> str:
    """How much is used of what there is, and what is not as usual about it."""
    words = [f"{number(used)} of {number(item.total)} used"]
    if item.reserved:
        words.append(f"{number(item.reserved)} reserved")
    if item.allocation_ratio != 1.0:
        words.append(f"ratio {item.allocation_ratio:g}")
    if item.min_unit > 1 or item.max_unit < item.total:
        words.append(f"{number(item.min_unit)} to {number(item.max_unit)} at once")
    if item.step_size > 1:
        words.append(f"steps of {number(item.step_size)}")
    return ", ".join(words)


def _holders(tree: ProviderTree) -> Holders:
    found: dict[tuple[str, str], list[tuple[str, int]]] = {}
    for consumer in sorted(tree.consumers, key=lambda item: (item.name, item.uuid)):
        for uuid, name, amount in shares(consumer.allocations):
            found.setdefault((uuid, name), []).append((consumer.label, amount))
    return found
