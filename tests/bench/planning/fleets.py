# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fleets from a seed, and the options that go with them: equal hosts, mixed hosts, and clouds with everything that forbids something."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Fleet
from ansible_collections.stackroll.nova.plugins.module_utils.model.server import Server
from ansible_collections.stackroll.nova.tests.bench.planning.builder import PROJECTS, Builder, Host
from ansible_collections.stackroll.nova.tests.bench.planning.dice import Dice
from ansible_collections.stackroll.nova.tests.bench.planning.hardware import (
    EQUAL_FLAVOR,
    EQUAL_HOST,
    LICENSED,
    PLAIN,
    SPECIAL_FLAVORS,
    SPECIAL_HOSTS,
    Catalog,
    FlavorKind,
    HostKind,
)

# Slots for EQUAL_FLAVOR on EQUAL_HOST: its memory is what runs out first.
SLOTS = 32
MOMENT = "2026-11-22T12:00:00Z"


@dataclass(frozen=True)
class Case:
    """A fleet and what is asked for. The seed makes it again."""

    name: str
    seed: int
    fleet: Fleet
    options: Mapping[str, Any] = field(default_factory=dict)


def draining(**options: Any) -> dict[str, Any]:
    """Options of a plan that empties hosts; the time comes in, so that a plan never depends on the clock."""
    return {"mode": "drain", "now": MOMENT, **options}


def equal_hosts(
    full: int, servers: int, spare: int, most: int, *, empty: int = 0, canary: int = 0, name: str = ""
) -> Case:
    """*full* hosts with *servers* servers each, *spare* ones that are done and *empty* ones that are not; no dice at all."""
    builder = Builder()
    for _number in range(full):
        host = builder.add_host(EQUAL_HOST)
        for _server in range(servers):
            builder.add_server(host, EQUAL_FLAVOR)
    for _number in range(empty):
        builder.add_host(EQUAL_HOST)
    done = [builder.add_host(EQUAL_HOST).name for _number in range(spare)]
    options = draining(done=done, canary=canary, max_unavailable=most)
    return Case(name or f"equal {full}x{servers}+{spare}", 0, builder.build(), options)


def mixed_hosts(
    seed: int, hosts: int, servers: int, *, spare: float = 0.02, most: str = "10%", done: bool = True, canary: int = 1
) -> Case:
    """Hosts of three generations and servers of six flavors in one zone, with nothing that forbids anything.

    *spare* is the share of hosts that are empty, and done or not. The load follows from the number of servers: 20 per host are
    about 80 % of all memory.
    """
    dice, builder = Dice(seed), Builder()
    everyone = [builder.add_host(dice.pick(PLAIN.hosts)) for _number in range(hosts)]
    idle = dice.sample(everyone, max(1, int(hosts * spare)))
    names = {host.name for host in idle}
    _fill(dice, builder, [host for host in everyone if host.name not in names], servers)
    options = draining(canary=canary, max_unavailable=most, **({"done": sorted(names)} if done else {}))
    return Case(f"mixed {hosts}x{servers}", seed, builder.build(), options)


def large_cloud(seed: int, hosts: int, servers: int) -> Case:
    """A large cloud with four zones and server groups: 2 % of the hosts of each zone are empty, one server in ten is in a group."""
    dice, builder = Dice(seed), Builder()
    zones = [f"zone{number}" for number in range(1, 5)]
    for number in range(hosts):
        builder.add_host(dice.pick(PLAIN.hosts), zones[number % len(zones)])
    busy = [host for number, host in enumerate(builder.hosts.values()) if number % 200 >= len(zones)]
    _fill(dice, builder, busy, servers)
    _large_groups(dice, builder, servers // 30)
    return Case(f"large {hosts}x{servers}", seed, builder.build(), draining(max_unavailable="10%"))


def _fill(dice: Dice, builder: Builder, hosts: Sequence[Host], servers: int) -> None:
    """Put exactly so many servers on these hosts."""
    for _number in range(servers):
        kind = draw_flavor(dice, PLAIN.flavors)
        tries = (dice.pick(hosts) for _try in range(200))
        host = next((host for host in tries if host.has_room(kind.resources)), None)
        if host is None:
            kind = PLAIN.flavors[0]
            host = next(host for host in hosts if host.has_room(kind.resources))
        builder.add_server(host, kind, "stopped" if dice.chance(0.03) else "active", dice.pick(PROJECTS))


def _large_groups(dice: Dice, builder: Builder, groups: int) -> None:
    """Groups of three, of servers in one zone and on different hosts; no server is in two."""
    by_zone: dict[str, list[Server]] = {}
    for server in builder.servers:
        by_zone.setdefault(str(server.zone), []).append(server)
    for servers in by_zone.values():
        dice.shuffle(servers)
    for number in range(groups):
        servers = by_zone[f"zone{number % len(by_zone) + 1}"]
        members = [servers.pop() for _member in range(3)]
        if len({server.host for server in members}) == 3:
            builder.add_group("anti-affinity" if number % 2 else "soft-anti-affinity", members)


def draw_flavor(dice: Dice, flavors: Sequence[FlavorKind]) -> FlavorKind:
    """A flavor by the shares."""
    point = dice.between(0, sum(kind.share for kind in flavors))
    for kind in flavors:
        point -= kind.share
        if point <= 0:
            return kind
    return flavors[-1]


class ConstrainedCloud:
    """A cloud of one to three zones with special hosts, kept-apart hosts, groups, disabled hosts and servers in several states."""

    def __init__(self, seed: int) -> None:
        self.seed, self.dice, self.builder = seed, Dice(seed), Builder()
        self.idle: list[str] = []
        self.grouped: set[str] = set()
        self.may_stay: list[str] = []
        self.zones = [f"zone{number + 1}" for number in range(1 + self.dice.below(3))]
        self.without_spare = self.dice.chance(0.05)
        self.load = self.dice.between(0.35, 0.9)

    def case(self) -> Case:
        """Build it all."""
        for zone in self.zones:
            self._add_zone(zone)
        for policy, most in (
            ("anti-affinity", 4),
            ("soft-anti-affinity", 4),
            ("soft-affinity", 3),
            ("soft-affinity", 3),
        ):
            for _number in range(self.dice.below(3)):
                self._add_group(policy, 2 + self.dice.below(most - 1))
        return Case(f"constrained {self.seed}", self.seed, self.builder.build(), self._options())

    def _add_zone(self, zone: str) -> None:
        dice, builder = self.dice, self.builder
        plain = [builder.add_host(dice.pick(PLAIN.hosts), zone) for _number in range(4 + dice.below(9))]
        spare = (
            [] if self.without_spare else [self._spare(PLAIN.hosts[-1], zone) for _number in range(1 + dice.below(2))]
        )
        for host in plain:
            self._load(host, PLAIN)
        for kind, flavor in zip(SPECIAL_HOSTS, SPECIAL_FLAVORS):
            if dice.chance(0.4):
                self._add_special(zone, kind, replace(flavor, share=1.0))
        if dice.chance(0.3):
            self._add_licensed(zone, plain, spare)
        if dice.chance(0.2):
            self._add_tenant(zone)
        if dice.chance(0.15):
            broken = builder.add_host(dice.pick(PLAIN.hosts), zone, enabled=False)
            if dice.chance(0.5):
                self._load(broken, PLAIN)

    def _spare(self, kind: HostKind, zone: str) -> Host:
        host = self.builder.add_host(kind, zone)
        self.idle.append(host.name)
        return host

    def _load(self, host: Host, catalog: Catalog, project: str = "") -> None:
        """Fill a host to about the load of the cloud, by memory."""
        offer = host.kind.inventory["MEMORY_MB"]
        wanted = (offer["total"] - offer["reserved"]) * min(0.95, self.load * self.dice.between(0.4, 1.4))
        start = host.free["MEMORY_MB"]
        for _try in range(60):
            kind = draw_flavor(self.dice, catalog.flavors)
            if start - host.free["MEMORY_MB"] >= wanted:
                return
            if host.has_room(kind.resources):
                self.builder.add_server(host, kind, self._state(), project or self.dice.pick(PROJECTS[1:]))

    def _state(self) -> str:
        point = self.dice.between(0, 1)
        if point < 0.005:
            self.may_stay = ["error"]
            return "error"
        return "stopped" if point < 0.05 else "paused" if point < 0.06 else "active"

    def _add_special(self, zone: str, kind: HostKind, flavor: FlavorKind) -> None:
        """Hosts that alone can have servers of a flavor, with a spare one."""
        catalog = Catalog((), (*PLAIN.flavors, flavor))
        for _number in range(2 + self.dice.below(3)):
            self._load(self.builder.add_host(kind, zone), catalog)
        if not self.without_spare:
            self._spare(kind, zone)

    def _add_licensed(self, zone: str, plain: Sequence[Host], spare: Sequence[Host]) -> None:
        """An aggregate that a flavor asks for."""
        flavor = SPECIAL_FLAVORS[-1]
        chosen = [*self.dice.sample(plain, 2), *spare[:1]]
        for host in chosen:
            self.builder.add_to_aggregate(host, f"{LICENSED}-{zone}", metadata={LICENSED: "true"})
        for host in chosen[:2]:
            for _number in range(1 + self.dice.below(3)):
                if host.has_room(flavor.resources):
                    self.builder.add_server(host, flavor, project=self.dice.pick(PROJECTS[1:]))

    def _add_tenant(self, zone: str) -> None:
        """Hosts that are kept for one project."""
        tenant = PROJECTS[0]
        hosts = [self.builder.add_host(PLAIN.hosts[1], zone) for _number in range(2)]
        spare = [] if self.without_spare else [self._spare(PLAIN.hosts[1], zone)]
        for host in (*hosts, *spare):
            self.builder.add_to_aggregate(host, f"tenant-{zone}", metadata={"filter_tenant_id": tenant})
        for host in hosts:
            self._load(host, PLAIN, tenant)

    def _add_group(self, policy: str, size: int) -> None:
        """A group within a zone, of servers that run and are in no other group."""
        zone = self.dice.pick(self.zones)
        free = {
            host: [server for server in servers if server.vm_state == "active" and server.id not in self.grouped]
            for host, servers in self.builder.servers_by_host().items()
            if self.builder.hosts[host].zone == zone
        }
        if policy.endswith("anti-affinity"):
            hosts = self.dice.sample([host for host, servers in free.items() if servers], size)
            members = [self.dice.pick(free[host]) for host in hosts]
        else:
            rich = [host for host, servers in free.items() if len(servers) >= size]
            members = self.dice.sample(free[self.dice.pick(rich)], size) if rich else []
        if len(members) > 1:
            self.grouped.update(server.id for server in members)
            self.builder.add_group(policy, members)

    def _options(self) -> dict[str, Any]:
        dice, names = self.dice, list(self.builder.hosts)
        options = draining(max_unavailable=dice.pick((1, 2, 4, "10%", "25%", "50%")), canary=1 + dice.below(2))
        if self.may_stay:
            options["may_stay"] = self.may_stay
        if dice.chance(0.3):
            options["done"] = sorted(self.idle)
        if dice.chance(0.2):
            options["max_unavailable_per_zone"] = 1 + dice.below(2)
        if dice.chance(0.2):
            options["max_unavailable_per_aggregate"] = 1 + dice.below(2)
        if dice.chance(0.2):
            options["one_zone_at_a_time"] = True
        if dice.chance(0.2):
            options["modes"] = self._modes(names)
        if dice.chance(0.1):
            options["hosts"] = sorted(dice.sample(names, len(names) * 3 // 4))
        if dice.chance(0.1):
            options["keep_zones"] = False
        if dice.chance(0.05):
            options["finish_by"] = f"2026-11-22T{13 + dice.below(6)}:30:00Z"
        return options

    def _modes(self, names: Sequence[str]) -> dict[str, str]:
        """One host stays as it is while it is upgraded, or parks its servers; what is neither running nor stopped cannot be parked."""
        states = {
            host: {server.vm_state for server in servers} for host, servers in self.builder.servers_by_host().items()
        }
        host = self.dice.pick(names)
        can_park = states.get(host, set()) <= {"active", "stopped"}
        return {host: "park" if can_park and self.dice.chance(0.5) else "in_place"}


def constrained_cloud(seed: int) -> Case:
    """One of the random clouds that plans are judged on."""
    return ConstrainedCloud(seed).case()
