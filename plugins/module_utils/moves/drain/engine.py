# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns the wheels: look, advance every state machine, begin what has a slot, ask Nova, pause, again. Decides nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from ansible_collections.stackroll.nova.plugins.module_utils.api.errors import ApiError
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.commands import execute
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.move import (
    ABORTING,
    ARRIVED,
    BLOCKED,
    FAILED,
    FORCING,
    READY,
    UNJUDGED,
    WAITING,
    Bounds,
    Command,
    Move,
    see,
)
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.slots import Choice, Limits, choose
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.state import (
    ABORT_GRACE,
    advance,
    answered,
    start,
)
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.world import World

# Seconds in which the API may be out of order while servers move.
PATIENCE = 60.0
# Seconds after which the scheduler has heard of everything: twice its scheduler_instance_sync_interval of 120, and a little.
HEARSAY = 300.0
# The shortest pause; the longest at the end, in relation to how long the last move has been under way; the longest at all.
SHORTEST = 0.5
LATENESS = 0.1
LONGEST = 30.0
NONE, SOME, LONG = "none", "some", "long"
# How many looks in a row may leave the servers out.
BLIND = 5


class Clock:
    """Seconds since the work began."""

    def __init__(self) -> None:
        self._begin = time.monotonic()

    def now(self) -> float:
        """The time."""
        return time.monotonic() - self._begin

    def sleep(self, seconds: float) -> None:
        """Let it pass."""
        time.sleep(max(0.0, seconds))


@dataclass(frozen=True)
class Pace:
    """How often to look, how long to begin new moves, and how many at once."""

    interval: float
    timeout: float
    limits: Limits
    bounds: Bounds


class Judgement(Protocol):
    """Who decides."""

    def adopt(self, world: World, moves: Mapping[str, Move], now: float) -> list[Move]:
        """Servers that nobody cares for yet."""

    def judge(self, world: World, move: Move) -> Move:
        """What to do with a server that is idle."""


class Engine:
    """All moves of one task."""

    def __init__(self, world: World, pace: Pace, choice: Choice, clock: Clock, judgement: Judgement) -> None:
        self.world = world
        self.pace = pace
        self.choice = choice
        self.clock = clock
        self.judgement = judgement
        self.moves: dict[str, Move] = {}
        self.sent = 0
        self._silent_since: float | None = None
        self._looked = True
        self._blind = 0
        self._last_look = 0.0

    @property
    def is_idle(self) -> bool:
        """Whether nothing is left to do but to prove it."""
        return all(move.is_over or move.phase == ARRIVED for move in self.moves.values())

    def run(self, tell: Callable[[], None]) -> None:
        """Turn until there is nothing left to do, and tell after every turn."""
        while not self.turn():
            tell()
            self.clock.sleep(self._pause())
            self._looked = False

    def turn(self) -> bool:
        """One turn; says whether nothing is left to do."""
        if not self._looked and not self._look():
            return False
        self._looked = True
        now = self.clock.now()
        self.moves.update({move.id: move for move in self.judgement.adopt(self.world, self.moves, now)})
        commands = self._advance(now)
        commands += self._begin(now)
        self._send(commands)
        return self.is_idle

    def _look(self) -> bool:
        """See what has changed; while the API is out of order nothing is concluded."""
        try:
            self.world.look_at_migrations()
            self._see()
            self._blind += 1
            if self._needs_servers():
                self.world.look_at_servers()
                self._see()
                self._blind = 0
        except ApiError as error:
            if not error.unavailable:
                raise
            now = self.clock.now()
            self._silent_since = now if self._silent_since is None else self._silent_since
            if now - self._silent_since > PATIENCE:
                raise
            return False
        self._silent_since = None
        self._last_look = self.clock.now()
        return True

    def _see(self) -> None:
        """Take over what was read. Nova has begun with what had been in its queue at some time since the last look."""
        begun = (self._last_look + self.clock.now()) / 2
        for key, move in self.moves.items():
            seen = see(move, self.world.servers.get(key, move.server), self.world.migrations_of(key))
            self.moves[key] = replace(seen, clock=begun) if move.is_queued and seen.has_begun else seen

    def _needs_servers(self) -> bool:
        """Migration records tell most; a look at the servers costs a request more."""
        if self._blind > BLIND or any(move.phase == WAITING for move in self.moves.values()):
            return True
        flying = [move for move in self.moves.values() if move.is_in_flight]
        leisure = {source: self._leisure(source) for source in self._sources()}
        return any(not (move.tells_by_record or self._may_wait(move, leisure[move.source])) for move in flying)

    def _may_wait(self, move: Move, leisure: str) -> bool:
        """Whether it is on another host in all likelihood, and nothing hangs on hearing of it."""
        if self.clock.now() - move.clock >= self.pace.bounds.of(move.server) / 2:
            return False
        return (move.has_landed and leisure != NONE) or (move.has_to_be_confirmed and leisure == LONG)

    def _leisure(self, source: str) -> str:
        """Whether Nova has other work at a source meanwhile: none, the last of it, or enough for a long pause."""
        here = [move for move in self.moves.values() if move.source == source]
        if any(move.phase == READY for move in here):
            return LONG if self._stock(source, self.clock.now()) / 2 >= self._longest else NONE
        return SOME if any(move.tells_by_record for move in here) else NONE

    def _sources(self) -> set[str]:
        return {move.source for move in self.moves.values() if move.is_in_flight}

    def _advance(self, now: float) -> list[Command]:
        running = {move.source for move in self.moves.values() if move.is_running}
        commands = []
        for key, move in self.moves.items():
            current = replace(move, clock=now) if move.is_queued and move.source in running else move
            current, command = advance(current, now, self.pace.bounds)
            current = self._asks_again(move, current, now)
            if current.phase == UNJUDGED:
                current = self._keep_tried(self.judgement.judge(self.world, replace(current, clock=now)))
            if now > self.pace.timeout and current.phase in (READY, WAITING):
                current = replace(current, phase=BLOCKED, ended=now, reason="it was not begun before the time was up")
            self.moves[key] = current
            commands += [command] if command else []
        return commands

    def _asks_again(self, before: Move, after: Move, now: float) -> Move:
        """A member of a strict group for which no host was found waits, as long as that may be for what the scheduler has not heard.

        That a server has left a host by live migration is told to the scheduler by a periodic task only
        (nova/compute/manager.py, _sync_scheduler_instance_info), and this task rests as long after a restart of nova-compute.
        """
        if len(after.attempts) == len(before.attempts) or before.id not in self.choice.groups:
            return after
        nowhere = before.record is not None and before.record.dest_host is None
        if not nowhere or now - (before.begun or now) > HEARSAY:
            return after
        return replace(before, phase=READY, not_before=now + HEARSAY / 10)

    @staticmethod
    def _keep_tried(move: Move) -> Move:
        """What has failed already is not tried again, however often the server is judged."""
        chain = list(move.chain)
        for attempt in move.attempts:
            if attempt.step in chain:
                chain.remove(attempt.step)
        if move.phase == READY and not chain:
            return replace(move, phase=FAILED, ended=move.clock, reason=move.attempts[-1].reason)
        return replace(move, chain=tuple(chain)) if move.phase == READY else move

    def _begin(self, now: float) -> list[Command]:
        commands = []
        for move, destination in choose(self.moves.values(), self.pace.limits, self.choice, now):
            self.moves[move.id], command = start(move, now, destination)
            commands += [command] if command else []
        return commands

    def _send(self, commands: list[Command]) -> None:
        self.sent += len(commands)
        for command, (outcome, reason) in zip(commands, execute(self.world.cloud, commands)):
            move = self.moves[command.server_id]
            self.moves[command.server_id] = answered(move, command, outcome, reason, self.clock.now())

    def _pause(self) -> float:
        """Until the next look, which must not come late where a move reaches its bound or is being aborted."""
        now = self.clock.now()
        flying = [move for move in self.moves.values() if move.is_in_flight]
        if any(move.phase in (ABORTING, FORCING) for move in flying):
            return min(self.pace.interval, ABORT_GRACE / 4)
        due = [move.clock + self.pace.bounds.of(move.server) - now for move in flying]
        return max(SHORTEST, min([self._interval(flying, now), *(seconds for seconds in due if seconds > 0)]))

    def _interval(self, flying: list[Move], now: float) -> float:
        """While moves wait for a slot: soon enough that Nova has work. Afterwards only the end counts."""
        sources = {move.source for move in self.moves.values() if move.phase == READY}
        if not flying or any(move.phase == WAITING for move in self.moves.values()):
            return self.pace.interval
        if sources:
            return max(
                self.pace.interval, min(self._longest, *(self._stock(source, now, more=True) / 2 for source in sources))
            )
        last = min(self.pace.interval, LATENESS * (now - max(move.sent for move in flying)))
        return max(last, min(self._longest, max(self._stock(source, now) for source in self._sources()) / 2))

    @property
    def _longest(self) -> float:
        """The longest pause: bounds are short or long, and a move that never ends is seen soon after its own."""
        return min(LONGEST, self.pace.bounds.base / 4)

    def _stock(self, source: str, now: float, *, more: bool = False) -> float:
        """For how many seconds Nova has work queued at a source, by how long moves have taken there so far.

        While there are *more* to come, those that begin when the present ones end do not count, for these may all end at once.
        """
        moves = [move for move in self.moves.values() if move.source == source and move.begun is not None]
        ended = sum(move.has_landed or not (move.is_in_flight or move.phase == READY) for move in moves)
        # As long as none has ended, those that are under way take at least as long as until now.
        running = sum(move.is_running for move in moves)
        done = ended or running
        if not done:
            return 0.0
        queued = sum(move.is_queued for move in moves) - (running if more else 0)
        return max(0, queued) * (now - min(move.begun or 0.0 for move in moves)) / done
