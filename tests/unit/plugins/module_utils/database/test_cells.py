# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which cells a deployment has."""

from __future__ import annotations

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.database.cells import Cell, list_cells
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_mysql import CELL0_UUID, PASSWORD, FakeMySql, url_of


def test_cell0_comes_first_and_templates_are_filled(mysql: FakeMySql) -> None:
    mysql.add(
        "nova_api",
        cell_mappings=[
            {"uuid": "b", "name": "cell2", "database_connection": url_of("nova_cell2", "db2")},
            {"uuid": "a", "name": "cell1", "database_connection": "{scheme}://{username}:{password}@{hostname}/nova"},
            {"uuid": CELL0_UUID, "name": "cell0", "database_connection": url_of("nova_cell0")},
        ],
    )
    cells = list_cells(url_of("nova_api"), url_of("nova_cell0"))
    assert [cell.name for cell in cells] == ["cell0", "cell2", "cell1"]
    assert [cell.is_cell0 for cell in cells] == [True, False, False]
    assert cells[2].database_url == f"mysql+pymysql://nova:{PASSWORD}@db/nova"


def test_a_cell_without_a_name_goes_by_its_uuid(mysql: FakeMySql) -> None:
    mysql.add("nova_api", cell_mappings=[{"uuid": "a1", "name": None, "database_connection": url_of("x")}])
    assert list_cells(url_of("nova_api"), url_of("x"))[0].name == "a1"


def test_a_silent_api_database_is_an_error(mysql: FakeMySql) -> None:
    with pytest.raises(StackrollError, match="nova_api on db:3306 cannot be reached"):
        list_cells(url_of("nova_api"), url_of("nova_cell0"))


def test_the_secret_is_not_shown() -> None:
    assert PASSWORD not in repr(Cell("a", "cell1", url_of("nova")))
