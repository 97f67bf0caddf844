# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nova's cells: which databases a deployment has, from its API database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from ansible_collections.stackroll.nova.plugins.module_utils.database.connection import Row, connect
from ansible_collections.stackroll.nova.plugins.module_utils.database.url import fill_template, template_gaps
from ansible_collections.stackroll.nova.plugins.module_utils.model.database_rows import CELL0_UUID
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput

_QUERY = "SELECT uuid, name, database_connection, disabled FROM cell_mappings ORDER BY id"


@dataclass(frozen=True)
class Cell:
    """One row of cell_mappings; *database_url* is a secret. Cells of the same name bear their UUID beside it."""

    uuid: str
    name: str
    database_url: str = field(repr=False)
    disabled: bool = False

    @property
    def is_cell0(self) -> bool:
        """Whether this is the cell of servers that never reached a host."""
        return self.uuid == CELL0_UUID


def list_cells(api_database_url: str, database_url: str, timeout: int = 10) -> list[Cell]:
    """All cells of the API database, cell0 first, templates filled from *database_url* ([database] connection)."""
    with connect(api_database_url, timeout) as database:
        return read_cells(database.rows, database_url)


def read_cells(read: Callable[[str], list[Row]], database_url: str, strict: bool = False) -> list[Cell]:
    """The same through an open session. *strict* refuses a template that cannot be filled, which Nova uses as it is."""
    rows = read(_QUERY)
    cells = []
    for name, row in zip(unique_names(rows), rows):
        mapping = str(row["database_connection"])
        if strict:
            _require_parts(name, mapping, database_url)
        url = fill_template(mapping, database_url)
        cells.append(Cell(uuid=str(row["uuid"]), name=name, database_url=url, disabled=bool(row.get("disabled"))))
    return sorted(cells, key=lambda cell: not cell.is_cell0)


def unique_names(rows: list[Row]) -> list[str]:
    """What the cells of these rows are called here, in their order: by name, by UUID, or by both where two share a name."""
    names = Counter(row["name"] for row in rows)
    return [
        f"{row['name']} ({row['uuid']})" if row["name"] and names[row["name"]] > 1 else str(row["name"] or row["uuid"])
        for row in rows
    ]


def _require_parts(name: str, mapping: str, database_url: str) -> None:
    gaps = template_gaps(mapping, database_url)
    if gaps:
        parts = ", ".join(f"{{{gap}}}" for gap in gaps)
        lack = "does not have" if database_url else "would fill, but it is not given"
        raise InvalidInput(
            f"The database URL of cell {name} is a template with {parts}, which [database] connection"
            f" (the option databases.nova) {lack}.",
            "Complete that connection, or mend the cell mapping (nova-manage cell_v2 list_cells, update_cell).",
        )
