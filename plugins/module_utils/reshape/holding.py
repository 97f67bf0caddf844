# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge whether a shape holds now that nova-compute runs: it may put back on the root what children have, and say nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import Consumer, ProviderTree
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import some
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.invariant import Declared, declared, differences
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.layout import Layout
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.plan import plan
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.vocabulary import Vocabulary


@dataclass(frozen=True)
class Hold:
    """*broken*: clauses on what does not hold; *gone*: consumers that hold nothing on the host any more."""

    broken: tuple[str, ...]
    gone: tuple[Consumer, ...]


def judge(before: ProviderTree, now: ProviderTree, layout: Layout | None, vocabulary: Vocabulary) -> Hold:
    """Compare a host with itself before the reshape, and with the layout if there is one.

    A reshape writes the allocations of a consumer once, so that its generation is then at most one higher. Who has a higher one was
    written by others since, and is not compared.
    """
    there = {item.uuid: item for item in now.consumers}
    kept = {item.uuid for item in before.consumers if item.uuid in there and _is_ours(item, there[item.uuid])}
    allowed = declared(before, now, layout.named(before.root.name)) if layout else Declared()
    broken = [
        *differences(_only(before, kept), _only(now, kept), allowed),
        *(_layout_differences(now, layout, vocabulary) if layout else ()),
    ]
    return Hold(tuple(broken), tuple(item for item in before.consumers if item.uuid not in there))


def _is_ours(before: Consumer, now: Consumer) -> bool:
    return (now.generation or 0) <= (before.generation or 0) + 1


def _only(tree: ProviderTree, uuids: set[str]) -> ProviderTree:
    return replace(tree, consumers=tuple(item for item in tree.consumers if item.uuid in uuids))


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
