# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""stored_objects_info: what it finds in which database, and what it does not ask."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.database import stored_objects
from ansible_collections.stackroll.nova.plugins.modules import stored_objects_info
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_mysql import PASSWORD
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_sql import FakeSql
from ansible_collections.stackroll.nova.tests.unit.plugins.modules.conftest import RunModule

WRITTEN, READABLE = {"ImageMetaProps": "1.44-f"}, {"ImageMetaProps": "1.42-e"}
Look = Callable[..., dict[str, Any]]


@pytest.fixture
def look(run_module: RunModule, nova_conf: str, sql: FakeSql) -> Look:
    """A function that runs the module and makes sure that it leaves no session and tells no secret."""

    def run(**options: Any) -> dict[str, Any]:
        wanted = {"written": WRITTEN, "readable": READABLE, "config_files": [nova_conf], **options}
        result = run_module(stored_objects_info, **wanted)
        assert PASSWORD not in json.dumps(result)
        assert sql.open == 0
        assert result["changed"] is False
        return result

    return run


def image(version: str) -> str:
    """A text with one object."""
    return json.dumps({"nova_object.name": "ImageMetaProps", "nova_object.version": version, "nova_object.data": {}})


def spec(sql: FakeSql, uuid: str, text: str) -> None:
    """The request spec of a server that lives in a cell."""
    sql.insert("nova_api", "request_specs", instance_uuid=uuid, spec=text)
    sql.insert("nova_cell1", "instances", uuid=uuid)


def test_old_rows_are_no_matter(look: Look, sql: FakeSql) -> None:
    spec(sql, "old", image("1.42"))
    result = look()
    assert (result["found"], result["unknown"]) == ([], [])
    assert result["unreadable_versions"] == {"ImageMetaProps": "1.44"}


def test_every_place_is_looked_at(look: Look, sql: FakeSql) -> None:
    places = [("nova_api", table, column) for table, columns in stored_objects.IN_API.items() for column in columns]
    places += [("nova_cell1", table, column) for table, columns in stored_objects.IN_CELL.items() for column in columns]
    for database, table, column in places:
        sql.insert(database, table, instance_uuid=f"{table}.{column}", **{column: image("1.44")})
    sql.insert("nova_cell1", "instances", uuid="request_specs.spec")
    found = look()["found"]
    assert [row["server"] for row in found] == [f"{table}.{column}" for _database, table, column in places]
    assert {row["database"] for row in found} == {"nova_api", "cell1"}
    assert {tuple(row["objects"]) for row in found} == {("ImageMetaProps 1.44",)}


def test_deleted_servers_do_not_count(look: Look, sql: FakeSql) -> None:
    sql.insert("nova_cell1", "instance_extra", instance_uuid="gone", flavor=image("1.44"), deleted=3)
    sql.insert("nova_api", "request_specs", instance_uuid="gone", spec=image("1.44"))
    sql.insert("nova_cell1", "instances", uuid="gone", deleted=3)
    assert look()["found"] == []


def test_it_reads_on_behind_a_portion_of_others_and_stops_when_it_knows_enough(
    look: Look, sql: FakeSql, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored_objects, "PORTION", 10)
    false_alarm = json.dumps([json.loads(image("1.42")), {"nova_object.version": "1.44"}])
    for number in range(25):
        spec(sql, f"old{number}", false_alarm)
    for number in range(50):
        spec(sql, f"new{number}", image("1.44"))
    assert [row["server"] for row in look()["found"]] == [f"new{number}" for number in range(stored_objects.ENOUGH)]


def test_a_silent_cell_is_unknown(look: Look, sql: FakeSql) -> None:
    spec(sql, "there?", image("1.44"))
    del sql.databases["nova_cell1"]
    result = look()
    assert [row["server"] for row in result["found"]] == ["there?"], "nobody says that it is deleted"
    (unknown,) = result["unknown"]
    assert unknown["cell"] == "cell1"
    assert "cannot be reached" in unknown["error"]


def test_where_no_stored_object_differs_nobody_is_asked(look: Look, sql: FakeSql) -> None:
    assert look(readable=WRITTEN)["unreadable_versions"] == {}
    assert sql.queries == []
