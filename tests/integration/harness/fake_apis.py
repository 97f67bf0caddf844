# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""APIs of other versions than the cloud's own, and broken ones, served from this machine to the hosts of the cloud."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def versions(newest: str, name: str = "version") -> tuple[int, str]:
    """An API's list of versions."""
    entry = {"id": "v3.0", "status": "CURRENT", "links": [], "min_version": "3.0", name: newest}
    return 200, json.dumps({"versions": [entry]})


ANSWERS = {
    "/placement-1.4/": versions("1.4", "max_version"),
    "/placement-1.35/": versions("1.35", "max_version"),
    "/placement-1.36/": versions("1.36", "max_version"),
    "/placement-2.0/": versions("2.0", "max_version"),
    "/cinder-3.27/": versions("3.27"),
    "/cinder-3.44/": versions("3.44"),
    "/cinder-3.70/": versions("3.70"),
    "/cinder-2.0/": versions("2.0"),
    "/none/": (200, '{"versions": []}'),
    "/text/": (200, "It works!"),
    "/denied/": (401, "{}"),
    "/broken/": (500, "{}"),
    "/busy/": (503, "{}"),
}


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        code, text = ANSWERS.get(self.path, (404, "{}"))
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


@contextmanager
def fake_apis(host: str) -> Iterator[str]:
    """Serve the answers to a host of the cloud; gives the URL that reaches them from there."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((host, 9))
        address = probe.getsockname()[0]
    server = ThreadingHTTPServer((address, 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://{address}:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
