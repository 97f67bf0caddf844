# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the fleet: a constant number of list requests, then one per provider for what was asked for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.api import convert, nova, placement
from ansible_collections.stackroll.nova.plugins.module_utils.api.errors import ApiError
from ansible_collections.stackroll.nova.plugins.module_utils.api.session import Cloud
from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import (
    Allocation,
    Fleet,
    Node,
    Provider,
    Unknown,
)
from ansible_collections.stackroll.nova.plugins.module_utils.model.server import (
    UNFINISHED_MIGRATION_STATUSES,
    Migration,
    Server,
)

INCLUDABLE = ("allocations", "inventories", "traits")
MOVING_TASKS = frozenset(
    (
        "migrating",
        "rebuild_block_device_mapping",
        "rebuild_spawning",
        "rebuilding",
        "resize_confirming",
        "resize_finish",
        "resize_migrated",
        "resize_migrating",
        "resize_prep",
        "resize_reverting",
    )
)
Json = dict[str, Any]


def read_fleet(cloud: Cloud, include: Collection[str] = INCLUDABLE) -> Fleet:
    """A snapshot; what does not answer ends in `unknown`, what refuses us is an error."""
    return Observer(cloud).read(include)


class Observer:
    """Reads one fleet and remembers what did not answer."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.unknown: list[Unknown] = []

    def read(self, include: Collection[str]) -> Fleet:
        """All lists at once, then the details of the providers, then the migrations that these ask about."""
        taken_at = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        lists: dict[str, Callable[[], list[Json]]] = {
            "services": lambda: nova.services(self.cloud),
            "servers": lambda: nova.servers(self.cloud),
            "soft-deleted servers": lambda: nova.soft_deleted_servers(self.cloud),
            "server groups": lambda: nova.server_groups(self.cloud),
            "aggregates": lambda: nova.aggregates(self.cloud),
            "resource providers": lambda: placement.providers(self.cloud),
            "migrations": lambda: nova.migrations(self.cloud, "finished"),
            "evacuations": lambda: nova.migrations(self.cloud, "done", "evacuation"),
        }
        found = dict(zip(lists, self.cloud.map(self._ask, lists.items())))
        self._note_silent_cells(found["services"], found["servers"])
        known_servers = tuple(convert.server(item) for item in _known(found["servers"] + found["soft-deleted servers"]))
        known_providers = tuple(convert.provider(item) for item in found["resource providers"])
        details = self._details(known_providers, include)
        fleet = Fleet(
            taken_at=taken_at,
            services=tuple(convert.service(item) for item in found["services"]),
            servers=known_servers,
            migrations=self._migrations(
                known_servers, found["migrations"] + found["evacuations"], details["allocations"]
            ),
            server_groups=tuple(convert.server_group(item) for item in found["server groups"]),
            aggregates=tuple(convert.aggregate(item) for item in found["aggregates"]),
            providers=known_providers,
            allocations=_allocations(details["allocations"]),
            inventories=details["inventories"],
            traits={uuid: tuple(names) for uuid, names in details["traits"].items()},
        )
        if "inventories" in include and not fleet.names_match:
            fleet = replace(fleet, nodes=self._nodes())
        return replace(fleet, unknown=tuple(self.unknown))

    def _ask(self, question: tuple[str, Callable[[], list[Json]]]) -> list[Json]:
        what, read = question
        try:
            return read()
        except ApiError as error:
            if not error.unavailable:
                raise
            self.unknown.append(Unknown(what, str(error)))
            return []

    def _details(self, providers: Iterable[Provider], include: Collection[str]) -> dict[str, dict[str, Any]]:
        readers = {
            "allocations": placement.allocations,
            "inventories": placement.inventories,
            "traits": placement.traits,
        }
        wanted = [(what, provider.uuid) for what in INCLUDABLE if what in include for provider in providers]

        def read(item: tuple[str, str]) -> Any:
            what, uuid = item
            try:
                return readers[what](self.cloud, uuid)
            except ApiError as error:
                if not error.unavailable:
                    raise
                self.unknown.append(Unknown(f"{what} of resource provider {uuid}", str(error)))
                return {}

        found: dict[str, dict[str, Any]] = {what: {} for what in INCLUDABLE}
        for (what, uuid), value in zip(wanted, self.cloud.map(read, wanted)):
            found[what][uuid] = value
        return found

    def _nodes(self) -> tuple[Node, ...]:
        found = self._ask(("compute nodes", lambda: nova.hypervisors(self.cloud)))
        return tuple(convert.node(item) for item in found)

    def _migrations(
        self, servers: Collection[Server], first: list[Json], allocations: dict[str, Json]
    ) -> tuple[Migration, ...]:
        """Unfinished migrations of servers that exist.

        Nova lists migrations by one status only. In a quiet cloud the two lists read first are all there is; the other
        statuses are asked for when a server or a consumer shows that something is under way.
        """
        found = [convert.migration(item) for item in first]
        if _something_moves(servers, found, allocations):
            others = [status for status in UNFINISHED_MIGRATION_STATUSES if status != "finished"]
            questions = [("migrations", lambda status=status: nova.migrations(self.cloud, status)) for status in others]
            for page in self.cloud.map(self._ask, questions):
                found += [convert.migration(item) for item in page]
        ids = {server.id for server in servers}
        latest = {migration.uuid: migration for migration in found if migration.server_id in ids}
        return tuple(latest.values())

    def _note_silent_cells(self, services: Iterable[Json], servers: Iterable[Json]) -> None:
        error = "its cell does not answer"
        for item in services:
            if item["status"] == "UNKNOWN":
                self.unknown.append(Unknown(f"{item['binary']} on {item['host']}", error))
        silent = [item["id"] for item in servers if item["status"] == "UNKNOWN"]
        if silent:
            names = ", ".join(silent[:3]) + (", …" if len(silent) > 3 else "")
            self.unknown.append(Unknown(f"{len(silent)} servers ({names})", "their cell does not answer"))


def _something_moves(
    servers: Collection[Server], migrations: Collection[Migration], allocations: dict[str, Json]
) -> bool:
    explained = {migration.server_id for migration in migrations if migration.unfinished}
    if any(server.task_state in MOVING_TASKS for server in servers):
        return True
    if any(server.vm_state == "resized" and server.id not in explained for server in servers):
        return True
    known = {server.id for server in servers} | {migration.uuid for migration in migrations}
    return any(consumer not in known for consumers in allocations.values() for consumer in consumers)


def _known(servers: Iterable[Json]) -> list[Json]:
    """Servers whose cell answered, each once: one may turn soft-deleted between the two lists."""
    return list({item["id"]: item for item in servers if item["status"] != "UNKNOWN"}.values())


def _allocations(by_provider: dict[str, Json]) -> tuple[Allocation, ...]:
    return tuple(
        Allocation(consumer, provider, dict(data["resources"]))
        for provider, consumers in by_provider.items()
        for consumer, data in consumers.items()
    )
