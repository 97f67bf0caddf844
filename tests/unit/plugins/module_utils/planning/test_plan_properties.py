# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every plan, whatever the fleet: replayed naively, and settled by trying everything."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

pytest.importorskip("hypothesis")

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.stackroll.nova.plugins.module_utils.planning.bounds import waves_of_equal_hosts
from ansible_collections.stackroll.nova.tests.unit.plugins.module_utils.planning.clouds import Cloud, Replay

SLOW = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
LIMITS = st.sampled_from([1, 2, 3, "25%", "50%", "100%"])


@st.composite
def clouds(draw: st.DrawFn, most_hosts: int = 6, most_servers: int = 5) -> tuple[Cloud, list[str]]:
    """Clouds of one or two zones with odd hosts and servers in groups, and the hosts that are done."""
    cloud = Cloud()
    number = draw(st.integers(2, most_hosts))
    names = [f"cmp{index}" for index in range(1, number + 1)]
    for name in names:
        cloud.host(
            name,
            vcpus=draw(st.sampled_from([4, 8, 8, 16])),
            zone=draw(st.sampled_from(["az1", "az1", "az2"])),
            status=draw(st.sampled_from(["enabled"] * 5 + ["disabled"])),
            traits=draw(st.sampled_from([(), (), ("CUSTOM_FAST",)])),
            units=draw(
                st.sampled_from([{}, {"max_unit": 4}, {"reserved": 1}, {"allocation_ratio": 1.5}, {"step_size": 2}])
            ),
        )
    done = [name for name in names if draw(st.integers(0, 3)) == 0]
    everyone: list[str] = []
    for name in names:
        room = int(cloud.inventories[f"rp-{name}"]["VCPU"]["total"])
        for index in range(draw(st.integers(0, most_servers))):
            size = draw(st.sampled_from([1, 1, 2, 4]))
            if size > room:
                break
            room -= size
            has_trait = bool(cloud.traits[f"rp-{name}"]) and draw(st.booleans())
            cloud.server(f"{name}-{index}", name, size, specs={"trait:CUSTOM_FAST": "required"} if has_trait else {})
            everyone.append(f"{name}-{index}")
    _draw_groups(draw, cloud, everyone)
    return cloud, done


def _draw_groups(draw: st.DrawFn, cloud: Cloud, everyone: list[str]) -> None:
    free = list(everyone)
    for number in range(draw(st.integers(0, 3))):
        policy = draw(st.sampled_from(["anti-affinity", "affinity"]))
        members: dict[str, str] = {}
        wanted = draw(st.lists(st.sampled_from(free), max_size=3, unique=True)) if free else []
        if policy == "affinity" and wanted:
            host = wanted[0].rpartition("-")[0]
            chosen = [name for name in free if name.rpartition("-")[0] == host][:2]
        else:
            for name in wanted:
                members.setdefault(name.rpartition("-")[0], name)
            chosen = list(members.values())
        free = [name for name in free if name not in chosen]
        cloud.group(f"g{number}", policy, *chosen)


@SLOW
@given(clouds(), LIMITS, st.sampled_from([None, 1, "50%"]), st.sampled_from([0, 1, 2]), st.booleans())
def test_no_plan_breaks_a_rule(
    drawn: tuple[Cloud, list[str]], limit: int | str, per_zone: int | str | None, canary: int, by_zone: bool
) -> None:
    cloud, done = drawn
    options: dict[str, Any] = {
        "done": done,
        "max_unavailable": limit,
        "max_unavailable_per_zone": per_zone,
        "canary": canary,
        "one_zone_at_a_time": by_zone,
    }
    plan = cloud.plan(**options)
    assert Replay(cloud.fleet(), {"mode": "drain", **options}, plan).problems() == []


@SLOW
@given(clouds(), st.lists(st.sampled_from(["in_place", "drain", "park"]), min_size=6, max_size=6))
def test_modes_mix(drawn: tuple[Cloud, list[str]], modes: list[str]) -> None:
    cloud, done = drawn
    by_host = {service.host: mode for service, mode in zip(cloud.services, modes)}
    plan = cloud.plan(done=done, modes=by_host)
    wrong = Replay(cloud.fleet(), {"max_unavailable": "100%"}, plan).problems()
    assert wrong == []


@SLOW
@given(clouds(), LIMITS)
def test_the_same_fleet_gives_the_same_plan_in_any_order(drawn: tuple[Cloud, list[str]], limit: int | str) -> None:
    cloud, done = drawn
    first = cloud.plan(done=done, max_unavailable=limit)
    for items in (cloud.services, cloud.servers, cloud.groups, cloud.allocations, cloud.providers):
        items.reverse()
    second = cloud.plan(done=done, max_unavailable=limit)
    assert second == first


def serial_plan_exists(cloud: Cloud, done: list[str], bootstrap: bool) -> bool:
    """Try every order of hosts and every choice of destinations, a host at a time, in the plainest way there is."""
    fleet = cloud.fleet()
    room = {
        name: int((vcpu["total"] - vcpu.get("reserved", 0)) * vcpu.get("allocation_ratio", 1.0))
        for name, vcpu in ((key[3:], value["VCPU"]) for key, value in cloud.inventories.items())
    }
    open_hosts = {item.host for item in fleet.services if item.status == "enabled"}
    groups = [set(group.members) for group in fleet.server_groups if group.policy == "anti-affinity"]
    tied = {one for group in fleet.server_groups if group.policy == "affinity" for one in group.members}
    zone = {item.host: item.zone for item in fleet.services}
    size = {server.id: server.flavor.vcpus for server in fleet.servers}
    fleet_servers = {server.id: server for server in fleet.servers}

    def allowed(server: str, there: str) -> bool:
        vcpu = cloud.inventories[f"rp-{there}"]["VCPU"]
        wanted = {key[6:] for key in fleet_servers[server].flavor.extra_specs}
        return (
            fleet_servers[server].zone == zone[there]
            and size[server] <= vcpu.get("max_unit", 99)
            and size[server] % vcpu.get("step_size", 1) == 0
            and wanted <= set(cloud.traits[f"rp-{there}"])
        )

    def fits(place: dict[str, str]) -> bool:
        used = dict.fromkeys(room, 0)
        memory = dict.fromkeys(room, 0)
        for server, host in place.items():
            used[host] += size[server]
            memory[host] += size[server] * 2
        apart = all(len({place[one] for one in group}) == len(group) for group in groups)
        return apart and all(
            used[host] <= room[host] and memory[host] <= cloud.inventories[f"rp-{host}"]["VCPU"]["total"] * 4
            for host in arriving
        )

    arriving: set[str] = set()

    def go(left: frozenset[str], place: dict[str, str]) -> bool:
        if not left:
            return True
        for host in sorted(left):
            leaving = sorted(server for server, where in place.items() if where == host)
            if tied.intersection(leaving):
                continue
            targets = [name for name in room if name != host and name in open_hosts and (bootstrap or name not in left)]
            choices = [[name for name in targets if allowed(server, name)] for server in leaving]
            for choice in product(*choices):
                after = {**place, **dict(zip(leaving, choice))}
                arriving.clear()
                arriving.update(choice)
                if fits(after) and go(left - {host}, after):
                    return True
        return False

    start = {server.id: str(server.host) for server in fleet.servers}
    return go(frozenset(room) - set(done), start)


@settings(parent=SLOW, max_examples=150)
@given(clouds(most_hosts=4, most_servers=3))
def test_feasible_means_that_there_is_a_way(drawn: tuple[Cloud, list[str]]) -> None:
    cloud, done = drawn
    plan = cloud.plan(done=done)
    upgraded_only = serial_plan_exists(cloud, done, bootstrap=False)
    assert plan["feasible"] == (upgraded_only or serial_plan_exists(cloud, done, bootstrap=True))
    if upgraded_only:
        assert plan["extra_moves"] == 0


@SLOW
@given(st.integers(2, 12), st.integers(1, 8), st.integers(8, 12), st.integers(1, 5), st.sampled_from([0, 1]))
def test_equal_hosts_take_as_many_waves_as_the_recurrence(
    hosts: int, used: int, size: int, most: int, canary: int
) -> None:
    cloud = Cloud().host("spare", vcpus=size)
    for number in range(1, hosts + 1):
        cloud.host(f"cmp{number}", vcpus=size).fill(f"cmp{number}", *[1] * used)
    plan = cloud.plan(done=["spare"], max_unavailable=most, canary=canary)
    expected = waves_of_equal_hosts(hosts, size, used, size, most=most, canary=canary)
    assert plan["totals"]["waves"] == plan["bounds"]["waves"] == expected
    assert plan["totals"]["moves"] == hosts * used
