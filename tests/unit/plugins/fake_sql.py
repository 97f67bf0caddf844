# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Database servers that understand SQL: SQLite behind PyMySQL's interface, with Nova's and Placement's tables."""

from __future__ import annotations

import json
import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from typing import Any

from pymysql.err import Error, InterfaceError, InternalError, OperationalError, ProgrammingError

from ansible_collections.stackroll.nova.tests.unit.plugins.fake_mysql import CELL0_UUID, url_of

API = {
    "cell_mappings": "id, uuid, name, transport_url, database_connection, disabled",
    "host_mappings": "id, cell_id, host",
    "request_specs": "id, instance_uuid, spec",
    "build_requests": (
        "id, instance_uuid, project_id, instance, block_device_mappings, tags, created_at DATETIME, updated_at DATETIME"
    ),
    "instance_mappings": "id, instance_uuid, cell_id, project_id",
    "aggregates": "id, uuid, name",
    "aggregate_hosts": "id, host, aggregate_id",
    "aggregate_metadata": "id, key, value, aggregate_id",
    "alembic_version": "version_num",
}
CELL = {
    "services": (
        "id, uuid, host, binary, topic, disabled, disabled_reason, last_seen_up DATETIME, forced_down, version, deleted,"
        " created_at DATETIME, updated_at DATETIME"
    ),
    "compute_nodes": "id, uuid, service_id, host, hypervisor_hostname, hypervisor_type, hypervisor_version, deleted",
    "instances": (
        "id, uuid, display_name, project_id, vm_state, task_state, power_state, host, node, availability_zone, locked_by,"
        " image_ref, created_at DATETIME, updated_at DATETIME, vcpus, memory_mb, root_gb, ephemeral_gb, compute_id, hidden,"
        " deleted"
    ),
    "instance_extra": (
        "id, instance_uuid, flavor, pci_requests, numa_topology, vcpu_model, migration_context, keypairs, trusted_certs,"
        " device_metadata, vpmems, resources, deleted"
    ),
    "pci_devices": "id, compute_node_id, address, parent_addr, dev_type, status, instance_uuid, deleted",
    "instance_system_metadata": "id, instance_uuid, key, value, deleted",
    "instance_info_caches": "id, instance_uuid, network_info, deleted",
    "migrations": (
        "id, uuid, instance_uuid, status, migration_type, source_compute, dest_compute, source_node, dest_node,"
        " old_instance_type_id, new_instance_type_id, user_id, hidden, cross_cell_move, created_at DATETIME, updated_at DATETIME,"
        " deleted"
    ),
    "instance_actions": "id, action, instance_uuid, request_id, start_time DATETIME, finish_time DATETIME, deleted",
    "instance_actions_events": (
        "id, event, action_id, start_time DATETIME, finish_time DATETIME, result, host, deleted"
    ),
    "alembic_version": "version_num",
}
PLACEMENT = {
    "resource_providers": "id, uuid, name COLLATE NOCASE, generation, parent_provider_id, root_provider_id",
    "resource_classes": "id, name",
    "inventories": (
        "id, resource_provider_id, resource_class_id, total, reserved, min_unit, max_unit, step_size, allocation_ratio"
    ),
    "allocations": "id, resource_provider_id, consumer_id, resource_class_id, used",
    "consumers": "id, uuid, generation, project_id, user_id, consumer_type_id",
    "consumer_types": "id, name",
    "projects": "id, external_id",
    "users": "id, external_id",
    "traits": "id, name",
    "resource_provider_traits": "resource_provider_id, trait_id",
    "placement_aggregates": "id, uuid",
    "resource_provider_aggregates": "resource_provider_id, aggregate_id",
    "alembic_version": "version_num",
}
DEFAULTS = {
    "services": {"topic": "compute", "disabled": 0, "forced_down": 0, "version": 72, "deleted": 0},
    "compute_nodes": {"hypervisor_type": "QEMU", "hypervisor_version": 7002022, "deleted": 0},
    "instances": {"vm_state": "active", "power_state": 1, "project_id": "project", "hidden": 0, "deleted": 0},
    "instance_extra": {"deleted": 0},
    "pci_devices": {"dev_type": "type-PCI", "status": "available", "deleted": 0},
    "instance_system_metadata": {"deleted": 0},
    "instance_info_caches": {"deleted": 0},
    "migrations": {"deleted": 0},
}
MISSING = re.compile(r"no such (table|column): (.*)")


def ago(seconds: float) -> datetime:
    """A moment as MySQL keeps it: UTC without a zone."""
    return (datetime.now(timezone.utc) - timedelta(seconds=seconds)).replace(tzinfo=None, microsecond=0)


def flavor_text(**fields: Any) -> str:
    """A flavor as instance_extra keeps it."""
    data = {
        "name": "m1",
        "vcpus": 2,
        "memory_mb": 512,
        "root_gb": 10,
        "ephemeral_gb": 1,
        "swap": 1500,
        "extra_specs": {},
    }
    return json.dumps({"cur": {"nova_object.name": "Flavor", "nova_object.data": {**data, **fields}}, "old": None})


class FakeSql:
    """All servers and their databases. A database that is not there cannot be connected to."""

    def __init__(self) -> None:
        self.databases: dict[str, sqlite3.Connection] = {}
        self.connections: list[dict[str, Any]] = []
        self.queries: list[tuple[str, str]] = []
        self.open = 0
        self.slow: set[str] = set()
        self.isolation = "READ COMMITTED"  # what the server has been told to do for all
        self.turn = threading.RLock()
        self.add("nova_api", API)
        self.add("placement", PLACEMENT)
        self.add_cell("cell0", CELL0_UUID)
        self.add_cell("cell1", "uuid-of-cell1")

    def add(self, name: str, tables: dict[str, str]) -> None:
        """An empty database."""
        self.databases[name] = _database()
        for table, columns in tables.items():
            self.databases[name].execute(f"CREATE TABLE {table} ({columns})")

    def add_cell(self, name: str, uuid: str, url: str | None = None, **columns: Any) -> None:
        """A cell with its mapping and its database."""
        self.insert(
            "nova_api",
            "cell_mappings",
            uuid=uuid,
            name=name,
            database_connection=url or url_of(f"nova_{name}"),
            **columns,
        )
        self.add(f"nova_{name}", CELL)

    def insert(self, database: str, table: str, **columns: Any) -> int:
        """A row; returns its id."""
        with self.turn:
            connection = self.databases[database]
            number = connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0] + 1
            known = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            values = {**({"id": number} if "id" in known else {}), **DEFAULTS.get(table, {}), **columns}
            names = ", ".join(f"`{name}`" for name in values)
            places = ", ".join("?" for _value in values)
            connection.execute(
                f"INSERT INTO {table} ({names}) VALUES ({places})",
                [value.isoformat(" ") if isinstance(value, datetime) else value for value in values.values()],
            )
            return number

    def drop(self, database: str, table: str) -> None:
        """Make the schema an old one."""
        self.databases[database].execute(f"DROP TABLE {table}")

    def connect(self, **arguments: Any) -> FakeSession:
        """Stands in for pymysql.connect."""
        self.connections.append(arguments)
        if arguments["database"] not in self.databases:
            raise OperationalError(2003, f"Can't connect to MySQL server on '{arguments['host']}' (timed out)")
        self.open += 1
        return FakeSession(self, arguments["database"], writes=not arguments["init_command"])


class FakeSession:
    """One session."""

    def __init__(self, server: FakeSql, name: str, writes: bool = False) -> None:
        self.server = server
        self.name = name
        self.writes = writes
        self.open = True
        self.closed = False
        self.kind: object = None
        self.isolation = server.isolation
        self.snapshot: sqlite3.Connection | None = None
        self.rows: list[sqlite3.Row] = []

    @contextmanager
    def cursor(self, kind: object = None) -> Iterator[FakeSession]:
        """A cursor is the session itself; of a kind that is named, it gives tuples."""
        self.kind = kind
        yield self

    def execute(self, query: str, arguments: tuple[Any, ...]) -> None:
        """Run a statement in the dialect that both understand, or begin a transaction."""
        if not self.open:
            raise InterfaceError(0, "")
        self.server.queries.append((self.name, query))
        if self.name in self.server.slow:
            self.open = False
            raise OperationalError(2013, "Lost connection to MySQL server during query (timed out)")
        if "TRANSACTION" in query:
            self._transaction(query)
            return
        if not query.startswith("SELECT") and not self.writes:
            raise InternalError(1792, "Cannot execute statement in a READ ONLY transaction")
        query = query.replace("TIMESTAMPDIFF(SECOND, ", "SECONDS_BETWEEN(")
        values: list[Any] = []
        for argument in arguments:
            many = list(argument) if isinstance(argument, tuple) else None
            query = query.replace("%s", f"({', '.join('?' for _each in many)})" if many is not None else "?", 1)
            values += many if many is not None else [argument]
        with self.server.turn:
            try:
                self.rows = (self.snapshot or self.server.databases[self.name]).execute(query, values).fetchall()
            except sqlite3.OperationalError as error:
                missing = MISSING.fullmatch(str(error))
                if missing is None:
                    raise
                raise ProgrammingError(1146, f"Unknown {missing[1]} '{missing[2]}'") from error

    def _transaction(self, statement: str) -> None:
        self.rows = []
        if statement == "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ":
            self.isolation = "REPEATABLE READ"
        elif statement == "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY":
            if self.isolation == "REPEATABLE READ":  # with any other there is none
                self.snapshot = _database()
                self.server.databases[self.name].backup(self.snapshot)
            self.isolation = self.server.isolation
        else:
            raise ProgrammingError(1064, f"You have an error in your SQL syntax near '{statement}'")

    def rollback(self) -> None:
        """End the transaction."""
        if not self.open:
            raise InterfaceError(0, "")
        self.snapshot = None

    def fetchall(self) -> list[Any]:
        """The rows of the last query."""
        return [tuple(row) if self.kind else dict(row) for row in self.rows]

    def close(self) -> None:
        """End the session."""
        if self.closed:
            raise Error("Already closed")
        self.closed = True
        self.open = False
        self.server.open -= 1


def _database() -> sqlite3.Connection:
    database = sqlite3.connect(
        ":memory:", check_same_thread=False, detect_types=sqlite3.PARSE_DECLTYPES, isolation_level=None
    )
    database.row_factory = sqlite3.Row
    database.create_function("CONCAT", -1, lambda *parts: None if None in parts else "".join(map(str, parts)))
    database.create_function("UTC_TIMESTAMP", 0, lambda: ago(0).isoformat(" "))
    database.create_function("SECONDS_BETWEEN", 2, _seconds_between)
    database.create_function("REGEXP", 2, lambda pattern, text: bool(re.search(pattern, text or "")))
    return database


def _seconds_between(earlier: str | None, later: str) -> int | None:
    if earlier is None:
        return None
    return int((datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds())


sqlite3.register_converter("DATETIME", lambda text: datetime.fromisoformat(text.decode()))
