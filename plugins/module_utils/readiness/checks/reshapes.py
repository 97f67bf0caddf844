# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reshapes ahead: what nova-compute will move within a host's resource providers when it starts with the new code."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.database_rows import ComputeNode, PciDevices
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Fleet
from ansible_collections.stackroll.nova.plugins.module_utils.model.release import Release
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import count, some
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.check import (
    Check,
    Finding,
    failure,
    success,
    warning,
)
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.evidence import Key, NotKnown, PerCell, View
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.questions import (
    COMPUTE_NODES,
    COMPUTES,
    FLEET,
    PCI_DEVICES,
    PINNED_SERVERS,
    RESHAPED_BY_MODULE,
    SOFTWARE,
)
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.software import by_any_name
from ansible_collections.stackroll.nova.plugins.module_utils.reshape import forecast as ahead
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.at_start.options import HostOptions
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.at_start.outlook import (
    FAILS,
    RESHAPED,
    SUCCEEDS,
    UNKNOWN,
)
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.forecast import Forecast, Known

HOSTS: tuple[Key[Any], ...] = (FLEET, SOFTWARE, COMPUTES, RESHAPED_BY_MODULE)
REMEDY = (
    "Before the host's turn, mend what the result names and finish all migrations that touch it; the account in [placement] of its nova.conf"
    " needs the role service. Afterwards look for Reshape in the log of nova-compute."
)
# What holds for every reshape.
ALWAYS = (
    " On the way to 2026.2 it is a failure as well where servers of the host hold something of a sharing provider outside of its tree, such"
    " as DISK_GB, because Nova 34.0.0 takes that provider's inventory away with the reshape. Where only servers of other hosts use it, a"
    " fleet does not tell. Of hosts in reshaped_by_module only that is told which no reshape before the start mends."
)
SHARING = " Sharing providers: read in nova/scheduler/client/report.py of 34.0.0; 33.0.2 leaves them alone, later versions are not known."


def reshape(kind: str, reads: Collection[Key[Any]], evidence: View, target: Release) -> Finding:
    """What is to be expected of one reshape on all hosts of the inventory, or on all there are without one."""
    found: dict[str, list[Forecast]] = defaultdict(list)
    for item in _forecasts(kind, reads, evidence, target):
        found[item.outcome].append(item)
    failing, unclear, coming = (_named(found[outcome]) for outcome in (FAILS, UNKNOWN, SUCCEEDS))
    said = [
        f"{beginning} {some(objects)}."
        for beginning, objects in (
            (f"nova-compute of {target.name} will not start, or not report the host any more:", failing),
            ("It is not known whether it will succeed:", unclear),
            (f"Ahead when nova-compute of {target.name} starts:", coming),
        )
        if objects
    ] + _before(len(found[RESHAPED]))
    summary, objects = " ".join(said), (*failing, *unclear, *coming)
    if failing:
        return failure(summary, objects, _remedies(found[FAILS]))
    if unclear:
        return Finding("unknown", summary, objects, _remedies(found[UNKNOWN]))
    return warning(summary, objects, _remedies(found[SUCCEEDS])) if coming else success(summary)


def _before(hosts: int) -> list[str]:
    """What is said of hosts that nova-compute finds reshaped."""
    verb = "is" if hosts == 1 else "are"
    how = "by stackroll.nova.provider_tree_reshape before nova-compute starts"
    return [f"{count(hosts, 'host')} {verb} reshaped {how}."] if hosts else []


def _named(found: Collection[Forecast]) -> list[str]:
    return [f"{item.host} ({item.reason})" for item in found]


def _remedies(found: Collection[Forecast]) -> str:
    return " ".join(dict.fromkeys(item.remedy for item in found))


def _forecasts(kind: str, reads: Collection[Key[Any]], evidence: View, target: Release) -> list[Forecast]:
    fleet = evidence[FLEET]
    if fleet.providers and not fleet.inventories:
        raise NotKnown(
            "the fleet has no inventories", "Give include: [allocations, inventories] to stackroll.nova.fleet_info."
        )
    cells = evidence.get(COMPUTE_NODES) if COMPUTE_NODES in reads else None
    nodes = [node for _cell, answer in cells.all() for node in answer] if cells else []
    pinned = evidence.get(PINNED_SERVERS) if PINNED_SERVERS in reads else None
    people = ahead.people_of(fleet, _united(pinned) if pinned else None)
    known = _known(evidence.get(SOFTWARE) or {}, nodes, evidence.get(PCI_DEVICES) if PCI_DEVICES in reads else None)
    hosts, by_module = {node.uuid: node.host for node in nodes}, evidence.get(RESHAPED_BY_MODULE) or ()
    try:
        found = ahead.forecast(
            fleet, target, people=people, known=known, hosts=hosts, only=(kind,), by_module=by_module
        )
    except StackrollError as error:
        raise NotKnown(error.message, error.remedy) from error
    return _of_inventory(found, evidence.get(COMPUTES), fleet, nodes)


def _united(pinned: PerCell[frozenset[str]]) -> frozenset[str]:
    return frozenset(uuid for _cell, found in pinned.all() for uuid in found)


def _known(
    software: Mapping[str, Mapping[str, Any]],
    nodes: Collection[ComputeNode],
    pci: PerCell[tuple[PciDevices, ...]] | None,
) -> dict[str, Known]:
    """What each host has told of its options, and its cell of its devices."""
    options = {name: HostOptions.of_software(result) for name, result in by_any_name(software).items()}
    known = {name: Known(found) for name, found in options.items()}
    devices = {item.node_uuid: item for _cell, found in (pci.all() if pci else ()) for item in found}
    for node in nodes:
        told = options.get(node.host) or options.get(node.node)
        tracked = devices.get(node.uuid, PciDevices(node.uuid, 0)) if pci else None
        known[node.node] = Known(told, pci=tracked)
    return known


def _of_inventory(
    found: list[Forecast], computes: Collection[str] | None, fleet: Fleet, nodes: Collection[ComputeNode]
) -> list[Forecast]:
    """Those of hosts that are rolled; a host of which only the node's name is known may be one."""
    if not computes:
        return found
    hosts = {server.node: server.host for server in fleet.servers if server.node and server.host}
    hosts.update((node.node, node.host) for node in nodes)
    rolled = {None, *computes}
    return [item for item in found if item.host in rolled or hosts.get(item.host) in rolled]


CHECKS = (
    Check(
        name="Reshape of VGPU",
        group="accounting",
        judge=partial(reshape, ahead.VGPU, HOSTS),
        reads=HOSTS,
        rule="No root provider has VGPU inventory. Where one has, libvirt's driver moves it and its allocations to one child for each GPU"
        " when nova-compute starts: a warning. nova-compute does not start, which is a failure, when a holder of VGPU is no server on the"
        " host (such as a migration), or has no mediated device, when a consumer of the host holds VGPU elsewhere than on the root (as"
        " after an evacuation), when more hold VGPU than the GPUs have without over-commit, when [devices] enabled_mdev_types is not set"
        " any more, or when Placement refuses what stays on the root, since nova-compute names every consumer with all it holds. Which"
        " devices servers have only libvirt knows: without it, this is unknown where servers hold VGPU." + ALWAYS,
        remedy=REMEDY,
        history="The reshape came with Stein. Read in nova/virt/libvirt/driver.py; 2026.1 and 2026.2 do the same."
        + SHARING,
        since=ahead.KINDS[ahead.VGPU].since,
    ),
    Check(
        name="Reshape of encrypted memory",
        group="accounting",
        judge=partial(reshape, ahead.ENCRYPTED_MEMORY, HOSTS),
        reads=HOSTS,
        rule="No root provider has MEM_ENCRYPTION_CONTEXT inventory. Where one has, libvirt's driver moves it, its allocations and the"
        " trait HW_CPU_X86_AMD_SEV to the child provider <node>_amd_sev when nova-compute starts: a warning. nova-compute does not start,"
        " which is a failure, when servers need such a child and [libvirt] num_memory_encrypted_guests = 0 prevents it, when more consumers"
        " hold a context than it will offer, when a consumer of the host holds one elsewhere than on the root (as after an evacuation, or"
        " when older code has run since the host was reshaped), or when Placement refuses what stays on the root. That the root offers"
        " contexts is taken as the proof that the host can encrypt memory." + ALWAYS,
        remedy=REMEDY,
        history="The reshape came with 2025.2. From 2026.2 on, num_memory_encrypted_guests is not read any more; libvirt's number counts."
        + SHARING,
        since=ahead.KINDS[ahead.ENCRYPTED_MEMORY].since,
    ),
    Check(
        name="Reshape of pinned CPUs",
        group="accounting",
        judge=partial(reshape, ahead.PINNED_CPUS, (COMPUTE_NODES, PINNED_SERVERS)),
        reads=(*HOSTS, COMPUTE_NODES, PINNED_SERVERS),
        rule="No server with dedicated CPUs holds VCPU on a host that offers no PCPU and has [compute] cpu_dedicated_set. There, libvirt's"
        " driver turns such VCPU into PCPU when nova-compute starts, those of unfinished outgoing migrations included: a warning."
        " nova-compute does not start, which is a failure, when they are more than the dedicated CPUs, when other servers hold more VCPU"
        " than [compute] cpu_shared_set has CPUs, or any without it, when both sets have CPUs in common, or with [DEFAULT] vcpu_pin_set"
        " set as well. Which servers are pinned by their image only Nova's database knows. Where the options of the host are not known,"
        " this is unknown if it can have pinned servers." + ALWAYS,
        remedy=REMEDY,
        history="The reshape came with Train; 2026.1 and 2026.2 do the same." + SHARING,
        since=ahead.KINDS[ahead.PINNED_CPUS].since,
    ),
    Check(
        name="Reshape of PCI devices",
        group="accounting",
        judge=partial(reshape, ahead.PCI_DEVICES, (COMPUTE_NODES, PCI_DEVICES)),
        reads=(*HOSTS, COMPUTE_NODES, PCI_DEVICES),
        rule="Where [pci] report_in_placement is on and the host has no child providers for PCI devices yet, nova-compute adds them, with"
        " allocations for the servers, when it starts: a warning. nova-compute does not start, which is a failure, when the option is off"
        " on a host that has such providers (it cannot be switched off again), when [pci] device_spec names devices by devname, or when a"
        " physical function and its virtual functions are both tracked. It is unknown where the options of the host, or its PCI devices"
        " in Nova's database, are not known, and where device_spec gives some of its devices resource classes, traits or other marks that"
        " all virtual functions of a physical function must have in common." + ALWAYS,
        remedy=REMEDY,
        history="The reshape came with Zed. one_time_use came with 2025.2, live_migratable as a trait with 2026.2."
        + SHARING,
        since=ahead.KINDS[ahead.PCI_DEVICES].since,
    ),
)
