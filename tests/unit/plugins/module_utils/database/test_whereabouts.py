# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the databases say of servers on their way is what the API says of the same cloud."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.api import whereabouts as from_api
from ansible_collections.stackroll.nova.plugins.module_utils.database import whereabouts as from_rows
from ansible_collections.stackroll.nova.plugins.module_utils.database.nova import NovaDatabases
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.model.server import Whereabouts
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_mysql import url_of
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_openstack import FakeOpenStack, uuid_of
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_sql import FakeSql

# By name: host, node, state, what is done with it.
SERVERS: dict[str, tuple[str | None, str | None, str, str | None]] = {
    "vm": ("cmp1", "cmp1.example.org", "active", None),
    "new": (None, None, "building", "scheduling"),
    "shelved": ("cmp1", "cmp1.example.org", "stopped", "shelving_offloading"),
    "offloaded": (None, None, "shelved_offloaded", None),
    "doomed": ("cmp2", "cmp2", "active", "deleting"),
}


@pytest.fixture
def openstack() -> FakeOpenStack:
    """Servers of every kind."""
    fake = FakeOpenStack("cmp1", "cmp2")
    for name, (host, node, state, task) in SERVERS.items():
        fake.add_server(name, host, {})
        fake.servers[-1].update(
            {
                "OS-EXT-SRV-ATTR:hypervisor_hostname": node,
                "OS-EXT-STS:vm_state": state,
                "OS-EXT-STS:task_state": task,
            }
        )
    return fake


@pytest.fixture
def nova(sql: FakeSql) -> Iterator[NovaDatabases]:
    """The same servers as rows."""
    for name, (host, node, state, task) in SERVERS.items():
        sql.insert("nova_cell1", "instances", uuid=uuid_of(name), host=host, node=node, vm_state=state, task_state=task)
    sql.insert("nova_cell1", "instances", uuid=uuid_of("gone"), host="cmp1", node="cmp1", deleted=7)
    databases = NovaDatabases(url_of("nova_api"), url_of("nova_cell0"), 5)
    yield databases
    databases.close()


def uuids(*names: str) -> list[str]:
    return [uuid_of(name) for name in names]


ALL = uuids(*SERVERS, "gone", "stranger")


def test_servers(openstack: FakeOpenStack, nova: NovaDatabases) -> None:
    expected = {uuid_of(name): Whereabouts(node, state, task) for name, (_host, node, state, task) in SERVERS.items()}
    assert from_rows.servers(nova, ALL) == expected
    assert from_api.servers(openstack.cloud(), ["cmp1", "cmp2"], ALL) == expected


def test_of_many_hosts_one_list_is_read(openstack: FakeOpenStack) -> None:
    hosts = [f"cmp{number}" for number in range(20)]
    found = from_api.servers(openstack.cloud(), hosts, uuids("vm", "stranger"))
    assert found == {uuid_of("vm"): Whereabouts("cmp1.example.org", "active", None)}
    assert [path for _method, path, _params in openstack.calls] == ["/servers/detail"]


def test_a_server_of_a_silent_cell_is_nowhere(openstack: FakeOpenStack) -> None:
    openstack.servers = [{"id": uuid_of("vm"), "status": "UNKNOWN", "tenant_id": "p", "created": "", "links": []}]
    found = from_api.servers(openstack.cloud(), ["cmp1"], uuids("vm"))
    assert found == {uuid_of("vm"): Whereabouts(None, "unknown", None)}


def test_servers_with_a_host(openstack: FakeOpenStack, nova: NovaDatabases) -> None:
    expected = set(uuids("vm", "shelved"))
    assert from_rows.servers_on_hosts(nova, ALL) == expected
    assert from_api.servers_on_hosts(openstack.cloud(), ALL) == expected


@pytest.mark.parametrize("ask", [from_rows.servers, from_rows.servers_on_hosts])
def test_many_servers_are_asked_for_in_parts(
    sql: FakeSql, nova: NovaDatabases, monkeypatch: pytest.MonkeyPatch, ask: Any
) -> None:
    monkeypatch.setattr(from_rows, "MANY", 2)
    assert set(ask(nova, ALL)) >= set(uuids("vm", "shelved"))
    assert len([query for name, query in sql.queries if name == "nova_cell1" and "instances" in query]) == 4
    sql.queries.clear()
    assert not ask(nova, [])
    assert sql.queries == []


def test_migrations_of_hosts_whose_nodes_have_other_names(
    openstack: FakeOpenStack, sql: FakeSql, nova: NovaDatabases
) -> None:
    for number, (kind, status) in enumerate(
        [("live-migration", "running"), ("evacuation", "done"), ("resize", "confirmed"), ("evacuation", "completed")]
    ):
        openstack.add_migration(f"vm{number}", kind, status, "cmp1", "cmp2")
        openstack.migrations[-1].update(source_node="cmp1.example.org", dest_node="cmp2")
        sql.insert(
            "nova_cell1",
            "migrations",
            uuid=uuid_of(f"migration of vm{number}"),
            instance_uuid=uuid_of(f"vm{number}"),
            status=status,
            migration_type=kind,
            source_compute="cmp1",
            dest_compute="cmp2",
            source_node="cmp1.example.org",
            dest_node="cmp2",
        )
    found = {(item.type, item.status, item.source_node) for item in from_api.unfinished_migrations(openstack.cloud())}
    assert found == {("live-migration", "running", "cmp1.example.org"), ("evacuation", "done", "cmp1.example.org")}
    assert {(item.type, item.status, item.source_node) for item in from_rows.unfinished_migrations(nova)} == found


@pytest.mark.parametrize("ask", [from_rows.servers, from_rows.servers_on_hosts])
def test_a_cell_that_does_not_answer_is_an_error(sql: FakeSql, nova: NovaDatabases, ask: Any) -> None:
    sql.slow.add("nova_cell1")
    with pytest.raises(StackrollError, match="These cells do not answer: cell1"):
        ask(nova, ALL)
    with pytest.raises(StackrollError, match="These cells do not answer: cell1"):
        from_rows.unfinished_migrations(nova)
