# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to do with the servers of hosts that are being emptied, and which migrations under way are taken over."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from ansible_collections.stackroll.nova.plugins.module_utils.model.server import Migration, Server
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain import move as at
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.move import Bounds, Move
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.parked import ParkedServer
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.world import World
from ansible_collections.stackroll.nova.plugins.module_utils.planning.policy import COLD, LIVE, STAY
from ansible_collections.stackroll.nova.plugins.module_utils.planning.verdicts import (
    BLOCKED,
    NO_LABELS,
    WAIT,
    Judge,
    Verdict,
)

PHASES = {WAIT: at.WAITING, STAY: at.STAYED, BLOCKED: at.BLOCKED}


class DrainJudgement:
    """Judges servers that are idle, and adopts what is under way: a killed run goes on where it was."""

    def __init__(
        self,
        hosts: Collection[str],
        judge: Judge,
        bounds: Bounds,
        user_id: str | None,
        parked: Mapping[str, ParkedServer],
    ) -> None:
        self.hosts = hosts
        self._judge = judge
        self._bounds = bounds
        self._user_id = user_id
        self.parked = dict(parked)

    def adopt(self, world: World, moves: Mapping[str, Move], now: float) -> list[Move]:
        """Servers that are on the hosts, or under way from or to them, and are not cared for."""
        under_way: dict[str, Migration] = {}
        for item in world.unfinished():
            if item.type != "evacuation" and {item.source_host, item.dest_host} & set(self.hosts):
                under_way[item.server_id] = item
        found = []
        for server in world.living():
            known = moves.get(server.id)
            here = server.holds_host and server.host in self.hosts
            migration = under_way.get(server.id)
            if known is None and (here or migration):
                found.append(self._adopt(world, server, migration, now))
            elif known and here and known.phase in (at.ARRIVED, at.MOVED, at.LEFT):
                found.append(replace(known, server=server, source=str(server.host), phase=at.UNJUDGED, clock=now))
        return found

    def _adopt(self, world: World, server: Server, migration: Migration | None, now: float) -> Move:
        if migration is None:
            # What is known of earlier migrations must not be taken for what we are about to begin.
            return at.see(Move(server, str(server.host), clock=now), server, world.migrations_of(server.id))
        leaves = migration.source_host in self.hosts
        source = str(migration.source_host if leaves else migration.dest_host)
        move = Move(server, source, clock=now, record=migration, base_id=(migration.id or 0) - 1)
        if leaves and migration.type == "live-migration":
            return self._take_over(world, move, LIVE)
        if leaves and self._is_ours(migration) and migration.status != "reverting":
            return self._take_over(world, move, COLD)
        return move if migration.status == "finished" else replace(move, phase=at.WAITING)

    def _is_ours(self, migration: Migration) -> bool:
        """A cold migration that our account has asked for; the resize of an owner is never confirmed by this."""
        return migration.type == "migration" and self._user_id is not None and migration.user_id == self._user_id

    def _take_over(self, world: World, move: Move, step: str) -> Move:
        """Go on with a migration under way, and with the fallbacks the server would have had."""
        idle = replace(move.server, task_state=None)
        verdict = self._verdict(world, replace(move, server=idle, record=None))
        others = [other for other in (verdict.action, *verdict.fallbacks) if other not in (WAIT, BLOCKED, step, LIVE)]
        vm_state = move.server.vm_state if step == LIVE else None
        reason = "it was under way already"
        return replace(
            move,
            phase=at.MOVING,
            chain=self._bounds.chain((step, *others)),
            begun=move.clock,
            sent=move.clock,
            vm_state=vm_state,
            reason=reason,
        )

    def judge(self, world: World, move: Move) -> Move:
        """Decide on a server that is idle."""
        server, record = move.server, move.record
        held = record is not None and record.unfinished and record.source_host in self.hosts
        if not held and not (server.holds_host and server.host in self.hosts):
            phase = at.LEFT if move.begun is None else at.ARRIVED
            return replace(move, phase=phase, ended=move.clock, reason=move.reason or "it has left by itself")
        if held and record and record.status == "finished" and self._is_ours(record):
            return self._take_over(world, move, COLD)
        move = replace(move, vm_state=server.vm_state, source=move.source if held else str(server.host))
        if server.id in self.parked:
            known = self.parked[server.id]
            return replace(
                move, phase=at.PARKED, chain=(known.step,), vm_state=known.vm_state, request_id=known.request_id
            )
        verdict = self._verdict(world, move)
        move = replace(move, reason=verdict.reason)
        if verdict.action in PHASES:
            return replace(move, phase=PHASES[verdict.action], ended=move.clock)
        return replace(move, phase=at.READY, chain=self._bounds.chain((verdict.action, *verdict.fallbacks)))

    def _verdict(self, world: World, move: Move) -> Verdict:
        record = move.record if move.record and move.record.unfinished else None
        return self._judge.judge(move.server, move.source, world.labels.get(move.id, NO_LABELS), record)
