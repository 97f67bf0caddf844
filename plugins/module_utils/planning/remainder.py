# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is left of a plan while it is carried out, and how long that takes by the rates of now."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Fleet
from ansible_collections.stackroll.nova.plugins.module_utils.model.records import Record
from ansible_collections.stackroll.nova.plugins.module_utils.planning.estimate import NO_TIME, Clock, Load, Seconds
from ansible_collections.stackroll.nova.plugins.module_utils.planning.plan_options import PlanOptions


@dataclass(frozen=True)
class Remainder(Record):
    """Numbers of waves, hosts and moves that are still to come, their time in seconds, and the most that the next wave takes."""

    waves: int
    hosts: int
    moves: int
    seconds: float
    least: float
    most: float
    next_most: float


def remainder(plan: Mapping[str, Any], fleet: Fleet, options: PlanOptions, done: Collection[str] = ()) -> Remainder:
    """What is left of a plan (schema stackroll.nova/plan/1); hosts in *done* are upgraded, servers that have moved stay out of it."""
    clock, here = Clock(options), {server.id: server for server in fleet.servers}
    numbers = {host["name"]: number for number, host in enumerate(plan["hosts"])}
    spans: list[Seconds] = []
    hosts = moves = 0
    for wave in plan["waves"]:
        going = set(wave["hosts"]) - set(done)
        if not going:
            continue
        load = Load(clock)
        for move in wave["moves"]:
            server = here.get(move["server"])
            if move["from"] in going and server is not None and server.host == move["from"]:
                destination = numbers.setdefault(move["to"], len(numbers))
                load.add(numbers[move["from"]], destination, clock.move(move["how"], server.flavor.ram_mib))
                moves += 1
        for item in wave["parked"]:
            if item["host"] in going:
                load.park(numbers[item["host"]])
        spans.append(load.total())
        hosts += len(going)
    total = reduce(Seconds.plus, spans, NO_TIME)
    first = round(spans[0].most, 1) if spans else 0.0
    return Remainder(waves=len(spans), hosts=hosts, moves=moves, **total.to_dict(), next_most=first)
