# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""VGPU from the root to one child for each physical GPU (LibvirtDriver._update_provider_tree_for_vgpu, since Stein).

nova-compute asks libvirt which GPU each holder's mediated devices are on, and allocates what it finds there, whatever the amount was
before. A holder without any makes it die.
"""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.stackroll.nova.plugins.module_utils.accounting.room import capacity
from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import Consumer
from ansible_collections.stackroll.nova.plugins.module_utils.model.release import Release
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import count, some
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.at_start import moving
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.at_start.host import Host
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.at_start.outlook import (
    ASK_HOST,
    Outlook,
    fails,
    none,
    succeeds,
    unknown,
)

VGPU = "VGPU"
SWITCH_ON = (
    "Set [devices] enabled_mdev_types on the host to the types that its GPUs have now, or move these servers away."
)
MOVE = "Move these servers away before the host's turn, or give them fewer."
LOOK = (
    "On the host, look in virsh dumpxml <instance> of each of them for a hostdev of type mdev; if all have one, name the check in"
    " accepted_unknown. Where one is missing, reboot the server hard."
)


def judge(host: Host, _target: Release) -> Outlook:
    """What nova-compute will do with the VGPU of the root, and whether it can."""
    if VGPU not in host.root.inventories:
        return none("no VGPU on the root")
    return moving.by_driver(host) or _no_gpus(host) or moving.by_placement(host, VGPU) or _by_holders(host)


def _no_gpus(host: Host) -> Outlook | None:
    """Without GPUs nothing is moved: nova-compute takes the inventory away, which Placement refuses as long as anybody holds it."""
    if host.options is None or host.options.has_vgpus:
        return None
    holders, unset = host.holders(VGPU), "[devices] enabled_mdev_types is not set"
    if not holders:
        return none(unset)
    return fails(f"{unset}, and {_named(holders)} VGPU, which nova-compute cannot take away", SWITCH_ON, len(holders))


def _by_holders(host: Host) -> Outlook:
    holders, devices = host.holders(VGPU), host.known.vgpus
    if not holders:
        return succeeds("nobody holds VGPU")
    return (
        _strangers(host, holders)
        or _too_many(host, holders)
        or (_asked(holders, devices) if devices is not None else _not_asked(host, holders))
        or (succeeds(f"{_named(holders)} VGPU", len(holders)) if host.options else _options(holders))
    )


def _strangers(host: Host, holders: list[Consumer]) -> Outlook | None:
    """Who is no server of the host has no domain in libvirt."""
    strangers = [item for item in holders if host.is_here(item) is False]
    if strangers:
        verb = "holds VGPU and is no server" if len(strangers) == 1 else "hold VGPU and are no servers"
        return fails(
            f"{some(item.label for item in strangers)} {verb} on the host", moving.FINISH, consumers=len(strangers)
        )
    unseen = [item for item in holders if host.is_here(item) is None]
    if unseen:
        who = some(item.label for item in unseen)
        reason = f"it is not known whether {who} is a server on the host"
        return unknown(reason, moving.ALL_SERVERS, len(unseen), _attempted(host))
    return None


def _too_many(host: Host, holders: list[Consumer]) -> Outlook | None:
    """Each holder has one device at least, and the GPUs have no more devices than the root offers."""
    room = capacity({**vars(host.root.inventories[VGPU]), "allocation_ratio": 1.0})
    if len(holders) <= room:
        return None
    return fails(f"{_named(holders)} VGPU, of which the GPUs have {room}, without over-commit", MOVE, len(holders))


def _asked(holders: list[Consumer], devices: Mapping[str, int]) -> Outlook | None:
    without = [item for item in holders if not devices.get(item.uuid)]
    if not without:
        return None
    return fails(
        f"libvirt has no mediated device for {some(item.label for item in without)}",
        "Reboot these servers hard, which makes their devices anew, or move them away.",
        len(without),
    )


def _not_asked(host: Host, holders: list[Consumer]) -> Outlook:
    return unknown(
        f"{_named(holders)} VGPU, and it is not known whether libvirt has a mediated device for each",
        LOOK,
        len(holders),
        _attempted(host),
    )


def _attempted(host: Host) -> bool | None:
    """Whether there is a reshape: only with the types of mediated devices, which are known to be set once the options are."""
    return True if host.options else None


def _options(holders: list[Consumer]) -> Outlook:
    reason = f"{_named(holders)} VGPU, and it is not known whether [devices] enabled_mdev_types is set"
    return unknown(reason, ASK_HOST, len(holders))


def _named(holders: list[Consumer]) -> str:
    return f"{count(len(holders), 'consumer')} {'holds' if len(holders) == 1 else 'hold'}"
