# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Nova's API database and its cells say, in one query per table and cell. The cells are asked at the same time."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from ansible_collections.stackroll.nova.plugins.module_utils.database.cells import Cell, read_cells
from ansible_collections.stackroll.nova.plugins.module_utils.database.connection import Row
from ansible_collections.stackroll.nova.plugins.module_utils.database.services import SERVICES_QUERY, service_record
from ansible_collections.stackroll.nova.plugins.module_utils.database.shared import SAMPLE, SharedDatabase
from ansible_collections.stackroll.nova.plugins.module_utils.model.answers import (
    Interface,
    PerCell,
    Sample,
)
from ansible_collections.stackroll.nova.plugins.module_utils.model.database_rows import (
    CellMapping,
    ComputeNode,
    HostMapping,
    InstanceRow,
    PciDevices,
    ServiceRecord,
)
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError

T = TypeVar("T")
MOST_CELLS_AT_ONCE = 16
# nova.objects.fields.PciDeviceStatus: what nova-compute no longer counts.
GONE = ("removed", "deleted")
INSTANCE_NAME = "CONCAT(COALESCE(display_name, ''), ' (', uuid, ')')"


class NovaDatabases:
    """The API database and, through its cell mappings, all cells. *base_url* ([database] connection) fills templates."""

    def __init__(self, api_url: str, base_url: str = "", timeout: int = 10) -> None:
        self.api = SharedDatabase(api_url, timeout)
        self._base_url = base_url
        self._timeout = timeout
        self._reading = threading.Lock()
        self._cells: list[tuple[Cell, SharedDatabase]] | None = None

    def close(self) -> None:
        """End all sessions."""
        for database in [self.api, *(database for _cell, database in self._cells or ())]:
            database.close()

    def cells(self) -> list[tuple[Cell, SharedDatabase]]:
        """All cells with their databases, cell0 first; disabled ones as well, for their servers are upgraded like all others.

        Raises StackrollError for a cell whose template cannot be filled.
        """
        with self._reading:
            if self._cells is None:
                cells = read_cells(self.api.rows, self._base_url, strict=True)
                self._cells = [(cell, SharedDatabase(cell.database_url, self._timeout)) for cell in cells]
        return self._cells

    def ask_cells(self, read: Callable[[Cell, SharedDatabase], T], skip_cell0: bool = False) -> PerCell[T]:
        """The answer of every cell, and the reason of each that gave none."""
        cells = [(cell, database) for cell, database in self.cells() if not (skip_cell0 and cell.is_cell0)]
        answers: dict[str, T] = {}
        silent: dict[str, str] = {}

        def ask(item: tuple[Cell, SharedDatabase]) -> T | StackrollError:
            try:
                return read(*item)
            except StackrollError as error:
                return error

        with ThreadPoolExecutor(max_workers=MOST_CELLS_AT_ONCE) as pool:
            for (cell, _database), answer in zip(cells, pool.map(ask, cells)):
                if isinstance(answer, StackrollError):
                    silent[cell.name] = answer.message
                else:
                    answers[cell.name] = answer
        return PerCell(answers, silent, next((cell.name for cell, _database in self.cells() if cell.is_cell0), None))

    def cell_mappings(self) -> tuple[CellMapping, ...]:
        """All cells as the API database knows them."""
        return tuple(CellMapping(cell.uuid, cell.name, cell.disabled) for cell, _database in self.cells())

    def host_mappings(self) -> tuple[HostMapping, ...]:
        """Which cell each host belongs to."""
        rows = self.api.rows(
            "SELECT m.host, c.uuid FROM host_mappings m JOIN cell_mappings c ON c.id = m.cell_id ORDER BY m.host"
        )
        return tuple(HostMapping(str(row["host"]), str(row["uuid"])) for row in rows)

    def request_specs(self) -> frozenset[str]:
        """The UUIDs of the servers that have a request spec."""
        return frozenset(str(row["instance_uuid"]) for row in self.api.rows("SELECT instance_uuid FROM request_specs"))

    def api_revision(self) -> str:
        """The alembic revision that the API database is at."""
        return self.api.schema_revision()

    def cell_revisions(self) -> PerCell[str]:
        """The alembic revision that each cell is at, cell0 included."""
        return self.ask_cells(lambda _cell, database: database.schema_revision())

    def services(self) -> PerCell[tuple[ServiceRecord, ...]]:
        """The live service records."""
        return self.ask_cells(
            lambda cell, database: tuple(service_record(cell.name, row) for row in database.rows(SERVICES_QUERY))
        )

    def compute_nodes(self) -> PerCell[tuple[ComputeNode, ...]]:
        """The live compute nodes."""
        query = (
            "SELECT uuid, host, hypervisor_hostname, hypervisor_type, hypervisor_version, service_id FROM compute_nodes"
            " WHERE deleted = 0 ORDER BY host, hypervisor_hostname"
        )
        return self.ask_cells(lambda _cell, database: tuple(_compute_node(row) for row in database.rows(query)))

    def instances(self) -> PerCell[tuple[InstanceRow, ...]]:
        """The live servers."""
        query = (
            "SELECT uuid, display_name, host, vm_state, task_state FROM instances"
            " WHERE deleted = 0 ORDER BY display_name, uuid"
        )
        return self.ask_cells(lambda _cell, database: tuple(_instance(row) for row in database.rows(query)))

    def machine_type_unset(self) -> PerCell[Sample]:
        """Servers without a machine type in their system metadata, where Nova looks for one with and without its prefix.

        Nova reads deleted rows of it as well (nova.db.main.api._instance_system_metadata_get_multi).
        """
        tail = (
            "FROM instances WHERE deleted = 0 AND (vm_state IS NULL OR vm_state <> 'building') AND NOT EXISTS (SELECT 1 FROM"
            " instance_system_metadata m WHERE m.instance_uuid = instances.uuid AND m.value IS NOT NULL"
            " AND m.`key` IN ('image_hw_machine_type', 'hw_machine_type'))"
        )
        return self.ask_cells(lambda _cell, database: database.sample(INSTANCE_NAME, tail), skip_cell0=True)

    def compute_id_unset(self) -> PerCell[Sample]:
        """Servers that are not linked to their compute node."""
        tail = "FROM instances WHERE deleted = 0 AND compute_id IS NULL"
        return self.ask_cells(lambda _cell, database: database.sample(INSTANCE_NAME, tail), skip_cell0=True)

    def ironic_flavor_unmigrated(self) -> PerCell[Sample]:
        """Servers on bare metal whose flavor names no custom resource class."""
        query = (
            "SELECT i.display_name, i.uuid, e.flavor FROM compute_nodes n"
            " JOIN instances i ON i.node = n.hypervisor_hostname AND i.deleted = 0"
            " LEFT JOIN instance_extra e ON e.instance_uuid = i.uuid"
            " WHERE n.deleted = 0 AND n.hypervisor_type = 'ironic' ORDER BY i.display_name, i.uuid"
        )

        def read(_cell: Cell, database: SharedDatabase) -> Sample:
            names = [f"{row['display_name']} ({row['uuid']})" for row in database.rows(query) if not _is_custom(row)]
            return Sample(len(names), tuple(names[:SAMPLE]))

        return self.ask_cells(read, skip_cell0=True)

    def pinned_servers(self) -> PerCell[frozenset[str]]:
        """The UUIDs of the servers with dedicated CPUs, by flavor or image; not those that have shared CPUs as well."""
        query = (
            "SELECT i.uuid FROM instances i JOIN instance_extra e ON e.instance_uuid = i.uuid"
            " WHERE i.deleted = 0 AND e.numa_topology REGEXP %s"
        )
        pattern = '"cpu_policy": ?"dedicated"'
        return self.ask_cells(
            lambda _cell, database: frozenset(str(row["uuid"]) for row in database.rows(query, (pattern,))),
            skip_cell0=True,
        )

    def pci_devices(self) -> PerCell[tuple[PciDevices, ...]]:
        """The compute nodes that track PCI devices, with what they track."""
        totals = (
            "SELECT n.uuid, COUNT(*) AS devices, COUNT(d.instance_uuid) AS held FROM pci_devices d"
            " JOIN compute_nodes n ON n.id = d.compute_node_id WHERE n.deleted = 0 AND d.deleted = 0 AND d.status NOT IN %s GROUP BY n.uuid ORDER BY n.uuid"
        )
        parents = (
            "SELECT n.uuid, p.address FROM pci_devices p JOIN compute_nodes n ON n.id = p.compute_node_id"
            " WHERE n.deleted = 0 AND p.deleted = 0 AND p.dev_type = 'type-PF' AND p.status NOT IN %s AND EXISTS"
            " (SELECT 1 FROM pci_devices v WHERE v.deleted = 0 AND v.compute_node_id = p.compute_node_id"
            " AND v.parent_addr = p.address AND v.status NOT IN %s) ORDER BY p.address"
        )

        def read(_cell: Cell, database: SharedDatabase) -> tuple[PciDevices, ...]:
            return _pci_devices(database.rows(totals, (GONE,)), database.rows(parents, (GONE, GONE)))

        return self.ask_cells(read, skip_cell0=True)

    def interfaces(self, vif_types: tuple[str, ...]) -> PerCell[tuple[Interface, ...]]:
        """The ports of these VIF types, from the network information that nova-compute plugs them by when it starts."""
        query = (
            "SELECT i.uuid, i.host, c.network_info FROM instance_info_caches c JOIN instances i ON i.uuid = c.instance_uuid"
            " WHERE i.deleted = 0 AND c.deleted = 0 AND c.network_info REGEXP %s ORDER BY i.host, i.uuid"
        )
        pattern = f'"type": ?"({"|".join(vif_types)})"'
        return self.ask_cells(
            lambda _cell, database: tuple(
                interface for row in database.rows(query, (pattern,)) for interface in _interfaces(row, vif_types)
            ),
            skip_cell0=True,
        )


def _compute_node(row: Row) -> ComputeNode:
    return ComputeNode(
        uuid=str(row["uuid"]),
        host=str(row["host"]),
        node=str(row["hypervisor_hostname"]),
        hypervisor_type=str(row["hypervisor_type"]),
        hypervisor_version=int(row["hypervisor_version"] or 0),
        service_id=row["service_id"],
    )


def _instance(row: Row) -> InstanceRow:
    return InstanceRow(
        uuid=str(row["uuid"]),
        name=str(row["display_name"] or row["uuid"]),
        host=row["host"],
        vm_state=row["vm_state"],
        task_state=row["task_state"],
    )


def _pci_devices(totals: Iterable[Row], parents: Iterable[Row]) -> tuple[PciDevices, ...]:
    both: dict[str, list[str]] = defaultdict(list)
    for row in parents:
        both[row["uuid"]].append(str(row["address"]))
    return tuple(
        PciDevices(str(row["uuid"]), int(row["devices"]), tuple(both[row["uuid"]]), int(row["held"])) for row in totals
    )


def _is_custom(row: Row) -> bool:
    flavor = current_flavor(row["flavor"])
    return any(name.startswith("resources:CUSTOM_") for name in flavor.get("extra_specs") or {})


def current_flavor(text: str | None) -> dict[str, Any]:
    """The fields of the flavor a server has now; nothing when they cannot be read."""
    try:
        return dict(json.loads(text or "{}")["cur"]["nova_object.data"])
    except (ValueError, LookupError, TypeError):
        return {}


def _interfaces(row: Row, vif_types: tuple[str, ...]) -> Iterator[Interface]:
    try:
        ports = json.loads(row["network_info"])
    except ValueError:
        return
    for port in ports if isinstance(ports, list) else ():
        if isinstance(port, dict) and port.get("type") in vif_types:
            yield Interface(str(row["uuid"]), row["host"], str(port["type"]))
