# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small cloud with a right plan, written by hand, and plans made of plain moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Fleet
from ansible_collections.stackroll.nova.tests.bench.planning.builder import Builder
from ansible_collections.stackroll.nova.tests.bench.planning.checker import NO_ROOM_YET
from ansible_collections.stackroll.nova.tests.bench.planning.estate import Estate
from ansible_collections.stackroll.nova.tests.bench.planning.fleets import draining
from ansible_collections.stackroll.nova.tests.bench.planning.roll import PARK, RUNNING, Roll
from ansible_collections.stackroll.nova.tests.bench.planning.small_fleets import BOX, sized

ID = "5e44e400-0000-4000-8000-{:012}"
OPTIONS = draining(hosts=["a", "b"], done=["c", "far"], canary=1, max_unavailable=1)
Plan = dict[str, Any]


def cloud() -> Fleet:
    """Hosts a and b are to be emptied; c and far (in another zone) are done, off is disabled. Every host has 8 GiB.

    s1 and s3 must never meet, s4 and s5 stay together, s2 is stopped.
    """
    builder = Builder()
    a, b, _c = (builder.add_host(BOX, name=name) for name in "abc")
    builder.add_host(BOX, name="off", enabled=False)
    builder.add_host(BOX, "zone2", name="far")
    s1, _s2 = builder.add_server(a, sized(3)), builder.add_server(a, sized(2), "stopped")
    s3, s4, s5 = (builder.add_server(b, sized(gib)) for gib in (3, 1, 4))
    builder.add_group("anti-affinity", [s1, s3])
    builder.add_group("affinity", [s4, s5])
    return builder.build()


def right_plan() -> Plan:
    """The plan for it."""
    first = wave(1, ["a"], move(1, "a", "c"), move(2, "a", "c", how="cold"))
    second = wave(2, ["b"], move(3, "b", "a"), move(4, "b", "a"), move(5, "b", "a"))
    return plan([first, second], {"a": "drain", "b": "drain"})


def move(number: int, source: str, target: str, *, how: str = "live", why: str = "there is room") -> Plan:
    """One move of the server with this number."""
    return {"server": ID.format(number), "name": f"s{number}", "from": source, "to": target, "how": how, "why": why}


def wave(number: int, hosts: Sequence[str], *moves: Plan, parked: Sequence[Plan] = ()) -> Plan:
    """One wave that takes five minutes."""
    estimate = {"seconds": 300.0, "least": 200.0, "most": 900.0}
    return {"number": number, "hosts": list(hosts), "moves": list(moves), "parked": list(parked), "estimate": estimate}


def plan(waves: Sequence[Plan], modes: Mapping[str, str]) -> Plan:
    """A whole plan with sums that are right."""
    moves = [item["server"] for one in waves for item in one["moves"]]
    hosts = [{"name": host, "mode": modes[host], "wave": one["number"]} for one in waves for host in one["hosts"]]
    parked = sum(len(one["parked"]) for one in waves)
    return {
        "schema": "stackroll.nova/plan/1",
        "hash": "0" * 64,
        "feasible": True,
        "hosts": hosts,
        "waves": list(waves),
        "blocked": [],
        "extra_moves": sum(item["why"] == NO_ROOM_YET for one in waves for item in one["moves"]),
        "bounds": {"moves": len(set(moves)), "waves": len(waves)},
        "totals": {"hosts": len(hosts), "moves": len(moves), "parked": parked, "waves": len(waves)},
    }


def plan_of_moves(roll: Roll, moves: Sequence[tuple[str, str]]) -> Plan:
    """A plan of moves (server, destination) in order: one host per wave; hosts that nobody leaves come first, and park theirs."""
    estate: Estate = roll.estate
    order = list(dict.fromkeys(estate.places[server] for server, _target in moves))
    idle = [host for host in roll.hosts if host not in order]
    if roll.options.get("one_zone_at_a_time"):
        zones = list(dict.fromkeys(estate.sites[host].zone for host in estate.sites))
        hosts = sorted([*idle, *order], key=lambda host: zones.index(estate.sites[host].zone))
    else:
        hosts = [*idle, *order]
    waves = []
    for number, host in enumerate(hosts, 1):
        leaving = [
            move(int(server[-12:]), host, target, how=roll.ways(server)[0])
            for server, target in moves
            if estate.places[server] == host
        ]
        parked = [
            {"server": server, "name": server, "host": host, "how": "stop"}
            for server in estate.on(host)
            if roll.modes[host] == PARK and estate.servers[server].vm_state in RUNNING and not roll.stays(server)
        ]
        waves.append(wave(number, [host], *leaving, parked=parked))
    return plan(waves, roll.modes)
