# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nova's cells: which databases a deployment has, from its API database."""

from __future__ import annotations

from dataclasses import dataclass, field

from ansible_collections.stackroll.nova.plugins.module_utils.database.connection import connect
from ansible_collections.stackroll.nova.plugins.module_utils.database.url import fill_template

CELL0_UUID = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True)
class Cell:
    """One row of cell_mappings; *database_url* is a secret."""

    uuid: str
    name: str
    database_url: str = field(repr=False)

    @property
    def is_cell0(self) -> bool:
        """Whether this is the cell of servers that never reached a host."""
        return self.uuid == CELL0_UUID


def list_cells(api_database_url: str, database_url: str, timeout: int = 10) -> list[Cell]:
    """All cells of the API database, cell0 first, templates filled from *database_url* ([database] connection)."""
    with connect(api_database_url, timeout) as database:
        rows = database.rows("SELECT uuid, name, database_connection FROM cell_mappings ORDER BY id")
    cells = [
        Cell(
            uuid=str(row["uuid"]),
            name=str(row["name"] or row["uuid"]),
            database_url=fill_template(str(row["database_connection"]), database_url),
        )
        for row in rows
    ]
    return sorted(cells, key=lambda cell: not cell.is_cell0)
