# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What database servers say of their own health. Any account may ask."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.database.connection import ReadOnlyDatabase, connect
from ansible_collections.stackroll.nova.plugins.module_utils.database.url import DatabaseUrl
from ansible_collections.stackroll.nova.plugins.module_utils.model.database_server import DatabaseServer, GaleraNode
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError

# Both MariaDB and MySQL know these statements; what one of them does not have is left out of its answer.
_STATUS = "SHOW GLOBAL STATUS WHERE Variable_name IN %s"
_VARIABLES = "SHOW GLOBAL VARIABLES WHERE Variable_name IN %s"
STATUS = (
    "Threads_connected",
    "Uptime",
    "wsrep_cluster_size",
    "wsrep_cluster_status",
    "wsrep_connected",
    "wsrep_flow_control_paused",
    "wsrep_incoming_addresses",
    "wsrep_local_state_comment",
    "wsrep_ready",
)
VARIABLES = (
    "hostname",
    "max_connections",
    "read_only",
    "super_read_only",
    "version",
    "wsrep_node_name",
    "wsrep_on",
    "wsrep_provider",
)
_NO_PROVIDER = ("", "none")


def database_servers(urls: Mapping[str, str], timeout: int = 10) -> list[DatabaseServer]:
    """The servers of these databases, given by name; each database is connected to, and each server is asked once."""
    found: dict[tuple[str, int], DatabaseServer] = {}
    for name, url in urls.items():
        parsed = DatabaseUrl.parse(url)
        place = parsed.host, parsed.port
        known = found.get(place, DatabaseServer(*place, databases=()))
        found[place] = _ask(replace(known, databases=(*known.databases, name)), url, timeout)
    return list(found.values())


def _ask(known: DatabaseServer, url: str, timeout: int) -> DatabaseServer:
    try:
        with connect(url, timeout) as database:
            return _told(known, database) if known.version is None else known
    except StackrollError as error:
        return replace(known, errors=(*known.errors, error.message))


def _told(known: DatabaseServer, database: ReadOnlyDatabase) -> DatabaseServer:
    status = _named(database.rows(_STATUS, (STATUS,)))
    variables = _named(database.rows(_VARIABLES, (VARIABLES,)))
    return replace(
        known,
        hostname=variables.get("hostname"),
        version=variables.get("version"),
        read_only=_is_on(variables.get("read_only")) or _is_on(variables.get("super_read_only")),
        uptime_seconds=_number(status.get("uptime")),
        connections=_number(status.get("threads_connected")),
        max_connections=_number(variables.get("max_connections")),
        galera=_galera(status, variables),
    )


def _galera(status: Mapping[str, str], variables: Mapping[str, str]) -> GaleraNode | None:
    """MariaDB without Galera has all these names as well."""
    if not _is_on(variables.get("wsrep_on")) or variables.get("wsrep_provider", "").lower() in _NO_PROVIDER:
        return None
    paused = status.get("wsrep_flow_control_paused")
    return GaleraNode(
        name=variables.get("wsrep_node_name"),
        size=_number(status.get("wsrep_cluster_size")) or 0,
        ready=_is_on(status.get("wsrep_ready")),
        connected=_is_on(status.get("wsrep_connected")),
        status=status.get("wsrep_cluster_status", "unknown"),
        state=status.get("wsrep_local_state_comment", "unknown"),
        flow_control_paused=float(paused) if paused else None,
        members=tuple(filter(None, status.get("wsrep_incoming_addresses", "").split(","))),
    )


def _named(rows: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    return {str(row["Variable_name"]).lower(): str(row["Value"]) for row in rows}


def _is_on(value: str | None) -> bool:
    """Newer MariaDB gives read_only more values than ON and OFF."""
    return (value or "OFF").upper() not in ("OFF", "0", "FALSE", "NO")


def _number(value: str | None) -> int | None:
    return int(value) if value and value.isdecimal() else None
