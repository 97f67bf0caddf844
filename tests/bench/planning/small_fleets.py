# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fleets of three to five hosts, to be settled by brute force: some that can be rolled, some with one thing that forbids it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from ansible_collections.stackroll.nova.plugins.module_utils.model.server import Flavor, Server
from ansible_collections.stackroll.nova.tests.bench.planning.brute_force import (
    NEVER,
    ONCE,
    TWICE,
    BruteForce,
    TooLarge,
    Verdict,
)
from ansible_collections.stackroll.nova.tests.bench.planning.builder import PROJECTS, Builder, Host
from ansible_collections.stackroll.nova.tests.bench.planning.dice import Dice
from ansible_collections.stackroll.nova.tests.bench.planning.estate import Estate
from ansible_collections.stackroll.nova.tests.bench.planning.fleets import Case, draining
from ansible_collections.stackroll.nova.tests.bench.planning.hardware import GIB, FlavorKind, HostKind, offered
from ansible_collections.stackroll.nova.tests.bench.planning.roll import Roll

IMPOSSIBLE = Verdict(NEVER)
# Gibibytes for servers on every host; nothing else runs out.
ROOM = 8
BOX = HostKind("box", {"VCPU": offered(64, most=8), "MEMORY_MB": offered(ROOM * GIB), "DISK_GB": offered(1000)})


def sized(gib: int, cpus: int = 1, specs: Mapping[str, str] | None = None, **more: int) -> FlavorKind:
    """A flavor that is named after its memory."""
    resources = {"VCPU": cpus, "MEMORY_MB": gib * GIB, "DISK_GB": 1, **more}
    if "PCPU" in more:
        del resources["VCPU"]
    return FlavorKind(Flavor(f"gib{gib}", cpus, gib * GIB, 1, extra_specs=dict(specs or {})), resources)


@dataclass(frozen=True)
class SmallCase(Case):
    """A case whose answer is known, and by which servers or words a plan may name what is in the way."""

    verdict: Verdict = IMPOSSIBLE
    culprits: frozenset[str] = frozenset()
    words: tuple[str, ...] = ()
    blocker: str = ""


@dataclass
class Planted:
    """What was put in the way."""

    servers: list[Server] = field(default_factory=list)
    words: tuple[str, ...] = ()


class SmallCloud:
    """A small cloud with one host more than it needs, or none, and a few servers on each of the others."""

    def __init__(self, seed: int) -> None:
        self.seed, self.dice, self.builder = seed, Dice(seed), Builder()
        count = 3 + self.dice.below(3)
        self.hosts = [self.builder.add_host(BOX) for _number in range(count)]
        self.load = self.dice.between(0.3, 0.95)
        self.idle = [] if self.dice.chance(0.2) else [self.dice.pick(self.hosts)]
        self.done = bool(self.idle) and self.dice.chance(0.4)
        self.busy = [host for host in self.hosts if host not in self.idle]

    def fill(self) -> None:
        """Servers of one to four GiB on every busy host."""
        for host in self.busy:
            most = ROOM * GIB * (1 - self.load * self.dice.between(0.7, 1.2))
            for _number in range(3):
                kind = sized(1 + self.dice.below(4))
                if host.free["MEMORY_MB"] - kind.resources["MEMORY_MB"] >= most:
                    self.builder.add_server(host, kind, "stopped" if self.dice.chance(0.1) else "active")

    def group(self) -> None:
        """Now and then a group of two or three."""
        by_host = self.builder.servers_by_host()
        if self.dice.chance(0.4) and len(by_host) > 1:
            names = self.dice.sample(sorted(by_host), 2 + self.dice.below(2))
            self.builder.add_group("anti-affinity", [self.dice.pick(by_host[name]) for name in names])
        elif self.dice.chance(0.4):
            rich = [servers for servers in by_host.values() if len(servers) > 1]
            if rich:
                self.builder.add_group("soft-affinity", self.dice.pick(rich)[:2])

    def case(self, name: str, planted: Planted | None = None) -> SmallCase | None:
        """The case with its answer; nothing when it is too large to be sure."""
        idle = [host.name for host in self.idle]
        options = draining(canary=1, max_unavailable=1 + self.dice.below(2), **({"done": idle} if self.done else {}))
        fleet = self.builder.build()
        estate = Estate(fleet)
        try:
            verdict = BruteForce(Roll.of(estate, options)).settle()
        except TooLarge:
            return None
        planted = planted or Planted()
        culprits = frozenset(server.id for server in planted.servers)
        return SmallCase(name, self.seed, fleet, options, verdict, culprits, planted.words, name)


def feasible_fleets(count: int, first_seed: int = 1) -> Iterator[SmallCase]:
    """So many fleets that can be rolled for sure, one in ten of them only with servers that move twice."""
    once, twice, seed = count - count // 10, count // 10, first_seed
    while once or twice:
        cloud = SmallCloud(seed)
        seed += 1
        cloud.fill()
        cloud.group()
        case = cloud.case("feasible")
        if case and cloud.builder.servers and case.verdict.answer == ONCE and once:
            once -= 1
            yield case
        elif case and case.verdict.answer == TWICE and twice:
            twice -= 1
            yield case


def infeasible_fleets(count: int, first_seed: int = 1) -> Iterator[SmallCase]:
    """So many fleets that cannot be rolled for sure, and could without the one thing that is in the way: every kind in turn."""
    kinds, seed, number = tuple(BLOCKERS), first_seed, 0
    while number < count:
        name = kinds[number % len(kinds)]
        case = _blocked(seed, name)
        seed += 1
        if case:
            number += 1
            yield case


def _blocked(seed: int, name: str) -> SmallCase | None:
    """A fleet with something in the way, if it can be rolled without."""
    without = SmallCloud(seed)
    without.fill()
    plain = without.case(name)
    if plain is None or plain.verdict.answer != ONCE:
        return None
    cloud = SmallCloud(seed)
    planted = BLOCKERS[name](cloud)
    case = cloud.case(name, planted) if planted else None
    return case if case and case.verdict.answer == NEVER else None


def _alone(cloud: SmallCloud, kind: FlavorKind, state: str = "active") -> Planted | None:
    """Fill the cloud, and put one more server on a host that has room."""
    cloud.fill()
    able = [host for host in cloud.busy if host.has_room(kind.resources)]
    return Planted([cloud.builder.add_server(cloud.dice.pick(able), kind, state)]) if able else None


def _reequip(cloud: SmallCloud, host: Host, **classes: Mapping[str, int | float]) -> None:
    """Give one host other inventories before anything is on it."""
    host.kind = replace(host.kind, inventory={**host.kind.inventory, **classes})
    for name, item in classes.items():
        host.free[name] = int((item["total"] - item["reserved"]) * item["allocation_ratio"])


def _trait(cloud: SmallCloud) -> Planted | None:
    """Only its own host has the trait that a server asks for."""
    host = cloud.busy[0]
    host.kind = replace(host.kind, traits=(*host.kind.traits, "CUSTOM_RARE"))
    kind = sized(1, specs={"trait:CUSTOM_RARE": "required"})
    server = cloud.builder.add_server(host, kind)
    cloud.fill()
    return Planted([server])


def _too_large(cloud: SmallCloud) -> Planted | None:
    """A server has more memory than any other host."""
    _reequip(cloud, cloud.busy[0], MEMORY_MB=offered(2 * ROOM * GIB))
    server = cloud.builder.add_server(cloud.busy[0], sized(ROOM + 1))
    cloud.fill()
    return Planted([server])


def _unit(cloud: SmallCloud) -> Planted | None:
    """A server has more CPUs than other hosts give out at once."""
    _reequip(cloud, cloud.busy[0], VCPU=offered(64))
    server = cloud.builder.add_server(cloud.busy[0], sized(1, cpus=16))
    cloud.fill()
    return Planted([server])


def _step(cloud: SmallCloud) -> Planted | None:
    """Other hosts give out CPUs in pairs only."""
    for host in cloud.hosts:
        if host is not cloud.busy[0]:
            _reequip(cloud, host, CUSTOM_PAIR=offered(8, step=2))
    _reequip(cloud, cloud.busy[0], CUSTOM_PAIR=offered(8))
    server = cloud.builder.add_server(cloud.busy[0], sized(1, CUSTOM_PAIR=3, specs={"resources:CUSTOM_PAIR": "3"}))
    cloud.fill()
    return Planted([server])


def _pinned(cloud: SmallCloud) -> Planted | None:
    """Only its own host has CPUs for pinned servers."""
    _reequip(cloud, cloud.busy[0], PCPU=offered(8))
    kind = sized(1, cpus=2, PCPU=2, specs={"hw:cpu_policy": "dedicated"})
    server = cloud.builder.add_server(cloud.busy[0], kind)
    cloud.fill()
    return Planted([server])


def _custom_class(cloud: SmallCloud) -> Planted | None:
    """All that is left of a custom class elsewhere is too little."""
    _reequip(cloud, cloud.busy[0], CUSTOM_FPGA=offered(2))
    _reequip(cloud, cloud.busy[1], CUSTOM_FPGA=offered(1))
    server = cloud.builder.add_server(cloud.busy[0], sized(1, CUSTOM_FPGA=2, specs={"resources:CUSTOM_FPGA": "2"}))
    cloud.fill()
    return Planted([server])


def _full(cloud: SmallCloud) -> Planted | None:
    """Every host that is not full has too little left, all together."""
    cloud.fill()
    for host in cloud.hosts:
        while host.free["MEMORY_MB"] >= 4 * GIB or (host in cloud.idle and host.free["MEMORY_MB"] >= 2 * GIB):
            cloud.builder.add_server(host, sized(2 if host.free["MEMORY_MB"] < 4 * GIB else 4))
    return Planted(words=("MEMORY_MB",))


def _group(cloud: SmallCloud) -> Planted | None:
    """A strict group has a member on every host."""
    cloud.fill()
    if not all(host.has_room(sized(1).resources) for host in cloud.hosts):
        return None
    members = [cloud.builder.add_server(host, sized(1)) for host in cloud.hosts]
    group = cloud.builder.add_group("anti-affinity", members)
    return Planted(members, (group.name, group.id))


def _together(cloud: SmallCloud) -> Planted | None:
    """Nova moves no member of an affinity group away from the others."""
    members = [cloud.builder.add_server(cloud.busy[0], sized(1)) for _number in range(2)]
    cloud.fill()
    group = cloud.builder.add_group("affinity", members)
    return Planted(members, (group.name, group.id))


def _zone(cloud: SmallCloud) -> Planted | None:
    """A zone has one host only."""
    cloud.fill()
    host = cloud.builder.add_host(BOX, "zone2")
    cloud.hosts.append(host)
    return Planted([cloud.builder.add_server(host, sized(1))])


def _broken(cloud: SmallCloud) -> Planted | None:
    """A server in ERROR cannot be moved."""
    return _alone(cloud, sized(1), "error")


def _device(cloud: SmallCloud) -> Planted | None:
    """A running server has a device of its host, and a cold migration is not allowed."""
    return _alone(cloud, sized(1, specs={"pci_passthrough:alias": "card:1"}))


def _property(cloud: SmallCloud) -> Planted | None:
    """Only its own host is in an aggregate with what the flavor asks for."""
    cloud.builder.add_to_aggregate(cloud.busy[0], "rare", metadata={"rare": "true"})
    kind = sized(1, specs={"aggregate_instance_extra_specs:rare": "true"})
    server = cloud.builder.add_server(cloud.busy[0], kind)
    cloud.fill()
    return Planted([server])


def _tenants(cloud: SmallCloud) -> Planted | None:
    """All other hosts are kept for another project."""
    for host in cloud.hosts:
        if host is not cloud.busy[0]:
            cloud.builder.add_to_aggregate(host, "theirs", metadata={"filter_tenant_id": PROJECTS[0]})
    server = cloud.builder.add_server(cloud.busy[0], sized(1), project=PROJECTS[1])
    cloud.fill()
    return Planted([server])


BLOCKERS: Mapping[str, Callable[[SmallCloud], Planted | None]] = {
    "trait": _trait,
    "too large": _too_large,
    "max_unit": _unit,
    "step_size": _step,
    "PCPU": _pinned,
    "custom class": _custom_class,
    "all full": _full,
    "anti-affinity": _group,
    "affinity": _together,
    "zone": _zone,
    "error": _broken,
    "device": _device,
    "aggregate property": _property,
    "other tenants": _tenants,
}
