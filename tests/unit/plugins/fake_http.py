# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server on this machine that plays Keystone and whatever else is in its catalog."""

from __future__ import annotations

import datetime
import ipaddress
import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

PLACEMENT_ROOT = {"versions": [{"id": "v1.0", "max_version": "1.39", "min_version": "1.0"}]}
CINDER_ROOT = {"versions": [{"version": "", "id": "v2.0"}, {"version": "3.71", "min_version": "3.0", "id": "v3.0"}]}
COMPUTE_ROOT = {"version": {"id": "v2.1", "version": "2.103", "min_version": "2.1"}}
PASSWORD = "s3cr3t-Zq"


class FakeHttp:
    """Routes by path: the data of the answer, or a status and data. *catalog* maps types to paths."""

    def __init__(self, certificate: Path | None = None) -> None:
        self.seen: list[tuple[str, str]] = []
        self.users: list[str | None] = []
        self.roles = ["admin", "member"]
        self.interfaces = ("public", "internal")
        self.catalog = {"placement": "/placement", "compute": "/compute/v2.1", "volumev3": "/volume/v3/p1"}
        self.routes: dict[str, Any] = {
            "/placement/": PLACEMENT_ROOT,
            "/volume/": CINDER_ROOT,
            "/compute/v2.1/": COMPUTE_ROOT,
        }
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def section(self, name: str, **options: str) -> str:
        """A section of nova.conf with an account."""
        account = {
            "auth_type": "password",
            "auth_url": f"{self.url}/v3",
            "username": "nova",
            "password": PASSWORD,
            "project_name": "service",
            "user_domain_id": "default",
            "project_domain_id": "default",
            **options,
        }
        return f"[{name}]\n" + "".join(f"{key} = {value}\n" for key, value in account.items() if value)

    def cloud(self, password: str = PASSWORD, **more: Any) -> dict[str, Any]:
        """The same account as the option cloud."""
        auth = {"auth_url": f"{self.url}/v3", "username": "nova", "password": password, "project_name": "service"}
        return {"auth": {**auth, "user_domain_id": "default", "project_domain_id": "default"}, **more}

    def token(self) -> dict[str, Any]:
        """What Keystone says to the right password."""
        catalog = [
            {
                "type": kind,
                "name": kind,
                "endpoints": [
                    {
                        "id": kind + interface,
                        "interface": interface,
                        "region": "one",
                        "region_id": "one",
                        "url": self.url + path,
                    }
                    for interface in self.interfaces
                ],
            }
            for kind, path in self.catalog.items()
        ]
        roles = [{"id": name, "name": name} for name in self.roles]
        token = {
            "methods": ["password"],
            "expires_at": "2099-01-01T00:00:00.000000Z",
            "catalog": catalog,
            "roles": roles,
        }
        return {"token": token}


def _handler_of(fake: FakeHttp) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _answer(self, data: Any, status: int = 200, **headers: str) -> None:
            fake.seen.append((self.command, self.path))
            body = data.encode() if isinstance(data, str) else json.dumps(data).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            path = self.path.split("?", 1)[0]
            if path.rstrip("/") == "/v3" and path not in fake.routes:
                links = [{"rel": "self", "href": f"{fake.url}/v3/"}]
                self._answer({"version": {"id": "v3.14", "status": "stable", "links": links}})
                return
            found = fake.routes.get(path, (404, {"error": {"message": "no such thing"}}))
            status, data = found if isinstance(found, tuple) else (200, found)
            self._answer(data, status)

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            user = body["auth"]["identity"]["password"]["user"]
            fake.users.append(user.get("name"))
            if user["password"] == PASSWORD:
                self._answer(fake.token(), 201, X_Subject_Token="secret-token")
            else:
                self._answer({"error": {"message": "The request you have made requires authentication."}}, 401)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Keep quiet."""

    return Handler


def certificate(folder: Path) -> Path:
    """A certificate for this machine, signed by itself, and its key in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path
