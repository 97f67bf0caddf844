# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reshapes of small hosts by hand: what is sent, what stays, and what is refused with which figures."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.acceptance import (
    Unacceptable,
    objections_to_undo,
)
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.layout import Layout
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.plan import plan
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.refusal import NoAssignment
from ansible_collections.stackroll.nova.tests.unit.plugins.module_utils.reshape.trees import (
    HOST,
    VOCABULARY,
    FakePlacement,
    Held,
    Refused,
    held,
    inventory,
    planned,
    provider,
    totals,
    tree,
    uuid_of,
)

GPUS = {
    "children": [
        {"name": "{root}_gpu0", "inventories": {"VGPU": 4}},
        {"name": "{root}_gpu1", "inventories": {"VGPU": 4}, "traits": ["CUSTOM_FAST"], "aggregates": [uuid_of("agg")]},
    ]
}
NUMA = {
    "children": [
        {"name": "{root}_numa0", "inventories": {"VCPU": 8, "MEMORY_MB": 64}},
        {"name": "{root}_numa1", "inventories": {"VCPU": 8, "MEMORY_MB": 64}},
    ]
}


def gpus(**vgpu: int) -> dict[str, Held]:
    """Consumers with so many virtual GPUs, and a port elsewhere."""
    return {name: {HOST: {"VCPU": 1, "VGPU": amount}, "ovs": {"NET_BW": 5}} for name, amount in vgpu.items()}


def numa(**cpus: int) -> dict[str, Held]:
    return {name: {HOST: {"VCPU": amount, "MEMORY_MB": amount * 8}} for name, amount in cpus.items()}


def test_the_body_is_complete() -> None:
    there = tree({"VCPU": 4, "VGPU": 8}, {**gpus(a=2), "plain": {HOST: {"VCPU": 1}}})
    reshape = planned(there, GPUS)
    made = [item.uuid for item in reshape.creates]
    assert [(item.name, item.traits) for item in reshape.creates] == [
        ("cmp1_gpu0", ()),
        ("cmp1_gpu1", ("CUSTOM_FAST",)),
    ]
    assert (reshape.new_classes, reshape.new_traits) == ((), ("CUSTOM_FAST",))
    full = {"reserved": 0, "min_unit": 1, "max_unit": 4, "step_size": 1, "allocation_ratio": 1.0}
    assert reshape.body({made[0]: 0, made[1]: 2}) == {
        "inventories": {
            uuid_of(HOST): {"resource_provider_generation": 7, "inventories": {"VCPU": {"total": 4, **full}}},
            made[0]: {"resource_provider_generation": 0, "inventories": {"VGPU": {"total": 4, **full}}},
            made[1]: {"resource_provider_generation": 2, "inventories": {"VGPU": {"total": 4, **full}}},
        },
        "allocations": {
            uuid_of("a"): {
                "allocations": {
                    uuid_of(HOST): {"resources": {"VCPU": 1}},
                    uuid_of("ovs"): {"resources": {"NET_BW": 5}},
                    made[0]: {"resources": {"VGPU": 2}},
                },
                "consumer_generation": 3,
                "project_id": "p",
                "user_id": "u",
            }
        },
    }
    assert {(move["provider"], move["before"], move["after"]) for move in reshape.moves()} == {
        ("cmp1_gpu0", 0, 2),
        (HOST, 2, 0),
    }


def test_a_reshaped_tree_needs_nothing() -> None:
    there = tree({"VCPU": 4, "VGPU": 8}, gpus(a=2, b=3))
    now = FakePlacement(there).carry_out(planned(there, GPUS))
    assert not planned(now, GPUS).changed
    assert not planned(now, {**GPUS, "assignment": "map"}).changed
    assert not planned(now, {**GPUS, "assignment": {"map": {uuid_of("deleted since"): "{root}_gpu0"}}}).changed


def test_what_a_killed_run_has_left_is_taken_up() -> None:
    """Children were created, and that was all."""
    made = provider("x", {}, generation=0)
    before = tree({"VCPU": 4, "VGPU": 8}, gpus(a=2))
    children = [provider(item.name, {}, uuid=item.uuid) for item in planned(before, GPUS).creates]
    there = tree({"VCPU": 4, "VGPU": 8}, gpus(a=2), [*children, made])
    reshape = planned(there, GPUS)
    assert reshape.creates == ()
    assert [item.name for item in reshape.sets] == ["cmp1_gpu1"]
    now = FakePlacement(there).carry_out(reshape)
    assert totals(now)["cmp1_gpu0"] == {"VGPU": 4}
    assert not planned(now, GPUS).changed


def test_cpus_and_memory_come_from_one_node() -> None:
    there = tree({"VCPU": 16, "MEMORY_MB": 128, "DISK_GB": 9}, numa(a=5, b=5, c=3, d=3))
    now = FakePlacement(there).carry_out(planned(there, NUMA))
    for name in "abcd":
        ((place, amounts),) = held(now, name).items()
        assert place != HOST
        assert set(amounts) == {"VCPU", "MEMORY_MB"}
    assert totals(now) == {
        HOST: {"DISK_GB": 9},
        "cmp1_numa0": {"VCPU": 8, "MEMORY_MB": 64},
        "cmp1_numa1": {"VCPU": 8, "MEMORY_MB": 64},
    }


def test_what_children_leave_over_stays_on_the_root() -> None:
    layout = {"children": [{"name": "{root}_gpu0", "inventories": {"VGPU": 6}}]}
    there = tree({"VCPU": 4, "VGPU": inventory(8, reserved=1)}, gpus(a=6, b=1))
    now = FakePlacement(there).carry_out(planned(there, layout))
    assert now.root.inventories["VGPU"] == inventory(2, reserved=1)
    assert held(now, "a")["cmp1_gpu0"] == {"VGPU": 6}
    assert held(now, "b")[HOST]["VGPU"] == 1


def test_the_map_decides_and_the_strategy_does_the_rest() -> None:
    there = tree({"VCPU": 4, "VGPU": 8}, gpus(a=1, b=1, c=3))
    chosen = {uuid_of("a"): "{root}_gpu1", uuid_of("c"): {"{root}_gpu0": {"VGPU": 1}, "{root}_gpu1": {"VGPU": 2}}}
    now = FakePlacement(there).carry_out(
        planned(there, {**GPUS, "assignment": {"strategy": "first_fit", "map": chosen}})
    )
    assert held(now, "a")["cmp1_gpu1"] == {"VGPU": 1}
    assert held(now, "b")["cmp1_gpu0"] == {"VGPU": 1}
    assert (held(now, "c")["cmp1_gpu0"], held(now, "c")["cmp1_gpu1"]) == ({"VGPU": 1}, {"VGPU": 2})


def test_shares_are_split_only_when_said_so() -> None:
    there = tree({"VCPU": 4, "VGPU": 8}, gpus(a=3, b=3, c=2))
    with pytest.raises(
        NoAssignment, match=r"c \(.*\) \(2 VGPU\); there is room on cmp1_gpu0: 4 VGPU, cmp1_gpu1: 4 VGPU"
    ):
        planned(there, GPUS)
    now = FakePlacement(there).carry_out(planned(there, {**GPUS, "assignment": {"split": ["VGPU"]}}))
    assert {name: len(held(now, name)) for name in "abc"} == {"a": 3, "b": 3, "c": 4}


def test_over_commit_that_the_root_tolerates_is_refused_on_children() -> None:
    there = tree({"VCPU": 4, "VGPU": 8}, gpus(a=4, b=4, c=2))
    with pytest.raises(NoAssignment, match="10 of VGPU are held, and there is room for 8: ") as refused:
        planned(there, GPUS)
    assert refused.value.details["consumers"] == [{"uuid": uuid_of("c"), "name": "c", "resources": {"VGPU": 2}}]
    assert refused.value.details["free"] == [{"provider": "cmp1_gpu0", "VGPU": 4}, {"provider": "cmp1_gpu1", "VGPU": 4}]


def test_who_is_too_large_is_named() -> None:
    there = tree({"VCPU": 4, "VGPU": 8}, gpus(a=5))
    with pytest.raises(
        NoAssignment, match=r"a \(.*\) holds 5 VGPU, which no provider gives to one consumer \(cmp1_gpu0: 1 to 4 VGPU, "
    ):
        planned(there, GPUS)


def test_what_is_kept_has_to_be_acceptable_too() -> None:
    there = tree({"VCPU": inventory(8, max_unit=2), "VGPU": 8}, {"a": {HOST: {"VCPU": 3, "VGPU": 1}}})
    with pytest.raises(Unacceptable, match="would hold 3 of VCPU of cmp1, which gives 1 to 2 at once"):
        planned(there, GPUS)


def test_a_root_over_capacity_may_shrink_but_not_grow_back() -> None:
    layout = {"children": [{"name": "{root}_gpu0", "inventories": {"VGPU": 2}}]}
    there = tree({"VGPU": inventory(4, max_unit=8)}, {"a": {HOST: {"VGPU": 4}}, "b": {HOST: {"VGPU": 2}}})
    reshape = planned(there, layout)
    FakePlacement(there).carry_out(reshape)
    assert objections_to_undo(reshape) == ["6 of VGPU on cmp1, which has room for 4"]


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ({"map": {uuid_of("x"): "{root}_gpu0"}}, "names .*, which has no allocations on cmp1"),
        ({"map": {uuid_of("a"): "gpu7"}}, "to gpu7, which the layout of cmp1 does not have"),
        ({"map": {uuid_of("a"): {"{root}_gpu0": {"VGPU": 2}}}}, "gives a .* 2 of VGPU, and it holds 3"),
    ],
)
def test_a_wrong_map_is_refused(assignment: Any, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        planned(tree({"VCPU": 4, "VGPU": 8}, gpus(a=3)), {**GPUS, "assignment": assignment})


def test_a_map_that_does_not_fit_is_refused() -> None:
    chosen = {uuid_of(name): "{root}_gpu0" for name in "ab"}
    with pytest.raises(
        NoAssignment,
        match=r"takes 6 of VGPU from cmp1_gpu0 \(b .*: 3, a .*: 3\), which has room for 4 and gives 1 to 4 to",
    ):
        planned(tree({"VCPU": 4, "VGPU": 8}, gpus(a=3, b=3)), {**GPUS, "assignment": {"map": chosen}})


def test_a_map_has_to_name_everybody_who_has_a_choice() -> None:
    chosen = {"strategy": "map", "map": {uuid_of("a"): "{root}_gpu0"}}
    with pytest.raises(NoAssignment, match=r"b \(.*\) .*assignment.map does not name them"):
        planned(tree({"VCPU": 4, "VGPU": 8}, gpus(a=3, b=3)), {**GPUS, "assignment": chosen})


@pytest.mark.parametrize(
    ("layout", "message"),
    [
        ({"children": [{"name": "a", "inventories": {"VGPU": 9}}]}, "gives out 9 of VGPU .*, where cmp1 has 8"),
        ({**GPUS, "root": {"VGPU": 1}}, "gives out 9 of VGPU and reserves 0, where cmp1 has 8 and reserves 0"),
        (
            {"children": [{"name": "a", "inventories": {"MEMORY_MB": 64}}]},
            "reserves 0, where cmp1 has 64 and reserves 6",
        ),
        ({"children": [{"name": "a", "inventories": {"CUSTOM_X": 2}}]}, "gives out 2 of CUSTOM_X .* cmp1 has 0"),
        (
            {"children": [{"name": "a", "inventories": {"VPU": 2}}], "totals": {"VPU": 2}},
            "not know the resource class VPU",
        ),
        ({**GPUS, "children": [{"name": "a", "traits": ["FAST"]}]}, "Placement does not know the trait FAST"),
        ({"children": [{"name": "a", "parent": "b"}]}, "a hangs below b, which is not there"),
        (
            {"children": [{"name": "cmp1_agent_port"}]},
            "cmp1_agent_port is there, and not below {root}|and not below cmp1",
        ),
        ({"dissolve": ["cmp1_agent"]}, "cmp1_agent_port would lose its parent"),
    ],
)
def test_layouts_that_do_not_fit_the_tree_are_refused(layout: Any, message: str) -> None:
    agents = [provider("cmp1_agent", {}), provider("cmp1_agent_port", {}, "cmp1_agent")]
    there = tree({"VGPU": 8, "MEMORY_MB": inventory(64, reserved=6)}, children=agents)
    with pytest.raises(InvalidInput, match=message):
        planned(there, layout)


def test_declared_totals_are_followed() -> None:
    there = tree({"VCPU": 4, "VGPU": inventory(8, reserved=2)}, gpus(a=2))
    layout = {
        "children": [{"name": "{root}_gpu0", "inventories": {"VGPU": 16}}],
        "totals": {"VGPU": {"total": 16, "reserved": 0}},
    }
    now = FakePlacement(there).carry_out(planned(there, layout))
    assert totals(now) == {HOST: {"VCPU": 4}, "cmp1_gpu0": {"VGPU": 16}}
    assert not planned(now, layout).changed


def test_other_children_take_over() -> None:
    there = tree({"VCPU": 4, "VGPU": 8}, gpus(a=2, b=3, c=2))
    two = FakePlacement(there).carry_out(planned(there, GPUS))
    parts = [
        {"name": f"{{root}}_part{number}", "inventories": {"VGPU": total}} for number, total in enumerate((3, 1, 1, 3))
    ]
    layout = {"children": parts, "dissolve": ["{root}_gpu0", "{root}_gpu1"], "assignment": {"split": True}}
    four = FakePlacement(two).carry_out(planned(two, layout))
    assert totals(four) == {
        HOST: {"VCPU": 4},
        **{f"cmp1_part{number}": {"VGPU": total} for number, total in enumerate((3, 1, 1, 3))},
    }
    assert not planned(four, layout).changed


def test_who_is_on_a_child_stays_there() -> None:
    there = tree({"VCPU": 4, "VGPU": 4}, gpus(new=1), [provider("cmp1_gpu0", {"VGPU": 4}, traits=("HW_NUMA_ROOT",))])
    old = tree({}, {"old": {HOST: {"VCPU": 1}, "cmp1_gpu0": {"VGPU": 2}}}).consumers
    there = replace(there, consumers=there.consumers + old)
    for strategy in ("first_fit", "best_fit", "spread"):
        now = FakePlacement(there).carry_out(planned(there, {**GPUS, "assignment": strategy}))
        assert held(now, "old")["cmp1_gpu0"] == {"VGPU": 2}
        assert now.by_name["cmp1_gpu0"].traits == ("HW_NUMA_ROOT",)


def test_who_is_on_a_child_moves_when_others_need_the_room() -> None:
    there = tree({"VCPU": 4, "VGPU": 3}, gpus(new=4), [provider("cmp1_gpu0", {"VGPU": 4})])
    old = tree({}, {"old": {HOST: {"VCPU": 1}, "cmp1_gpu0": {"VGPU": 3}}}).consumers
    layout = {
        "children": [
            {"name": "{root}_gpu0", "inventories": {"VGPU": 4}},
            {"name": "{root}_gpu1", "inventories": {"VGPU": 3}},
        ]
    }
    there = replace(there, consumers=there.consumers + old)
    now = FakePlacement(there).carry_out(planned(there, layout))
    assert (held(now, "new")["cmp1_gpu0"], held(now, "old")["cmp1_gpu1"]) == ({"VGPU": 4}, {"VGPU": 3})


def test_children_of_children() -> None:
    layout = {
        "children": [
            {"name": "{root}_gpu_a", "parent": "{root}_gpu", "inventories": {"VGPU": 8}},
            {"name": "{root}_gpu"},
        ]
    }
    there = tree({"VCPU": 4, "VGPU": 8}, gpus(a=2))
    reshape = planned(there, layout)
    assert [item.name for item in reshape.creates] == ["cmp1_gpu", "cmp1_gpu_a"]
    now = FakePlacement(there).carry_out(reshape)
    assert held(now, "a")["cmp1_gpu_a"] == {"VGPU": 2}
    flat = plan(now, Layout.parse(layout).flat(), VOCABULARY)
    assert [item.name for item in flat.deletes] == ["cmp1_gpu_a", "cmp1_gpu"]
    assert totals(FakePlacement(now).carry_out(flat)) == totals(there)


def test_somebody_who_came_meanwhile_is_a_conflict() -> None:
    """The generations of the tree are those of the pass in which it was read."""
    there = tree({"VCPU": 4, "VGPU": 8}, gpus(a=2))
    reshape = planned(there, GPUS)
    later = replace(there, providers=(replace(there.root, generation=8),))
    with pytest.raises(Refused, match="generation"):
        FakePlacement(later).carry_out(reshape)
