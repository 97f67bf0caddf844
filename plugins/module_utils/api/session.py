# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one way to a cloud: one token, one pool of connections, every request counted and bounded in time."""

from __future__ import annotations

import re
import threading
import traceback
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from ansible_collections.stackroll.nova.plugins.module_utils.api.answer import Answer, one_line
from ansible_collections.stackroll.nova.plugins.module_utils.api.errors import ApiError, CloudConfigError
from ansible_collections.stackroll.nova.plugins.module_utils.api.options import sdk_arguments
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import MissingLibrary
from ansible_collections.stackroll.nova.plugins.module_utils.model.microversions import (
    NOVA_MICROVERSION,
    PLACEMENT_MICROVERSION,
)
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.version import VERSION

THREADS = 8
# Longer than the 60 s that Nova itself waits for an answer of a compute service.
DEFAULT_TIMEOUT = 120
RETRIES = {
    "connect_retries": 3,
    "connect_retry_delay": 1,
    "status_code_retries": 3,
    "status_code_retry_delay": 1,
    "retriable_status_codes": [502, 503, 504],
}

T = TypeVar("T")
U = TypeVar("U")


class Cloud:
    """An authenticated cloud; safe to use from several threads."""

    def __init__(
        self,
        session: Any,
        endpoints: Mapping[str, str],
        counter: RequestCounter,
        find_endpoint: Callable[[str], str | None] = lambda _kind: None,
    ) -> None:
        self._session = session
        self._endpoints = endpoints
        self._counter = counter
        self.find_endpoint = find_endpoint

    @classmethod
    def connect(cls, params: Mapping[str, Any]) -> Cloud:
        """Find the cloud, get a token and the two endpoints; fails early and in one sentence."""
        try:
            import openstack  # noqa: F401  # only where the API is used: it costs 0.3 s
            from keystoneauth1.exceptions import ClientException
            from openstack.exceptions import SDKException
        except ImportError as error:
            raise MissingLibrary("openstacksdk", traceback.format_exc()) from error
        try:
            region = _region({"app_name": "stackroll.nova", "app_version": VERSION, **sdk_arguments(params)})
            session = region.get_session()
            session.timeout = session.timeout or DEFAULT_TIMEOUT
            counter = RequestCounter.attach(session)
            endpoints = {kind: _endpoint(region, session, kind) for kind in ("compute", "placement")}
        except (ClientException, SDKException, OSError) as error:
            raise CloudConfigError(
                f"The cloud cannot be used: {one_line(error)}.",
                "Check the option cloud, clouds.yaml or the OS_* variables on the host that runs this task.",
            ) from error
        return cls(session, endpoints, counter, region.get_session_endpoint)

    def nova(self, method: str, path: str, *, params: Mapping[str, Any] | None = None, body: Any = None) -> Any:
        """One request to the Compute API; returns the decoded answer."""
        return self._request(f"compute {NOVA_MICROVERSION}", method, path, params, body)

    def placement(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        microversion: str = PLACEMENT_MICROVERSION,
    ) -> Any:
        """One request to Placement; returns the decoded answer."""
        return self._request(f"placement {microversion}", method, path, params, body)

    def root(self, kind: str) -> Any:
        """The document at the root of an API, ``compute`` or ``placement``, which tells its versions."""
        url = self._endpoints[kind]
        return self.get((re.sub(r"(/v2(\.\d+)?)/.*$", r"\1", url) if kind == "compute" else url) + "/")

    def get(self, url: str) -> Any:
        """The decoded answer to GET of any URL of the cloud."""
        return self._send("GET", url, url, {"Accept": "application/json"})

    def roles(self) -> tuple[str, ...]:
        """The names of the account's roles, as its token has them; none for an authentication without token."""
        find = getattr(self._session.auth, "get_access", None)
        return tuple(find(self._session).role_names) if find else ()

    def map(self, function: Callable[[T], U], items: Iterable[T]) -> list[U]:
        """Call the function for all items, a few at a time; results in the order of the items."""
        with ThreadPoolExecutor(max_workers=THREADS) as pool:
            return list(pool.map(function, items))

    @property
    def user_id(self) -> str | None:
        """As whom we are logged in; what we do is recorded under this name."""
        user_id = self._session.get_user_id()
        return str(user_id) if user_id else None

    def token(self) -> str:
        """The token itself, for requests that do not go over the session; to be hidden wherever text is shown. Raises CloudConfigError."""
        from keystoneauth1.exceptions import ClientException

        try:
            token = self._session.get_token()
        except ClientException as error:
            raise CloudConfigError(
                f"The cloud gives no token: {one_line(error)}.", "Check the credentials of the cloud."
            ) from error
        if not token:
            raise CloudConfigError(
                "This kind of authentication has no token.", "Use a password or an application credential."
            )
        return str(token)

    @property
    def session(self) -> Any:
        """The session of keystoneauth, for what has to look below."""
        return self._session

    def endpoint(self, kind: str) -> str:
        """Where an API is, ``compute`` or ``placement``."""
        return self._endpoints[kind]

    def counters(self) -> dict[str, int]:
        """How many requests were sent so far, and how many of them could change something."""
        return self._counter.to_dict()

    def _request(self, version: str, method: str, path: str, params: Mapping[str, Any] | None, body: Any) -> Any:
        url = self._endpoints[version.split(maxsplit=1)[0]] + path
        headers = {"OpenStack-API-Version": version, "Accept": "application/json"}
        return self._send(method, url, path, headers, params=params, body=body)

    def _send(
        self,
        method: str,
        url: str,
        name: str,
        headers: Mapping[str, str],
        *,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
    ) -> Any:
        from keystoneauth1.exceptions import ClientException

        more: dict[str, Any] = dict(RETRIES) if method == "GET" else {}
        if body is not None:
            more["json"] = body
        try:
            answer = self._session.request(url, method, params=params, raise_exc=False, headers=dict(headers), **more)
        except ClientException as error:
            raise ApiError(method, name, one_line(error)) from error
        request_id = answer.headers.get("x-openstack-request-id")
        return Answer(answer.status_code, answer.reason, answer.content, request_id).decode(method, name)


class RequestCounter:
    """Counts what really goes over the wire, retries and tokens included."""

    def __init__(self) -> None:
        self.requests = 0
        self.writes = 0
        self._lock = threading.Lock()

    @classmethod
    def attach(cls, session: Any) -> RequestCounter:
        """Count all requests of a keystoneauth session."""
        counter = cls()
        counter.count_all(session)
        return counter

    def count_all(self, session: Any) -> None:
        """Count the requests of one more session."""
        transport = session.session
        send = transport.send

        def counting_send(request: Any, **options: Any) -> Any:
            self.count(request.method, request.url)
            return send(request, **options)

        transport.send = counting_send

    def count(self, method: str, url: str) -> None:
        """Note one request; asking for a token changes nothing in the cloud."""
        reads = method in ("GET", "HEAD") or url.endswith("/auth/tokens")
        with self._lock:
            self.requests += 1
            self.writes += 0 if reads else 1

    def to_dict(self) -> dict[str, int]:
        """The counts as a module result."""
        return {"requests": self.requests, "writes": self.writes}


def _region(arguments: Mapping[str, Any]) -> Any:
    """The configuration of the cloud. A password for a URL that says v3 needs no asking which versions of Keystone there are."""
    import openstack

    region = openstack.config.get_cloud_region(**arguments)
    auth = region.config.get("auth") or {}
    is_v3 = str(auth.get("auth_url", "")).rstrip("/").endswith("/v3")
    if region.config.get("auth_type") == "password" and is_v3 and not any(name.startswith("default_") for name in auth):
        return openstack.config.get_cloud_region(**{**arguments, "auth_type": "v3password"})
    return region


def _endpoint(region: Any, session: Any, kind: str) -> str:
    """The URL in the configuration or in the catalog as it stands: each request names its microversion, so nothing is to be found out."""
    from keystoneauth1.exceptions import EndpointNotFound

    try:
        url = region.get_endpoint(kind) or session.get_endpoint(
            service_type=kind,
            interface=region.get_interface(kind),
            region_name=region.get_region_name(kind),
            service_name=region.get_service_name(kind),
            skip_discovery=True,
        )
    except EndpointNotFound:
        url = None
    if not url:
        raise CloudConfigError(
            f"The service catalog has no endpoint of type {kind} for this region and interface.",
            "Check region_name and interface.",
        )
    url = str(url).rstrip("/")
    if kind == "compute" and not re.search(r"/v2(\.\d+)?(/|$)", url):
        url += "/v2.1"
    return url
