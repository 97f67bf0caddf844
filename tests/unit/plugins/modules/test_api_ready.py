# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""api_ready: what proves that a backend serves, what is looked at again, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.runtime.deadline import Deadline
from ansible_collections.stackroll.nova.plugins.modules import api_ready
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_http import certificate
from ansible_collections.stackroll.nova.tests.unit.plugins.live_cloud import PASSWORD, LiveCloud
from ansible_collections.stackroll.nova.tests.unit.plugins.modules.conftest import RunModule
from ansible_collections.stackroll.nova.tests.unit.plugins.tcp_servers import NamedServer

pytestmark = pytest.mark.filterwarnings("ignore:Support for InfluxDB")
Json = dict[str, Any]
GOOD: Json = {"servers": [], "resource_providers": []}
SECRET = "gAAAAA-t0ken-Zq"


class Node(LiveCloud):
    """A backend: the roots of nova-api or placement-api with links to the virtual address, and what *replies* holds by path."""

    def __init__(self, virtual: str = "http://api.invalid", certificate: Path | None = None) -> None:
        self.replies: dict[str, Any] = {
            "/": {"versions": compute_versions(virtual)},
            "/v2.1/servers": {"servers": [], "servers_links": [{"rel": "next", "href": f"{virtual}/v2.1/servers"}]},
            "/resource_providers": {"resource_providers": []},
        }
        super().__init__(certificate)

    def answer(self, _method: str, path: str, _body: Json) -> tuple[int, Any]:
        """Whatever it is asked for."""
        found = self.replies.get(path.partition("?")[0], (404, {"itemNotFound": {"message": "no such thing"}}))
        return found if isinstance(found, tuple) else (200, found)

    @property
    def paths(self) -> list[str]:
        """What it was asked for."""
        return [path for _method, path, _headers in self.seen]


def compute_versions(virtual: str) -> list[Json]:
    old = {"id": "v2.0", "status": "DEPRECATED", "version": "", "min_version": ""}
    new = {"id": "v2.1", "status": "CURRENT", "version": "2.103", "min_version": "2.1"}
    return [{**each, "links": [{"rel": "self", "href": f"{virtual}/{each['id']}/"}]} for each in (old, new)]


def placement_version() -> Json:
    return {"id": "v1.0", "status": "CURRENT", "max_version": "1.39", "min_version": "1.0", "links": []}


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[LiveCloud]:
    """A Keystone, with a catalog of the virtual address."""
    for name in ("OS_CLOUD", "OS_AUTH_URL", "OS_CLIENT_CONFIG_FILE"):
        monkeypatch.delenv(name, raising=False)
    live = LiveCloud()
    yield live
    live.close()


@pytest.fixture
def node() -> Iterator[Node]:
    """A backend that serves."""
    found = Node()
    yield found
    found.close()


Ask = Callable[..., Json]


@pytest.fixture
def ask(run_module: RunModule, cloud: LiveCloud, node: Node) -> Ask:
    """A function that runs the module, and makes sure that its result holds no secret."""

    def run(service: str = "compute", **options: Any) -> Json:
        if service == "placement":
            node.replies["/"] = {"versions": [placement_version()]}
        more = {"url": node.url, "timeout": 3, "interval": 1, "cloud": cloud.options(), **options}
        result = run_module(api_ready, service=service, **more)
        assert PASSWORD not in json.dumps(result)
        assert f"token-{cloud.tokens}" not in json.dumps(result)
        assert result["changed"] is False
        return result

    return run


def test_a_nova_api_is_ready_at_once(ask: Ask, node: Node, no_sleep: list[float]) -> None:
    result = ask("compute")
    assert (result["ready"], result["versions"], result["tries"]) == (True, {"min": "2.1", "max": "2.103"}, 1)
    assert (result["waited"], result["waiting_for"], result["last_answer"]) == (0, None, None)
    assert node.paths == ["/", "/v2.1/servers?limit=1"]
    assert no_sleep == []


def test_a_placement_api_is_ready_at_once(ask: Ask, node: Node) -> None:
    result = ask("placement")
    assert (result["ready"], result["versions"], result["tries"]) == (True, {"min": "1.0", "max": "1.39"}, 1)
    assert node.paths == ["/", "/resource_providers?name=stackroll-api-ready"]


def test_only_what_needs_the_token_gets_it(ask: Ask, cloud: LiveCloud, node: Node) -> None:
    result = ask(requests=2)
    assert [headers.get("X-Auth-Token") for _method, _path, headers in node.seen] == [None, "token-1", "token-1"]
    assert [headers["User-Agent"].endswith(" api_ready") for _method, _path, headers in node.seen] == [True] * 3
    assert (cloud.tokens, result["api"]["writes"]) == (1, 0)
    assert cloud.asked("GET", "/compute/v2.1/servers") == 0, "the virtual address is not asked"


def test_every_one_of_several_requests_counts(ask: Ask, node: Node, no_sleep: list[float]) -> None:
    node.fault = lambda _method, path: 503 if path != "/" and len(node.seen) == 4 else None
    result = ask(requests=3)
    assert (result["ready"], result["tries"]) == (True, 2)
    assert (node.asked("GET", "/"), node.asked("GET", "/v2.1/servers")) == (2, 3 + 3)
    assert no_sleep == [1]


def test_it_says_which_of_several_requests_has_failed(ask: Ask, node: Node) -> None:
    node.fault = lambda _method, path: 503 if path != "/" and len(node.seen) > 2 else None
    assert "waiting for an authenticated request to succeed (2 of 3): GET" in ask(requests=3, timeout=0)["msg"]


def test_it_waits_for_one_that_is_just_starting(ask: Ask, node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[Deadline] = []

    def pause(deadline: Deadline) -> None:
        pauses.append(deadline)
        if len(pauses) == 2:
            node.open()

    node.close()
    node.fault = lambda _method, path: {2: 503, 3: "reset", 4: 401}.get(len(pauses)) if path != "/" else None
    monkeypatch.setattr(Deadline, "pause", pause)
    result = ask(timeout=60)
    assert (result["ready"], result["tries"], result["last_answer"]) == (True, 6, None)


def test_a_version_document_alone_proves_nothing(ask: Ask, node: Node, no_sleep: list[float]) -> None:
    node.replies["/v2.1/servers"] = (500, {"computeFault": {"message": "Unexpected API Error."}})
    result = ask()
    assert result["failed"]
    assert result["msg"] == (
        f"nova-api at {node.url} is not ready after 3 s, waiting for an authenticated request to succeed: "
        f"GET {node.url}/v2.1/servers?limit=1 answered 500: Unexpected API Error (request req-8). Look at its log."
    )
    assert (result["ready"], result["versions"]["max"], result["tries"], result["waited"]) == (False, "2.103", 4, 3)
    assert result["last_answer"].endswith("Unexpected API Error (request req-8)")
    assert no_sleep == [1, 1, 1]


def test_nobody_listens(ask: Ask, node: Node, no_sleep: list[float]) -> None:
    node.close()
    result = ask("placement")
    assert result["msg"].startswith(
        f"placement-api at {node.url} is not ready after 3 s, waiting for its version document: "
        f"GET {node.url}/ got no answer: [Errno 111] Connection refused"
    )
    assert (result["versions"], result["answers"]) == (None, None)


def test_a_request_has_a_bound_of_its_own(ask: Ask, node: Node) -> None:
    node.fault = lambda _method, path: None if path == "/" else "slow 0.2"
    result = ask(request_timeout=0.05, timeout=0)
    assert "got no answer: timed out" in result["msg"]
    assert ask(requests=1)["answers"] >= 0.2


def test_a_refused_account_is_not_waited_for(ask: Ask, node: Node, no_sleep: list[float]) -> None:
    node.replies["/resource_providers"] = (403, {"errors": [{"detail": "Policy does not allow it."}]})
    result = ask("placement")
    assert result["msg"] == (
        f"placement-api at {node.url} refuses the account: GET {node.url}/resource_providers?name=stackroll-api-ready "
        "answered 403: Policy does not allow it (request req-2). Use an account with the admin role."
    )
    assert (result["ready"], result["tries"], no_sleep) == (False, 1, [])


def test_a_token_that_is_never_taken(ask: Ask, node: Node, no_sleep: list[float]) -> None:
    node.replies["/v2.1/servers"] = (401, {"error": {"message": "The request requires authentication."}})
    result = ask()
    assert "answered 401: The request requires authentication (request req-8). Check the account, and" in result["msg"]
    assert result["tries"] == 4


@pytest.mark.parametrize(("service", "path"), [("compute", "/v2.1/servers"), ("placement", "/resource_providers")])
@pytest.mark.parametrize("reply", [(302, GOOD), (203, GOOD), "<html>", {"other": []}, []])
def test_other_answers_prove_nothing(ask: Ask, node: Node, service: str, path: str, reply: Any) -> None:
    node.replies[path] = reply
    result = ask(service, timeout=0)
    assert "waiting for an authenticated request to succeed: GET" in result["msg"]
    assert "/elsewhere" not in node.paths


@pytest.mark.parametrize(
    "document",
    [
        {"version": {"id": "v2.1", "version": "2.103", "min_version": "2.1"}},
        {"versions": [{"id": "v2.0", "version": "", "min_version": ""}]},
        {"versions": [{"id": "v2.1/../../evil", "version": "2.103", "min_version": "2.1"}]},
        {"versions": [{"id": "v2.1", "version": None, "min_version": "2.1"}]},
        {"versions": [placement_version()]},
        {"versions": None},
        [],
    ],
)
def test_other_documents_are_no_version_document(ask: Ask, node: Node, document: Any) -> None:
    node.replies["/"] = document
    result = ask(timeout=0)
    assert (
        f"GET {node.url}/ answered 200: it is no version document of the compute API. Check service and url."
        in result["msg"]
    )
    assert (result["versions"], node.paths) == (None, ["/"])


@pytest.mark.parametrize("reply", [(500, {}), (403, {}), (300, {"choices": []}), "<html>"])
def test_a_version_document_that_is_not_there(ask: Ask, node: Node, reply: Any) -> None:
    node.replies["/"] = reply
    result = ask(timeout=0)
    assert "waiting for its version document: GET" in result["msg"]
    assert node.paths == ["/"]


def test_another_release_is_not_ready(ask: Ask, node: Node, no_sleep: list[float]) -> None:
    result = ask(expected_max_version="2.104")
    assert result["msg"] == (
        f"nova-api at {node.url} is not ready after 3 s, waiting for 2.104 as its newest microversion: it is 2.103. "
        "Look which release runs there."
    )
    assert result["versions"] == {"min": "2.1", "max": "2.103"}
    assert set(node.paths) == {"/"}
    assert ask(expected_max_version="2.103")["ready"]


def test_check_mode_looks_once_and_does_not_fail(ask: Ask, node: Node, no_sleep: list[float]) -> None:
    assert ask(check=True)["ready"]
    for status in (500, 401, 403):
        node.replies["/v2.1/servers"] = (status, {})
        result = ask(check=True)
        assert "failed" not in result
        assert (result["ready"], result["tries"]) == (False, 1)
        assert f"answered {status}" in result["last_answer"]
    assert no_sleep == []


def test_links_are_not_followed(ask: Ask, node: Node) -> None:
    virtual = Node()
    try:
        node.replies.update(Node(virtual.url).replies)
        assert ask(requests=2)["ready"]
        assert virtual.seen == []
    finally:
        virtual.close()


def test_proxies_are_not_used(ask: Ask, node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert ask(url=node.url.replace("127.0.0.1", "localhost"), timeout=0)["ready"]


def test_a_root_below_a_path(ask: Ask, node: Node) -> None:
    node.replies = {f"/compute{path}": reply for path, reply in node.replies.items()}
    assert ask(url=f"{node.url}/compute/")["ready"]
    assert node.paths == ["/compute/", "/compute/v2.1/servers?limit=1"]


def test_an_answer_with_the_token_does_not_show_even_a_part_of_it(ask: Ask, node: Node) -> None:
    node.replies["/v2.1/servers"] = (500, {"fault": {"message": f"{'x' * 293} token-1 is wrong"}})
    last_answer = ask(timeout=0)["last_answer"]
    assert "xxx" in last_answer
    assert "token" not in last_answer


def test_something_else_that_knows_the_token_does_not_show_it(ask: Ask) -> None:
    other = NamedServer("token-1")
    try:
        assert "got no answer: ***" in ask(url=f"http://127.0.0.1:{other.port}", timeout=0)["msg"]
    finally:
        other.stop()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"url": "192.0.2.11:8774"}, "The option url is not the URL of a backend."),
        ({"url": "http://192.0.2.11:port"}, "The option url is not the URL of a backend."),
        ({"url": f"http://me:{SECRET}@192.0.2.11"}, "The option url is not the URL of a backend."),
        ({"url": "http://192.0.2.11/?x=1"}, "The option url is not the URL of a backend."),
        ({"url": "http://192.0.2.11:8774/v2.1/"}, "is one version of the API. Write http://192.0.2.11:8774."),
        ({"requests": 0}, "The option requests is 0, which would prove nothing."),
        ({"request_timeout": 0}, "The option request_timeout is 0.0, which would prove nothing."),
    ],
)
def test_options_that_prove_nothing(ask: Ask, cloud: LiveCloud, options: Json, sentence: str) -> None:
    result = ask(**options)
    assert result["failed"]
    assert sentence in result["msg"]
    assert SECRET not in json.dumps(result)
    assert cloud.seen == []


def test_a_wrong_account_has_no_token(ask: Ask, cloud: LiveCloud, node: Node) -> None:
    options = cloud.options()
    options["auth"]["password"] = "wrong"
    assert "The cloud cannot be used" in ask(cloud=options)["msg"]
    assert node.seen == []


def test_an_authentication_without_token(ask: Ask, node: Node) -> None:
    auth = {"endpoint": "http://127.0.0.1:9", "username": "u", "password": "p"}
    overrides = {f"{kind}_endpoint_override": "http://127.0.0.1:9" for kind in ("compute", "placement")}
    result = ask(cloud={"auth_type": "http_basic", "auth": auth, **overrides})
    assert result["msg"].startswith("This kind of authentication has no token.")
    assert node.seen == []


def test_certificates(ask: Ask, cloud: LiveCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = certificate(tmp_path)
    secure = Node(certificate=path)
    account = {"url": secure.url, "timeout": 0}
    lax = {**cloud.options(), "verify": False}
    auth = {"cloud": None, "auth": cloud.options()["auth"], "ca_file": str(path)}
    try:
        assert "CERTIFICATE_VERIFY_FAILED" in ask(**account)["msg"]
        assert ask(**account, ca_file=str(path))["ready"]
        assert ask(**account, cloud=lax)["ready"]
        assert ask(**account, cloud=lax, ca_file=str(path))["ready"]
        elsewhere = {**account, "url": secure.url.replace("127.0.0.1", "localhost")}
        assert "Hostname mismatch" in ask(**elsewhere, ca_file=str(path))["msg"]
        assert "Hostname mismatch" in ask(**elsewhere, cloud=lax, ca_file=str(path))["msg"]
        assert ask(**elsewhere, **{**auth, "validate_certs": False})["ready"]
    finally:
        secure.close()


def test_authorities_that_cannot_be_read(ask: Ask, tmp_path: Path) -> None:
    missing = str(tmp_path / "none.pem")
    msg = ask(ca_file=missing)["msg"]
    assert msg.startswith(f"The option ca_file is {missing}. The certificates cannot be read: [Errno 2]")
    assert msg.endswith("Name a file of PEM certificates.")
