# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Generated fleets: the same for a seed everywhere, in order at the start, and with all that plans are judged on."""

from __future__ import annotations

import hashlib
import json

import pytest

from ansible_collections.stackroll.nova.tests.bench.planning.dice import Dice
from ansible_collections.stackroll.nova.tests.bench.planning.estate import Estate
from ansible_collections.stackroll.nova.tests.bench.planning.fleets import (
    Case,
    constrained_cloud,
    equal_hosts,
    large_cloud,
    mixed_hosts,
)
from ansible_collections.stackroll.nova.tests.bench.planning.hardware import PLAIN
from ansible_collections.stackroll.nova.tests.bench.planning.roll import Roll
from ansible_collections.stackroll.nova.tests.bench.planning.small_fleets import (
    BLOCKERS,
    feasible_fleets,
    infeasible_fleets,
)

CASES = {
    "constrained": lambda: constrained_cloud(7),
    "large": lambda: large_cloud(7, 100, 2000),
    "mixed": lambda: mixed_hosts(7, 50, 800),
    "equal": lambda: equal_hosts(5, 20, 1, 2),
}


def digest(case: Case) -> str:
    """All that the seed decides; not the form of the records, which may get new fields."""
    fleet = case.fleet
    facts = [
        [[item.host, item.zone, item.status] for item in fleet.services],
        [[item.name, item.host, item.flavor.name, item.vm_state, item.project_id] for item in fleet.servers],
        [[item.policy, item.members] for item in fleet.server_groups],
        [[item.name, item.hosts] for item in fleet.aggregates],
        case.options,
    ]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("constrained", "4d270d08d6d5c905"),
        ("large", "5c6b5a923fa5a9ae"),
        ("mixed", "e399166f4de5ac9c"),
        ("equal", "6234b36ad76a87fd"),
    ],
)
def test_a_seed_makes_the_same_fleet_in_every_version_of_python(name: str, expected: str) -> None:
    assert digest(CASES[name]()) == expected


def test_another_seed_makes_another_fleet() -> None:
    assert digest(constrained_cloud(8)) != digest(constrained_cloud(7))


@pytest.mark.parametrize("case", [*(constrained_cloud(seed) for seed in range(1, 31)), large_cloud(1, 200, 4000)])
def test_the_start_is_in_order(case: Case) -> None:
    estate = Estate(case.fleet)
    for host, site in estate.sites.items():
        for name, offer in site.offers.items():
            assert estate.used[host][name] <= offer.capacity
    for server, host in estate.places.items():
        assert not estate.sites[host].objection(estate.demands[server])
    grouped = [key for group in case.fleet.server_groups for key in group.members]
    assert len(grouped) == len(set(grouped))
    for group in case.fleet.server_groups:
        hosts = {estate.places[key] for key in group.members}
        assert len(hosts) == (len(group.members) if "anti" in group.policy else 1)
    assert set(Roll.of(estate, case.options).hosts) <= set(estate.sites)


def test_among_the_random_clouds_is_everything_that_forbids_something() -> None:
    cases = [constrained_cloud(seed) for seed in range(1, 61)]
    policies = {group.policy for case in cases for group in case.fleet.server_groups}
    assert policies == {"anti-affinity", "soft-affinity", "soft-anti-affinity"}
    flavors = {server.flavor.name for case in cases for server in case.fleet.servers}
    assert {"dedicated", "ssd", "gpu", "licensed", "memory"} <= flavors
    assert {server.vm_state for case in cases for server in case.fleet.servers} == {
        "active",
        "stopped",
        "paused",
        "error",
    }
    assert {service.status for case in cases for service in case.fleet.services} == {"enabled", "disabled"}
    assert {len({service.zone for service in case.fleet.services}) for case in cases} == {1, 2, 3}
    assert any("filter_tenant_id" in item.metadata for case in cases for item in case.fleet.aggregates)
    for option in ("done", "hosts", "modes", "may_stay", "one_zone_at_a_time", "max_unavailable_per_zone"):
        assert any(option in case.options for case in cases), option
    assert any(not Roll.of(Estate(case.fleet), case.options).havens for case in cases)


def test_large_clouds_have_exactly_so_many_and_share_what_is_equal() -> None:
    fleet = large_cloud(3, 400, 8000).fleet
    assert (len(fleet.compute_services), len(fleet.servers), len(fleet.allocations)) == (400, 8000, 8000)
    assert len({id(server.flavor) for server in fleet.servers}) == len(PLAIN.flavors)
    assert len({id(item.resources) for item in fleet.allocations}) == len(PLAIN.flavors)
    used = {name: sum(amounts[name] for amounts in Estate(fleet).used.values()) for name in ("MEMORY_MB",)}
    capacity = sum(site.offers["MEMORY_MB"].capacity for site in Estate(fleet).sites.values())
    assert 0.75 < used["MEMORY_MB"] / capacity < 0.85
    empty = [host for host, servers in Estate(fleet).by_host().items() if not servers]
    assert len(empty) == 8


def test_small_fleets_come_with_their_answers() -> None:
    feasible = list(feasible_fleets(20))
    assert sorted(case.verdict.answer for case in feasible) == ["once"] * 18 + ["twice"] * 2
    infeasible = list(infeasible_fleets(len(BLOCKERS)))
    assert [case.blocker for case in infeasible] == list(BLOCKERS)
    assert {case.verdict.answer for case in infeasible} == {"never"}
    assert all(case.culprits or case.words for case in infeasible)


def test_dice() -> None:
    dice = Dice(1)
    assert {dice.below(3) for _draw in range(100)} == {0, 1, 2}
    assert all(2 <= dice.between(2, 5) < 5 for _draw in range(100))
    cards = list(range(50))
    dice.shuffle(cards)
    assert cards != sorted(cards) == list(range(50))
    assert len(set(dice.sample(cards, 10))) == 10
    assert sum(dice.chance(0.25) for _draw in range(4000)) == pytest.approx(1000, rel=0.1)
