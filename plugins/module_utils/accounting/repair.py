# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a repair writes: all that one consumer shall hold afterwards, or why that cannot be told. No I/O.

Taken away is only what lies on hosts where the server is not, or all of a consumer that does not exist. Added is only what a
flavor names, on a host without child providers. All else stays: nothing is computed for ports, devices, child providers or
shared storage, and nothing is ever flattened.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ansible_collections.stackroll.nova.plugins.module_utils.accounting.audit import Audit, Finding, kind_of
from ansible_collections.stackroll.nova.plugins.module_utils.accounting.expect import expected_resources
from ansible_collections.stackroll.nova.plugins.module_utils.accounting.fit import fit
from ansible_collections.stackroll.nova.plugins.module_utils.accounting.holdings import (
    Holdings,
    Refused,
    held_by,
    with_holdings,
)
from ansible_collections.stackroll.nova.plugins.module_utils.accounting.ledger import Ledger
from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Fleet
from ansible_collections.stackroll.nova.plugins.module_utils.model.server import Server
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import some


@dataclass(frozen=True)
class Change:
    """All that a consumer holds, before and after."""

    before: Holdings
    after: Holdings


class Planner:
    """Plans on one snapshot and its audit."""

    def __init__(self, fleet: Fleet, audit: Audit) -> None:
        self._fleet = fleet
        self._audit = audit
        self._ledger = audit.ledger
        self._servers = {server.id: server for server in fleet.servers}

    def plan(self, findings: Sequence[Finding]) -> Change:
        """The change that mends these findings of one consumer, and does nothing else. Raises Refused."""
        consumer = findings[0].consumer_id
        kinds = {finding.kind for finding in findings}
        server = self._servers.get(consumer)
        before = held_by(self._fleet, consumer)
        after: Holdings = {}
        if server is not None:
            self._refuse_moving(server)
            after = self._place(server, kinds, before)
        elif kinds != {"orphaned"}:
            raise Refused("a migration waits to be confirmed", "Confirm or revert the resize of the server.")
        self._prove(consumer, kinds, after)
        return Change(before, after)

    def _refuse_moving(self, server: Server) -> None:
        """Nova moves allocations itself until a migration is finished, and until an evacuated host has cleaned up."""
        for item in self._fleet.migrations:
            if item.server_id == server.id and item.unfinished:
                raise unfinished(item.type, item.status)
            if item.server_id == server.id and item.type == "evacuation":
                raise Refused(
                    f"it was evacuated from {item.source_host}, which has not cleaned up",
                    f"Start nova-compute on {item.source_host} again: it removes what was left there.",
                )

    def _place(self, server: Server, kinds: Collection[str], held: Holdings) -> Holdings:
        hosts = self._ledger.hosts_of(server.id)
        if not server.holds_host:
            return self._without(held, hosts)
        home = self._ledger.tree_of(server.node)
        if home is None:
            raise Refused(
                f"there is no resource provider named {server.node}",
                f"Restart nova-compute on {server.host}, which creates it, and look again.",
            )
        after = held
        if home not in hosts:
            self._refuse_more_than_flavor(server, held, hosts)
            after = self._without(held, hosts)
        elif "doubled" in kinds:
            after = self._without(held, hosts - {home})
        rest = with_holdings(self._fleet, server.id, after)
        differences = expected_resources(server.flavor, server.volume_backed).differences(
            Ledger(rest).held_on(server.id, home)
        )
        if differences and kind_of(differences) in kinds:
            after = fit(self._fleet, server, home, after)
        return after

    def _without(self, held: Holdings, trees: Collection[str]) -> Holdings:
        return {uuid: resources for uuid, resources in held.items() if self._ledger.root_of(uuid) not in trees}

    def _refuse_more_than_flavor(self, server: Server, held: Holdings, hosts: Collection[str]) -> None:
        """What ports and devices have on the wrong host cannot be computed for the right one."""
        named = {"VCPU", "MEMORY_MB", "DISK_GB", *expected_resources(server.flavor, server.volume_backed).others}
        more = sorted(
            f"{name} on {self._ledger.name_of(uuid)}"
            for uuid, resources in held.items()
            if self._ledger.root_of(uuid) in hosts
            for name in resources
            if uuid not in hosts or name not in named
        )
        if more:
            raise Refused(
                f"it holds {some(more)}, for which its own host may have no counterpart",
                "Move the server to another host: Nova then claims everything anew.",
            )

    def _prove(self, consumer: str, kinds: Collection[str], after: Holdings) -> None:
        """The audit of the outcome has none of the findings, and no new one."""
        before = {finding.key for finding in self._audit.findings}
        found = {finding.key for finding in Audit(with_holdings(self._fleet, consumer, after)).findings}
        if found - before or found & {(kind, consumer) for kind in kinds}:
            raise Refused(
                "no change of its allocations alone makes them right",
                "Name all kinds of findings of this consumer, or move the server to another host.",
            )


def unfinished(kind: str, status: str) -> Refused:
    """What Nova still works on is not touched."""
    return Refused(
        f"its {kind} is {status}", "Let Nova end it, or confirm, revert or abort it. Then run the same command again."
    )
