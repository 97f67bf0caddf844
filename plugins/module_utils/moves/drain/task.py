# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Empty hosts: judge every server, move what has to move, prove that nothing is left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.api.session import Cloud
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain import move as at
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.engine import SHORTEST, Clock
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.judgement import DrainJudgement
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.move import Move
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.order import (
    Order,
    refuse_dead_hosts,
    refuse_without_room,
)
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.parked import (
    STEP_OF,
    ParkedServer,
    Register,
    last_actions,
)
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.proof import (
    Allocations,
    HostEvidence,
    evidence,
    misplaced,
)
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.report import complaint, host_result
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.work import Work, quietly
from ansible_collections.stackroll.nova.plugins.module_utils.moves.hosts import compute_services
from ansible_collections.stackroll.nova.plugins.module_utils.planning.surroundings import survey
from ansible_collections.stackroll.nova.plugins.module_utils.planning.verdicts import Judge, verdicts

# Nova deletes allocations a moment after it has called a migration finished.
ALLOCATION_PATIENCE = 20.0
# How often servers may turn up on the hosts after everything seemed done.
ROUNDS = 3
Result = dict[str, Any]


class Drain(Work):
    """Empties the hosts of one order."""

    def __init__(self, cloud: Cloud, order: Order, clock: Clock) -> None:
        super().__init__(cloud, order, clock)
        self.found: dict[str, HostEvidence] = {}

    def open(self) -> list[Result]:
        """Look at everything, refuse what cannot be done; returns the verdicts."""
        services = compute_services(self.cloud)
        self.order.check(services)
        self.world.open(services.values())
        hosts, servers = self.order.hosts, self.world.living()
        self.around = survey(hosts, services.values(), servers, self.world.groups)
        self.parked = self._parked_before()
        found = verdicts(
            servers, hosts, self.order.policy, self.around, labels=self.world.labels, migrations=self.world.unfinished()
        )
        refuse_dead_hosts(found, services)
        refuse_without_room(found)
        self.make_engine()
        return [verdict.to_dict() for verdict in found]

    def _parked_before(self) -> dict[str, ParkedServer]:
        """Parked by a run that was killed; suspending and stopping again, or moving them, would lose how they were."""
        here = [server for server in self.world.living() if server.host in self.order.hosts]
        states = [state for state, step in STEP_OF.items() if step in self.order.policy.park]
        candidates = [server for server in here if server.vm_state in states]
        register = Register(self.cloud, self.order.parked, self.order.parked_since)
        return register.parked(candidates) if register.records or register.since else {}

    def judgement(self) -> DrainJudgement:
        """By policy, surroundings and account."""
        order = self.order
        judge = Judge(order.policy, self.around)
        return DrainJudgement(order.hosts, judge, order.pace.bounds, self.cloud.user_id, self.parked)

    def run(self, tell: Callable[[], None] = quietly) -> None:
        """Work until everything is done and proven."""
        for _round in range(ROUNDS):
            self.engine.run(tell)
            self._sign_parked()
            self._settle(tell)
            if not self._newcomers():
                break

    def _sign_parked(self) -> None:
        """Note which request has parked a server, so that it can be told from what others do."""
        unsigned = [move for move in self.engine.moves.values() if move.phase == at.PARKED and not move.request_id]
        actions = last_actions(self.cloud, [move.server for move in unsigned])
        for move in unsigned:
            action = actions.get(move.id)
            if action and action.action == move.step:
                self.engine.moves[move.id] = replace(move, request_id=action.request_id)

    def _settle(self, tell: Callable[[], None]) -> None:
        """Read the allocations until they are where they belong, or too long."""
        begin = self.clock.now()
        moves = self.engine.moves
        arrived = [move for move in moves.values() if move.phase == at.ARRIVED]
        destinations = {move.server.host for move in arrived if move.server.holds_host and move.server.host}
        hosts = {*self.order.hosts, *destinations}
        allocations = Allocations(self.cloud, hosts)
        consumers = allocations.read(sorted(hosts))
        pause = SHORTEST
        while True:
            wrong = {move.id: misplaced(move, consumers) for move in arrived}
            late = [host for host in self.order.hosts if consumers[host] - self._rightful(host)]
            late += sorted({str(move.server.host) for move in arrived if wrong[move.id] and move.server.host in hosts})
            if not late or self.clock.now() - begin > ALLOCATION_PATIENCE:
                break
            tell()
            self.clock.sleep(pause)
            pause = min(2 * pause, self.order.pace.interval)
            consumers.update(allocations.read(late))
        for move in arrived:
            moves[move.id] = _settled(move, wrong[move.id])
        self.found = evidence(self.cloud, self.order.hosts, consumers)

    def _rightful(self, host: str) -> set[str]:
        """Who may still hold something on a host: its servers, and migrations that are not over."""
        here = [move for move in self.engine.moves.values() if move.source == host]
        staying = [move for move in here if move.phase not in (at.ARRIVED, at.MOVED, at.LEFT)]
        return {move.id for move in staying} | {move.record.uuid for move in staying if move.record}

    def _newcomers(self) -> bool:
        """Servers that have appeared on the hosts while the others left, by a revert for example."""
        servers = [server for found in self.found.values() for server in found.servers]
        for server in servers:
            self.world.servers[server.id] = server
        adopted = self.engine.judgement.adopt(self.world, self.engine.moves, self.clock.now())
        self.engine.moves.update({move.id: move for move in adopted})
        return bool(adopted)

    def hosts_result(self) -> list[Result]:
        """Whether each host is empty, and the evidence."""
        return [host_result(host, found, self.engine.moves.values()) for host, found in self.found.items()]

    def trouble(self, result: Result) -> str:
        """Hosts that are not as agreed, and servers that are not well elsewhere."""
        return complaint(result["hosts"], result)


def _settled(move: Move, wrong: str) -> Move:
    if wrong:
        return replace(move, phase=at.FAILED, reason=f"it has moved to {move.server.host}, but {wrong}")
    return replace(move, phase=at.MOVED)
