# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge whether a shape holds now that nova-compute runs: it may put back on the root what children have, and say nothing.

A release reports many things otherwise than the one before it, and servers come and go. So only those resource classes are compared
that the layout names or that have changed their provider, and only consumers that nobody has written but the reshape.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import Consumer, ProviderTree, sums
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import some
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.invariant import (
    Declared,
    declared,
    differences,
    narrowed,
)
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.layout import Layout
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.plan import plan
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.vocabulary import Vocabulary

# What Nova itself makes of a class when it reshapes a host whose servers are pinned.
PINNED = {"PCPU": "VCPU"}


@dataclass(frozen=True)
class Hold:
    """*broken*: clauses on what does not hold; *gone*: consumers that hold nothing on the host any more."""

    broken: tuple[str, ...]
    gone: tuple[Consumer, ...]


def judge(
    before: ProviderTree,
    now: ProviderTree,
    layout: Layout | None,
    vocabulary: Vocabulary,
    movers: Collection[str] | None = None,
) -> Hold:
    """Compare a host with itself before the reshape, and with the layout if there is one.

    *movers*: the consumers that the reshape has written, by UUID; None when nobody knows, as with a reshape of Nova's own.
    """
    there = {item.uuid: item for item in now.consumers}
    kept = {item.uuid for item in before.consumers if item.uuid in there and _is_ours(item, there[item.uuid], movers)}
    allowed = _allowed(before, now, layout)
    classes = _classes(before, now, layout, allowed)
    broken = [
        *differences(narrowed(before, classes, kept), narrowed(now, classes, kept), allowed),
        *(_layout_differences(now, layout, vocabulary) if layout else ()),
    ]
    return Hold(tuple(broken), tuple(item for item in before.consumers if item.uuid not in there))


def _is_ours(before: Consumer, now: Consumer, movers: Collection[str] | None) -> bool:
    """Whether nobody else has written the consumer: every write makes its generation one higher, and a new one begins again."""
    writes = (now.generation or 0) - (before.generation or 0)
    return writes in (0, 1) if movers is None else writes == (before.uuid in movers)


def _allowed(before: ProviderTree, now: ProviderTree, layout: Layout | None) -> Declared:
    """What the layout declares; and what Nova may give to servers that is new to the host, such as PCI devices."""
    found = declared(before, now, layout.named(before.root.name)) if layout else Declared()
    offered = _providers(before)
    if not layout and "PCPU" not in offered:
        found = replace(found, counts_with=PINNED)
    held = {item.uuid: sums(item.allocations) for item in before.consumers}
    gained = {
        item.uuid: {
            name: amount
            for name, amount in sums(item.allocations).items()
            if name not in offered and name not in held[item.uuid] and name not in found.counts_with
        }
        for item in now.consumers
        if item.uuid in held
    }
    return replace(found, gained={**gained, **found.gained})


def _classes(before: ProviderTree, now: ProviderTree, layout: Layout | None, allowed: Declared) -> set[str]:
    """The resource classes to compare; of those that the host did not have before, only what the layout names."""
    old, new = _providers(before), _providers(now)
    found = {name for name, uuids in old.items() if uuids != new.get(name)}.union(layout.classes if layout else ())
    return found.union(name for name, source in allowed.counts_with.items() if source in found)


def _providers(tree: ProviderTree) -> dict[str, set[str]]:
    """By resource class, the providers that offer it."""
    found: dict[str, set[str]] = {}
    for provider in tree.providers:
        for name in provider.inventories:
            found.setdefault(name, set()).add(provider.uuid)
    return found


def _layout_differences(now: ProviderTree, layout: Layout, vocabulary: Vocabulary) -> Iterator[str]:
    """What another reshape to the same layout would have to do."""
    try:
        more = plan(now, layout, vocabulary)
    except StackrollError as error:
        yield f"the layout does not hold: {error.message.rstrip('.')}"
        return
    before = more.before.by_uuid
    names = [item.name for item in more.after.providers if before.get(item.uuid) != item]
    if more.changed:
        yield f"the layout does not hold on {some(names or [now.root.name])}"
