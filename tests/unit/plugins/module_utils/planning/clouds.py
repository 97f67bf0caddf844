# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small clouds to plan, and a replay that believes nothing of a plan."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import (
    Aggregate,
    Allocation,
    Fleet,
    Provider,
    Service,
    Unknown,
)
from ansible_collections.stackroll.nova.plugins.module_utils.model.server import (
    Flavor,
    Migration,
    Server,
    ServerGroup,
)
from ansible_collections.stackroll.nova.plugins.module_utils.planning.plan import make_plan
from ansible_collections.stackroll.nova.plugins.module_utils.planning.plan_options import PlanOptions

NOW = "2026-11-22T02:00:00Z"
GIB = 1024


class Cloud:
    """A cloud that grows by calls; hosts have so many VCPUs and 4 GiB for each, servers a VCPU for each 2 GiB."""

    def __init__(self) -> None:
        self.services: list[Service] = []
        self.servers: list[Server] = []
        self.groups: list[ServerGroup] = []
        self.aggregates: list[Aggregate] = []
        self.providers: list[Provider] = []
        self.allocations: list[Allocation] = []
        self.migrations: list[Migration] = []
        self.unknown: list[Unknown] = []
        self.inventories: dict[str, dict[str, dict[str, Any]]] = {}
        self.traits: dict[str, tuple[str, ...]] = {}

    def hosts(self, *names: str, **fields: Any) -> Cloud:
        """Several equal hosts."""
        for name in names:
            self.host(name, **fields)
        return self

    def host(
        self,
        name: str,
        *,
        vcpus: int = 8,
        zone: str | None = "az1",
        status: str = "enabled",
        state: str = "up",
        traits: Iterable[str] = (),
        units: Mapping[str, Any] | None = None,
        extra: Mapping[str, int] | None = None,
        **fields: Any,
    ) -> Cloud:
        """A host; *units* are fields of the VCPU inventory and *extra* totals of other resource classes."""
        known = {"disabled_reason": None, "updated_at": NOW, "forced_down": False, **fields}
        self.services.append(Service(f"service-{name}", "nova-compute", name, zone, status, state, **known))
        self.providers.append(Provider(f"rp-{name}", name, 1, None, f"rp-{name}"))
        self.inventories[f"rp-{name}"] = {
            "VCPU": {"total": vcpus, **(units or {})},
            "MEMORY_MB": {"total": vcpus * 4 * GIB},
            **{key: {"total": total} for key, total in (extra or {}).items()},
        }
        self.traits[f"rp-{name}"] = tuple(traits)
        return self

    def child(self, host: str, name: str, **totals: int) -> Cloud:
        """A provider below a host's."""
        self.providers.append(Provider(f"rp-{name}", name, 1, f"rp-{host}", f"rp-{host}"))
        self.inventories[f"rp-{name}"] = {key: {"total": total} for key, total in totals.items()}
        return self

    def server(
        self,
        name: str,
        host: str,
        vcpus: int = 1,
        *,
        state: str = "active",
        specs: Mapping[str, str] | None = None,
        held: Mapping[str, Mapping[str, int]] | None = None,
        **fields: Any,
    ) -> Cloud:
        """A server with its allocations, or with *held* by name of the provider."""
        zone = next(service.zone for service in self.services if service.host == host)
        values: dict[str, Any] = {
            "id": f"id-{name}",
            "name": name,
            "project_id": "blue",
            "status": state.upper(),
            "vm_state": state,
            "task_state": None,
            "power_state": "running",
            "host": host,
            "node": host,
            "zone": zone,
            "locked": False,
            "image_id": "image",
            "created": NOW,
            "flavor": Flavor(f"m{vcpus}", vcpus, vcpus * 2 * GIB, 0, 0, 0, dict(specs or {})),
        }
        self.servers.append(Server(**{**values, **fields}))
        amounts = held if held is not None else {host: {"VCPU": vcpus, "MEMORY_MB": vcpus * 2 * GIB}}
        for provider, resources in amounts.items():
            self.allocations.append(Allocation(f"id-{name}", f"rp-{provider}", dict(resources)))
        return self

    def fill(self, host: str, *sizes: int, **fields: Any) -> Cloud:
        """Servers of these sizes on a host, named after it."""
        for number, vcpus in enumerate(sizes, 1):
            self.server(f"{host}-vm{number}", host, vcpus, **fields)
        return self

    def group(self, name: str, policy: str, *members: str) -> Cloud:
        """A server group."""
        self.groups.append(ServerGroup(f"group-{name}", name, policy, tuple(f"id-{member}" for member in members)))
        return self

    def aggregate(self, name: str, *hosts: str, **metadata: str) -> Cloud:
        """A host aggregate."""
        values = {key.replace("__", ":"): value for key, value in metadata.items()}
        self.aggregates.append(Aggregate(len(self.aggregates) + 1, name, None, hosts, values))
        return self

    def fleet(self) -> Fleet:
        """The snapshot."""
        return Fleet(
            taken_at=NOW,
            services=tuple(self.services),
            servers=tuple(self.servers),
            migrations=tuple(self.migrations),
            server_groups=tuple(self.groups),
            aggregates=tuple(self.aggregates),
            providers=tuple(self.providers),
            allocations=tuple(self.allocations),
            inventories=self.inventories,
            traits=self.traits,
            unknown=tuple(self.unknown),
        )

    def plan(self, **options: Any) -> dict[str, Any]:
        """The plan as data; hosts are drained unless told otherwise, as many at once as there are."""
        wishes = {"mode": "drain", "max_unavailable": "100%", **options}
        return make_plan(self.fleet(), PlanOptions.from_dict(wishes)).to_dict()


class Replay:
    """Plays a plan on a fleet of hosts without child providers, and notes all that must not be."""

    def __init__(self, fleet: Fleet, options: Mapping[str, Any], plan: Mapping[str, Any]) -> None:
        self.fleet, self.options, self.plan = fleet, options, plan
        self.wrong: list[str] = []
        self.names = {provider.uuid: provider.name for provider in fleet.providers}
        self.place = {server.id: server.host for server in fleet.servers}
        self.servers = {server.id: server for server in fleet.servers}
        self.zone = {service.host: service.zone for service in fleet.services}
        self.mode = {host["name"]: host["mode"] for host in plan["hosts"]}
        self.upgraded = set(self.zone) - set(self.mode)
        self.used: dict[str, Counter[str]] = defaultdict(Counter)
        self.holds: dict[str, Mapping[str, int]] = {}
        for item in fleet.allocations:
            self.used[self.names[item.provider_uuid]].update(item.resources)
            self.holds[item.consumer_id] = item.resources
        self.moved: Counter[str] = Counter()
        self.extra = 0

    def problems(self) -> list[str]:
        """All that is wrong with the plan."""
        for number, wave in enumerate(self.plan["waves"], 1):
            self.expect(wave["number"] == number, f"wave {number} has number {wave['number']}")
            self._limits(wave)
            self._groups_disturbed(wave)
            for move in wave["moves"]:
                self._move(move, set(wave["hosts"]))
            for host in wave["hosts"]:
                self._upgrade(host, {item["server"] for item in wave["parked"]})
        self._at_the_end()
        return self.wrong

    def expect(self, right: bool, text: str) -> None:
        """Note what is not right."""
        if not right:
            self.wrong.append(text)

    def _limits(self, wave: Mapping[str, Any]) -> None:
        canary = self.options.get("canary", 1)
        if wave["number"] == 1 and canary:
            self.expect(len(wave["hosts"]) <= canary, "too many canaries")
        self._at_most(self.options.get("max_unavailable", "25%"), len(wave["hosts"]), len(self.zone))
        for zone in {self.zone[host] for host in wave["hosts"]} - {None}:
            here = [host for host in wave["hosts"] if self.zone[host] == zone]
            self._at_most(self.options.get("max_unavailable_per_zone"), len(here), list(self.zone.values()).count(zone))
        for aggregate in self.fleet.aggregates:
            here = [host for host in wave["hosts"] if host in aggregate.hosts]
            self._at_most(self.options.get("max_unavailable_per_aggregate"), len(here), len(aggregate.hosts))

    def _at_most(self, limit: Any, number: int, of: int) -> None:
        if limit is not None:
            most = max(1, of * int(limit[:-1]) // 100) if str(limit).endswith("%") else int(limit)
            self.expect(number <= most, f"{number} of {of} hosts at once, {limit} allowed")

    def _groups_disturbed(self, wave: Mapping[str, Any]) -> None:
        disturbed = [item["server"] for item in [*wave["moves"], *wave["parked"]]]
        for group in self.fleet.server_groups:
            if group.policy == "anti-affinity":
                members = sorted(set(disturbed) & set(group.members))
                self.expect(len(members) <= 1, f"{members} of {group.name} in wave {wave['number']}")

    def _move(self, move: Mapping[str, Any], out: set[str]) -> None:
        server, source, there = self.servers[move["server"]], move["from"], move["to"]
        self.expect(self.place[server.id] == source and source in out, f"{server.name} is not on {source}")
        self.expect(there not in out, f"{server.name} goes to {there}, which is out")
        receiving = there in self.upgraded or self.mode.get(there) == "in_place"
        if move["why"] == "no spare room yet":
            self.extra += 1
        else:
            self.expect(receiving, f"{server.name} goes to {there}, which is still to be drained")
            self.moved[server.id] += 1
        service = next(item for item in self.fleet.services if item.host == there)
        self.expect((service.status, service.state) == ("enabled", "up"), f"{there} is no destination")
        self.expect(self.zone[there] == server.zone, f"{server.name} leaves {server.zone}")
        self._claim(server, there)
        self.place[server.id] = there
        self.used[source].subtract(self.holds[server.id])
        self._groups_kept(server, there)

    def _claim(self, server: Server, there: str) -> None:
        inventory = self.fleet.inventories[f"rp-{there}"]
        self.used[there].update(self.holds[server.id])
        for name, amount in self.holds[server.id].items():
            offer = inventory.get(name, {"total": 0})
            room = int((offer["total"] - offer.get("reserved", 0)) * offer.get("allocation_ratio", 1.0))
            self.expect(self.used[there][name] <= room, f"{there} has too little {name} for {server.name}")
            self.expect(
                offer.get("min_unit", 1) <= amount <= offer.get("max_unit", amount)
                and amount % offer.get("step_size", 1) == 0,
                f"{there} does not give out {amount} of {name}",
            )
        wanted = {key[len("trait:") :] for key in server.flavor.extra_specs if key.startswith("trait:")}
        self.expect(wanted <= set(self.fleet.traits[f"rp-{there}"]), f"{there} lacks traits for {server.name}")

    def _groups_kept(self, server: Server, there: str) -> None:
        for group in self.fleet.server_groups:
            if group.policy == "anti-affinity" and server.id in group.members:
                others = [member for member in group.members if member != server.id and self.place[member] == there]
                self.expect(not others, f"{server.name} meets {others} on {there}")

    def _upgrade(self, host: str, parked: set[str]) -> None:
        self.upgraded.add(host)
        if self.mode[host] == "drain":
            left = {item for item, place in self.place.items() if place == host} - parked
            self.expect(not left, f"{host} is upgraded with {left}")
        for group in self.fleet.server_groups:
            members = [item for item in group.members if item in self.place]
            if group.policy == "affinity":
                before = {self.servers[item].host for item in members}
                after = {self.place[item] for item in members}
                self.expect(len(after) <= len(before), f"{group.name} is torn apart")

    def _at_the_end(self) -> None:
        self.expect(all(number == 1 for number in self.moved.values()), "a server moves twice")
        self.expect(self.extra == self.plan["extra_moves"], f"{self.extra} extra moves")
        planned = {host["name"] for host in self.plan["hosts"] if host["wave"]}
        in_waves = [host for wave in self.plan["waves"] for host in wave["hosts"]]
        self.expect(sorted(in_waves) == sorted(planned), "hosts and waves differ")
        if self.plan["feasible"]:
            late = {host["name"] for host in self.plan["hosts"] if "no time" in host.get("reason", "")}
            self.expect(planned | late == set(self.mode), "feasible, but hosts are missing")
        else:
            self.expect(bool(self.plan["blocked"]), "not feasible, and nobody says why")
        moves = sum(len(wave["moves"]) for wave in self.plan["waves"])
        if len(planned) == len(self.mode) and not self.plan["totals"]["parked"]:
            self.expect(moves >= self.plan["bounds"]["moves"], "fewer moves than the bound")
        self.expect(
            len(in_waves) < len(self.mode) or len(self.plan["waves"]) >= self.plan["bounds"]["waves"], "too few waves"
        )


def problems(cloud: Cloud, **options: Any) -> list[str]:
    """What is wrong with the plan for this cloud."""
    wishes = {"mode": "drain", "max_unavailable": "100%", **options}
    return Replay(cloud.fleet(), wishes, cloud.plan(**options)).problems()
