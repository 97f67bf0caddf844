# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests to an application in this process, by means of one that is not Placement; tests/integration has the real ones."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from wsgiref.validate import validator

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.api import direct
from ansible_collections.stackroll.nova.plugins.module_utils.api.direct import DirectPlacement
from ansible_collections.stackroll.nova.plugins.module_utils.api.errors import ApiError
from ansible_collections.stackroll.nova.plugins.module_utils.api.placement import PlacementApi, providers
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError


class Application:
    """Says the same to every request, and remembers it."""

    def __init__(self) -> None:
        self.status = "200 OK"
        self.content = b"{}"
        self.seen: list[dict[str, Any]] = []
        self.bodies: list[bytes] = []

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterator[bytes]:
        self.seen.append(environ)
        self.bodies.append(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
        write = start_response(self.status, [("Content-Type", "text/plain"), ("X-OpenStack-Request-Id", "req-1")])
        write(self.content[:1])
        yield self.content[1:]


def whole(application: Application) -> Callable[..., Iterable[bytes]]:
    """The application without what the validator wants of servers only."""

    def call(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        answer = validator(application)(environ, start_response)
        try:
            return list(answer)
        finally:
            answer.close()  # type: ignore[attr-defined]

    return call


@pytest.fixture
def application(monkeypatch: pytest.MonkeyPatch) -> Application:
    found = Application()
    monkeypatch.setattr(direct, "_application", lambda _files, _may_write: whole(found))
    return found


def test_a_request_is_made_as_the_service_would_get_it(application: Application) -> None:
    placement = DirectPlacement(["/etc/placement/placement.conf"])
    application.content = b'{"x": 1}'
    params = {"name": "a&b", "in_tree": None, "required": ["A", "B"]}
    assert placement.placement("GET", "/resource_providers/%C3%A4?z=1", params=params) == {"x": 1}
    seen = application.seen[0]
    assert (seen["REQUEST_METHOD"], seen["PATH_INFO"]) == ("GET", "/resource_providers/ä".encode().decode("latin-1"))
    assert seen["QUERY_STRING"] == "z=1&name=a%26b&required=A&required=B"
    assert seen["HTTP_OPENSTACK_API_VERSION"] == "placement 1.37"
    assert (seen["HTTP_X_ROLES"], seen["HTTP_X_AUTH_TOKEN"]) == ("admin,service", "admin")
    assert seen["HTTP_ACCEPT"] == "application/json"
    assert "CONTENT_TYPE" not in seen
    assert application.bodies == [b""]


def test_a_body_a_microversion_and_roles(application: Application) -> None:
    placement = DirectPlacement([], roles=["reader"])
    application.status, application.content = "201 Created", b""
    assert placement.placement("POST", "/reshaper", body={"ä": [1]}, microversion="1.30") is None
    seen = application.seen[0]
    assert json.loads(application.bodies[0]) == {"ä": [1]}
    assert seen["CONTENT_TYPE"] == "application/json"
    assert (seen["HTTP_OPENSTACK_API_VERSION"], seen["HTTP_X_ROLES"]) == ("placement 1.30", "reader")


def test_errors_are_those_of_the_api(application: Application) -> None:
    application.status = "409 Conflict"
    application.content = b'{"errors": [{"detail": "too late.", "code": "placement.concurrent_update"}]}'
    with pytest.raises(ApiError) as caught:
        DirectPlacement([]).placement("PUT", "/allocations/x", body={})
    assert str(caught.value).startswith("PUT /allocations/x answered 409: too late (request req-1).")
    assert (caught.value.status, caught.value.code) == (409, "placement.concurrent_update")


def test_requests_are_counted_and_mapped_one_by_one(application: Application) -> None:
    placement: PlacementApi = DirectPlacement([])
    application.content = b'{"resource_providers": []}'
    assert placement.map(lambda _number: providers(placement), range(3)) == [[], [], []]
    placement.placement("DELETE", "/x")
    assert placement.counters() == {"requests": 4, "writes": 1}


def test_another_interpreter_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    direct._application.cache_clear()
    monkeypatch.setitem(__import__("sys").modules, "placement", None)
    with pytest.raises(
        StackrollError, match=r"no code of Placement .* own interpreter: set ansible_python_interpreter"
    ):
        DirectPlacement(["/etc/placement/placement.conf"])
