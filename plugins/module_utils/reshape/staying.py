# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where shares are now: who may keep what it has."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import sums
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.demands import Amounts, Demand, Place, only
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.distribution import Free, Given, less


def present(
    demands: Mapping[str, Demand], wanted: Mapping[str, Amounts], places: Collection[Place], classes: Collection[str]
) -> dict[str, Given]:
    """By consumer, what it has and could keep: all that it wants, from places that go on offering it."""
    limits = {place.uuid: place.limits for place in places}
    found: dict[str, Given] = {}
    for uuid, amounts in wanted.items():
        by_place = {place: only(held, classes) for place, held in demands[uuid].now.items()}
        now = {place: held for place, held in by_place.items() if held}
        if sums(now) == amounts and all(held.keys() <= limits.get(place, {}).keys() for place, held in now.items()):
            found[uuid] = now
    return found


def on_children(found: Mapping[str, Given], root_uuid: str, free: Free) -> dict[str, Given]:
    """Of those, who has nothing from the root, on places that have room for all who are there."""
    below = {uuid: now for uuid, now in found.items() if root_uuid not in now}
    full = {place for (place, _name), amount in less(free, below).items() if amount < 0}
    return {uuid: now for uuid, now in below.items() if full.isdisjoint(now)}


def homes(found: Mapping[str, Given]) -> dict[str, str]:
    """Of those, the place of who has everything from one place."""
    return {uuid: next(iter(now)) for uuid, now in found.items() if len(now) == 1}
