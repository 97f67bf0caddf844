# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checker of plans: a right plan passes, and every way to break it is named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.stackroll.nova.tests.bench.planning.builder import Builder
from ansible_collections.stackroll.nova.tests.bench.planning.checker import check
from ansible_collections.stackroll.nova.tests.bench.planning.estate import Estate
from ansible_collections.stackroll.nova.tests.bench.planning.fleets import MOMENT, constrained_cloud, draining
from ansible_collections.stackroll.nova.tests.bench.planning.hardware import host_kind
from ansible_collections.stackroll.nova.tests.bench.planning.roll import Roll
from ansible_collections.stackroll.nova.tests.bench.planning.small_fleets import BOX, sized
from ansible_collections.stackroll.nova.tests.bench.planning.witness import Witness
from ansible_collections.stackroll.nova.tests.unit.bench.plans_by_hand import (
    OPTIONS,
    Plan,
    cloud,
    move,
    plan,
    plan_of_moves,
    right_plan,
    wave,
)

# Room for one server of 3 GiB and not for two.
SMALL_BOX = host_kind("small box", 64, 9, 1000)
# The seed of a cloud where at the start nobody has room.
WITHOUT_ROOM = 15
# A plan and its options are broken in place.
Break = Callable[[Plan, dict[str, Any]], Any]


def kinds(broken: Plan, options: dict[str, Any] | None = None) -> set[str]:
    return {item.kind for item in check(broken, cloud(), OPTIONS if options is None else options)}


def merged(broken: Plan) -> None:
    """Both hosts in one wave."""
    first, second = broken["waves"]
    broken["waves"] = [{**first, "hosts": ["a", "b"], "moves": [*first["moves"], *second["moves"]]}]
    broken["hosts"][1]["wave"] = 1


def to(number: int, host: str) -> Break:
    """Send a server somewhere else."""

    def change(broken: Plan, _options: dict[str, Any]) -> None:
        for item in (item for one in broken["waves"] for item in one["moves"] if item["name"] == f"s{number}"):
            item["to"] = host

    return change


def setting(path: str, value: Any) -> Break:
    """Write a value deep in the plan."""

    def change(broken: Any, _options: dict[str, Any]) -> None:
        *way, last = [int(word) if word.isdigit() else word for word in path.split(".")]
        for word in way:
            broken = broken[word]
        broken[last] = value

    return change


def asked(**more: Any) -> Break:
    """Ask for something else."""
    return lambda _plan, options: options.update(more)


def second_move(broken: Plan, _options: dict[str, Any]) -> None:
    broken["waves"][1]["moves"].append(move(2, "c", "a", how="cold"))


def third_wave(broken: Plan, _options: dict[str, Any]) -> None:
    broken["waves"].append(wave(3, ["a"]))


def test_the_right_plan_is_right() -> None:
    assert check(right_plan(), cloud(), OPTIONS) == []


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("form", setting("schema", "something else")),
        ("form", setting("hash", "")),
        ("form", setting("waves.0.number", 7)),
        ("form", setting("hosts.0.wave", 2)),
        ("form", setting("waves.0.moves.0.why", "")),
        ("form", lambda broken, _options: broken["waves"].append(wave(3, []))),
        ("canary", lambda broken, _options: merged(broken)),
        ("limit", lambda broken, _options: merged(broken)),
        ("disturbed", lambda broken, _options: merged(broken)),
        ("host", lambda broken, _options: broken["waves"].pop()),
        ("host", third_wave),
        ("host", lambda broken, _options: broken["waves"].append(wave(3, ["far"]))),
        ("mode", setting("hosts.0.mode", "in_place")),
        ("window", asked(finish_by="2026-11-22T12:09:59Z")),
        ("window", asked(not_before="2026-11-22T12:01:00Z", finish_by="2026-11-22T12:10:59Z")),
        ("server", setting("waves.0.moves.0.server", "nobody")),
        ("source", setting("waves.0.moves.0.from", "b")),
        ("source", second_move),
        ("source", asked(modes={"a": "in_place"})),
        ("again", second_move),
        ("how", setting("waves.0.moves.1.how", "live")),
        ("how", setting("waves.0.moves.0.how", "cold")),
        ("destination", to(1, "nowhere")),
        ("destination", to(1, "a")),
        ("destination", to(1, "off")),
        ("due to drain", to(2, "b")),
        ("unfit", to(1, "far")),
        ("room", to(5, "c")),
        ("apart", to(4, "c")),
        ("group", to(3, "c")),
        ("left behind", lambda broken, _options: broken["waves"][1]["moves"].pop()),
        ("sums", setting("totals.moves", 4)),
        ("sums", setting("totals.hosts", 1)),
        ("sums", setting("totals.waves", 3)),
        ("sums", setting("totals.parked", 1)),
        ("sums", setting("extra_moves", 1)),
        ("sums", setting("bounds.moves", 6)),
        ("sums", setting("bounds.waves", 3)),
        ("sums", setting("waves.0.estimate.least", 400.0)),
    ],
)
def test_whatever_is_broken_is_named(kind: str, change: Break) -> None:
    broken, options = right_plan(), dict(OPTIONS)
    change(broken, options)
    assert kind in kinds(broken, options)


def test_only_what_is_broken_is_named() -> None:
    for kind, change in (
        ("how", setting("waves.0.moves.1.how", "live")),
        ("apart", to(4, "c")),
        ("unfit", to(1, "far")),
    ):
        broken = right_plan()
        change(broken, {})
        assert kinds(broken) == {kind}


def test_room_that_a_host_of_the_wave_frees_is_no_room() -> None:
    broken = right_plan()
    broken["waves"][1]["moves"].append(move(1, "c", "b"))
    assert {"destination", "source", "again"} <= kinds(broken)


def test_time_that_is_just_enough_is_enough() -> None:
    assert kinds(right_plan(), {**OPTIONS, "finish_by": "2026-11-22T12:10:00Z"}) == set()


def test_without_time_hosts_may_be_left_out_with_a_reason() -> None:
    late = {**OPTIONS, "finish_by": "2026-11-22T12:05:00Z"}
    short = plan(right_plan()["waves"][:1], {"a": "drain"})
    assert kinds(short, late) == {"host"}
    short["hosts"].append({"name": "b", "mode": "drain", "wave": None, "reason": "no time is left"})
    short["bounds"] = {"moves": 5, "waves": 2}  # of all that is asked for
    assert kinds(short, late) == set()
    assert kinds(short) == {"host"}


def test_infeasible_needs_a_reason() -> None:
    refused = {**right_plan(), "feasible": False}
    assert kinds(refused) == {"form"}
    assert kinds({**refused, "blocked": [{"server": None}]}) == set()


def test_percentages_are_rounded_down_but_one_host_always_may() -> None:
    broken = right_plan()
    merged(broken)
    assert "limit" in kinds(broken, {**OPTIONS, "max_unavailable": "39%"})  # of five hosts
    assert "limit" not in kinds(broken, {**OPTIONS, "max_unavailable": "40%"})
    assert "limit" not in kinds(right_plan(), {**OPTIONS, "max_unavailable": "1%"})


def test_limits_of_zones_and_aggregates() -> None:
    broken = right_plan()
    merged(broken)
    free = {**OPTIONS, "max_unavailable": 5, "canary": 0}
    assert kinds(broken, free).isdisjoint({"limit", "canary"})
    assert "limit" in kinds(broken, {**free, "max_unavailable_per_zone": 1})
    assert "limit" in kinds(broken, {**free, "max_unavailable_per_aggregate": 1})


def test_zones_one_after_the_other() -> None:
    builder = Builder()
    for name, zone in (("a", "zone1"), ("b", "zone2"), ("c", "zone1")):
        builder.add_host(BOX, zone, name=name)
    fleet, modes = builder.build(), dict.fromkeys("abc", "drain")
    options = draining(one_zone_at_a_time=True, max_unavailable=3, canary=0)

    def found(*batches: str) -> set[str]:
        waves = [wave(number, list(hosts)) for number, hosts in enumerate(batches, 1)]
        return {item.kind for item in check(plan(waves, modes), fleet, options)}

    assert found("a", "c", "b") == found("b", "ac") == set()
    assert found("a", "b", "c") == found("ab", "c") == {"zone order"}


def test_without_any_room_the_first_may_go_to_a_host_that_is_due() -> None:
    builder = Builder()
    a, b = (builder.add_host(BOX, name=name) for name in "ab")
    builder.add_server(a, sized(1))
    builder.add_server(b, sized(1))
    fleet, modes = builder.build(), dict.fromkeys("ab", "drain")
    first = wave(1, ["a"], move(1, "a", "b", why="no spare room yet"))
    waves = [first, wave(2, ["b"], move(1, "b", "a"), move(2, "b", "a"))]
    options = draining(max_unavailable=1)
    assert check(plan(waves, modes), fleet, options) == []
    first["moves"][0]["why"] = "there is room"
    assert {item.kind for item in check(plan(waves, modes), fleet, options)} == {"due to drain", "again"}


def test_a_host_that_could_have_had_the_server_for_good_is_no_lack_of_room() -> None:
    broken = right_plan()
    broken["waves"][0]["moves"][1].update(to="b", why="no spare room yet")
    assert "due to drain" in kinds(broken)


def parking() -> tuple[Plan, Any, dict[str, Any]]:
    """One host whose servers are parked: one runs, one is stopped already."""
    builder = Builder()
    host = builder.add_host(BOX, name="a")
    builder.add_server(host, sized(1))
    builder.add_server(host, sized(1), "stopped")
    parked = [{"server": builder.servers[0].id, "name": "s1", "host": "a", "how": "suspend"}]
    return plan([wave(1, ["a"], parked=parked)], {"a": "park"}), builder.build(), draining(mode="park")


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("left behind", lambda parked: parked.clear()),
        ("parked", lambda parked: parked.append(dict(parked[0]))),
        ("parked", lambda parked: parked[0].update(how="shout")),
        ("parked", lambda parked: parked[0].update(host="b")),
        ("parked", lambda parked: parked[0].update(server="nobody")),
    ],
)
def test_parked_servers(kind: str, change: Callable[[list[Plan]], Any]) -> None:
    right, fleet, options = parking()
    assert check(right, fleet, options) == []
    change(right["waves"][0]["parked"])
    assert kind in {item.kind for item in check(right, fleet, options)}


def test_servers_that_may_stay_do_not_have_to_leave() -> None:
    short = right_plan()
    del short["waves"][0]["moves"][1]
    short["totals"]["moves"] = 4
    short["bounds"]["moves"] = 4
    assert "left behind" in kinds(short)
    # Then it keeps its 2 GiB there, so that those of the other host do not fit any more.
    assert kinds(short, {**OPTIONS, "may_stay": ["stopped"]}) == {"room"}
    short["waves"][1]["moves"] = []
    assert kinds(short, {**OPTIONS, "may_stay": ["stopped", "active"]}) == {"sums"}


@pytest.mark.parametrize("seed", [seed for seed in range(1, 41) if seed != WITHOUT_ROOM])
def test_what_the_witness_finds_is_a_right_plan_and_each_of_its_moves_is_needed(seed: int) -> None:
    case = constrained_cloud(seed)
    assert case.options["now"] == MOMENT
    roll = Roll.of(Estate(case.fleet, case.options.get("keep_zones", True)), case.options)
    moves = Witness(roll).search()
    assert moves is not None
    assert check(plan_of_moves(roll, moves), case.fleet, case.options) == []
    for missing in (0, len(moves) // 2, len(moves) - 1):
        short = plan_of_moves(roll, [*moves[:missing], *moves[missing + 1 :]])
        assert "left behind" in {item.kind for item in check(short, case.fleet, case.options)}
