# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nova service records with their versions, read from every cell; the Compute API does not show versions."""

from __future__ import annotations

from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.database.cells import Cell
from ansible_collections.stackroll.nova.plugins.module_utils.database.connection import connect
from ansible_collections.stackroll.nova.plugins.module_utils.database.rows import epoch
from ansible_collections.stackroll.nova.plugins.module_utils.model.database_rows import ServiceRecord
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError

SERVICES_QUERY = (
    "SELECT uuid, `binary`, host, version, disabled, disabled_reason, forced_down, last_seen_up"
    " FROM services WHERE deleted = 0 ORDER BY `binary`, host"
)


def read_services(cells: list[Cell], timeout: int = 10) -> tuple[list[ServiceRecord], list[dict[str, str]]]:
    """Every service of every cell, and the cells that did not answer as ``{"cell", "error"}``."""
    records: list[ServiceRecord] = []
    unknown: list[dict[str, str]] = []
    for cell in cells:
        found, error = _read_cell(cell, timeout)
        records.extend(found)
        if error:
            unknown.append({"cell": cell.name, "error": error})
    return records, unknown


def _read_cell(cell: Cell, timeout: int) -> tuple[list[ServiceRecord], str]:
    try:
        with connect(cell.database_url, timeout) as database:
            return [service_record(cell.name, row) for row in database.rows(SERVICES_QUERY)], ""
    except StackrollError as error:
        return [], str(error)


def service_record(cell: str, row: dict[str, Any]) -> ServiceRecord:
    """A row of that query, in a cell of this name."""
    return ServiceRecord(
        cell=cell,
        uuid=row.get("uuid"),
        binary=str(row["binary"]),
        host=str(row["host"]),
        version=int(row["version"] or 0),
        disabled=bool(row["disabled"]),
        disabled_reason=row["disabled_reason"],
        # Nova's own minimum of versions counts rows with false only, which leaves out very old rows without a value.
        forced_down=row["forced_down"] is None or bool(row["forced_down"]),
        seen_at=epoch(row["last_seen_up"]),
    )
