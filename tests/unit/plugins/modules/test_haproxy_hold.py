# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""haproxy_hold with a real relay process; the runtime socket is a fake one, the test itself plays HAProxy's connections."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.balancer.hold_record import HoldFiles
from ansible_collections.stackroll.nova.plugins.modules import haproxy_hold
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_haproxy import (
    CONFIGURED_BIT,
    DRAIN_BIT,
    MAINT_BIT,
    FakeHaproxy,
    FakeServer,
)
from ansible_collections.stackroll.nova.tests.unit.plugins.modules.conftest import RunModule
from ansible_collections.stackroll.nova.tests.unit.plugins.tcp_servers import Client, NamedServer

Call = Callable[..., dict[str, Any]]
READY, DRAINED = {"ctl1": "ready", "ctl2": "ready"}, {"ctl1": "drain", "ctl2": "drain"}


class Site:
    """A balancer with the backend compute, and the servers behind it."""

    def __init__(self, haproxy: FakeHaproxy, call: Call) -> None:
        self.haproxy = haproxy
        self.apis = {name: NamedServer(name) for name in ("ctl1", "ctl2")}
        backend = haproxy.add("compute", **{name: FakeServer(port=api.port) for name, api in self.apis.items()})
        self.servers = backend.servers
        self.call = call

    def client(self) -> Client:
        """A request that HAProxy sends to the relay."""
        return Client(self.servers["stackroll-hold"].port)

    def admin(self) -> dict[str, str]:
        """What was set for the servers."""
        return self.haproxy.admin("compute")

    def when_drained(self, action: Callable[[], None]) -> None:
        """Do something in a moment after the servers were drained."""

        def watch() -> None:
            while "set server compute/ctl2 state drain" not in self.haproxy.seen:
                time.sleep(0.01)
            time.sleep(0.3)
            action()

        threading.Thread(target=watch, daemon=True).start()

    def wait(self, state: str, seconds: float = 10) -> dict[str, Any]:
        """Wait until the hold is in that state."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            hold: dict[str, Any] = self.call()["hold"]
            if hold["state"] == state:
                return hold
            time.sleep(0.05)
        raise AssertionError(hold)


@pytest.fixture
def site(haproxy: FakeHaproxy, run_module: RunModule) -> Iterator[Site]:
    """Two servers that work, and no relay left when the test is over."""

    def call(check: bool = False, diff: bool = False, **options: Any) -> dict[str, Any]:
        common = {"socket": haproxy.path, "run_dir": haproxy.run_dir, "backend": "compute", "timeout": 10}
        return run_module(haproxy_hold, check=check, diff=diff, **{**common, **options})

    made = Site(haproxy, call)
    yield made
    for api in made.apis.values():
        api.stop()
    files = HoldFiles(haproxy.run_dir, haproxy.path, "compute")
    record = files.read()
    if record is not None and record.state != "released" and record.pid:
        with contextlib.suppress(OSError):
            os.kill(record.pid, signal.SIGKILL)
        while (lock := files.try_lock()) is None:
            time.sleep(0.05)
        os.close(lock)


def kill_with_guard(pid: int) -> None:
    """Nobody is left who could mend it."""
    guard = int(Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[1])
    os.kill(guard, signal.SIGKILL)
    os.kill(pid, signal.SIGKILL)
    time.sleep(0.2)


def test_held_and_released(site: Site) -> None:
    held = site.call(state="held", diff=True)
    assert (held["changed"], held["hold"]["state"], held["hold"]["drained"]) == (True, "held", ["ctl1", "ctl2"])
    assert site.admin() == {**DRAINED, "stackroll-hold": "ready"}
    assert held["diff"] == {"before": READY, "after": site.admin()}
    assert next(command for command in site.haproxy.seen if command.startswith("add")).endswith("pool-max-conn 0")
    clients = [site.client() for _number in range(3)]
    time.sleep(0.2)
    info = site.call()
    assert (info["hold"]["held"], info["hold"]["open"], info["changed"]) == (3, 3, False)
    assert info["hold"]["longest_wait"] >= 0.2
    assert clients[0].hear(0.05) is None

    released = site.call(state="released", to=["ctl2"])
    assert [client.hear() for client in clients] == ["ctl2 hello"] * 3
    hold = released["hold"]
    assert (released["changed"], hold["cause"], hold["to"], hold["forwarded"]) == (True, "asked", ["ctl2"], 3)
    assert (hold["held"], hold["failed"], hold["abandoned"], hold["problems"]) == (0, 0, 0, [])
    assert 0.2 <= hold["longest_wait"] <= hold["seconds"] + 0.2
    assert (site.admin()["ctl1"], site.admin()["ctl2"]) == ("drain", "ready")

    clients[0].say("again")
    assert clients[0].hear() == "ctl2 again"
    for client in clients:
        client.close()
    assert site.wait("released")["open"] == 0
    assert site.admin() == {"ctl1": "drain", "ctl2": "ready"}


def test_the_relay_is_usable_before_the_others_are_drained(site: Site) -> None:
    site.call(state="held")
    seen = [command.split(" ", 2)[2] for command in site.haproxy.seen]
    assert [each.split(" 127")[0] for each in seen] == [
        "compute/stackroll-hold",
        "compute/stackroll-hold state ready",
        "compute/ctl1 state drain",
        "compute/ctl2 state drain",
    ]
    site.haproxy.seen.clear()
    site.call(state="released", until="ended")
    assert [command.split("/")[1] for command in site.haproxy.seen] == [
        "ctl1 state ready",
        "ctl2 state ready",
        "stackroll-hold state drain",
        "stackroll-hold state maint",
        "stackroll-hold",
    ]


def test_twice(site: Site) -> None:
    first = site.call(state="held")
    again = site.call(state="held")
    assert (again["changed"], again["hold"]["relay"]) == (False, first["hold"]["relay"])
    assert site.call(state="released", until="ended")["changed"] is True
    done = site.call(state="released")
    assert (done["changed"], done["hold"]["state"], site.admin()) == (False, "released", READY)
    assert site.call(state="held")["hold"]["relay"]["pid"] != first["hold"]["relay"]["pid"]


def test_without_a_hold(site: Site) -> None:
    assert site.call()["hold"] == {"state": "none"}
    result = site.call(state="released", to=["ctl1"])
    assert (result["changed"], result["hold"], site.haproxy.seen) == (False, {"state": "none"}, [])
    assert not Path(site.haproxy.run_dir).exists()


def test_check_mode(site: Site) -> None:
    would = site.call(state="held", check=True, diff=True)
    assert (would["changed"], would["diff"]["after"]) == (True, {**DRAINED, "stackroll-hold": "ready"})
    assert site.haproxy.seen == []
    site.call(state="held")
    assert site.call(state="held", check=True)["changed"] is False
    site.haproxy.seen.clear()
    would = site.call(state="released", to=["ctl1"], check=True, diff=True)
    assert (would["changed"], would["diff"]["after"]) == (True, {"ctl1": "ready", "ctl2": "drain"})
    assert (site.haproxy.seen, site.call()["hold"]["state"]) == ([], "held")


def test_sessions_are_waited_for(site: Site) -> None:
    site.servers["ctl1"].sessions = 1
    site.when_drained(lambda: setattr(site.servers["ctl1"], "sessions", 0))
    assert site.call(state="held")["hold"]["seconds"] >= 0.3


def test_sessions_that_stay(site: Site) -> None:
    site.servers["ctl1"].sessions, site.servers["ctl2"].queued = 2, 1
    clients: list[Client] = []
    site.when_drained(lambda: clients.append(site.client()))
    result = site.call(state="held", drain_timeout=1)
    assert "cannot be held: ctl1 still had 2 sessions, ctl2 still had 1 session after 1." in result["msg"]
    assert "Everything was put back: ctl1, ctl2 gets the requests" in result["msg"]
    assert (result["hold"]["cause"], result["changed"]) == ("drain timeout", False)
    assert clients[0].hear() in ("ctl1 hello", "ctl2 hello")
    clients[0].close()
    site.wait("released")
    assert site.admin() == READY


def test_the_watchdog(site: Site) -> None:
    site.servers["ctl2"].up = False
    site.servers["spare"] = FakeServer(bits=MAINT_BIT)
    site.call(state="held", max_hold=0.8, drain_timeout=0.5)
    client = site.client()
    assert client.hear() == "ctl1 hello"
    client.close()
    hold = site.wait("released")
    assert (hold["cause"], hold["to"], hold["forwarded"]) == ("watchdog", ["ctl1"], 1)
    assert 0.7 <= hold["seconds"] < 3
    # Who was ready but down is ready again, and up when its check says so; who was out stays out.
    assert site.admin() == {**READY, "spare": "maint"}
    assert site.servers["ctl2"].up is False
    result = site.call(state="released", to=["ctl2"])
    assert result["changed"] is False
    assert "released (watchdog) to ctl1, not to ctl2" in str(result["warnings"])


def test_the_watchdog_leaves_out_who_does_not_answer(site: Site) -> None:
    site.call(state="held", max_hold=0.8, drain_timeout=0.5)
    site.apis["ctl1"].stop()
    client = site.client()
    assert client.hear() == "ctl2 hello"
    client.close()
    hold = site.wait("released")
    assert (hold["to"], hold["problems"]) == (["ctl2"], ["ctl1 does not accept connections any more."])
    assert site.admin() == {"ctl1": "drain", "ctl2": "ready"}


@pytest.mark.parametrize("later", [False, True])
def test_a_chosen_fallback(site: Site, later: bool) -> None:
    site.servers["ctl1"].bits = DRAIN_BIT
    held = site.call(state="held", max_hold=2, drain_timeout=0.5, fallback=[] if later else ["ctl1"])
    if later:
        assert held["hold"]["fallback"] == ["ctl2"]
        assert site.call(state="held", fallback=["ctl1"], check=True)["changed"] is True
        assert site.call(state="held", fallback=["ctl1"])["changed"] is True
        assert "has no server ctl9" in site.call(state="held", fallback=["ctl9"])["msg"]
    again = site.call(state="held", fallback=["ctl1"])
    assert (again["changed"], again["hold"]["fallback"]) == (False, ["ctl1"])
    client = site.client()
    assert client.hear() == "ctl1 hello"
    client.close()
    assert site.wait("released")["to"] == ["ctl1"]
    assert site.admin() == {"ctl1": "ready", "ctl2": "drain"}


def test_asked_to_end(site: Site) -> None:
    """A host that stops its processes asks them first."""
    pid = site.call(state="held")["hold"]["relay"]["pid"]
    client = site.client()
    os.kill(pid, signal.SIGTERM)
    assert client.hear() in ("ctl1 hello", "ctl2 hello")
    client.close()
    assert site.wait("released")["cause"] == "watchdog"
    assert site.admin() == READY


def test_the_relay_is_killed(site: Site) -> None:
    pid = site.call(state="held")["hold"]["relay"]["pid"]
    client = site.client()
    os.kill(pid, signal.SIGKILL)
    assert client.hear() == ""
    hold = site.wait("released")
    assert (hold["cause"], hold["to"], hold["relay"]["left"]) == ("relay lost", ["ctl1", "ctl2"], False)
    assert site.admin() == READY


def test_relay_and_guard_are_killed(site: Site) -> None:
    pid = site.call(state="held")["hold"]["relay"]["pid"]
    kill_with_guard(pid)
    assert site.admin() == {**DRAINED, "stackroll-hold": "ready"}
    result = site.call(state="released", to=["ctl2"])
    assert (result["changed"], result["hold"]["cause"]) == (True, "relay lost")
    assert "requests that it held have failed" in str(result["warnings"])
    assert site.admin() == {"ctl1": "drain", "ctl2": "ready"}


@pytest.mark.parametrize("text", ["{", "[]", '{"state": "held"}'])
def test_a_record_that_cannot_be_read(site: Site, text: str) -> None:
    site.call(state="held")
    site.call(state="released", until="ended")
    (path,) = Path(site.haproxy.run_dir).glob("*.json")
    path.write_text(text, encoding="utf-8")
    assert f"The record of a hold {path} is damaged" in site.call(state="held")["msg"]
    path.unlink()


def test_a_hold_after_a_lost_one(site: Site) -> None:
    kill_with_guard(site.call(state="held")["hold"]["relay"]["pid"])
    again = site.call(state="held")
    assert (again["changed"], again["hold"]["fallback"]) == (True, ["ctl1", "ctl2"])
    site.call(state="released", until="ended")
    assert site.admin() == READY


def test_down_for_haproxy_but_proved(site: Site) -> None:
    site.servers["ctl1"].bits = MAINT_BIT
    site.call(state="held")
    site.servers["ctl1"].up = False
    site.call(state="released", to=["ctl1"])
    assert "set server compute/ctl1 health up" in site.haproxy.seen
    assert (site.servers["ctl1"].up, site.admin()["ctl1"], site.admin()["ctl2"]) == (True, "ready", "drain")


def test_released_to_nobody(site: Site) -> None:
    site.call(state="held")
    site.apis["ctl1"].stop()
    result = site.call(state="released", to=["ctl1"])
    port = site.servers["ctl1"].port
    assert f"ctl1 (127.0.0.1:{port}) does not accept connections, so nothing is released to it." in result["msg"]
    assert result["hold"]["state"] == "held"
    assert "has no server ctl9" in site.call(state="released", to=["ctl9"])["msg"]
    assert "is the relay itself" in site.call(state="released", to=["stackroll-hold"])["msg"]
    assert site.admin() == {**DRAINED, "stackroll-hold": "ready"}


def test_released_to_whoever_is_left(site: Site) -> None:
    site.call(state="held")
    site.apis["ctl1"].stop()
    result = site.call(state="released", until="ended")
    assert (result["hold"]["cause"], result["hold"]["to"]) == ("asked", ["ctl2"])
    assert "ctl1 does not accept connections any more." in str(result["warnings"])
    assert site.admin() == {"ctl1": "drain", "ctl2": "ready"}


def test_nobody_answers_when_the_time_is_up(site: Site) -> None:
    site.call(state="held", max_hold=0.8, drain_timeout=0.5)
    for api in site.apis.values():
        api.stop()
    client = site.client()
    time.sleep(1)
    assert (client.hear(0.01), site.call()["hold"]["state"]) == (None, "held")
    site.apis["ctl2"] = NamedServer("again", site.servers["ctl2"].port)
    assert client.hear() == "again hello"
    client.close()
    assert site.wait("released")["to"] == ["ctl2"]


@pytest.mark.parametrize("checked", [False, True])
def test_a_line_in_the_configuration(site: Site, checked: bool) -> None:
    site.haproxy.version = "2.4.0"
    line = FakeServer(port=1, bits=MAINT_BIT | CONFIGURED_BIT, checked=checked)
    site.servers["stackroll-hold"] = line
    assert site.call(state="held")["hold"]["relay"]["left"] is False
    assert line.checked is False
    client = site.client()
    site.call(state="released")
    assert client.hear() == "ctl1 hello"
    client.close()
    site.wait("released")
    assert site.admin() == {**READY, "stackroll-hold": "maint"}


def test_a_stream_that_still_names_the_relay(site: Site) -> None:
    """HAProxy 2.6.12 would free the server under it."""
    site.haproxy.streams.append("be=compute srv=stackroll-hold")
    site.call(state="held")
    hold = site.call(state="released", until="ended")["hold"]
    assert (hold["state"], hold["relay"]["left"]) == ("released", True)
    assert site.admin() == {**READY, "stackroll-hold": "maint"}
    site.haproxy.streams.clear()
    site.call(state="held")
    assert site.call(state="released", until="ended")["hold"]["relay"]["left"] is False
    assert site.admin() == READY


def test_somebody_makes_a_server_ready(site: Site) -> None:
    site.call(state="held")
    site.servers["ctl2"].bits = 0
    assert "ctl2 of compute gets requests although they are held." in site.call(state="held")["msg"]


@pytest.mark.parametrize(
    ("version", "change", "options", "sentence"),
    [
        ("2.4.1", {}, {}, "HAProxy 2.4.1 cannot add a server while it runs."),
        ("2.6.12", {"up": False}, {}, "No server of the backend compute can be used"),
        ("2.6.12", {"tls": True}, {}, "HAProxy speaks TLS to the servers of compute"),
        ("2.6.12", {"port": 0}, {}, "ctl1, ctl2 has no address with a port"),
        ("2.6.12", {"address": "-"}, {}, "ctl1, ctl2 has no address with a port"),
        ("2.6.12", {}, {"drain_timeout": 30}, "drain_timeout is not shorter than max_hold."),
        ("2.6.12", {}, {"relay_server": "a b"}, "cannot be the name of a backend or server"),
    ],
)
def test_what_cannot_be_held(
    site: Site, version: str, change: dict[str, Any], options: dict[str, Any], sentence: str
) -> None:
    site.haproxy.version = version
    for server in site.servers.values():
        for name, value in change.items():
            setattr(server, name, value)
    assert sentence in site.call(state="held", **options)["msg"]
    assert site.admin() == READY


def test_a_backend_that_takes_no_server(site: Site) -> None:
    site.haproxy.backends["compute"].dynamic = False
    result = site.call(state="held")
    assert "Backend must use a dynamic load balancing" in result["msg"]
    assert (result["hold"]["cause"], site.admin()) == ("failed", READY)


def test_haproxy_refuses_in_the_middle(site: Site) -> None:
    site.haproxy.refusals["set server compute/ctl2 state drain"] = "Not now."
    result = site.call(state="held")
    assert "refuses 'set server compute/ctl2 state drain': Not now." in result["msg"]
    assert result["hold"]["cause"] == "failed"
    site.wait("released")
    assert site.admin() == READY


def test_who_was_out_before(site: Site) -> None:
    site.servers["ctl1"].bits = DRAIN_BIT
    assert site.call(state="held")["hold"]["drained"] == ["ctl2"]
    site.call(state="released", until="ended")
    assert site.admin() == {"ctl1": "drain", "ctl2": "ready"}
