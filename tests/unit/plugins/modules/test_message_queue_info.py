# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""message_queue_info: brokers, queues, and how it waits."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.api.queue_management import ManagementApi
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.model.queues import ClusterNode
from ansible_collections.stackroll.nova.plugins.modules import message_queue_info
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_amqp import AMQPError, FakeAmqp, NotFound
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_mysql import CELL0_UUID, PASSWORD, FakeMySql, url_of
from ansible_collections.stackroll.nova.tests.unit.plugins.modules.conftest import RunModule

Look = Callable[..., dict[str, Any]]
MQ1, MQ2 = "mq1:5672", "mq2:5672"


@pytest.fixture
def amqp(monkeypatch: pytest.MonkeyPatch) -> FakeAmqp:
    """A cluster of two nodes with the queues of one controller."""
    fake = FakeAmqp()
    fake.add(MQ1)
    fake.add(MQ2)
    fake.depths.update({"conductor": (3, 1), "scheduler": (0, 2)})
    fake.password = PASSWORD
    monkeypatch.setitem(sys.modules, "amqp", fake.module())
    return fake


def mapping(name: str, url: str) -> dict[str, Any]:
    return {"uuid": CELL0_UUID if name == "cell0" else f"uuid-of-{name}", "name": name, "transport_url": url}


@pytest.fixture
def look(run_module: RunModule, mysql: FakeMySql, amqp: FakeAmqp, tmp_path: Path) -> Look:
    """A function that runs the module on a cloud whose cell1 shares the brokers of the API, by template."""
    shared = "{scheme}://{username1}:{password1}@{hostname1}:{port1},{username2}:{password2}@{hostname2}:{port2}/"
    mysql.add("nova_api", cell_mappings=[mapping("cell0", "none:///"), mapping("cell1", shared)])
    path = tmp_path / "nova.conf"
    brokers = f"nova:{PASSWORD}@mq1:5672,nova:{PASSWORD}@mq2:5672"
    path.write_text(
        f"[DEFAULT]\ntransport_url = rabbit://{brokers}/\n[api_database]\nconnection = {url_of('nova_api')}\n",
        encoding="utf-8",
    )

    def run(**options: Any) -> dict[str, Any]:
        result = run_module(message_queue_info, config_files=[str(path)], **options)
        assert PASSWORD not in json.dumps(result)
        assert amqp.open == 0, "no session is left behind"
        return result

    return run


def test_brokers_and_queues(look: Look, amqp: FakeAmqp) -> None:
    result = look(queues=["conductor", "scheduler", "conductor.ctl9"])
    (transport,) = result["transports"]
    assert (transport["names"], transport["virtual_host"]) == (["api", "cell1"], "/")
    assert [(node["host"], node["version"], node["error"]) for node in transport["brokers"]] == [
        ("mq1", "3.10.8", None),
        ("mq2", "3.10.8", None),
    ]
    assert transport["queues"] == {
        "conductor": {"messages": 3, "consumers": 1, "unacknowledged": None},
        "scheduler": {"messages": 0, "consumers": 2, "unacknowledged": None},
        "conductor.ctl9": None,
    }
    assert (transport["cluster"], result["problems"], result["pending"], result["changed"]) == (None, [], [], False)
    assert {connection["login_method"] for connection in amqp.connections} == {"AMQPLAIN"}
    assert {node for node, _queue in amqp.declared} == {MQ1}, "one node is asked"


def test_a_missing_queue_does_not_hide_the_next_one(look: Look) -> None:
    queues = look(queues=["nothing", "scheduler"])["transports"][0]["queues"]
    assert queues["nothing"] is None
    assert queues["scheduler"]["consumers"] == 2


def test_a_cell_with_brokers_of_its_own(look: Look, mysql: FakeMySql, amqp: FakeAmqp) -> None:
    mysql.tables["nova_api"]["cell_mappings"].append(mapping("cell2", f"rabbit://nova:{PASSWORD}@mq9/nova"))
    result = look(queues=["conductor"])
    assert [transport["names"] for transport in result["transports"]] == [["api", "cell1"], ["cell2"]]
    far = result["transports"][1]
    assert (far["virtual_host"], far["queues"]) == ("nova", None)
    assert result["problems"] == ["cell2: The message broker mq9:5672 cannot be used: [Errno 111] Connection refused."]
    amqp.add("mq9:5672")
    assert look(transports=["cell2"])["problems"] == []
    assert amqp.connections[-1]["virtual_host"] == "nova"


def test_names_that_are_not_there(look: Look) -> None:
    assert look(transports=["cell7"])["msg"].startswith("There is no transport cell7. These are there: api, cell1.")
    assert "no transport cell0." in look(management=[{**MANAGEMENT[0], "transport": "cell0"}])["msg"]


def test_one_node_is_down(look: Look, amqp: FakeAmqp) -> None:
    del amqp.nodes[MQ1]
    result = look(queues=["conductor"])
    assert result["transports"][0]["queues"]["conductor"]["consumers"] == 1, "the other one tells"
    assert len(result["problems"]) == 1


def test_a_wrong_account(look: Look, amqp: FakeAmqp) -> None:
    amqp.password = "another"
    result = look(queues=["conductor"])
    assert "Login was refused" in result["problems"][0]
    assert result["transports"][0]["queues"] is None


def test_it_waits_for_consumers_to_go(look: Look, amqp: FakeAmqp, no_sleep: list[float]) -> None:
    consumers = iter([2, 1, 0])
    amqp.depths["conductor"] = lambda: (5, next(consumers))
    result = look(consumers={"conductor": 0})
    assert result["transports"][0]["queues"]["conductor"]["messages"] == 5
    assert no_sleep == [0.5, 0.5]
    assert len(amqp.connections) == 2, "sessions stay open"


def test_the_wait_ends_and_says_what_is_left(look: Look, no_sleep: list[float]) -> None:
    result = look(consumers={"conductor": {"at_least": 2}}, messages={"conductor": 0, "scheduler": 0}, timeout=1)
    assert result["failed"]
    assert result["msg"] == (
        "Not there after 1 s: conductor of api and cell1: at least 2 consumers (it has 1);"
        " conductor of api and cell1: 0 messages (it has 3)"
    )
    assert [item["found"] for item in result["pending"]] == [1, 3]
    assert result["transports"][0]["names"] == ["api", "cell1"]
    assert no_sleep == [0.5, 0.5]


def test_a_broker_that_dies_and_comes_back(look: Look, amqp: FakeAmqp, no_sleep: list[float]) -> None:
    def depth() -> tuple[int, int]:
        looks.append(1)
        if len(looks) == 1:
            del amqp.nodes[MQ2]
            return 0, 0
        amqp.add(MQ2)
        return 0, 1

    looks: list[int] = []
    amqp.depths["conductor"] = depth
    result = look(consumers={"conductor": 1}, healthy=True)
    assert result["problems"] == []
    assert len(no_sleep) == 2, "the second look saw that it was away"


def test_healthy(look: Look, amqp: FakeAmqp, no_sleep: list[float]) -> None:
    del amqp.nodes[MQ2]
    result = look(healthy=True, timeout=1)
    assert "mq2:5672 cannot be used" in result["msg"]


def test_check_mode_looks_once(look: Look, no_sleep: list[float]) -> None:
    result = look(check=True, consumers={"conductor": 7})
    assert [item["waiting_for"] for item in result["pending"]] == ["7 consumers"]
    assert no_sleep == []


def test_a_queue_that_nobody_tells_about(look: Look, amqp: FakeAmqp, no_sleep: list[float]) -> None:
    amqp.depths["conductor"] = AMQPError("(405) RESOURCE_LOCKED")
    result = look(consumers={"conductor": 0}, timeout=0)
    assert "(nobody tells)" in result["msg"]
    assert "RESOURCE_LOCKED" in result["transports"][0]["error"]


def test_a_queue_whose_node_is_away_is_not_missing(look: Look, amqp: FakeAmqp) -> None:
    amqp.depths["conductor"] = NotFound("(404) NOT_FOUND - home node 'rabbit@mq2' of queue is down or inaccessible")
    result = look(consumers={"conductor": 0}, timeout=0)
    assert "conductor of api and cell1: 0 consumers (nobody tells)" in result["msg"]


def test_without_the_library(run_module: RunModule, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "amqp", None)
    assert "amqp" in run_module(message_queue_info)["msg"]


MANAGEMENT = [{"url": "http://mq1:15672", "user": "watch", "password": "w4tch-Zq"}]


def test_the_management_api(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    nodes = (ClusterNode("rabbit@mq1", running=True), ClusterNode("rabbit@mq2", running=True, alarms=("disk",)))
    asked: list[tuple[str, list[str]]] = []

    def unacknowledged(_self: ManagementApi, virtual_host: str, queues: list[str]) -> dict[str, int]:
        asked.append((virtual_host, queues))
        return {"conductor": 7}

    monkeypatch.setattr(ManagementApi, "nodes", lambda _self: nodes)
    monkeypatch.setattr(ManagementApi, "unacknowledged", unacknowledged)
    result = look(queues=["conductor", "nothing"], management=MANAGEMENT)
    (transport,) = result["transports"]
    assert transport["queues"]["conductor"]["unacknowledged"] == 7
    assert [node["alarms"] for node in transport["cluster"]] == [[], ["disk"]]
    assert result["problems"] == ["api and cell1: node rabbit@mq2 has an alarm for disk; publishers are blocked."]
    assert asked == [("/", ["conductor"])]
    assert "w4tch-Zq" not in json.dumps(result)


def test_a_management_api_that_is_off(look: Look, monkeypatch: pytest.MonkeyPatch, no_sleep: list[float]) -> None:
    def fail(_self: ManagementApi) -> None:
        raise StackrollError("The management API at http://mq1:15672 did not answer: refused.")

    monkeypatch.setattr(ManagementApi, "nodes", fail)
    result = look(unacknowledged={"conductor": {"at_most": 9}}, management=MANAGEMENT, timeout=0)
    assert "at most 9 unacknowledged (nobody tells)" in result["msg"]
    assert result["problems"] == ["api and cell1: The management API at http://mq1:15672 did not answer: refused."]


def test_unacknowledged_messages_need_it(look: Look) -> None:
    assert "needs the management API" in look(unacknowledged={"conductor": 0})["msg"]
