# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bounds on moves and waves, beside the figures of a table worked out before."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackroll.nova.tests.bench.planning.bounds import (
    fluid_waves,
    least_moves,
    mixed_waves,
    share_of,
    waves_of_equal_hosts,
)
from ansible_collections.stackroll.nova.tests.bench.planning.builder import Builder
from ansible_collections.stackroll.nova.tests.bench.planning.estate import Estate
from ansible_collections.stackroll.nova.tests.bench.planning.fleets import SLOTS, draining, equal_hosts
from ansible_collections.stackroll.nova.tests.bench.planning.roll import Roll
from ansible_collections.stackroll.nova.tests.bench.planning.small_fleets import BOX, sized

# Hosts, tenths of load, spare hosts; waves by the formula, exact, and with at most 5 % of the hosts out at once.
TABLE = [
    (20, 7, 1, 6, 7, 19),
    (100, 7, 1, 10, 11, 23),
    (100, 8, 1, 14, 16, 25),
    (100, 8, 5, 8, 8, 19),
    (506, 8, 5, 14, 14, 24),
    (1000, 8, 10, 14, 14, 24),
    (1000, 9, 10, 23, 23, 28),
    (5000, 8, 50, 14, 14, 24),
]


@pytest.mark.parametrize("row", TABLE)
def test_the_table(row: tuple[int, int, int, int, int, int]) -> None:
    hosts, tenths, spare, fluid, exact, capped = row
    full = hosts - spare
    assert fluid_waves(full, spare, tenths / 10) == fluid
    assert waves_of_equal_hosts(full, tenths, spare * 10, 10, most=hosts) == exact
    assert waves_of_equal_hosts(full, tenths, spare * 10, 10, most=hosts // 20) == capped


def test_a_canary_and_empty_hosts_that_are_still_to_be_upgraded() -> None:
    # One spare host for ten slots; each of the others has five: 2, then 4 hosts.
    assert waves_of_equal_hosts(6, 5, 10, 10, most=6) == 2
    assert waves_of_equal_hosts(6, 5, 10, 10, most=6, canary=1) == 3  # 1, then 3, then 2
    assert waves_of_equal_hosts(6, 5, 0, 10, most=6, empty=1) == 3  # the empty one comes first
    assert waves_of_equal_hosts(0, 5, 0, 10, most=2, empty=5) == 3


def test_without_room_there_is_no_number_of_waves() -> None:
    with pytest.raises(ValueError, match="no host can be emptied"):
        waves_of_equal_hosts(2, 5, 4, 10, most=2)
    with pytest.raises(ValueError, match="no plan"):
        fluid_waves(2, 0, 0.5)


def test_shares_and_idle_hosts() -> None:
    assert [share_of(10, most) for most in (1, 3, 10, 99)] == [10, 4, 1, 1]
    assert fluid_waves(0, 1, 0.5) == 0
    assert fluid_waves(9, 1, 0.0) == 1


def test_mixed_waves_of_equal_hosts_are_the_formula() -> None:
    case = equal_hosts(99, 24, 1, 100)
    roll = Roll.of(Estate(case.fleet), case.options)
    assert mixed_waves(roll, 100) == fluid_waves(99, 1, 24 / SLOTS)
    assert mixed_waves(roll, 1) == 99


def moves(*hosts: tuple[str, int, bool], **options: Any) -> int:
    """The bound for hosts by zone, number of servers and whether they are enabled."""
    builder = Builder()
    for zone, servers, enabled in hosts:
        host = builder.add_host(BOX, zone, enabled)
        for _server in range(servers):
            builder.add_server(host, sized(1))
    return least_moves(Roll.of(Estate(builder.build()), draining(**options)))


def test_every_server_moves_once_or_those_of_one_host_twice() -> None:
    assert moves(("zone1", 3, True), ("zone1", 2, True), ("zone1", 0, True)) == 5
    assert moves(("zone1", 3, True), ("zone1", 2, True)) == 7
    assert moves(("zone1", 3, True), ("zone1", 2, True), done=["cmp0001"]) == 2
    assert moves(("zone1", 3, True), ("zone1", 2, True), ("zone1", 0, False)) == 7


def test_every_zone_needs_room_of_its_own() -> None:
    zones = [("zone1", 3, True), ("zone1", 2, True), ("zone2", 1, True), ("zone2", 4, True)]
    assert moves(*zones) == 10 + 2 + 1
    assert moves(*zones, ("zone2", 0, True)) == 10 + 2
