# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Schema revisions: what a database has, and what the staged code knows."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.database import schema
from ansible_collections.stackroll.nova.plugins.module_utils.host.config import ServiceConfig
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_code import StagedCode
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_mysql import PASSWORD, FakeMySql, url_of

CELL = schema.Target("cell1", "nova_cell", url_of("nova_cell1"))


def test_nova_has_an_api_database_cell0_and_its_cells(mysql: FakeMySql, nova_conf: str) -> None:
    mysql.add_nova(cell1=[], cell0=[], cell2=[])
    targets = schema.nova_targets(ServiceConfig([nova_conf]))
    assert [(target.name, target.kind) for target in targets] == [
        ("nova_api", "nova_api"),
        ("cell0", "nova_cell"),
        ("cell1", "nova_cell"),
        ("cell2", "nova_cell"),
    ]
    assert targets[2].connection == url_of("nova_cell1")
    assert PASSWORD not in repr(targets)


def test_placement_has_one(tmp_path: Path) -> None:
    path = tmp_path / "placement.conf"
    path.write_text(f"[placement_database]\nconnection = {url_of('placement')}\n", encoding="utf-8")
    targets = schema.placement_targets(ServiceConfig([str(path)]))
    assert targets == [schema.Target("placement", "placement", url_of("placement"))]


@pytest.mark.parametrize("revision", ["ab450ba04102", None])
def test_current_revision(mysql: FakeMySql, revision: str | None) -> None:
    mysql.set_revision("nova_cell1", revision)
    assert schema.current_revision(CELL) == revision


@pytest.mark.parametrize("current", ["b", "a", None])
def test_newest_revision_is_the_head_of_the_staged_code(staged_code: StagedCode, current: str | None) -> None:
    staged_code.stage(nova_cell="a b")
    assert schema.newest_revision(CELL, current) == "b"


def test_each_kind_has_its_own_scripts(staged_code: StagedCode) -> None:
    staged_code.stage(nova_api="api1", nova_cell="main1", placement="placement1")
    heads = {kind: schema.newest_revision(schema.Target("x", kind, ""), None) for kind in schema.SCRIPTS}
    assert heads == {"nova_api": "api1", "nova_cell": "main1", "placement": "placement1"}


def test_a_database_of_newer_code_is_refused(staged_code: StagedCode) -> None:
    staged_code.stage(nova_cell="a b")
    with pytest.raises(StackrollError, match="cell1 is at revision c, which the staged code does not know") as caught:
        schema.newest_revision(CELL, "c")
    assert "migrated by newer code" in caught.value.remedy


def test_code_without_revisions_is_refused(staged_code: StagedCode) -> None:
    staged_code.stage(nova_cell="")
    with pytest.raises(StackrollError, match="has no schema revisions"):
        schema.newest_revision(CELL, None)


def test_an_interpreter_without_the_service_is_refused(staged_code: StagedCode) -> None:
    with pytest.raises(StackrollError, match="This interpreter has no nova code") as caught:
        schema.newest_revision(CELL, None)
    assert "ansible_python_interpreter" in caught.value.remedy


def test_an_interpreter_without_alembic_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "alembic.script", None)
    with pytest.raises(StackrollError, match="This interpreter has no alembic"):
        schema.newest_revision(CELL, None)
