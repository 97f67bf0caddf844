# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fleet from the databases: what api/observe.py reads over the APIs, in a constant number of queries.

Server groups are left out; nothing that judges a fleet asks for them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from functools import partial
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.database.connection import Row
from ansible_collections.stackroll.nova.plugins.module_utils.database.fleet_rows import (
    MIGRATIONS_QUERY,
    SERVERS_QUERY,
    SERVICES_QUERY,
    Zones,
    migration,
    server,
    service,
)
from ansible_collections.stackroll.nova.plugins.module_utils.database.nova import NovaDatabases
from ansible_collections.stackroll.nova.plugins.module_utils.database.shared import SharedDatabase
from ansible_collections.stackroll.nova.plugins.module_utils.model.answers import PerCell
from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import (
    Aggregate,
    Allocation,
    Fleet,
    Provider,
    Service,
    Unknown,
)
from ansible_collections.stackroll.nova.plugins.module_utils.model.server import (
    UNFINISHED_MIGRATION_STATUSES,
    Migration,
    Server,
)

# [DEFAULT] service_down_time of Nova
DOWN_AFTER = 60
INVENTORY_FIELDS = ("total", "reserved", "min_unit", "max_unit", "step_size", "allocation_ratio")
# API services are left out of the service list by the API itself.
UNLISTED_BINARIES = ("nova-osapi_compute", "nova-metadata")


def read_fleet(nova: NovaDatabases, placement: SharedDatabase, down_after: float = DOWN_AFTER) -> Fleet:
    """A snapshot; a cell that does not answer ends in `unknown`, an unreadable API or Placement database is an error."""
    taken_at = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    with ThreadPoolExecutor(max_workers=2) as pool:
        placement_side = pool.submit(_read_placement, placement)
        aggregates = _aggregates(nova.api)
        zones = Zones.of(aggregates)
        cells = _read_cells(nova, zones, down_after)
        providers, allocations, inventories, traits = placement_side.result()
    servers = tuple(item for found in cells.answers.values() for item in found[1])
    known = {item.id for item in servers}
    migrations = (item for found in cells.answers.values() for item in found[2])
    return Fleet(
        taken_at=taken_at,
        services=tuple(item for found in cells.answers.values() for item in found[0]),
        servers=servers,
        migrations=tuple(item for item in migrations if item.server_id in known),
        aggregates=aggregates,
        providers=providers,
        allocations=allocations,
        inventories=inventories,
        traits=traits,
        unknown=tuple(Unknown(f"cell {name}", reason) for name, reason in cells.silent.items()),
    )


CellSide = tuple[list[Service], list[Server], list[Migration]]


def _read_cells(nova: NovaDatabases, zones: Zones, down_after: float) -> PerCell[CellSide]:
    def read(_cell: object, database: SharedDatabase) -> CellSide:
        make_server = partial(server, zones=zones, flavors={})
        return (
            [
                service(row, zones, down_after)
                for row in database.rows(SERVICES_QUERY)
                if row["binary"] not in UNLISTED_BINARIES
            ],
            [make_server(row) for row in database.rows(SERVERS_QUERY)],
            [migration(row) for row in database.rows(MIGRATIONS_QUERY, (UNFINISHED_MIGRATION_STATUSES,))],
        )

    return nova.ask_cells(read)


def _aggregates(api: SharedDatabase) -> tuple[Aggregate, ...]:
    hosts: dict[int, list[str]] = defaultdict(list)
    metadata: dict[int, dict[str, str]] = defaultdict(dict)
    for row in api.rows("SELECT aggregate_id, host FROM aggregate_hosts ORDER BY id"):
        hosts[row["aggregate_id"]].append(str(row["host"]))
    for row in api.rows("SELECT aggregate_id, `key`, value FROM aggregate_metadata"):
        metadata[row["aggregate_id"]][str(row["key"])] = str(row["value"])
    return tuple(
        Aggregate(
            id=row["id"],
            name=str(row["name"]),
            zone=metadata[row["id"]].get("availability_zone"),
            hosts=tuple(hosts[row["id"]]),
            metadata=metadata[row["id"]],
        )
        for row in api.rows("SELECT id, name FROM aggregates ORDER BY id")
    )


PlacementSide = tuple[
    tuple[Provider, ...],
    tuple[Allocation, ...],
    Mapping[str, Mapping[str, Mapping[str, Any]]],
    Mapping[str, tuple[str, ...]],
]


def _read_placement(database: SharedDatabase) -> PlacementSide:
    rows = database.rows(
        "SELECT id, uuid, name, generation, parent_provider_id, root_provider_id FROM resource_providers ORDER BY id"
    )
    uuids = {row["id"]: str(row["uuid"]) for row in rows}
    classes = _names(database.rows("SELECT id, name FROM resource_classes"))
    return (
        tuple(_provider(row, uuids) for row in rows),
        _allocations(database, uuids, classes),
        _inventories(database, uuids, classes),
        _traits(database, uuids),
    )


def _provider(row: Row, uuids: Mapping[int, str]) -> Provider:
    return Provider(
        uuid=str(row["uuid"]),
        name=str(row["name"]),
        generation=int(row["generation"] or 0),
        parent_uuid=uuids.get(row["parent_provider_id"]),
        root_uuid=uuids.get(row["root_provider_id"], str(row["uuid"])),
    )


def _allocations(
    database: SharedDatabase, uuids: Mapping[int, str], classes: Mapping[int, str]
) -> tuple[Allocation, ...]:
    held: dict[tuple[int, str], dict[str, int]] = defaultdict(dict)
    for row in database.rows(
        "SELECT resource_provider_id, consumer_id, resource_class_id, used FROM allocations ORDER BY id"
    ):
        held[row["resource_provider_id"], row["consumer_id"]][classes[row["resource_class_id"]]] = row["used"]
    return tuple(
        Allocation(consumer, uuids[provider], resources)
        for (provider, consumer), resources in held.items()
        if provider in uuids
    )


def _inventories(
    database: SharedDatabase, uuids: Mapping[int, str], classes: Mapping[int, str]
) -> dict[str, dict[str, dict[str, Any]]]:
    found: dict[str, dict[str, dict[str, Any]]] = {uuid: {} for uuid in uuids.values()}
    query = f"SELECT resource_provider_id, resource_class_id, {', '.join(INVENTORY_FIELDS)} FROM inventories"  # noqa: S608
    for row in database.rows(query):
        if row["resource_provider_id"] in uuids:
            inventory = {name: row[name] for name in INVENTORY_FIELDS}
            found[uuids[row["resource_provider_id"]]][classes[row["resource_class_id"]]] = inventory
    return found


def _traits(database: SharedDatabase, uuids: Mapping[int, str]) -> dict[str, tuple[str, ...]]:
    names = _names(database.rows("SELECT id, name FROM traits"))
    found: dict[str, list[str]] = {uuid: [] for uuid in uuids.values()}
    for row in database.rows("SELECT resource_provider_id, trait_id FROM resource_provider_traits"):
        if row["resource_provider_id"] in uuids:
            found[uuids[row["resource_provider_id"]]].append(names[row["trait_id"]])
    return {uuid: tuple(sorted(traits)) for uuid, traits in found.items()}


def _names(rows: Iterable[Row]) -> dict[int, str]:
    return {row["id"]: str(row["name"]) for row in rows}
