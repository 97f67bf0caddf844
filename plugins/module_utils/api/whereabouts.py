# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which servers are on their way, and which have a host, as the Compute API says."""

from __future__ import annotations

from collections.abc import Collection

from ansible_collections.stackroll.nova.plugins.module_utils.api import convert, nova
from ansible_collections.stackroll.nova.plugins.module_utils.api.session import Cloud
from ansible_collections.stackroll.nova.plugins.module_utils.model.server import Migration


def unfinished_migrations(cloud: Cloud, hosts: Collection[str]) -> list[Migration]:
    """The migrations from and to these hosts that Nova is not through with, and all evacuations whose source is not back."""
    found = nova.unfinished_migrations_of(cloud, hosts) + nova.migrations(cloud, "done", "evacuation")
    return [convert.migration(item) for item in found]


def servers_on_hosts(cloud: Cloud, uuids: Collection[str]) -> set[str]:
    """Those of the UUIDs that are servers with a host, and not about to be deleted."""
    found = [item for item in cloud.map(lambda uuid: nova.server(cloud, uuid), sorted(uuids)) if item is not None]
    return {
        str(item["id"])
        for item in found
        if item.get("OS-EXT-SRV-ATTR:host") and item.get("OS-EXT-STS:task_state") != "deleting"
    }


def names_of_servers(cloud: Cloud, hosts: Collection[str]) -> dict[str, str]:
    """The names of the servers on these hosts, by UUID; one list of all servers when the hosts are many."""
    few = len(hosts) <= nova.FEW_HOSTS
    pages = cloud.map(lambda host: nova.servers_on(cloud, host), sorted(hosts)) if few else [nova.servers(cloud)]
    return {item["id"]: item["name"] for page in pages for item in page if item.get("name")}
