# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""service_info: what it reads from every cell, what it waits for, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.modules import service_info
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_mysql import NOW, PASSWORD, FakeMySql, service
from ansible_collections.stackroll.nova.tests.unit.plugins.modules.conftest import RunModule

Look = Callable[..., dict[str, Any]]


@pytest.fixture
def look(run_module: RunModule, nova_conf: str, mysql: FakeMySql) -> Look:
    """A function that runs the module on a cloud of two cells and makes sure that its result holds no secret."""
    mysql.add_nova(
        cell0=[service("nova-conductor", "ctl1", 74), service("nova-scheduler", "ctl1", 74)],
        cell1=[
            service("nova-compute", "cmp1", 74),
            service("nova-compute", "cmp2", 72, age=30),
            service("nova-compute", "cmp3", 66, age=None, forced_down=1),
        ],
    )

    def run(**options: Any) -> dict[str, Any]:
        result = run_module(service_info, config_files=[nova_conf], **options)
        assert PASSWORD not in json.dumps(result)
        return result

    return run


def test_everything(look: Look) -> None:
    result = look()
    assert [(each["cell"], each["host"], each["version"]) for each in result["services"]] == [
        ("cell0", "ctl1", 74),
        ("cell0", "ctl1", 74),
        ("cell1", "cmp1", 74),
        ("cell1", "cmp2", 72),
        ("cell1", "cmp3", 66),
    ]
    assert result["minimum_versions"] == {"nova-conductor": 74, "nova-scheduler": 74, "nova-compute": 72}
    assert (result["unknown"], result["pending"], result["changed"]) == ([], [], False)


@pytest.mark.parametrize(
    ("options", "hosts"),
    [
        ({"binaries": ["nova-compute"]}, ["cmp1", "cmp2", "cmp3"]),
        ({"binaries": ["nova-compute", "nova-scheduler"], "hosts": ["ctl1", "cmp2"]}, ["ctl1", "cmp2"]),
        ({"hosts": ["cmp9"]}, []),
    ],
)
def test_a_selection(look: Look, options: dict[str, Any], hosts: list[str]) -> None:
    assert [each["host"] for each in look(**options)["services"]] == hosts


def test_it_waits_until_the_version_is_there(look: Look, mysql: FakeMySql, no_sleep: list[float]) -> None:
    versions = iter([72, 72, 74])
    mysql.tables["nova_cell1"]["services"] = lambda: [service("nova-compute", "cmp2", next(versions))]
    result = look(binaries=["nova-compute"], hosts=["cmp2"], version=74, interval=2.5)
    assert result["services"][0]["version"] == 74
    assert result["pending"] == []
    assert no_sleep == [2.5, 2.5]


def test_it_waits_for_a_heartbeat(look: Look, mysql: FakeMySql, no_sleep: list[float]) -> None:
    ages = iter([20, 10, -1])
    mysql.tables["nova_cell1"]["services"] = lambda: [service("nova-compute", "cmp2", 74, age=next(ages))]
    result = look(binaries=["nova-compute"], seen_after=NOW)
    assert result["services"][0]["seen_at"] == NOW + 1
    assert len(no_sleep) == 2


def test_the_wait_ends_and_says_what_is_left(look: Look, no_sleep: list[float]) -> None:
    result = look(binaries=["nova-compute"], hosts=["cmp1", "cmp2", "cmp9"], version=74, timeout=3, interval=2)
    assert result["failed"]
    assert result["msg"] == (
        "Not there after 3 s: cmp9: a service record in any cell; cmp2: service version 74 (it reports 72)."
    )
    assert [entry["host"] for entry in result["pending"]] == ["cmp9", "cmp2"]
    assert [each["host"] for each in result["services"]] == ["cmp1", "cmp2"]
    assert no_sleep == [2, 1], "never longer than the time that is left"


def test_a_silent_cell_is_unknown(look: Look, mysql: FakeMySql) -> None:
    del mysql.tables["nova_cell1"]
    result = look()
    assert result["minimum_versions"] == {"nova-conductor": 74, "nova-scheduler": 74}
    assert result["unknown"][0]["cell"] == "cell1"


def test_a_silent_cell_is_waited_for(look: Look, mysql: FakeMySql, no_sleep: list[float]) -> None:
    del mysql.tables["nova_cell1"]
    result = look(binaries=["nova-conductor"], version=74, timeout=2)
    assert "cell1 did not answer: Database nova_cell1 on db:3306 cannot be reached" in result["msg"]
    assert result["unknown"][0]["cell"] == "cell1"
    assert no_sleep == [1, 1]


def test_check_mode_looks_once(look: Look, no_sleep: list[float]) -> None:
    result = look(check=True, binaries=["nova-compute"], version=75)
    assert [entry["host"] for entry in result["pending"]] == ["cmp1", "cmp2", "cmp3"]
    assert no_sleep == []


def test_the_time_that_a_database_may_take(look: Look, mysql: FakeMySql) -> None:
    look(database_timeout=4)
    assert {opened["connect_timeout"] for opened in mysql.connections} == {4}


def test_a_host_without_the_configuration(run_module: RunModule, nova_conf: str) -> None:
    result = run_module(service_info, config_files=[nova_conf + ".missing"])
    assert "cannot be read: No such file or directory. Name the service's real files" in result["msg"]
