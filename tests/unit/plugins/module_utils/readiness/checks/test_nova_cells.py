# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cells v2, both ways."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.model.database_rows import HostMapping
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.questions import (
    CELL_MAPPINGS,
    COMPUTE_NODES,
    HOST_MAPPINGS,
)
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_evidence import ask, node
from ansible_collections.stackroll.nova.tests.unit.plugins.status_checks import CELL0, CELL1, CELLS, SILENCE, per_cell

MAPPED = (HostMapping("cmp1", "c1"),)
NODES = per_cell(cell0=(), cell1=(node("cmp1"),))
EMPTY = per_cell(cell0=(), cell1=())


@pytest.mark.parametrize(
    ("cells", "hosts", "nodes", "result", "summary"),
    [
        (CELLS, MAPPED, NODES, "success", ""),
        ((), MAPPED, NODES, "failure", "at least two cell mappings"),
        ((CELL0,), MAPPED, NODES, "failure", "at least two cell mappings"),
        ((CELL1, CELL1), MAPPED, NODES, "failure", "No cell0 mapping found."),
        (CELLS, (), NODES, "failure", "No host mappings found but there are compute nodes."),
        (CELLS, (), EMPTY, "success", "'nova-manage cell_v2 discover_hosts'"),
        (CELLS, (), per_cell(cell0=(node("lost"),), cell1=()), "success", "No host mappings or compute nodes"),
        (CELLS, (), per_cell(SILENCE, cell0=(), cell1=()), "unknown", "cell2 did not answer"),
        (CELLS, (), per_cell(SILENCE, cell1=(node("cmp1"),)), "failure", "No host mappings found"),
        (CELLS, MAPPED, per_cell(SILENCE, cell1=()), "success", ""),
    ],
)
def test_cells_v2(cells: Any, hosts: Any, nodes: Any, result: str, summary: str) -> None:
    found = ask("Cells v2", {CELL_MAPPINGS: cells, HOST_MAPPINGS: hosts, COMPUTE_NODES: nodes})
    assert found.result == result
    assert summary in found.summary
    assert (found.remedy == "nova-manage cell_v2 simple_cell_setup") == (result == "failure")
