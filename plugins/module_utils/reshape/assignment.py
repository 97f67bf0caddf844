# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which place gives which consumer its share.

First the map is followed. Who is on a child already stays if everybody else finds room. Then the strategy decides, and where it finds
no way, every other way is tried.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import (
    Holdings,
    Inventory,
    ProviderData,
    ProviderTree,
)
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.bundles import bundles
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.demands import (
    Amounts,
    Place,
    demands_of,
    follow_map,
    only,
    places_of,
)
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.distribution import (
    Given,
    Outcome,
    distribute,
    less,
)
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.layout import Layout
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.refusal import Lack, refuse, refuse_map
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.staying import homes, on_children, present
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.target import Target


def assign(tree: ProviderTree, target: Target, layout: Layout) -> dict[str, Holdings]:
    """All that each consumer with a share holds afterwards, by UUID. Raises InvalidInput and NoAssignment."""
    return _Assigner(tree, target, layout).assign()


class _Assigner:
    """One layout on one tree."""

    def __init__(self, tree: ProviderTree, target: Target, layout: Layout) -> None:
        self._tree, self._target, self._layout = tree, target, layout
        self._places = places_of(tree, target)
        self._demands = demands_of(tree, target, layout)
        self._free = {(place.uuid, name): item.room for place in self._places for name, item in place.limits.items()}

    def assign(self) -> dict[str, Holdings]:
        follow_map(self._tree, self._layout, self._places, self._demands)
        refuse_map(self._tree, self._places, self._demands)
        self._free = less(self._free, {demand.consumer.uuid: demand.given for demand in self._demands})
        lacks = [self._assign(classes) for classes in bundles(self._target, self._layout.assignment)]
        refuse(self._tree, [lack for lack in lacks if lack is not None])
        return {demand.consumer.uuid: demand.holdings() for demand in self._demands}

    def _assign(self, classes: Sequence[str]) -> Lack | None:
        """Give everybody their share of these classes, or say who lacks it."""
        lacking = {demand.consumer.uuid: demand for demand in self._demands if only(demand.missing(), classes)}
        wanted = {uuid: only(demand.missing(), classes) for uuid, demand in lacking.items()}
        places = [place for place in self._places if not place.limits.keys().isdisjoint(classes)]
        there = present(lacking, wanted, places, classes)
        same = self._same(classes)
        staying = there if same else on_children(there, self._tree.root_uuid, self._free)
        moving = {uuid: amounts for uuid, amounts in wanted.items() if uuid not in staying}
        outcome = self._distribute(classes, moving, places, staying, {})
        if outcome.left and not same:
            staying, moving = {}, wanted
            outcome = self._distribute(classes, moving, places, {}, homes(there))
        if outcome.left:
            return Lack(
                classes=tuple(classes),
                places=tuple(places),
                free=less(self._free, staying),
                wanted={uuid: (lacking[uuid].consumer, amounts) for uuid, amounts in moving.items()},
                left=tuple(outcome.left),
                note=outcome.note,
            )
        given = {**outcome.given, **staying}
        for uuid, holdings in given.items():
            for place, amounts in holdings.items():
                lacking[uuid].give(place, amounts)
        self._free = less(self._free, given)
        return None

    def _distribute(
        self,
        classes: Sequence[str],
        wanted: Mapping[str, Amounts],
        places: Sequence[Place],
        staying: Mapping[str, Given],
        at_home: Mapping[str, str],
    ) -> Outcome:
        free = less(self._free, staying)
        return distribute(classes, wanted, places, free, assignment=self._layout.assignment, homes=at_home)

    def _same(self, classes: Sequence[str]) -> bool:
        """Whether no inventory of these classes changes."""
        return _offered(self._tree.providers, classes) == _offered(self._target.providers, classes)


def _offered(providers: Iterable[ProviderData], classes: Sequence[str]) -> dict[tuple[str, str], Inventory]:
    return {
        (provider.uuid, name): provider.inventories[name]
        for provider in providers
        for name in classes
        if name in provider.inventories
    }
