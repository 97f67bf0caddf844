# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The versions of Placement and Cinder with Nova's own accounts, over real HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.api import versions
from ansible_collections.stackroll.nova.plugins.module_utils.api.session import Cloud, RequestCounter
from ansible_collections.stackroll.nova.plugins.module_utils.api.versions import NovaAccount
from ansible_collections.stackroll.nova.plugins.module_utils.host.config import ServiceConfig
from ansible_collections.stackroll.nova.plugins.module_utils.model.answers import ApiVersion
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_http import PASSWORD, FakeHttp, certificate

pytestmark = pytest.mark.filterwarnings("ignore:Support for InfluxDB", "ignore:Unverified HTTPS request")


@pytest.fixture
def conf(tmp_path: Path) -> Any:
    """A function from the text of nova.conf to the account in it."""

    def read(*sections: str, counter: RequestCounter | None = None) -> NovaAccount:
        path = tmp_path / "nova.conf"
        path.write_text("\n".join(sections), encoding="utf-8")
        return NovaAccount(ServiceConfig([str(path)]).get, timeout=3, counter=counter)

    return read


def test_placement(http: FakeHttp, conf: Any) -> None:
    counter = RequestCounter()
    assert conf(http.section("placement"), counter=counter).placement() == ApiVersion((1, 39))
    assert [path for _method, path in http.seen] == ["/v3", "/v3/auth/tokens", "/placement/"]
    assert counter.to_dict() == {"requests": 3, "writes": 0}


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"auth_type": ""}, versions.NO_CREDENTIALS),
        ({"password": "wrong"}, versions.BAD_CREDENTIALS),
        ({"region_name": "two"}, versions.NO_ENDPOINT),
        ({"valid_interfaces": "admin"}, versions.NO_ENDPOINT),
        ({"service_type": "nothing"}, versions.NO_ENDPOINT),
    ],
)
def test_what_is_wrong_with_the_configuration(http: FakeHttp, conf: Any, options: dict[str, str], problem: str) -> None:
    assert conf(http.section("placement", **options)).placement() == ApiVersion(None, problem)


def test_a_missing_section(http: FakeHttp, conf: Any) -> None:
    assert conf("[DEFAULT]").placement() == ApiVersion(None, versions.NO_CREDENTIALS)


def test_the_account_may_be_in_another_section(http: FakeHttp, conf: Any) -> None:
    account = conf("[placement]\nauth_section = shared\nregion_name = one", http.section("shared"))
    assert account.placement() == ApiVersion((1, 39))


def test_options_may_have_their_older_names(http: FakeHttp, conf: Any) -> None:
    account = conf(http.section("placement", username="", project_name="", user_name="nova", tenant_name="service"))
    assert account.placement() == ApiVersion((1, 39))
    assert http.users == ["nova"]


def test_an_endpoint_given_in_the_configuration(http: FakeHttp, conf: Any) -> None:
    http.routes["/mine/"] = {"versions": [{"max_version": "1.10"}]}
    account = conf(http.section("placement", region_name="two", endpoint_override=f"{http.url}/mine"))
    assert account.placement() == ApiVersion((1, 10)), "1.10 is no decimal number"


def test_internal_comes_before_public(http: FakeHttp, conf: Any) -> None:
    http.interfaces = ("public",)
    assert conf(http.section("placement")).placement().newest == (1, 39)
    assert (
        conf(http.section("placement", valid_interfaces="internal, admin")).placement().problem == versions.NO_ENDPOINT
    )


def test_placement_is_not_there(http: FakeHttp, conf: Any) -> None:
    del http.routes["/placement/"]
    assert conf(http.section("placement")).placement() == ApiVersion(None, versions.NOT_RUNNING)


def test_keystone_speaks_no_known_version(http: FakeHttp, conf: Any) -> None:
    http.routes["/v3"] = {"nothing": 1}
    account = conf(http.section("placement", auth_url=f"{http.url}/nowhere"))
    assert account.placement() == ApiVersion(None, versions.NO_DISCOVERY)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((503, {}), "The Placement API gave no answer: Service Unavailable"),
        ((500, {}), "The Placement API gave no answer: Internal Server Error"),
        ("<html>", "The answer of the Placement API is not JSON"),
        ({"versions": []}, "The root document of the Placement API cannot be read"),
        ({"versions": [{"max_version": "new"}]}, "The root document of the Placement API cannot be read"),
    ],
)
def test_what_says_nothing_about_placement(http: FakeHttp, conf: Any, answer: Any, reason: str) -> None:
    http.routes["/placement/"] = answer
    with pytest.raises(StackrollError, match=reason) as caught:
        conf(http.section("placement")).placement()
    assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize("options", [{"auth_type": "nonsense"}, {"username": "", "user_domain_id": "", "auth_url": ""}])
def test_an_account_that_cannot_be_loaded_says_nothing(http: FakeHttp, conf: Any, options: dict[str, str]) -> None:
    with pytest.raises(StackrollError, match="The Placement API gave no answer"):
        conf(http.section("placement", **options)).placement()


def test_tls_is_verified_as_the_section_says(tmp_path: Path, conf: Any) -> None:
    pem = certificate(tmp_path)
    server = FakeHttp(pem)
    try:
        with pytest.raises(StackrollError, match=r"gave no answer: .*(certificate|CERTIFICATE)"):
            conf(server.section("placement")).placement()
        with pytest.raises(StackrollError, match="gave no answer: Could not find a suitable TLS CA"):
            conf(server.section("placement", cafile="/nowhere/ca.pem")).placement()
        assert conf(server.section("placement", cafile=str(pem))).placement().newest == (1, 39)
        assert conf(server.section("placement", insecure="true")).placement().newest == (1, 39)
    finally:
        server.stop()


def test_cinder(http: FakeHttp, conf: Any) -> None:
    assert conf(http.section("cinder")).cinder() == ApiVersion((3, 71))
    assert http.seen[-1] == ("GET", "/volume/")


def test_cinder_is_not_configured(http: FakeHttp, conf: Any) -> None:
    assert conf("[cinder]\nauth_url = x").cinder() == ApiVersion(None, configured=False)
    assert http.seen == []


def test_a_cinder_without_version_3(http: FakeHttp, conf: Any) -> None:
    http.routes["/volume/"] = {"versions": [{"version": "", "id": "v2.0"}]}
    assert conf(http.section("cinder")).cinder() == ApiVersion((2, 0))


def test_a_template_for_cinder(http: FakeHttp, conf: Any) -> None:
    account = conf(http.section("cinder", endpoint_template=f"{http.url}/volume/v3/%(project_id)s"))
    assert account.cinder() == ApiVersion((3, 71))


@pytest.mark.parametrize(
    ("options", "route", "problem"),
    [
        ({"password": "wrong"}, None, "Unauthorized (HTTP 401)"),
        ({"os_region_name": "two"}, None, "endpoint for volumev3 service in two region not found"),
        ({"catalog_info": "compute::public"}, None, "has no version 3 in its path"),
        ({"catalog_info": "volumev3::adminURL"}, None, "adminURL endpoint for volumev3 service not found"),
        ({"catalog_info": "nonsense"}, None, "[cinder] catalog_info is not"),
        ({}, (404, {}), "Not Found (HTTP 404)"),
        ({}, (503, {}), "Service Unavailable (HTTP 503)"),
        ({}, "<html>", "The answer of the Cinder API is not JSON"),
        ({}, {"nothing": 1}, "The versions document of the Cinder API cannot be read"),
    ],
)
def test_problems_of_cinder(http: FakeHttp, conf: Any, options: dict[str, str], route: Any, problem: str) -> None:
    if route is not None:
        http.routes["/volume/"] = route
    found = conf(http.section("cinder", **options)).cinder()
    assert found.newest is None
    assert problem in found.problem
    assert found.configured


def cloud(http: FakeHttp) -> Cloud:
    return Cloud.connect({"cloud": http.cloud()})


def test_with_the_account_of_a_cloud(http: FakeHttp) -> None:
    assert versions.placement_of(cloud(http)) == ApiVersion((1, 39))
    assert versions.cinder_of(cloud(http)) == ApiVersion((3, 71))


def test_a_cloud_without_cinder(http: FakeHttp) -> None:
    del http.catalog["volumev3"]
    assert versions.cinder_of(cloud(http)) == ApiVersion(None, configured=False)


def test_a_cloud_whose_apis_are_broken(http: FakeHttp) -> None:
    there = cloud(http)
    http.routes.update({"/placement/": (404, {}), "/volume/": (500, {})})
    assert versions.placement_of(there) == ApiVersion(None, versions.NOT_RUNNING)
    assert "answered 500" in versions.cinder_of(there).problem
    http.routes["/placement/"] = (500, {})
    with pytest.raises(StackrollError, match="answered 500"):
        versions.placement_of(there)
