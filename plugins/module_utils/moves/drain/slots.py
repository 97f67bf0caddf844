# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may begin now, and where to: limits per source, per destination and in total; no source runs out of work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.move import ARRIVED, MOVED, READY, Move, gib
from ansible_collections.stackroll.nova.plugins.module_utils.planning.verdicts import MOVES

# Members of a strict anti-affinity group go one by one, so many seconds apart: the scheduler learns by a message where the last one
# is (nova/scheduler/host_manager.py, update_instance_info), and when it is wrong, the destination refuses and the server is in ERROR.
# The message may be late all the same, so the next member is sent to a host that has none, whatever the scheduler believes.
APART = 5.0


@dataclass(frozen=True)
class Limits:
    """How many may be under way at once."""

    per_source: int = 2
    per_destination: int = 4
    total: int = 50


@dataclass(frozen=True)
class Choice:
    """Where servers may go: what the plan says, and the hosts that could receive any, with their zones.

    *groups* has the strict group of each server, *staying* the hosts of a group's members that do not move.
    """

    planned: Mapping[str, str] = field(default_factory=dict)
    zones: Mapping[str, str | None] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    staying: Mapping[str, Collection[str]] = field(default_factory=dict)

    def of(self, move: Move, used: Mapping[str | None, int], arrived: Collection[str | None] = ()) -> str | None:
        """The host to ask for, or None to leave it to the scheduler.

        First what the plan says, then a host that has not been tried, in the same zone, then whatever the scheduler finds. A server of
        whose strict group others have *arrived* on some hosts is never sent to one of these.
        """
        if move.step not in MOVES:
            return None
        tried = [attempt for attempt in move.attempts if attempt.step in MOVES]
        if not tried and (move.id in self.planned or not arrived):
            return self.planned.get(move.id)
        if tried and len(tried) % 2 == 0:
            return None
        taken = {*arrived, *self.staying.get(self.groups.get(move.id, ""), ()), *(item.destination for item in tried)}
        others = [host for host, zone in self.zones.items() if host not in taken and zone == move.server.zone]
        if arrived and not others:
            others = [host for host in self.zones if host not in taken]
        return min(others, key=lambda host: (used.get(host, 0), host), default=None)


def choose(moves: Iterable[Move], limits: Limits, choice: Choice, now: float) -> list[tuple[Move, str | None]]:
    """The moves to begin now; the source with the least under way first, and there the largest server first."""
    moves = list(moves)
    slots = Slots(moves, limits, choice, now)
    waiting = sorted((item for item in moves if item.phase == READY and item.not_before <= now), key=_order)
    begun: list[tuple[Move, str | None]] = []
    found = slots.first(waiting)
    while found:
        waiting.remove(found[0])
        begun.append(found)
        slots.take(*found)
        found = slots.first(waiting)
    return begun


class Slots:
    """Counts what is under way; a destination that the scheduler has chosen counts as soon as Nova shows it."""

    def __init__(self, moves: list[Move], limits: Limits, choice: Choice, now: float) -> None:
        under_way = [move for move in moves if move.is_in_flight]
        used = [move for move in moves if move.is_in_flight or move.phase in (ARRIVED, MOVED)]
        self._limits = limits
        self._choice = choice
        self._total = len(under_way)
        self._begun = {move.source for move in moves if move.begun is not None}
        self._sources = Counter(move.source for move in under_way)
        self._destinations = Counter(move.going_to for move in under_way)
        self._used = Counter(move.going_to for move in used)
        lately = [
            move for move in moves if move.begun is not None and move.ended is not None and now - move.ended < APART
        ]
        self._groups = {choice.groups[move.id] for move in (*under_way, *lately) if move.id in choice.groups}
        self._arrived: dict[str, set[str | None]] = {}
        for move in used:
            if move.id in choice.groups:
                self._arrived.setdefault(choice.groups[move.id], set()).add(move.going_to)

    def take(self, move: Move, destination: str | None) -> None:
        """One more is under way."""
        self._total += 1
        self._sources[move.source] += 1
        self._destinations[destination] += 1
        self._used[destination] += 1
        if move.id in self._choice.groups:
            self._groups.add(self._choice.groups[move.id])

    def _most_of(self, source: str) -> int:
        """Half of what may be under way goes first: Nova can begin with these while it looks for places for the others."""
        return self._limits.per_source if source in self._begun else -(-self._limits.per_source // 2)

    def first(self, waiting: list[Move]) -> tuple[Move, str | None] | None:
        """The next that may begin, and its destination."""
        if self._total >= self._limits.total:
            return None
        for move in sorted(waiting, key=lambda item: self._sources[item.source]):  # stable: else as they are ordered
            if self._sources[move.source] >= self._most_of(move.source):
                return None
            group = self._choice.groups.get(move.id)
            if group in self._groups:
                continue
            destination = self._choice.of(move, self._used, self._arrived.get(group or "", ()))
            if destination is None or self._destinations[destination] < self._limits.per_destination:
                return move, destination
        return None


def _order(move: Move) -> tuple[float, str]:
    return (-gib(move.server), move.id)
