# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Placement's view of the hosts: a provider for each, room on it, and allocations that add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.accounting.audit import Audit
from ansible_collections.stackroll.nova.plugins.module_utils.accounting.room import capacity
from ansible_collections.stackroll.nova.plugins.module_utils.model.database_rows import ComputeNode
from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import COMPUTE_CLASSES, Fleet
from ansible_collections.stackroll.nova.plugins.module_utils.model.release import Release
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import count
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.check import Check, Finding, listed, success
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.evidence import NotKnown, View
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.questions import COMPUTE_NODES, FLEET

CPU_CLASSES = frozenset(("VCPU", "PCPU"))


def providers_of_nodes(evidence: View, _target: Release) -> Finding:
    """Each compute node is known to Placement by UUID and by name, and offers CPUs."""
    nodes, fleet = evidence[COMPUTE_NODES], _with_inventories(evidence[FLEET])
    if fleet.unknown:
        return success()  # what seems to be missing may be what did not answer
    by_uuid = {provider.uuid: provider.name for provider in fleet.providers}
    by_name = {provider.name: provider.uuid for provider in fleet.providers}
    wrong = [
        f"{node.node} ({problem})"
        for _cell, found in nodes.all()
        for node in found
        for problem in _problem(node, by_uuid, by_name, fleet.inventories.get(node.uuid, {}))
    ]
    return listed("failure", "Not as Placement needs it:", wrong)


def _problem(
    node: ComputeNode, by_uuid: Mapping[str, str], by_name: Mapping[str, str], inventory: Mapping[str, Any]
) -> Iterator[str]:
    if node.uuid not in by_uuid and node.node in by_name:
        yield f"its resource provider has UUID {by_name[node.node]} instead of {node.uuid}"
    elif node.uuid not in by_uuid:
        yield f"no resource provider {node.uuid}"
    elif by_uuid[node.uuid] != node.node:
        yield f"its resource provider {node.uuid} is named {by_uuid[node.uuid]}"
    elif node.hypervisor_type != "ironic" and CPU_CLASSES.isdisjoint(inventory):
        yield "no VCPU or PCPU inventory"


def providers_without_node(evidence: View, _target: Release) -> Finding:
    """Hosts that only Placement knows."""
    nodes, fleet = evidence[COMPUTE_NODES], _with_inventories(evidence[FLEET])
    if nodes.silent:
        return success()  # they may belong to the cell that did not answer
    known = {node.uuid for _cell, found in nodes.all() for node in found}
    used = Counter(allocation.provider_uuid for allocation in fleet.allocations)
    left = [
        f"{provider.name} ({provider.uuid}, {count(used[provider.uuid], 'consumer')})"
        for provider in fleet.providers
        if provider.parent_uuid is None
        and provider.uuid not in known
        and not COMPUTE_CLASSES.isdisjoint(fleet.inventories.get(provider.uuid, {}))
    ]
    return listed("warning", "No compute node of the same UUID:", left)


def allocations_add_up(evidence: View, _target: Release) -> Finding:
    """The audit that is also made after the upgrade."""
    drift = [
        f"{item.kind}: {item.name or 'consumer'} ({item.consumer_id}): {item.reason}"
        for item in Audit(evidence[FLEET]).findings
    ]
    return listed("warning", "Allocations do not add up:", drift)


def over_capacity(evidence: View, _target: Release) -> Finding:
    """More is held than Placement would give out today."""
    fleet = _with_inventories(evidence[FLEET])
    used: Counter[tuple[str, str]] = Counter()
    for allocation in fleet.allocations:
        used.update({(allocation.provider_uuid, name): amount for name, amount in allocation.resources.items()})
    over = [
        f"{provider.name} ({name}: {used[provider.uuid, name]} used of {capacity(inventory)})"
        for provider in fleet.providers
        for name, inventory in fleet.inventories.get(provider.uuid, {}).items()
        if used[provider.uuid, name] > capacity(inventory)
    ]
    return listed("warning", "Over capacity:", over)


def _with_inventories(fleet: Fleet) -> Fleet:
    if fleet.providers and not fleet.inventories:
        raise NotKnown(
            "the fleet has no inventories", "Give include: [allocations, inventories] to stackroll.nova.fleet_info."
        )
    return fleet


CHECKS = (
    Check(
        name="Resource providers of compute nodes",
        group="accounting",
        judge=providers_of_nodes,
        reads=(COMPUTE_NODES, FLEET),
        rule="Placement has a resource provider with the UUID and the name of each compute node, with VCPU or PCPU inventory (except"
        " for Ironic). Without it the scheduler does not see the host, and nova-compute cannot create a provider whose name is"
        " taken. Servers on such a host have no allocations that could be moved, so this is a failure.",
        remedy="Restart nova-compute on the host and read its log. If a provider of another UUID has taken the name, remove it once"
        " it has no allocations: openstack resource provider delete <uuid>",
        history="Takes the place of the check Resource Providers, which nova-status made from Ocata to Rocky by comparing two counts.",
    ),
    Check(
        name="Resource providers without a compute node",
        group="accounting",
        judge=providers_without_node,
        reads=(COMPUTE_NODES, FLEET),
        rule="Every root provider with inventory of VCPU, PCPU or MEMORY_MB has the UUID of a compute node. One that is left over"
        " takes up a place among the scheduler's candidates and holds allocations of servers that are elsewhere. A warning.",
        remedy="If the host is gone for good: openstack resource provider allocation delete <consumer> for each consumer that"
        " openstack resource provider show --allocations <uuid> lists, then openstack resource provider delete <uuid>",
    ),
    Check(
        name="Allocations add up",
        group="accounting",
        judge=allocations_add_up,
        reads=(FLEET,),
        rule="Every server holds in Placement what its flavor asks for, once, on its host and nowhere else, and nobody else holds"
        " anything on a host. Servers in transition are not judged. The upgrade does not add to what is wrong before, and the"
        " accounting at its end lists it as known, so this is a warning.",
        remedy="stackroll.nova.allocation_audit with the option repair, first with --check --diff. Or by Nova's own means: for"
        " consumers that do not exist, nova-manage placement audit --verbose (and --delete); for servers without"
        " allocations: nova-manage placement heal_allocations --dry-run --instance <server>, then without --dry-run; never --force"
        " it for servers that hold anything on child providers",
    ),
    Check(
        name="Providers over capacity",
        group="accounting",
        judge=over_capacity,
        reads=(FLEET,),
        rule="No more of any resource is allocated than (total - reserved) * allocation_ratio, rounded down. Placement refuses every"
        " allocation that makes it worse, so nothing can be moved to such a host, and a reshape that moves the resource to a child"
        " provider fails. Moving servers away works: a warning.",
        remedy="Move servers away, or raise the ratio or the total: openstack resource provider inventory set --amend <uuid>"
        " --resource <class>:allocation_ratio=<ratio> (nova-compute writes its own configuration's values again)",
    ),
)
