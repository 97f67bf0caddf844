# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which servers are on their way, and which have a host, as Nova's cells say. A cell that does not answer is an error here."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.database.connection import Row
from ansible_collections.stackroll.nova.plugins.module_utils.database.fleet_rows import MIGRATIONS_QUERY, migration
from ansible_collections.stackroll.nova.plugins.module_utils.database.nova import NovaDatabases
from ansible_collections.stackroll.nova.plugins.module_utils.database.rows import MANY, portions
from ansible_collections.stackroll.nova.plugins.module_utils.model.answers import PerCell
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.model.server import (
    UNFINISHED_MIGRATION_STATUSES,
    Migration,
    Whereabouts,
)
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import some


def unfinished_migrations(nova: NovaDatabases) -> list[Migration]:
    """The migrations that Nova is not through with, and evacuations whose source is not back. Raises StackrollError."""
    found = nova.ask_cells(
        lambda _cell, database: [
            migration(row) for row in database.rows(MIGRATIONS_QUERY, (UNFINISHED_MIGRATION_STATUSES,))
        ]
    )
    _refuse_silent(found)
    return [item for items in found.answers.values() for item in items]


def servers(nova: NovaDatabases, uuids: Collection[str]) -> dict[str, Whereabouts]:
    """What Nova says of those UUIDs that are servers, by UUID. Raises StackrollError."""
    found = _ask(nova, "SELECT uuid, node, vm_state, task_state FROM instances WHERE deleted = 0 AND uuid IN %s", uuids)
    return {
        str(row["uuid"]): Whereabouts(row["node"], row["vm_state"] or "building", row["task_state"]) for row in found
    }


def servers_on_hosts(nova: NovaDatabases, uuids: Collection[str]) -> set[str]:
    """Those of the UUIDs that are servers with a host, and not about to be deleted. Raises StackrollError."""
    found = _ask(
        nova,
        "SELECT uuid FROM instances WHERE deleted = 0 AND host IS NOT NULL AND uuid IN %s"
        " AND COALESCE(task_state, '') <> 'deleting'",
        uuids,
    )
    return {str(row["uuid"]) for row in found}


def _ask(nova: NovaDatabases, query: str, uuids: Collection[str]) -> list[Row]:
    """The answers of all cells to a query about these UUIDs."""
    chunks = portions(uuids, MANY)
    if not chunks:
        return []
    found = nova.ask_cells(lambda _cell, database: [row for chunk in chunks for row in database.rows(query, (chunk,))])
    _refuse_silent(found)
    return [row for rows in found.answers.values() for row in rows]


def _refuse_silent(found: PerCell[Any]) -> None:
    if found.silent:
        raise StackrollError(
            f"These cells do not answer: {some(f'{name} ({reason})' for name, reason in found.silent.items())}.",
            "What their servers do is unknown. Bring the databases back first.",
        )
