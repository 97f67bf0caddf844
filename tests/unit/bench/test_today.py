# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The clock and the two ways of today, on clouds small enough to count by hand."""

from __future__ import annotations

import pytest

from ansible_collections.stackroll.nova.tests.bench.planning import today
from ansible_collections.stackroll.nova.tests.bench.planning.builder import Builder
from ansible_collections.stackroll.nova.tests.bench.planning.clock import Move, Pace, replay
from ansible_collections.stackroll.nova.tests.bench.planning.estate import Estate
from ansible_collections.stackroll.nova.tests.bench.planning.fleets import draining
from ansible_collections.stackroll.nova.tests.bench.planning.roll import Roll
from ansible_collections.stackroll.nova.tests.bench.planning.small_fleets import BOX, sized
from ansible_collections.stackroll.nova.tests.bench.planning.today import Outcome, Scheduler
from ansible_collections.stackroll.nova.tests.unit.bench.plans_by_hand import cloud, right_plan

# A GiB a second and nothing else: seconds are GiB.
PACE = Pace(1024.0, 0.0, 5.0, 15.0, 100.0, per_source=1, per_target=9, total=9)


@pytest.mark.parametrize(
    ("pace", "moves", "seconds"),
    [
        (PACE, [], 0),
        (PACE, [("a", "x", 3), ("a", "x", 4)], 7),
        (PACE, [("a", "x", 3), ("b", "x", 4)], 4),
        (Pace(per_source=2, per_target=9, total=9), [("a", "x", 3), ("a", "y", 4), ("a", "z", 2)], 5),
        (Pace(per_source=9, per_target=1, total=9), [("a", "x", 3), ("b", "x", 4), ("b", "y", 6)], 7),
        (Pace(per_source=9, per_target=9, total=2), [("a", "x", 3), ("b", "x", 3), ("c", "y", 3)], 6),
    ],
)
def test_as_much_as_may_runs_at_once(pace: Pace, moves: list[tuple[str, str, float]], seconds: float) -> None:
    assert pace.makespan(Move(*one) for one in moves) == seconds


def test_a_plan_takes_its_moves_and_an_upgrade_per_wave() -> None:
    servers = {server.id: server for server in cloud().servers}
    # 3 GiB live and a cold migration one after the other, then 3 + 1 + 4 GiB; every wave ends with an upgrade.
    assert replay(right_plan(), servers, PACE) == (5, 3 + 5 + 100 + 8 + 100)


def test_the_planner_gets_the_same_rates() -> None:
    options = PACE.options()
    assert options["rates"]["live_mib_per_second"] == 1024.0
    assert (options["per_source"], options["per_destination"], options["total"]) == (1, 9, 9)


def roll(*hosts: tuple[str, tuple[int, ...]], keep_zones: bool = True) -> Roll:
    """Hosts of 8 GiB, by zone and the sizes of their servers."""
    builder = Builder()
    for zone, servers in hosts:
        host = builder.add_host(BOX, zone)
        for size in servers:
            builder.add_server(host, sized(size))
    return Roll.of(Estate(builder.build(), keep_zones), draining())


def test_the_scheduler_takes_the_emptiest_host_that_passes() -> None:
    one = roll(("zone1", (2,)), ("zone1", (3,)), ("zone1", (1,)), ("zone2", ()))
    scheduler = Scheduler(one)
    server = one.estate.on("cmp0001")[0]
    assert scheduler.choose(server, {"cmp0001"}) == "cmp0003"
    assert scheduler.choose(server, {"cmp0001", "cmp0003"}) == "cmp0002"
    assert scheduler.choose(server, {"cmp0001", "cmp0002", "cmp0003"}) is None
    scheduler.move(one.estate.on("cmp0002")[0], "cmp0003")
    assert scheduler.choose(server, {"cmp0001"}) == "cmp0002"


def test_the_scheduler_keeps_strict_groups_apart() -> None:
    builder = Builder()
    servers = [builder.add_server(builder.add_host(BOX), sized(size)) for size in (1, 1, 4)]
    builder.add_group("anti-affinity", servers[:2])
    scheduler = Scheduler(Roll.of(Estate(builder.build()), draining()))
    assert scheduler.choose(servers[0].id, {"cmp0001"}) == "cmp0003"


def test_one_by_one_servers_come_to_hosts_that_are_still_to_be_emptied() -> None:
    # s1 goes to the empty third host, s2 to the first, and s1 from the third to the second.
    assert today.one_by_one(roll(("zone1", (2,)), ("zone1", (3,)), ("zone1", ())), PACE) == Outcome(3, 307.0, 0)


def test_a_server_without_room_is_stopped() -> None:
    assert today.one_by_one(roll(("zone1", (5,)), ("zone1", (5,))), PACE) == Outcome(0, 260.0, 2)


def test_a_zone_at_once_goes_to_the_other_zones() -> None:
    zones = (("zone1", (2, 3)), ("zone1", (4,)), ("zone2", ()))
    free = today.zone_at_once(roll(*zones, keep_zones=False), PACE)
    # By name: 2 and 3 fit into 8 GiB, 4 is stopped; the second zone then sends both back, one after the other.
    assert free == Outcome(4, (5 + 130) + (5 + 100), 1)
    assert today.zone_at_once(roll(*zones), PACE) == Outcome(0, 130.0 + 100.0, 3)
