# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host gives to which server, by Placement's arithmetic and the scheduler's filters."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Allocation, Fleet, Provider
from ansible_collections.stackroll.nova.tests.bench.planning.builder import Builder
from ansible_collections.stackroll.nova.tests.bench.planning.estate import Demand, Estate, Offer, Site, give_back, take
from ansible_collections.stackroll.nova.tests.bench.planning.hardware import GIB, host_kind, offered
from ansible_collections.stackroll.nova.tests.bench.planning.small_fleets import BOX, sized

NONE: frozenset[str] = frozenset()
DEMAND = Demand((("VCPU", 4),), NONE, NONE, (), "zone1", "ours", "m1")
SITE = Site("cmp1", "zone1", True, {"VCPU": Offer(16, 2, 8, 2)}, frozenset({"AVX2"}), ({"ssd": "true"},))


def test_capacity_is_what_is_not_reserved_times_the_ratio_rounded_down() -> None:
    item = {"total": 11, "reserved": 2, "allocation_ratio": 1.5}
    assert Offer.of(item) == Offer(13, 1, 11, 1)


@pytest.mark.parametrize(("amount", "given"), [(1, False), (2, True), (3, False), (8, True), (10, False)])
def test_units(amount: int, given: bool) -> None:
    assert Offer(16, 2, 8, 2).gives(amount) is given


@pytest.mark.parametrize(
    ("words", "demand", "site"),
    [
        ("", DEMAND, SITE),
        ("", replace(DEMAND, zone=None), replace(SITE, zone="zone2")),
        ("zone", DEMAND, replace(SITE, zone="zone2")),
        ("", replace(DEMAND, required=frozenset({"AVX2"})), SITE),
        ("traits", replace(DEMAND, required=frozenset({"SSD"})), SITE),
        ("traits", replace(DEMAND, forbidden=frozenset({"AVX2"})), SITE),
        ("VCPU", replace(DEMAND, resources=(("VCPU", 10),)), SITE),
        ("PCPU", replace(DEMAND, resources=(("PCPU", 2),)), SITE),
        ("", replace(DEMAND, properties=(("ssd", "true"),)), SITE),
        ("ssd=false", replace(DEMAND, properties=(("ssd", "false"),)), SITE),
        ("", DEMAND, replace(SITE, aggregates=({"filter_tenant_id": "theirs, ours"},))),
        ("filter_tenant_id", DEMAND, replace(SITE, aggregates=({"filter_tenant_id": "theirs"},))),
        ("", DEMAND, replace(SITE, aggregates=({"instance_type": "m1"}, {}))),
        ("instance_type", DEMAND, replace(SITE, aggregates=({"instance_type": "m2"}, {}))),
    ],
)
def test_objections(words: str, demand: Demand, site: Site) -> None:
    objection = site.objection(demand)
    assert bool(objection) is bool(words)
    assert words in objection


def fleet() -> Fleet:
    builder = Builder()
    first = builder.add_host(BOX, name="a")
    builder.add_host(BOX, name="b")
    builder.add_host(BOX, name="off", enabled=False)
    builder.add_server(first, sized(3))
    return builder.build()


def test_what_is_in_use_is_what_is_held_by_whomever() -> None:
    one = fleet()
    stranger = Allocation("somebody", one.providers[1].uuid, {"MEMORY_MB": 6 * GIB})
    estate = Estate(replace(one, allocations=(*one.allocations, stranger)))
    server = one.servers[0].id
    assert estate.used["a"] == {"VCPU": 1, "MEMORY_MB": 3 * GIB, "DISK_GB": 1}
    assert estate.used["b"]["MEMORY_MB"] == 6 * GIB
    assert estate.lacking(estate.used, estate.demands[server], "b") == "MEMORY_MB"
    assert Estate(one).lacking(Estate(one).used, estate.demands[server], "b") == ""
    assert estate.legal(estate.demands[server]) == {"a", "b"}


def test_taking_and_giving_back() -> None:
    estate = Estate(fleet())
    used, demand = estate.copy_used(), next(iter(estate.demands.values()))
    take(used, demand, "b")
    assert used["b"] == used["a"]
    give_back(used, demand, "b")
    assert used == estate.used


def test_a_host_is_the_tree_below_its_root() -> None:
    one = fleet()
    root = one.providers[0]
    child = Provider("c0de0000-0000-4000-8000-00000000000c", "a_card", 1, root.uuid, root.uuid)
    nested = replace(
        one,
        providers=(*one.providers, child),
        inventories={**one.inventories, child.uuid: {"CUSTOM_CARD": offered(2)}},
        traits={**one.traits, child.uuid: ("CUSTOM_FAST",)},
        allocations=(*one.allocations, Allocation(one.servers[0].id, child.uuid, {"CUSTOM_CARD": 1})),
    )
    estate = Estate(nested)
    assert dict(estate.demands[one.servers[0].id].resources)["CUSTOM_CARD"] == 1
    assert {"CUSTOM_FAST", "COMPUTE_NODE"} <= estate.sites["a"].traits
    assert estate.legal(estate.demands[one.servers[0].id]) == {"a"}
    twice = {**nested.inventories, child.uuid: {"VCPU": offered(2)}}
    with pytest.raises(ValueError, match="a offers VCPU twice"):
        Estate(replace(nested, inventories=twice))


def test_servers_stay_in_their_zone_unless_told_otherwise() -> None:
    builder = Builder()
    builder.add_server(builder.add_host(host_kind("one", 8, 64, 100), name="a"), sized(1))
    builder.add_host(host_kind("one", 8, 64, 100), "zone2", name="b")
    for keep_zones, hosts in ((True, {"a"}), (False, {"a", "b"})):
        estate = Estate(builder.build(), keep_zones)
        assert {host for demand in estate.demands.values() for host in estate.legal(demand)} == hosts
