# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PCI devices from Nova's own tables to one child each, with allocations (nova.compute.pci_placement_translator, since Zed).

[pci] report_in_placement switches it on, for good: nova-compute does not start without it where it was on before. It allocates what
its tables say that servers have, so that Placement has no reason to refuse it; what it refuses itself are devices it cannot name. Where
no server has a device, only inventories are written, which is no reshape (update_provider_tree_for_pci).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.database_rows import PciDevices
from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import ProviderData
from ansible_collections.stackroll.nova.plugins.module_utils.model.release import Release
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import count, some
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.at_start.host import Host
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.at_start.options import HostOptions
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.at_start.outlook import (
    ASK_HOST,
    Outlook,
    fails,
    none,
    succeeds,
    unknown,
)
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.at_start.sending import refusals

Specs = tuple[Mapping[str, Any], ...]
TRAIT = "COMPUTE_MANAGED_PCI_DEVICE"
_ADDRESS = re.compile(r"_[0-9A-F]{4,8}:[0-9A-F]{2}:[0-9A-F]{2}\.[0-7]$")
# What makes two virtual functions of one physical function differ, or is not allowed for them.
_TAGS = ("resource_class", "traits", "one_time_use", "live_migratable")
SWITCH_ON = "Set [pci] report_in_placement = true on the host: Nova does not support to switch it off again."
ADDRESSES = "Name the devices in [pci] device_spec by address instead of devname."
ONE_KIND = "Let [pci] device_spec match either the physical function or its virtual functions, once no server has one of the other kind."
SET_BOOLEAN = "Set [pci] report_in_placement to true or false."
WRITE_JSON = "Write each [pci] device_spec as a JSON object, or as a list of such."
ASK_DATABASE = "Give Nova's database, which knows the PCI devices of each host."
COMPARE = (
    "Give all virtual functions of a physical function the same resource_class, traits and live_migratable in [pci] device_spec, and none of"
    " them one_time_use; then name the check in accepted_unknown."
)
CORRECT = "Correct what is held or offered there before the host's turn: stackroll.nova.allocation_audit tells who holds too much."


def judge(host: Host, _target: Release) -> Outlook:
    """Whether nova-compute will put PCI devices into Placement, and what it stumbles over."""
    tracked = [item.name for item in host.providers[1:] if is_pci_device(host, item)]
    options = host.options
    if options is None:
        what = f"{count(len(tracked), 'PCI device')} in Placement, and it" if tracked else "it"
        return unknown(f"{what} is not known whether [pci] report_in_placement is on", ASK_HOST, reshapes=False)
    if options.in_placement is None:
        return fails("[pci] report_in_placement is neither true nor false", SET_BOOLEAN, reshapes=False)
    if not options.in_placement:
        if not tracked:
            return none("[pci] report_in_placement is off")
        reason = f"[pci] report_in_placement is off, but it was on before: {some(tracked)}"
        return fails(reason, SWITCH_ON, reshapes=False)
    return _by_spec(host, options, bool(tracked))


def is_pci_device(host: Host, provider: ProviderData) -> bool:
    """Whether the provider is one that Nova has made for a PCI device; where no traits were read, its name tells."""
    return TRAIT in provider.traits if provider.traits else bool(_ADDRESS.fullmatch(provider.name[len(host.name) :]))


def _by_spec(host: Host, options: HostOptions, tracked: bool) -> Outlook:
    specs = options.device_specs
    if specs is None:
        return fails("[pci] device_spec is no JSON object or list of such", WRITE_JSON, reshapes=False)
    if any(item.get("devname") for item in specs):
        return fails("[pci] device_spec names a device by devname", ADDRESSES, reshapes=False)
    return _by_devices(host, specs, tracked) if specs else none("[pci] device_spec is empty")


def _by_devices(host: Host, specs: Specs, tracked: bool) -> Outlook:
    devices = host.known.pci
    if devices and devices.both_kinds:
        return _both_kinds(specs, devices.both_kinds)
    if tracked:
        return none("its PCI devices are in Placement already")
    if devices is None:
        return unknown("it is not known which PCI devices it has", ASK_DATABASE, reshapes=False)
    return _first_time(host, specs, devices) if devices.count else none("no PCI devices of [pci] device_spec")


def _both_kinds(specs: Specs, addresses: tuple[str, ...]) -> Outlook:
    reason = f"a physical function and virtual functions of it are both tracked: {some(addresses)}"
    if any(item.get("physical_network") for item in specs):
        left_out = f"{reason}, and it is not known whether either is left out for its physical_network"
        return unknown(left_out, ONE_KIND, reshapes=False)
    return fails(reason, ONE_KIND, reshapes=False)


def _first_time(host: Host, specs: Specs, devices: PciDevices) -> Outlook:
    refused = refusals(host.tree, host.tree) if devices.held else []
    if refused:
        return fails(f"Placement would refuse it: {some(refused)}", CORRECT)
    what = count(devices.count, "PCI device")
    if any(name in item for item in specs for name in _TAGS):
        alike = f"{what}, and it is not known whether virtual functions of one device are all alike"
        return unknown(alike, COMPARE, reshapes=False)
    return succeeds(f"{what}, with allocations for the servers that have one", reshapes=devices.held > 0)
