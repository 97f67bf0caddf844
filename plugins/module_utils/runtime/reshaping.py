# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From options to what a reshape needs of the world: Placement over HTTP or in this process, trees from its database if that is given,
and Nova's word on servers that move."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.api import placement, whereabouts
from ansible_collections.stackroll.nova.plugins.module_utils.api.direct import DirectPlacement
from ansible_collections.stackroll.nova.plugins.module_utils.api.observe import read_fleet
from ansible_collections.stackroll.nova.plugins.module_utils.api.placement import PlacementApi
from ansible_collections.stackroll.nova.plugins.module_utils.database import provider_trees
from ansible_collections.stackroll.nova.plugins.module_utils.database import whereabouts as nova_rows
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Fleet
from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import Consumer, ProviderTree
from ansible_collections.stackroll.nova.plugins.module_utils.model.server import Migration, Whereabouts
from ansible_collections.stackroll.nova.plugins.module_utils.reshape import reading
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.means import OfHosts
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.vocabulary import Vocabulary
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.inputs import Inputs


class Surroundings:
    """What the options of a reshape lead to. Leaving ends all sessions."""

    def __init__(self, params: Mapping[str, Any], may_write: bool) -> None:
        self._inputs = Inputs({**params, "timeout": params["database_timeout"]})
        self._offline = bool(params.get("offline"))
        self._direct: DirectPlacement | None = None
        if self._offline:
            files = (params["config_files"] or {}).get("placement")
            if not files:
                raise InvalidInput(
                    "The option offline needs config_files.placement.", "Name the files of Placement on this host."
                )
            self._direct = DirectPlacement(files, may_write=may_write)

    def __enter__(self) -> Surroundings:
        return self

    def __exit__(self, *_error: object) -> None:
        self._inputs.__exit__()

    @property
    def api(self) -> PlacementApi:
        """Who takes requests to Placement."""
        return self._direct or self._inputs.cloud()

    def counters(self) -> dict[str, int]:
        """How many requests were sent, and how many of them could change something."""
        return self._direct.counters() if self._direct else self._inputs.counters()

    def read(self, hosts: Collection[str], known: Mapping[str, Consumer] | None = None) -> list[ProviderTree]:
        """The trees of hosts, from Placement's database if it is given."""
        if self._inputs.has_placement:
            return provider_trees.read_trees(self._inputs.placement(), hosts)
        return reading.read_trees(self.api, hosts, known)

    def read_vocabulary(self) -> Vocabulary:
        """All resource classes and traits."""
        if self._inputs.has_placement:
            return Vocabulary(*provider_trees.read_vocabulary(self._inputs.placement()))
        return reading.read_vocabulary(self.api)

    def names(self, hosts: Collection[str]) -> dict[str, str]:
        """The names of the servers on hosts, as far as the API is at hand."""
        if self._offline or (self._inputs.has_placement and not self._inputs.has_cloud):
            return {}
        return whereabouts.names_of_servers(self._inputs.cloud(), hosts)

    def fleet(self) -> Fleet:
        """Servers and migrations, without what Placement has."""
        return read_fleet(self._inputs.cloud(), [])

    def migrations(self) -> list[Migration]:
        """The unfinished migrations of the cloud. Raises InvalidInput when nobody can tell."""
        if self._inputs.has_nova:
            return nova_rows.unfinished_migrations(self._inputs.nova())
        return whereabouts.unfinished_migrations(self._require_cloud())

    def servers(self, consumers: OfHosts) -> dict[str, Whereabouts]:
        """What Nova says of those consumers of hosts that are servers, by UUID; nothing where all its services are stopped."""
        uuids = {uuid for items in consumers.values() for uuid in items}
        if self._offline or not uuids:
            return {}
        if self._inputs.has_nova:
            return nova_rows.servers(self._inputs.nova(), uuids)
        return whereabouts.servers(self._require_cloud(), consumers.keys(), uuids)

    def still_there(self, consumers: Iterable[Consumer]) -> list[Consumer]:
        """Those that are servers with a host, and hold nothing anywhere."""
        gone = {item.uuid: item for item in consumers}
        held = zip(gone, self.api.map(lambda uuid: placement.allocations_of(self.api, uuid), gone))
        empty = [uuid for uuid, answer in held if not answer["allocations"]]
        if not empty:
            return []
        there = self._servers_on_hosts(empty)
        return [gone[uuid] for uuid in empty if uuid in there]

    def _servers_on_hosts(self, uuids: Collection[str]) -> set[str]:
        if self._inputs.has_nova:
            return nova_rows.servers_on_hosts(self._inputs.nova(), uuids)
        return whereabouts.servers_on_hosts(self._require_cloud(), uuids)

    def _require_cloud(self) -> Any:
        if self._offline:
            raise InvalidInput(
                "Nobody tells which servers are being moved.",
                "Name Nova's files in config_files.nova, or databases.nova_api.",
            )
        return self._inputs.cloud()
