# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""database_schema: what is behind is synced and read back, everything else is left alone."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.host.command import Outcome
from ansible_collections.stackroll.nova.plugins.modules import database_schema
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_code import StagedCode
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_mysql import PASSWORD, FakeMySql, url_of
from ansible_collections.stackroll.nova.tests.unit.plugins.modules.conftest import RunModule

Call = Callable[..., dict[str, Any]]
HEADS = {"OS_API_DATABASE__CONNECTION": "api2", "OS_DATABASE__CONNECTION": "main2"}


class Manage:
    """nova-manage and placement-manage, which migrate what their environment names."""

    def __init__(self, mysql: FakeMySql) -> None:
        self.mysql = mysql
        self.calls: list[tuple[list[str], dict[str, str]]] = []
        self.outcome = Outcome(0, "", "")
        self.arrives = True

    def __call__(self, argv: list[str], _timeout: float, environment: Mapping[str, str]) -> Outcome:
        self.calls.append((argv, dict(environment)))
        ((variable, url),) = environment.items()
        if self.outcome.rc == 0 and self.arrives:
            self.mysql.set_revision(url.rpartition("/")[2].partition("?")[0], HEADS.get(variable, "placement2"))
        return self.outcome


@pytest.fixture
def manage(mysql: FakeMySql, monkeypatch: pytest.MonkeyPatch) -> Manage:
    """Commands of the staged code that really migrate."""
    fake = Manage(mysql)
    monkeypatch.setattr(database_schema, "run_command", fake)
    return fake


@pytest.fixture
def nova(run_module: RunModule, nova_conf: str, mysql: FakeMySql, staged_code: StagedCode, manage: Manage) -> Call:
    """A function that runs the module on an API database that is up to date, and on two cells that are behind."""
    staged_code.stage(nova_api="api1 api2", nova_cell="main1 main2")
    mysql.add_nova(cell0=[], cell1=[])
    for database, revision in (("nova_api", "api2"), ("nova_cell0", "main1"), ("nova_cell1", None)):
        mysql.set_revision(database, revision)

    def run(**options: Any) -> dict[str, Any]:
        result = run_module(database_schema, service="nova", config_files=[nova_conf], **options)
        assert PASSWORD not in json.dumps(result)
        return result

    return run


def test_only_what_is_behind_is_synced(nova: Call, manage: Manage, nova_conf: str) -> None:
    result = nova()
    assert result["changed"]
    assert result["databases"] == [
        {"name": "nova_api", "before": "api2", "after": "api2", "newest": "api2"},
        {"name": "cell0", "before": "main1", "after": "main2", "newest": "main2"},
        {"name": "cell1", "before": None, "after": "main2", "newest": "main2"},
    ]
    program = str(Path(sys.prefix, "bin", "nova-manage"))
    argv = [program, "--config-file", nova_conf, "db", "sync", "--local_cell"]
    assert manage.calls == [
        (argv, {"OS_DATABASE__CONNECTION": url_of("nova_cell0")}),
        (argv, {"OS_DATABASE__CONNECTION": url_of("nova_cell1")}),
    ]


def test_the_api_database_has_its_own_command(nova: Call, manage: Manage, mysql: FakeMySql) -> None:
    mysql.set_revision("nova_api", "api1")
    nova()
    argv, environment = manage.calls[0]
    assert argv[-2:] == ["api_db", "sync"]
    assert environment == {"OS_API_DATABASE__CONNECTION": url_of("nova_api")}


def test_a_second_time_nothing_is_left(nova: Call, manage: Manage) -> None:
    nova()
    manage.calls.clear()
    result = nova()
    assert (result["changed"], manage.calls) == (False, [])


def test_check_mode_tells_and_changes_nothing(nova: Call, manage: Manage) -> None:
    result = nova(check=True, diff=True)
    assert result["changed"]
    assert result["diff"] == {
        "before": {"nova_api": "api2", "cell0": "main1", "cell1": None},
        "after": {"nova_api": "api2", "cell0": "main2", "cell1": "main2"},
    }
    assert manage.calls == []


def test_a_database_of_newer_code_stops_before_any_change(nova: Call, manage: Manage, mysql: FakeMySql) -> None:
    mysql.set_revision("nova_cell1", "main3")
    result = nova()
    assert "cell1 is at revision main3, which the staged code does not know" in result["msg"]
    assert manage.calls == []


def test_a_sync_that_fails_says_its_last_words(nova: Call, manage: Manage) -> None:
    manage.outcome = Outcome(1, "", "Traceback\nDBError: Duplicate column name 'x'\n")
    assert nova()["msg"] == (
        "nova-manage db sync --local_cell failed for database cell0 with exit code 1."
        " Its last words: DBError: Duplicate column name 'x'"
    )
    assert len(manage.calls) == 1, "no other database is touched"


def test_a_sync_that_did_nothing_is_an_error(nova: Call, manage: Manage) -> None:
    manage.arrives = False
    assert "Database cell0 is at revision main1 after its sync; main2 was expected." in nova()["msg"]


def test_a_dollar_in_a_password_survives_oslo_config(nova: Call, manage: Manage, mysql: FakeMySql) -> None:
    mapping = mysql.tables["nova_api"]["cell_mappings"][0]
    mapping["database_connection"] = "mysql+pymysql://nova:a$b@db/nova_cell0"
    nova()
    assert manage.calls[0][1] == {"OS_DATABASE__CONNECTION": "mysql+pymysql://nova:a$$b@db/nova_cell0"}


def test_placement(
    run_module: RunModule, tmp_path: Path, mysql: FakeMySql, staged_code: StagedCode, manage: Manage
) -> None:
    staged_code.stage(placement="placement1 placement2")
    mysql.set_revision("placement", "placement1")
    path = tmp_path / "placement.conf"
    path.write_text(f"[placement_database]\nconnection = {url_of('placement')}\n", encoding="utf-8")
    result = run_module(database_schema, service="placement", config_files=[str(path)])
    assert result["databases"] == [
        {"name": "placement", "before": "placement1", "after": "placement2", "newest": "placement2"}
    ]
    program = str(Path(sys.prefix, "bin", "placement-manage"))
    argv = [program, "--config-file", str(path), "db", "sync"]
    assert manage.calls == [(argv, {"OS_PLACEMENT_DATABASE__CONNECTION": url_of("placement")})]


@pytest.mark.parametrize(("service", "path"), [("nova", "/etc/nova/nova.conf"), ("placement", "/etc/placement/")])
def test_default_files(run_module: RunModule, service: str, path: str) -> None:
    if not Path(path).exists():
        assert f"Configuration file {path}" in run_module(database_schema, service=service)["msg"]
