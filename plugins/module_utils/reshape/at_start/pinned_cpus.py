# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""VCPU of pinned servers to PCPU, on the root (LibvirtDriver._update_provider_tree_for_pcpu, since Train).

nova-compute does it once [compute] cpu_dedicated_set is set and the host has pinned CPUs but no PCPU yet: for its servers with
dedicated CPUs, and for migrations of such that are on their way to another host.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import (
    Consumer,
    Inventory,
    ProviderTree,
)
from ansible_collections.stackroll.nova.plugins.module_utils.model.release import Release
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import count, some
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.at_start import moving
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.at_start.host import Host
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.at_start.options import HostOptions, cpus
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.at_start.outlook import (
    ASK_HOST,
    Outlook,
    fails,
    none,
    succeeds,
    unknown,
)
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.at_start.sending import refusals

VCPU, PCPU = "VCPU", "PCPU"
CHANGE_SETS = (
    "Give [compute] cpu_dedicated_set room for all pinned servers and cpu_shared_set for all others, or move servers away before the"
    " host's turn; without cpu_dedicated_set nothing is moved."
)
ASK_DATABASE = "Give Nova's database, which knows the servers that are pinned by their image."


def judge(host: Host, _target: Release) -> Outlook:
    """What nova-compute will do with the VCPU of pinned servers, and whether it can."""
    if PCPU in host.root.inventories:
        return none("the root offers PCPU")
    options = host.options
    if options and not options.dedicated:
        return none("[compute] cpu_dedicated_set is not set")
    if VCPU not in host.root.inventories:
        return none("no VCPU on the root")
    pinned, perhaps = _pinned(host)
    if not pinned and not perhaps:
        return none("no pinned server")
    if options is None:
        who = _named(pinned) if pinned else f"{count(len(perhaps), 'server')} may be pinned by the image"
        reason = f"{who}, and it is not known whether [compute] cpu_dedicated_set is set"
        return unknown(reason, ASK_HOST, len(pinned))
    return moving.by_driver(host) or _misconfigured(options) or _by_room(host, options, pinned, perhaps)


def _pinned(host: Host) -> tuple[list[Consumer], list[Consumer]]:
    """Of those who hold VCPU: who is pinned, and who may be."""
    found: dict[bool | None, list[Consumer]] = {True: [], False: [], None: []}
    for consumer in host.holders(VCPU):
        found[_is_moved(host, consumer)].append(consumer)
    return found[True], found[None]


def _is_moved(host: Host, consumer: Consumer) -> bool | None:
    migration = host.people.migrations.get(consumer.uuid)
    if migration is not None:
        outgoing = migration.unfinished and bool(migration.dest_host) and migration.dest_host not in host.names
        return host.people.is_pinned(migration.server_id) if outgoing else False
    here = host.is_here(consumer)
    return host.people.is_pinned(consumer.uuid) if here else here


def _misconfigured(options: HostOptions) -> Outlook | None:
    """What nova-compute ends for at once (LibvirtDriver._check_cpu_set_configuration)."""
    if options.pin_set:
        both = "[DEFAULT] vcpu_pin_set is set as well as [compute] cpu_dedicated_set"
        return fails(both, "Unset vcpu_pin_set.", reshapes=False)
    dedicated, shared = cpus(options.dedicated), cpus(options.shared)
    if not dedicated or shared is None or (options.shared and not shared):
        return fails(
            f"[compute] cpu_dedicated_set {options.dedicated!r} or cpu_shared_set {options.shared!r} names no CPUs",
            "Write them as numbers and ranges, such as 4-12,^8,15.",
            reshapes=False,
        )
    if dedicated & shared:
        overlap = "[compute] cpu_dedicated_set and cpu_shared_set have CPUs in common"
        return fails(overlap, "Make them disjoint.", reshapes=False)
    return None


def _by_room(host: Host, options: HostOptions, pinned: list[Consumer], perhaps: list[Consumer]) -> Outlook:
    """Whether it fits, however many of those who may be pinned are: from none of them to all."""
    what, certain = _named(pinned), {item.uuid for item in pinned}
    needed, room = sum(host.holds(item, VCPU) for item in pinned), len(cpus(options.dedicated) or ())
    if needed > room:
        reason = f"{what}, {needed} in all, and [compute] cpu_dedicated_set has {room} CPUs, without over-commit"
        return fails(reason, CHANGE_SETS, len(pinned))
    attempted = True if pinned else None
    refused = refusals(host.tree, _after(host, options, certain))
    if not perhaps:
        if refused:
            return fails(f"{what}: {some(refused)}", CHANGE_SETS, len(pinned))
        return succeeds(f"{what}, {needed} in all, and there are {room} dedicated CPUs", len(pinned))
    refused += refusals(host.tree, _after(host, options, certain | {item.uuid for item in perhaps}))
    if refused:
        reason = f"{count(len(perhaps), 'server')} may be pinned by the image; then or otherwise {some(refused)}"
        return unknown(reason, ASK_DATABASE, len(pinned), attempted)
    most = count(len(pinned) + len(perhaps), "consumer")
    return succeeds(f"at most {most} with pinned CPUs", len(pinned), attempted)


def _after(host: Host, options: HostOptions, moved: Collection[str]) -> ProviderTree:
    """The tree as nova-compute sends it: PCPU of the one set, VCPU of the other, and none without a set."""
    root = host.root
    dedicated, shared = len(cpus(options.dedicated) or ()), len(cpus(options.shared) or ())
    inventories = {name: item for name, item in root.inventories.items() if name != VCPU}
    if shared:
        inventories[VCPU] = replace(root.inventories[VCPU], total=shared, max_unit=shared)
    inventories[PCPU] = Inventory(dedicated, max_unit=dedicated)
    return replace(
        host.tree,
        providers=(replace(root, inventories=inventories), *host.tree.providers[1:]),
        consumers=tuple(_swapped(item) if item.uuid in moved else item for item in host.tree.consumers),
    )


def _swapped(consumer: Consumer) -> Consumer:
    """On every provider, as long as there is no PCPU yet."""
    allocations = {
        uuid: {PCPU if name == VCPU and PCPU not in amounts else name: amount for name, amount in amounts.items()}
        for uuid, amounts in consumer.allocations.items()
    }
    return replace(consumer, allocations=allocations)


def _named(consumers: list[Consumer]) -> str:
    return f"{count(len(consumers), 'pinned consumer')} {'holds' if len(consumers) == 1 else 'hold'} VCPU"
