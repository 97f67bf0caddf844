# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nova's cells as the API database names their message queues."""

from __future__ import annotations

from dataclasses import dataclass, field

from ansible_collections.stackroll.nova.plugins.module_utils.database.cells import unique_names
from ansible_collections.stackroll.nova.plugins.module_utils.database.connection import connect

_QUERY = "SELECT uuid, name, transport_url, disabled FROM cell_mappings ORDER BY id"


@dataclass(frozen=True)
class CellTransport:
    """The transport URL of one cell's mapping, which is a secret and may be a template."""

    name: str
    url: str = field(repr=False)


def list_cell_transports(api_database_url: str, timeout: int = 10) -> list[CellTransport]:
    """All cells, the disabled ones as well: their computes are upgraded like all others."""
    with connect(api_database_url, timeout) as database:
        rows = database.rows(_QUERY)
    return [CellTransport(name, str(row["transport_url"] or "")) for name, row in zip(unique_names(rows), rows)]
