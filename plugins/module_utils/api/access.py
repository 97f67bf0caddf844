# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the account may do: the reads that an upgrade makes are tried, each as cheaply as its API allows. Nothing is written."""

from __future__ import annotations

from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.api.errors import ApiError
from ansible_collections.stackroll.nova.plugins.module_utils.api.session import Cloud
from ansible_collections.stackroll.nova.plugins.module_utils.api.versions import (
    newest_placement,
    version_number,
)
from ansible_collections.stackroll.nova.plugins.module_utils.model.answers import Access
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError

NOBODY = "00000000-0000-0000-0000-000000000000"
HOST = "OS-EXT-SRV-ATTR:host"
READS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("compute", "/os-services", {"binary": "nova-compute"}),
    ("compute", "/servers/detail", {"all_tenants": 1, "limit": 1}),
    ("compute", "/os-migrations", {"limit": 1}),
    ("compute", "/os-server-groups", {"all_projects": "true", "limit": 1}),
    ("compute", "/os-aggregates", {}),
    ("compute", "/os-hypervisors", {"limit": 1}),
    ("placement", "/resource_providers", {"uuid": NOBODY}),
    ("placement", f"/resource_providers/{NOBODY}/allocations", {}),
    ("placement", f"/resource_providers/{NOBODY}/inventories", {}),
    ("placement", f"/resource_providers/{NOBODY}/traits", {}),
)


def read_access(cloud: Cloud) -> Access:
    """Roles, refusals and microversions. Raises ApiError when an API is out of order."""
    answers = cloud.map(lambda read: (read, _refusal(cloud, *read)), READS)
    return Access(
        roles=cloud.roles(),
        refused={
            f"GET {path.replace(NOBODY, '{uuid}')}": reason for (_api, path, _params), reason in answers if reason
        },
        versions={"compute": _newest_compute(cloud), "placement": newest_placement(cloud.root("placement"))},
    )


def _refusal(cloud: Cloud, api: str, path: str, params: dict[str, Any]) -> str:
    """Why a read is refused; nothing when it is not. Rights are looked at before the provider that does not exist."""
    ask = cloud.nova if api == "compute" else cloud.placement
    try:
        answer = ask("GET", path, params=params)
    except ApiError as error:
        if error.status in (401, 403):
            return error.reason
        if error.status == 404 and api == "placement":
            return ""
        raise
    if path == "/servers/detail" and any(HOST not in server for server in answer["servers"]):
        return "the answer does not show the hosts of servers"
    return ""


def _newest_compute(cloud: Cloud) -> tuple[int, int]:
    try:
        return version_number(cloud.root("compute")["version"]["version"])
    except (LookupError, TypeError, ValueError):
        raise StackrollError("The version document of the Compute API cannot be read.") from None
