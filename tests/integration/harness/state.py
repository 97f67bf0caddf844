# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a test compares: read from the databases and the hosts themselves, not through the code under test."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import pymysql
from harness.cloud import Rehearsal

SERVICES = """
    SELECT host, `binary`, version, disabled, disabled_reason FROM services
    WHERE deleted = 0 AND `binary` IN ('nova-compute', 'nova-conductor', 'nova-scheduler') ORDER BY host, `binary`
"""
SERVERS = (
    "SELECT uuid, display_name, vm_state, power_state, task_state, host FROM instances WHERE deleted = 0 ORDER BY uuid"
)
DISABLED_PROVIDERS = """
    SELECT p.name FROM resource_providers p JOIN resource_provider_traits pt ON pt.resource_provider_id = p.id
    JOIN traits t ON t.id = pt.trait_id WHERE t.name = 'COMPUTE_STATUS_DISABLED' ORDER BY p.name
"""
ALLOCATIONS = """
    SELECT a.consumer_id, p.root_provider_id, EXISTS (
        SELECT 1 FROM resource_provider_traits pt JOIN traits t ON t.id = pt.trait_id
        WHERE pt.resource_provider_id = p.id AND t.name = 'MISC_SHARES_VIA_AGGREGATE'
    ) AS shared FROM allocations a
    JOIN resource_providers p ON p.id = a.resource_provider_id
"""
MIGRATIONS = """
    SELECT uuid FROM migrations WHERE deleted = 0 AND status NOT IN
    ('error', 'failed', 'completed', 'confirmed', 'reverted', 'cancelled', 'done')
"""


def connect(url: str) -> pymysql.Connection[pymysql.cursors.DictCursor]:
    """Open the database at a connection URL of the rehearsal cloud, for reading and writing."""
    parts = urlsplit(url)
    return pymysql.connect(
        host=parts.hostname,
        port=parts.port or 3306,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        database=parts.path.strip("/"),
        cursorclass=pymysql.cursors.DictCursor,
        connect_timeout=10,
        read_timeout=30,
        autocommit=True,
        ssl_disabled=True,  # or PyMySQL reads all of the system's certificates first, every time
    )


def _connect(cloud: Rehearsal, database: str) -> pymysql.Connection[pymysql.cursors.DictCursor]:
    return connect(cloud.description["databases"][database])


def query(cloud: Rehearsal, database: str, statement: str) -> list[dict[str, Any]]:
    """Run one SELECT and return its rows."""
    with _connect(cloud, database) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


@contextmanager
def lost(cloud: Rehearsal, uuid: str) -> Iterator[None]:
    """Let the API forget a server for a while. Its host and its allocations stay as they are."""
    statement = "UPDATE instances SET hidden = %s WHERE uuid = %s"
    with _connect(cloud, "nova_cell1") as connection, connection.cursor() as cursor:
        assert cursor.execute(statement, (1, uuid)) == 1
        try:
            yield
        finally:
            connection.ping()
            cursor.execute(statement, (0, uuid))


@contextmanager
def old_service(cloud: Rehearsal, host: str, version: int = 50) -> Iterator[None]:
    """Let the record of a compute host say for a while that its code is old.

    nova-compute reads that back and stops reporting, so it is restarted in the end.
    """
    change = "UPDATE services SET deleted = 0, version = %s WHERE `binary` = 'nova-compute' AND host = %s"
    heard = "SELECT COUNT(*) AS count FROM services WHERE `binary` = 'nova-compute' AND host = %s AND last_seen_up > %s"
    before = compute_versions(cloud)[host]
    with _connect(cloud, "nova_cell1") as connection, connection.cursor() as cursor:
        assert cursor.execute(change, (version, host)) == 1
        try:
            yield
        finally:
            connection.ping()
            cursor.execute(change, (before, host))
            cloud.ssh(host, "systemctl", "restart", "nova-compute")
            cursor.execute("SELECT UTC_TIMESTAMP() AS now")
            restarted = (cursor.fetchone() or {})["now"]
            for _second in range(90):
                cursor.execute(heard, (host, restarted))
                if (cursor.fetchone() or {})["count"]:
                    break
                time.sleep(1)
            else:
                raise AssertionError(f"nova-compute on {host} does not report again")


def services(cloud: Rehearsal, database: str = "nova_cell1") -> list[dict[str, Any]]:
    """Return the service records of a cell."""
    return query(cloud, database, SERVICES)


def compute_versions(cloud: Rehearsal) -> dict[str, int]:
    """Return the service version that every compute host has reported."""
    return {row["host"]: row["version"] for row in services(cloud) if row["binary"] == "nova-compute"}


def claims(cloud: Rehearsal) -> dict[str, str]:
    """Return the disabled compute hosts with the reason that is written on them."""
    return {row["host"]: row["disabled_reason"] or "" for row in services(cloud) if row["disabled"]}


def servers(cloud: Rehearsal) -> dict[str, tuple[Any, ...]]:
    """Return the state of every server, in both cells that hold some."""
    rows = query(cloud, "nova_cell1", SERVERS) + query(cloud, "nova_cell0", SERVERS)
    return {row["uuid"]: tuple(row.values()) for row in rows}


def disabled_providers(cloud: Rehearsal) -> list[str]:
    """Return the providers that Placement keeps out of scheduling."""
    return [row["name"] for row in query(cloud, "placement", DISABLED_PROVIDERS)]


@dataclass(frozen=True)
class Fingerprint:
    """What an upgrade changes. Two equal ones: nothing was done in between."""

    services: tuple[tuple[Any, ...], ...]
    servers: dict[str, tuple[Any, ...]]
    schemas: dict[str, str]
    disabled_providers: tuple[str, ...]
    links: dict[str, str]
    units: dict[str, str]


def fingerprint(cloud: Rehearsal) -> Fingerprint:
    """Read it all."""
    hosts = cloud.controls + cloud.computes
    schemas = {
        name: query(cloud, name, "SELECT version_num FROM alembic_version")[0]["version_num"]
        for name in cloud.description["databases"]
    }
    show = ("systemctl", "show", "--property=Id,MainPID,ActiveState,ActiveEnterTimestampMonotonic,TimeoutStopUSec")
    return Fingerprint(
        services=tuple(tuple(row.values()) for name in ("nova_cell0", "nova_cell1") for row in services(cloud, name)),
        servers=servers(cloud),
        schemas=schemas,
        disabled_providers=tuple(disabled_providers(cloud)),
        links={host: cloud.ssh(host, "readlink", "/opt/nova", "/opt/placement", check=False) for host in hosts},
        units={host: cloud.ssh(host, *show, "nova-*", "placement-*") for host in hosts},
    )


def ledger(cloud: Rehearsal) -> dict[str, list[str]]:
    """Account for all allocations by SQL alone: whose are they, and does every placed server have them on one host?"""
    roots: dict[str, set[int]] = {}
    for row in query(cloud, "placement", ALLOCATIONS):
        found = roots.setdefault(row["consumer_id"], set())
        if not row["shared"]:
            found.add(row["root_provider_id"])
    moving = {row["uuid"] for row in query(cloud, "nova_cell1", MIGRATIONS)}
    placed = {
        uuid
        for uuid, (_uuid, _name, state, _power, _task, host) in servers(cloud).items()
        if host and state not in ("shelved_offloaded", "building")
    }
    return {
        "orphaned": sorted(set(roots) - set(servers(cloud)) - moving),
        "doubled": sorted(consumer for consumer, found in roots.items() if len(found) > 1),
        "missing": sorted(placed - {consumer for consumer, found in roots.items() if found}),
    }
