# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small cloud on this machine, over HTTP: Keystone, Nova and Placement as far as a probe asks them, with faults on demand."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

PASSWORD = "s3cr3t-canary"
FLAVOR = {"id": "f1", "name": "m1.tiny"}
Json = dict[str, Any]


class LiveCloud:
    """*fault* says what goes wrong with a request (method, path): a status, ``reset``, ``cut``, ``drip``, ``slow <s>``, or nothing."""

    def __init__(self, certificate: Path | None = None) -> None:
        self.fault: Callable[[str, str], Any] = lambda _method, _path: None
        self.seen: list[tuple[str, str, dict[str, str]]] = []
        self.servers: dict[str, Json] = {}
        self.boot_status = "ACTIVE"
        self.boot_fault = ""
        self.undeletable: set[str] = set()
        self.lifetime = 3600.0
        self.tokens = 0
        self.booted = 0
        self._certificate = certificate
        self._server: ThreadingHTTPServer | None = None
        self.port = 0
        self.open()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"{'https' if self._certificate else 'http'}://127.0.0.1:{self.port}"

    def open(self) -> None:
        """Listen, again on the same port."""
        server = _Server(("127.0.0.1", self.port), _handler_of(self))
        server.daemon_threads = True
        if self._certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self._certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        self._server, self.port = server, server.server_port
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        """Refuse connections."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def options(self) -> Json:
        """The option cloud for it."""
        auth = {"auth_url": f"{self.url}/v3", "username": "u", "password": PASSWORD, "project_name": "p"}
        return {"auth": {**auth, "user_domain_id": "default", "project_domain_id": "default"}}

    def asked(self, method: str, path: str) -> int:
        """How many such requests there were."""
        return sum(1 for one, other, _headers in self.seen if (one, urlsplit(other).path) == (method, path))

    def answer(self, method: str, path: str, body: Json) -> tuple[int, Any]:
        """The answer of a healthy cloud."""
        parts = urlsplit(path)
        if parts.path == "/v3/auth/tokens":
            return self._issue(body)
        if parts.path.startswith("/compute/v2.1/servers"):
            return self._serve(method, parts.path.rpartition("/")[2], parse_qs(parts.query), body)
        known: dict[str, Any] = {
            "/v3": {"version": {"id": "v3.14"}},
            "/compute/v2.1/": {"version": {"version": "2.103"}},
            "/compute/v2.1/flavors": {"flavors": [FLAVOR]},
            "/compute/v2.1/flavors/f1": {"flavor": FLAVOR},
            "/placement/": {"versions": [{"max_version": "1.39"}]},
            "/placement/resource_providers": {"resource_providers": []},
            "/placement/resource_classes/VCPU": {"name": "VCPU"},
            "/image/v2/images": {"images": [{"id": "i1", "name": "cirros"}]},
            "/network/v2.0/networks": {
                "networks": [{"id": "n1", "name": "net"}, {"id": "n2", "name": "twin"}, {"id": "n3", "name": "twin"}]
            },
        }
        return (
            (200, known[parts.path]) if parts.path in known else (404, {"itemNotFound": {"message": "no such thing"}})
        )

    def _issue(self, body: Json) -> tuple[int, Any]:
        if body["auth"]["identity"]["password"]["user"]["password"] != PASSWORD:
            return 401, {"error": {"message": "no"}}
        self.tokens += 1
        now = datetime.now(timezone.utc)
        paths = {"compute": "/compute/v2.1", "placement": "/placement", "image": "/image", "network": "/network"}
        catalog = [
            {
                "type": kind,
                "name": kind,
                "endpoints": [
                    {"id": kind, "interface": "public", "region": "one", "region_id": "one", "url": self.url + path}
                ],
            }
            for kind, path in paths.items()
        ]
        moments = {"issued_at": now.isoformat(), "expires_at": (now + timedelta(seconds=self.lifetime)).isoformat()}
        return 201, {"token": {"methods": ["password"], "catalog": catalog, "roles": [], **moments}}

    def _serve(self, method: str, last: str, query: Any, body: Json) -> tuple[int, Any]:
        if method == "POST":
            self.booted += 1
            uuid = f"s{self.booted}"
            fault = {"fault": {"message": self.boot_fault}} if self.boot_fault else {}
            self.servers[uuid] = {**body["server"], "id": uuid, "status": self.boot_status, **fault}
            return 202, {"server": {"id": uuid}}
        if last in ("servers", "detail"):
            prefix = query.get("name", [""])[0]
            return 200, {"servers": [item for item in self.servers.values() if item["name"].startswith(prefix)]}
        if last not in self.servers:
            return 404, {"itemNotFound": {"message": "gone"}}
        if method == "DELETE":
            if last not in self.undeletable:
                del self.servers[last]
            return 204, None
        return 200, {"server": self.servers[last]}


class _Server(ThreadingHTTPServer):
    allow_reuse_address = True
    request_queue_size = 128

    def handle_error(self, *_args: Any) -> None:
        """Clients that go away are part of it."""


def _handler_of(cloud: LiveCloud) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = json.loads(self.rfile.read(length)) if length else {}
            cloud.seen.append((self.command, self.path, dict(self.headers)))
            fault = cloud.fault(self.command, self.path)
            if fault == "reset":
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
                return
            if isinstance(fault, str) and fault.startswith("slow"):
                time.sleep(float(fault.split()[1]))
            status, data = (fault, {}) if isinstance(fault, int) else cloud.answer(self.command, self.path, body)
            self._send(status, data, fault)

        def _send(self, status: int, data: Any, fault: Any) -> None:
            content = b"" if data is None else json.dumps(data).encode()
            self.send_response(status)
            if status == 201:
                self.send_header("X-Subject-Token", f"token-{cloud.tokens}")
            if status in (301, 302):
                self.send_header("Location", "/elsewhere")
            self.send_header("x-openstack-request-id", f"req-{len(cloud.seen)}")
            self.send_header("Content-Length", str(len(content) + (100 if fault == "cut" else 0)))
            self.end_headers()
            if fault == "drip":
                for byte in content:
                    self.wfile.write(bytes([byte]))
                    time.sleep(0.1)
            else:
                self.wfile.write(content)

        do_GET = do_POST = do_DELETE = _any  # noqa: N815  # the names that http.server calls

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Keep quiet."""

    return Handler
