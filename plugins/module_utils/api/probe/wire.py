# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One HTTP request over one new connection, with one bound on all of it, and without any second try.

Nothing is reused, followed or repeated, because a client that does so does not see what is refused or cut. Proxies are not used.
"""

from __future__ import annotations

import http.client
import io
import json
import os
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.stackroll.nova.plugins.module_utils.api.answer import one_line
from ansible_collections.stackroll.nova.plugins.module_utils.availability.samples import (
    OTHER,
    REFUSED,
    RESET,
    TIMEOUT,
    TLS,
)
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.version import VERSION

USER_AGENT = f"stackroll.nova/{VERSION}"
_CUT = (
    ConnectionResetError,
    ConnectionAbortedError,
    BrokenPipeError,
    http.client.IncompleteRead,
    ssl.SSLEOFError,
    ssl.SSLZeroReturnError,
)


@dataclass(frozen=True)
class Request:
    """What to send; *provoked* are statuses from 300 on that are no failure."""

    api: str
    operation: str
    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    provoked: tuple[int, ...] = ()


@dataclass(frozen=True)
class Reply:
    """What came back: a status with the whole answer, or the kind of error, and as *detail* what the system says of it."""

    status: int | None
    error: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    content: bytes = field(default=b"", repr=False)
    detail: str = ""

    def json(self) -> Any:
        """The decoded answer; None when it is not JSON."""
        try:
            return json.loads(self.content)
        except ValueError:
            return None

    def mapping(self, key: str) -> dict[str, Any]:
        """What the decoded answer holds below *key*, empty when that is nothing of the kind."""
        data = self.json()
        found = data.get(key) if isinstance(data, dict) else None
        return found if isinstance(found, dict) else {}


@dataclass(frozen=True)
class Trust:
    """How certificates are verified, in the words of the requests library: *verify* is True, False or a path, *cert* a path or two."""

    verify: bool | str = True
    cert: Any = None

    def context(self) -> ssl.SSLContext:
        """The same for all connections, since reading the authorities costs much more than a request. Raises InvalidInput."""
        try:
            context = ssl.create_default_context(cafile=self._authorities())
            if self.verify is False:
                context.check_hostname = False
                context.verify_mode = ssl.CERT_NONE
            if self.cert:
                context.load_cert_chain(*([self.cert] if isinstance(self.cert, str) else self.cert))
        except (OSError, ValueError) as error:
            raise InvalidInput(
                f"The certificates cannot be read: {error}.", "Check ca_cert, client_cert and client_key."
            ) from error
        return context

    def _authorities(self) -> str | None:
        if isinstance(self.verify, str):
            return self.verify
        given = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
        if given:
            return given
        try:
            from requests.utils import DEFAULT_CA_BUNDLE_PATH
        except ImportError:
            return None
        return str(DEFAULT_CA_BUNDLE_PATH)


class Wire:
    """Sends requests, with the name of a module in their User-Agent; safe to use from several threads."""

    def __init__(self, trust: Trust, timeout: float, module: str = "api_probe") -> None:
        self.timeout = timeout
        self._module = module
        self._context = trust.context()

    def send(self, request: Request) -> Reply:
        """One request; whatever goes wrong is a kind of error and no exception."""
        deadline = _Deadline(self.timeout)
        try:
            return self._exchange(request, deadline)
        except (OSError, http.client.HTTPException, ValueError) as error:
            return Reply(None, _kind(error), detail=one_line(error))

    def _exchange(self, request: Request, deadline: _Deadline) -> Reply:
        parts = urlsplit(request.url)
        secure = parts.scheme == "https"
        host = parts.hostname or ""
        plain = socket.create_connection((host, parts.port or (443 if secure else 80)), timeout=deadline.left())
        with plain:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            plain.settimeout(deadline.left())
            connection = self._context.wrap_socket(plain, server_hostname=host) if secure else plain
            with connection:
                connection.settimeout(deadline.left())
                target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
                connection.sendall(_encoded(request, target, parts.netloc, f"{USER_AGENT} {self._module}"))
                return _read(connection, request.method, deadline)


def _kind(error: Exception) -> str:
    if isinstance(error, (socket.timeout, TimeoutError)):
        return TIMEOUT
    if isinstance(error, ConnectionRefusedError):
        return REFUSED
    if isinstance(error, _CUT):
        return RESET
    return TLS if isinstance(error, ssl.SSLError) else OTHER


def _encoded(request: Request, target: str, host: str, agent: str) -> bytes:
    lines = [f"{request.method} {target} HTTP/1.1", f"Host: {host.rpartition('@')[2]}", f"User-Agent: {agent}"]
    lines += ["Connection: close", "Accept: application/json"]
    lines += [f"{name}: {value}" for name, value in request.headers.items()]
    if request.body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(request.body)}"]
    if any("\r" in line or "\n" in line for line in lines):
        raise ValueError("a header holds a line break")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + (request.body or b"")


def _read(connection: socket.socket, method: str, deadline: _Deadline) -> Reply:
    answer = http.client.HTTPResponse(_Source(connection, deadline), method=method)  # type: ignore[arg-type]  # makefile is all it uses
    try:
        answer.begin()
        content = answer.read()
        return Reply(answer.status, None, {name.lower(): value for name, value in answer.getheaders()}, content)
    finally:
        answer.close()


class _Deadline:
    """One bound for connecting, sending and reading, however slowly the other side drips."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds that are left. Raises TimeoutError when there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


class _Source(io.RawIOBase):
    """A connection to read from, each time within what is left."""

    def __init__(self, connection: socket.socket, deadline: _Deadline) -> None:
        super().__init__()
        self._connection = connection
        self._deadline = deadline

    def makefile(self, *_args: Any, **_options: Any) -> io.BufferedReader:
        """What http.client reads from."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Called by BufferedReader."""
        self._connection.settimeout(self._deadline.left())
        return self._connection.recv_into(buffer)
