# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks under way, with SQL that really runs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.database import control_work
from ansible_collections.stackroll.nova.plugins.module_utils.database.nova import NovaDatabases
from ansible_collections.stackroll.nova.plugins.module_utils.model.control_work import (
    ActionEvent,
    BuildRequest,
    BusyServer,
    MoveRow,
)
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_mysql import url_of
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_sql import FakeSql

CELL1 = "nova_cell1"
NOW = 1_795_300_000


def at(age: float) -> datetime:
    return datetime.fromtimestamp(NOW - age, tz=timezone.utc).replace(tzinfo=None)


@pytest.fixture
def nova(sql: FakeSql) -> Iterator[NovaDatabases]:
    """The databases; no session is left behind."""
    databases = NovaDatabases(url_of("nova_api"), url_of("nova_cell0"), timeout=3)
    yield databases
    databases.close()
    assert sql.open == 0


def instance(sql: FakeSql, uuid: str, task_state: str | None, **columns: Any) -> None:
    columns = {"host": "cmp1", "created_at": at(900), "updated_at": at(5), **columns}
    sql.insert(CELL1, "instances", uuid=uuid, task_state=task_state, **columns)


def action(sql: FakeSql, uuid: str, name: str, *events: dict[str, Any]) -> None:
    number = sql.insert(CELL1, "instance_actions", instance_uuid=uuid, action=name)
    for columns in events:
        sql.insert(CELL1, "instance_actions_events", action_id=number, **columns)


def servers(nova: NovaDatabases) -> dict[str, BusyServer]:
    return {each.uuid: each for each in control_work.busy_servers(nova).answers["cell1"]}


def test_build_requests(sql: FakeSql, nova: NovaDatabases) -> None:
    for uuid, age in (("a", 3), ("b", 4), ("c", 5)):
        sql.insert("nova_api", "build_requests", instance_uuid=uuid, created_at=at(age))
    sql.insert("nova_api", "instance_mappings", instance_uuid="a", cell_id=None)
    sql.insert("nova_api", "instance_mappings", instance_uuid="b", cell_id=2)
    assert control_work.build_requests(nova) == [
        BuildRequest("a", NOW - 3),
        BuildRequest("b", NOW - 4, "cell1"),
        BuildRequest("c", NOW - 5),
    ]


def test_servers_with_a_task(sql: FakeSql, nova: NovaDatabases) -> None:
    instance(sql, "busy", "resize_prep")
    instance(sql, "fresh", "scheduling", vm_state="building", host=None, updated_at=None)
    instance(sql, "homeless", None, vm_state="building", host=None)
    instance(sql, "at rest", None)
    instance(sql, "claimed", None, vm_state="building")
    instance(sql, "gone", "deleting", deleted=7)
    instance(sql, "elsewhere", "resize_migrated", hidden=1)
    instance(sql, "old", "migrating", hidden=None)
    found = servers(nova)
    assert set(found) == {"busy", "fresh", "homeless", "old"}
    assert found["busy"] == BusyServer("busy", "cell1", "cmp1", "active", "resize_prep", NOW - 5)
    assert found["fresh"].since == NOW - 900


def test_migrations(sql: FakeSql, nova: NovaDatabases) -> None:
    instance(sql, "waiting", None, vm_state="resized")
    instance(sql, "busy", "migrating")
    for uuid, status, columns in (
        ("waiting", "finished", {}),
        ("waiting", "confirming", {"cross_cell_move": 1, "migration_type": "resize"}),
        ("busy", "accepted", {"updated_at": at(2)}),
        ("busy", "error", {}),
        ("busy", "queued", {"hidden": 1}),
        ("gone", "accepted", {}),
    ):
        values = {"uuid": f"m-{status}", "created_at": at(30), "migration_type": "live-migration", **columns}
        sql.insert(CELL1, "migrations", instance_uuid=uuid, status=status, **values)
    found = servers(nova)
    assert {uuid: each.moves for uuid, each in found.items()} == {
        "waiting": (MoveRow("m-confirming", "resize", "confirming", cross_cell=True, since=NOW - 30),),
        "busy": (MoveRow("m-accepted", "live-migration", "accepted", cross_cell=False, since=NOW - 2),),
    }


def test_events_of_the_newest_action(sql: FakeSql, nova: NovaDatabases) -> None:
    instance(sql, "busy", "resize_prep")
    instance(sql, "untouched", "unshelving")
    done = {"start_time": at(9), "finish_time": at(8), "result": "Success", "host": "ctl1"}
    action(sql, "busy", "reboot", {**done, "event": "compute_reboot_instance"})
    action(
        sql,
        "busy",
        "migrate",
        {**done, "event": "conductor_migrate_server"},
        {"event": "x", "host": None, "start_time": at(7)},
    )
    action(sql, "busy", "lock")
    action(sql, "untouched", "unshelve")
    found = servers(nova)
    assert found["busy"].action == "migrate", "a lock does not end it"
    assert found["busy"].events == (
        ActionEvent("conductor_migrate_server", "ctl1", NOW - 9, NOW - 8, "Success"),
        ActionEvent("x", None, NOW - 7, None),
    )
    assert (found["untouched"].action, found["untouched"].events) == ("unshelve", ())


def test_many(sql: FakeSql, nova: NovaDatabases, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control_work, "MANY", 2)
    for number in range(5):
        instance(sql, f"s{number}", "migrating")
        action(sql, f"s{number}", "live-migration", {"event": "e"})
    assert [each.action for each in servers(nova).values()] == ["live-migration"] * 5
    assert sum("instance_actions" in query for _database, query in sql.queries) == 3


def test_a_quiet_cloud_costs_three_questions_per_cell(sql: FakeSql, nova: NovaDatabases) -> None:
    assert servers(nova) == {}
    assert len([query for database, query in sql.queries if database == CELL1]) == 3


def test_a_silent_cell(sql: FakeSql, nova: NovaDatabases) -> None:
    del sql.databases[CELL1]
    found = control_work.busy_servers(nova)
    assert list(found.answers) == ["cell0"]
    assert "cannot be reached" in found.silent["cell1"]
