# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""control_work_info: what it finds, what it waits for, and how it ends."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.modules import control_work_info
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_mysql import PASSWORD
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_sql import FakeSql, ago
from ansible_collections.stackroll.nova.tests.unit.plugins.modules.conftest import RunModule

Look = Callable[..., dict[str, Any]]
LISTS = ("in_hand", "stuck", "at_computes", "unknown")


@pytest.fixture
def look(run_module: RunModule, nova_conf: str, sql: FakeSql) -> Look:
    """A function that runs the module and makes sure that it leaves no session and tells no secret."""

    def run(**options: Any) -> dict[str, Any]:
        result = run_module(control_work_info, config_files=[nova_conf], **options)
        assert PASSWORD not in json.dumps(result)
        assert sql.open == 0
        return result

    return run


def boot(sql: FakeSql, uuid: str, age: float) -> None:
    sql.insert("nova_api", "build_requests", instance_uuid=uuid, created_at=ago(age))


def migrate(sql: FakeSql, uuid: str, age: float, **columns: Any) -> None:
    sql.insert("nova_cell1", "instances", uuid=uuid, task_state="resize_prep", updated_at=ago(age), **columns)


def test_a_quiet_cloud(look: Look) -> None:
    result = look(wait=True)
    assert {name: result[name] for name in LISTS} == {name: [] for name in LISTS}
    assert result["changed"] is False


def test_everything(look: Look, sql: FakeSql) -> None:
    boot(sql, "new", 2)
    boot(sql, "forgotten", 90000)
    migrate(sql, "moving", 3, host="cmp1")
    sql.insert("nova_cell1", "instances", uuid="off", task_state="migrating", updated_at=ago(3))
    sql.insert("nova_cell1", "migrations", uuid="m", instance_uuid="off", status="queued", created_at=ago(3))
    result = look()
    assert {name: [each["uuid"] for each in result[name]] for name in LISTS[:3]} == {
        "in_hand": ["moving", "new"],
        "stuck": ["forgotten"],
        "at_computes": ["off"],
    }
    assert result["in_hand"][0]["host"] == "cmp1"
    assert not result.get("failed"), "it only looks"


def test_it_waits_until_nothing_is_in_hand(
    look: Look, sql: FakeSql, monkeypatch: pytest.MonkeyPatch, no_sleep: list[float]
) -> None:
    boot(sql, "new", 2)
    read = control_work_info.busy_servers
    looks: list[int] = []

    def later(nova: Any) -> Any:
        looks.append(1)
        if len(looks) == 3:
            sql.databases["nova_api"].execute("DELETE FROM build_requests")
        return read(nova)

    monkeypatch.setattr(control_work_info, "busy_servers", later)
    result = look(wait=True, interval=0.5)
    assert result["in_hand"] == []
    assert no_sleep == [0.5, 0.5, 0.5]


def test_what_is_stuck_does_not_block(look: Look, sql: FakeSql) -> None:
    boot(sql, "forgotten", 900)
    result = look(wait=True)
    assert [each["uuid"] for each in result["stuck"]] == ["forgotten"]
    assert [each["uuid"] for each in look(stuck_after=1000)["in_hand"]] == ["forgotten"]


def test_the_wait_ends_and_says_what_is_left(look: Look, sql: FakeSql, no_sleep: list[float]) -> None:
    boot(sql, "new", 2)
    migrate(sql, "moving", 3, host="cmp1")
    result = look(wait=True, timeout=2)
    assert result["failed"]
    assert result["msg"] == (
        "After 2 s: 2 tasks in the hands of nova-conductor: moving: resize, no nova-conductor has taken it,"
        " new: build, its build request is there, so that nova-conductor has not put it into a cell"
    )
    assert [each["uuid"] for each in result["in_hand"]] == ["moving", "new"]
    assert no_sleep == [1, 1]


def test_what_a_switch_has_lost(look: Look, sql: FakeSql, no_sleep: list[float]) -> None:
    switched = time.time() - 30
    migrate(sql, "before", 40, host="cmp1")
    migrate(sql, "after", 20, host="cmp1")
    migrate(sql, "long before", 5000, host="cmp1")
    result = look(stuck_since=switched, wait=True, timeout=0)
    assert result["msg"] == "After 0 s: 1 task lost: before: resize, no nova-conductor has taken it"
    assert [each["uuid"] for each in result["stuck"]] == ["long before"]
    assert "server set --state active before" in result["in_hand"][0]["remedy"]


def test_a_silent_cell_is_unknown(look: Look, sql: FakeSql, no_sleep: list[float]) -> None:
    del sql.databases["nova_cell1"]
    assert look()["unknown"][0]["cell"] == "cell1"
    assert "cell1 did not answer: Database nova_cell1 on db:3306 cannot be reached" in look(wait=True, timeout=1)["msg"]


def test_check_mode_looks_once(look: Look, sql: FakeSql, no_sleep: list[float]) -> None:
    boot(sql, "new", 2)
    assert [each["uuid"] for each in look(check=True, wait=True)["in_hand"]] == ["new"]
    assert no_sleep == []


def test_without_the_api_database(run_module: RunModule) -> None:
    assert "[api_database] connection is not set" in run_module(control_work_info, config_files=["/dev/null"])["msg"]
