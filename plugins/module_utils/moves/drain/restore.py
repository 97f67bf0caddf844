# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bring back what was parked, exactly as it was, and only that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.model.server import Server
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import count, some
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain import move as at
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.move import Move
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.parked import STEP_OF, ParkedServer, Register
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.state import RESUME, START
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.work import Work, quietly
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.world import World
from ansible_collections.stackroll.nova.plugins.module_utils.moves.hosts import compute_services, require_services
from ansible_collections.stackroll.nova.plugins.module_utils.planning.policy import SUSPEND

Result = dict[str, Any]


class RestoreJudgement:
    """A server that its owner has taken into his own hands meanwhile is his."""

    def adopt(self, world: World, moves: Mapping[str, Move], now: float) -> list[Move]:  # noqa: ARG002
        """Nobody else is looked after."""
        return []

    def judge(self, world: World, move: Move) -> Move:  # noqa: ARG002
        """Idle in a state that nobody here has brought about."""
        if move.server.vm_state == "active":
            return replace(move, phase=at.RESTORED, ended=move.clock, reason="it runs already")
        return replace(move, phase=at.STAYED, ended=move.clock, reason=f"somebody has made it {move.server.vm_state}")


class Restore(Work):
    """Brings back the servers of the hosts of one order."""

    def judgement(self) -> RestoreJudgement:
        """Nothing is moved, so there is little to decide."""
        return RestoreJudgement()

    def open(self) -> list[Result]:
        """Find what we have parked; returns what is going to be done."""
        services = compute_services(self.cloud)
        require_services(self.order.hosts, services)
        down = [host for host in self.order.hosts if not services[host].is_up]
        if down and not self.order.check_mode:
            raise InvalidInput(f"nova-compute on {some(down)} is down.", "Start it first, then restore its servers.")
        self.world.open(services.values())
        self.make_engine()
        recorded = {record.id: record for record in self.order.parked if record.host in self.order.hosts}
        here = [item for item in self.world.living() if item.host in self.order.hosts or item.id in recorded]
        candidates = [item for item in here if item.vm_state in STEP_OF or item.task_state]
        parked = Register(self.cloud, recorded.values(), self.order.parked_since).parked(candidates)
        moves = [_move(server, recorded.get(server.id), parked.get(server.id)) for server in here]
        self.engine.moves = {move.id: move for move in moves if move}
        return [_verdict(move) for move in self.engine.moves.values()]

    def run(self, tell: Callable[[], None] = quietly) -> None:
        """Work until everything is done."""
        self.engine.run(tell)

    def trouble(self, result: Result) -> str:
        """Servers that did not come back."""
        lost = result["failed_servers"] + result["remaining"]
        names = some((f"{item['name']} ({item['reason'] or 'not begun'})" for item in lost), 5)
        return f"{count(len(lost), 'server')} not restored: {names}" if lost else ""


def _move(server: Server, record: ParkedServer | None, parked: ParkedServer | None) -> Move | None:
    """What has to be done for a server; nothing for one that we have not parked."""
    host = record.host if record else str(server.host)
    if parked:
        step = RESUME if parked.step == SUSPEND else START
        reason = f"it was {parked.vm_state} before we asked Nova to {parked.step} it"
        return Move(server, host, at.READY, (step,), reason, vm_state=server.vm_state)
    if record is None:
        return None
    if server.task_state:
        return Move(server, host, at.WAITING, vm_state=server.vm_state)
    if server.vm_state == record.vm_state:
        return Move(server, host, at.RESTORED, reason="it runs already")
    return Move(server, host, at.STAYED, reason=f"somebody else has made it {server.vm_state} since")


def _verdict(move: Move) -> Result:
    action = move.step if move.phase == at.READY else "stay"
    return {
        "server_id": move.id,
        "name": move.server.name,
        "host": move.source,
        "action": action,
        "reason": move.reason,
        "fallbacks": [],
    }
