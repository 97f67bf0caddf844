# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Comparing two snapshots."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.accounting.absences import NOT_ASKED, Absence, unexplained
from ansible_collections.stackroll.nova.plugins.module_utils.accounting.compare import compare_servers
from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Fleet
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_openstack import FLAVOR, FakeOpenStack, uuid_of

VM_STATE = "OS-EXT-STS:vm_state"
TASK_STATE = "OS-EXT-STS:task_state"
POWER_STATE = "OS-EXT-STS:power_state"
HOST = "OS-EXT-SRV-ATTR:host"


@pytest.fixture
def compare(openstack: FakeOpenStack, read: Callable[[], Fleet]) -> Callable[..., dict[str, Any]]:
    """Compare before and after a server's fields were set."""

    def run(before: dict[str, Any] | None = None, **after: Any) -> dict[str, Any]:
        openstack.add_server("a", "cmp1", **(before or {}))
        first = read()
        openstack.servers[0].update(after)
        return compare_servers(first, read())

    return run


def test_nothing_changed(compare: Callable[..., dict[str, Any]]) -> None:
    result = compare()
    assert {name: result[name] for name in ("total", "unchanged", "moved", "deleted", "new")} == {
        "total": 1,
        "unchanged": 1,
        "moved": 0,
        "deleted": 0,
        "new": 0,
    }
    assert (result["lost"], result["changed"], result["moves"]) == ([], [], [])


@pytest.mark.parametrize(
    ("after", "field", "values"),
    [
        ({"name": "b"}, "name", ("a", "b")),
        ({"tenant_id": "other"}, "project_id", ("project", "other")),
        ({VM_STATE: "error"}, "vm_state", ("active", "error")),
        ({POWER_STATE: 4}, "power_state", ("running", "shutdown")),
        ({TASK_STATE: "migrating"}, "task_state", (None, "migrating")),
        ({"image": ""}, "image_id", ("image", None)),
    ],
)
def test_a_field_changed(
    compare: Callable[..., dict[str, Any]], after: dict[str, Any], field: str, values: tuple[Any, Any]
) -> None:
    result = compare(**after)
    assert result["unchanged"] == 0
    change = {"id": uuid_of("a"), "name": "a", "field": field, "before": values[0], "after": values[1]}
    assert result["changed"] == [change]


def test_a_flavor_changed(compare: Callable[..., dict[str, Any]]) -> None:
    change = compare(flavor={**FLAVOR, "vcpus": 4})["changed"][0]
    assert (change["field"], change["before"]["vcpus"], change["after"]["vcpus"]) == ("flavor", 2, 4)


def test_moved(compare: Callable[..., dict[str, Any]]) -> None:
    result = compare(**{HOST: "cmp2"})
    assert (result["moved"], result["unchanged"], result["changed"]) == (1, 0, [])
    assert result["moves"] == [{"id": uuid_of("a"), "name": "a", "from": "cmp1", "to": "cmp2"}]


@pytest.mark.parametrize("before", [{TASK_STATE: "spawning", VM_STATE: "building"}, {TASK_STATE: "powering-off"}])
def test_what_was_under_way_may_end(compare: Callable[..., dict[str, Any]], before: dict[str, Any]) -> None:
    result = compare(before, **{TASK_STATE: None, VM_STATE: "stopped", POWER_STATE: 4})
    assert (result["unchanged"], result["changed"]) == (1, [])


def test_groups(openstack: FakeOpenStack, read: Callable[[], Fleet]) -> None:
    openstack.add_server("a", "cmp1")
    openstack.groups = [{"id": "g", "name": "web", "policy": "affinity", "members": [uuid_of("a")]}]
    before = read()
    openstack.groups[0]["members"] = []
    change = compare_servers(before, read())["changed"][0]
    assert (change["field"], change["before"], change["after"]) == ("groups", ["web"], [])


def test_lost_deleted_and_new(openstack: FakeOpenStack, read: Callable[[], Fleet]) -> None:
    openstack.add_server("lost", "cmp1", status="SHUTOFF")
    openstack.add_server("never asked for", "cmp1")
    openstack.add_server("deleted", "cmp1")
    openstack.add_server("being deleted", "cmp1", **{TASK_STATE: "deleting"})
    openstack.add_server("to be reclaimed", "cmp1", **{VM_STATE: "soft-delete"})
    before = read()
    openstack.servers.clear()
    openstack.add_server("new", "cmp1")
    said = {uuid_of("lost"): Absence("nobody knows"), uuid_of("deleted"): Absence(deleted_at="2026-11-22T03:00:00Z")}
    result = compare_servers(before, read(), said)
    assert (result["total"], result["deleted"], result["new"]) == (5, 3, 1)
    assert result["deletions"] == [
        {"id": uuid_of("deleted"), "name": "deleted", "project_id": "project", "deleted_at": "2026-11-22T03:00:00Z"}
    ]
    shown = {"project_id": "project", "host": "cmp1"}
    assert result["lost"] == [
        {"id": uuid_of("lost"), "name": "lost", **shown, "status": "SHUTOFF", "reason": "nobody knows"},
        {
            "id": uuid_of("never asked for"),
            "name": "never asked for",
            **shown,
            "status": "ACTIVE",
            "reason": NOT_ASKED.reason,
        },
    ]


def test_who_is_to_be_asked_for(openstack: FakeOpenStack, read: Callable[[], Fleet]) -> None:
    openstack.add_server("stays", "cmp1")
    openstack.add_server("goes", "cmp1")
    openstack.add_server("being deleted", "cmp1", **{TASK_STATE: "soft-deleting"})
    before = read()
    del openstack.servers[1:]
    openstack.add_server("new", "cmp1")
    assert [server.name for server in unexplained(before, read())] == ["goes"]
