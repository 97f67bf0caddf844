# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every class that libvirt's driver moves from the root to children."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import Consumer, Holdings, ProviderTree
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import some
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.at_start.host import Host
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.at_start.outlook import (
    Outlook,
    fails,
    none,
    unknown,
)
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.at_start.sending import refusals

FINISH = (
    "Let their migrations end, confirm, revert or abort them before the host's turn; who is neither server nor migration is found by"
    " nova-manage placement audit --verbose."
)
ALL_SERVERS = "Give a fleet with all servers: let every cell answer, and include servers in stackroll.nova.fleet_info."
GATHER = (
    "After an evacuation, start nova-compute on the old host first, which removes what is left there. If the host has gone back to older"
    " code since it was reshaped, stop nova-compute and bring all of it to one side with stackroll.nova.provider_tree_reshape."
)
CORRECT = "Correct what is held or offered there before the host's turn: stackroll.nova.allocation_audit tells who holds too much."
ASK_VENDOR = "Ask who has written the driver, then name the check in accepted_unknown."


def by_driver(host: Host) -> Outlook | None:
    """What follows from the driver alone; where it is not known it is taken for libvirt's, which no other imitates."""
    if host.options and host.options.is_other:
        return none(f"{host.options.driver} moves nothing")
    if host.options and host.options.is_foreign:
        return unknown(f"[DEFAULT] compute_driver {host.options.driver} is none of Nova's", ASK_VENDOR)
    return None


def by_placement(host: Host, resource_class: str) -> Outlook | None:
    """What fails wherever the class goes: it is elsewhere already, or Placement does not take what stays on the root."""
    strays = host.strays(resource_class)
    if strays:
        where = some(f"{item.label} on {_places(host.tree, item, resource_class)}" for item in strays)
        return fails(f"{resource_class} is held elsewhere than on the root, by {where}", GATHER, len(strays))
    found = refusals(host.tree, without(host.tree, resource_class))
    return fails(f"Placement would refuse it: {some(found)}", CORRECT) if found else None


def without(tree: ProviderTree, resource_class: str) -> ProviderTree:
    """The tree without the class on the root; nobody holds it anywhere else."""
    root = tree.root
    rest = {name: item for name, item in root.inventories.items() if name != resource_class}
    return replace(
        tree,
        providers=(replace(root, inventories=rest), *tree.providers[1:]),
        consumers=tuple(replace(item, allocations=_less(item.allocations, resource_class)) for item in tree.consumers),
    )


def _less(holdings: Holdings, resource_class: str) -> Holdings:
    return {
        uuid: {name: amount for name, amount in amounts.items() if name != resource_class}
        for uuid, amounts in holdings.items()
    }


def _places(tree: ProviderTree, consumer: Consumer, resource_class: str) -> str:
    names = {item.uuid: item.name for item in tree.providers}
    return some(
        names.get(uuid, f"provider {uuid} of another host")
        for uuid, amounts in consumer.allocations.items()
        if uuid != tree.root_uuid and amounts.get(resource_class)
    )
