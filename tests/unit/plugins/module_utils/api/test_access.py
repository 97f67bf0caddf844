# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which reads the account is refused."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.api.access import NOBODY, READS, read_access
from ansible_collections.stackroll.nova.plugins.module_utils.api.errors import ApiError
from ansible_collections.stackroll.nova.plugins.module_utils.api.session import Cloud
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_http import FakeHttp

pytestmark = pytest.mark.filterwarnings("ignore:Support for InfluxDB")


@pytest.fixture
def cloud(http: FakeHttp) -> Cloud:
    """A cloud that refuses nothing."""
    for _api, path, _params in READS:
        if NOBODY not in path:
            http.routes[("/compute/v2.1" if _api == "compute" else "/placement") + path] = {"servers": []}
    return Cloud.connect({"cloud": http.cloud()})


def test_a_mighty_account(http: FakeHttp, cloud: Cloud) -> None:
    access = read_access(cloud)
    assert (access.roles, access.refused) == (("admin", "member"), {})
    assert access.versions == {"compute": (2, 103), "placement": (1, 39)}
    assert cloud.counters()["writes"] == 0
    assert ("GET", "/compute/v2.1/servers/detail?all_tenants=1&limit=1") in http.seen


def test_every_refused_call_is_named(http: FakeHttp, cloud: Cloud) -> None:
    http.routes["/compute/v2.1/os-services"] = (403, {"forbidden": {"message": "Policy doesn't allow it."}})
    http.routes[f"/placement/resource_providers/{NOBODY}/allocations"] = (403, {"errors": [{"detail": "no right"}]})
    assert read_access(cloud).refused == {
        "GET /os-services": "Policy doesn't allow it",
        "GET /resource_providers/{uuid}/allocations": "no right",
    }


@pytest.mark.parametrize(("server", "refused"), [({"OS-EXT-SRV-ATTR:host": None}, []), ({}, ["GET /servers/detail"])])
def test_servers_without_their_hosts(http: FakeHttp, cloud: Cloud, server: dict[str, Any], refused: list[str]) -> None:
    http.routes["/compute/v2.1/servers/detail"] = {"servers": [server]}
    assert list(read_access(cloud).refused) == refused


def test_a_project_in_the_endpoint(http: FakeHttp, cloud: Cloud) -> None:
    http.catalog["compute"] = "/compute/v2.1/p1"
    http.routes.update({path.replace("v2.1", "v2.1/p1"): data for path, data in list(http.routes.items())})
    del http.routes["/compute/v2.1/p1/"]
    assert read_access(Cloud.connect({"cloud": http.cloud()})).versions["compute"] == (2, 103)


@pytest.mark.parametrize("path", ["/compute/v2.1/os-aggregates", "/placement/resource_providers"])
def test_an_api_out_of_order_is_no_refusal(http: FakeHttp, cloud: Cloud, path: str) -> None:
    http.routes[path] = (500, {})
    with pytest.raises(ApiError, match="answered 500"):
        read_access(cloud)


def test_a_compute_api_without_its_version(http: FakeHttp, cloud: Cloud) -> None:
    http.routes["/compute/v2.1/"] = {}
    with pytest.raises(Exception, match="The version document of the Compute API cannot be read"):
        read_access(cloud)
