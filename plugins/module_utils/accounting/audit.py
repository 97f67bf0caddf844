# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The proof over Placement: every server's allocations exist once, on the right tree, and add up.

orphaned: somebody holds a place who has no right to one. doubled: more is held than the flavor asks for, or on more than
one host. missing: less is held, or elsewhere. Servers that are being built, moved or deleted at this moment are counted
as in flux and not judged; look again later.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.accounting.expect import (
    Difference,
    expected_resources,
)
from ansible_collections.stackroll.nova.plugins.module_utils.accounting.ledger import Ledger
from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Fleet
from ansible_collections.stackroll.nova.plugins.module_utils.model.server import Migration, Server
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import some

KINDS = ("orphaned", "doubled", "missing")


@dataclass(frozen=True)
class Finding:
    """One thing that does not add up."""

    kind: str
    consumer_id: str
    reason: str
    server_id: str | None = None
    name: str | None = None
    host: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What makes it the same finding in another snapshot."""
        return (self.kind, self.consumer_id)

    def to_dict(self, ledger: Ledger) -> dict[str, Any]:
        """The finding with all that the consumer holds."""
        return {**vars(self), "allocations": ledger.entries(self.consumer_id)}


class Audit:
    """Judges one fleet."""

    def __init__(self, fleet: Fleet) -> None:
        self.ledger = Ledger(fleet)
        self._servers = {server.id: server for server in fleet.servers}
        self._migrations: dict[str, list[Migration]] = defaultdict(list)
        for migration in fleet.migrations:
            self._migrations[migration.server_id].append(migration)
        self._up = {service.host for service in fleet.compute_services if service.is_up}
        self._known_hosts = {service.host for service in fleet.compute_services}
        self.in_flux = sorted(server.id for server in fleet.servers if self._is_in_flux(server))
        self.findings = tuple(self._judge())

    def _judge(self) -> Iterator[Finding]:
        flux = set(self.in_flux)
        migrations = {item.uuid: item for items in self._migrations.values() for item in items if item.unfinished}
        for consumer in self.ledger.consumers():
            if consumer not in self._servers and consumer not in migrations:
                yield Finding("orphaned", consumer, "it is neither a server nor an unfinished migration")
        for server in self._servers.values():
            if server.id not in flux:
                yield from self._judge_server(server)
        for migration in migrations.values():
            if migration.server_id not in flux and migration.type in ("migration", "resize"):
                yield from self._judge_migration(migration)

    def _is_in_flux(self, server: Server) -> bool:
        if server.task_state is not None or server.vm_state == "building":
            return True
        return any(item.unfinished and item.status != "finished" for item in self._migrations[server.id])

    def _judge_server(self, server: Server) -> Iterator[Finding]:
        hosts = self.ledger.hosts_of(server.id)
        home = self.ledger.tree_of(server.node)
        if not server.holds_host:
            if hosts:
                yield self._finding("orphaned", server, f"it is {server.vm_state} and needs no host")
        elif home is None:
            yield self._finding("missing", server, f"there is no resource provider named {server.node}")
        elif home not in hosts:
            where = f"its allocations are on {self._names(hosts)}" if hosts else "it has no allocations"
            yield self._finding("missing", server, where)
        else:
            yield from self._judge_place(server, hosts - {home} - self._left_behind(server))
            yield from self._judge_amounts(server, home)

    def _judge_place(self, server: Server, elsewhere: set[str]) -> Iterator[Finding]:
        if elsewhere:
            yield self._finding("doubled", server, f"it has allocations on {self._names(elsewhere)} as well")

    def _judge_amounts(self, server: Server, home: str) -> Iterator[Finding]:
        expected = expected_resources(server.flavor, server.volume_backed)
        differences = expected.differences(self.ledger.held_on(server.id, home))
        if differences:
            sentence = ", ".join(str(item) for item in differences)
            yield self._finding(kind_of(differences), server, sentence)

    def _judge_migration(self, migration: Migration) -> Iterator[Finding]:
        """A finished resize keeps its place on the source until it is confirmed or reverted."""
        hosts = self.ledger.hosts_of(migration.uuid)
        source = self.ledger.tree_of(migration.source_node)
        server = self._servers[migration.server_id]
        if source not in hosts:
            reason = f"the migration to confirm holds nothing on its source {migration.source_host}"
            yield self._finding("missing", server, reason, migration.uuid)
        elif len(hosts) > 1:
            reason = f"the migration to confirm has allocations on {self._names(hosts)}"
            yield self._finding("doubled", server, reason, migration.uuid)

    def _left_behind(self, server: Server) -> set[str]:
        """Sources of evacuations that are still down: their nova-compute cleans up when it is back."""
        trees = set()
        for migration in self._migrations[server.id]:
            host = migration.source_host or ""
            if migration.type == "evacuation" and host in self._known_hosts and host not in self._up:
                trees.add(self.ledger.tree_of(migration.source_node))
        return {tree for tree in trees if tree is not None}

    def _names(self, trees: Iterable[str]) -> str:
        return some(sorted(self.ledger.name_of(tree) for tree in trees))

    @staticmethod
    def _finding(kind: str, server: Server, reason: str, consumer: str | None = None) -> Finding:
        return Finding(kind, consumer or server.id, reason, server.id, server.name, server.host)


def kind_of(differences: Iterable[Difference]) -> str:
    """The kind of a finding of wrong amounts."""
    return "missing" if any(item.held < item.expected for item in differences) else "doubled"


def account(audit: Audit, findings: Iterable[Finding], known: Iterable[Finding] = ()) -> dict[str, Any]:
    """The accounting of a module result; what was known before is listed apart."""
    known_keys = {finding.key for finding in known}
    all_findings = list(findings)
    fresh = [finding for finding in all_findings if finding.key not in known_keys]
    old = [finding for finding in all_findings if finding.key in known_keys]
    return {
        "consumers": len(audit.ledger.consumers()),
        **_by_kind(fresh),
        "details": [finding.to_dict(audit.ledger) for finding in fresh],
        "preexisting": _by_kind(old),
        "in_flux": list(audit.in_flux),
    }


def _by_kind(findings: list[Finding]) -> dict[str, list[str]]:
    return {kind: sorted({item.consumer_id for item in findings if item.kind == kind}) for kind in KINDS}
