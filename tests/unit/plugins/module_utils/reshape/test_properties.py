# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random hosts, random layouts: what is planned is accepted, nothing is lost, doing it twice is doing it once, and undo undoes."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from itertools import product
from typing import Any

from hypothesis import event, given, settings
from hypothesis import strategies as st

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import ProviderTree, sums
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.acceptance import (
    Unacceptable,
    objections_to_undo,
)
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.invariant import Declared, host_sums
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.layout import Layout
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.plan import plan
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.refusal import NoAssignment
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.request import Reshape
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.target import target
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.undo import Undo, undo_of
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.undoing import plan_undo
from ansible_collections.stackroll.nova.tests.unit.plugins.module_utils.reshape.strategies import (
    RATIOS,
    SHARED,
    hosts,
    layouts,
)
from ansible_collections.stackroll.nova.tests.unit.plugins.module_utils.reshape.trees import (
    HOST,
    VOCABULARY,
    FakePlacement,
    Refused,
    forget_generations,
    inventory,
    planned,
    tree,
    uuid_of,
)


def reshaped(there: ProviderTree, layout: Any) -> Reshape | None:
    """The reshape, or nothing when it is refused."""
    try:
        return planned(there, layout)
    except (InvalidInput, NoAssignment, Unacceptable) as refused:
        event(type(refused).__name__)
        return None


@settings(max_examples=40, deadline=None)
@given(hosts(), st.data())
def test_what_is_planned_is_accepted_and_nothing_is_lost(there: ProviderTree, data: st.DataObject) -> None:
    layout = data.draw(layouts(there))
    reshape = reshaped(there, layout)
    if reshape is None:
        return
    now = FakePlacement(there).carry_out(reshape)
    assert forget_generations(now) == forget_generations(reshape.after)
    assert host_sums(now) == host_sums(there)
    for old, new in zip(there.consumers, now.consumers):
        assert (old.uuid, old.project_id, old.user_id) == (new.uuid, new.project_id, new.user_id)
        assert sums(old.allocations) == sums(new.allocations)
        assert old.allocations.get(uuid_of(SHARED)) == new.allocations.get(uuid_of(SHARED))
        assert old.allocations[uuid_of(HOST)]["DISK_GB"] == new.allocations[uuid_of(HOST)]["DISK_GB"]
    assert not planned(now, layout).changed
    assert not planned(now, {**layout, "assignment": "spread"}).changed


@settings(max_examples=30, deadline=None)
@given(hosts(), st.data())
def test_the_undo_restores_the_earlier_tree(there: ProviderTree, data: st.DataObject) -> None:
    reshape = reshaped(there, data.draw(layouts(there)))
    if reshape is None or objections_to_undo(reshape):
        return
    undo = Undo.load(undo_of(reshape).to_dict())
    now = FakePlacement(there).carry_out(reshape)
    back = plan_undo(now, undo, VOCABULARY)
    assert back.changed == reshape.changed
    restored = FakePlacement(now).carry_out(back)
    assert forget_generations(restored) == forget_generations(there)
    assert not plan_undo(restored, undo, VOCABULARY).changed


@settings(max_examples=30, deadline=None)
@given(hosts(), st.data())
def test_flat_restores_the_earlier_tree(there: ProviderTree, data: st.DataObject) -> None:
    layout = data.draw(layouts(there))
    reshape = reshaped(there, layout)
    if reshape is None or objections_to_undo(reshape):
        return
    now = FakePlacement(there).carry_out(reshape)
    flat = plan(now, Layout.parse(layout).flat(), VOCABULARY)
    restored = FakePlacement(now).carry_out(flat)
    assert forget_generations(restored) == forget_generations(there)
    assert not plan(restored, Layout.parse(layout).flat(), VOCABULARY).changed


@st.composite
def small_hosts(draw: st.DrawFn) -> tuple[ProviderTree, dict[str, Any]]:
    """Up to three consumers of one class, perhaps too many of it, and two children that take some or all of it."""
    total, ratio = draw(st.integers(2, 9)), draw(RATIOS)
    item = inventory(total, allocation_ratio=ratio, max_unit=draw(st.integers(1, 9)), min_unit=draw(st.integers(1, 2)))
    amounts = draw(st.lists(st.integers(1, 5), max_size=3))
    consumers = {f"vm{number}": {HOST: {"VGPU": amount, "VCPU": 1}} for number, amount in enumerate(amounts)}
    first = draw(st.integers(1, total - 1))
    children = [
        {"name": "{root}_a", "inventories": {"VGPU": {"total": first, "allocation_ratio": draw(RATIOS)}}},
        {"name": "{root}_b", "inventories": {"VGPU": draw(st.integers(1, total - first))}},
    ]
    return tree({"VGPU": item, "VCPU": 4}, consumers), {"children": children}


@settings(max_examples=40, deadline=None)
@given(small_hosts(), st.sampled_from(("first_fit", "best_fit", "spread")))
def test_refused_is_only_what_placement_refuses_in_every_way(
    host: tuple[ProviderTree, dict[str, Any]], strategy: str
) -> None:
    there, layout = host
    wanted = target(there, Layout.parse(layout).named(HOST))
    possible = False
    for places in product(wanted.places, repeat=len(there.consumers)):
        holdings = {}
        for consumer, place in zip(there.consumers, places):
            root = {"VCPU": 1}
            share = {"VGPU": consumer.allocations[uuid_of(HOST)]["VGPU"]}
            apart = {uuid_of(HOST): root, place: share}
            holdings[consumer.uuid] = {place: {**root, **share}} if place == uuid_of(HOST) else apart
        after = replace(there.with_holdings(holdings), providers=wanted.providers)
        with suppress(Refused):
            FakePlacement(there).carry_out(Reshape(there, after, Declared()))
            possible = True
    assert (reshaped(there, {**layout, "assignment": strategy}) is not None) == possible
