# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which servers are on their way, and which have a host, as the Compute API says."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.api import convert, nova
from ansible_collections.stackroll.nova.plugins.module_utils.api.session import Cloud
from ansible_collections.stackroll.nova.plugins.module_utils.model.server import Migration, Whereabouts


def unfinished_migrations(cloud: Cloud) -> list[Migration]:
    """The migrations that Nova is not through with, and all evacuations whose source is not back.

    Of the whole cloud: the API can only be asked for those of a service, whose name may not be the one of its node.
    """
    found = nova.unfinished_migrations(cloud) + nova.migrations(cloud, "done", "evacuation")
    return [convert.migration(item) for item in found]


def servers(cloud: Cloud, hosts: Collection[str], uuids: Collection[str]) -> dict[str, Whereabouts]:
    """What Nova says of those UUIDs that are servers, by UUID. They should be on these hosts."""
    wanted = set(uuids)
    listed = {item["id"]: item for item in _servers(cloud, hosts) if item["id"] in wanted}
    if _are_few(hosts):
        others = cloud.map(lambda uuid: nova.server(cloud, uuid), sorted(wanted - listed.keys()))
        listed.update({item["id"]: item for item in others if item is not None})
    return {
        uuid: Whereabouts(
            node=item.get("OS-EXT-SRV-ATTR:hypervisor_hostname"),
            vm_state=item.get("OS-EXT-STS:vm_state") or "unknown",
            task_state=item.get("OS-EXT-STS:task_state"),
        )
        for uuid, item in listed.items()
    }


def servers_on_hosts(cloud: Cloud, uuids: Collection[str]) -> set[str]:
    """Those of the UUIDs that are servers with a host, and not about to be deleted."""
    found = [item for item in cloud.map(lambda uuid: nova.server(cloud, uuid), sorted(uuids)) if item is not None]
    return {
        str(item["id"])
        for item in found
        if item.get("OS-EXT-SRV-ATTR:host") and item.get("OS-EXT-STS:task_state") != "deleting"
    }


def names_of_servers(cloud: Cloud, hosts: Collection[str]) -> dict[str, str]:
    """The names of the servers on these hosts, by UUID."""
    return {item["id"]: item["name"] for item in _servers(cloud, hosts) if item.get("name")}


def _servers(cloud: Cloud, hosts: Collection[str]) -> list[dict[str, Any]]:
    """The servers on these hosts; one list of all servers when the hosts are many."""
    if not _are_few(hosts):
        return nova.servers(cloud)
    pages = cloud.map(lambda host: nova.servers_on(cloud, host), sorted(hosts))
    return [item for page in pages for item in page]


def _are_few(hosts: Collection[str]) -> bool:
    return len(hosts) <= nova.FEW_HOSTS
