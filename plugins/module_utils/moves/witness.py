# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Nova and Placement say about one consumer at this moment, before anything of it is changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.accounting.holdings import Holdings, Refused, held_by
from ansible_collections.stackroll.nova.plugins.module_utils.accounting.repair import unfinished
from ansible_collections.stackroll.nova.plugins.module_utils.api import convert, nova, placement
from ansible_collections.stackroll.nova.plugins.module_utils.api.session import Cloud
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Fleet
from ansible_collections.stackroll.nova.plugins.module_utils.model.server import Migration, Server

# Placement says "unknown" of consumers without a type; Nova gives none.
NOVA_CONSUMER_TYPES = ("unknown", "INSTANCE", "MIGRATION")
HOLDS_NOTHING: dict[str, Any] = {"allocations": {}}


class Overtaken(StackrollError):  # noqa: N818  # what happened reads better than a suffix
    """Somebody has changed the server or its allocations since the look on which the plan was made."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "Run the same command again.")


@dataclass(frozen=True)
class Owner:
    """What Placement wants to be told when allocations are written."""

    generation: int | None
    project_id: str
    user_id: str

    def body(self, holdings: Holdings) -> dict[str, Any]:
        """The whole request."""
        return {
            "allocations": {uuid: {"resources": dict(resources)} for uuid, resources in holdings.items()},
            "consumer_generation": self.generation,
            "project_id": self.project_id,
            "user_id": self.user_id,
        }


class Witness:
    """Asks about consumers of one snapshot."""

    def __init__(self, cloud: Cloud, fleet: Fleet, consumers: Iterable[str]) -> None:
        self._cloud = cloud
        self._fleet = fleet
        self._servers = {server.id: server for server in fleet.servers}
        strangers = set(consumers) - self._servers.keys()
        found = nova.unfinished_migrations(cloud) if strangers else []
        self._unfinished = {item.uuid: item for item in map(convert.migration, found)}

    def ask(self, consumer: str) -> Owner:
        """The owner of what the consumer holds, once all is as the snapshot says. Raises Refused or Overtaken."""
        held = placement.allocations_of(self._cloud, consumer) or HOLDS_NOTHING
        _refuse_foreign(held.get("consumer_type"))
        server = self._servers.get(consumer)
        if server is None:
            self._require_nobody(consumer)
        else:
            now = self._require_same(server)
            self._refuse_moving(server)
            held = {"project_id": now["tenant_id"], "user_id": now["user_id"], **held}
        if _holdings(held) != held_by(self._fleet, consumer):
            raise Overtaken("its allocations have changed meanwhile")
        return Owner(held.get("consumer_generation"), held["project_id"], held["user_id"])

    def _require_nobody(self, consumer: str) -> None:
        """No server and no unfinished migration has this UUID."""
        found = nova.server(self._cloud, consumer)
        if found is not None and found["status"] == "UNKNOWN":
            raise _silent_cell()
        if found is not None:
            raise Refused(
                f"Nova has a server of this UUID, of status {found['status']}, which is not in its list of servers",
                f"Look into it: openstack server show {consumer}.",
            )
        migration = self._unfinished.get(consumer)
        if migration is not None:
            raise unfinished(migration.type, migration.status)

    def _require_same(self, server: Server) -> dict[str, Any]:
        found = nova.server(self._cloud, server.id)
        if found is None:
            raise Overtaken("the server has been deleted meanwhile")
        if found["status"] == "UNKNOWN":
            raise _silent_cell()
        if _place(convert.server(found)) != _place(server):
            raise Overtaken("the server has changed meanwhile")
        return found

    def _refuse_moving(self, server: Server) -> None:
        migrations: list[Migration] = [convert.migration(item) for item in nova.migrations_of(self._cloud, server.id)]
        for item in migrations:
            if item.unfinished:
                raise unfinished(item.type, item.status)


def _place(server: Server) -> tuple[object, ...]:
    return (server.host, server.node, server.vm_state, server.task_state, server.flavor)


def _holdings(held: dict[str, Any]) -> Holdings:
    return {uuid: item["resources"] for uuid, item in held["allocations"].items()}


def _refuse_foreign(consumer_type: str | None) -> None:
    if consumer_type not in (None, *NOVA_CONSUMER_TYPES):
        raise Refused(
            f"it is a consumer of the type {consumer_type}, which is not Nova's", "Ask the service that has made it."
        )


def _silent_cell() -> Refused:
    return Refused("its cell does not answer", "Mend the database of the cell first.")
