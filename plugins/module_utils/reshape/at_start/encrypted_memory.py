# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""MEM_ENCRYPTION_CONTEXT from the root to the child for AMD SEV (LibvirtDriver._update_provider_tree_for_memory_encryption, since 2025.2).

Each holder gets one context of the child, which offers as many as libvirt tells. [libvirt] num_memory_encrypted_guests limits that
until 2026.1; 2026.2 no longer knows the option. That the root offers contexts shows that the host can do it.
"""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import (
    MAX_INT,
    Inventory,
    ProviderData,
    ProviderTree,
)
from ansible_collections.stackroll.nova.plugins.module_utils.model.release import Release
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import count, some
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.at_start import moving
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.at_start.host import Host
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.at_start.outlook import (
    Outlook,
    fails,
    none,
    succeeds,
    unknown,
)
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.at_start.sending import refusals

CONTEXT = "MEM_ENCRYPTION_CONTEXT"
# The first release without [libvirt] num_memory_encrypted_guests.
WITHOUT_LIMIT = 34
RAISE = (
    "Unset [libvirt] num_memory_encrypted_guests, which libvirt's own number replaces, or move servers with encrypted memory away before"
    " the host's turn."
)
MAKE_ROOM = "Move servers with encrypted memory away before the host's turn."
ASK_LIBVIRT = (
    "On the host, see maxGuests of sev in virsh domcapabilities; if it is enough, name the check in accepted_unknown."
)


def judge(host: Host, target: Release) -> Outlook:
    """What nova-compute will do with the contexts of the root, and whether it can."""
    if CONTEXT not in host.root.inventories:
        return none(f"no {CONTEXT} on the root")
    return moving.by_driver(host) or moving.by_placement(host, CONTEXT) or _by_room(host, target)


def _by_room(host: Host, target: Release) -> Outlook:
    least, most = _offered(host, target)
    holders = len(host.holders(CONTEXT))
    held = f"{count(holders, 'consumer')} {'holds' if holders == 1 else 'hold'} {CONTEXT}"
    if holders and not most:
        reason = f"{held}, and with [libvirt] num_memory_encrypted_guests = 0 there will be no child for AMD SEV"
        return fails(reason, RAISE, holders)
    refused = refusals(host.tree, _after(host, most))
    if refused:
        return fails(f"{held}: {some(refused)}", RAISE if _limit(host, target) is not None else MAKE_ROOM, holders)
    refused = refusals(host.tree, _after(host, least))
    if refused:
        return unknown(f"{held}, and libvirt may offer fewer: {some(refused)}", ASK_LIBVIRT, holders, reshapes=True)
    return succeeds(held if holders else f"nobody holds {CONTEXT}", holders)


def _offered(host: Host, target: Release) -> tuple[int, int]:
    """The least and the most that the child can offer: what the root offers is libvirt's number, or less by the option."""
    now, limit, options = host.root.inventories[CONTEXT].total, _limit(host, target), host.options
    if limit is not None:
        return min(limit, now), limit
    may_be_more = target.nova >= WITHOUT_LIMIT and (options is None or options.encrypted_guests is not None)
    return now, MAX_INT if may_be_more else now


def _limit(host: Host, target: Release) -> int | None:
    return host.options.encrypted_guests if host.options and target.nova < WITHOUT_LIMIT else None


def _after(host: Host, total: int) -> ProviderTree:
    """The tree as nova-compute sends it; no child without contexts, and one that is there already is taken."""
    tree = moving.without(host.tree, CONTEXT)
    name = f"{host.name}_amd_sev"
    there = tree.by_name.get(name)
    child = replace(
        there or ProviderData(name, name, None, host.root.uuid),
        inventories={CONTEXT: Inventory(total, max_unit=1)} if total else {},
    )
    holders = {item.uuid for item in host.holders(CONTEXT)}
    others = tuple(item for item in tree.providers if item.uuid != child.uuid)
    return replace(
        tree,
        providers=(*others, child),
        consumers=tuple(
            replace(item, allocations={**item.allocations, child.uuid: {CONTEXT: 1}}) if item.uuid in holders else item
            for item in tree.consumers
        ),
    )
