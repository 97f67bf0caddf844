# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compute nodes, services and host mappings speak of the same hosts."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.model.answers import PerCell
from ansible_collections.stackroll.nova.plugins.module_utils.model.database_rows import (
    CELL0_UUID,
    CellMapping,
    ComputeNode,
    HostMapping,
)
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.questions import (
    CELL_MAPPINGS,
    COMPUTE_NODES,
    HOST_MAPPINGS,
    SERVICES,
)
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.result import CheckResult
from ansible_collections.stackroll.nova.tests.unit.plugins import fake_evidence
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_evidence import cells, node, nodes, service

CELLS = (CellMapping(CELL0_UUID, "cell0"), CellMapping("u1", "cell1"), CellMapping("u2", "cell2"))
HEALTHY: dict[Any, Any] = {
    SERVICES: cells(service(), service("nova-conductor", "ctl1")),
    COMPUTE_NODES: nodes(node()),
    CELL_MAPPINGS: CELLS,
    HOST_MAPPINGS: (HostMapping("cmp1", "u1"),),
}
NAMES = (
    "Compute node identity",
    "Compute nodes without a service",
    "Host mappings",
    "Mapped hosts without a compute service",
)


def ask(name: str, changes: dict[Any, Any]) -> CheckResult:
    return fake_evidence.ask(name, {**HEALTHY, **changes})


@pytest.mark.parametrize("name", NAMES)
def test_healthy(name: str) -> None:
    assert ask(name, {}).result == "success"


@pytest.mark.parametrize("name", NAMES)
def test_a_silent_cell_is_never_fine_and_accuses_nobody(name: str) -> None:
    silent = {"cell2": "timed out"}
    seen = {
        SERVICES: cells(service(version=61), silent=silent),
        COMPUTE_NODES: nodes(silent=silent),
        HOST_MAPPINGS: (HostMapping("cmp1", "u1"), HostMapping("cmp2", "u2")),
    }
    result = ask(name, seen)
    assert (result.result, result.objects) == ("unknown", ("cell2",))


TWO = (node(), node(uuid="other", node="cmp1.example.org"))


@pytest.mark.parametrize(
    ("version", "found", "named"),
    [
        (64, TWO, ("cmp1 (2 compute nodes, service version 64)",)),
        (64, (), ("cmp1 (0 compute nodes, service version 64)",)),
        (65, TWO, ()),
        (65, (), ()),
        (64, (node(),), ()),
        (64, (node(), node(uuid="i1", node="i1", hypervisor_type="ironic")), ()),
        (0, TWO, ()),
        (72, (node(), node("cmp2", uuid="node-cmp1")), ("uuid node-cmp1 (hosts cmp1, cmp2)",)),
        (72, (node(), node("cmp1-old", node="cmp1")), ("node cmp1 (hosts cmp1, cmp1-old)",)),
        (72, (node(), node("cmp2")), ()),
    ],
)
def test_identity(version: int, found: tuple[ComputeNode, ...], named: tuple[str, ...]) -> None:
    result = ask("Compute node identity", {SERVICES: cells(service(version=version)), COMPUTE_NODES: nodes(*found)})
    assert (result.result, result.objects) == ("failure" if named else "success", named)


def test_a_node_of_two_cells() -> None:
    both = PerCell({"cell1": (node(),), "cell2": (node(host="cmp7"),), "cell3": (node(),)}, {}, None)
    result = ask("Compute node identity", {COMPUTE_NODES: both})
    assert result.objects == ("uuid node-cmp1 (hosts cmp1, cmp1)", "node cmp1 (hosts cmp1, cmp1)")


def test_nodes_without_a_service() -> None:
    left = {COMPUTE_NODES: nodes(node(), node("gone"), node("ctl1"))}
    result = ask("Compute nodes without a service", left)
    assert (result.result, result.objects) == (
        "warning",
        ("gone (host gone, node-gone)", "ctl1 (host ctl1, node-ctl1)"),
    )
    other_cell = {SERVICES: cells(service(cell="cell2"))}
    assert ask("Compute nodes without a service", other_cell).result == "warning"


def test_nodes_whose_services_are_not_known() -> None:
    """Two questions to one cell, of which only the first was answered."""
    seen = {
        COMPUTE_NODES: PerCell({"cell1": (node(),), "cell2": (node("cmp2"),)}, {}, None),
        SERVICES: cells(service(), silent={"cell2": "timed out"}),
    }
    result = ask("Compute nodes without a service", seen)
    assert (result.result, result.objects) == ("unknown", ("cell2",))


@pytest.mark.parametrize(
    ("mappings", "result", "summary"),
    [
        ((), "warning", "Not mapped to any cell: cmp1."),
        ((HostMapping("cmp1", "u2"),), "failure", "cmp1 (reports to cell1, mapped to cell2)"),
        ((HostMapping("cmp1", "gone"),), "failure", "cmp1 (reports to cell1, mapped to gone)"),
    ],
)
def test_mappings(mappings: tuple[HostMapping, ...], result: str, summary: str) -> None:
    found = ask("Host mappings", {HOST_MAPPINGS: mappings})
    assert found.result == result
    assert summary in found.summary
    assert "nova-manage cell_v2 discover_hosts" in found.remedy


def test_mapped_without_a_service() -> None:
    mappings = (HostMapping("cmp1", "u1"), HostMapping("ctl1", "u1"))
    result = ask("Mapped hosts without a compute service", {HOST_MAPPINGS: mappings})
    assert (result.result, result.objects) == ("warning", ("ctl1",))
    assert result.remedy == "nova-manage cell_v2 delete_host --cell_uuid u1 --host ctl1"
