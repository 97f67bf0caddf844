# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Proof that hosts are empty, from three independent reads: servers, unfinished migrations, allocations."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.api import convert, nova, placement
from ansible_collections.stackroll.nova.plugins.module_utils.api.session import Cloud
from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Provider
from ansible_collections.stackroll.nova.plugins.module_utils.model.server import Migration, Server
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.move import Move
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.world import require_answers
from ansible_collections.stackroll.nova.plugins.module_utils.moves.hosts import host_trees


@dataclass
class HostEvidence:
    """What names one host."""

    servers: list[Server] = field(default_factory=list)
    migrations: list[Migration] = field(default_factory=list)
    consumers: set[str] = field(default_factory=set)

    @property
    def empty(self) -> bool:
        """Whether nothing does."""
        return not (self.servers or self.migrations or self.consumers)

    def to_dict(self) -> dict[str, Any]:
        """For the result of the module."""
        return {
            "servers": sorted(server.id for server in self.servers),
            "migrations": sorted(migration.uuid for migration in self.migrations),
            "allocations": sorted(self.consumers),
        }


class Allocations:
    """Who holds something on which host; providers are found once, each is read when asked for."""

    def __init__(self, cloud: Cloud, hosts: Iterable[str]) -> None:
        self._cloud = cloud
        self._trees: dict[str, list[Provider]] = host_trees(cloud, sorted(set(hosts)))

    def read(self, hosts: Iterable[str]) -> dict[str, set[str]]:
        """The consumers on each of these hosts."""
        found: dict[str, set[str]] = {host: set() for host in hosts}
        wanted = [(host, provider.uuid) for host in found for provider in self._trees.get(host, [])]
        answers = self._cloud.map(lambda item: placement.allocations(self._cloud, item[1]), wanted)
        for (host, _uuid), consumers in zip(wanted, answers):
            found[host].update(consumers)
        return found


def evidence(cloud: Cloud, hosts: Collection[str], consumers: dict[str, set[str]]) -> dict[str, HostEvidence]:
    """All that names these hosts; servers and migrations are read here, the consumers were read before."""
    reads: list[Callable[[], list[dict[str, Any]]]] = [
        lambda: require_answers(nova.servers(cloud)),
        lambda: nova.soft_deleted_servers(cloud),
        lambda: nova.unfinished_migrations_of(cloud, hosts),
    ]
    usual, soft_deleted, under_way = cloud.map(_call, reads)
    found = {host: HostEvidence(consumers=set(consumers.get(host, ()))) for host in hosts}
    unique = {item["id"]: convert.server(item) for item in usual + soft_deleted}
    for server in unique.values():
        if server.holds_host and server.host in found:
            found[str(server.host)].servers.append(server)
    for migration in (convert.migration(item) for item in under_way):
        for host in {migration.source_host, migration.dest_host} & found.keys():
            found[str(host)].migrations.append(migration)
    return found


def _call(read: Callable[[], list[dict[str, Any]]]) -> list[dict[str, Any]]:
    return read()


def misplaced(move: Move, consumers: dict[str, set[str]]) -> str:
    """What is wrong with the allocations of a server that has left its host; empty when they are where they belong."""
    names = {move.id, move.record.uuid if move.record else move.id}
    if names & consumers.get(move.source, set()):
        return f"it still holds an allocation on {move.source}"
    host = move.server.host
    if move.server.holds_host and host in consumers and move.id not in consumers[str(host)]:
        return f"it holds no allocation on {host}"
    return ""
