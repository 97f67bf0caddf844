# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""allocation_audit: what makes it fail, the baseline, the second look."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.modules import allocation_audit, fleet_info
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_openstack import AMOUNTS, FakeOpenStack, uuid_of
from ansible_collections.stackroll.nova.tests.unit.plugins.modules.conftest import RunModule


@pytest.fixture
def cloud(openstack: FakeOpenStack) -> FakeOpenStack:
    """A cloud with servers in order."""
    openstack.add_server("a", "cmp1")
    openstack.add_server("b", "cmp2")
    return openstack


def snapshot(run_module: RunModule) -> dict[str, Any]:
    fleet: dict[str, Any] = run_module(fleet_info)["fleet"]
    return fleet


def test_all_is_well(run_module: RunModule, cloud: FakeOpenStack) -> None:
    before = snapshot(run_module)
    result = run_module(allocation_audit, baseline=before)
    accounting = result["accounting"]
    assert (accounting["consumers"], accounting["orphaned"], accounting["doubled"], accounting["missing"]) == (
        2,
        [],
        [],
        [],
    )
    assert (result["servers"]["total"], result["servers"]["unchanged"], result["servers"]["new"]) == (2, 2, 0)
    assert (result["changed"], result["looks"], result["api"]["writes"]) == (False, 1, 0)


def test_counts_the_moves_of_the_server_that_moved_most(run_module: RunModule, cloud: FakeOpenStack) -> None:
    before = {**snapshot(run_module), "taken_at": "2026-11-22T02:00:00.000000Z"}
    assert run_module(allocation_audit, baseline=before)["servers"]["moves_per_server_max"] == 0
    records = [
        ("a", "live-migration", "completed", "02:30:00"),
        ("a", "migration", "confirmed", "02:40:00"),
        ("a", "live-migration", "failed", "02:41:00"),
        ("a", "resize", "confirmed", "02:42:00"),
        ("a", "live-migration", "completed", "01:59:59"),
        ("b", "live-migration", "completed", "02:00:00"),
    ]
    for name, kind, status, moment in records:
        cloud.add_migration(name, kind, status, "cmp1", "cmp2", created_at=f"2026-11-22T{moment}.000000")
    assert run_module(allocation_audit, baseline=before)["servers"]["moves_per_server_max"] == 2


def test_fails_with_names_and_keeps_the_result(
    run_module: RunModule, cloud: FakeOpenStack, no_sleep: list[float]
) -> None:
    before = snapshot(run_module)
    cloud.servers.pop()
    cloud.servers[0]["OS-EXT-STS:vm_state"] = "error"
    result = run_module(allocation_audit, baseline=before, timeout=4, interval=2)
    assert result["failed"]
    assert "1 consumer orphaned" in result["msg"]
    assert f"1 server lost: b ({uuid_of('b')}): Nova has no record of it" in result["msg"]
    assert "1 server changed: a: vm_state active -> error" in result["msg"]
    assert result["servers"]["lost"][0]["host"] == "cmp2"
    assert (result["looks"], no_sleep) == (3, [2, 2])


def test_fail_on_nothing_only_reports(run_module: RunModule, cloud: FakeOpenStack, no_sleep: list[float]) -> None:
    cloud.allocate("stranger", "cmp1", AMOUNTS)
    result = run_module(allocation_audit, fail_on=[])
    assert result["accounting"]["orphaned"] == ["stranger"]
    assert result["accounting"]["details"][0]["allocations"] == [{"provider": "cmp1", "resources": AMOUNTS}]


def test_old_leaks_are_not_held_against_the_run(run_module: RunModule, cloud: FakeOpenStack) -> None:
    cloud.allocate("stranger", "cmp1", AMOUNTS)
    result = run_module(allocation_audit, baseline=snapshot(run_module))
    assert result["accounting"]["orphaned"] == []
    assert result["accounting"]["preexisting"]["orphaned"] == ["stranger"]


def test_a_passing_state_is_not_blamed(run_module: RunModule, cloud: FakeOpenStack, no_sleep: list[float]) -> None:
    cloud.allocate("passer-by", "cmp1", AMOUNTS)

    def leave(_method: str, path: str) -> None:
        if path == "/os-services" and no_sleep:
            cloud.allocations[uuid_of("cmp1")].pop("passer-by", None)

    cloud.before_request = leave
    result = run_module(allocation_audit)
    assert (result["looks"], result["accounting"]["orphaned"]) == (2, [])


def test_a_given_fleet_needs_no_request(run_module: RunModule, cloud: FakeOpenStack) -> None:
    fleet = snapshot(run_module)
    cloud.calls.clear()
    result = run_module(allocation_audit, fleet=fleet)
    assert result["accounting"]["consumers"] == 2
    assert (cloud.calls, "api" in result) == ([], False)


def test_two_snapshots_are_compared_without_a_request(run_module: RunModule, cloud: FakeOpenStack) -> None:
    cloud.allocate("old leak", "cmp1", AMOUNTS)
    before = snapshot(run_module)
    cloud.allocate("new leak", "cmp2", AMOUNTS)
    cloud.servers.pop()
    after = snapshot(run_module)
    cloud.calls.clear()
    result = run_module(allocation_audit, baseline=before, fleet=after, fail_on=[])
    assert result["accounting"]["orphaned"] == [uuid_of("b"), "new leak"]
    assert result["accounting"]["preexisting"]["orphaned"] == ["old leak"]
    lost = [(item["name"], item["reason"]) for item in result["servers"]["lost"]]
    assert lost == [("b", "no request was sent to find out whether it was deleted")]
    assert cloud.calls == []


def test_a_fleet_with_holes_is_not_judged(run_module: RunModule, cloud: FakeOpenStack) -> None:
    cloud.broken["/os-server-groups"] = 500
    result = run_module(allocation_audit)
    assert result["msg"].startswith(
        "The cloud cannot be judged because a part of it did not answer (server groups: GET"
    )
    assert result["unknown"][0]["what"] == "server groups"


@pytest.mark.parametrize(
    "junk", [{}, {"schema": "other/1"}, {"schema": "stackroll.nova/fleet/1", "servers": [{"id": "x"}]}]
)
def test_junk_is_refused_in_one_sentence(run_module: RunModule, cloud: FakeOpenStack, junk: dict[str, Any]) -> None:
    result = run_module(allocation_audit, baseline=junk)
    assert result["msg"].startswith("The option baseline cannot be used: ")


def test_a_host_that_one_side_does_not_know(run_module: RunModule, cloud: FakeOpenStack, no_sleep: list[float]) -> None:
    cloud.add_provider("gone", {"VCPU": {"total": 8}})
    cloud.hypervisors = [{"id": uuid_of(name), "hypervisor_hostname": name} for name in ("cmp1", "cmp2")]
    result = run_module(allocation_audit, timeout=4)
    assert result["msg"].startswith("1 host known to one side only (gone: this resource provider has no compute node).")
    assert (result["looks"], result["accounting"]["providers"][0]["uuid"]) == (3, uuid_of("gone"))
    before = snapshot(run_module)
    again = run_module(allocation_audit, baseline=before)
    assert (again["accounting"]["providers"], again["accounting"]["preexisting"]["providers"]) == (
        [],
        [uuid_of("gone")],
    )


def test_a_host_that_only_the_last_look_misses_is_not_blamed(
    run_module: RunModule, cloud: FakeOpenStack, no_sleep: list[float]
) -> None:
    cloud.allocate("stranger", "cmp1", AMOUNTS)
    cloud.hypervisors = [{"id": uuid_of(name), "hypervisor_hostname": name} for name in ("cmp1", "cmp2")]

    def appear(_method: str, path: str) -> None:
        if path == "/os-services" and len(no_sleep) == 2:
            cloud.add_provider("late", {"VCPU": {"total": 8}})

    cloud.before_request = appear
    result = run_module(allocation_audit, timeout=4, fail_on=[])
    assert (result["looks"], result["accounting"]["providers"]) == (3, [])


def test_a_host_that_has_just_begun_is_not_blamed(
    run_module: RunModule, cloud: FakeOpenStack, no_sleep: list[float]
) -> None:
    cloud.hypervisors = [{"id": uuid_of(name), "hypervisor_hostname": name} for name in ("cmp1", "cmp2", "new")]
    cloud.services.append({**cloud.services[0], "id": "new", "host": "new"})

    def begin(_method: str, path: str) -> None:
        if path == "/os-services" and len(no_sleep) == 1:
            cloud.add_provider("new", {"VCPU": {"total": 8}})

    cloud.before_request = begin
    assert run_module(allocation_audit)["accounting"]["providers"] == []


TAKEN_AT = "2026-11-22T02:00:00.500000Z"


@pytest.fixture
def before(run_module: RunModule, cloud: FakeOpenStack) -> dict[str, Any]:
    """The cloud with a third server that has no host, at a known time."""
    cloud.add_server("nowhere", None, status="ERROR", **{"OS-EXT-STS:vm_state": "error"})
    return {**snapshot(run_module), "taken_at": TAKEN_AT}


@pytest.mark.parametrize("moment", ["2026-11-22T02:00:00Z", "2026-11-22T05:00:00Z", "2026-11-22T01:55:01Z"])
def test_a_server_that_its_owner_deletes_is_not_lost(
    run_module: RunModule, cloud: FakeOpenStack, before: dict[str, Any], moment: str
) -> None:
    """Clocks differ, so that it may seem to be deleted before."""
    usual = run_module(allocation_audit, baseline=before)["api"]["requests"]
    uuid = cloud.delete_server("b", moment)
    cloud.add_server("built meanwhile", "cmp1")
    result = run_module(allocation_audit, baseline=before)
    servers = result["servers"]
    assert (servers["total"], servers["unchanged"], servers["deleted"], servers["new"]) == (3, 2, 1, 1)
    assert (servers["lost"], servers["changed"]) == ([], [])
    deletion = {"id": uuid, "name": "b", "project_id": "project", "deleted_at": moment}
    assert (servers["deletions"], result["looks"]) == ([deletion], 1)
    assert result["api"]["requests"] == usual + 1, "one request tells what was deleted"


def test_without_a_server_that_is_gone_nothing_is_asked(
    run_module: RunModule, cloud: FakeOpenStack, before: dict[str, Any]
) -> None:
    cloud.add_server("built meanwhile", "cmp1")
    cloud.calls.clear()
    run_module(allocation_audit, baseline=before)
    assert [path for _method, path, params in cloud.calls if "deleted" in params and "status" not in params] == []


def test_many_deleted_servers_take_one_series_of_pages(
    run_module: RunModule, cloud: FakeOpenStack, before: dict[str, Any]
) -> None:
    cloud.page_limit = 2
    for name in ("a", "b", "nowhere"):
        cloud.delete_server(name, "2026-11-22T03:00:00Z")
    servers = run_module(allocation_audit, baseline=before)["servers"]
    assert [item["name"] for item in servers["deletions"]] == ["a", "b", "nowhere"]
    assert not [path for _method, path, _params in cloud.calls if path.endswith("/os-instance-actions")]


def test_a_server_without_host_leaves_no_trace_but_its_hidden_record(
    run_module: RunModule, cloud: FakeOpenStack, before: dict[str, Any]
) -> None:
    """Nova touches neither the time of the record nor notes an action."""
    cloud.delete_server("nowhere", "2026-11-21T00:00:00Z", status="ERROR")
    servers = run_module(allocation_audit, baseline=before)["servers"]
    assert [(item["name"], item["deleted_at"]) for item in servers["deletions"]] == [("nowhere", None)]


def test_the_record_of_the_request_proves_it_as_well(
    run_module: RunModule, cloud: FakeOpenStack, before: dict[str, Any]
) -> None:
    cloud.delete_server("b", "2026-11-22T03:00:00Z")
    cloud.deleted.clear()
    servers = run_module(allocation_audit, baseline=before)["servers"]
    assert [(item["name"], item["deleted_at"]) for item in servers["deletions"]] == [("b", "2026-11-22T03:00:00Z")]


@pytest.mark.parametrize(
    ("actions", "reason"),
    [
        (None, "Nova has no record of it"),
        ([], "Nova has no request to delete it on record"),
        ([("delete", "2026-11-22T01:54:59")], "Nova has no request to delete it on record"),
        ([("stop", "2026-11-22T03:00:00")], "Nova has no request to delete it on record"),
    ],
)
def test_what_nobody_has_deleted_is_lost(
    run_module: RunModule,
    cloud: FakeOpenStack,
    before: dict[str, Any],
    actions: list[tuple[str, str]] | None,
    reason: str,
) -> None:
    uuid = cloud.delete_server("b", "2026-11-22T01:00:00Z")
    cloud.actions = {} if actions is None else {uuid: [{"action": name, "start_time": at} for name, at in actions]}
    result = run_module(allocation_audit, baseline=before, timeout=0)
    lost = {"id": uuid, "name": "b", "project_id": "project", "host": "cmp2", "status": "ACTIVE", "reason": reason}
    assert (result["servers"]["lost"], result["servers"]["deletions"]) == ([lost], [])
    assert result["msg"].startswith(f"1 server lost: b ({uuid}): {reason}.")


def test_a_server_that_can_be_restored_is_not_deleted(
    run_module: RunModule, cloud: FakeOpenStack, before: dict[str, Any]
) -> None:
    cloud.delete_server("b", "2026-11-22T03:00:00Z", status="SOFT_DELETED")
    result = run_module(allocation_audit, baseline=before, timeout=0)
    assert [item["name"] for item in result["servers"]["lost"]] == ["b"]


def test_a_server_that_is_not_listed_is_not_deleted(
    run_module: RunModule, cloud: FakeOpenStack, before: dict[str, Any]
) -> None:
    uuid = cloud.delete_server("nowhere", "2026-11-21T00:00:00Z", status="ERROR")
    cloud.unlisted = cloud.deleted
    result = run_module(allocation_audit, baseline=before, timeout=0)
    assert [item["reason"] for item in result["servers"]["lost"]] == ["Nova has it and does not list it"]
    assert uuid == result["servers"]["lost"][0]["id"]


def test_unknown_is_lost(run_module: RunModule, cloud: FakeOpenStack, before: dict[str, Any]) -> None:
    uuid = cloud.delete_server("b", "2026-11-22T03:00:00Z")
    cloud.deleted.clear()
    cloud.broken[f"/servers/{uuid}/os-instance-actions"] = 503
    result = run_module(allocation_audit, baseline=before, timeout=0)
    reason = result["servers"]["lost"][0]["reason"]
    assert reason.startswith("Nova cannot be asked whether it was deleted: GET")
    assert (result["failed"], result["servers"]["deletions"]) == (True, [])


def test_a_list_that_fails_is_asked_for_again(
    run_module: RunModule, cloud: FakeOpenStack, before: dict[str, Any], no_sleep: list[float]
) -> None:
    cloud.delete_server("b", "2026-11-22T03:00:00Z")

    def fail_once(_method: str, path: str) -> None:
        if "changes-since" in cloud.calls[-1][2] and not no_sleep:
            cloud.broken[path] = 503
        elif no_sleep:
            cloud.broken.clear()

    cloud.before_request = fail_once
    result = run_module(allocation_audit, baseline=before)
    assert (result["looks"], len(result["servers"]["deletions"])) == (2, 1)


def test_a_baseline_without_a_time_is_refused(run_module: RunModule, before: dict[str, Any]) -> None:
    result = run_module(allocation_audit, baseline={**before, "taken_at": "yesterday"})
    assert result["msg"].startswith("The option baseline cannot be used: it was taken at yesterday")
