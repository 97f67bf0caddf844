# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors, headers, retries and counting of one client."""

from __future__ import annotations

from typing import Any

import pytest
from keystoneauth1 import exceptions
from keystoneauth1.session import Session

from ansible_collections.stackroll.nova.plugins.module_utils.api.errors import ApiError
from ansible_collections.stackroll.nova.plugins.module_utils.api.options import sdk_arguments
from ansible_collections.stackroll.nova.plugins.module_utils.api.session import Cloud, RequestCounter
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_openstack import Answer


class OneAnswer:
    """A session that always gives the same answer."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.seen: list[tuple[str, str, dict[str, Any]]] = []

    def request(self, url: str, method: str, **options: Any) -> Any:
        self.seen.append((method, url, options))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def client(answer: Any) -> tuple[Cloud, OneAnswer]:
    session = OneAnswer(answer)
    return Cloud(session, {"compute": "http://n/v2.1", "placement": "http://p"}, RequestCounter()), session


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"errors": [{"detail": "x", "code": "placement.concurrent_update"}]}, "placement.concurrent_update"),
        ({"errors": [{"detail": "x"}]}, None),
        ({"errors": []}, None),
        ({"conflictingRequest": {"message": "x"}}, None),
        (["x"], None),
    ],
)
def test_the_code_of_an_error(data: Any, code: str | None) -> None:
    with pytest.raises(ApiError) as caught:
        client(Answer(409, data))[0].placement("PUT", "/allocations/x", body={})
    assert caught.value.code == code


def test_a_microversion_of_its_own() -> None:
    cloud, session = client(Answer(200, {}))
    cloud.placement("GET", "/x", microversion="1.38")
    assert session.seen[0][2]["headers"]["OpenStack-API-Version"] == "placement 1.38"


def test_versions_and_bodies() -> None:
    cloud, session = client(Answer(200, {"x": 1}))
    assert cloud.nova("GET", "/os-services", params={"a": 1}) == {"x": 1}
    cloud.placement("PUT", "/y", body={"b": 2})
    (method, url, options), (_method, _url, put) = session.seen
    assert (method, url, options["params"]) == ("GET", "http://n/v2.1/os-services", {"a": 1})
    assert options["headers"]["OpenStack-API-Version"] == "compute 2.95"
    assert put["headers"]["OpenStack-API-Version"] == "placement 1.37"
    assert put["json"] == {"b": 2}


def test_only_reads_are_tried_again() -> None:
    cloud, session = client(Answer(200, {}))
    cloud.nova("GET", "/a")
    cloud.nova("PUT", "/a", body={})
    assert session.seen[0][2]["status_code_retries"] == 3
    assert "status_code_retries" not in session.seen[1][2]
    assert "connect_retries" not in session.seen[1][2]


@pytest.mark.parametrize(
    ("answer", "status", "unavailable", "text"),
    [
        (
            Answer(404, {"itemNotFound": {"message": "Not here."}}),
            404,
            False,
            "GET /a answered 404: Not here (request req-1).",
        ),
        (
            Answer(409, {"errors": [{"detail": "conflict"}]}),
            409,
            False,
            "GET /a answered 409: conflict (request req-1). ",
        ),
        (Answer(503, None), 503, True, "GET /a answered 503: because (request req-1)."),
        (Answer(403, ["odd"]), 403, False, "GET /a answered 403: because"),
        (exceptions.ConnectTimeout("timed out"), None, True, "GET /a got no answer: timed out."),
    ],
)
def test_errors(answer: Any, status: int | None, unavailable: bool, text: str) -> None:
    cloud, _session = client(answer)
    with pytest.raises(ApiError) as caught:
        cloud.nova("GET", "/a")
    assert (caught.value.status, caught.value.unavailable) == (status, unavailable)
    assert str(caught.value).startswith(text)


def test_an_answer_that_is_no_json() -> None:
    answer = Answer(200, None)
    answer.content = b"<html>"
    with pytest.raises(ApiError, match="the answer is not JSON"):
        client(answer)[0].nova("GET", "/a")


def test_counting_sees_what_goes_over_the_wire(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session()
    sent: list[str] = []
    monkeypatch.setattr(session.session, "send", lambda request, **_options: sent.append(request.method) or "answer")
    counter = RequestCounter.attach(session)
    for method, url in (
        ("POST", "http://k/v3/auth/tokens"),
        ("GET", "http://n"),
        ("PUT", "http://n"),
        ("DELETE", "http://n"),
    ):
        request = type("Request", (), {"method": method, "url": url})()
        assert session.session.send(request) == "answer"
    assert sent == ["POST", "GET", "PUT", "DELETE"]
    assert counter.to_dict() == {"requests": 4, "writes": 2}


def test_map_keeps_the_order_and_raises() -> None:
    cloud, _session = client(Answer(200, {}))
    assert cloud.map(lambda number: number * 2, range(100)) == [number * 2 for number in range(100)]
    with pytest.raises(ZeroDivisionError):
        cloud.map(lambda number: 1 // number, [1, 0])


def test_options_for_the_sdk() -> None:
    params = {
        "cloud": "prod",
        "auth": None,
        "validate_certs": False,
        "ca_cert": "/ca",
        "client_key": "/k",
        "interface": None,
    }
    assert sdk_arguments(params) == {"cloud": "prod", "verify": False, "cacert": "/ca", "key": "/k"}
    assert sdk_arguments({"cloud": {"auth": {"a": 1}}, "region_name": None}) == {"auth": {"a": 1}}
    assert sdk_arguments({}) == {"cloud": None}


def test_a_whole_configuration_stands_alone() -> None:
    with pytest.raises(InvalidInput, match="region_name cannot be given beside it"):
        sdk_arguments({"cloud": {"auth": {}}, "region_name": "one"})
