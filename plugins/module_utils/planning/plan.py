# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan: the whole roll as data, before anything happens. A pure function of a fleet and options."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Fleet
from ansible_collections.stackroll.nova.plugins.module_utils.model.records import plain
from ansible_collections.stackroll.nova.plugins.module_utils.planning.blockers import Blocked, decided, without_room
from ansible_collections.stackroll.nova.plugins.module_utils.planning.bounds import Bounds, bounds
from ansible_collections.stackroll.nova.plugins.module_utils.planning.estimate import NO_TIME, Seconds
from ansible_collections.stackroll.nova.plugins.module_utils.planning.option_readers import parse_moment
from ansible_collections.stackroll.nova.plugins.module_utils.planning.outages import Limits
from ansible_collections.stackroll.nova.plugins.module_utils.planning.plan_hash import plan_hash
from ansible_collections.stackroll.nova.plugins.module_utils.planning.plan_options import IN_PLACE, PlanOptions
from ansible_collections.stackroll.nova.plugins.module_utils.planning.policy import PARKING
from ansible_collections.stackroll.nova.plugins.module_utils.planning.relaxations import Relaxation, relaxations
from ansible_collections.stackroll.nova.plugins.module_utils.planning.rolls import best_draft
from ansible_collections.stackroll.nova.plugins.module_utils.planning.scene import Host, Scene
from ansible_collections.stackroll.nova.plugins.module_utils.planning.survey import survey
from ansible_collections.stackroll.nova.plugins.module_utils.planning.wave import Draft, Wave

SCHEMA = "stackroll.nova/plan/1"
NO_SPARE = "no spare room yet"


class PlannedHost(NamedTuple):
    """A host to be upgraded; without wave it is not, for the reason given."""

    name: str
    mode: str
    wave: int | None
    zone: str | None
    cell: str | None
    reason: str = ""

    def to_dict(self) -> dict[str, Any]:
        """As JSON-able data; the reason only where there is no wave."""
        data = self._asdict()
        if self.wave is not None:
            del data["reason"]
        return data


class PlannedMove(NamedTuple):
    """One server from host to host."""

    server: str
    name: str
    source: str
    destination: str
    how: str
    why: str

    def to_dict(self) -> dict[str, str]:
        """As JSON-able data, with from and to."""
        return {
            "server": self.server,
            "name": self.name,
            "from": self.source,
            "to": self.destination,
            "how": self.how,
            "why": self.why,
        }


class ParkedServer(NamedTuple):
    """One server that is suspended or stopped where it is."""

    server: str
    name: str
    host: str
    how: str


class PlannedWave(NamedTuple):
    """The hosts that are out of service together."""

    number: int
    hosts: tuple[str, ...]
    moves: tuple[PlannedMove, ...]
    parked: tuple[ParkedServer, ...]
    estimate: Seconds

    def to_dict(self) -> dict[str, Any]:
        """As JSON-able data."""
        return {
            "number": self.number,
            "hosts": list(self.hosts),
            "moves": [move.to_dict() for move in self.moves],
            "parked": [server._asdict() for server in self.parked],
            "estimate": self.estimate.to_dict(),
        }


@dataclass(frozen=True)
class Plan:
    """Waves, moves, estimates, and what cannot be done."""

    hash: str
    taken_at: str
    options: Mapping[str, Any]
    feasible: bool
    hosts: tuple[PlannedHost, ...]
    waves: tuple[PlannedWave, ...]
    blocked: tuple[Blocked, ...]
    relaxations: tuple[Relaxation, ...]
    bounds: Bounds
    extra_moves: int

    def to_dict(self) -> dict[str, Any]:
        """The plan as JSON-able data of schema stackroll.nova/plan/1."""
        return {
            "schema": SCHEMA,
            "hash": self.hash,
            "taken_at": self.taken_at,
            "options": plain(self.options),
            "feasible": self.feasible,
            "hosts": [host.to_dict() for host in self.hosts],
            "waves": [wave.to_dict() for wave in self.waves],
            "blocked": [item.to_dict() for item in self.blocked],
            "relaxations": [item.to_dict() for item in self.relaxations],
            "bounds": {"moves": self.bounds.moves, "waves": self.bounds.waves},
            "extra_moves": self.extra_moves,
            "totals": self._totals(),
        }

    def _totals(self) -> dict[str, Any]:
        span = NO_TIME
        for wave in self.waves:
            span = span.plus(wave.estimate)
        return {
            "hosts": sum(len(wave.hosts) for wave in self.waves),
            "moves": sum(len(wave.moves) for wave in self.waves),
            "parked": sum(len(wave.parked) for wave in self.waves),
            "waves": len(self.waves),
            **span.to_dict(),
        }


def make_plan(fleet: Fleet, options: PlanOptions) -> Plan:
    """Plan the upgrade of a fleet; the same fleet and options always give the same plan.

    What cannot be done is part of the plan: then it is not feasible, and names who is in the way. Options that cannot be, such as
    hosts that do not exist, raise InvalidInput.
    """
    seconds = _seconds(fleet, options)
    scene = survey(fleet, options)
    limits = Limits(scene)
    bound = bounds(scene, limits)
    saved = scene.save()
    names = [host for host in scene.hosts if host.rolls]
    draft = best_draft(scene, limits, bound, seconds)
    blocked = [*_silent(fleet), *decided(scene), *without_room(scene, draft.left)]
    helpful = tuple(relaxations(scene, limits, saved, draft, blocked)) if blocked or draft.late else ()
    return Plan(
        hash=plan_hash(fleet, options),
        taken_at=fleet.taken_at,
        options=options.to_dict(),
        feasible=not blocked,
        hosts=tuple(_hosts(names, draft, blocked, options)),
        waves=tuple(_waves(scene, draft.waves)),
        blocked=tuple(blocked),
        relaxations=helpful,
        bounds=bound,
        extra_moves=draft.extra,
    )


def _seconds(fleet: Fleet, options: PlanOptions) -> float | None:
    """How long the roll may take; None without an end."""
    if options.finish_by is None:
        return None
    start, end = options.start(fleet.taken_at), parse_moment("finish_by", options.finish_by)
    if end <= start:
        raise InvalidInput(
            f"finish_by {options.finish_by} is not after {start.strftime('%Y-%m-%dT%H:%M:%SZ')}, when the first wave could begin.",
            "Name a moment that is still to come.",
        )
    return (end - start).total_seconds()


def _silent(fleet: Fleet) -> Iterator[Blocked]:
    """What did not answer may hold servers that nobody knows of."""
    for item in fleet.unknown:
        yield Blocked(
            None, None, None, f"{item.what} did not answer: {item.error}", "Mend it and read the fleet again."
        )


def _hosts(
    hosts: Sequence[Host], draft: Draft, blocked: Sequence[Blocked], options: PlanOptions
) -> Iterator[PlannedHost]:
    waves = {host.index: number for number, wave in enumerate(draft.waves, 1) for host in wave.hosts}
    late = {host.index for host in draft.late}
    reasons: dict[str | None, str] = {}
    for item in blocked:
        reasons.setdefault(item.host, f"{item.name}: {item.reason}")
    for host in hosts:
        reason = (
            f"no time before {options.finish_by}"
            if host.index in late
            else reasons.get(host.name, "its turn does not come")
        )
        yield PlannedHost(host.name, host.mode, waves.get(host.index), host.zone, host.cell, reason)


def _waves(scene: Scene, waves: Sequence[Wave]) -> Iterator[PlannedWave]:
    words = Words(scene, waves)
    for number, wave in enumerate(waves, 1):
        moves = tuple(words.move(*shift) for shift in wave.shifts)
        parked = tuple(words.parked(unit, host, how) for unit, host, how in wave.parked if how in PARKING)
        yield PlannedWave(number, tuple(host.name for host in wave.hosts), moves, parked, wave.span)


class Words:
    """Turns numbers into names, and says why; sentences are shared by the many moves with the same reason."""

    def __init__(self, scene: Scene, waves: Sequence[Wave]) -> None:
        self._scene = scene
        self._wave_of = {host.index: number for number, wave in enumerate(waves, 1) for host in wave.hosts}
        self._known: dict[tuple[str, str], str] = {}

    def move(self, unit: int, source: int, destination: int, extra: bool) -> PlannedMove:
        """One server's move."""
        scene = self._scene
        server, there = scene.servers[unit], scene.hosts[destination]
        why = NO_SPARE if extra else self._why(scene.why[unit], there)
        return PlannedMove(server.id, server.name, scene.hosts[source].name, there.name, scene.how[unit], why)

    def parked(self, unit: int, host: int, how: str) -> ParkedServer:
        """One server that stays without running."""
        server = self._scene.servers[unit]
        return ParkedServer(server.id, server.name, self._scene.hosts[host].name, how)

    def _why(self, reason: str, there: Host) -> str:
        key = (reason, self._place(there))
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = "; ".join(key)
        return known

    def _place(self, there: Host) -> str:
        if there.rolls and there.mode == IN_PLACE:
            return "to a host that is upgraded in place"
        if there.index in self._wave_of:
            return f"to a host upgraded in wave {self._wave_of[there.index]}"
        return "to a host that is upgraded" if there.done else "to a host that this roll does not touch"
