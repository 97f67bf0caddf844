# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The brute force, on fleets whose answer is plain to see, and beside the witness."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.model.server import Server
from ansible_collections.stackroll.nova.tests.bench.planning import brute_force
from ansible_collections.stackroll.nova.tests.bench.planning.bounds import least_moves
from ansible_collections.stackroll.nova.tests.bench.planning.brute_force import (
    NEVER,
    ONCE,
    TWICE,
    UNSETTLED,
    BruteForce,
    TooLarge,
    Verdict,
)
from ansible_collections.stackroll.nova.tests.bench.planning.builder import Builder
from ansible_collections.stackroll.nova.tests.bench.planning.estate import Estate
from ansible_collections.stackroll.nova.tests.bench.planning.fleets import draining
from ansible_collections.stackroll.nova.tests.bench.planning.hardware import GIB, HostKind, offered
from ansible_collections.stackroll.nova.tests.bench.planning.roll import Roll
from ansible_collections.stackroll.nova.tests.bench.planning.small_fleets import SmallCloud, sized
from ansible_collections.stackroll.nova.tests.bench.planning.witness import Witness


class Cloud:
    """Hosts by their GiB and the GiB of their servers: Cloud((8, 3, 2), (8,)) has two, the second of them empty."""

    def __init__(self, *hosts: tuple[int, ...]) -> None:
        self.builder = Builder()
        self.on: list[list[Server]] = []
        for gib, *servers in hosts:
            inventory = {"VCPU": offered(64), "MEMORY_MB": offered(gib * GIB), "DISK_GB": offered(100)}
            host = self.builder.add_host(HostKind("box", inventory))
            self.on.append([self.builder.add_server(host, sized(size)) for size in servers])

    def settle(self, **options: Any) -> Verdict:
        estate = Estate(self.builder.build())
        return BruteForce(Roll.of(estate, draining(**options))).settle()


@pytest.mark.parametrize(
    ("hosts", "verdict"),
    [
        (((8, 3, 2), (8, 4), (8,)), Verdict(ONCE, 3)),
        (((8, 3, 2), (8, 4, 4), (8,)), Verdict(ONCE, 4)),
        (((8, 3), (8, 4)), Verdict(TWICE, 3)),
        (((8, 2, 1), (8, 2), (8, 4)), Verdict(TWICE, 5)),
        (((8, 8), (8, 8)), Verdict(NEVER)),
        # Only two pieces of 4 fit on the large one, and the small one takes nobody from the middle one.
        (((8, 4, 4), (8, 4, 4), (4,)), Verdict(NEVER)),
        # The 2 of each host would have to go to the spare host first, and then away again.
        (((8, 4, 2), (8, 4, 2), (4,)), Verdict(UNSETTLED)),
        # Room enough in all, but not in one piece.
        (((8, 5), (8, 6), (8, 6), (4,)), Verdict(NEVER)),
    ],
)
def test_room(hosts: tuple[tuple[int, ...], ...], verdict: Verdict) -> None:
    assert Cloud(*hosts).settle() == verdict


def test_a_host_that_is_done_or_stays_as_it_is_is_a_place_to_go() -> None:
    cloud = Cloud((8, 3), (8, 4))
    assert cloud.settle(done=["cmp0002"]) == Verdict(ONCE, 1)
    assert cloud.settle(modes={"cmp0002": "in_place"}) == Verdict(ONCE, 1)
    assert cloud.settle(hosts=["cmp0001"]) == Verdict(ONCE, 1)


def test_strict_groups_need_a_host_more_than_members() -> None:
    for spare, verdict in ((0, Verdict(NEVER)), (1, Verdict(ONCE, 2))):
        cloud = Cloud((8, 1), (8, 1), *[(8,)] * spare)
        cloud.builder.add_group("anti-affinity", [servers[0] for servers in cloud.on[:2]])
        assert cloud.settle() == verdict


def test_two_members_on_one_host_cannot_leave_in_one_wave() -> None:
    cloud = Cloud((8, 1, 1), (8,), (8,))
    assert cloud.settle() == Verdict(ONCE, 2)
    cloud.builder.add_group("anti-affinity", cloud.on[0])
    assert cloud.settle() == Verdict(NEVER)


def test_affinity_groups_need_one_host_for_all() -> None:
    for policy, verdict in (("soft-affinity", ONCE), ("affinity", NEVER)):
        cloud = Cloud((8, 3, 3), (4,), (4,))
        cloud.builder.add_group(policy, cloud.on[0])
        assert cloud.settle().answer == verdict


def test_what_cannot_be_moved_blocks_its_host() -> None:
    cloud = Cloud((8, 1), (8,))
    cloud.builder.add_server(cloud.builder.hosts["cmp0001"], sized(1), "error")
    assert cloud.settle() == Verdict(NEVER)
    assert cloud.settle(may_stay=["error"]) == Verdict(ONCE, 1)


def test_devices_need_a_cold_migration() -> None:
    cloud = Cloud((8,), (8,))
    kind = sized(1, specs={"pci_passthrough:alias": "card:1"})
    cloud.builder.add_server(cloud.builder.hosts["cmp0001"], kind)
    assert cloud.settle() == Verdict(NEVER)
    assert cloud.settle(allow_cold=True) == Verdict(ONCE, 1)


def test_what_is_too_large_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brute_force, "MOST_STEPS", 3)
    with pytest.raises(TooLarge):
        Cloud((8, 3, 2), (8, 4, 4), (8,)).settle()


def test_the_witness_and_the_bound_never_contradict_the_brute_force() -> None:
    found = set()
    for seed in range(1, 201):
        cloud = SmallCloud(seed)
        cloud.fill()
        cloud.group()
        case = cloud.case("any")
        assert case is not None
        roll = Roll.of(Estate(case.fleet), case.options)
        exists = Witness(roll).search() is not None
        found.add((case.verdict.answer, exists))
        if case.verdict.answer in (ONCE, TWICE):
            assert least_moves(roll) <= case.verdict.moves
        if exists:
            assert case.verdict.answer == ONCE
    assert {(ONCE, True), (TWICE, False), (NEVER, False)} <= found
