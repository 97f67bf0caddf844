# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of the checks that nova-status and placement-status make too have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.answers import PerCell
from ansible_collections.stackroll.nova.plugins.module_utils.model.database_rows import (
    CELL0_UUID,
    CellMapping,
    ServiceRecord,
)
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_evidence import service

CELL0 = CellMapping(CELL0_UUID, "cell0")
CELL1 = CellMapping("c1", "cell1")
CELLS = (CELL0, CELL1)
SILENCE = {"cell2": "no answer in 10 s"}


def per_cell(silent: Mapping[str, str] | None = None, **cells: Any) -> PerCell[Any]:
    """Answers by cell; cell0 has no hosts."""
    return PerCell(cells, silent or {}, cell0="cell0")


def record(host: str, version: int, binary: str = "nova-compute", **changes: Any) -> ServiceRecord:
    """A service at a version."""
    return service(binary, host, version, **changes)
