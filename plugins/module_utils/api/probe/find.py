# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From options to what the probe asks for: endpoints, and the IDs of flavor, image and network."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from urllib.parse import quote, urlencode

from ansible_collections.stackroll.nova.plugins.module_utils.api.errors import ApiError
from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.account import IDENTITY, Account
from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.operations import (
    COMPUTE,
    IMAGE,
    NETWORK,
    PLACEMENT,
    Target,
)
from ansible_collections.stackroll.nova.plugins.module_utils.api.session import Cloud
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput

NONE, AUTO = "none", "auto"
Json = dict[str, Any]


def find_target(cloud: Cloud, account: Account, flavor: str | None, others: Collection[str]) -> Target:
    """Where to ask, of ``image`` and ``network`` the *others*; without a flavor given, the first that the project sees.

    Raises ApiError, InvalidInput.
    """
    endpoints = {IDENTITY: account.base, COMPUTE: cloud.endpoint(COMPUTE), PLACEMENT: cloud.endpoint(PLACEMENT)}
    for api in others:
        url = cloud.find_endpoint(api)
        if url:
            endpoints[api] = url.rstrip("/")
    return Target(endpoints, find_flavor(cloud, flavor) if flavor else _any_flavor(cloud))


def find_flavor(cloud: Cloud, given: str) -> str:
    """The ID of a flavor by its ID or name."""
    try:
        return str(cloud.nova("GET", f"/flavors/{quote(given, safe='')}")["flavor"]["id"])
    except ApiError as error:
        if error.status not in (400, 404):
            raise
    marker: Json = {}
    while True:
        flavors = cloud.nova("GET", "/flavors", params=marker)["flavors"]
        named = [item["id"] for item in flavors if item["name"] == given]
        if named or not flavors:
            return _only("flavor", given, named)
        marker = {"marker": flavors[-1]["id"]}


def find_image(cloud: Cloud, target: Target, given: str) -> str:
    """The ID of an image by its ID or name."""
    return _find(cloud, target, IMAGE, "/v2/images", given)


def find_networks(cloud: Cloud, target: Target, given: str) -> Any:
    """What the Compute API takes for ``none``, ``auto``, or the ID or name of a network."""
    if given in (NONE, AUTO):
        return given
    return [{"uuid": _find(cloud, target, NETWORK, "/v2.0/networks", given)}]


def _any_flavor(cloud: Cloud) -> str:
    try:
        flavors = cloud.nova("GET", "/flavors", params={"limit": 1})["flavors"]
    except ApiError:
        return ""  # the probe is to tell that the API is out of order, not to stumble over it
    return str(flavors[0]["id"]) if flavors else ""


def _find(cloud: Cloud, target: Target, api: str, path: str, given: str) -> str:
    base = target.endpoints.get(api)
    if base is None:
        raise InvalidInput(f"The catalog has no endpoint of type {api}.", f"Leave the option {api} out.")
    url = base.removesuffix("/v2.0").removesuffix("/v2") + path
    kind = path.rpartition("/")[2]
    found: set[str] = set()
    for key in ("id", "name"):
        found |= {item["id"] for item in cloud.get(f"{url}?{urlencode({key: given})}")[kind] if item[key] == given}
    return _only(api, given, sorted(found))


def _only(what: str, given: str, found: list[str]) -> str:
    if len(found) == 1:
        return found[0]
    found_words = f"there are {len(found)} of that name" if found else "this project sees none of that name or ID"
    raise InvalidInput(f"The option {what} is {given}, and {found_words}.", "Give an ID.")
