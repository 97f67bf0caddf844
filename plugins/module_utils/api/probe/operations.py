# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the probe may ask for, by name, and how often it does when nobody says otherwise."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.account import IDENTITY, TOKEN
from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.wire import Request
from ansible_collections.stackroll.nova.plugins.module_utils.model.microversions import (
    NOVA_MICROVERSION,
    PLACEMENT_MICROVERSION,
)

COMPUTE, PLACEMENT, IMAGE, NETWORK = "compute", "placement", "image", "network"
# As openstackclient and openstacksdk do, which speak the newest that the API has.
LATEST = "latest"
NOBODY = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True)
class Operation:
    """A GET of a path below the endpoint of an API, or below its *root*, which knows no version and no project."""

    api: str
    path: str
    microversion: str = ""
    root: bool = False


OPERATIONS: Mapping[str, Operation] = {
    "identity_version": Operation(IDENTITY, ""),
    "compute_version": Operation(COMPUTE, "/", root=True),
    "compute_servers": Operation(COMPUTE, "/servers/detail?limit=10", NOVA_MICROVERSION),
    "compute_servers_latest": Operation(COMPUTE, "/servers/detail?limit=10", LATEST),
    "compute_flavors": Operation(COMPUTE, "/flavors?limit=100", NOVA_MICROVERSION),
    "compute_flavor": Operation(COMPUTE, "/flavors/{flavor}", NOVA_MICROVERSION),
    "compute_services": Operation(COMPUTE, "/os-services", NOVA_MICROVERSION),
    "placement_version": Operation(PLACEMENT, "/"),
    "placement_providers": Operation(PLACEMENT, f"/resource_providers?uuid={NOBODY}", PLACEMENT_MICROVERSION),
    "placement_class": Operation(PLACEMENT, "/resource_classes/VCPU", PLACEMENT_MICROVERSION),
    "image_list": Operation(IMAGE, "/v2/images?limit=1"),
    "network_list": Operation(NETWORK, "/v2.0/networks?limit=1"),
}
NAMES = (TOKEN, *OPERATIONS)
DEFAULT_MIX: Mapping[str, int] = {
    TOKEN: 1,
    "identity_version": 1,
    "compute_version": 1,
    "compute_servers": 3,
    "compute_servers_latest": 3,
    "compute_flavors": 1,
    "compute_flavor": 2,
    "placement_version": 1,
    "placement_providers": 2,
    "placement_class": 1,
}


@dataclass(frozen=True)
class Target:
    """Where the cloud is: endpoints by API, and a flavor to be shown, if there is one."""

    endpoints: Mapping[str, str]
    flavor_id: str = ""

    def has(self, name: str) -> bool:
        """Whether this operation has something to ask for."""
        operation = OPERATIONS.get(name)
        if operation is None:
            return name == TOKEN
        return operation.api in self.endpoints and ("{flavor}" not in operation.path or bool(self.flavor_id))

    def request(self, name: str, token: str) -> Request:
        """The request of an operation that it has, other than the issue of a token."""
        operation = OPERATIONS[name]
        base = self.endpoints[operation.api]
        if operation.root:
            base = re.sub(r"(/v2(\.\d+)?)/.*$", r"\1", base)
        path = operation.path.replace("{flavor}", self.flavor_id)
        if operation.api in (IMAGE, NETWORK):
            base = re.sub(r"/v2(\.0)?$", "", base)
        return Request(operation.api, name, "GET", base + path, headers(operation.api, operation.microversion, token))

    def compute(
        self,
        operation: str,
        method: str,
        path: str,
        token: str,
        *,
        body: bytes | None = None,
        provoked: tuple[int, ...] = (),
    ) -> Request:
        """A request of the boot loop."""
        url = self.endpoints[COMPUTE] + path
        return Request(COMPUTE, operation, method, url, headers(COMPUTE, NOVA_MICROVERSION, token), body, provoked)


def headers(api: str, microversion: str, token: str) -> dict[str, str]:
    """Token and microversion."""
    found = {"X-Auth-Token": token} if token else {}
    if microversion:
        found["OpenStack-API-Version"] = f"{api} {microversion}"
    return found
