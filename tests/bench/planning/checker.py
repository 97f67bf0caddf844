# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Play a plan and name everything that is wrong with it. Shares no code with the planner: it reads the plan's JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Fleet
from ansible_collections.stackroll.nova.tests.bench.planning.estate import Estate, give_back, take
from ansible_collections.stackroll.nova.tests.bench.planning.roll import DRAIN, PARK, RUNNING, Roll, limits

SCHEMA = "stackroll.nova/plan/1"
NO_ROOM_YET = "no spare room yet"
STRICT, TOGETHER = "anti-affinity", "affinity"
Plan = Mapping[str, Any]


@dataclass(frozen=True)
class Violation:
    """One thing that is wrong: its kind, for counting, and a sentence."""

    kind: str
    text: str


def check(plan: Plan, fleet: Fleet, options: Mapping[str, Any], estate: Estate | None = None) -> list[Violation]:
    """Everything wrong with a plan for a fleet. A plan that says infeasible has only to say why."""
    roll = Roll.of(estate or Estate(fleet, options.get("keep_zones", True)), options)
    if plan.get("schema") != SCHEMA or not plan.get("hash"):
        return [Violation("form", f"no plan of schema {SCHEMA} with a hash")]
    if not plan["feasible"]:
        return [] if plan["blocked"] else [Violation("form", "infeasible, and nothing is blocked")]
    return [*_waves(plan, roll, fleet), *Player(roll).play(plan["waves"]), *_sums(plan)]


def _waves(plan: Plan, roll: Roll, fleet: Fleet) -> Iterator[Violation]:
    """Order and sizes of the waves."""
    waves = plan["waves"]
    if [wave["number"] for wave in waves] != list(range(1, len(waves) + 1)):
        yield Violation("form", "the waves are not numbered 1, 2, 3 ...")
    yield from _hosts(plan, roll)
    canary = roll.options.get("canary", 1)
    if waves and canary and len(waves[0]["hosts"]) > canary:
        yield Violation("canary", f"wave 1 has {len(waves[0]['hosts'])} hosts, not {canary}")
    aggregates = {item.name: frozenset(item.hosts) for item in fleet.aggregates}
    for limit in limits(roll, aggregates):
        for wave in waves:
            count = len(limit.hosts.intersection(wave["hosts"]))
            if count > limit.most:
                yield Violation("limit", f"wave {wave['number']}: {count} of {limit.scope}, at most {limit.most}")
    if roll.options.get("one_zone_at_a_time"):
        yield from _zone_by_zone(waves, roll)
    yield from _window(waves, roll)


def _hosts(plan: Plan, roll: Roll) -> Iterator[Violation]:
    """Every host to be upgraded is in exactly one wave, and the list of hosts says the same."""
    planned = Counter(host for wave in plan["waves"] for host in wave["hosts"])
    said = {item["name"]: item for item in plan["hosts"]}
    for wave in plan["waves"]:
        if not wave["hosts"]:
            yield Violation("form", f"wave {wave['number']} is empty")
        for host in wave["hosts"]:
            if said.get(host, {}).get("wave") != wave["number"]:
                yield Violation("form", f"{host} is in wave {wave['number']}, and the list of hosts says otherwise")
    for host, times in planned.items():
        if host not in roll.hosts:
            yield Violation("host", f"{host} is not to be upgraded")
        if times > 1:
            yield Violation("host", f"{host} is in {times} waves")
    for host in roll.hosts:
        yield from _host(host, host in planned, said.get(host, {}), roll)


def _host(host: str, planned: bool, said: Plan, roll: Roll) -> Iterator[Violation]:
    """A host that is to be upgraded."""
    if planned and said.get("mode") != roll.modes[host]:
        yield Violation("mode", f"{host} has mode {said.get('mode')}, not {roll.modes[host]}")
    elif not planned and not roll.options.get("finish_by"):
        yield Violation("host", f"{host} is left out of a plan that is called feasible")
    elif not planned and not said.get("reason"):
        yield Violation("host", f"{host} is left out without a reason")


def _zone_by_zone(waves: Sequence[Plan], roll: Roll) -> Iterator[Violation]:
    finished: set[str | None] = set()
    current: str | None = None
    for wave in waves:
        zones = {roll.estate.sites[host].zone for host in wave["hosts"] if host in roll.estate.sites}
        if len(zones) > 1:
            yield Violation("zone order", f"wave {wave['number']} is in {len(zones)} zones")
            continue
        zone = next(iter(zones), current)
        if zone in finished:
            yield Violation("zone order", f"wave {wave['number']} goes back to {zone}")
        if current is not None and zone != current:
            finished.add(current)
        current = zone


def _window(waves: Sequence[Plan], roll: Roll) -> Iterator[Violation]:
    """Whatever is started is finished in time, by the plan's own estimates."""
    ends, now = roll.options.get("finish_by"), roll.options.get("now")
    if not ends or not now:
        return
    begins = max(_moment(now), _moment(roll.options.get("not_before") or now))
    last = begins + timedelta(seconds=sum(wave["estimate"]["seconds"] for wave in waves))
    if waves and last > _moment(ends):
        yield Violation("window", f"the last wave ends at {last.isoformat()}, after {ends}")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _sums(plan: Plan) -> Iterator[Violation]:
    """The totals are those of the waves."""
    moves = [move for wave in plan["waves"] for move in wave["moves"]]
    extra = sum(move["why"] == NO_ROOM_YET for move in moves)
    counted = {
        "hosts": sum(len(wave["hosts"]) for wave in plan["waves"]),
        "moves": len(moves),
        "parked": sum(len(wave["parked"]) for wave in plan["waves"]),
        "waves": len(plan["waves"]),
    }
    for name, value in counted.items():
        if plan["totals"][name] != value:
            yield Violation("sums", f"totals.{name} is {plan['totals'][name]}, and there are {value}")
    if plan["extra_moves"] != extra:
        yield Violation("sums", f"extra_moves is {plan['extra_moves']}, and there are {extra}")
    whole = all(item["wave"] or item["mode"] != DRAIN or not item.get("reason") for item in plan["hosts"])
    for name in ("moves", "waves") if whole else ():  # the bounds are those of all that is asked for
        if plan["bounds"][name] > counted[name]:
            yield Violation("sums", f"bounds.{name} is {plan['bounds'][name]}, above the plan's own {counted[name]}")
    for wave in plan["waves"]:
        estimate = wave["estimate"]
        if not 0 <= estimate["least"] <= estimate["seconds"] <= estimate["most"]:
            yield Violation("sums", f"wave {wave['number']}: the estimate is not within its own range")


class Player:
    """Does what the plan says, move by move, and looks at every step."""

    def __init__(self, roll: Roll) -> None:
        self.roll, self.estate = roll, roll.estate
        self.places = dict(self.estate.places)
        self.used = self.estate.copy_used()
        self.havens = set(roll.havens)
        self.moves: Counter[str] = Counter()
        self.allowed: Counter[str] = Counter()
        self.group_of: dict[str, list[int]] = {}
        self.members = [
            (group.policy, [key for key in group.members if key in self.places]) for group in self.estate.groups
        ]
        for number, (_policy, members) in enumerate(self.members):
            for key in members:
                self.group_of.setdefault(key, []).append(number)
        self.together = {
            number
            for number, (policy, members) in enumerate(self.members)
            if policy == TOGETHER and len({self.places[key] for key in members}) == 1
        }
        self.wave_hosts: frozenset[str] = frozenset()
        self.on: dict[str, set[str]] = {host: set(keys) for host, keys in self.estate.by_host().items()}

    def play(self, waves: Sequence[Plan]) -> Iterator[Violation]:
        """All waves."""
        for wave in waves:
            yield from self._wave(wave)

    def _wave(self, wave: Plan) -> Iterator[Violation]:
        hosts = self.wave_hosts = frozenset(wave["hosts"]) & frozenset(self.estate.sites)
        left: list[tuple[str, str]] = []
        for move in wave["moves"]:
            found = list(self._unreadable(move))
            if not found:
                found = [*self._source(move), *self._destination(move), *self._neighbours(move), *self._again(move)]
                left.append((move["server"], self.places[move["server"]]))
                self._arrive(move)
            yield from (Violation(item.kind, f"wave {wave['number']}: {item.text}") for item in found)
        parked = list(wave["parked"])
        for item in [*self._parked(parked), *self._left_behind(parked), *self._disturbed(wave), *self._apart()]:
            yield Violation(item.kind, f"wave {wave['number']}: {item.text}")
        for server, source in left:
            give_back(self.used, self.estate.demands[server], source)
        self.havens |= hosts

    def _arrive(self, move: Plan) -> None:
        server, host = move["server"], move["to"]
        self.on[self.places[server]].discard(server)
        self.on[host].add(server)
        self.places[server] = host
        take(self.used, self.estate.demands[server], host)

    def _unreadable(self, move: Plan) -> Iterator[Violation]:
        if move["server"] not in self.places:
            yield Violation("server", f"server {move['server']} is on no host")
        elif move["to"] not in self.estate.sites:
            yield Violation("destination", f"{move['to']} is no host")
        if not move["why"]:
            yield Violation("form", f"no word on why {move['name']} goes to {move['to']}")

    def _source(self, move: Plan) -> Iterator[Violation]:
        server, host = move["server"], self.places[move["server"]]
        if move["from"] != host:
            yield Violation("source", f"{move['name']} is on {host}, not on {move['from']}")
        elif host not in self.wave_hosts or self.roll.modes.get(host) != DRAIN:
            yield Violation("source", f"{move['name']} leaves {host}, which is not emptied in this wave")
        if move["how"] not in self.roll.ways(server):
            yield Violation("how", f"{move['name']} cannot be moved {move['how']}")

    def _destination(self, move: Plan) -> Iterator[Violation]:
        server, host = move["server"], move["to"]
        demand, site = self.estate.demands[server], self.estate.sites[host]
        if host in self.wave_hosts:
            yield Violation("destination", f"{move['name']} goes to {host}, which is out of service in this wave")
        if not site.receives:
            yield Violation("destination", f"{move['name']} goes to {host}, which is disabled or down")
        if host not in self.havens and host not in self.wave_hosts:
            if move["why"] != NO_ROOM_YET or self._haven_for(server):
                yield Violation("due to drain", f"{move['name']} goes to {host}, which is still to be emptied")
            else:
                self.allowed[server] += 1
        objection = site.objection(demand)
        if objection:
            yield Violation("unfit", f"{move['name']} cannot be on {host}: {objection}")
            return
        lacking = self.estate.lacking(self.used, demand, host)
        if lacking:
            yield Violation("room", f"{host} has no {lacking} left for {move['name']}")

    def _haven_for(self, server: str) -> str:
        """A host that could have taken the server for good; empty when there is none."""
        demand = self.estate.demands[server]
        for host in sorted(self.estate.legal(demand) & self.havens - self.wave_hosts):
            if not self.estate.lacking(self.used, demand, host) and not self._rival(server, host):
                return host
        return ""

    def _rival(self, server: str, host: str) -> str:
        """A member of the same strict group that is on the host."""
        for number in self.group_of.get(server, ()):
            policy, members = self.members[number]
            if policy == STRICT:
                for other in members:
                    if other != server and self.places[other] == host:
                        return other
        return ""

    def _neighbours(self, move: Plan) -> Iterator[Violation]:
        if self._rival(move["server"], move["to"]):
            yield Violation("group", f"{move['name']} meets a member of its strict anti-affinity group on {move['to']}")

    def _again(self, move: Plan) -> Iterator[Violation]:
        server = move["server"]
        self.moves[server] += 1
        if self.moves[server] > 1 + self.allowed[server]:
            yield Violation("again", f"{move['name']} moves for the {self.moves[server]}. time")

    def _parked(self, parked: Sequence[Plan]) -> Iterator[Violation]:
        for item in parked:
            host = self.places.get(item["server"])
            if host != item["host"] or host not in self.wave_hosts or self.roll.modes.get(host) != PARK:
                yield Violation("parked", f"{item['name']} is parked on {item['host']}, where nothing is to be parked")
            elif item["how"] not in ("suspend", "stop"):
                yield Violation("parked", f"{item['name']} cannot be parked by {item['how']}")
        for server, times in Counter(item["server"] for item in parked).items():
            if times > 1:
                yield Violation("parked", f"{server} is parked {times} times")

    def _left_behind(self, parked: Sequence[Plan]) -> Iterator[Violation]:
        at_rest = {item["server"] for item in parked}
        for host in sorted(self.wave_hosts):
            mode = self.roll.modes.get(host)
            for server in sorted(self.on[host]):
                state = self.estate.servers[server].vm_state
                if (mode == DRAIN and not self.roll.stays(server)) or (
                    mode == PARK and state in RUNNING and server not in at_rest and not self.roll.stays(server)
                ):
                    yield Violation("left behind", f"{self.estate.servers[server].name} is still on {host}")

    def _disturbed(self, wave: Plan) -> Iterator[Violation]:
        """Two members of a strict group in one wave."""
        touched = {item["server"] for item in (*wave["moves"], *wave["parked"])}
        count = Counter(number for server in touched for number in self.group_of.get(server, ()))
        for number, times in sorted(count.items()):
            if times > 1 and self.members[number][0] == STRICT:
                name = self.estate.groups[number].name
                yield Violation("disturbed", f"{times} members of the anti-affinity group {name} are disturbed at once")

    def _apart(self) -> Iterator[Violation]:
        for number in sorted(self.together):
            if len({self.places[key] for key in self.members[number][1]}) > 1:
                yield Violation("apart", f"the affinity group {self.estate.groups[number].name} is torn apart")
