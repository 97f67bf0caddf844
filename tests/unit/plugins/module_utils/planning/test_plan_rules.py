# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Single rules of planning that random fleets seldom meet, and what makes two plans the same."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.planning.bounds import waves_of_equal_hosts
from ansible_collections.stackroll.nova.plugins.module_utils.planning.plan import make_plan
from ansible_collections.stackroll.nova.plugins.module_utils.planning.plan_options import PlanOptions
from ansible_collections.stackroll.nova.tests.unit.plugins.module_utils.planning.clouds import Cloud, problems


def waves(plan: dict[str, Any]) -> list[list[str]]:
    """The hosts of each wave."""
    return [wave["hosts"] for wave in plan["waves"]]


def ways(plan: dict[str, Any]) -> dict[str, str]:
    """Where each server goes."""
    return {move["name"]: move["to"] for wave in plan["waves"] for move in wave["moves"]}


@pytest.mark.parametrize(
    ("hosts", "free", "used", "capacity", "most", "canary", "expected"),
    [
        (0, 10, 8, 10, 5, 0, 0),
        (4, 10, 5, 10, 99, 0, 2),
        (4, 10, 5, 10, 1, 0, 4),
        (4, 10, 5, 10, 99, 1, 2),
        (20, 10, 7, 10, 99, 0, 7),
        (100, 10, 8, 10, 5, 0, 25),
        (4, 4, 5, 10, 99, 0, None),
        (6, 0, 0, 10, 2, 0, 3),
    ],
)
def test_recurrence_of_equal_hosts(  # noqa: PLR0917  # one row of a table
    hosts: int, free: int, used: int, capacity: int, most: int, canary: int, expected: int | None
) -> None:
    assert waves_of_equal_hosts(hosts, free, used, capacity, most=most, canary=canary) == expected


def test_hosts_that_share_a_strict_group_never_go_together() -> None:
    cloud = Cloud().hosts("new1", "new2", "new3", "cmp1", "cmp2", "cmp3")
    for name in ("cmp1", "cmp2", "cmp3"):
        cloud.server(f"m-{name}", name)
    options = {"done": ["new1", "new2", "new3"], "canary": 0}
    assert len(cloud.plan(**options)["waves"]) == 1
    cloud.group("web", "anti-affinity", "m-cmp1", "m-cmp2")
    assert waves(cloud.plan(**options)) == [["cmp1", "cmp3"], ["cmp2"]]
    cloud.groups[0] = replace(cloud.groups[0], policy="soft-anti-affinity")
    assert len(cloud.plan(**options)["waves"]) == 1


def test_parking_disturbs_a_group_as_well_and_staying_in_place_does_not() -> None:
    cloud = (
        Cloud()
        .hosts("cmp1", "cmp2")
        .server("m1", "cmp1")
        .server("m2", "cmp2")
        .group("web", "anti-affinity", "m1", "m2")
    )
    assert len(cloud.plan(mode="park", canary=0)["waves"]) == 2
    assert len(cloud.plan(mode="in_place", canary=0)["waves"]) == 1


def test_no_spare_host_costs_the_fewest_servers_of_one_host() -> None:
    cloud = Cloud().hosts("cmp1", "cmp2", "cmp3").fill("cmp1", 1, 1, 1, 1).fill("cmp2", 1, 1).fill("cmp3", 1, 1, 1)
    plan = cloud.plan()
    assert plan["extra_moves"] == 2
    assert plan["bounds"]["moves"] == plan["totals"]["moves"] == 4 + 2 + 3 + 2
    assert {move["why"] for move in plan["waves"][0]["moves"]} == {"no spare room yet"}


def test_a_zone_without_spare_room_does_not_wait_for_the_others() -> None:
    cloud = Cloud().hosts("a1", "a2", "a3", zone="az1").hosts("b1", "b2", zone="az2")
    cloud.fill("a2", 8).fill("a3", 8).fill("b1", 4).fill("b2", 4)
    plan = cloud.plan(done=["a1"], canary=0)
    assert [sorted(hosts) for hosts in waves(plan)] == [["a2", "b1"], ["a3", "b2"]]
    assert plan["extra_moves"] == 1
    assert not problems(cloud, done=["a1"], canary=0)


def test_hosts_in_place_receive_only_while_they_are_not_out() -> None:
    cloud = Cloud().hosts("cmp1", "cmp2").fill("cmp1", 4)
    plan = cloud.plan(modes={"cmp2": "in_place"}, canary=0)
    assert ways(plan) == {"cmp1-vm1": "cmp2"}
    assert len(plan["waves"]) == 2


def test_a_host_that_is_down_receives_once_it_is_upgraded() -> None:
    cloud = Cloud().host("broken", state="down").hosts("cmp1", "cmp2").fill("cmp1", 8).fill("cmp2", 8)
    plan = cloud.plan(max_unavailable=1)
    assert waves(plan)[0] == ["broken"]
    assert plan["feasible"]
    assert set(ways(plan).values()) == {"broken", "cmp1"}
    idle = cloud.plan(hosts=["cmp1", "cmp2"], max_unavailable=1)
    assert not idle["feasible"], "nobody upgrades it, so it stays down"


def test_disabled_by_ourselves_is_not_disabled_by_somebody() -> None:
    for reason, feasible in (
        ("stackroll:run1:new upgrading", True),
        ("stackroll:run1:cmp1 upgrading", False),
        ("fan", False),
    ):
        cloud = Cloud().host("new", status="disabled", disabled_reason=reason).host("cmp1").fill("cmp1", 1)
        assert cloud.plan(done=["new"])["feasible"] is feasible


def test_versions_tell_who_is_done() -> None:
    cloud = Cloud().host("cmp1", version=74).host("cmp2", version=72).host("cmp3")
    assert [host["name"] for host in cloud.plan(target_version=74)["hosts"]] == ["cmp2", "cmp3"]


def test_cells_are_not_left() -> None:
    cloud = Cloud().host("a1", cell="cell1").host("b1", cell="cell2").host("b2", cell="cell2").fill("b2", 2)
    assert ways(cloud.plan(done=["a1", "b1"])) == {"b2-vm1": "b1"}
    plan = cloud.plan(hosts=["b1", "b2"], done=[], max_unavailable_per_cell=1)
    assert waves(plan) == [["b1"], ["b2"]]
    assert {host["cell"] for host in plan["hosts"]} == {"cell2"}
    alone = Cloud().host("a1", cell="cell1").host("b1", cell="cell2").fill("b1", 2).plan(done=["a1"])
    assert "it cannot leave its cell cell2" in alone["blocked"][0]["reason"]


def test_isolated_aggregates_are_for_servers_that_ask_for_them() -> None:
    cloud = (
        Cloud().host("red", traits=["CUSTOM_RED"]).host("cmp1").aggregate("red", "red", trait__CUSTOM_RED="required")
    )
    cloud.server("other", "cmp1")
    reason = cloud.plan(done=["red"])["blocked"][0]["reason"]
    assert "host aggregates keep hosts for servers that ask for their traits" in reason
    cloud.servers.clear()
    cloud.server("mine", "cmp1", specs={"trait:CUSTOM_RED": "required"})
    assert ways(cloud.plan(done=["red"])) == {"mine": "red"}


def test_forbidden_traits() -> None:
    cloud = Cloud().host("slow", traits=["CUSTOM_SLOW"]).host("cmp1")
    cloud.server("db", "cmp1", specs={"trait:CUSTOM_SLOW": "forbidden"})
    assert "it must not be where the trait CUSTOM_SLOW is" in cloud.plan(done=["slow"])["blocked"][0]["reason"]


def test_without_allocations_flavors_tell_what_is_used() -> None:
    cloud = Cloud().host("new", vcpus=4).host("cmp1").fill("new", 3).fill("cmp1", 2)
    cloud.allocations.clear()
    assert not cloud.plan(done=["new"])["feasible"]
    assert cloud.plan(done=["new"])["blocked"][0]["reason"].startswith("it needs 2 of VCPU")


def test_what_nobody_knows_stays_used_on_an_emptied_host() -> None:
    cloud = Cloud().hosts("new", "cmp1", "cmp2").fill("new", 2).fill("cmp1", 6).fill("cmp2", 7)
    assert ways(cloud.plan(done=["new"])) == {"cmp1-vm1": "new", "cmp2-vm1": "cmp1"}
    cloud.allocations.append(replace(cloud.allocations[1], consumer_id="orphan", resources={"VCPU": 2}))
    assert not cloud.plan(done=["new"])["feasible"]


def test_time_is_kept_by_the_most_that_everything_may_take() -> None:
    cloud = Cloud().hosts("new", "cmp1", "cmp2").fill("cmp1", 1).fill("cmp2", 1)
    rates = {"live_mib_per_second": 2048, "live_seconds": 9, "host_seconds": [10, 20, 50]}
    options = {"done": ["new"], "rates": rates, "canary": 1, "now": "2026-11-22T02:00:00Z"}
    plan = cloud.plan(**options)
    assert [wave["estimate"] for wave in plan["waves"]] == [{"seconds": 30, "least": 20, "most": 60}] * 2
    assert len(cloud.plan(**options, finish_by="2026-11-22T02:02:00Z")["waves"]) == 2
    assert len(cloud.plan(**options, finish_by="2026-11-22T02:01:59Z")["waves"]) == 1
    late = cloud.plan(**options, not_before="2026-11-22T02:01:01Z", finish_by="2026-11-22T02:02:00Z")
    assert late["feasible"]
    assert [host["reason"] for host in late["hosts"]] == ["no time before 2026-11-22T02:02:00Z"] * 2


def test_moves_of_a_host_queue_behind_each_other() -> None:
    rates = {"live_mib_per_second": 10**9, "live_seconds": 10, "host_seconds": 1}
    cloud = Cloud().hosts("new1", "new2", "cmp1").fill("cmp1", 1, 1, 1, 1)

    def seconds(**limits: int) -> float:
        return float(cloud.plan(done=["new1", "new2"], rates=rates, **limits)["totals"]["seconds"])

    assert seconds(per_source=1) == 41
    assert seconds(per_source=4) == 11
    assert seconds(per_source=4, per_destination=2) == 21
    assert seconds(per_source=4, total=1) == 41


def test_the_hash_is_about_what_matters() -> None:
    cloud = Cloud().hosts("new", "cmp1").fill("cmp1", 1, 1)
    fleet, options = cloud.fleet(), PlanOptions.from_dict({"mode": "drain"})
    first = make_plan(fleet, options).hash
    services = tuple(replace(item, updated_at="2026-11-22T03:00:00Z") for item in fleet.services)
    same = replace(fleet, services=services[::-1], servers=fleet.servers[::-1], taken_at="2026-11-22T03:00:00Z")
    assert make_plan(same, options).hash == first
    assert make_plan(same, replace(options, now="2026-11-22T03:00:00Z")).hash == first
    others = [
        replace(fleet, servers=fleet.servers[1:]),
        replace(fleet, allocations=fleet.allocations[1:]),
        replace(fleet, services=(replace(fleet.services[0], status="disabled"), *fleet.services[1:])),
        replace(fleet, traits={"rp-new": ("CUSTOM_X",)}),
    ]
    hashes = {first, *(make_plan(other, options).hash for other in others), make_plan(fleet, PlanOptions()).hash}
    assert len(hashes) == 2 + len(others)


def test_more_empty_hosts_are_counted() -> None:
    cloud = Cloud().host("new", vcpus=1).hosts("cmp1", "cmp2").fill("cmp1", 8).fill("cmp2", 5, 3)
    plan = cloud.plan(done=["new"])
    assert [(item["what"], item["how_many"]) for item in plan["relaxations"]] == [("empty_hosts", 1), ("park", 3)]
    assert {item["host"] for item in plan["blocked"]} == {"cmp1", "cmp2"}
    assert all(item["server"].startswith("id-") and item["remedy"] for item in plan["blocked"])


def test_servers_of_a_whole_wave_are_packed_together() -> None:
    cloud = Cloud().host("x", vcpus=6).host("y", vcpus=5).hosts("cmp1", "cmp2").fill("cmp1", 2, 2).fill("cmp2", 4, 3)
    assert waves(cloud.plan(done=["x", "y"], canary=0)) == [["cmp1", "cmp2"]]


def test_as_few_servers_as_possible_move_twice() -> None:
    cloud = Cloud().host("new", vcpus=2).hosts("cmp1", "cmp2").fill("cmp1", 2, 1, 1).fill("cmp2", 2, 1, 1)
    cloud.hosts(*(f"elsewhere{number}" for number in range(9)), zone="az2")  # too many hosts to try everything
    assert cloud.plan(done=["new"])["extra_moves"] == 1


def test_a_small_fleet_is_searched_when_every_order_fails() -> None:
    cloud = Cloud().host("x", vcpus=4).host("y", vcpus=5).host("cmp1", vcpus=3).host("cmp2", vcpus=10)
    cloud.fill("cmp1", 2).fill("cmp2", 4, 3, 3)
    plan = cloud.plan(done=["x", "y"])
    assert (plan["feasible"], plan["extra_moves"]) == (True, 0)
    assert ways(plan)["cmp1-vm1"] == "y"
    assert not problems(cloud, done=["x", "y"])


@pytest.mark.parametrize(
    ("servers", "traits", "most"),
    [
        ({"old": [1] * 8}, ["CUSTOM_FAST"], 12),
        ({"old": [1] * 7, "older": [1] * 7}, ["CUSTOM_FAST"], 12),
        ({"old": [9, 1]}, [], 8),
    ],
    ids=["a trait", "a trait on two hosts", "a large server"],
)
def test_rare_room_is_for_those_who_need_it(servers: dict[str, list[int]], traits: list[str], most: int) -> None:
    cloud = Cloud().hosts("new", *servers, vcpus=12, traits=traits)
    for name, sizes in servers.items():
        cloud.fill(name, *sizes, specs={f"trait:{name}": "required" for name in traits})
    for number in range(9):  # every order of hosts begins with these
        cloud.host(f"cmp{number}", vcpus=12, units={"max_unit": most}).fill(f"cmp{number}", 5)
    plan = cloud.plan(done=["new"])
    assert (plan["feasible"], plan["extra_moves"]) == (True, 0)
    assert not problems(cloud, done=["new"])
