# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decide one reshape: a tree and a layout in, data out. Nothing is read or written.

What Placement would refuse is refused here, with the figures, before anything is created.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import ProviderTree
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import some
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.acceptance import refuse_unacceptable
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.assignment import assign
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.demands import refuse_strangers
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.invariant import Declared, declared, differences
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.layout import Layout
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.refusal import NoAssignment
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.request import Reshape
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.target import target
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.vocabulary import Vocabulary


def plan(tree: ProviderTree, layout: Layout, vocabulary: Vocabulary) -> Reshape:
    """The reshape of a tree to a layout; one that has it already needs nothing. Raises InvalidInput, NoAssignment, Unacceptable."""
    layout = layout.named(tree.root.name)
    vocabulary.new_classes(layout.classes)
    wanted = target(tree, layout)
    try:
        holdings = assign(tree, wanted, layout)
    except NoAssignment:
        refuse_strangers(tree, layout)  # perhaps a mistyped name is the reason
        raise
    after = replace(tree.with_holdings(holdings), providers=wanted.providers)
    reshape = proven(tree, after, declared(tree, after, layout), vocabulary)
    if reshape.changed:
        # Later on, a host that has its layout may well have lost servers.
        refuse_strangers(tree, layout)
    return reshape


def proven(
    before: ProviderTree,
    after: ProviderTree,
    allowed: Declared,
    vocabulary: Vocabulary,
    *,
    restored: Collection[str] = (),
) -> Reshape:
    """The reshape between two trees, once it is sure that Placement takes it and that nothing is lost. Raises StackrollError.

    *restored*: consumers, by UUID, that have lost something before and get it back.
    """
    reshape = Reshape(
        before,
        after,
        allowed,
        new_classes=vocabulary.new_classes(name for item in after.providers for name in item.inventories),
        new_traits=vocabulary.new_traits(name for item in after.providers for name in item.traits),
    )
    kept = tuple(item for item in before.consumers if item.uuid not in restored)
    lost = differences(replace(before, consumers=kept), after, allowed)
    if lost:
        raise StackrollError(
            f"This reshape of {before.root.name} would change what it must not: {some(lost)}.",
            "This is a mistake in the collection; nothing was changed. Report it with the tree and the layout.",
        )
    refuse_unacceptable(reshape)
    return reshape
