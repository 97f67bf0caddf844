# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One request, and every way in which it can go wrong."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.wire import Request, Trust, Wire
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_http import certificate
from ansible_collections.stackroll.nova.tests.unit.plugins.live_cloud import LiveCloud


def get(live: LiveCloud, path: str = "/v3", **more: dict[str, str]) -> Request:
    return Request("identity", "identity_version", "GET", live.url + path, **more)


def test_an_answer(live: LiveCloud) -> None:
    reply = Wire(Trust(), 2).send(get(live))
    assert (reply.status, reply.error, reply.json()) == (200, None, {"version": {"id": "v3.14"}})
    assert reply.headers["x-openstack-request-id"] == "req-1"
    headers = live.seen[0][2]
    assert (headers["Connection"], headers["Host"]) == ("close", f"127.0.0.1:{live.port}")
    assert "api_probe" in headers["User-Agent"]


@pytest.mark.parametrize(
    ("fault", "status", "error"),
    [
        (503, 503, None),
        (404, 404, None),
        (302, 302, None),
        ("reset", None, "reset"),
        ("cut", None, "reset"),
        ("slow 0.2", 200, None),
        ("slow 5", None, "timeout"),
        ("drip", None, "timeout"),
    ],
)
def test_faults(live: LiveCloud, fault: object, status: int | None, error: str | None) -> None:
    live.fault = lambda _method, _path: fault
    wire, begin = Wire(Trust(), 1.0), time.monotonic()
    reply = wire.send(get(live))
    assert (reply.status, reply.error) == (status, error)
    assert time.monotonic() - begin < 2
    assert len(live.seen) == 1


def test_nobody_listens(live: LiveCloud) -> None:
    live.close()
    reply = Wire(Trust(), 1).send(get(live))
    assert (reply.error, reply.detail) == ("refused", "[Errno 111] Connection refused")


def test_nobody_accepts() -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(1)
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}/"
        assert Wire(Trust(), 0.3).send(Request("compute", "x", "GET", url)).error == "timeout"


@pytest.mark.parametrize("url", ["http://no-such-host.invalid/", "http://127.0.0.1:99999/", "nonsense"])
def test_no_place_at_all(url: str) -> None:
    assert Wire(Trust(), 1).send(Request("compute", "x", "GET", url)).error in ("other", "refused")


def test_no_header_can_be_smuggled_in(live: LiveCloud) -> None:
    assert Wire(Trust(), 1).send(get(live, headers={"X-Auth-Token": "a\r\nX-Evil: 1"})).error == "other"
    assert live.seen == []


def test_certificates_are_verified(tmp_path: Path) -> None:
    path = certificate(tmp_path)
    live = LiveCloud(path)
    try:
        answers = [Wire(trust, 2).send(get(live)) for trust in (Trust(), Trust(str(path)), Trust(False))]
    finally:
        live.close()
    assert [(answer.status, answer.error) for answer in answers] == [(None, "tls"), (200, None), (200, None)]


def test_certificates_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="certificates cannot be read"):
        Wire(Trust(str(tmp_path / "none.pem")), 1)


def test_nothing_secret_is_shown(live: LiveCloud) -> None:
    shown = repr(Request("a", "o", "POST", live.url, {"X-Auth-Token": "t0ken"}, b"s3cret"))
    assert "t0ken" not in shown
    assert "s3cret" not in shown
