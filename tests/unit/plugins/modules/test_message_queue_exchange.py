# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""message_queue_exchange: what keeps an exchange, and what is left of it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.modules import message_queue_exchange
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_amqp import AccessRefused, FakeAmqp, FakeChannel
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_mysql import PASSWORD, FakeMySql, url_of
from ansible_collections.stackroll.nova.tests.unit.plugins.modules.conftest import RunModule

MQ1, MQ2 = "mq1:5672", "mq2:5672"
QUEUE = "scheduler_fanout_stackroll"
Do = Callable[..., dict[str, Any]]


@pytest.fixture
def amqp(monkeypatch: pytest.MonkeyPatch) -> FakeAmqp:
    """A cluster of two nodes, with a scheduler."""
    fake = FakeAmqp()
    fake.add(MQ1)
    fake.add(MQ2)
    fake.exchanges.add("scheduler_fanout")
    fake.password = PASSWORD
    monkeypatch.setitem(sys.modules, "amqp", fake.module())
    return fake


@pytest.fixture
def do(run_module: RunModule, mysql: FakeMySql, amqp: FakeAmqp, tmp_path: Path) -> Do:
    """A function that runs the module and makes sure that it leaves no session and tells no secret."""
    mysql.add("nova_api", cell_mappings=[])
    path = tmp_path / "nova.conf"
    brokers = f"nova:{PASSWORD}@mq1:5672,nova:{PASSWORD}@mq2:5672"
    path.write_text(
        f"[DEFAULT]\ntransport_url = rabbit://{brokers}/\n[api_database]\nconnection = {url_of('nova_api')}\n",
        encoding="utf-8",
    )

    def run(state: str, **options: Any) -> dict[str, Any]:
        result = run_module(message_queue_exchange, state=state, config_files=[str(path)], **options)
        assert PASSWORD not in json.dumps(result)
        assert amqp.open == 0, "no session is left behind"
        return result

    return run


def test_a_small_queue_that_goes_by_itself_keeps_the_exchange(do: Do, amqp: FakeAmqp) -> None:
    result = do("kept", expires=600, diff=True)
    assert (result["changed"], result["kept"]) == (True, ["api"])
    assert amqp.bound == {QUEUE: ("scheduler_fanout", {"x-expires": 600000, "x-max-length": 1})}
    assert result["diff"] == {"before": {"kept": []}, "after": {"kept": ["api"]}}
    assert do("kept")["changed"] is False


def test_it_is_removed(do: Do, amqp: FakeAmqp) -> None:
    do("kept")
    result = do("released")
    assert (result["changed"], result["kept"], amqp.bound) == (True, [], {})
    assert do("released")["changed"] is False


def test_where_there_is_no_exchange_nothing_is_made(do: Do, amqp: FakeAmqp) -> None:
    amqp.exchanges.clear()
    result = do("kept")
    assert (result["changed"], result["kept"], amqp.bound) == (False, [], {})


def test_another_topic(do: Do, amqp: FakeAmqp) -> None:
    amqp.exchanges.add("conductor_fanout")
    do("kept", topic="conductor")
    assert list(amqp.bound) == ["conductor_fanout_stackroll"]


def test_another_node_does_where_the_first_one_is_away(do: Do, amqp: FakeAmqp) -> None:
    del amqp.nodes[MQ1]
    assert do("kept")["kept"] == ["api"]
    del amqp.nodes[MQ2]
    result = do("kept")
    assert result["failed"]
    assert "mq2:5672 cannot be used" in result["msg"]


def test_an_account_that_may_not_is_told(do: Do, amqp: FakeAmqp, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: Any, **_options: Any) -> None:
        raise AccessRefused("Queue.bind: (403) ACCESS_REFUSED - write access refused")

    monkeypatch.setattr(FakeChannel, "queue_bind", refuse)
    result = do("kept")
    assert "refused what was asked of exchange scheduler_fanout" in result["msg"]
    assert "Check the rights" in result["msg"]


def test_a_check_run_makes_nothing(do: Do, amqp: FakeAmqp) -> None:
    result = do("kept", check=True)
    assert (result["changed"], result["kept"], amqp.bound) == (True, ["api"], {})
    amqp.bound[QUEUE] = ("scheduler_fanout", {})
    assert do("released", check=True)["changed"] is True
    assert QUEUE in amqp.bound
