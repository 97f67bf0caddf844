# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""fleet_info: completeness, a constant number of requests, and what does not answer."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.modules import fleet_info
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_openstack import AMOUNTS, FakeOpenStack, uuid_of
from ansible_collections.stackroll.nova.tests.unit.plugins.modules.conftest import RunModule

LISTS = 8


def read(run_module: RunModule, **options: Any) -> dict[str, Any]:
    result: dict[str, Any] = run_module(fleet_info, **options)
    return result


def test_the_whole_fleet(run_module: RunModule, openstack: FakeOpenStack) -> None:
    openstack.add_server("a", "cmp1")
    openstack.add_server("volume", "cmp2", image="")
    openstack.groups = [{"id": "g", "name": "web", "policy": "affinity", "members": [uuid_of("a")]}]
    openstack.aggregates = [{"id": 1, "name": "z", "availability_zone": "az1", "hosts": ["cmp1"], "metadata": {}}]
    result = read(run_module)
    fleet = result["fleet"]
    assert (result["changed"], result["api"]["writes"], fleet["unknown"]) == (False, 0, [])
    assert fleet["schema"] == "stackroll.nova/fleet/1"
    assert [item["host"] for item in fleet["services"]] == ["cmp1", "cmp2"]
    assert [item["image_id"] for item in fleet["servers"]] == ["image", None]
    assert fleet["servers"][0]["power_state"] == "running"
    assert fleet["servers"][0]["flavor"]["swap_mib"] == 1500
    assert fleet["server_groups"][0]["members"] == [uuid_of("a")]
    assert fleet["aggregates"][0]["zone"] == "az1"
    assert {"consumer_id": uuid_of("a"), "provider_uuid": uuid_of("cmp1"), "resources": AMOUNTS} in fleet["allocations"]
    assert fleet["inventories"][uuid_of("cmp1")]["VCPU"] == {"total": 16}
    assert fleet["traits"] == {uuid_of("cmp1"): [], uuid_of("cmp2"): []}


@pytest.mark.parametrize(
    ("include", "requests"), [([], 0), (["traits"], 1), (["allocations", "inventories", "traits"], 3)]
)
def test_requests_do_not_grow_with_servers(
    run_module: RunModule, openstack: FakeOpenStack, include: list[str], requests: int
) -> None:
    for number in range(50):
        openstack.add_server(f"s{number}", "cmp1")
    result = read(run_module, include=include)
    assert result["api"]["requests"] == LISTS + 2 * requests


def test_lists_are_read_to_their_end(run_module: RunModule, openstack: FakeOpenStack) -> None:
    openstack.page_limit = 100
    openstack.servers = []
    for number in range(250):
        openstack.add_server(f"s{number}", "cmp1")
    openstack.groups = [{"id": str(n), "name": "g", "policy": "affinity", "members": []} for n in range(120)]
    fleet = read(run_module)["fleet"]
    assert (len(fleet["servers"]), len(fleet["server_groups"])) == (250, 120)
    # Soft-deleted servers are asked for at the same time, in whatever order.
    pages = [params for method, path, params in openstack.calls if path == "/servers/detail"]
    assert {"all_tenants": 1} in pages


def test_soft_deleted_servers_are_part_of_it(run_module: RunModule, openstack: FakeOpenStack) -> None:
    openstack.add_server("gone", "cmp1", **{"OS-EXT-STS:vm_state": "soft-delete", "status": "SOFT_DELETED"})
    openstack.soft_deleted = [openstack.servers.pop()]
    assert [item["vm_state"] for item in read(run_module)["fleet"]["servers"]] == ["soft-delete"]


def test_silent_cells_are_unknown(run_module: RunModule, openstack: FakeOpenStack) -> None:
    openstack.services.append({"binary": "nova-compute", "host": "far", "status": "UNKNOWN"})
    openstack.servers += [{"id": str(n), "status": "UNKNOWN", "tenant_id": "p", "created": "x"} for n in range(5)]
    fleet = read(run_module)["fleet"]
    assert [item["what"] for item in fleet["unknown"]] == ["nova-compute on far", "5 servers (0, 1, 2, …)"]
    assert fleet["services"][-1]["status"] == "UNKNOWN"
    assert fleet["servers"] == []


def test_a_provider_that_does_not_answer_is_unknown(run_module: RunModule, openstack: FakeOpenStack) -> None:
    openstack.broken[f"/resource_providers/{uuid_of('cmp1')}/traits"] = 503
    openstack.broken["/os-aggregates"] = 500
    unknown = read(run_module)["fleet"]["unknown"]
    assert {item["what"] for item in unknown} == {"aggregates", f"traits of resource provider {uuid_of('cmp1')}"}


def test_a_refusal_is_an_error(run_module: RunModule, openstack: FakeOpenStack) -> None:
    openstack.broken["/os-services"] = 403
    result = read(run_module)
    assert result["failed"]
    assert result["msg"] == (
        "GET /os-services answered 403: it is broken (request req-1). Use an account with the admin role."
    )
    assert result["api"]["requests"] >= 1


def test_a_provider_deleted_meanwhile_holds_nothing(run_module: RunModule, openstack: FakeOpenStack) -> None:
    openstack.broken[f"/resource_providers/{uuid_of('cmp1')}/allocations"] = 404
    assert read(run_module)["fleet"]["unknown"] == []


@pytest.mark.parametrize(
    ("fields", "status", "kind"),
    [
        ({"OS-EXT-STS:vm_state": "resized"}, "finished", "resize"),
        ({"OS-EXT-STS:vm_state": "resized"}, "confirming", "resize"),
        ({"OS-EXT-STS:task_state": "migrating"}, "running", "live-migration"),
        ({}, "done", "evacuation"),
    ],
)
def test_unfinished_migrations(
    run_module: RunModule, openstack: FakeOpenStack, fields: dict[str, str], status: str, kind: str
) -> None:
    openstack.add_server("a", "cmp2", **fields)
    openstack.add_migration("a", kind, status, "cmp1", "cmp2")
    openstack.add_migration("deleted long ago", kind, status, "cmp1", "cmp2")
    result = read(run_module)
    assert [(item["status"], item["source_node"]) for item in result["fleet"]["migrations"]] == [(status, "cmp1")]
    assert result["api"]["requests"] <= LISTS + 6 + 10


def test_an_unexplained_consumer_makes_us_ask_for_all_migrations(
    run_module: RunModule, openstack: FakeOpenStack
) -> None:
    openstack.add_server("a", "cmp1")
    openstack.allocate(openstack.add_migration("a", "live-migration", "queued", "cmp1", "cmp2"), "cmp1", AMOUNTS)
    assert [item["status"] for item in read(run_module)["fleet"]["migrations"]] == ["queued"]
