# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compute nodes, services and host mappings: three tables that must speak of the same hosts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from ansible_collections.stackroll.nova.plugins.module_utils.model.database_rows import ComputeNode, ServiceRecord
from ansible_collections.stackroll.nova.plugins.module_utils.model.release import Release
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import some
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.check import (
    Check,
    Finding,
    failure,
    listed,
    success,
    warning,
)
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.evidence import View
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.questions import (
    CELL_MAPPINGS,
    COMPUTE_NODES,
    HOST_MAPPINGS,
    SERVICES,
)
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.service_rules import COMPUTE

# nova.objects.service.NODE_IDENTITY_VERSION: from it on, nova-compute keeps the node's UUID in a file.
NODE_IDENTITY = 65


def node_identity(evidence: View, _target: Release) -> Finding:
    """What makes nova-compute refuse to start, as far as the database shows it."""
    nodes = [
        node for _cell, found in evidence[COMPUTE_NODES].all() for node in found if node.hypervisor_type != "ironic"
    ]
    computes = _computes(evidence)
    bad = [*_shared(nodes, "uuid"), *_shared(nodes, "node")]
    by_host = Counter(node.host for node in nodes)
    for _cell, record in computes:
        rows = by_host[record.host]
        if 0 < record.version < NODE_IDENTITY and (rows > 1 or (not rows and not _is_silent(evidence))):
            bad.append(f"{record.host} ({rows} compute nodes, service version {record.version})")
    return listed("failure", "nova-compute will refuse to start, or its provider will clash:", bad)


def _shared(nodes: list[ComputeNode], field: str) -> Iterator[str]:
    """UUIDs or names that several hosts claim."""
    hosts = defaultdict(list)
    for node in nodes:
        hosts[getattr(node, field)].append(node.host)
    for value, found in hosts.items():
        if len(found) > 1:
            yield f"{field} {value} (hosts {some(sorted(found))})"


def nodes_without_service(evidence: View, _target: Release) -> Finding:
    """Rows that a deleted or renamed service has left behind."""
    nodes, services = evidence[COMPUTE_NODES], evidence[SERVICES]
    with_service = {(cell, record.host) for cell, record in _computes(evidence)}
    bad = [
        f"{node.node} (host {node.host}, {node.uuid})"
        for cell, found in nodes.all()
        for node in found
        if cell in services.answers and (cell, node.host) not in with_service
    ]
    return listed("warning", "No nova-compute service in the same cell:", bad)


def host_mappings(evidence: View, _target: Release) -> Finding:
    """Every compute service is found through its host's mapping."""
    names = {cell.uuid: cell.name for cell in evidence[CELL_MAPPINGS]}
    mapped = {mapping.host: names.get(mapping.cell_uuid, mapping.cell_uuid) for mapping in evidence[HOST_MAPPINGS]}
    unmapped, wrong = [], []
    for cell, record in _computes(evidence):
        if record.host not in mapped:
            unmapped.append(record.host)
        elif mapped[record.host] != cell:
            wrong.append(f"{record.host} (reports to {cell}, mapped to {mapped[record.host]})")
    if wrong:
        return failure(f"Mapped to another cell than the one they report to: {some(wrong)}.", wrong, MAP_ANEW)
    if unmapped:
        return warning(f"Not mapped to any cell: {some(unmapped)}.", unmapped)
    return success()


def mapped_without_service(evidence: View, _target: Release) -> Finding:
    """Mappings of hosts that nobody knows any more."""
    mappings = evidence[HOST_MAPPINGS]
    known = {record.host for _cell, record in _computes(evidence)}
    if _is_silent(evidence):
        return success()  # who does not answer may know them
    gone = [mapping for mapping in mappings if mapping.host not in known]
    if not gone:
        return success()
    remedy = f"nova-manage cell_v2 delete_host --cell_uuid {gone[0].cell_uuid} --host {gone[0].host}"
    hosts = [mapping.host for mapping in gone]
    return warning(f"Mapped, but without a nova-compute service: {some(hosts)}.", hosts, remedy)


def _computes(evidence: View) -> list[tuple[str, ServiceRecord]]:
    return [(cell, record) for cell, found in evidence[SERVICES].all() for record in found if record.binary == COMPUTE]


def _is_silent(evidence: View) -> bool:
    """Whether something that seems to be absent may be in a cell that did not answer."""
    return bool(evidence.silent)


DISCOVER = "nova-manage cell_v2 discover_hosts --verbose"
MAP_ANEW = (
    "If the host was moved: nova-manage cell_v2 delete_host --cell_uuid <mapped cell> --host <host>, then"
    f" {DISCOVER}; if the record is left over in the other cell, delete it: openstack compute service delete <id>"
)

CHECKS = (
    Check(
        name="Compute node identity",
        group="services",
        judge=node_identity,
        reads=(COMPUTE_NODES, SERVICES),
        rule="No UUID and no name of a compute node belongs to two hosts, and a host whose service version is below 65 has exactly"
        " one compute node. Otherwise the new nova-compute refuses to start (Multiple nodes found in database, Possible rename"
        " detected) or cannot create its resource provider. Ironic nodes are left out: they may change hosts.",
        remedy="If a host was renamed, give it its old name back ([DEFAULT] host); if a row is left over, delete its service:"
        " openstack compute service delete <id>",
        history="Nova has kept the node's UUID in the file compute_id since 2023.1 (service version 65); on a later version the"
        " file must exist, which only the host itself can tell.",
    ),
    Check(
        name="Compute nodes without a service",
        group="services",
        judge=nodes_without_service,
        reads=(COMPUTE_NODES, SERVICES),
        rule="The host of every compute node has a nova-compute service in the same cell. A row without one is left over and shows"
        " up in counts and in Placement; it harms no upgrade, so this is a warning.",
        remedy="If the host is gone for good, in the database of the cell: UPDATE compute_nodes SET deleted = id, deleted_at = NOW()"
        " WHERE uuid = '<uuid>'; then: openstack resource provider delete <uuid>",
    ),
    Check(
        name="Host mappings",
        group="services",
        judge=host_mappings,
        reads=(SERVICES, HOST_MAPPINGS, CELL_MAPPINGS),
        rule="Every host with a nova-compute service is mapped to the cell that the service reports to. A wrong mapping is a failure:"
        " the API looks for the host in another cell. A host without a mapping is a warning: it gets no servers until it is mapped.",
        remedy=DISCOVER,
        history="The check Cells v2 of nova-status asks only whether any host is mapped.",
    ),
    Check(
        name="Mapped hosts without a compute service",
        group="services",
        judge=mapped_without_service,
        reads=(SERVICES, HOST_MAPPINGS),
        rule="Every mapped host has a nova-compute service in some cell. A mapping that is left over is in the way only when a host of"
        " that name comes back in another cell: a warning.",
        remedy="nova-manage cell_v2 delete_host --cell_uuid <cell> --host <host>",
    ),
)
