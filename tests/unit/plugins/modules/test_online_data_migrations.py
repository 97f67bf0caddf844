# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""online_data_migrations: batches until the command says that it is done."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.host.command import Outcome
from ansible_collections.stackroll.nova.plugins.modules import online_data_migrations
from ansible_collections.stackroll.nova.tests.unit.plugins import command_output as real
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_mysql import PASSWORD, FakeMySql, url_of
from ansible_collections.stackroll.nova.tests.unit.plugins.modules.conftest import RunModule

Call = Callable[..., dict[str, Any]]
NOTHING = real.DATA_MIGRATIONS.replace("3       |     3 ", "0       |     0 ").replace(
    "5       |     0", "0       |     0"
)
FAILED = (
    "Error attempting to run <function populate_uuids>\n{}Some migrations failed unexpectedly. Check log for details.\n"
)


class Manage:
    """A command that ends as it is told, per database; at last with nothing left."""

    def __init__(self) -> None:
        self.calls: list[tuple[list[str], str, str, float]] = []
        self.outcomes: dict[str, list[Outcome]] = {}
        self.spend = lambda: None

    def __call__(self, argv: list[str], timeout: float, environment: Mapping[str, str]) -> Outcome:
        ((variable, url),) = environment.items()
        database = url.rpartition("/")[2].partition("?")[0]
        self.calls.append((argv, variable, database, timeout))
        self.spend()
        left = self.outcomes.get(database, [])
        return left.pop(0) if left else Outcome(0, NOTHING, "")


@pytest.fixture
def manage(monkeypatch: pytest.MonkeyPatch) -> Manage:
    """The command of the staged code."""
    fake = Manage()
    monkeypatch.setattr(online_data_migrations, "run_command", fake)
    return fake


@pytest.fixture
def nova(run_module: RunModule, nova_conf: str, mysql: FakeMySql, manage: Manage) -> Call:
    """A function that runs the module on two cells."""
    mysql.add_nova(cell0=[], cell1=[])

    def run(**options: Any) -> dict[str, Any]:
        result = run_module(online_data_migrations, service="nova", config_files=[nova_conf], **options)
        assert PASSWORD not in json.dumps(result)
        return result

    return run


def test_every_cell_is_visited_and_the_api_database_is_part_of_each(nova: Call, manage: Manage, nova_conf: str) -> None:
    result = nova()
    assert result["databases"] == [
        {"name": "cell0", "batches": 1, "migrations": []},
        {"name": "cell1", "batches": 1, "migrations": []},
    ]
    assert result["changed"] is False
    argv = [str(Path(sys.prefix, "bin", "nova-manage")), "--config-file", nova_conf]
    argv += ["db", "online_data_migrations", "--max-count", "1000"]
    assert [call[:3] for call in manage.calls] == [
        (argv, "OS_DATABASE__CONNECTION", "nova_cell0"),
        (argv, "OS_DATABASE__CONNECTION", "nova_cell1"),
    ]


@pytest.mark.parametrize("batches", [1, 2, 5])
def test_batches_go_on_while_something_was_done(nova: Call, manage: Manage, batches: int) -> None:
    manage.outcomes["nova_cell1"] = [Outcome(1, real.DATA_MIGRATIONS, "")] * batches
    result = nova(max_count=3)
    assert result["changed"]
    assert result["databases"][1] == {
        "name": "cell1",
        "batches": batches + 1,
        "migrations": [
            {"name": "migrate_empty_ratio", "found": 3, "completed": 3 * batches},
            {"name": "populate_instance_compute_id", "found": 5, "completed": 0},
        ],
    }
    assert manage.calls[1][0][-2:] == ["--max-count", "3"]


def test_rows_that_are_found_and_not_completed_are_no_error(nova: Call, manage: Manage) -> None:
    left = real.DATA_MIGRATIONS.replace("3       |     3 ", "0       |     0 ")
    manage.outcomes["nova_cell1"] = [Outcome(0, left, "")]
    result = nova()
    assert result["changed"] is False
    assert result["databases"][1]["migrations"] == [
        {"name": "populate_instance_compute_id", "found": 5, "completed": 0}
    ]


def test_an_error_beside_progress_is_tried_again(nova: Call, manage: Manage) -> None:
    manage.outcomes["nova_cell0"] = [Outcome(1, FAILED.format(real.DATA_MIGRATIONS), "")]
    assert nova()["databases"][0]["batches"] == 2


@pytest.mark.parametrize(
    ("rc", "words"),
    [
        (2, "Some migrations failed unexpectedly. Check log for details."),
        (127, "Must supply a positive value for max_count"),
        (255, "exit code 255 without a word"),
        (-9, "exit code -9 without a word"),
    ],
)
def test_errors_without_progress_stop_at_that_database(nova: Call, manage: Manage, rc: int, words: str) -> None:
    said = "" if "without" in words else f"{words}\n"
    manage.outcomes["nova_cell0"] = [Outcome(1, real.DATA_MIGRATIONS, ""), Outcome(rc, said, "")]
    result = nova()
    assert result["msg"] == (
        f"nova-manage db online_data_migrations --max-count 1000 ended with exit code {rc} on cell0. Its last words: {words}"
    )
    assert {call[2] for call in manage.calls} == {"nova_cell0"}


def test_all_batches_of_a_database_share_one_bound(nova: Call, manage: Manage, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]

    def spend() -> None:
        now[0] += 4

    monkeypatch.setattr(online_data_migrations.time, "monotonic", lambda: now[0])
    manage.spend = spend
    manage.outcomes["nova_cell0"] = [Outcome(1, real.DATA_MIGRATIONS, "")] * 9
    result = nova(timeout=10)
    assert result["msg"] == "The data migrations of cell0 were not done after 10 s and 3 batches."
    assert [call[3] for call in manage.calls] == [10, 6, 2]


def test_check_mode_does_nothing(nova: Call, manage: Manage, mysql: FakeMySql) -> None:
    result = nova(check=True)
    assert (result["changed"], result["databases"]) == (False, [])
    assert (manage.calls, mysql.connections) == ([], [])


def test_a_dollar_in_a_password_survives_oslo_config(nova: Call, manage: Manage, mysql: FakeMySql) -> None:
    mapping = mysql.tables["nova_api"]["cell_mappings"][0]
    mapping["database_connection"] = "mysql+pymysql://nova:pw@db/nova$cell0"
    nova()
    assert manage.calls[0][2] == "nova$$cell0"


def test_placement(run_module: RunModule, tmp_path: Path, manage: Manage) -> None:
    path = tmp_path / "placement.conf"
    path.write_text(f"[placement_database]\nconnection = {url_of('placement')}\n", encoding="utf-8")
    manage.outcomes["placement"] = [Outcome(1, real.PLACEMENT_MIGRATIONS, "")]
    result = run_module(online_data_migrations, service="placement", config_files=[str(path)])
    assert result["databases"] == [
        {
            "name": "placement",
            "batches": 2,
            "migrations": [{"name": "create_incomplete_consumers", "found": 2, "completed": 2}],
        }
    ]
    argv, variable, database, _timeout = manage.calls[0]
    assert (Path(argv[0]).name, variable, database) == (
        "placement-manage",
        "OS_PLACEMENT_DATABASE__CONNECTION",
        "placement",
    )
