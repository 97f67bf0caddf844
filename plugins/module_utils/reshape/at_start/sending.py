# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Placement would say to a reshape as nova-compute sends it: with all consumers of the host's tree, each as a whole."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import Consumer, ProviderTree
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.acceptance import objections
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.invariant import Declared
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.request import Reshape


class AsNovaSends(Reshape):
    """A reshape that names everybody, those who keep what they have as well (ResourceTracker._update_to_placement)."""

    @property
    def movers(self) -> tuple[Consumer, ...]:
        """All consumers."""
        return self.after.consumers


def refusals(before: ProviderTree, after: ProviderTree) -> list[str]:
    """Clauses that say why Placement would refuse it; none when it would not. *after* is the tree that nova-compute makes of *before*."""
    return [*_empty_sets(after), *objections(AsNovaSends(before, after, Declared()))]


def _empty_sets(after: ProviderTree) -> Iterator[str]:
    """nova-compute takes the class out of what a consumer holds on the root and sends even what is empty then; the schema forbids that."""
    for consumer in after.consumers:
        if any(not amounts for amounts in consumer.allocations.values()):
            yield f"{consumer.label} holds nothing else on {after.root.name}, and an empty set is refused"
