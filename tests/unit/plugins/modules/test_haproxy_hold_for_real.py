# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""haproxy_hold with a real HAProxy, where there is one: requests under load, none lost."""

from __future__ import annotations

import http.client
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.modules import haproxy_hold
from ansible_collections.stackroll.nova.tests.unit.plugins.modules.conftest import RunModule
from ansible_collections.stackroll.nova.tests.unit.plugins.tcp_servers import free_port

HAPROXY = shutil.which("haproxy")
CONFIGURATION = """
global
    stats socket {directory}/admin.sock level admin
defaults
    mode http
    timeout connect 3s
    timeout client 30s
    timeout server 30s
    {reuse}
frontend compute
    bind 127.0.0.1:{port}
    default_backend compute
backend compute
    balance roundrobin
    server ctl1 127.0.0.1:{ctl1} check inter 500
    server ctl2 127.0.0.1:{ctl2} check inter 500
    {line}
"""
pytestmark = pytest.mark.skipif(HAPROXY is None, reason="there is no haproxy on this machine")


class Handler(BaseHTTPRequestHandler):
    """Takes a moment for everything."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Called by http.server."""
        time.sleep(0.02)
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_arguments: Any) -> None:
        """Called by http.server."""


class Load:
    """Clients that ask until they are stopped; *failures* is what was not answered with 200."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._end = threading.Event()
        self.requests = 0
        self.failures: list[object] = []
        self._threads = [threading.Thread(target=self._ask, args=(keep,), daemon=True) for keep in (True, False, False)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """No more requests."""
        self._end.set()
        for thread in self._threads:
            thread.join(30)

    def _ask(self, keep: bool) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
        while not self._end.wait(0.03):
            self.requests += 1
            try:
                connection.request("GET", "/")
                answer = connection.getresponse()
                answer.read()
                if answer.status != 200:
                    self.failures.append(answer.status)
            except OSError as error:
                self.failures.append(error)
            if not keep:
                connection.close()


@pytest.fixture(params=["added", "configured and pooled"])
def balancer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int]]:
    """The directory of a HAProxy and the port of its frontend."""
    directory = tmp_path_factory.mktemp("h")
    apis = [ThreadingHTTPServer(("127.0.0.1", 0), Handler) for _number in range(2)]
    for api in apis:
        threading.Thread(target=api.serve_forever, daemon=True).start()
    port, added = free_port(), request.param == "added"
    text = CONFIGURATION.format(
        directory=directory,
        port=port,
        ctl1=apis[0].server_port,
        ctl2=apis[1].server_port,
        line="" if added else f"server stackroll-hold 127.0.0.1:{free_port()} disabled",
        reuse="option http-server-close" if added else "http-reuse always",
    )
    (directory / "haproxy.cfg").write_text(text, encoding="utf-8")
    process = subprocess.Popen([str(HAPROXY), "-f", str(directory / "haproxy.cfg")], stdout=-3, stderr=-3)
    while not (directory / "admin.sock").exists():
        assert process.poll() is None
        time.sleep(0.05)
    time.sleep(1)
    yield directory, port
    process.kill()
    process.wait(10)
    for api in apis:
        api.shutdown()
        api.server_close()


def test_nothing_is_lost(run_module: RunModule, balancer: tuple[Path, int]) -> None:
    directory, port = balancer
    options = {"backend": "compute", "socket": str(directory / "admin.sock"), "run_dir": str(directory)}
    load = Load(port)
    for to in (["ctl1"], ["ctl2"], ["ctl1", "ctl2"]):
        assert run_module(haproxy_hold, state="held", **options)["hold"]["state"] == "held"
        time.sleep(0.5)
        released = run_module(haproxy_hold, state="released", to=to, until="ended", **options)
        assert (released["hold"]["state"], released["hold"]["failed"], released["hold"]["to"]) == ("released", 0, to)
        assert released["hold"]["forwarded"] == released["hold"]["accepted"] > 0
    load.stop()
    assert load.failures == []
    assert load.requests > 30
