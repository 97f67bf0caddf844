# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks under way: build requests of the API database; servers with a task, migrations and action events of the cells."""

from __future__ import annotations

from collections import defaultdict

from ansible_collections.stackroll.nova.plugins.module_utils.database.cells import Cell
from ansible_collections.stackroll.nova.plugins.module_utils.database.connection import Row
from ansible_collections.stackroll.nova.plugins.module_utils.database.nova import NovaDatabases
from ansible_collections.stackroll.nova.plugins.module_utils.database.rows import MANY, epoch, portions
from ansible_collections.stackroll.nova.plugins.module_utils.database.shared import SharedDatabase
from ansible_collections.stackroll.nova.plugins.module_utils.model.answers import PerCell
from ansible_collections.stackroll.nova.plugins.module_utils.model.control_work import (
    ActionEvent,
    BuildRequest,
    BusyServer,
    MoveRow,
)

# Statuses of migrations in which nova-conductor may have a part; those of a resize that waits for its owner are not among them.
STATUSES = ("accepted", "pre-migrating", "preparing", "queued", "confirming", "reverting")
# Actions that may begin while another one is under way (nova/compute/instance_actions.py).
BESIDE_OTHERS = (
    "extend_volume",
    "live_migration_cancel",
    "live_migration_force_complete",
    "lock",
    "trigger_crash_dump",
    "unlock",
)
_BUILD_REQUESTS = (
    "SELECT r.instance_uuid, r.created_at, c.name, c.uuid AS cell_uuid FROM build_requests r"
    " LEFT JOIN instance_mappings m ON m.instance_uuid = r.instance_uuid"
    " LEFT JOIN cell_mappings c ON c.id = m.cell_id ORDER BY r.id"
)
_COLUMNS = (
    "SELECT uuid, host, vm_state, task_state, created_at, updated_at FROM instances"
    " WHERE deleted = 0 AND (hidden = 0 OR hidden IS NULL) AND"
)
# Three questions, for each of them has an index of its own; one for all three would read the whole table.
_BUSY = f"{_COLUMNS} task_state IS NOT NULL ORDER BY id"
_HOMELESS = f"{_COLUMNS} host IS NULL AND vm_state = 'building' AND task_state IS NULL ORDER BY id"
_NAMED = f"{_COLUMNS} uuid IN %s ORDER BY id"
_MOVES = (
    "SELECT uuid, instance_uuid, status, created_at, updated_at, cross_cell_move,"
    " COALESCE(migration_type, 'migration') AS type FROM migrations"
    " WHERE deleted = 0 AND (hidden = 0 OR hidden IS NULL) AND status IN %s ORDER BY id"
)
_EVENTS = (
    "SELECT a.instance_uuid, a.action, e.event, e.host, e.start_time, e.finish_time, e.result FROM instance_actions a"
    " LEFT JOIN instance_actions_events e ON e.action_id = a.id WHERE a.id IN"
    " (SELECT MAX(id) FROM instance_actions WHERE instance_uuid IN %s AND action NOT IN %s GROUP BY instance_uuid) ORDER BY e.id"
)


def build_requests(nova: NovaDatabases) -> list[BuildRequest]:
    """The servers that have not reached a cell. Ask before the cells: a server is in its cell before its request goes.

    Raises StackrollError.
    """
    return [
        BuildRequest(str(row["instance_uuid"]), _since(row), row["name"] or row["cell_uuid"])
        for row in nova.api.rows(_BUILD_REQUESTS)
    ]


def busy_servers(nova: NovaDatabases) -> PerCell[list[BusyServer]]:
    """All servers of the cells that have a task, look for a host, or have a migration that has not got far."""
    return nova.ask_cells(_read)


def _read(cell: Cell, database: SharedDatabase) -> list[BusyServer]:
    moves: dict[str, list[MoveRow]] = defaultdict(list)
    for row in database.rows(_MOVES, (STATUSES,)):
        moves[str(row["instance_uuid"])].append(_move(row))
    found = {str(row["uuid"]): row for query in (_BUSY, _HOMELESS) for row in database.rows(query)}
    for chunk in portions(moves.keys() - found.keys(), MANY):
        found.update({str(row["uuid"]): row for row in database.rows(_NAMED, (chunk,))})
    actions: dict[str, str] = {}
    events: dict[str, list[ActionEvent]] = defaultdict(list)
    for chunk in portions(found.keys(), MANY):
        for row in database.rows(_EVENTS, (chunk, BESIDE_OTHERS)):
            actions[str(row["instance_uuid"])] = str(row["action"])
            if row["event"]:
                events[str(row["instance_uuid"])].append(_event(row))
    return [
        BusyServer(
            uuid=uuid,
            cell=cell.name,
            host=row["host"],
            vm_state=row["vm_state"],
            task_state=row["task_state"],
            since=_since(row),
            action=actions.get(uuid),
            events=tuple(events[uuid]),
            moves=tuple(moves[uuid]),
        )
        for uuid, row in found.items()
    ]


def _move(row: Row) -> MoveRow:
    return MoveRow(str(row["uuid"]), str(row["type"]), str(row["status"]), bool(row["cross_cell_move"]), _since(row))


def _event(row: Row) -> ActionEvent:
    return ActionEvent(
        str(row["event"]), row["host"], epoch(row["start_time"]), epoch(row["finish_time"]), row["result"]
    )


def _since(row: Row) -> float:
    return epoch(row.get("updated_at")) or epoch(row["created_at"]) or 0.0
