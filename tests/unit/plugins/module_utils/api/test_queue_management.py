# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""RabbitMQ's management API."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.api.queue_management import ManagementApi
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput, StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.model.queues import ClusterNode
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_http import FakeHttp, certificate

SECRET = "w4tch-Zq"
NODES = [
    {"name": "rabbit@mq1", "running": True, "mem_alarm": False, "disk_free_alarm": False, "partitions": []},
    {"name": "rabbit@mq2", "running": True, "mem_alarm": True, "disk_free_alarm": True, "partitions": ["rabbit@mq1"]},
    {"name": "rabbit@mq3", "running": False},
]


def api(http: FakeHttp, **options: object) -> ManagementApi:
    return ManagementApi(http.url, "watch", SECRET, timeout=5, **options)


def test_nodes(http: FakeHttp) -> None:
    http.routes["/api/nodes"] = NODES
    assert api(http).nodes() == (
        ClusterNode("rabbit@mq1", running=True),
        ClusterNode("rabbit@mq2", running=True, alarms=("memory", "disk"), partitions=("rabbit@mq1",)),
        ClusterNode("rabbit@mq3", running=False),
    )


def test_unacknowledged_messages(http: FakeHttp) -> None:
    http.routes["/api/queues/%2F/conductor"] = {"messages_unacknowledged": 20}
    http.routes["/api/queues/%2F/fresh"] = {"name": "fresh"}
    found = api(http).unacknowledged("/", ["conductor", "fresh", "nothing"])
    assert found == {"conductor": 20}, "what has no figure yet is unknown"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((401, {"error": "not_authorised"}), "401 Unauthorized"),
        ((404, {"error": "Object Not Found"}), "it has no /api/nodes"),
        ("<html>", "Expecting value"),
    ],
)
def test_answers_that_are_none(http: FakeHttp, answer: object, reason: str) -> None:
    http.routes["/api/nodes"] = answer
    with pytest.raises(StackrollError, match=reason) as error:
        api(http).nodes()
    assert SECRET not in str(error.value)


def test_nobody_is_there(http: FakeHttp) -> None:
    http.stop()
    with pytest.raises(StackrollError, match=r"did not answer: .*refused"):
        api(http).nodes()
    http.stop = lambda: None  # type: ignore[method-assign]


def test_certificates(tmp_path: Path) -> None:
    path = certificate(tmp_path)
    fake = FakeHttp(path)
    fake.routes["/api/nodes"] = NODES
    try:
        with pytest.raises(StackrollError, match="certificate verify failed"):
            api(fake).nodes()
        assert len(api(fake, validate_certs=False).nodes()) == 3
        assert len(api(fake, ca_file=str(path)).nodes()) == 3
    finally:
        fake.stop()
    with pytest.raises(StackrollError, match="No such file"):
        api(fake, ca_file="/nowhere").nodes()


@pytest.mark.parametrize("url", ["mq1:15672", "file:///etc/passwd", "http://watch:secret@mq1:15672", "http://"])
def test_urls_that_cannot_be_used(url: str) -> None:
    with pytest.raises(InvalidInput, match="must be http or https"):
        ManagementApi(url, "watch", SECRET)
