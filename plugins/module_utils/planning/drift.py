# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has changed in a cloud since a plan was made, as far as it matters to what is left of the plan."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.accounting.room import capacity
from ansible_collections.stackroll.nova.plugins.module_utils.model.claim import DEFAULT_PREFIX, Claim
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Fleet, Service
from ansible_collections.stackroll.nova.plugins.module_utils.model.server import Server

SCHEMA = "stackroll.nova/plan/1"
PlanData = Mapping[str, Any]


def read_plan(data: Any, name: str = "plan") -> PlanData:
    """A plan that somebody hands in; anything else is refused in one sentence that names the option."""
    schema = data.get("schema") if isinstance(data, Mapping) else None
    if schema != SCHEMA:
        raise InvalidInput(
            f"{name} is not a plan of schema {SCHEMA} (its schema is {schema!r}).",
            "Hand in the value plan of stackroll.nova.upgrade_plan.",
        )
    lacking = sorted({"hash", "hosts", "waves", "blocked", "feasible", "options"} - set(data))
    if lacking:
        raise InvalidInput(f"{name} has no {lacking[0]}, so it is not whole.", "Write the plan again.")
    return dict(data)


def drift(
    plan: PlanData, fleet: Fleet, done: Collection[str] = (), rolling: Collection[str] | None = None
) -> list[str]:
    """What keeps the plan from being carried out as it stands, a sentence each; nothing when it still can.

    Progress is no drift: a server may be where the plan takes it, and hosts that were upgraded since are named in *done*. Neither
    is what the plan does not depend on, such as new servers on hosts that are not emptied and still leave room. *rolling* are the
    hosts that are to be upgraded now; where the plan has others, destinations may not be ready in time.
    """
    services = {service.host: service for service in fleet.compute_services}
    servers = {server.id: server for server in fleet.servers}
    foreign = {host["name"] for host in plan["hosts"]} - set(services)
    if foreign and len(foreign) == len(plan["hosts"]):
        return ["this is a plan for another cloud: none of its hosts is here"]
    return [
        *_hosts(plan, services, done),
        *_selection(plan, set(rolling) - set(done) if rolling is not None else None, done),
        *_servers(plan, servers),
        *_newcomers(plan, fleet, servers, done),
        *_rooms(plan, fleet, servers),
    ]


def _hosts(plan: PlanData, services: Mapping[str, Service], done: Collection[str]) -> Iterator[str]:
    """Hosts that are gone, have come, or can no longer receive."""
    planned = {host["name"]: host for host in plan["hosts"]}
    for name, host in planned.items():
        if name not in services:
            yield f"host {name} is gone"
        elif services[name].zone != host["zone"]:
            yield f"host {name} is in zone {services[name].zone} instead of {host['zone']}"
    options = plan["options"]
    if options.get("hosts") is None:
        target = options.get("target_version")
        upgraded = {*done, *options.get("done", ())}
        upgraded |= {name for name, item in services.items() if target is not None and (item.version or 0) >= target}
        yield from (f"host {name} is new" for name in sorted(set(services) - set(planned) - upgraded))
    receiving = {move["to"] for wave in plan["waves"] for move in wave["moves"]}
    to_come = {name for name, host in planned.items() if host["wave"] is not None} - set(done)
    for name in sorted(receiving & set(services)):
        trouble = _cannot_receive(services[name], comes_up=name in to_come)
        if trouble:
            yield f"destination {name} is {trouble}"


def _selection(plan: PlanData, rolling: Collection[str] | None, done: Collection[str]) -> Iterator[str]:
    """Hosts that only the plan or only this run is about."""
    if rolling is None:
        return
    planned = {host["name"] for host in plan["hosts"]}
    waiting = {host["name"] for host in plan["hosts"] if host["wave"] is not None} - set(done)
    yield from (f"host {name} is in the plan, and not in this run" for name in sorted(waiting - set(rolling)))
    yield from (f"host {name} is in this run, and not in the plan" for name in sorted(set(rolling) - planned))


def _cannot_receive(service: Service, *, comes_up: bool) -> str:
    """Why a host receives nothing; one that is still to be upgraded must be up only then."""
    ours = Claim.parse(service.disabled_reason, DEFAULT_PREFIX, service.host) is not None
    if service.status != "enabled" and not ours:
        return "disabled"
    return "" if service.is_up or comes_up else "down"


def _servers(plan: PlanData, servers: Mapping[str, Server]) -> Iterator[str]:
    """Servers that are neither where they are to leave nor where they go to; one that moves twice may be anywhere on its way."""
    ways: dict[str, list[Mapping[str, str]]] = defaultdict(list)
    for wave in plan["waves"]:
        for move in wave["moves"]:
            ways[move["server"]].append(move)
        for item in wave["parked"]:
            ways[item["server"]].append({"name": item["name"], "from": item["host"], "to": item["host"]})
    for server_id, moves in ways.items():
        server = servers.get(server_id)
        places = {place for move in moves for place in (move["from"], move["to"])}
        if server is None or not server.holds_host:
            yield f"server {moves[0]['name']} ({server_id}) is gone"
        elif server.host not in places:
            yield f"server {moves[0]['name']} ({server_id}) is on {server.host}"


def _newcomers(plan: PlanData, fleet: Fleet, servers: Mapping[str, Server], done: Collection[str]) -> Iterator[str]:
    """Servers that the plan does not know on hosts that are still to be emptied."""
    moves = [move for wave in plan["waves"] for move in wave["moves"]]
    known = {move["server"] for move in moves}
    known |= {item["server"] for wave in plan["waves"] for item in wave["parked"]}
    known |= {item["server"] for item in plan["blocked"]}
    waiting = {
        move["from"] for move in moves if move["server"] in servers and servers[move["server"]].host == move["from"]
    }
    left = {move["from"] for move in moves} - waiting
    emptied = {host["name"] for host in plan["hosts"] if host["mode"] == "drain" and host["wave"] is not None}
    emptied -= {*left, *done}
    for server in fleet.servers:
        if server.host in emptied and server.id not in known and server.holds_host and _moves(server):
            yield f"server {server.name} ({server.id}) is new on {server.host}"


def _moves(server: Server) -> bool:
    return server.vm_state in ("active", "paused", "stopped", "building")


def _rooms(plan: PlanData, fleet: Fleet, servers: Mapping[str, Server]) -> Iterator[str]:
    """Destinations that are not emptied before and no longer have room for all that is still to come."""
    emptied = {host["name"] for host in plan["hosts"] if host["mode"] == "drain"}
    coming: dict[str, str] = {}
    for wave in plan["waves"]:
        for move in wave["moves"]:
            server = servers.get(move["server"])
            if move["to"] not in emptied and server is not None and server.host == move["from"]:
                coming[move["server"]] = move["to"]
    names = {provider.uuid: provider.name for provider in fleet.providers if provider.parent_uuid is None}
    free: dict[str, dict[str, int]] = {
        names[uuid]: {name: capacity(item) for name, item in inventory.items()}
        for uuid, inventory in fleet.inventories.items()
        if uuid in names
    }
    for item in fleet.allocations:
        host = names.get(item.provider_uuid)
        destination = coming.get(item.consumer_id)
        for name, amount in item.resources.items():
            for place in {host, destination} & set(free):
                free[str(place)][name] = free[str(place)].get(name, 0) - amount
    for place in sorted(set(coming.values()) & set(free)):
        lacking = sorted(name for name, amount in free[place].items() if amount < 0)
        if lacking:
            yield f"destination {place} has no room for all that is to come ({', '.join(lacking)})"
