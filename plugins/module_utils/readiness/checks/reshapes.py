# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reshapes ahead: what nova-compute will move within a host's resource providers when it starts with the new code."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Fleet, Provider
from ansible_collections.stackroll.nova.plugins.module_utils.model.release import Release
from ansible_collections.stackroll.nova.plugins.module_utils.model.server import Server
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import count
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.check import Check, Finding, listed, success
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.evidence import NotKnown, View
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.questions import FLEET, NOVA_OPTIONS, is_on

VGPU = "VGPU"
ENCRYPTED_MEMORY = "MEM_ENCRYPTION_CONTEXT"
PCI_ALIAS = "pci_passthrough:alias"
STEIN, TRAIN, ZED, FLAMINGO = 19, 20, 26, 32


def vgpu(evidence: View, _target: Release) -> Finding:
    """From the root provider to one child for each physical GPU."""
    return listed("warning", "VGPU inventory on the root provider of", on_root(evidence[FLEET], VGPU))


def encrypted_memory(evidence: View, _target: Release) -> Finding:
    """From the root provider to a child."""
    found = on_root(evidence[FLEET], ENCRYPTED_MEMORY)
    return listed("warning", "MEM_ENCRYPTION_CONTEXT inventory on the root provider of", found)


def pinned_cpus(evidence: View, _target: Release) -> Finding:
    """From VCPU to PCPU on the same provider, for servers with dedicated CPUs."""
    return listed(
        "warning", "Pinned servers hold VCPU, and there is no PCPU inventory, on", pinned_on_vcpu(evidence[FLEET])
    )


def pci_devices(evidence: View, _target: Release) -> Finding:
    """From Nova's own tables to one child provider for each device."""
    hosts = untracked_pci(evidence[FLEET])
    if not hosts or not is_on(evidence[NOVA_OPTIONS], "pci", "report_in_placement"):
        return success()
    return listed("warning", "PCI devices are in use but not on child providers of", hosts)


def reshapes(fleet: Fleet) -> list[str]:
    """The hosts that will be reshaped for reasons that the fleet alone shows, each with the reason."""
    reasons = {
        VGPU: on_root(fleet, VGPU),
        ENCRYPTED_MEMORY: on_root(fleet, ENCRYPTED_MEMORY),
        "PCPU": pinned_on_vcpu(fleet),
    }
    return [f"{reason} on {host}" for reason, hosts in reasons.items() for host in hosts]


def on_root(fleet: Fleet, resource_class: str) -> list[str]:
    """Hosts whose root provider has inventory of a class that belongs to child providers, with the number of consumers."""
    holders = _holders(fleet, resource_class)
    return [
        f"{root.name} ({count(len(holders[root.uuid]), 'consumer')})"
        for root in _roots(fleet)
        if resource_class in fleet.inventories.get(root.uuid, {})
    ]


def pinned_on_vcpu(fleet: Fleet) -> list[str]:
    """Hosts without PCPU inventory on which servers with dedicated CPUs hold VCPU, with their number."""
    pinned = {server.id for server in fleet.servers if server.flavor.extra_specs.get("hw:cpu_policy") == "dedicated"}
    holders = _holders(fleet, "VCPU")
    return [
        f"{root.name} ({count(len(holders[root.uuid] & pinned), 'server')})"
        for root in _roots(fleet)
        if holders[root.uuid] & pinned and "PCPU" not in fleet.inventories.get(root.uuid, {})
    ]


def untracked_pci(fleet: Fleet) -> list[str]:
    """Hosts with servers whose flavor asks for PCI devices and that hold nothing on any child provider, with their number."""
    children = {provider.uuid for provider in fleet.providers if provider.parent_uuid is not None}
    on_children = {allocation.consumer_id for allocation in fleet.allocations if allocation.provider_uuid in children}
    servers: dict[str, list[Server]] = defaultdict(list)
    for server in fleet.servers:
        if server.host and PCI_ALIAS in server.flavor.extra_specs and server.id not in on_children:
            servers[server.host].append(server)
    return [f"{host} ({count(len(found), 'server')})" for host, found in sorted(servers.items())]


def _roots(fleet: Fleet) -> Iterator[Provider]:
    if fleet.providers and not fleet.inventories:
        raise NotKnown(
            "the fleet has no inventories", "Give include: [allocations, inventories] to stackroll.nova.fleet_info."
        )
    return (provider for provider in fleet.providers if provider.parent_uuid is None)


def _holders(fleet: Fleet, resource_class: str) -> dict[str, set[str]]:
    """Who holds something of the class on each provider."""
    found: dict[str, set[str]] = defaultdict(set)
    for allocation in fleet.allocations:
        if resource_class in allocation.resources:
            found[allocation.provider_uuid].add(allocation.consumer_id)
    return found


CHECKS = (
    Check(
        name="Reshape of VGPU",
        group="accounting",
        judge=vgpu,
        reads=(FLEET,),
        rule="No root provider has VGPU inventory. Where one has, and the host still has GPUs, nova-compute moves inventory and"
        " allocations to one child provider for each GPU when it starts. It does not start when a consumer is no domain on the host,"
        " such as an unfinished migration, or when a provider is over capacity. A warning: usually the reshape succeeds.",
        remedy="Before the host's turn, finish all migrations that touch it; afterwards look for Reshape in the log of nova-compute",
        history="The reshape came with Stein.",
        since=STEIN,
    ),
    Check(
        name="Reshape of encrypted memory",
        group="accounting",
        judge=encrypted_memory,
        reads=(FLEET,),
        rule="No root provider has MEM_ENCRYPTION_CONTEXT inventory. Where one has, nova-compute moves it, its allocations and the"
        " trait HW_CPU_X86_AMD_SEV to the child provider <node>_amd_sev when it starts, and does not start when it finds no such"
        " child. A warning: usually the reshape succeeds.",
        remedy="Before the host's turn, finish all migrations that touch it; afterwards look for Reshape in the log of nova-compute",
        history="The reshape came with 2025.2.",
        since=FLAMINGO,
    ),
    Check(
        name="Reshape of pinned CPUs",
        group="accounting",
        judge=pinned_cpus,
        reads=(FLEET,),
        rule="No server whose flavor has hw:cpu_policy=dedicated holds VCPU on a host without PCPU inventory. Once [compute]"
        " cpu_dedicated_set is set on the host, nova-compute turns such VCPU into PCPU when it starts, unfinished outgoing migrations"
        " included; until then nothing happens. Servers that are pinned by their image are not seen here. A warning.",
        remedy="Set [compute] cpu_dedicated_set (instead of vcpu_pin_set) on the host so that it has room for all its pinned servers,"
        " at the upgrade or later, and finish all migrations that touch it before nova-compute starts",
        history="The reshape came with Train.",
        since=TRAIN,
    ),
    Check(
        name="Reshape of PCI devices",
        group="accounting",
        judge=pci_devices,
        reads=(FLEET, NOVA_OPTIONS),
        rule="If [pci] report_in_placement is on, no server whose flavor asks for PCI devices (pci_passthrough:alias) is without"
        " allocations on a child provider. Otherwise nova-compute adds child providers for the devices and allocations for the servers"
        " when it starts and at every periodic task, and does not start when [pci] device_spec names devices by devname or tracks"
        " both a physical function and its virtual functions. It cannot be switched off again. A warning.",
        remedy="Check [pci] device_spec of the hosts: addresses instead of devname, either a physical function or its virtual ones",
        history="The reshape came with Zed.",
        since=ZED,
    ),
)
