# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""service_version: which records it lowers, and which it never touches."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.modules import service_version
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_mysql import PASSWORD
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_sql import FakeSql
from ansible_collections.stackroll.nova.tests.unit.plugins.modules.conftest import RunModule

CONTROL = ("nova-osapi_compute", "nova-conductor", "nova-scheduler")
Put = Callable[..., dict[str, Any]]


@pytest.fixture
def put_back(run_module: RunModule, nova_conf: str, sql: FakeSql) -> Put:
    """A function that runs the module on two controllers and a compute of the newer release."""
    for host in ("ctl1", "ctl2"):
        for binary in CONTROL:
            cell = "nova_cell0" if binary == "nova-osapi_compute" else "nova_cell1"
            sql.insert(cell, "services", host=host, binary=binary, version=74)
    sql.insert("nova_cell1", "services", host="ctl1", binary="nova-compute", version=74)

    def run(**options: Any) -> dict[str, Any]:
        wanted = {"version": 72, "hosts": ["ctl1", "ctl2"], "config_files": [nova_conf], **options}
        result = run_module(service_version, **wanted)
        assert PASSWORD not in json.dumps(result)
        assert sql.open == 0
        return result

    return run


def versions(sql: FakeSql) -> dict[str, int]:
    """The versions in all records."""
    return {
        f"{row['binary']} {row['host']}": row["version"]
        for cell in ("nova_cell0", "nova_cell1")
        for row in sql.databases[cell].execute("SELECT * FROM services WHERE deleted = 0")
    }


def test_records_of_control_services_are_put_back_in_every_cell(put_back: Put, sql: FakeSql) -> None:
    result = put_back(diff=True)
    assert result["changed"] is True
    assert versions(sql) == {
        **{f"{binary} {host}": 72 for host in ("ctl1", "ctl2") for binary in CONTROL},
        "nova-compute ctl1": 74,
    }
    assert {(row["before"], row["after"]) for row in result["services"]} == {(74, 72)}
    assert result["diff"]["before"]["cell1: nova-conductor on ctl1"] == 74
    assert set(result["diff"]["after"].values()) == {72}
    again = put_back()
    assert (again["changed"], again["services"]) == (False, [])


def test_what_is_older_or_of_another_host_stays(put_back: Put, sql: FakeSql) -> None:
    sql.insert("nova_cell1", "services", host="ctl1", binary="nova-conductor", version=70)
    sql.insert("nova_cell1", "services", host="ctl3", binary="nova-conductor", version=74)
    sql.insert("nova_cell1", "services", host="ctl2", binary="nova-scheduler", version=74, deleted=9)
    put_back(hosts=["ctl1"], binaries=["nova-conductor"])
    rows = sql.databases["nova_cell1"].execute(
        "SELECT host, version, deleted FROM services WHERE `binary` <> 'nova-compute'"
    )
    assert sorted(tuple(row) for row in rows) == [
        *(("ctl1", 70, 0), ("ctl1", 72, 0), ("ctl1", 74, 0)),
        *(("ctl2", 74, 0), ("ctl2", 74, 0), ("ctl2", 74, 9), ("ctl3", 74, 0)),
    ]


def test_a_check_run_writes_nothing(put_back: Put, sql: FakeSql) -> None:
    before = versions(sql)
    result = put_back(check=True)
    assert result["changed"] is True
    assert len(result["services"]) == 6
    assert versions(sql) == before


def test_computes_cannot_be_asked_for(put_back: Put) -> None:
    assert "value of binaries must be one or more of" in put_back(binaries=["nova-compute"])["msg"]


def test_a_silent_cell_is_refused_before_the_first_change(put_back: Put, sql: FakeSql) -> None:
    before = versions(sql)
    cell0 = sql.databases.pop("nova_cell0")
    result = put_back()
    assert result["failed"]
    assert "Not all cells answer: cell0: " in result["msg"]
    sql.databases["nova_cell0"] = cell0
    assert versions(sql) == before


def test_a_service_that_writes_its_version_again_is_noticed(put_back: Put, sql: FakeSql) -> None:
    sql.databases["nova_cell1"].execute(
        "CREATE TRIGGER runs AFTER UPDATE ON services WHEN NEW.host = 'ctl2' AND NEW.version = 72"
        " BEGIN UPDATE services SET version = 74 WHERE id = NEW.id; END"
    )
    result = put_back()
    assert result["failed"]
    assert "still newer than 72: nova-conductor on ctl2 (74), nova-scheduler on ctl2 (74)" in result["msg"]
