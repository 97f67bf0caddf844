# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Service records of all cells."""

from __future__ import annotations

import time

import pytest
from pymysql.err import OperationalError

from ansible_collections.stackroll.nova.plugins.module_utils.database.cells import Cell, list_cells
from ansible_collections.stackroll.nova.plugins.module_utils.database.services import read_services
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_mysql import NOW, PASSWORD, FakeMySql, service, url_of


def cells_of(mysql: FakeMySql) -> list[Cell]:
    return list_cells(url_of("nova_api"), url_of("nova_cell0"))


def test_every_cell_is_read(mysql: FakeMySql) -> None:
    mysql.add_nova(
        cell0=[service("nova-scheduler", "ctl1", 74)],
        cell1=[service("nova-compute", "cmp1", 72, age=10.5, disabled=1, disabled_reason="broken fan")],
        cell2=[service("nova-compute", "cmp2", None, age=None, forced_down=1)],
    )
    records, unknown = read_services(cells_of(mysql))
    assert unknown == []
    assert [(record.cell, record.host, record.version) for record in records] == [
        ("cell0", "ctl1", 74),
        ("cell1", "cmp1", 72),
        ("cell2", "cmp2", 0),
    ]
    assert (records[1].disabled, records[1].disabled_reason, records[1].forced_down) == (True, "broken fan", False)
    assert (records[2].disabled, records[2].forced_down, records[2].seen_at) == (False, True, None)
    assert records[1].seen_at == NOW - 10.5
    assert records[1].to_dict()["seen_at"] == NOW - 10.5


def test_heartbeats_are_utc_wherever_we_are(mysql: FakeMySql, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    time.tzset()
    mysql.add_nova(cell0=[service("nova-conductor", "ctl1", age=0)])
    assert read_services(cells_of(mysql))[0][0].seen_at == NOW
    monkeypatch.undo()
    time.tzset()


def test_deleted_records_do_not_count(mysql: FakeMySql) -> None:
    mysql.add_nova(cell0=[])
    read_services(cells_of(mysql))
    assert "deleted = 0" in mysql.queries[-1]


def test_a_silent_cell_is_unknown_and_hides_no_other(mysql: FakeMySql) -> None:
    mysql.add_nova(cell0=[], cell1=[service("nova-compute", "cmp1")], cell2=[], cell3=[])
    del mysql.tables["nova_cell2"]
    mysql.add("nova_cell3", services=OperationalError(2013, "Lost connection to MySQL server during query"))
    records, unknown = read_services(cells_of(mysql))
    assert [record.host for record in records] == ["cmp1"]
    assert [entry["cell"] for entry in unknown] == ["cell2", "cell3"]
    assert "nova_cell2 on db:3306" in unknown[0]["error"]
    assert "Lost connection" in unknown[1]["error"]
    assert PASSWORD not in str(unknown)


def test_a_mapping_that_cannot_be_read_is_an_unknown_cell(mysql: FakeMySql) -> None:
    mysql.add_nova(cell0=[], cell1=[])
    mysql.tables["nova_api"]["cell_mappings"][1]["database_connection"] = f"sqlite:///{PASSWORD}"
    records, unknown = read_services(cells_of(mysql))
    assert records == []
    assert unknown[0]["cell"] == "cell1"
    assert PASSWORD not in str(unknown)
