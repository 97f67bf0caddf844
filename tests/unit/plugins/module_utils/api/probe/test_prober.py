# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked, with what, and what is written down of it."""

from __future__ import annotations

import re

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.account import Account
from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.find import (
    find_flavor,
    find_image,
    find_networks,
    find_target,
)
from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.operations import DEFAULT_MIX, NAMES, Target
from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.prober import Prober
from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.tryout import try_out
from ansible_collections.stackroll.nova.plugins.module_utils.api.session import Cloud
from ansible_collections.stackroll.nova.plugins.module_utils.availability.samples import Sample
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.tests.unit.plugins.live_cloud import LiveCloud


def test_every_operation_of_the_default_mix_is_answered(live: LiveCloud, prober: Prober, samples: list[Sample]) -> None:
    assert [prober.ask(name).status for name in DEFAULT_MIX] == [201, *[200] * (len(DEFAULT_MIX) - 1)]
    assert all(sample.succeeded for sample in samples)
    assert {sample.api for sample in samples} == {"identity", "compute", "placement"}
    # The login of the prober itself is a request like any other.
    assert len(samples) == len(DEFAULT_MIX) + 1
    assert all(re.fullmatch(r"req-\d+", sample.request_id) for sample in samples)


def test_microversions(live: LiveCloud, prober: Prober) -> None:
    for name in ("compute_servers", "compute_servers_latest", "placement_class"):
        prober.ask(name)
    assert [headers.get("OpenStack-API-Version") for _method, _path, headers in live.seen[-3:]] == [
        "compute 2.95", "compute latest", "placement 1.37",
    ]  # fmt: skip


def test_the_token_goes_along_and_a_refused_one_is_renewed(live: LiveCloud, prober: Prober) -> None:
    prober.ask("compute_servers")
    first = live.seen[-1][2]["X-Auth-Token"]
    live.fault = lambda method, _path: 401 if method == "GET" else None
    prober._tokens._next_try = 0.0
    prober.ask("compute_servers")
    live.fault = lambda _method, _path: None
    prober._tokens._next_try = 0.0
    assert prober.ask("compute_servers").status == 200
    assert live.seen[-1][2]["X-Auth-Token"] != first


def test_roots() -> None:
    target = Target({"compute": "https://n/compute/v2.1/abc", "placement": "https://p", "image": "https://i/v2"}, "f/1")
    assert target.request("compute_version", "").url == "https://n/compute/v2.1/"
    assert target.request("image_list", "").url == "https://i/v2/images?limit=1"
    assert not target.has("network_list")
    assert target.has("compute_flavor")
    assert not Target(target.endpoints).has("compute_flavor")


def test_what_this_account_may_not_do(live: LiveCloud, prober: Prober, samples: list[Sample]) -> None:
    live.fault = lambda _method, path: 403 if "resource_" in path else 503 if "flavors" in path else None
    left_out, failing = try_out(prober, NAMES)
    assert left_out == {
        "compute_services": "the API answers 404",
        "placement_providers": "the API answers 403",
        "placement_class": "the API answers 403",
        "image_list": "the cloud has nothing of the kind",
        "network_list": "the cloud has nothing of the kind",
    }
    assert failing == {"compute_flavors": "the API answers 503", "compute_flavor": "the API answers 503"}


def test_an_api_that_is_away_is_no_reason_to_leave_it_out(live: LiveCloud, prober: Prober) -> None:
    live.close()
    left_out, failing = try_out(prober, ["compute_version"])
    assert (left_out, failing) == ({}, {"compute_version": "no answer (refused)"})


def test_names_become_ids(cloud: Cloud, account: Account) -> None:
    target = find_target(cloud, account, None, ["image", "network"])
    assert (target.flavor_id, find_flavor(cloud, "m1.tiny"), find_flavor(cloud, "f1")) == ("f1", "f1", "f1")
    assert (find_image(cloud, target, "cirros"), find_image(cloud, target, "i1")) == ("i1", "i1")
    assert find_networks(cloud, target, "net") == [{"uuid": "n1"}]
    assert (find_networks(cloud, target, "none"), find_networks(cloud, target, "auto")) == ("none", "auto")
    with pytest.raises(InvalidInput, match="there are 2 of that name"):
        find_networks(cloud, target, "twin")
    with pytest.raises(InvalidInput, match="sees none"):
        find_image(cloud, target, "windows")


def test_a_flavor_that_does_not_exist(live: LiveCloud, cloud: Cloud) -> None:
    answer = live.answer
    live.answer = lambda method, path, body: (200, {"flavors": []}) if "marker" in path else answer(method, path, body)  # type: ignore[method-assign]
    with pytest.raises(InvalidInput, match=r"m1\.huge, and this project sees none"):
        find_flavor(cloud, "m1.huge")
