# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""database_health: servers that stand alone, clusters, and how it waits."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from pymysql.err import OperationalError

from ansible_collections.stackroll.nova.plugins.modules import database_health
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_mysql import PASSWORD, FakeMySql, url_of
from ansible_collections.stackroll.nova.tests.unit.plugins.modules.conftest import RunModule

Look = Callable[..., dict[str, Any]]
STATUS = {"Threads_connected": 41, "Uptime": 86400, "wsrep_cluster_size": 0, "wsrep_ready": "OFF"}
VARIABLES = {
    "hostname": "db1",
    "version": "10.11.6-MariaDB",
    "max_connections": 100,
    "read_only": "OFF",
    "wsrep_on": "OFF",
}
GALERA = {
    "Threads_connected": 41,
    "Uptime": 86400,
    "wsrep_cluster_size": 3,
    "wsrep_cluster_status": "Primary",
    "wsrep_connected": "ON",
    "wsrep_flow_control_paused": "0.000104",
    "wsrep_incoming_addresses": "192.0.2.1:3306,192.0.2.2:3306,192.0.2.3:3306",
    "wsrep_local_state_comment": "Synced",
    "wsrep_ready": "ON",
}
NODE = {**VARIABLES, "wsrep_on": "ON", "wsrep_provider": "/usr/lib/galera/libgalera_smm.so", "wsrep_node_name": "db1"}


@pytest.fixture
def look(run_module: RunModule, nova_conf: str, mysql: FakeMySql) -> Look:
    """A function that runs the module on a cloud whose databases share one server, and makes sure that no secret is told."""
    mysql.add_nova(cell0=[], cell1=[])
    mysql.add("placement")
    mysql.set_health("nova_api", STATUS, VARIABLES)

    def run(**options: Any) -> dict[str, Any]:
        options = {"config_files": {"nova": [nova_conf]}, "databases": {"placement": url_of("placement")}, **options}
        result = run_module(database_health, **options)
        assert PASSWORD not in json.dumps(result)
        assert mysql.open == 0
        return result

    return run


def test_a_server_that_stands_alone(look: Look, mysql: FakeMySql) -> None:
    result = look(wait=True)
    assert result["servers"] == [
        {
            "host": "db",
            "port": 3306,
            "databases": ["nova_api", "cell0", "cell1", "placement"],
            "errors": [],
            "hostname": "db1",
            "version": "10.11.6-MariaDB",
            "read_only": False,
            "uptime_seconds": 86400,
            "connections": 41,
            "max_connections": 100,
            "galera": None,
        }
    ]
    assert (result["problems"], result["changed"]) == ([], False)
    assert sum(query.startswith("SHOW") for query in mysql.queries) == 2, "one server is asked once"


def test_a_cluster(look: Look, mysql: FakeMySql) -> None:
    mysql.set_health("nova_api", GALERA, NODE)
    result = look(cluster_size=3)
    galera = result["servers"][0]["galera"]
    assert (galera["name"], galera["size"], galera["state"], galera["status"]) == ("db1", 3, "Synced", "Primary")
    assert (galera["ready"], galera["connected"], galera["flow_control_paused"]) == (True, True, 0.000104)
    assert len(galera["members"]) == 3
    assert result["problems"] == []


@pytest.mark.parametrize(
    ("status", "variables", "options", "problem"),
    [
        ({"wsrep_ready": "OFF"}, {}, {}, "Galera node db1 at db:3306 is not ready (wsrep_ready)."),
        ({"wsrep_connected": "OFF"}, {}, {}, "is not connected to its cluster"),
        ({"wsrep_cluster_status": "non-Primary"}, {}, {}, "that is non-Primary, not Primary"),
        ({"wsrep_local_state_comment": "Donor/Desynced"}, {}, {}, "is Donor/Desynced, not Synced"),
        ({"wsrep_cluster_size": 2}, {}, {"cluster_size": 3}, "sees 2 nodes; 3 are expected"),
        ({"wsrep_flow_control_paused": "0.25"}, {}, {}, "has stood still for 25% of the time"),
        ({}, {"read_only": "ON"}, {}, "Database server db1 at db:3306 is read only."),
        ({}, {"super_read_only": "ON"}, {}, "is read only"),
        ({"Threads_connected": 91}, {}, {}, "has 91 of 100 connections in use"),
        ({"Threads_connected": 51}, {}, {"connections_percent": 50}, "has 51 of 100 connections in use"),
        ({}, {"wsrep_on": "OFF"}, {"cluster_size": 3}, "stands alone; a cluster of 3 is expected"),
        ({}, {"wsrep_provider": "none"}, {"cluster_size": 1}, "stands alone"),
    ],
)
def test_problems(look: Look, mysql: FakeMySql, *, status: Any, variables: Any, options: Any, problem: str) -> None:
    mysql.set_health("nova_api", {**GALERA, **status}, {**NODE, **variables})
    result = look(**options)
    assert not result.get("failed")
    (found,) = result["problems"]
    assert problem in found


@pytest.mark.parametrize(
    "status", [{"wsrep_cluster_size": 1}, {"wsrep_flow_control_paused": "0.1"}, {"Threads_connected": 90}]
)
def test_what_is_no_problem(look: Look, mysql: FakeMySql, status: dict[str, Any]) -> None:
    mysql.set_health("nova_api", {**GALERA, **status}, NODE)
    assert look()["problems"] == []


def test_servers_of_their_own(look: Look, mysql: FakeMySql) -> None:
    mysql.tables["nova_api"]["cell_mappings"][1]["database_connection"] = url_of("nova_cell1", "db9")
    mysql.set_health("nova_cell1", STATUS, {**VARIABLES, "hostname": "far"})
    result = look()
    assert [(each["hostname"], each["databases"]) for each in result["servers"]] == [
        ("db1", ["nova_api", "cell0", "placement"]),
        ("far", ["cell1"]),
    ]


def test_a_database_that_is_not_reached(look: Look, mysql: FakeMySql) -> None:
    del mysql.tables["nova_cell1"]
    result = look()
    (server,) = result["servers"]
    assert server["version"] == "10.11.6-MariaDB", "the others reach it"
    assert result["problems"] == server["errors"]
    assert "Database nova_cell1 on db:3306 cannot be reached" in server["errors"][0]


def test_a_server_that_is_down(look: Look, mysql: FakeMySql, no_sleep: list[float]) -> None:
    del mysql.tables["nova_api"]
    result = look(wait=True, timeout=4, databases={"placement": None})
    assert result["msg"].startswith("After 4 s: Database nova_api on db:3306 cannot be reached")
    assert result["servers"][0]["version"] is None
    assert no_sleep == [2, 2]


def test_it_waits_until_nothing_is_wrong(look: Look, mysql: FakeMySql, no_sleep: list[float]) -> None:
    answers = iter(
        [{**GALERA, "wsrep_local_state_comment": "Joined"}, OperationalError(1047, "not ready"), GALERA, GALERA]
    )
    for database in ("nova_api", "nova_cell0"):  # which is asked when the first one gives no answer
        mysql.set_health(database, lambda: next(answers), NODE)
    result = look(wait=True)
    assert result["problems"] == []
    assert result["servers"][0]["galera"]["state"] == "Synced"
    assert no_sleep == [2, 2]


def test_check_mode_looks_once(look: Look, no_sleep: list[float]) -> None:
    assert look(check=True, wait=True, cluster_size=3)["problems"] != []
    assert no_sleep == []


def test_nothing_is_given(run_module: RunModule) -> None:
    assert "No database is given" in run_module(database_health)["msg"]


def test_placement_alone(run_module: RunModule, mysql: FakeMySql) -> None:
    mysql.add("placement")
    mysql.set_health("placement", STATUS, VARIABLES)
    result = run_module(database_health, databases={"placement": url_of("placement")})
    assert [server["databases"] for server in result["servers"]] == [["placement"]]
