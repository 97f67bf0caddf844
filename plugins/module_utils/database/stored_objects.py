# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows in which Nova keeps versioned objects as JSON, found by a name and a version that stand in them.

The columns are those of nova/db/api/models.py and nova/db/main/models.py that nova/objects fills with primitives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, product

from ansible_collections.stackroll.nova.plugins.module_utils.database.connection import Row
from ansible_collections.stackroll.nova.plugins.module_utils.database.nova import NovaDatabases
from ansible_collections.stackroll.nova.plugins.module_utils.model.answers import PerCell

IN_API = {"request_specs": ("spec",), "build_requests": ("instance", "block_device_mappings", "tags")}
IN_CELL = {
    "instance_extra": (
        "flavor",
        "pci_requests",
        "numa_topology",
        "vcpu_model",
        "migration_context",
        "keypairs",
        "trusted_certs",
        "device_metadata",
        "vpmems",
        "resources",
    )
}


PORTION = 500
# So many rows of a database are enough to know that there are some.
ENOUGH = 20

_QUERY = (
    "SELECT id, instance_uuid, `{column}` AS text FROM {table}"
    " WHERE {where}id > %s AND `{column}` LIKE %s AND `{column}` LIKE %s ORDER BY id LIMIT {most}"
)
_LIVING = "SELECT uuid FROM instances WHERE deleted = 0 AND uuid IN %s"

Read = Callable[[str, tuple[object, ...]], "list[Row]"]
Held = Callable[[str], "list[str]"]


@dataclass(frozen=True)
class StoredText:
    """The row of a server, and the objects in one of its columns."""

    table: str
    server: str
    objects: tuple[str, ...]


def in_api(nova: NovaDatabases, versions: Mapping[str, str], held: Held) -> list[StoredText]:
    """The first rows of the API database that hold one of these objects in that version. *held* reads a text and names those that it
    holds. Raises StackrollError.

    Of deleted servers Nova keeps the request specs until somebody archives them; they do not count.
    """
    texts = _texts(nova.api.rows, IN_API, versions, held)
    return list(islice(_of_living(nova, texts), ENOUGH))


def in_cells(nova: NovaDatabases, versions: Mapping[str, str], held: Held) -> PerCell[list[StoredText]]:
    """Those of all cells."""
    return nova.ask_cells(
        lambda _cell, database: list(
            islice(_texts(database.rows, IN_CELL, versions, held, "deleted = 0 AND "), ENOUGH)
        ),
        skip_cell0=True,
    )


def _texts(
    read: Read, tables: Mapping[str, tuple[str, ...]], versions: Mapping[str, str], held: Held, where: str = ""
) -> Iterator[StoredText]:
    for table, columns in tables.items():
        for column, (name, version) in product(columns, versions.items()):
            for row in _rows(read, table, column, where, (f'%"{name}"%', f'%"{version}"%')):
                objects = held(str(row["text"]))
                if objects:
                    yield StoredText(table, str(row["instance_uuid"]), tuple(objects))


def _rows(read: Read, table: str, column: str, where: str, patterns: tuple[str, str]) -> Iterator[Row]:
    """Name and version stand in each of these rows; which belongs to which, a reader of the JSON tells."""
    query = _QUERY.format(column=column, table=table, where=where, most=PORTION)
    last = 0
    while rows := read(query, (last, *patterns)):
        yield from rows
        last = int(rows[-1]["id"])


def _of_living(nova: NovaDatabases, texts: Iterator[StoredText]) -> Iterator[StoredText]:
    """Those of servers that are not deleted, in the same order; of a cell that does not answer they may be."""
    while portion := list(islice(texts, PORTION)):
        living = _living(nova, {text.server for text in portion if text.table == "request_specs"})
        yield from (text for text in portion if text.table != "request_specs" or text.server in living)


def _living(nova: NovaDatabases, servers: set[str]) -> set[str]:
    if not servers:
        return set()
    cells = nova.ask_cells(lambda _cell, database: database.rows(_LIVING, (tuple(sorted(servers)),)))
    return servers if cells.silent else {str(row["uuid"]) for _name, rows in cells.all() for row in rows}
