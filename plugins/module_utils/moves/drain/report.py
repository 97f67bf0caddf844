# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is told about moves: the lists of the result, the progress of each host, and one line for people. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import count, some
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain import move as at
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.move import Move
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.proof import HostEvidence

Result = dict[str, Any]
# Name of a list in the result (Ansible itself needs the names failed and skipped): the phases of the servers in it.
LISTS: Mapping[str, frozenset[str]] = {
    "moved": frozenset((at.MOVED,)),
    "parked": frozenset((at.PARKED,)),
    "restored": frozenset((at.RESTORED,)),
    "skipped_servers": frozenset((at.STAYED, at.LEFT)),
    "failed_servers": frozenset((at.FAILED,)),
}
BACK = ("rolled back", "timed out")


def lists(moves: Iterable[Move]) -> Result:
    """Every server in exactly one list; what is in no other is remaining."""
    result: Result = {name: [] for name in (*LISTS, "remaining")}
    for move in sorted(moves, key=lambda item: (item.source, item.server.name, item.id)):
        name = next((name for name, phases in LISTS.items() if move.phase in phases), "remaining")
        result[name].append(entry(move))
    result["rolled_back"] = [
        {**_who(move), **attempt.to_dict()}
        for move in sorted(moves, key=lambda item: item.id)
        for attempt in move.attempts
        if attempt.outcome in BACK
    ]
    return result


def entry(move: Move) -> Result:
    """One server of a list."""
    return {
        **_who(move),
        "to": move.server.host if move.phase in (at.ARRIVED, at.MOVED) else None,
        "step": move.step,
        "reason": move.reason,
        "vm_state": move.vm_state or move.server.vm_state,
        "seconds": round((move.ended or 0) - move.begun, 1) if move.begun is not None and move.ended else 0.0,
        "attempts": [attempt.to_dict() for attempt in move.attempts],
        **({"request_id": move.request_id} if move.phase == at.PARKED else {}),
    }


def _who(move: Move) -> Result:
    return {"id": move.id, "name": move.server.name, "host": move.source}


def progress(hosts: Sequence[str], moves: Iterable[Move], now: float) -> list[Result]:
    """How far each host is; what has arrived counts as moved, the proof comes at the end."""
    moves = list(moves)
    return [_host_progress(host, [move for move in moves if move.source == host], now) for host in hosts]


def _host_progress(host: str, moves: list[Move], now: float) -> Result:
    def number(*phases: str) -> int:
        return sum(move.phase in phases for move in moves)

    begun = [move.begun for move in moves if move.begun is not None]
    done = sum(move.is_over or move.phase == at.ARRIVED for move in moves)
    worked = sum(move.begun is not None and (move.is_over or move.phase == at.ARRIVED) for move in moves)
    left = (len(moves) - done) * (now - min(begun)) / worked if worked else None
    return {
        "host": host,
        "total": len(moves),
        "moved": number(at.ARRIVED, at.MOVED),
        "moving": sum(move.is_in_flight for move in moves),
        "parked": number(at.PARKED),
        "restored": number(at.RESTORED),
        "skipped": number(at.STAYED, at.LEFT),
        "blocked": number(at.BLOCKED),
        "failed": number(at.FAILED),
        "retried": [_retried(move) for move in moves if move.attempts and not move.is_over],
        "done": done,
        "elapsed": round(now, 1),
        "left": None if left is None else round(left, 1),
    }


def _retried(move: Move) -> str:
    last = move.attempts[-1]
    where = f" on {last.destination}" if last.destination else ""
    now_to = f", now to {move.going_to}" if move.going_to and move.is_in_flight else ""
    return f"{move.server.name}: {last.outcome}{where}{now_to}"


def line(state: Result, restoring: bool = False) -> str:
    """One line of progress for one host."""
    done = f"{state['restored']}/{state['total']} restored" if restoring else f"{state['moved']}/{state['total']} moved"
    parts = [done, f"{state['moving']} {'under way' if restoring else 'moving'}", f"{state['parked']} parked"]
    if state["skipped"]:
        parts.append(f"{state['skipped']} skipped")
    if state["retried"]:
        parts.append(f"{len(state['retried'])} retried ({some(state['retried'], 1)})")
    parts.append(f"{state['failed']} failed")
    if state["blocked"]:
        parts.append(f"{state['blocked']} blocked")
    parts.append(f"{minutes(state['elapsed'])} elapsed")
    if state["done"] < state["total"] and state["left"] is not None:
        parts.append(f"about {minutes(state['left'])} left")
    return f"[{state['host']}] {', '.join(parts)}"


def minutes(seconds: float) -> str:
    """As minutes and seconds."""
    return f"{int(seconds) // 60:02d}:{int(seconds) % 60:02d}"


def host_result(host: str, found: HostEvidence, moves: Iterable[Move]) -> Result:
    """Whether a host is empty, or what is left was agreed to stay, with everything that names it."""
    agreed = {move.id for move in moves if move.phase in (at.PARKED, at.STAYED)}
    known = found.consumers | {server.id for server in found.servers}
    return {
        "host": host,
        "empty": found.empty,
        "agreed": not found.migrations and known <= agreed,
        "evidence": found.to_dict(),
    }


def complaint(hosts: Iterable[Result], result: Result) -> str:
    """Why the task fails; empty when it does not."""
    clauses = []
    for host in hosts:
        if host["agreed"]:
            continue
        left = [
            item for name in ("failed_servers", "remaining") for item in result[name] if item["host"] == host["host"]
        ]
        names = some((f"{item['name']} ({item['reason'] or 'not begun'})" for item in left), 5)
        clauses.append(f"{host['host']} is not empty: {names or _strangers(host['evidence'])}")
    told = {host["host"] for host in hosts if not host["agreed"]}
    astray = [item for item in result["failed_servers"] if item["host"] not in told]
    if astray:
        names = some((f"{item['name']} ({item['reason']})" for item in astray), 5)
        clauses.append(f"{count(len(astray), 'server')} left the hosts but not as they should: {names}")
    return "; ".join(clauses)


def _strangers(evidence: Result) -> str:
    kinds = (("server", "servers"), ("unfinished migration", "migrations"), ("allocation", "allocations"))
    return ", ".join(
        f"{count(len(evidence[key]), noun)} ({some(evidence[key])})" for noun, key in kinds if evidence[key]
    )
