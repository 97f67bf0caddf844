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
from ansible_collections.stackroll.nova.tests.unit.plugins.module_utils.reshape.trees import (
    HOST,
    VOCABULARY,
    FakePlacement,
    Refused,
    forget_generations,
    inventory,
    planned,
    provider,
    tree,
    uuid_of,
)

SHARED = "shared storage"
RATIOS = st.sampled_from((1.0, 1.0, 1.5, 4.0))


@st.composite
def hosts(draw: st.DrawFn) -> ProviderTree:
    """A root with CPUs, memory and disk, perhaps over-committed, a child that is nobody's business, and consumers."""
    cpus, memory = draw(st.integers(6, 30)), draw(st.integers(6, 30))
    step = draw(st.sampled_from((1, 1, 2)))
    root = {
        "VCPU": inventory(cpus, allocation_ratio=draw(RATIOS)),
        "MEMORY_MB": inventory(
            memory * 2, step_size=step, reserved=draw(st.integers(0, 3)), allocation_ratio=draw(RATIOS)
        ),
        "DISK_GB": inventory(100),
        "VGPU": inventory(8),
    }
    consumers: dict[str, dict[str, dict[str, int]]] = {}
    for number in range(draw(st.integers(0, 7))):
        share = {
            "VCPU": draw(st.integers(1, 4)),
            "MEMORY_MB": draw(st.integers(1, 4)) * step,
            "DISK_GB": draw(st.integers(1, 10)),
        }
        if draw(st.booleans()):
            share["VGPU"] = draw(st.integers(1, 3))
        held: dict[str, dict[str, int]] = {HOST: share}
        if draw(st.booleans()):
            held[SHARED] = {"DISK_GB": 5}
        if draw(st.booleans()):
            held["cmp1_agent"] = {"NET_BW": 10}
        consumers[f"vm{number}"] = held
    traits = ("COMPUTE_NODE", "HW_CPU_X86_AMD_SEV")
    return tree(root, consumers, [provider("cmp1_agent", {"NET_BW": 1000})], traits=traits)


def parts(draw: st.DrawFn, whole: int, number: int) -> list[int]:
    """Even or random parts of a whole, the last one for the root."""
    even = draw(st.booleans())
    cuts = sorted(whole * (part + 1) // (number + 1) if even else draw(st.integers(0, whole)) for part in range(number))
    return [right - left for left, right in zip([0, *cuts], [*cuts, whole])]


@st.composite
def layouts(draw: st.DrawFn, there: ProviderTree) -> dict[str, Any]:
    """Children that take all or some of one or two classes."""
    number = draw(st.integers(1, 3))
    classes = draw(st.sampled_from((("VCPU", "MEMORY_MB"), ("VGPU",), ("VCPU", "MEMORY_MB", "VGPU"), ("MEMORY_MB",))))
    children: list[dict[str, Any]] = [
        {"name": f"{{root}}_part{index}", "inventories": {}, "traits": draw(st.sampled_from(([], ["HW_NUMA_ROOT"])))}
        for index in range(number)
    ]
    for name in classes:
        item = there.root.inventories[name]
        everything = draw(st.booleans())
        totals = parts(draw, item.total, number - 1 if everything else number)
        reserved = item.reserved
        for child, total in zip(children, totals):
            here = min(total, reserved)
            reserved -= here
            if total:
                child["inventories"][name] = {"total": total, "reserved": here}
    return {
        "children": children,
        "root_without_traits": draw(st.sampled_from(([], ["HW_CPU_X86_AMD_SEV"]))),
        "assignment": {
            "strategy": draw(st.sampled_from(("first_fit", "best_fit", "spread"))),
            "split": draw(st.sampled_from((False, True, ["VGPU"]))),
        },
    }


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
