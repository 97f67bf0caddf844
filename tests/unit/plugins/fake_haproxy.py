# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A runtime socket that answers as HAProxy 2.6.12 was seen to answer, with backends made of dictionaries."""

from __future__ import annotations

import shutil
import socket
import tempfile
import threading
from dataclasses import dataclass, field

STATES = (
    "# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight"
    " srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state"
    " bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr"
    " srv_agent_addr srv_agent_port"
)
STATISTICS = "# pxname,svname,qcur,qmax,scur,smax,slim,stot,status,weight,check_status,addr,mode,"
MAINT_BIT, CONFIGURED_BIT, DRAIN_BIT = 1, 4, 8
BITS = {"ready": 0, "drain": DRAIN_BIT, "maint": MAINT_BIT}


@dataclass
class FakeServer:
    """One server; *sessions* and *queued* are set by tests, *up* is what health checks say of it."""

    address: str = "127.0.0.1"
    port: int = 8774
    bits: int = 0
    up: bool = True
    checked: bool = True
    sessions: int = 0
    queued: int = 0
    limit: int = 0
    tls: bool = False
    weight: int = 1
    added: bool = False

    @property
    def admin(self) -> str:
        """The state that was set last."""
        return "maint" if self.bits & MAINT_BIT else "drain" if self.bits & DRAIN_BIT else "ready"

    def status(self) -> str:
        """HAProxy's word."""
        if self.admin != "ready":
            return self.admin.upper()
        return ("UP" if self.up else "DOWN") if self.checked else "no check"


@dataclass
class FakeBackend:
    """A backend; only those with a dynamic balance take further servers."""

    servers: dict[str, FakeServer] = field(default_factory=dict)
    mode: str = "http"
    dynamic: bool = True


class FakeHaproxy:
    """Listens at *path*; *seen* are the commands that change something, *refusals* answers to commands by their begin."""

    def __init__(self) -> None:
        self._directory = tempfile.mkdtemp(prefix="hap-")  # the path of a Unix socket must be short
        self.path = f"{self._directory}/admin.sock"
        self.run_dir = f"{self._directory}/run"
        self.backends: dict[str, FakeBackend] = {}
        self.level = "admin"
        self.version = "2.6.12-1+deb12u4"
        self.seen: list[str] = []
        self.refusals: dict[str, str] = {}
        self.streams: list[str] = []
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(self.path)
        self._socket.listen(50)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def add(self, backend: str, *, mode: str = "http", dynamic: bool = True, **servers: FakeServer) -> FakeBackend:
        """A backend with these servers."""
        self.backends[backend] = FakeBackend(dict(servers), mode, dynamic)
        return self.backends[backend]

    def admin(self, backend: str) -> dict[str, str]:
        """What was set for each server."""
        return {name: server.admin for name, server in self.backends[backend].servers.items()}

    def stop(self) -> None:
        """Nobody listens any more."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)
        shutil.rmtree(self._directory, ignore_errors=True)

    def _serve(self) -> None:
        while True:
            try:
                connection, _address = self._socket.accept()
            except OSError:
                return
            with connection:
                command = connection.makefile().readline().strip()
                connection.sendall(self._answer(command).encode())

    def _answer(self, command: str) -> str:
        words = command.split()
        for begin, answer in self.refusals.items():
            if command.startswith(begin):
                return answer + "\n\n"
        if words[0] == "show":
            return self._show(words)
        if self.level != "admin":
            return "Permission denied\n\n"
        self.seen.append(command)
        backend, _slash, name = words[2].partition("/")
        if backend not in self.backends:
            return "No such backend.\n\n"
        return self._change(self.backends[backend], name, words)

    def _show(self, words: list[str]) -> str:
        if words[1:] == ["cli", "level"]:
            return f"{self.level}\n\n"
        if words[1:] == ["info"]:
            return f"Name: HAProxy\nVersion: {self.version}\nPid: 4711\nNbthread: 1\n\n"
        if words[1:] == ["sess"]:
            return "".join(f"0x55: proto=tcpv4 fe=f {stream} ts=00 age=1s\n" for stream in self.streams) + "\n"
        return self._show_states() if words[1] == "servers" else self._show_statistics()

    def _show_states(self) -> str:
        lines = ["1", STATES]
        for name, backend in self.backends.items():
            for number, (server_name, server) in enumerate(backend.servers.items(), 1):
                operational = 2 if server.up and not server.bits & MAINT_BIT else 0
                lines.append(
                    f"3 {name} {number} {server_name} {server.address} {operational} {server.bits} {server.weight} 1 5 6 3 2"
                    f" {6 if server.checked else 0} 0 0 0 - {server.port} - {int(server.tls)} 0 - - 0"
                )
        return "\n".join(lines) + "\n\n"

    def _show_statistics(self) -> str:
        lines = [STATISTICS]
        for name, backend in self.backends.items():
            for server_name, server in backend.servers.items():
                lines.append(
                    f"{name},{server_name},{server.queued},0,{server.sessions},0,{server.limit or ''},0,{server.status()},1,"
                    f"{('L7OK' if server.up else 'L4CON') if server.checked else ''},{server.address}:{server.port},{backend.mode},"
                )
            lines.append(f"{name},BACKEND,0,0,0,0,410,0,UP,1,,,{backend.mode},")
        return "\n".join(lines) + "\n\n"

    def _change(self, backend: FakeBackend, name: str, words: list[str]) -> str:
        if words[0] == "add":
            return self._add_server(backend, name, words)
        server = backend.servers.get(name)
        if server is None:
            return "No such server.\n" + ("" if words[0] == "del" else "\n")
        if words[0] == "del":
            if server.admin != "maint":
                return "Only servers in maintenance mode can be deleted.\n"
            del backend.servers[name]
            return "Server deleted.\n"
        if words[:2] == ["disable", "health"]:
            server.checked = False
        elif words[3] == "addr":
            server.address, server.port = words[4], int(words[6])
            return "no need to change the addr, port changed from '1' to '2' by 'stats socket command'\n\n"
        elif words[3] == "health":
            server.up = words[4] == "up"
        else:
            server.bits = BITS[words[4]] | (server.bits & CONFIGURED_BIT)
        return "\n"

    def _add_server(self, backend: FakeBackend, name: str, words: list[str]) -> str:
        if not backend.dynamic:
            return "Backend must use a dynamic load balancing to support dynamic servers.\n"
        if name in backend.servers:
            return "Already exists a server with the same name in backend.\n\n"
        address, _colon, port = words[3].rpartition(":")
        backend.servers[name] = FakeServer(address, int(port), bits=MAINT_BIT, checked=False, added=True)
        return "New server registered.\n\n"
