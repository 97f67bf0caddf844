# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What we know of the cloud while servers move: everything once, then only what has changed, two requests a look."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.api import convert, nova
from ansible_collections.stackroll.nova.plugins.module_utils.api.observe import MOVING_TASKS
from ansible_collections.stackroll.nova.plugins.module_utils.api.session import Cloud
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Service
from ansible_collections.stackroll.nova.plugins.module_utils.model.server import (
    Labels,
    Migration,
    Server,
    ServerGroup,
)
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import some

# Clocks of controllers differ, and what is written now may carry an earlier time.
OVERLAP = timedelta(seconds=30)
# Without any heartbeat to tell the time of the cloud, our own clock may be far off.
FAR_OVERLAP = timedelta(seconds=300)
Json = dict[str, Any]


class World:
    """Servers and migrations as last seen; deleted servers are None."""

    def __init__(self, cloud: Cloud, since: str | None = None) -> None:
        self.cloud = cloud
        self.since = since
        self.servers_since = since
        self.servers: dict[str, Server | None] = {}
        self.labels: dict[str, Labels] = {}
        self.groups: list[ServerGroup] = []
        self._migrations: dict[str, dict[str, Migration]] = {}

    def open(self, services: Iterable[Service]) -> None:
        """Read everything once."""
        self.since = self.servers_since = _start(services)
        lists = {
            "servers": lambda: nova.servers(self.cloud),
            "soft-deleted": lambda: nova.soft_deleted_servers(self.cloud),
            "groups": lambda: nova.server_groups(self.cloud),
            "finished": lambda: nova.migrations(self.cloud, "finished"),
            "lately": lambda: nova.migrations_since(self.cloud, str(self.since)),
        }
        found = dict(zip(lists, self.cloud.map(lambda read: read(), lists.values())))
        self._take_servers(require_answers(found["servers"] + found["soft-deleted"]))
        self._take_migrations(found["finished"] + found["lately"])
        self.groups = [convert.server_group(item) for item in found["groups"]]
        if any(server and server.task_state in MOVING_TASKS for server in self.servers.values()):
            self._take_migrations(nova.unfinished_migrations(self.cloud))

    def look_at_migrations(self) -> None:
        """Read the migrations that have changed. They come first, so that a server is never older than its migration."""
        migrations = nova.migrations_since(self.cloud, str(self.since))
        self._take_migrations(migrations)
        self.since = _later(self.since, (item.get("updated_at") for item in migrations))

    def look_at_servers(self) -> None:
        """Read the servers that have changed."""
        changed = nova.servers_since(self.cloud, str(self.servers_since))
        self._take_servers([item for item in changed if item["status"] != "UNKNOWN"])
        self.servers_since = _later(self.servers_since, (item.get("updated") for item in changed))

    def migrations_of(self, server_id: str) -> list[Migration]:
        """The migrations of a server that we have seen."""
        return list(self._migrations.get(server_id, {}).values())

    def unfinished(self) -> list[Migration]:
        """All migrations Nova is not through with."""
        return [item for found in self._migrations.values() for item in found.values() if item.unfinished]

    def living(self) -> list[Server]:
        """All servers that are not deleted."""
        return [server for server in self.servers.values() if server is not None]

    def _take_servers(self, items: Iterable[Json]) -> None:
        for item in items:
            gone = item["status"] == "DELETED" or item["OS-EXT-STS:vm_state"] == "deleted"
            self.servers[item["id"]] = None if gone else convert.server(item)
            self.labels[item["id"]] = convert.labels(item)

    def _take_migrations(self, items: Iterable[Json]) -> None:
        for migration in map(convert.migration, items):
            self._migrations.setdefault(migration.server_id, {})[migration.uuid] = migration


def require_answers(servers: list[Json]) -> list[Json]:
    """All servers, when every cell has answered."""
    silent = [item["id"] for item in servers if item["status"] == "UNKNOWN"]
    if silent:
        raise StackrollError(f"The cell of the servers {some(silent)} does not answer.", "Mend its database first.")
    return servers


def _start(services: Iterable[Service]) -> str:
    """A moment shortly before now, by the clock of the cloud: heartbeats are never older than some seconds."""
    beats = [moment for service in services if service.is_up for moment in [_moment(service.updated_at)] if moment]
    return _text(max(beats) - OVERLAP) if beats else _text(datetime.now(timezone.utc) - FAR_OVERLAP)


def _later(since: str | None, times: Iterable[str | None]) -> str:
    """Where the next look may begin."""
    newest = max((moment for moment in map(_moment, times) if moment), default=None)
    return max(str(since), _text(newest - OVERLAP)) if newest else str(since)


def _moment(text: str | None) -> datetime | None:
    """Nova's times are UTC, with and without saying so."""
    return datetime.fromisoformat(text.rstrip("Z")).replace(tzinfo=timezone.utc) if text else None


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
