# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The drain engine against a simulated Nova: every state, every trouble, and what is told of it."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.api.nova import unfinished_migrations_of
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput, StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.order import Order
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.slots import Limits
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.task import Drain
from ansible_collections.stackroll.nova.plugins.module_utils.planning.policy import Policy, Rule
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_nova import (
    THEM,
    US,
    FakeNova,
    Host,
    SimulatedClock,
    uuid_of,
)
from ansible_collections.stackroll.nova.tests.unit.plugins.module_utils.moves.drain.drains import (
    drain,
    names,
    pace,
    restore,
)

HOSTS = ("cmp1", "cmp2", "cmp3", "cmp4")
STATES = (
    "active",
    "paused",
    "suspended",
    "stopped",
    "error",
    "rescued",
    "shelved",
    "soft-delete",
    "building",
)


@pytest.fixture
def nova() -> FakeNova:
    """Two hosts to be drained, two to receive."""
    return FakeNova(*HOSTS, drained=("cmp1", "cmp2"))


def test_moves_what_can_move_and_proves_it(nova: FakeNova) -> None:
    for number in range(3):
        nova.add(f"live-{number}", "cmp1")
    nova.add("off", "cmp1", "stopped")
    nova.add("paused", "cmp2", "paused")
    result = drain(nova, "cmp1", "cmp2")
    assert result["msg"] == ""
    assert names(result, "moved") == ["live-0", "live-1", "live-2", "off", "paused"]
    assert [host["empty"] for host in result["hosts"]] == [True, True]
    assert {name: state[1] for name, state in nova.snapshot().items()} == {
        "live-0": "active",
        "live-1": "active",
        "live-2": "active",
        "off": "stopped",
        "paused": "paused",
    }
    assert set(nova.moves_of.values()) == {1}
    assert all(len(state[4]) == 1 and state[4][0] == state[0] for state in nova.snapshot().values())


def test_sees_a_server_in_every_state_and_does_as_its_verdict_says(nova: FakeNova) -> None:
    for host in ("cmp1", "cmp2"):
        for state in STATES:
            nova.add(f"{state}-{host}", host, state)
        nova.resize(f"resized-{host}", host, "cmp3")
    before = nova.snapshot()
    result = drain(nova, "cmp1", "cmp2", pace=pace(busy=20))
    assert len(result["verdicts"]) == 20
    assert names(result, "moved") == sorted(
        f"{state}-{host}" for state in ("active", "paused", "stopped") for host in ("cmp1", "cmp2")
    )
    told = [
        item for key in ("moved", "remaining", "failed_servers", "skipped_servers", "parked") for item in result[key]
    ]
    assert sorted(item["name"] for item in told) == sorted(before)
    reasons = {item["name"]: item["reason"] for item in result["remaining"] + result["failed_servers"]}
    assert reasons["error-cmp1"].startswith("it is in ERROR: mend or delete it")
    assert reasons["building-cmp1"] == "it is still busy (building) after 30 s"
    assert reasons["resized-cmp1"].startswith("its resize waits for a decision")
    assert {name: state[1:4] for name, state in nova.snapshot().items()} == {
        name: state[1:4] for name, state in before.items()
    }
    assert "cmp1 is not empty: " in result["msg"]
    assert "cmp2 is not empty: " in result["msg"]


def test_a_server_that_may_stay_is_no_failure(nova: FakeNova) -> None:
    for state in ("error", "suspended", "shelved"):
        nova.add(state, "cmp1", state)
    result = drain(nova, "cmp1", policy=Policy(may_stay=frozenset(("error", "suspended", "shelved"))))
    assert result["msg"] == ""
    assert (result["hosts"][0]["empty"], result["hosts"][0]["agreed"]) == (False, True)
    assert names(result, "skipped_servers") == ["error", "shelved", "suspended"]
    assert nova.writes() == []


def test_a_shelved_server_is_offloaded_when_allowed(nova: FakeNova) -> None:
    server = nova.add("shelved", "cmp1", "shelved")
    result = drain(nova, "cmp1", policy=Policy(offload=True))
    assert (result["msg"], names(result, "moved"), nova.host_of(server)) == ("", ["shelved"], None)


def test_a_rolled_back_migration_is_a_failure_however_fine_the_server_looks(nova: FakeNova) -> None:
    nova.trouble["cmp1"] = Host(live=2, rolls_back=True)
    nova.add("db", "cmp1")
    result = drain(nova, "cmp1")
    assert names(result, "failed_servers") == ["db"]
    assert [item["outcome"] for item in result["rolled_back"]] == ["rolled back", "rolled back"]
    assert "db (its live migration ended as failed" in result["msg"]
    assert nova.snapshot()["db"][:3] == ("cmp1", "active", 1)


def test_a_rolled_back_migration_is_retried_elsewhere_and_told(nova: FakeNova) -> None:
    nova.trouble["cmp3"] = Host(rolls_back=True)
    server = nova.add("db", "cmp1")
    result = drain(nova, "cmp1", destinations={server: "cmp3"})
    assert (result["msg"], nova.host_of(server)) == ("", "cmp4")
    assert [(item["name"], item["destination"]) for item in result["rolled_back"]] == [("db", "cmp3")]
    assert result["moved"][0]["attempts"][0]["outcome"] == "rolled back"


def test_when_live_fails_cold_follows_if_allowed(nova: FakeNova) -> None:
    nova.trouble["cmp1"] = Host(rolls_back=True)
    server = nova.add("db", "cmp1")
    result = drain(nova, "cmp1", policy=Policy(allow_cold=True), pace=pace(retries=0))
    assert (result["msg"], result["moved"][0]["step"]) == ("", "cold")
    assert nova.get(server)["OS-EXT-STS:vm_state"] == "active"


def test_the_never_ending_one_ends_at_its_bound(nova: FakeNova) -> None:
    nova.trouble["cmp1"] = Host(never_ends=True)
    nova.add("db", "cmp1")
    nova.add("other", "cmp2")
    result = drain(nova, "cmp1", "cmp2")
    assert names(result, "moved") == ["other"]
    assert result["rolled_back"][0]["outcome"] == "timed out"
    attempt = result["failed_servers"][0]["attempts"]
    assert len(attempt) == 1  # what never ends is not tried again
    assert 30 < result["failed_servers"][0]["seconds"] <= 40


def test_one_that_does_not_even_obey_an_abort_is_given_up(nova: FakeNova) -> None:
    nova.trouble["cmp1"] = Host(never_ends=True, ignores_abort=True)
    nova.add("db", "cmp1")
    result = drain(nova, "cmp1")
    assert 30 < result["failed_servers"][0]["seconds"] <= 40
    assert "after it was aborted" in result["failed_servers"][0]["reason"]
    assert len(result["hosts"][0]["evidence"]["migrations"]) == 1


def test_force_complete_pauses_the_guest_instead(nova: FakeNova) -> None:
    nova.trouble["cmp1"] = Host(never_ends=True)
    server = nova.add("db", "cmp1")
    result = drain(nova, "cmp1", pace=pace(on_timeout="force_complete"))
    assert result["msg"] == ""
    assert nova.host_of(server) in ("cmp3", "cmp4")


def test_larger_servers_get_more_time(nova: FakeNova) -> None:
    nova.trouble["cmp1"] = Host(live=40)
    nova.add("small", "cmp1", flavor={"ram": 1024, "disk": 0, "swap": 0, "ephemeral": 0})
    nova.add("large", "cmp1", flavor={"ram": 16 * 1024, "disk": 0, "swap": 0, "ephemeral": 0})
    result = drain(nova, "cmp1", pace=pace(per_gib=1, retries=0))
    assert (names(result, "moved"), names(result, "failed_servers")) == (["large"], ["small"])


def test_waiting_in_novas_queue_does_not_count(nova: FakeNova) -> None:
    nova.nova_limit = 1
    nova.trouble["cmp1"] = Host(live=25)
    for number in range(4):
        nova.add(f"db-{number}", "cmp1")
    result = drain(nova, "cmp1", pace=pace(limits=Limits(per_source=4)))
    assert (result["msg"], len(result["moved"])) == ("", 4)
    assert nova.now < 4 * 25 + 5  # Nova's queue was never empty


def test_cold_that_fails_at_its_finish_leaves_an_error_and_is_told(nova: FakeNova) -> None:
    nova.trouble["cmp1"] = Host(cold_fails_at_finish=True)
    nova.add("off", "cmp1", "stopped")
    result = drain(nova, "cmp1")
    assert "1 server left the hosts but not as they should: off (it is in ERROR on cmp3" in result["msg"]
    assert result["hosts"][0]["empty"]


def test_parks_what_cannot_leave_and_restores_it_from_the_record(nova: FakeNova) -> None:
    nova.trouble["cmp1"] = Host(rolls_back=True)
    nova.add("db", "cmp1")
    nova.add("theirs", "cmp1", "suspended")
    before = nova.snapshot()
    result = drain(nova, "cmp1", policy=Policy(park=("suspend",)), pace=pace(retries=0))
    assert (result["msg"], names(result, "parked"), names(result, "skipped_servers")) == ("", ["db"], ["theirs"])
    assert nova.snapshot()["db"][1] == "suspended"
    records = [_record(item) for item in result["parked"]]
    assert names(restore(nova, "cmp1", parked=records), "restored") == ["db"]
    assert nova.snapshot() == before
    assert restore(nova, "cmp1", parked=records)["changed"] is False


def _record(item: dict[str, Any]) -> Any:
    from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.parked import ParkedServer

    return ParkedServer.from_dict(item)


def test_without_the_record_the_instance_actions_tell(nova: FakeNova) -> None:
    nova.add("db", "cmp1")
    stopped_before = nova.add("stopped-before", "cmp1")
    nova._note_action(nova.get(stopped_before), "stop", US)
    nova._change(nova.get(stopped_before), "stopped")
    by_owner = nova.add("stopped-by-owner", "cmp1")
    nova.pass_time(100)
    since = nova.stamp()
    nova.by_owner(by_owner, "os-stop")
    policy = Policy(park=("stop",), rules=(Rule(steps=("stop",), server="db"), Rule(steps=("stay",))))
    drain(nova, "cmp1", policy=policy, parked_since=since)
    assert nova.snapshot()["db"][1] == "stopped"
    assert restore(nova, "cmp1")["restored"] == []
    assert names(restore(nova, "cmp1", parked_since=since), "restored") == ["db"]
    assert [nova.snapshot()[name][1] for name in ("db", "stopped-before", "stopped-by-owner")] == [
        "active",
        "stopped",
        "stopped",
    ]


def test_what_its_owner_has_done_since_is_left_alone(nova: FakeNova) -> None:
    server = nova.add("db", "cmp1")
    policy = Policy(park=("stop",), rules=(Rule(steps=("stop",)),))
    records = [_record(item) for item in drain(nova, "cmp1", policy=policy)["parked"]]
    nova.by_owner(server, "os-start")
    nova.by_owner(server, "os-stop")
    result = restore(nova, "cmp1", parked=records)
    assert (names(result, "restored"), names(result, "skipped_servers")) == ([], ["db"])
    assert nova.snapshot()["db"][1] == "stopped"


def test_a_killed_parking_is_not_taken_for_a_stopped_server(nova: FakeNova) -> None:
    server = nova.add("db", "cmp1")
    policy = Policy(park=("stop",), rules=(Rule(steps=("stop",), server=server),))
    nova._act(nova.get(server), "os-stop", None)
    nova.settle()
    result = drain(nova, "cmp1", policy=policy, parked_since="2026-11-22T02:00:00Z")
    assert (names(result, "parked"), result["changed"]) == (["db"], False)
    assert result["parked"][0]["vm_state"] == "active"


@pytest.mark.parametrize(("wish", "end"), [("confirm", "cmp3"), ("revert", "cmp4")])
def test_a_resize_is_decided_by_option(nova: FakeNova, wish: str, end: str) -> None:
    """From cmp1 to cmp3: confirmed it is gone from cmp1, reverted it comes back and has to move."""
    nova.capacity["cmp3"] = 0
    server = nova.resize("resized", "cmp1", "cmp3")
    result = drain(nova, "cmp1", policy=Policy(verify_resize=wish))
    assert (result["msg"], nova.host_of(server), result["hosts"][0]["empty"]) == ("", end, True)


def test_a_resized_server_on_the_host_is_confirmed_and_then_moved(nova: FakeNova) -> None:
    server = nova.resize("resized", "cmp3", "cmp1")
    result = drain(nova, "cmp1", policy=Policy(verify_resize="confirm"))
    assert (result["msg"], names(result, "moved")) == ("", ["resized"])
    assert nova.host_of(server) in ("cmp3", "cmp4")


def test_only_our_own_cold_migration_is_confirmed_without_being_asked(nova: FakeNova) -> None:
    nova.resize("ours", "cmp1", "cmp3", kind="migration", user=US)
    nova.resize("their-resize", "cmp1", "cmp3", kind="resize", user=US)
    nova.resize("theirs", "cmp1", "cmp3", kind="migration", user=THEM)
    result = drain(nova, "cmp1")
    assert (names(result, "moved"), names(result, "remaining")) == (["ours"], ["their-resize", "theirs"])
    assert nova.snapshot()["their-resize"][1] == "resized"


def test_a_locked_server_moves_and_it_is_said(nova: FakeNova) -> None:
    nova.add("db", "cmp1", locked=True)
    result = drain(nova, "cmp1")
    assert (result["msg"], names(result, "moved")) == ("", ["db"])
    assert "locked" in result["verdicts"][0]["reason"]


def test_a_deleted_server_is_gone_and_no_failure(nova: FakeNova) -> None:
    server = nova.add("db", "cmp1", task=None)
    nova.get(server)["OS-EXT-STS:task_state"] = "deleting"
    nova._in(5, lambda: nova.forget_server(server))
    result = drain(nova, "cmp1")
    assert (result["msg"], names(result, "skipped_servers"), nova.writes()) == ("", ["db"], [])


def test_a_busy_server_is_waited_for(nova: FakeNova) -> None:
    server = nova.add("db", "cmp1")
    nova.get(server)["OS-EXT-STS:task_state"] = "rebooting"
    nova._in(5, lambda: nova._change(nova.get(server)))
    assert names(drain(nova, "cmp1"), "moved") == ["db"]


def test_a_server_that_turns_up_late_is_moved_too(nova: FakeNova) -> None:
    nova.add("db", "cmp1")
    nova._in(3, lambda: nova.add("late", "cmp1"))
    nova._in(10.6, lambda: nova.add("later", "cmp1"))
    result = drain(nova, "cmp1")
    assert (result["msg"], set(names(result, "moved")) >= {"db", "late"}) == ("", True)


def test_late_allocations_are_waited_for_and_stuck_ones_told(nova: FakeNova) -> None:
    nova.allocation_lag = 6
    nova.add("db", "cmp1")
    assert drain(nova, "cmp1")["msg"] == ""
    nova.allocation_lag = 1000
    nova.add("stuck", "cmp2")
    result = drain(nova, "cmp2")
    assert "stuck (it has moved to cmp3, but it still holds an allocation on cmp2)" in result["msg"].replace(
        "cmp4", "cmp3"
    )
    assert names(result, "failed_servers") == ["stuck"]


def test_a_leftover_allocation_means_not_empty(nova: FakeNova) -> None:
    nova.allocate(uuid_of("ghost"), "cmp1", {"VCPU": 1})
    result = drain(nova, "cmp1")
    assert result["msg"].startswith(f"cmp1 is not empty: 1 allocation ({uuid_of('ghost')}).")


def test_the_total_time_is_bounded_and_the_rest_listed(nova: FakeNova) -> None:
    for number in range(10):
        nova.add(f"db-{number}", "cmp1")
    result = drain(nova, "cmp1", pace=pace(limits=Limits(per_source=1), timeout=12))
    assert (len(result["moved"]), len(result["remaining"])) == (3, 7)
    assert {item["reason"] for item in result["remaining"]} == {"it was not begun before the time was up"}


def test_a_short_outage_of_the_api_is_survived_and_a_long_one_told(nova: FakeNova) -> None:
    nova.add("db", "cmp1")
    nova._in(2, lambda: nova.broken.update({"/os-migrations": 503}))
    nova._in(30, nova.broken.clear)
    assert names(drain(nova, "cmp1"), "moved") == ["db"]
    nova.add("other", "cmp2")
    nova._in(2, lambda: nova.broken.update({"/os-migrations": 503}))
    with pytest.raises(StackrollError, match="answered 503"):
        drain(nova, "cmp2")


def test_nothing_is_concluded_while_the_api_is_out_of_order(nova: FakeNova) -> None:
    nova.add("db", "cmp1")
    nova._in(0.1, lambda: nova.broken.update({"/servers/detail": 503}))
    nova._in(45, nova.broken.clear)
    result = drain(nova, "cmp1")
    assert (nova.moves_of, result["moved"][0]["attempts"], nova.write_count) == ({"db": 1}, [], 1)


def test_an_answer_that_got_lost_does_not_move_a_server_twice(nova: FakeNova) -> None:
    server = nova.add("db", "cmp1")
    path = f"/servers/{server}/action"

    def lose(method: str, asked: str) -> None:
        if (method, asked) == ("POST", path):
            nova.before_request = lambda *_request: None
            nova._live(nova.get(server), None)
            nova.broken[path] = 504

    nova.before_request = lose
    nova.trouble["cmp1"] = Host(live=3)
    nova._in(1, nova.broken.clear)
    result = drain(nova, "cmp1")
    assert (names(result, "moved"), nova.moves_of) == (["db"], {"db": 1})
    assert result["moved"][0]["attempts"] == []


def test_every_turn_is_told(nova: FakeNova) -> None:
    for number in range(6):
        nova.add(f"db-{number}", "cmp1")
    work = Drain(nova.cloud(), Order(("cmp1",), pace=pace()), SimulatedClock(nova))
    work.open()
    told: list[int] = []
    work.run(lambda: told.append(work.news()["progress"][0]["moved"]))
    assert (told[0], told == sorted(told), len(set(told)) > 2) == (0, True, True)
    assert work.news()["progress"][0]["moved"] == len(work.finish()["moved"]) == 6


def test_what_is_parked_is_told_before_the_end(nova: FakeNova) -> None:
    nova.trouble["cmp1"] = Host(live=20)
    nova.add("pet", "cmp1", tags=["pet"])
    nova.add("slow", "cmp1")
    policy = Policy((Rule(steps=("stop",), tag="pet"),), park=("stop",))
    work = Drain(nova.cloud(), Order(("cmp1",), policy=policy, pace=pace()), SimulatedClock(nova))
    work.open()
    told: list[list[str]] = []
    work.run(lambda: told.append([item["name"] for item in work.news()["parked"]]))
    assert (told[0], told[-1]) == ([], ["pet"])


def test_requests_stay_within_the_bound(nova: FakeNova) -> None:
    """Per host: live + 2 cold + providers; beside that a constant for the wave and two for each look."""
    for host in ("cmp1", "cmp2"):
        for number in range(10):
            nova.add(f"live-{host}-{number}", host)
        for number in range(3):
            nova.add(f"off-{host}-{number}", host, "stopped")
    work = Drain(nova.cloud(), Order(("cmp1", "cmp2"), pace=pace()), SimulatedClock(nova))
    work.open()
    work.run()
    work.finish()
    writes = [call for call in nova.calls if call[0] != "GET"]
    assert len(writes) == 2 * (10 + 2 * 3)
    looks = sum("changes-since" in call[2] for call in nova.calls) - 1
    allocations = sum(call[1].endswith("/allocations") for call in nova.calls)
    others = len(nova.calls) - len(writes) - looks - allocations
    assert allocations == 4  # two sources, two destinations
    assert others <= 25
    assert work.cloud.counters()["writes"] == len(writes)
    assert not [
        call for call in nova.calls if call[0] == "GET" and call[1].startswith("/servers/") and "detail" not in call[1]
    ]


@pytest.mark.parametrize(("strict", "moved"), [(True, ["apart"]), (False, [])])
def test_a_member_of_a_strict_group_waits_for_what_the_scheduler_has_not_heard(
    nova: FakeNova, strict: bool, moved: list[str]
) -> None:
    """That another member has left the only host for it is told late; other servers have no such reason to wait."""
    server = nova.add("apart", "cmp1")
    other = nova.add("other", "cmp4")
    if strict:
        nova.groups.append({"id": "g", "name": "g", "policy": "anti-affinity", "members": [server, other]})
    nova.believed_taken = dict.fromkeys(("cmp2", "cmp3", "cmp4"), 200.0)
    result = drain(nova, "cmp1", destinations={server: "cmp3"})
    assert names(result, "moved") == moved
    assert [nova.host_of(server)] == (["cmp3"] if strict else ["cmp1"])
    assert (nova.now > 200) == strict
    assert nova.now < 240


def test_looks_are_rare_while_nova_has_work_queued(nova: FakeNova) -> None:
    """Half of what is queued is done between two looks, and the last ones are looked at in time."""
    nova.nova_limit = 1
    nova.trouble["cmp1"] = Host(live=20)
    for number in range(24):
        nova.add(f"db-{number}", "cmp1")
    result = drain(nova, "cmp1", pace=pace(base=120, limits=Limits(per_source=16)))
    assert (result["msg"], len(result["moved"])) == ("", 24)
    assert nova.now <= 24 * 20 + 5
    looks = [call for call in nova.calls if "changes-since" in call[2]]
    assert len(looks) <= 50


def test_a_move_that_never_ends_is_ended_in_time_behind_a_queue(nova: FakeNova) -> None:
    """When Nova has begun with it is known within half a pause, which is a quarter of the bound at most."""
    nova.nova_limit = 1
    nova.trouble["cmp1"] = Host(live=40)
    nova.trouble["cmp4"] = Host(never_ends=True)
    plan = {nova.add(f"db-{number:02}", "cmp1"): "cmp3" for number in range(16)}
    plan[nova.add("endless", "cmp1")] = "cmp4"
    result = drain(nova, "cmp1", destinations=plan, pace=pace(base=120, limits=Limits(per_source=17)))
    assert names(result, "failed_servers") == ["endless"]
    assert 120 - 15 <= nova.now - 16 * 40 <= 120 + 40


@pytest.mark.parametrize("page", [1000, 2])
def test_a_long_history_of_migrations_does_not_hide_one(nova: FakeNova, page: int) -> None:
    server = nova.add("incoming", "cmp3")
    for _number in range(3):
        nova._record(server, "live-migration", "cmp3", "cmp1")["status"] = "completed"
    last = nova._record(server, "live-migration", "cmp3", "cmp1")
    last["status"] = "running"
    nova.page_limit = page
    found = unfinished_migrations_of(nova.cloud(), ["cmp1", "cmp2"])
    assert [item["uuid"] for item in found] == [last["uuid"]]
    assert sum(call[2].get("host") is not None for call in nova.calls) == 2


@pytest.mark.parametrize(
    ("hosts", "destination", "sentence"),
    [
        (["cmp1", "nope"], None, "No nova-compute service has the host name nope."),
        (["cmp1", "cmp1"], None, "Named more than once: cmp1."),
        (["cmp1", "cmp3"], None, "cmp3 would get new servers while being drained."),
        (["cmp1", "cmp2"], "cmp2", "The destination cmp2 is to be drained itself."),
        (["cmp1"], "cmp2", "The destination cmp2 is disabled or down."),
        (["cmp1"], "nope", "No nova-compute service has the host name nope."),
        ([], None, "No hosts are named."),
    ],
)
def test_refused_before_the_first_write(
    nova: FakeNova, hosts: list[str], destination: str | None, sentence: str
) -> None:
    server = nova.add("db", "cmp1")
    with pytest.raises(InvalidInput) as refusal:
        drain(nova, *hosts, destinations={server: destination} if destination else {})
    assert str(refusal.value).startswith(sentence)
    assert nova.writes() == []


def test_no_capacity_at_all_is_refused(nova: FakeNova) -> None:
    nova.add("db", "cmp1")
    for host in ("cmp3", "cmp4"):
        nova.service(host)["state"] = "down"
    with pytest.raises(InvalidInput, match="No other compute host is enabled and up, so db cannot go anywhere"):
        drain(nova, "cmp1")
    assert names(drain(nova, "cmp1", policy=Policy(park=("stop",))), "parked") == ["db"]


def test_a_dead_host_is_refused_unless_nothing_is_to_be_done_there(nova: FakeNova) -> None:
    nova.service("cmp1")["state"] = "down"
    assert drain(nova, "cmp1")["hosts"][0]["empty"]
    nova.add("db", "cmp1")
    with pytest.raises(InvalidInput, match="nova-compute on cmp1 is down, so its servers cannot be moved"):
        drain(nova, "cmp1")
    assert nova.writes() == []


def test_a_migration_that_still_names_the_host_means_not_empty(nova: FakeNova) -> None:
    server = nova.add("incoming", "cmp3", **{"OS-EXT-STS:task_state": "migrating"})
    migration = nova._record(server, "live-migration", "cmp3", "cmp1")
    migration["status"] = "running"
    result = drain(nova, "cmp1", pace=pace(busy=10))
    assert result["hosts"] == [
        {
            "host": "cmp1",
            "empty": False,
            "agreed": False,
            "evidence": {"servers": [], "migrations": [migration["uuid"]], "allocations": []},
        }
    ]
    assert "cmp1 is not empty: incoming (it is still busy (migrating) after 30 s)" in result["msg"]


def test_a_silent_cell_is_refused(nova: FakeNova) -> None:
    nova.servers.append({"id": "silent", "status": "UNKNOWN"})
    with pytest.raises(StackrollError, match="The cell of the servers silent does not answer"):
        drain(nova, "cmp1")
