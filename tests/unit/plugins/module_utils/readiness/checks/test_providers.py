# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Placement's view of the hosts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.stackroll.nova.plugins.module_utils.model.database_rows import ComputeNode
from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Fleet, Unknown
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.questions import COMPUTE_NODES, FLEET
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.result import CheckResult
from ansible_collections.stackroll.nova.tests.unit.plugins import fake_evidence
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_evidence import (
    child,
    fleet,
    held,
    inventory,
    node,
    nodes,
    root,
    server,
)

OF_NODES = "Resource providers of compute nodes"
WITHOUT_NODE = "Resource providers without a compute node"
ADD_UP = "Allocations add up"
OVER = "Providers over capacity"
NAMES = (OF_NODES, WITHOUT_NODE, ADD_UP, OVER)
HEALTHY = fleet(servers=(server(),), allocations=(held("db", VCPU=2, MEMORY_MB=512, DISK_GB=10),))
BOTH = (node("cmp1"), node("cmp2"))


def ask(name: str, seen: Fleet, *found: ComputeNode, **more: Any) -> CheckResult:
    return fake_evidence.ask(name, {FLEET: seen, COMPUTE_NODES: nodes(*(found or BOTH), **more)})


@pytest.mark.parametrize("name", NAMES)
def test_healthy(name: str) -> None:
    result = ask(name, HEALTHY)
    assert (result.result, result.objects) == ("success", ())


@pytest.mark.parametrize("name", NAMES)
def test_a_placement_that_does_not_answer_accuses_nobody(name: str) -> None:
    silent = fleet(hosts=(), unknown=(Unknown("resource providers", "503"),))
    result = ask(name, silent)
    assert (result.result, result.objects) == ("unknown", ("resource providers",))


@pytest.mark.parametrize("name", [OF_NODES, WITHOUT_NODE, OVER])
def test_a_fleet_without_inventories(name: str) -> None:
    result = ask(name, fleet(inventories={}))
    assert (result.result, result.summary) == ("unknown", "The fleet has no inventories.")
    assert "fleet_info" in result.remedy


@pytest.mark.parametrize(
    ("found", "named"),
    [
        (node("cmp3"), "cmp3 (no resource provider node-cmp3)"),
        (node("cmp1", uuid="new"), "cmp1 (its resource provider has UUID node-cmp1 instead of new)"),
        (node("cmp1", node="renamed"), "renamed (its resource provider node-cmp1 is named cmp1)"),
        (node("bare"), "bare (no VCPU or PCPU inventory)"),
        (node("empty"), "empty (no VCPU or PCPU inventory)"),
    ],
)
def test_nodes_that_placement_does_not_know(found: ComputeNode, named: str) -> None:
    seen = fleet(
        providers=(root("cmp1"), root("bare"), root("empty")),
        inventories={"node-cmp1": inventory(VCPU=8), "node-bare": inventory(MEMORY_MB=1, DISK_GB=1)},
    )
    result = ask(OF_NODES, seen, found)
    assert (result.result, result.objects) == ("failure", (named,))


def test_pinned_hosts_and_ironic_nodes() -> None:
    seen = fleet(
        providers=(root("cmp1"), root("metal")),
        inventories={"node-cmp1": inventory(PCPU=8), "node-metal": inventory(CUSTOM_GOLD=1)},
    )
    assert ask(OF_NODES, seen, node("cmp1"), node("metal", hypervisor_type="ironic")).result == "success"
    assert ask(OF_NODES, seen, node("cmp1"), node("metal")).result == "failure"


def test_a_provider_that_is_left_over() -> None:
    seen = fleet(hosts=("cmp1", "cmp2", "gone"), allocations=(held("db", "node-gone", VCPU=2),))
    result = ask(WITHOUT_NODE, seen)
    assert (result.result, result.objects) == ("warning", ("gone (node-gone, 1 consumer)",))


def test_what_is_no_host() -> None:
    others = (child("cmp1", "gpu"), root("shared-storage"), root("bandwidth"))
    stock = {
        "node-cmp1": inventory(VCPU=8),
        "cmp1-gpu": inventory(VCPU=8),
        "node-shared-storage": inventory(DISK_GB=100),
    }
    assert ask(WITHOUT_NODE, fleet(providers=(root("cmp1"), *others), inventories=stock)).result == "success"


def test_a_provider_of_a_cell_that_does_not_answer_is_not_left_over() -> None:
    result = ask(WITHOUT_NODE, fleet(), node("cmp1"), silent={"cell2": "timed out"})
    assert (result.result, result.objects) == ("unknown", ("cell2",))


@pytest.mark.parametrize(
    ("allocations", "named"),
    [
        ((), "missing: db (id-of-db): it has no allocations"),
        (
            (*HEALTHY.allocations, held("db", "node-cmp2", VCPU=2)),
            "doubled: db (id-of-db): it has allocations on cmp2 as well",
        ),
        (
            (*HEALTHY.allocations, held("nobody", VCPU=1)),
            "orphaned: consumer (id-of-nobody): it is neither a server nor an unfinished migration",
        ),
    ],
)
def test_drift(allocations: tuple[Any, ...], named: str) -> None:
    result = ask(ADD_UP, fleet(servers=(server(),), allocations=allocations))
    assert (result.result, result.objects) == ("warning", (named,))


def test_a_server_in_transition_is_not_judged() -> None:
    assert ask(ADD_UP, fleet(servers=(server(task_state="migrating"),))).result == "success"


def test_over_capacity_with_figures() -> None:
    stock = {"VCPU": {"total": 8, "reserved": 1, "allocation_ratio": 1.1}, **inventory(MEMORY_MB=100)}
    seen = fleet(
        providers=(root("cmp1"),),
        inventories={"node-cmp1": stock},
        allocations=(held("a", VCPU=4, MEMORY_MB=100), held("b", VCPU=4)),
    )
    result = ask(OVER, seen)
    assert (result.result, result.objects) == ("warning", ("cmp1 (VCPU: 8 used of 7)",))


def test_what_another_provider_holds_does_not_count() -> None:
    seen = fleet(allocations=(held("a", VCPU=8), held("b", "node-cmp2", VCPU=8)))
    assert ask(OVER, seen).result == "success"


@given(
    total=st.integers(1, 2**31 - 1),
    share=st.floats(0, 1),
    ratio=st.floats(0.01, 100).map(lambda value: round(value, 4)),
    beyond=st.integers(-2, 2),
)
def test_the_last_unit_that_placement_counts_is_not_over_capacity(
    total: int, share: float, ratio: float, beyond: int
) -> None:
    reserved = int(total * share)
    capacity = int((total - reserved) * ratio)  # placement/objects/inventory.py
    used = max(1, capacity + beyond)
    stock = {"VCPU": {"total": total, "reserved": reserved, "allocation_ratio": ratio}}
    seen = fleet(providers=(root("cmp1"),), inventories={"node-cmp1": stock}, allocations=(held("a", VCPU=used),))
    assert (ask(OVER, seen).result == "warning") is (used > capacity)
