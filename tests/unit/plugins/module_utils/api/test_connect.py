# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connecting for real, to a Keystone of one page."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.api.errors import CloudConfigError
from ansible_collections.stackroll.nova.plugins.module_utils.api.session import Cloud
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.version import VERSION

pytestmark = pytest.mark.filterwarnings("ignore:Support for InfluxDB")
SEEN: list[tuple[str, str, str]] = []
SERVICES = ["compute", "placement"]


class Handler(BaseHTTPRequestHandler):
    """Answers like Keystone, Nova and Placement, without state."""

    def _answer(self, data: Any, status: int = 200, **headers: str) -> None:
        SEEN.append((self.command, self.path, self.headers["User-Agent"]))
        body = json.dumps(data).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def do_GET(self) -> None:
        if self.path.rstrip("/") == "/v3":
            links = [{"rel": "self", "href": f"{self.base}/v3/"}]
            self._answer({"version": {"id": "v3.14", "status": "stable", "links": links}})
        else:
            self._answer({"services": [], "resource_providers": []})

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        password = json.loads(self.rfile.read(length))["auth"]["identity"]["password"]["user"]["password"]
        if password != "right":
            self._answer({"error": {"message": "The request you have made requires authentication."}}, 401)
            return
        catalog = [
            {
                "type": kind,
                "name": kind,
                "endpoints": [
                    {
                        "id": kind,
                        "interface": "public",
                        "region": "one",
                        "region_id": "one",
                        "url": f"{self.base}/{kind}",
                    }
                ],
            }
            for kind in SERVICES
        ]
        token = {"methods": ["password"], "expires_at": "2099-01-01T00:00:00.000000Z", "catalog": catalog}
        self._answer({"token": token}, 201, X_Subject_Token="secret-token")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Keep quiet."""


@pytest.fixture
def keystone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """The URL of a server that plays all services."""
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "none.yaml"))
    SEEN.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join(5)


def options(url: str, password: str = "right", **more: Any) -> dict[str, Any]:
    auth = {"auth_url": f"{url}/v3", "username": "u", "password": password, "project_name": "p"}
    return {"cloud": None, "auth": {**auth, "user_domain_id": "default", "project_domain_id": "default"}, **more}


def test_one_token_for_everything(keystone: str) -> None:
    cloud = Cloud.connect(options(keystone))
    cloud.map(lambda _number: cloud.nova("GET", "/os-services"), range(20))
    cloud.placement("GET", "/resource_providers")
    assert [item[:2] for item in SEEN].count(("POST", "/v3/auth/tokens")) == 1
    assert [item[:2] for item in SEEN].count(("GET", "/compute/v2.1/os-services")) == 20
    assert all(agent.startswith(f"stackroll.nova/{VERSION} ") for _method, _path, agent in SEEN)
    assert cloud.counters() == {"requests": len(SEEN), "writes": 0}
    assert len(SEEN) == 1 + 20 + 1, "no version is asked for"


@pytest.mark.parametrize(
    ("change", "less"),
    [
        ({}, ()),
        ({"default_domain_id": "default"}, ("user_domain_id", "project_domain_id")),
    ],
)
def test_keystone_is_asked_for_its_versions_where_it_matters(
    keystone: str, change: dict[str, str], less: tuple[str, ...]
) -> None:
    given = options(keystone)
    auth = {name: value for name, value in {**given["auth"], **change}.items() if name not in less}
    Cloud.connect({**given, "auth": auth}).nova("GET", "/os-services")
    assert (("GET", "/v3") in [item[:2] for item in SEEN]) == bool(change)


def test_wrong_credentials(keystone: str) -> None:
    with pytest.raises(CloudConfigError, match=r"The cloud cannot be used: .*401"):
        Cloud.connect(options(keystone, "wrong"))


def test_no_such_endpoint(keystone: str) -> None:
    with pytest.raises(CloudConfigError, match="no endpoint of type compute"):
        Cloud.connect(options(keystone, region_name="two"))


def test_nobody_there(keystone: str) -> None:
    with pytest.raises(CloudConfigError, match="The cloud cannot be used"):
        Cloud.connect(options("http://127.0.0.1:9", api_timeout=2))


def test_no_such_cloud(keystone: str) -> None:
    with pytest.raises(CloudConfigError, match="Cloud nope was not found"):
        Cloud.connect({"cloud": "nope"})
