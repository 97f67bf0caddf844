# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state machine of one server: from what is known at an instant to the next state and at most one command. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Optional

from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain import move as at
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.move import Attempt, Bounds, Command, Move
from ansible_collections.stackroll.nova.plugins.module_utils.planning.policy import (
    COLD,
    LIVE,
    PARKING,
    STAY,
    STOP,
    SUSPEND,
)
from ansible_collections.stackroll.nova.plugins.module_utils.planning.verdicts import CONFIRM, OFFLOAD, REVERT

# Seconds until a request that Nova has accepted must show anywhere.
NO_TRACE = 30.0
# Seconds an abort may take, and between two requests for the same thing.
ABORT_GRACE = 8.0
REPEAT = 4.0
# Seconds in which Nova may say that the server is busy, although it does not look so.
CONFLICT = 30.0

RESUME, START = "resume", "start"
BAD = frozenset(("error", "failed", "cancelled", "reverted"))
PHASES = {
    LIVE: at.MOVING,
    COLD: at.MOVING,
    SUSPEND: at.SWITCHING,
    STOP: at.SWITCHING,
    RESUME: at.SWITCHING,
    START: at.SWITCHING,
    OFFLOAD: at.OFFLOADING,
    CONFIRM: at.CONFIRMING,
    REVERT: at.REVERTING,
}
BECOMES = {SUSPEND: "suspended", STOP: "stopped", RESUME: "active", START: "active"}
Next = tuple[Move, Optional[Command]]


def advance(move: Move, now: float, bounds: Bounds) -> Next:
    """What becomes of a move, seen now, and what is to be asked of Nova, if anything."""
    handler = HANDLERS.get(move.phase)
    return handler(move, now, bounds) if handler else (move, None)


def start(move: Move, now: float, destination: str | None) -> Next:
    """Begin the next step of a move that has waited for a slot."""
    if move.step == STAY:
        return replace(move, phase=at.STAYED, ended=now), None
    known = move.record.id if move.record and move.record.id else move.base_id
    deciding = move.step in (CONFIRM, REVERT)
    began = replace(
        move,
        phase=PHASES[move.step],
        clock=now,
        sent=now,
        begun=now if move.begun is None else move.begun,
        destination=destination,
        base_id=move.base_id if deciding else known,
        record=move.record if deciding else None,
    )
    return began, Command(move.step, move.id, destination)


def answered(move: Move, command: Command, outcome: str, reason: str, now: float) -> Move:
    """What Nova's answer means; accepted and unsure (no answer) wait for what the cloud will show."""
    if outcome in ("accepted", "unsure") or command.kind not in PHASES:
        return move
    if command.kind in (CONFIRM, REVERT) and move.phase == PHASES[command.kind]:
        return replace(move, reason=reason)
    conflict = now if move.conflict is None else move.conflict
    if outcome == "conflict" and now - conflict < CONFLICT:
        return replace(move, phase=at.READY, conflict=conflict, not_before=now + REPEAT, base_id=move.base_id)
    return try_next(move, now, "refused", reason)


def try_next(move: Move, now: float, outcome: str, reason: str, without: str | None = None) -> Move:
    """Note a failure and go on with the next step, if there is one."""
    attempt = Attempt(move.step, move.going_to, outcome, reason, round(now - move.clock, 1))
    left = tuple(step for step in move.chain[1:] if step != without)
    tried = replace(move, attempts=(*move.attempts, attempt), conflict=None)
    if not left:
        return fail(tried, now, reason)
    return replace(tried, phase=at.READY, chain=left, clock=now, reason=reason)


def fail(move: Move, now: float, reason: str) -> Move:
    """Give up."""
    return replace(move, phase=at.FAILED, ended=now, reason=reason)


def _ready(move: Move, now: float, _bounds: Bounds) -> Next:
    """Nobody has asked for anything yet; what its owner does meanwhile counts."""
    if at.is_busy(move):
        return replace(move, phase=at.WAITING, clock=now), None
    return replace(move, phase=at.UNJUDGED) if move.server.vm_state != move.vm_state else move, None


def _waiting(move: Move, now: float, bounds: Bounds) -> Next:
    if not at.is_busy(move):
        return replace(move, phase=at.UNJUDGED), None
    limit = max(bounds.busy, bounds.of(move.server))
    if now - move.clock > limit:
        what = move.server.task_state or (move.record.status if move.record else move.server.vm_state)
        return fail(move, now, f"it is still busy ({what}) after {limit:g} s"), None
    return move, None


def _moving(move: Move, now: float, bounds: Bounds) -> Next:
    ended = _end(move, now)
    if ended:
        return ended
    late = now - move.clock - bounds.of(move.server)
    if move.record is None and move.server.task_state is None and now - move.sent > NO_TRACE:
        return try_next(move, now, "no trace", f"Nova took the request, but nothing followed in {NO_TRACE:g} s"), None
    if late <= 0:
        return move, None
    if move.step != LIVE or move.record is None or not move.record.unfinished or move.record.id is None:
        return fail(move, now, f"{_describe(move)} after {now - move.clock:.0f} s"), None
    if bounds.on_timeout == "force_complete" and move.record.status == "running":
        return _ask(replace(move, phase=at.FORCING, clock=now), "force_complete", now)
    return _ask(replace(move, phase=at.ABORTING, clock=now), "abort", now)


def _forcing(move: Move, now: float, bounds: Bounds) -> Next:
    ended = _end(move, now)
    if ended:
        return ended
    if now - move.clock > bounds.force:
        return _ask(replace(move, phase=at.ABORTING, clock=now), "abort", now)
    return move, None


def _aborting(move: Move, now: float, _bounds: Bounds) -> Next:
    ended = _end(move, now, outcome="timed out")
    if ended:
        return ended
    if now - move.clock > ABORT_GRACE:
        return fail(move, now, f"it did not end in time, and {_describe(move)} after it was aborted"), None
    return _ask(move, "abort", now) if now - move.sent >= REPEAT else (move, None)


def _ask(move: Move, kind: str, now: float) -> Next:
    number = move.record.id if move.record and kind in ("abort", "force_complete") else None
    return replace(move, sent=now), Command(kind, move.id, None, number)


def _end(move: Move, now: float, outcome: str = "rolled back") -> Next | None:
    """Whether a migration is over: the server's host, the record, and that Nova is through must agree."""
    server, record = move.server, move.record
    if server.task_state is not None:
        return None
    if server.vm_state == "error":
        return fail(move, now, f"it is in ERROR on {server.host} after its {move.step} migration"), None
    if record is None:
        return None
    away = server.host != move.source
    if record.status in BAD:
        return _ended_badly(move, now, outcome, record.status, away)
    if away and record.status == "finished" and server.vm_state == "resized":
        return _ask(replace(move, phase=at.CONFIRMING, clock=now), CONFIRM, now)
    over = away and record.status in at.GOOD and server.vm_state != "resized"
    return _arrive(move, now) if over else None


def _ended_badly(move: Move, now: float, outcome: str, status: str, away: bool) -> Next:
    server = move.server
    if away:
        return fail(move, now, f"its migration is {status}, and yet it is on {server.host}"), None
    to = f" on its way to {move.going_to}" if move.going_to else ": no host was found"
    reason = f"its {move.step} migration ended as {status}{to}, it is {server.status} on {server.host}"
    return try_next(move, now, outcome, reason, LIVE if outcome == "timed out" else None), None


def _describe(move: Move) -> str:
    status = move.record.status if move.record else "nowhere to be seen"
    return (
        f"its {move.step} migration is {status}, the server on {move.server.host} ({move.server.task_state or 'idle'})"
    )


def _arrive(move: Move, now: float) -> Next:
    """On another host; a cold migration must leave it running or not, as it was."""
    if move.step == COLD and move.vm_state in ("active", "stopped") and move.server.vm_state != move.vm_state:
        return _ask(replace(move, phase=at.POWERING, clock=now), START if move.vm_state == "active" else STOP, now)
    return replace(move, phase=at.ARRIVED, ended=now), None


def _confirming(move: Move, now: float, bounds: Bounds) -> Next:
    server, record = move.server, move.record
    if server.vm_state == "error":
        return fail(move, now, f"it is in ERROR on {server.host}: its migration could not be confirmed"), None
    if record and record.status == "confirmed" and server.task_state is None and server.vm_state != "resized":
        return (replace(move, phase=at.UNJUDGED), None) if move.step == CONFIRM else _arrive(move, now)
    if record and record.status == "error":
        return fail(move, now, "its migration could not be confirmed and is in error"), None
    if now - move.clock > bounds.base:
        return fail(move, now, f"its migration was not confirmed within {bounds.base:g} s. {move.reason}".strip()), None
    again = record and record.status == "finished" and now - move.sent >= REPEAT
    return _ask(move, CONFIRM, now) if again else (move, None)


def _reverting(move: Move, now: float, bounds: Bounds) -> Next:
    server, record = move.server, move.record
    if server.vm_state == "error":
        return fail(move, now, f"it is in ERROR on {server.host}: its resize could not be reverted"), None
    if record and record.status == "reverted" and server.task_state is None and server.vm_state != "resized":
        return replace(move, phase=at.UNJUDGED), None
    if now - move.clock > bounds.of(server):
        return fail(
            move, now, f"its resize was not reverted within {bounds.of(server):g} s. {move.reason}".strip()
        ), None
    again = record and record.status == "finished" and server.task_state is None and now - move.sent >= REPEAT
    return _ask(move, REVERT, now) if again else (move, None)


def _powering(move: Move, now: float, bounds: Bounds) -> Next:
    if move.server.vm_state == move.vm_state and move.server.task_state is None:
        return replace(move, phase=at.ARRIVED, ended=now), None
    if now - move.clock > bounds.base:
        return fail(move, now, f"it has moved to {move.server.host}, but is not {move.vm_state} as it was before"), None
    return move, None


def _switching(move: Move, now: float, bounds: Bounds) -> Next:
    server = move.server
    if server.vm_state == BECOMES[move.step] and server.task_state is None:
        return replace(move, phase=at.PARKED if move.step in PARKING else at.RESTORED, ended=now), None
    if server.vm_state == "error":
        return fail(move, now, f"it is in ERROR since it was to {move.step}"), None
    if server.task_state is None and now - move.sent > NO_TRACE:
        return try_next(move, now, "no effect", f"{move.step} had no effect within {NO_TRACE:g} s"), None
    if now - move.clock > bounds.of(server):
        return fail(move, now, f"{move.step} is not over after {bounds.of(server):g} s"), None
    return move, None


def _offloading(move: Move, now: float, bounds: Bounds) -> Next:
    if not move.server.holds_host:
        return replace(move, phase=at.ARRIVED, ended=now), None
    if now - move.clock > bounds.of(move.server):
        return fail(move, now, f"it is still on its host {bounds.of(move.server):g} s after it was offloaded"), None
    return move, None


HANDLERS: dict[str, Callable[[Move, float, Bounds], Next]] = {
    at.READY: _ready,
    at.WAITING: _waiting,
    at.MOVING: _moving,
    at.FORCING: _forcing,
    at.ABORTING: _aborting,
    at.CONFIRMING: _confirming,
    at.REVERTING: _reverting,
    at.POWERING: _powering,
    at.SWITCHING: _switching,
    at.OFFLOADING: _offloading,
}
