# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""haproxy_server: out of service and back, with waits, refusals and what HAProxy may answer."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.balancer.runtime_socket import RuntimeSocket
from ansible_collections.stackroll.nova.plugins.modules import haproxy_server
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_haproxy import (
    DRAIN_BIT,
    MAINT_BIT,
    FakeHaproxy,
    FakeServer,
)
from ansible_collections.stackroll.nova.tests.unit.plugins.modules.conftest import RunModule

FAST = {"backend": "compute", "poll": 0.01, "timeout": 10}
SHORT = {**FAST, "timeout": 0.3}


@pytest.fixture
def compute(haproxy: FakeHaproxy) -> FakeHaproxy:
    """Two servers that work, and another backend."""
    haproxy.add("compute", ctl1=FakeServer(port=1, limit=8), ctl2=FakeServer(port=2))
    haproxy.add("placement", ctl1=FakeServer())
    return haproxy


def later(seconds: float, change: Any) -> None:
    """Change something while the module waits."""
    threading.Timer(seconds, change).start()


def test_info(run_module: RunModule, compute: FakeHaproxy) -> None:
    compute.level = "user"
    compute.backends["compute"].servers["ctl2"] = FakeServer(port=2, up=False, sessions=3, queued=1, bits=DRAIN_BIT)
    result = run_module(haproxy_server, socket=compute.path, **FAST)
    first, second = result["servers"]
    assert (first["name"], first["port"], first["admin"], first["status"]) == ("ctl1", 1, "ready", "UP")
    assert (first["check_status"], first["usable"], first["maxconn"], first["checked"]) == ("L7OK", True, 8, True)
    assert (second["admin"], second["operational"], second["sessions"], second["queued"]) == ("drain", "stopped", 3, 1)
    assert (second["usable"], second["maxconn"], result["changed"]) == (False, None, False)


@pytest.mark.parametrize("state", ["drain", "maint"])
def test_out_of_service(run_module: RunModule, compute: FakeHaproxy, state: str) -> None:
    server = compute.backends["compute"].servers["ctl1"]
    server.sessions = 2
    later(0.1, lambda: setattr(server, "sessions", 0))
    options = {**FAST, "servers": ["ctl1"], "state": state, "socket": compute.path}
    begin = time.monotonic()
    result = run_module(haproxy_server, diff=True, **options)
    assert time.monotonic() - begin > 0.1
    assert result["changed"] is True
    assert result["servers"][0]["admin"] == state
    assert result["diff"] == {"before": {"ctl1": "ready"}, "after": {"ctl1": state}}
    steps = ["drain"] if state == "drain" else ["drain", "maint"]
    assert compute.seen == [f"set server compute/ctl1 state {step}" for step in steps]
    assert run_module(haproxy_server, **options)["changed"] is False


def test_sessions_that_stay(run_module: RunModule, compute: FakeHaproxy) -> None:
    compute.backends["compute"].servers["ctl1"].sessions = 2
    result = run_module(haproxy_server, servers=["ctl1"], state="maint", socket=compute.path, **SHORT)
    assert result["msg"].startswith("After 0.3 s not every server of the backend compute is without sessions: ctl1 2.")
    assert result["changed"] is True
    assert (result["servers"][0]["admin"], result["servers"][0]["sessions"]) == ("drain", 2)
    assert compute.admin("compute") == {"ctl1": "drain", "ctl2": "ready"}


def test_drained_already_but_busy(run_module: RunModule, compute: FakeHaproxy) -> None:
    compute.backends["compute"].servers["ctl1"] = FakeServer(bits=DRAIN_BIT, sessions=1)
    result = run_module(haproxy_server, servers=["ctl1"], state="drain", socket=compute.path, **SHORT)
    assert (result["changed"], compute.seen) == (False, [])
    assert "without sessions: ctl1 1." in result["msg"]


def test_ready_waits_for_haproxy(run_module: RunModule, compute: FakeHaproxy) -> None:
    server = FakeServer(bits=MAINT_BIT, up=False)
    compute.backends["compute"].servers["ctl1"] = server
    options = {**FAST, "servers": ["ctl1"], "state": "ready", "socket": compute.path}
    failed = run_module(haproxy_server, **{**options, **SHORT})
    assert "is up: ctl1 DOWN L4CON. See what its health check gets" in failed["msg"]
    later(0.1, lambda: setattr(server, "up", True))
    result = run_module(haproxy_server, **options)
    assert (result["changed"], result["servers"][0]["usable"]) == (False, True)


@pytest.mark.parametrize(("names", "sentence"), [([], "ctl1, ctl2 are the last"), (["ctl2"], "ctl2 is the last")])
def test_last_ones(run_module: RunModule, compute: FakeHaproxy, names: list[str], sentence: str) -> None:
    if names:
        compute.backends["compute"].servers["ctl1"].up = False
    options = {**FAST, "servers": names, "state": "drain", "socket": compute.path}
    assert sentence in run_module(haproxy_server, **options)["msg"]
    assert "allow_last=true" in run_module(haproxy_server, check=True, **options)["msg"]
    assert compute.seen == []
    assert run_module(haproxy_server, allow_last=True, **options)["changed"] is True


def test_a_hold_counts_as_a_server(run_module: RunModule, compute: FakeHaproxy) -> None:
    compute.backends["compute"].servers["stackroll-hold"] = FakeServer(checked=False)
    options = {**FAST, "servers": ["ctl1", "ctl2"], "state": "maint", "socket": compute.path}
    assert run_module(haproxy_server, **options)["changed"] is True


def test_check_mode(run_module: RunModule, compute: FakeHaproxy) -> None:
    options = {**FAST, "servers": ["ctl1"], "state": "drain", "socket": compute.path}
    result = run_module(haproxy_server, check=True, diff=True, **options)
    assert (result["changed"], compute.seen) == (True, [])
    assert result["diff"] == {"before": {"ctl1": "ready"}, "after": {"ctl1": "drain"}}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"backend": "nova"}, "has no backend nova with servers. It has compute, placement."),
        ({"servers": ["ctl9"]}, "The backend compute has no server ctl9. It has ctl1, ctl2."),
        ({"backend": "compute; show info"}, "cannot be the name of a backend"),
    ],
)
def test_wrong_names(run_module: RunModule, compute: FakeHaproxy, options: dict[str, Any], sentence: str) -> None:
    result = run_module(haproxy_server, **{**FAST, "socket": compute.path, "state": "drain", **options})
    assert sentence in result["msg"]
    assert compute.seen == []


def test_level_too_low(run_module: RunModule, compute: FakeHaproxy) -> None:
    compute.level = "operator"
    result = run_module(haproxy_server, servers=["ctl1"], state="drain", socket=compute.path, **FAST)
    assert f"{compute.path} does not allow 'set server': its level is operator." in result["msg"]
    assert "level admin" in result["msg"]


def test_no_socket(run_module: RunModule, tmp_path: Path) -> None:
    result = run_module(haproxy_server, socket=str(tmp_path / "none"), **FAST)
    assert f"HAProxy does not listen at {tmp_path / 'none'}." in result["msg"]
    assert "stats socket" in result["msg"]


def test_a_state_that_does_not_come(run_module: RunModule, compute: FakeHaproxy) -> None:
    compute.refusals["set server compute/ctl1"] = ""
    result = run_module(haproxy_server, servers=["ctl1"], state="drain", socket=compute.path, **FAST)
    assert "HAProxy has accepted state drain for compute/ctl1, which is ready." in result["msg"]


def test_refused(run_module: RunModule, compute: FakeHaproxy) -> None:
    compute.refusals["set server compute/ctl1"] = "Cannot do that."
    result = run_module(haproxy_server, servers=["ctl1"], state="drain", socket=compute.path, **FAST)
    assert "refuses 'set server compute/ctl1 state drain': Cannot do that." in result["msg"]


def test_no_permission(run_module: RunModule, compute: FakeHaproxy, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_socket: RuntimeSocket, _command: str) -> str:
        raise PermissionError

    monkeypatch.setattr(RuntimeSocket, "_exchange", refuse)  # root may use every socket
    result = run_module(haproxy_server, socket=compute.path, **FAST)
    assert f"This account may not use HAProxy's socket {compute.path}." in result["msg"]
    assert "become: true" in result["msg"]
