# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One backend of a load balancer, asked at its own address: for its version document, then with a token.

Only *url* says where requests go. Links in answers name the virtual address, so that nothing is taken from them.
"""

from __future__ import annotations

import http.client
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.stackroll.nova.plugins.module_utils.api.answer import Answer
from ansible_collections.stackroll.nova.plugins.module_utils.api.errors import ApiError
from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.wire import Reply, Request, Trust, Wire
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput

LOG = "Look at its log."
PLACE = "Check service and url."
RELEASE = "Look which release runs there."
REMEDIES = {
    401: "Check the account, and [keystone_authtoken] of this backend: it does not take what Keystone has just issued.",
    403: "Use an account with the admin role.",
}
_COMPUTE_ID = re.compile(r"v2\.([1-9]\d*)")
_MICROVERSION = re.compile(r"\d+\.\d+")


@dataclass(frozen=True)
class Service:
    """An API: its program, and a read that needs token, policy and database and still costs next to nothing."""

    program: str
    read: str
    key: str


SERVICES = {
    "compute": Service("nova-api", "/servers?limit=1", "servers"),
    "placement": Service("placement-api", "/resource_providers?name=stackroll-api-ready", "resource_providers"),
}


@dataclass(frozen=True)
class Versions:
    """The microversions of a backend, and the path of the versioned API below its root."""

    path: str
    min: str
    max: str


@dataclass
class Look:
    """What one look has shown; *seconds* is what the slowest of its answers took, *refused* says that waiting does not help."""

    versions: Versions | None = None
    seconds: float | None = None
    waiting_for: str | None = None
    last_answer: str | None = None
    remedy: str = ""
    refused: bool = False

    def lacks(self, waiting_for: str, last_answer: str, remedy: str = LOG) -> Look:
        """The same, with what is missing."""
        self.waiting_for, self.last_answer, self.remedy = waiting_for, last_answer.rstrip("."), remedy
        return self

    def to_dict(self) -> dict[str, Any]:
        """The module's result."""
        return {
            "ready": self.waiting_for is None,
            "versions": {"min": self.versions.min, "max": self.versions.max} if self.versions else None,
            "answers": None if self.seconds is None else round(self.seconds, 3),
            "waiting_for": self.waiting_for,
            "last_answer": self.last_answer,
        }


class Backend:
    """One backend and a token for it."""

    def __init__(self, service: str, root: str, wire: Wire, token: str) -> None:
        """*root* is what root_of gives."""
        self._kind = service
        self._service = SERVICES[service]
        self._root = root
        self._wire = wire
        self._token = token
        self.name = f"{self._service.program} at {root}"

    def look(self, requests: int, expected: str | None) -> Look:
        """One look: the version document, then so many authenticated requests in a row, until something is not as it should be."""
        look = Look()
        try:
            look.versions = read_versions(self._kind, self._get(look, "/", {}))
        except ApiError as error:
            return look.lacks("its version document", error.message)
        except ValueError as error:
            return look.lacks("its version document", f"GET {self._root}/ answered 200: {error}", PLACE)
        if expected is not None and look.versions.max != expected:
            return look.lacks(f"{expected} as its newest microversion", f"it is {look.versions.max}", RELEASE)
        return self._authenticate(look, look.versions.path + self._service.read, requests)

    def _authenticate(self, look: Look, path: str, requests: int) -> Look:
        for number in range(1, requests + 1):
            failure = self._failure(look, path)
            if failure is not None:
                look.refused = failure.status == 403
                which = f" ({number} of {requests})" if requests > 1 else ""
                remedy = REMEDIES.get(failure.status or 0, LOG)
                return look.lacks(f"an authenticated request to succeed{which}", failure.message, remedy)
        return look

    def _failure(self, look: Look, path: str) -> ApiError | None:
        """What is wrong with one authenticated request."""
        try:
            data = self._get(look, path, {"X-Auth-Token": self._token})
        except ApiError as error:
            return error
        if isinstance(data, dict) and isinstance(data.get(self._service.key), list):
            return None
        return ApiError("GET", self._root + path, f"the answer has no list of {self._service.key}", 200)

    def _get(self, look: Look, path: str, headers: Mapping[str, str]) -> Any:
        """The decoded answer. Raises ApiError for everything but 200 with JSON."""
        begin = time.monotonic()
        reply = self._wire.send(Request(self._kind, "api_ready", "GET", self._root + path, headers))
        seconds = time.monotonic() - begin
        if reply.status is not None:
            look.seconds = max(look.seconds or 0.0, seconds)
        return self._decoded(reply, self._root + path)

    def _decoded(self, reply: Reply, url: str) -> Any:
        if reply.status is None:
            raise ApiError("GET", url, reply.detail or str(reply.error))
        # Texts are cut to length later, where a part of the token would not be known as such.
        content = reply.content.replace(self._token.encode(), b"***")
        reason = http.client.responses.get(reply.status, "no reason given")
        request_id = reply.headers.get("x-openstack-request-id")
        if reply.status >= 400:
            Answer(reply.status, reason, content, request_id).decode("GET", url)
        if reply.status != 200:
            raise ApiError("GET", url, reason, reply.status, request_id)
        if reply.json() is None:
            raise ApiError("GET", url, "the answer is not JSON", 200, request_id)
        return reply.json()


def root_of(url: str) -> str:
    """The URL without a slash at its end. Raises InvalidInput, whose text shows no password."""
    if not _is_root(url):
        raise InvalidInput(
            "The option url is not the URL of a backend.",
            "Write http or https, an address, and a port and path if there are any, such as http://192.0.2.11:8774.",
        )
    root = url.rstrip("/")
    if re.search(r"/v\d+(\.\d+)?$", root):
        raise InvalidInput(
            f"The option url is {url}, which is one version of the API.", f"Write {root.rpartition('/')[0]}."
        )
    return root


def _is_root(url: str) -> bool:
    try:
        parts = urlsplit(url)
        reachable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return reachable and not ("@" in parts.netloc or "?" in url or "#" in url or re.search(r"\s", url))


def wire_for(verify: bool | str, cert: Any, params: Mapping[str, Any]) -> Wire:
    """A way to the backend that verifies as that to the cloud does (*verify*, *cert*), with ca_file in the place of its authorities."""
    ca_file = params["ca_file"] if params["validate_certs"] is not False else None
    try:
        return Wire(Trust(ca_file or verify, cert), params["request_timeout"], "api_ready")
    except InvalidInput as error:
        if not ca_file:
            raise
        raise InvalidInput(
            f"The option ca_file is {ca_file}. {error.message}", "Name a file of PEM certificates."
        ) from error


def read_versions(service: str, document: Any) -> Versions:
    """From the document at the root of an API. Raises ValueError with a part of a sentence."""
    entries = document.get("versions") if isinstance(document, dict) else None
    found = [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    if service == "placement":
        versions = [Versions("", str(entry.get("min_version")), str(entry.get("max_version"))) for entry in found]
    else:
        known = [(match, entry) for entry in found if (match := _COMPUTE_ID.fullmatch(str(entry.get("id"))))]
        known.sort(key=lambda each: int(each[0][1]))
        versions = [
            Versions(f"/{match[0]}", str(entry.get("min_version")), str(entry.get("version"))) for match, entry in known
        ]
    if not versions or not (_MICROVERSION.fullmatch(versions[-1].min) and _MICROVERSION.fullmatch(versions[-1].max)):
        raise ValueError(f"it is no version document of the {service} API")
    return versions[-1]
