# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way back when the host has gone on since the reshape."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import ProviderTree
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.undo import Undo, undo_of
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.undoing import plan_undo
from ansible_collections.stackroll.nova.tests.unit.plugins.module_utils.reshape.trees import (
    HOST,
    VOCABULARY,
    FakePlacement,
    consumer,
    held,
    inventory,
    planned,
    provider,
    totals,
    tree,
    uuid_of,
)

LAYOUT = {"children": [{"name": "{root}_gpu0", "inventories": {"VGPU": 4}}]}


@pytest.fixture
def reshaped() -> tuple[ProviderTree, Undo]:
    """A host after its reshape, and the way back."""
    there = tree({"VCPU": 4, "VGPU": 4}, {"a": {HOST: {"VCPU": 1, "VGPU": 1}}, "b": {HOST: {"VGPU": 1}}})
    reshape = planned(there, LAYOUT)
    return FakePlacement(there).carry_out(reshape), undo_of(reshape)


def test_who_has_come_since_goes_to_the_root_as_well(reshaped: tuple[ProviderTree, Undo]) -> None:
    now, undo = reshaped
    child = now.by_name["cmp1_gpu0"].uuid
    new = replace(consumer("c", {}), allocations={uuid_of(HOST): {"VCPU": 1}, child: {"VGPU": 2}})
    kept = tuple(item for item in now.consumers if item.name != "b")
    now = replace(now, consumers=(*kept, new))
    back = FakePlacement(now).carry_out(plan_undo(now, undo, VOCABULARY))
    assert totals(back) == {HOST: {"VCPU": 4, "VGPU": 4}}
    assert held(back, "a") == {HOST: {"VCPU": 1, "VGPU": 1}}
    assert held(back, "c") == {HOST: {"VCPU": 1, "VGPU": 2}}


def test_what_has_changed_since_and_is_not_ours_stays(reshaped: tuple[ProviderTree, Undo]) -> None:
    now, undo = reshaped
    root = replace(now.root, inventories={"VCPU": inventory(8)}, traits=("COMPUTE_NODE",))
    now = replace(now, providers=(root, *now.providers[1:], provider("cmp1_agent", {"NET_BW": 5})))
    back = FakePlacement(now).carry_out(plan_undo(now, undo, VOCABULARY))
    assert totals(back) == {HOST: {"VCPU": 8, "VGPU": 4}, "cmp1_agent": {"NET_BW": 5}}
    assert back.root.traits == ("COMPUTE_NODE",)


def test_other_inventories_than_the_reshape_has_left_are_refused(reshaped: tuple[ProviderTree, Undo]) -> None:
    now, undo = reshaped
    root = replace(now.root, inventories={**now.root.inventories, "VGPU": inventory(7)})
    with pytest.raises(InvalidInput, match="VGPU on cmp1 has changed since the reshape"):
        plan_undo(replace(now, providers=(root, *now.providers[1:])), undo, VOCABULARY)


def test_a_child_with_something_new_is_refused(reshaped: tuple[ProviderTree, Undo]) -> None:
    now, undo = reshaped
    child = now.by_name["cmp1_gpu0"]
    child = replace(child, inventories={**child.inventories, "NET_BW": inventory(7)})
    with pytest.raises(InvalidInput, match="cmp1_gpu0, which the undo deletes, has NET_BW"):
        plan_undo(replace(now, providers=(now.root, child)), undo, VOCABULARY)


def test_an_undo_that_was_killed_before_it_deleted_is_taken_up(reshaped: tuple[ProviderTree, Undo]) -> None:
    now, undo = reshaped
    placement = FakePlacement(now)
    placement.reshape(plan_undo(now, undo, VOCABULARY).body({}))
    rest = plan_undo(placement.tree, undo, VOCABULARY)
    assert not rest.reshapes
    assert [item.name for item in rest.deletes] == ["cmp1_gpu0"]
    assert totals(placement.carry_out(rest)) == {HOST: {"VCPU": 4, "VGPU": 4}}


def test_the_undo_of_another_host_is_refused(reshaped: tuple[ProviderTree, Undo]) -> None:
    now, undo = reshaped
    with pytest.raises(InvalidInput, match="not for cmp1"):
        plan_undo(now, replace(undo, root_uuid=uuid_of("cmp2")), VOCABULARY)
    with pytest.raises(InvalidInput, match="not an undo"):
        Undo.load({"schema": "x"})


def test_what_was_dissolved_comes_back() -> None:
    child = provider("cmp1_gpu9", {"VGPU": 4}, traits=("HW_NUMA_ROOT",))
    there = tree({"VCPU": 4}, {"a": {HOST: {"VCPU": 1}, "cmp1_gpu9": {"VGPU": 2}}}, [child])
    reshape = planned(there, {"dissolve": ["{root}_gpu9"]})
    now = FakePlacement(there).carry_out(reshape)
    assert (totals(now), held(now, "a")) == ({HOST: {"VCPU": 4, "VGPU": 4}}, {HOST: {"VCPU": 1, "VGPU": 2}})
    back = FakePlacement(now).carry_out(plan_undo(now, undo_of(reshape), VOCABULARY))
    assert (totals(back), held(back, "a")) == (totals(there), held(there, "a"))
    assert back.by_name["cmp1_gpu9"].traits == ("HW_NUMA_ROOT",)
