# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers and hypervisors as the cells know them (nova/cmd/status.py, nova/virt/libvirt/machine_type_utils.py)."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.stackroll.nova.plugins.module_utils.model.release import Release
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import count
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.check import (
    NOVA_STATUS,
    Check,
    Finding,
    listed,
    sampled,
    success,
    warning,
)
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.evidence import PerCell, Sample, View
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.questions import (
    CELL_MAPPINGS,
    COMPUTE_ID_UNSET,
    COMPUTE_NODES,
    FLEET,
    INSTANCES,
    IRONIC_FLAVOR_UNMIGRATED,
    MACHINE_TYPE_UNSET,
    REQUEST_SPECS,
)

MACHINE_TYPE_PAGE = "https://docs.openstack.org/nova/latest/admin/hw-machine-type.html"


def resource_providers(evidence: View, _target: Release) -> Finding:
    """Every hypervisor reports its processors to Placement."""
    fleet = evidence[FLEET]
    nodes = [node for _cell, found in evidence[COMPUTE_NODES].real() for node in found]
    reporting = {uuid for uuid, inventory in fleet.inventories.items() if "VCPU" in inventory}
    if not nodes and not reporting:
        return success(
            "There are no compute resource providers in the Placement service nor are there compute nodes in the database."
            " Remember to configure new compute nodes to report into the Placement service."
        )
    missing = [f"{node.node} ({node.uuid})" for node in nodes if node.uuid not in reporting]
    what = f"{len(missing)} of {count(len(nodes), 'compute node')} report no VCPU into the Placement service:"
    return listed("warning", what, missing)


def ironic_flavors(evidence: View, _target: Release) -> Finding:
    """Every bare metal server's flavor asks for its custom resource class."""
    if not any(not cell.is_cell0 for cell in evidence[CELL_MAPPINGS]):
        return warning("Unable to determine ironic flavor migration without cell mappings.")
    return _instances("failure", "with unmigrated flavors on ironic nodes", evidence[IRONIC_FLAVOR_UNMIGRATED])


def request_specs(evidence: View, _target: Release) -> Finding:
    """The API database knows what every server once asked for."""
    if not evidence[CELL_MAPPINGS]:
        return warning("Unable to determine request spec migrations without cell mappings.")
    known = evidence[REQUEST_SPECS]
    missing = [
        f"{server.name} ({server.uuid}) in {cell}"
        for cell, servers in evidence[INSTANCES].all()
        for server in servers
        if server.uuid not in known
    ]
    what = f"{count(len(missing), 'instance')} without matching request_specs in the API database:"
    return listed("failure", what, missing)


def machine_types(evidence: View, _target: Release) -> Finding:
    """Every server keeps the machine type it was started with."""
    found = _instances("warning", "without hw_machine_type set", evidence[MACHINE_TYPE_UNSET])
    if found.result == "success":
        return found
    note = "This can be ignored if there are no libvirt based compute hosts."
    return replace(found, summary=f"{found.summary} {note}")


def object_linkage(evidence: View, _target: Release) -> Finding:
    """Hypervisors name their service, and servers their hypervisor."""
    nodes = [node.node for _cell, found in evidence[COMPUTE_NODES].real() for node in found if node.service_id is None]
    if nodes:
        return listed("warning", "Compute node objects without service_id linkage were found in the database:", nodes)
    found = _instances("warning", "missing compute node linkage", evidence[COMPUTE_ID_UNSET])
    return replace(found, remedy="nova-manage db online_data_migrations")


def _instances(result: str, what: str, cells: PerCell[Sample]) -> Finding:
    """Success for none; otherwise how many there are in each cell, and the first names."""
    found = [(cell, sample) for cell, sample in cells.real() if sample.total]
    total = sum(sample.total for _cell, sample in found)
    names = tuple(name for _cell, sample in found for name in sample.names)
    where = ", ".join(f"{cell} ({sample.total})" for cell, sample in found)
    return sampled(result, f"{count(total, 'instance')} {what} in {where}:", Sample(total, names))


CHECKS = (
    Check(
        name="Resource Providers",
        group="nova",
        judge=resource_providers,
        reads=(COMPUTE_NODES, FLEET),
        rule="Every compute node of every cell but cell0 is a resource provider with an inventory of VCPU in Placement, found by"
        " its uuid.",
        remedy="Check [placement] in the nova.conf of these hosts and restart nova-compute there.",
        history="Ocata to Rocky. nova-status compared two numbers: it counted the compute nodes of its own [database]"
        " connection only, deleted ones included, and inventories in the API database; this check compares the compute nodes"
        " themselves.",
        until=18,
        command=NOVA_STATUS,
    ),
    Check(
        name="Ironic Flavor Migration",
        group="nova",
        judge=ironic_flavors,
        reads=(CELL_MAPPINGS, IRONIC_FLAVOR_UNMIGRATED),
        rule="In every cell but cell0, the flavor kept with each server on an ironic node has an extra spec resources:CUSTOM_*.",
        remedy="nova-manage db ironic_flavor_migration, on each cell",
        history="Rocky to Victoria; the last point releases of Queens had it too.",
        since=18,
        until=22,
        command=NOVA_STATUS,
    ),
    Check(
        name="Request Spec Migration",
        group="nova",
        judge=request_specs,
        reads=(CELL_MAPPINGS, REQUEST_SPECS, INSTANCES),
        rule="Every server of every cell, cell0 included, has a request spec in the API database.",
        remedy="nova-manage db online_data_migrations, on each cell",
        history="Rocky and Stein. nova-status names the cells only; this check names the servers.",
        since=18,
        until=19,
        command=NOVA_STATUS,
    ),
    Check(
        name="hw_machine_type unset",
        group="nova",
        judge=machine_types,
        reads=(MACHINE_TYPE_UNSET,),
        rule="Every server that is past building, in every cell but cell0, has image_hw_machine_type in its system metadata, so"
        " that a new [libvirt] hw_machine_type does not change its devices.",
        remedy=f"nova-manage libvirt list_unset_machine_type, then nova-manage libvirt update_machine_type <server> <type>"
        f" ({MACHINE_TYPE_PAGE})",
        history="A warning since Wallaby. Up to 2023.2 nova-status named a command that does not exist (nova-manage"
        " machine_type list_unset). A cell that does not answer ends nova-status without any result; here the check is"
        " unknown.",
        since=23,
        command=NOVA_STATUS,
    ),
    Check(
        name="Object ID linkage",
        group="nova",
        judge=object_linkage,
        reads=(COMPUTE_NODES, COMPUTE_ID_UNSET),
        rule="Every compute node has the id of its service, and every server on a host the id of its compute node.",
        remedy="Start the upgraded nova-compute on these hosts.",
        history="Only in nova-status 28.0.0, as a failure; withdrawn in 28.0.1 because only upgraded computes write these ids"
        " (https://bugs.launchpad.net/nova/+bug/2039597). Hence it is a warning here, to be settled after the upgrade. nova-status"
        " looked at its own [database] connection only, this check looks at every cell but cell0.",
        since=28,
        until=28,
        command=NOVA_STATUS,
    ),
)
