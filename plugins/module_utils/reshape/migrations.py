# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nova moves allocations itself while servers are on their way: their hosts are not reshaped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import ProviderTree
from ansible_collections.stackroll.nova.plugins.module_utils.model.server import Migration, Whereabouts
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import count, some

# Nova deletes the allocations of such a server, without changing the generation of any provider, and makes new ones elsewhere when a
# build is tried on another host or a shelved server comes back (nova.compute.manager, nova.conductor.manager).
BUILDING = "building"
COMING_OR_GOING = (
    "shelving",
    "shelving_image_pending_upload",
    "shelving_image_uploading",
    "shelving_offloading",
    "unshelving",
)


class Moving(StackrollError):  # noqa: N818  # what happened reads better than a suffix
    """Servers are on their way to or from the host; the details name them or their migrations. Waiting may help."""


def moving(tree: ProviderTree, migrations: Iterable[Migration]) -> list[Migration]:
    """The migrations that may still change allocations on this host.

    Those that begin or end here, and those of anybody who holds something here. An evacuation counts until its source has cleaned up.
    """
    holders = {consumer.uuid for consumer in tree.consumers}
    name = tree.root.name
    return [
        item
        for item in migrations
        if (item.unfinished or (item.type == "evacuation" and item.status == "done"))
        and (name in (item.source_node, item.dest_node) or not holders.isdisjoint((item.uuid, item.server_id)))
    ]


def refuse_moving(tree: ProviderTree, migrations: Iterable[Migration]) -> None:
    """Refuse a host from or to which something moves. Raises Moving."""
    found = moving(tree, migrations)
    if found:
        names = some(f"{item.type} of {item.server_id} is {item.status}" for item in found)
        raise Moving(
            f"{tree.root.name} cannot be reshaped during {count(len(found), 'migration')}: {names}.",
            "Let them end, confirm, revert or abort them; after an evacuation, start nova-compute on the source host again.",
            {"host": tree.root.name, "migrations": [item.to_dict() for item in found]},
        )


def refuse_unsettled(host: str, servers: Mapping[str, Whereabouts]) -> None:
    """Refuse a host if some servers, by UUID, that hold something there do not stay there. Raises Moving."""
    found = {uuid: text for uuid, item in sorted(servers.items()) if (text := _unsettled(host, item))}
    if found:
        raise Moving(
            f"{host} cannot be reshaped while its servers come or go: {some(f'{uuid} {text}' for uuid, text in found.items())}.",
            "Let their builds end; what a server holds on a host that it is not on is repaired by stackroll.nova.allocation_audit.",
            {"host": host, "servers": found},
        )


def elsewhere(host: str, servers: Mapping[str, Whereabouts]) -> dict[str, str]:
    """Those of the servers that are on another host, by UUID, with its name."""
    return {uuid: item.node for uuid, item in servers.items() if item.node not in (None, host)}


def _unsettled(host: str, server: Whereabouts) -> str:
    if server.vm_state == BUILDING:
        return "is being built"
    if server.vm_state == "unknown":
        return "is in a cell that does not answer"
    if server.task_state in COMING_OR_GOING:
        return f"is {server.task_state}"
    return "" if server.node in (None, host) else f"is on {server.node}"
