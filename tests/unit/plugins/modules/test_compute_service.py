# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""compute_service: claims, foreign hosts, read-back, check mode."""

from __future__ import annotations

import pytest

from ansible_collections.stackroll.nova.plugins.modules import compute_service
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_openstack import FakeOpenStack, uuid_of
from ansible_collections.stackroll.nova.tests.unit.plugins.modules.conftest import RunModule

MINE = "stackroll:7f3a:cmp1"


def disable(run_module: RunModule, *hosts: str, **more: object) -> dict:
    return run_module(compute_service, hosts=list(hosts), state="disabled", run_id="7f3a", **more)


def enable(run_module: RunModule, *hosts: str, **more: object) -> dict:
    return run_module(compute_service, hosts=list(hosts), state="enabled", run_id="7f3a", **more)


def test_disables_with_a_claim_and_reads_back(run_module: RunModule, openstack: FakeOpenStack) -> None:
    result = disable(run_module, "cmp1", "cmp2", reason="upgrade", diff=True)
    assert result["changed"]
    first = result["hosts"][0]
    assert (first["host"], first["status"], first["trait"], first["result"]) == (
        "cmp1",
        "disabled",
        "present",
        "disabled",
    )
    assert first["claim"] == MINE
    assert openstack.service("cmp1")["disabled_reason"] == f"{MINE} upgrade"
    assert result["api"] == {"requests": 7, "writes": 2}
    assert result["diff"]["before"]["cmp2"] == {"status": "enabled", "disabled_reason": None}
    assert result["diff"]["after"]["cmp2"]["disabled_reason"] == "stackroll:7f3a:cmp2 upgrade"


def test_the_second_time_writes_nothing(run_module: RunModule, openstack: FakeOpenStack) -> None:
    disable(run_module, "cmp1")
    again = disable(run_module, "cmp1")
    assert (again["changed"], again["api"]["writes"]) == (False, 0)
    assert again["hosts"][0]["result"] == "unchanged"
    assert enable(run_module, "cmp1")["hosts"][0]["result"] == "enabled"
    assert enable(run_module, "cmp1")["hosts"][0]["result"] == "unchanged"
    assert openstack.service("cmp1")["disabled_reason"] is None


def test_adopts_the_claim_of_an_earlier_run(run_module: RunModule, openstack: FakeOpenStack) -> None:
    openstack.service("cmp1").update(status="disabled", disabled_reason="stackroll:0001:cmp1")
    openstack.traits[uuid_of("cmp1")] = ["COMPUTE_STATUS_DISABLED"]
    result = disable(run_module, "cmp1")
    assert (result["changed"], result["hosts"][0]["claim"]) == (False, "stackroll:0001:cmp1")
    assert enable(run_module, "cmp1")["changed"]


@pytest.mark.parametrize(
    "reason", [None, "", "broken fan", "stackroll:7f3a:cmp2", "other:7f3a:cmp1", "stackroll::cmp1", "stackroll:7f3a"]
)
@pytest.mark.parametrize("wish", [disable, enable])
def test_what_somebody_else_disabled_stays(
    run_module: RunModule, openstack: FakeOpenStack, reason: str | None, wish: RunModule
) -> None:
    openstack.service("cmp1").update(status="disabled", disabled_reason=reason)
    result = wish(run_module, "cmp1")
    assert (result["changed"], result["foreign"], result["hosts"][0]["result"]) == (False, ["cmp1"], "foreign")
    assert openstack.writes() == []
    assert openstack.service("cmp1")["disabled_reason"] == reason


@pytest.mark.parametrize("wish", [disable, enable])
def test_check_mode_says_what_would_happen(run_module: RunModule, openstack: FakeOpenStack, wish: RunModule) -> None:
    if wish is enable:
        openstack.service("cmp1").update(status="disabled", disabled_reason=MINE)
    result = wish(run_module, "cmp1", check=True)
    assert result["changed"]
    assert result["hosts"][0]["status"] == ("disabled" if wish is disable else "enabled")
    assert result["api"]["writes"] == 0


def test_a_trait_that_does_not_follow_is_a_failure(
    run_module: RunModule, openstack: FakeOpenStack, no_sleep: list[float]
) -> None:
    openstack.trait_follows = False
    result = disable(run_module, "cmp1", timeout=5)
    assert result["msg"].startswith(
        "The resource provider of cmp1 does not have the trait COMPUTE_STATUS_DISABLED after 5 s"
    )
    assert (result["changed"], result["hosts"][0]["trait"]) == (True, "absent")
    assert sum(no_sleep) >= 5


def test_the_trait_of_a_dead_service_is_pending(run_module: RunModule, openstack: FakeOpenStack) -> None:
    openstack.service("cmp1")["state"] = "down"
    result = disable(run_module, "cmp1")
    assert (result["changed"], result["hosts"][0]["trait"]) == (True, "pending")


def test_waits_for_the_first_heartbeat_before_it_enables(
    run_module: RunModule, openstack: FakeOpenStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    disable(run_module, "cmp1")
    openstack.service("cmp1")["state"] = "down"
    monkeypatch.setattr("time.sleep", lambda _seconds: openstack.service("cmp1").update(state="up"))
    result = enable(run_module, "cmp1")
    assert (result["hosts"][0]["status"], result["hosts"][0]["trait"]) == ("enabled", "absent")
    assert openstack.traits[uuid_of("cmp1")] == []


def test_a_dead_service_is_enabled_all_the_same(
    run_module: RunModule, openstack: FakeOpenStack, no_sleep: list[float]
) -> None:
    disable(run_module, "cmp1")
    openstack.service("cmp1")["state"] = "down"
    result = enable(run_module, "cmp1", timeout=5)
    assert (result["hosts"][0]["status"], result["hosts"][0]["trait"]) == ("enabled", "pending")
    assert sum(no_sleep) == 5


def test_a_refused_write_is_told_with_its_error(run_module: RunModule, openstack: FakeOpenStack) -> None:
    openstack.broken[f"/os-services/{uuid_of('service cmp1')}"] = 500
    result = disable(run_module, "cmp1", "cmp2")
    assert "Not disabled: cmp1 (PUT /os-services/" in result["msg"]
    assert "answered 500: it is broken (request req-1)" in result["msg"]
    assert [item["status"] for item in result["hosts"]] == ["enabled", "disabled"]


def test_a_write_that_failed_on_the_way_back_still_counts(run_module: RunModule, openstack: FakeOpenStack) -> None:
    path = f"/os-services/{uuid_of('service cmp1')}"

    def lose_the_answer(method: str, asked: str) -> None:
        if (method, asked) == ("PUT", path):
            openstack._put_service(uuid_of("service cmp1"), {"status": "disabled", "disabled_reason": MINE})
            openstack.broken[path] = 504

    openstack.before_request = lose_the_answer
    assert disable(run_module, "cmp1")["hosts"][0]["status"] == "disabled"


@pytest.mark.parametrize(
    ("hosts", "run_id", "sentence"),
    [
        (["cmp1", "nope"], "7f3a", "No nova-compute service has the host name nope. Nova knows cmp1, cmp2."),
        (["cmp1", "cmp2", "cmp1"], "7f3a", "Named more than once: cmp1."),
        (["cmp1"], "7:3", "'7:3' cannot be a run_id."),
        (["cmp1", "silent"], "7f3a", "The cell of silent does not answer."),
    ],
)
def test_bad_input_is_refused_before_the_first_write(
    run_module: RunModule, openstack: FakeOpenStack, hosts: list[str], run_id: str, sentence: str
) -> None:
    openstack.services.append({"binary": "nova-compute", "host": "silent", "status": "UNKNOWN"})
    if "nope" in hosts:
        openstack.services.pop()
    result = run_module(compute_service, hosts=hosts, state="disabled", run_id=run_id)
    assert result["failed"]
    assert result["msg"].startswith(sentence)
    assert openstack.writes() == []


def test_a_node_of_another_name_is_found(run_module: RunModule, openstack: FakeOpenStack) -> None:
    openstack.add_host("far")
    openstack.providers[-1]["name"] = "node-of-far"
    openstack.hypervisors = [{"id": "1", "hypervisor_hostname": "node-of-far", "service": {"host": "far"}}]
    assert disable(run_module, "far")["hosts"][0]["trait"] == "present"


def test_forces_a_dead_host_down_with_one_request(run_module: RunModule, openstack: FakeOpenStack) -> None:
    result = disable(run_module, "cmp1", forced_down=True, diff=True)
    assert (result["changed"], result["api"]["writes"]) == (True, 1)
    assert (result["hosts"][0]["forced_down"], result["hosts"][0]["trait"]) == (True, "pending")
    assert result["diff"]["before"]["cmp1"]["forced_down"] is False
    assert openstack.service("cmp1")["forced_down"] is True
    assert openstack.service("cmp2")["forced_down"] is False
    again = disable(run_module, "cmp1", forced_down=True)
    assert (again["changed"], again["api"]["writes"]) == (False, 0)


def test_the_flag_alone_is_changed_and_only_when_asked_for(run_module: RunModule, openstack: FakeOpenStack) -> None:
    disable(run_module, "cmp1", forced_down=True)
    openstack.traits[uuid_of("cmp1")] = ["COMPUTE_STATUS_DISABLED"]
    assert disable(run_module, "cmp1")["changed"] is False
    assert openstack.service("cmp1")["forced_down"] is True
    result = disable(run_module, "cmp1", forced_down=False)
    assert (result["changed"], result["hosts"][0]["result"]) == (True, "unchanged")
    assert (openstack.service("cmp1")["forced_down"], openstack.service("cmp1")["disabled_reason"]) == (False, MINE)


def test_the_flag_in_check_mode(run_module: RunModule, openstack: FakeOpenStack) -> None:
    result = disable(run_module, "cmp1", forced_down=True, check=True)
    assert (result["changed"], result["hosts"][0]["forced_down"]) == (True, True)
    assert (result["api"]["writes"], openstack.service("cmp1")["forced_down"]) == (0, False)


def test_the_flag_of_a_foreign_host_stays(run_module: RunModule, openstack: FakeOpenStack) -> None:
    openstack.service("cmp1").update(status="disabled", disabled_reason="disk smells")
    result = disable(run_module, "cmp1", forced_down=True)
    assert (result["changed"], result["foreign"], openstack.service("cmp1")["forced_down"]) == (False, ["cmp1"], False)


def test_a_flag_that_does_not_change_is_a_failure(run_module: RunModule, openstack: FakeOpenStack) -> None:
    openstack.service("cmp1").update(status="disabled", disabled_reason=MINE, forced_down=True, state="down")
    openstack.broken[f"/os-services/{uuid_of('service cmp1')}"] = 409
    result = disable(run_module, "cmp1", forced_down=False)
    assert result["failed"]
    assert "forced_down is not false: cmp1" in result["msg"]
