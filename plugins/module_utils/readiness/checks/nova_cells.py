# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cells v2: every cell and every host is known to the API database (nova/cmd/status.py, Ocata and later)."""

from __future__ import annotations

from ansible_collections.stackroll.nova.plugins.module_utils.model.release import Release
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.check import (
    NOVA_STATUS,
    Check,
    Finding,
    failure,
    success,
)
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.evidence import View
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.questions import (
    CELL_MAPPINGS,
    COMPUTE_NODES,
    HOST_MAPPINGS,
)


def cells_v2(evidence: View, _target: Release) -> Finding:
    """At least two cells, one of them cell0, and mapped hosts wherever there are compute nodes."""
    cells = evidence[CELL_MAPPINGS]
    if len(cells) < 2:
        return failure("There needs to be at least two cell mappings, one for cell0 and one for your first cell.")
    if not any(cell.is_cell0 for cell in cells):
        return failure("No cell0 mapping found.")
    if evidence[HOST_MAPPINGS]:
        return success()
    if any(nodes for _cell, nodes in evidence[COMPUTE_NODES].real()):
        return failure("No host mappings found but there are compute nodes.")
    return success(
        "No host mappings or compute nodes were found. Remember to run command 'nova-manage cell_v2 discover_hosts' when"
        " new compute hosts are deployed."
    )


CHECKS = (
    Check(
        name="Cells v2",
        group="nova",
        judge=cells_v2,
        reads=(CELL_MAPPINGS, HOST_MAPPINGS, COMPUTE_NODES),
        rule="The API database maps at least two cells, one of them cell0. If any cell has compute nodes, hosts are mapped.",
        remedy="nova-manage cell_v2 simple_cell_setup",
        history="nova-status counts the compute nodes of the database in its own [database] connection, which on API hosts is"
        " often cell0; this check counts those of every cell.",
        command=NOVA_STATUS,
    ),
)
