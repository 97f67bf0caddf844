# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Placement as an administrator's own program would change it: children that nobody wants any more, and a disk that hosts share."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any

from harness import api, state
from harness.cloud import Rehearsal

MICROVERSION = "1.37"
SHARED = "shared-disk"
UNUSED_CLASSES = """
    SELECT c.name FROM resource_classes c LEFT JOIN inventories i ON i.resource_class_id = c.id
    WHERE i.id IS NULL AND c.name LIKE 'CUSTOM%'
"""


class Placement:
    """The administrator's view of all providers."""

    def __init__(self, cloud: Rehearsal) -> None:
        self._cloud = cloud
        self._adapter = api.connect(cloud).placement

    def call(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """Send one request to the Placement API; the test fails when it is refused."""
        return api.ask(self._adapter, MICROVERSION, method, path, body)

    def providers(self, query: str) -> list[dict[str, Any]]:
        """Return some providers as the API shows them."""
        found: list[dict[str, Any]] = self.call("GET", f"/resource_providers?{query}")["resource_providers"]
        return found

    def root(self, host: str) -> dict[str, Any]:
        """Return the provider of a host."""
        return self.providers(f"name={host}")[0]

    def delete_children(self, host: str) -> None:
        """Remove every provider below a host's own; nobody may have allocations there."""
        root = self.root(host)["uuid"]
        for provider in self.providers(f"in_tree={root}"):
            if provider["uuid"] != root:
                self.call("DELETE", f"/resource_providers/{provider['uuid']}")

    def share_disk(self, hosts: Collection[str], gib: int = 4096, name: str = SHARED) -> str:
        """Let hosts share a disk, by a provider of its own that is in one aggregate with theirs. Returns its UUID."""
        shared = self.call("POST", "/resource_providers", {"name": name, "uuid": str(uuid.uuid4())})
        offered = {"DISK_GB": {"total": gib, "max_unit": gib}}
        self._set(shared["uuid"], "inventories", {"inventories": offered})
        self._set(shared["uuid"], "traits", {"traits": ["MISC_SHARES_VIA_AGGREGATE"]})
        # A host is in the aggregates of its availability zone as well.
        common = str(uuid.uuid4())
        for provider in (shared["uuid"], *(self.root(host)["uuid"] for host in hosts)):
            self._set(provider, "aggregates", {"aggregates": sorted({*self.aggregates(provider), common})})
        return str(shared["uuid"])

    def aggregates(self, provider: str) -> set[str]:
        """Return the aggregates of a provider."""
        return set(self.call("GET", f"/resource_providers/{provider}/aggregates")["aggregates"])

    def unshare_disk(self, name: str = SHARED) -> None:
        """Remove a shared disk, if there is one, and its aggregate; nobody may have allocations there."""
        for shared in self.providers(f"name={name}"):
            common = self.aggregates(shared["uuid"])
            for member in self.providers(f"member_of=in:{','.join(sorted(common))}") if common else []:
                kept = self.aggregates(member["uuid"]) - common
                self._set(member["uuid"], "aggregates", {"aggregates": sorted(kept)})
            self.call("DELETE", f"/resource_providers/{shared['uuid']}")

    def delete_unused_classes(self) -> None:
        """Remove the classes of somebody's own of which nothing is offered any more."""
        for row in state.query(self._cloud, "placement", UNUSED_CLASSES):
            self.call("DELETE", f"/resource_classes/{row['name']}")

    def _set(self, provider: str, what: str, value: dict[str, Any]) -> None:
        """Replace something of a provider as it is at this moment."""
        generation = self.call("GET", f"/resource_providers/{provider}")["generation"]
        body = {**value, "resource_provider_generation": generation}
        self.call("PUT", f"/resource_providers/{provider}/{what}", body)
