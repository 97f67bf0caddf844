# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state machine of one server and the choice of slots, without any cloud."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.model.server import Flavor, Migration, Server
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain import move as at
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.engine import Engine
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.move import Attempt, Bounds, Command, Move, see
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.report import line, progress
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.slots import Choice, Limits, choose
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.state import advance, answered, start, try_next

BOUNDS = Bounds(base=60, per_gib=1)


def server(name: str = "db", **fields: Any) -> Server:
    values: dict[str, Any] = {
        "id": name,
        "name": name,
        "project_id": "project",
        "status": "ACTIVE",
        "vm_state": "active",
        "task_state": None,
        "power_state": "running",
        "host": "cmp1",
        "node": "cmp1",
        "zone": "az1",
        "locked": False,
        "image_id": None,
        "created": "2026-11-22T01:00:00Z",
        "flavor": Flavor("m1", 1, 1024, 10),
    }
    return Server(**{**values, **fields})


def record(number: int, status: str, dest: str = "cmp3", kind: str = "live-migration") -> Migration:
    return Migration(f"m{number}", "db", kind, status, "cmp1", dest, id=number)


def ready(name: str = "db", source: str = "cmp1", chain: tuple[str, ...] = ("live",), **fields: Any) -> Move:
    return Move(server(name, host=source, **fields), source, at.READY, chain, vm_state="active")


def begun(chain: tuple[str, ...] = ("live",)) -> Move:
    return start(ready(chain=chain), 100, None)[0]


def test_an_earlier_migration_is_not_taken_for_the_one_just_begun() -> None:
    first = see(begun(("live", "live")), server(), [record(1, "failed")])
    second, command = advance(first, 110, BOUNDS)
    assert (second.phase, second.chain, command) == (at.READY, ("live",), None)
    again = see(start(second, 111, None)[0], server(), [record(1, "failed")])
    assert (again.record, advance(again, 112, BOUNDS)[0].phase) == (None, at.MOVING)


@pytest.mark.parametrize(
    ("host", "task", "status", "phase"),
    [
        ("cmp3", None, "completed", at.ARRIVED),
        ("cmp3", "migrating", "completed", at.MOVING),
        ("cmp3", None, "running", at.MOVING),
        ("cmp1", None, "completed", at.MOVING),
        ("cmp1", None, "running", at.MOVING),
        ("cmp1", None, "failed", at.FAILED),
        ("cmp1", None, "cancelled", at.FAILED),
        ("cmp1", "migrating", "failed", at.MOVING),
        ("cmp3", None, "error", at.FAILED),
    ],
)
def test_host_record_and_task_must_agree(host: str, task: str | None, status: str, phase: str) -> None:
    seen = see(begun(), server(host=host, task_state=task), [record(1, status)])
    assert advance(seen, 110, BOUNDS)[0].phase == phase


@pytest.mark.parametrize("vm_state", ["active", "stopped"])
def test_after_a_cold_migration_the_server_runs_or_not_as_before(vm_state: str) -> None:
    move = replace(begun(("cold",)), vm_state=vm_state)
    finished = see(move, server(host="cmp3", vm_state="resized"), [record(1, "finished", kind="migration")])
    confirming, command = advance(finished, 110, BOUNDS)
    assert (confirming.phase, command) == (at.CONFIRMING, Command("confirm", "db"))
    other = {"active": "stopped", "stopped": "active"}[vm_state]
    wrong = see(confirming, server(host="cmp3", vm_state=other), [record(1, "confirmed", kind="migration")])
    powering, command = advance(wrong, 111, BOUNDS)
    assert command == Command({"active": "start", "stopped": "stop"}[vm_state], "db")
    right = see(powering, server(host="cmp3", vm_state=vm_state), [])
    assert advance(right, 112, BOUNDS)[0].phase == at.ARRIVED
    assert advance(powering, 200, BOUNDS)[0].phase == at.FAILED


def test_a_request_without_any_trace_is_a_failure() -> None:
    assert advance(begun(), 129, BOUNDS)[0].phase == at.MOVING
    late = advance(begun(("live", "cold")), 131, BOUNDS)[0]
    assert (late.phase, late.chain, late.attempts[0].outcome) == (at.READY, ("cold",), "no trace")


def test_a_refusal_goes_on_and_a_conflict_waits() -> None:
    move, command = start(ready(chain=("live", "stop")), 100, None)
    assert command is not None
    refused = answered(move, command, "refused", "no", 101)
    assert (refused.phase, refused.chain) == (at.READY, ("stop",))
    busy = answered(move, command, "conflict", "busy", 101)
    assert (busy.phase, busy.chain) == (at.READY, ("live", "stop"))
    assert choose([busy], Limits(), Choice(), 102) == []
    assert choose([busy], Limits(), Choice(), 106) == [(busy, None)]
    again = answered(start(busy, 132, None)[0], command, "conflict", "busy", 132)
    assert again.chain == ("stop",)


def test_what_has_failed_is_not_tried_again_when_the_server_is_judged_anew() -> None:
    tried = (Attempt("live", None, "rolled back", "because", 5.0),)
    again = Engine._keep_tried(replace(ready(chain=("live", "live", "cold")), attempts=tried))
    assert (again.phase, again.chain) == (at.READY, ("live", "cold"))
    nothing_left = Engine._keep_tried(replace(ready(chain=("live",)), attempts=tried))
    assert (nothing_left.phase, nothing_left.reason) == (at.FAILED, "because")


def test_a_deleted_server_has_left_but_what_is_over_stays_over() -> None:
    assert see(begun(), None, []).phase == at.LEFT
    assert see(replace(begun(), phase=at.MOVED), None, []).phase == at.MOVED


def test_the_source_with_least_under_way_and_its_largest_server_come_first() -> None:
    busy = replace(start(ready("a", "cmp1"), 0, None)[0])
    big = ready("c", "cmp1", flavor=Flavor("m9", 1, 9 * 1024, 0))
    moves = [busy, ready("b", "cmp1"), big, ready("d", "cmp2"), ready("e", "cmp2")]
    assert [move.id for move, _host in choose(moves, Limits(per_source=2, total=4), Choice(), 0)] == ["d", "c"]
    moves.append(replace(ready("f", "cmp2"), begun=0.0, ended=1.0, phase=at.MOVED))
    assert [move.id for move, _host in choose(moves, Limits(per_source=2, total=4), Choice(), 0)] == ["d", "c", "e"]


def test_half_of_what_may_be_under_way_goes_first() -> None:
    """Nova begins with these while it looks for places for the others."""
    moves = [ready(str(number)) for number in range(9)]
    first = [move.id for move, _host in choose(moves, Limits(per_source=5), Choice(), 0)]
    assert first == ["0", "1", "2"]
    under_way = [start(move, 0, None)[0] if move.id in first else move for move in moves]
    assert [move.id for move, _host in choose(under_way, Limits(per_source=5), Choice(), 2)] == ["3", "4"]


def test_planned_destinations_then_others_of_the_zone_then_the_scheduler() -> None:
    zones = {"cmp3": "az1", "cmp4": "az1", "cmp5": "az2"}
    choice = Choice({"db": "cmp3"}, zones)
    move = ready(chain=("live", "live", "live"))
    asked = []
    for number in range(3):
        destination = choice.of(move, {})
        asked.append(destination)
        failed = see(start(move, 0, destination)[0], server(), [record(number + 1, "failed", destination or "cmp3")])
        move = try_next(failed, 1, "rolled back", "because")
    assert asked == ["cmp3", "cmp4", None]


def test_a_full_destination_does_not_hold_up_the_others() -> None:
    choice = Choice({"a": "cmp3", "b": "cmp3", "c": "cmp4"})
    moves = [ready(name, source) for name, source in (("a", "cmp1"), ("b", "cmp2"), ("c", "cmp2"))]
    found = choose(moves, Limits(per_destination=1), choice, 0)
    assert [(move.id, host) for move, host in found] == [("a", "cmp3"), ("c", "cmp4")]


def test_members_of_a_strict_group_go_one_by_one() -> None:
    choice = Choice(groups={"a": "apart", "b": "apart"})
    moves = [ready(name, source) for name, source in (("a", "cmp1"), ("b", "cmp2"), ("c", "cmp3"))]
    begun = choose(moves, Limits(), choice, 0)
    assert [move.id for move, _host in begun] == ["a", "c"]
    under_way = start(moves[0], 0, None)[0]
    assert [move.id for move, _host in choose([under_way, *moves[1:]], Limits(), choice, 0)] == ["c"]
    there = replace(moves[0], phase=at.ARRIVED, begun=0.0, ended=10.0)
    assert [move.id for move, _host in choose([there, *moves[1:]], Limits(), choice, 14)] == ["c"]
    assert [move.id for move, _host in choose([there, *moves[1:]], Limits(), choice, 15)] == ["b", "c"]


def test_the_next_member_of_a_strict_group_is_sent_where_no_other_is() -> None:
    """Whatever the scheduler, which may not have heard of the move yet, would say."""
    zones = {"cmp3": "az1", "cmp4": "az1", "cmp5": "az1", "cmp6": "az2"}
    choice = Choice({}, zones, {"a": "apart", "b": "apart"}, {"apart": {"cmp4"}})
    arrived = see(start(ready("a"), 0, None)[0], server("a", host="cmp3"), [record(1, "completed")])
    there = replace(arrived, phase=at.MOVED, begun=0.0, ended=10.0)
    assert choose([ready("a"), ready("b", "cmp2")], Limits(), choice, 20)[0][1] is None, "the first goes anywhere"
    assert [host for _move, host in choose([there, ready("b", "cmp2")], Limits(), choice, 20)] == ["cmp5"]
    crowded = replace(choice, staying={"apart": {"cmp4", "cmp5"}})
    assert [host for _move, host in choose([there, ready("b", "cmp2")], Limits(), crowded, 20)] == ["cmp6"]


def test_the_line_of_a_host() -> None:
    done = [replace(ready(str(number)), phase=at.MOVED, begun=0.0, ended=60.0) for number in range(12)]
    left = [ready(f"left-{number}") for number in range(16)]
    rolled_back = try_next(see(begun(("live", "live")), server(), [record(1, "failed")]), 110, "rolled back", "x")
    retried = start(rolled_back, 111, "cmp4")[0]
    moving = start(ready("m"), 0, None)[0]
    parked = replace(ready("p"), phase=at.PARKED, begun=0.0)
    moves = [*done, *left, retried, moving, parked]
    state = progress(["cmp3"], [replace(move, source="cmp3") for move in moves], 130)[0]
    assert line(state) == (
        "[cmp3] 12/31 moved, 2 moving, 1 parked, 1 retried (db: rolled back on cmp3, now to cmp4), 0 failed, "
        "02:10 elapsed, about 03:00 left"
    )
    assert line({**state, "restored": 31, "done": 31, "retried": []}, restoring=True) == (
        "[cmp3] 31/31 restored, 2 under way, 1 parked, 0 failed, 02:10 elapsed"
    )
