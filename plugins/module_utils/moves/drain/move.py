# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One server that has to leave its host: what is known of it, what is still to be tried, and what was tried."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ansible_collections.stackroll.nova.plugins.module_utils.model.records import Record
from ansible_collections.stackroll.nova.plugins.module_utils.model.server import Migration, Server
from ansible_collections.stackroll.nova.plugins.module_utils.planning.policy import COLD, LIVE, local_gib

# Not decided yet, waiting for the server itself, waiting for a slot.
UNJUDGED, WAITING, READY = "unjudged", "waiting", "ready"
# Something was asked of Nova.
MOVING, FORCING, ABORTING = "moving", "forcing", "aborting"
CONFIRMING, REVERTING, POWERING = "confirming", "reverting", "powering"
SWITCHING, OFFLOADING = "switching", "offloading"
# On another host, but Placement has not been asked yet.
ARRIVED = "arrived"
# The end.
MOVED, PARKED, RESTORED, STAYED = "moved", "parked", "restored", "stayed"
LEFT, BLOCKED, FAILED = "left", "blocked", "failed"

IN_FLIGHT = frozenset((MOVING, FORCING, ABORTING, CONFIRMING, REVERTING, POWERING, SWITCHING, OFFLOADING))
ENDS = frozenset((MOVED, PARKED, RESTORED, STAYED, LEFT, BLOCKED, FAILED))
MIB_PER_GIB = 1024
# What a migration record says while Nova has not begun, and when it is well over.
NOT_BEGUN = frozenset(("accepted", "queued"))
GOOD = frozenset(("completed", "confirmed", "done"))


@dataclass(frozen=True)
class Bounds:
    """How long things may take, in seconds."""

    base: float = 120
    per_gib: float = 10
    busy: float = 120
    on_timeout: str = "abort"
    force: float = 60
    retries: int = 1

    def of(self, server: Server) -> float:
        """The bound of one move: the larger the memory and the local disks, the longer."""
        return self.base + self.per_gib * gib(server)

    def chain(self, steps: Iterable[str]) -> tuple[str, ...]:
        """The steps of a verdict, live migrations as often as they may be tried."""
        return tuple(step for name in steps for step in (name,) * (1 + self.retries if name == LIVE else 1))


@dataclass(frozen=True)
class Attempt(Record):
    """One thing that was tried and has failed."""

    step: str
    destination: str | None
    outcome: str
    reason: str
    seconds: float


@dataclass(frozen=True)
class Command:
    """One request to Nova about one server."""

    kind: str
    server_id: str
    host: str | None = None
    migration_id: int | None = None


@dataclass(frozen=True)
class Move:
    """Everything there is to know about one server."""

    server: Server
    source: str
    phase: str = UNJUDGED
    chain: tuple[str, ...] = ()
    reason: str = ""
    clock: float = 0.0
    sent: float = 0.0
    begun: float | None = None
    ended: float | None = None
    destination: str | None = None
    base_id: int = -1
    record: Migration | None = None
    attempts: tuple[Attempt, ...] = ()
    vm_state: str | None = None
    conflict: float | None = None
    not_before: float = 0.0
    request_id: str | None = None

    @property
    def id(self) -> str:
        """The id of the server."""
        return self.server.id

    @property
    def step(self) -> str:
        """What is being tried, or was tried last."""
        return self.chain[0] if self.chain else ""

    @property
    def going_to(self) -> str | None:
        """The destination, as far as anybody knows it."""
        return (self.record.dest_host if self.record else None) or self.destination

    @property
    def is_in_flight(self) -> bool:
        """Whether Nova was asked for something that is not over."""
        return self.phase in IN_FLIGHT

    @property
    def is_over(self) -> bool:
        """Whether nothing will be done for it any more."""
        return self.phase in ENDS

    @property
    def is_queued(self) -> bool:
        """Whether Nova has not begun: its own limit holds the migration back."""
        if self.phase != MOVING or self.step != LIVE:
            return False
        return self.server.task_state is not None if self.record is None else self.record.status in NOT_BEGUN

    @property
    def tells_by_record(self) -> bool:
        """Whether nothing can happen to it without a change of its migration record."""
        under_way = self.record is not None and self.record.unfinished and self.record.status != "finished"
        return self.phase in (MOVING, FORCING, ABORTING) and under_way

    @property
    def has_landed(self) -> bool:
        """Whether its live migration has succeeded, as far as the record tells; the server itself has to say so, too."""
        return self.phase == MOVING and self.step == LIVE and self.record is not None and self.record.status in GOOD

    @property
    def has_to_be_confirmed(self) -> bool:
        """Whether its cold migration waits for us, as far as the record tells."""
        return (
            self.phase == MOVING and self.step == COLD and self.record is not None and self.record.status == "finished"
        )

    @property
    def is_running(self) -> bool:
        """Whether Nova really copies memory at this moment, as far as we know."""
        return self.step == LIVE and self.is_in_flight and self.has_begun

    @property
    def has_begun(self) -> bool:
        """Whether the record is past Nova's queue."""
        return self.record is not None and self.record.status not in NOT_BEGUN


def see(move: Move, server: Server | None, migrations: Iterable[Migration]) -> Move:
    """The move with what a look at the cloud has shown; a server that is gone has left."""
    if server is None:
        return move if move.is_over else replace(move, phase=LEFT, reason="it was deleted")
    newer = [item for item in migrations if (item.id or 0) > move.base_id]
    newest = max(newer, key=lambda item: item.id or 0, default=move.record)
    return replace(move, server=server, record=newest)


def gib(server: Server) -> float:
    """Memory and local disks, which a move may have to copy."""
    return server.flavor.ram_mib / MIB_PER_GIB + local_gib(server)


def is_busy(move: Move) -> bool:
    """Whether Nova or somebody else is doing something with the server."""
    server, record = move.server, move.record
    under_way = record is not None and record.unfinished and record.status != "finished"
    return server.task_state is not None or server.vm_state == "building" or under_way
