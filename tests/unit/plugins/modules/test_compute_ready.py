# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""compute_ready: what it waits for, and how it ends."""

from __future__ import annotations

from datetime import datetime, timezone

from ansible_collections.stackroll.nova.plugins.modules import compute_ready
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_openstack import FakeOpenStack, uuid_of
from ansible_collections.stackroll.nova.tests.unit.plugins.modules.conftest import RunModule

BEAT = datetime(2026, 11, 22, 2, 0, 0, tzinfo=timezone.utc).timestamp()


def test_ready_hosts(run_module: RunModule, openstack: FakeOpenStack) -> None:
    result = run_module(compute_ready, hosts=[{"host": "cmp2", "restarted_at": BEAT - 3}, {"host": "cmp1"}])
    assert [item["host"] for item in result["hosts"]] == ["cmp2", "cmp1"]
    assert result["hosts"][0]["inventories"] == {"VCPU": 16, "MEMORY_MB": 4096, "DISK_GB": 100}
    assert result["hosts"][0]["provider_uuid"] == uuid_of("cmp2")
    assert (result["pending"], result["changed"]) == ([], False)
    assert result["api"] == {"requests": 4, "writes": 0}


def test_an_old_heartbeat_proves_nothing(
    run_module: RunModule, openstack: FakeOpenStack, no_sleep: list[float]
) -> None:
    result = run_module(compute_ready, hosts=[{"host": "cmp1", "restarted_at": BEAT}, {"host": "cmp2"}], timeout=4)
    assert result["msg"].startswith("Not ready after 4 s: cmp1 (waiting for a heartbeat after 2026-11-22T02:00:00")
    assert [item["host"] for item in result["pending"]] == ["cmp1"]
    assert [item["ready"] for item in result["hosts"]] == [False, True]
    assert no_sleep == [2, 2]


def test_waits_until_the_host_comes_back(
    run_module: RunModule, openstack: FakeOpenStack, no_sleep: list[float]
) -> None:
    openstack.service("cmp1")["state"] = "down"

    def recover(_method: str, path: str) -> None:
        if path == "/os-services" and len(no_sleep) == 3:
            openstack.service("cmp1")["state"] = "up"

    openstack.before_request = recover
    result = run_module(compute_ready, hosts=[{"host": "cmp1"}], interval=2)
    assert result["hosts"][0]["seconds"] == 6.0


def test_names_all_that_is_missing(run_module: RunModule, openstack: FakeOpenStack, no_sleep: list[float]) -> None:
    openstack.service("cmp1")["state"] = "down"
    openstack.inventories[uuid_of("cmp2")] = {"DISK_GB": {"total": 1}}
    openstack.services.append({**openstack.service("cmp2"), "host": "bare"})
    hosts = [{"host": "cmp1"}, {"host": "cmp2"}, {"host": "bare"}, {"host": "nope"}]
    result = run_module(compute_ready, hosts=hosts, timeout=0, require_traits=["OWNER_NOVA"])
    assert {item["host"]: item["waiting_for"] for item in result["pending"]} == {
        "cmp1": ["state up (it is down)"],
        "cmp2": ["inventory of VCPU or PCPU", "inventory of MEMORY_MB", "trait OWNER_NOVA"],
        "bare": ["its resource provider"],
        "nope": ["its nova-compute service record"],
    }
    assert no_sleep == []


def test_inventories_count_anywhere_in_the_tree(run_module: RunModule, openstack: FakeOpenStack) -> None:
    openstack.inventories[uuid_of("cmp1")] = {"MEMORY_MB": {"total": 1}}
    openstack.add_provider("cmp1_numa0", {"PCPU": {"total": 4}}, root="cmp1")
    openstack.add_provider("cmp1_numa1", {"PCPU": {"total": 4}}, root="cmp1")
    result = run_module(compute_ready, hosts=[{"host": "cmp1"}])
    assert result["hosts"][0]["inventories"] == {"MEMORY_MB": 1, "PCPU": 8}


def test_check_mode_looks_once_and_does_not_fail(
    run_module: RunModule, openstack: FakeOpenStack, no_sleep: list[float]
) -> None:
    openstack.service("cmp1")["state"] = "down"
    result = run_module(compute_ready, hosts=[{"host": "cmp1"}], check=True)
    assert "failed" not in result
    assert result["pending"] == [{"host": "cmp1", "waiting_for": ["state up (it is down)"]}]
    assert no_sleep == []
