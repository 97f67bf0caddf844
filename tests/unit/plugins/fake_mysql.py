# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Database servers made of dictionaries that PyMySQL connects to: Nova's API database and its cells."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import Any

from pymysql.err import OperationalError, ProgrammingError

Rows = list[dict[str, Any]]
CELL0_UUID = "00000000-0000-0000-0000-000000000000"
PASSWORD = "s3cr3t-Zq"
NOW = 1_795_300_000.0


def url_of(database: str, host: str = "db") -> str:
    """The connection URL of a database."""
    return f"mysql+pymysql://nova:{PASSWORD}@{host}:3306/{database}?charset=utf8"


def service(binary: str, host: str, version: int = 72, age: float | None = 3.0, **columns: Any) -> dict[str, Any]:
    """A row of a cell's services table; *age* is how long ago it sent its last heartbeat."""
    seen = None if age is None else datetime.fromtimestamp(NOW - age, tz=timezone.utc).replace(tzinfo=None)
    row = {"binary": binary, "host": host, "version": version, "last_seen_up": seen}
    return {**row, "disabled": 0, "disabled_reason": None, "forced_down": 0, **columns}


class FakeMySql:
    """Every server and database; a database is missing, or answers a query with the rows of its table."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[str, Any]] = {}
        self.connections: list[dict[str, Any]] = []
        self.queries: list[str] = []
        self.open = 0

    def add(self, database: str, **tables: Any) -> None:
        """A database with these tables; an exception in place of rows is raised, a function is called."""
        self.tables[database] = tables

    def add_nova(self, **cells: Rows) -> None:
        """An API database and one cell database per name, with their services."""
        mappings = [
            {
                "uuid": CELL0_UUID if name == "cell0" else f"uuid-of-{name}",
                "name": name,
                "database_connection": url_of(f"nova_{name}"),
            }
            for name in cells
        ]
        self.add("nova_api", cell_mappings=mappings)
        for name, services in cells.items():
            self.add(f"nova_{name}", services=services)

    def set_health(self, database: str, status: Any, variables: dict[str, Any]) -> None:
        """What the server of a database says of itself."""
        self.tables.setdefault(database, {}).update(STATUS=status, VARIABLES=variables)

    def set_revision(self, database: str, revision: str | None) -> None:
        """The alembic revision of a database; None for one without a schema."""
        tables = self.tables.setdefault(database, {})
        tables["alembic_version"] = [] if revision is None else [{"version_num": revision}]

    def connect(self, **arguments: Any) -> FakeConnection:
        """Stands in for pymysql.connect."""
        self.connections.append(arguments)
        if arguments["database"] not in self.tables:
            raise OperationalError(2003, f"Can't connect to MySQL server on '{arguments['host']}' (timed out)")
        self.open += 1
        return FakeConnection(self, self.tables[arguments["database"]])


class FakeConnection:
    """One session."""

    def __init__(self, server: FakeMySql, tables: dict[str, Any]) -> None:
        self.server = server
        self.tables = tables
        self.open = True
        self.rows: Rows = []

    @contextmanager
    def cursor(self, _kind: object = None) -> Iterator[FakeConnection]:
        """A cursor is the session itself."""
        yield self

    def execute(self, query: str, arguments: tuple[Any, ...]) -> None:
        """Find the rows of the table that the query reads."""
        self.server.queries.append(query)
        if query.startswith("SHOW GLOBAL"):
            said = self.tables[query.split()[2]]
            said = said() if callable(said) else said
            if isinstance(said, Exception):
                raise said
            self.rows = [{"Variable_name": name, "Value": str(said[name])} for name in arguments[0] if name in said]
            return
        if query.startswith("SHOW TABLES LIKE"):
            name = query.split("'")[1]
            self.rows = [{"Tables": name}] if self.tables.get(name) else []
            return
        name = query.split(" FROM ")[1].split(maxsplit=1)[0]
        if name not in self.tables:
            raise ProgrammingError(1146, f"Table '{name}' doesn't exist")
        if isinstance(self.tables[name], Exception):
            raise self.tables[name]
        self.rows = self.tables[name]() if callable(self.tables[name]) else self.tables[name]

    def fetchall(self) -> Rows:
        """The rows of the last query."""
        return list(self.rows)

    def close(self) -> None:
        """End the session."""
        self.open = False
        self.server.open -= 1
