# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nova moves allocations itself while a migration is unfinished: such a host is not reshaped."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import ProviderTree
from ansible_collections.stackroll.nova.plugins.module_utils.model.server import Migration
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import count, some


class Moving(StackrollError):  # noqa: N818  # what happened reads better than a suffix
    """Servers are on their way to or from the host; the details name their migrations. Waiting may help."""


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
