# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the target release has dropped, and what hosts and servers still need of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model import dropped
from ansible_collections.stackroll.nova.plugins.module_utils.model.database_rows import ComputeNode
from ansible_collections.stackroll.nova.plugins.module_utils.model.dropped import ENTRY_POINTS, Minimum, Version, dotted
from ansible_collections.stackroll.nova.plugins.module_utils.model.release import RELEASES, Release
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import some
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.check import (
    Check,
    Finding,
    failure,
    listed,
    success,
    warning,
)
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.evidence import NotKnown, View
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.questions import (
    COMPUTE_NODES,
    INTERFACES,
    SOFTWARE,
)
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.software import Software, by_any_name

# What libvirt calls the hypervisor of virt_type kvm and qemu.
_LIBVIRT_TYPES = ("QEMU", "KVM")
_ASK = "Run stackroll.nova.host_software_info there and give its results in software."


def vif_types(evidence: View, target: Release) -> Finding:
    """No server on a host has a port that the new nova-compute refuses to plug."""
    refused = dropped.vif_types_dropped(target)
    found = [
        f"server {interface.server_id} on {interface.host} ({interface.vif_type})"
        for _cell, interfaces in evidence[INTERFACES].real()
        for interface in interfaces
        if interface.host and interface.vif_type in refused
    ]
    return listed("failure", f"nova-compute of {target.name} does not start on a host with such a port:", found)


def libvirt_version(evidence: View, target: Release) -> Finding:
    """libvirt is new enough on every host that needs it."""
    hosts, nodes = by_any_name(evidence.get(SOFTWARE) or {}), _libvirt_nodes(evidence)
    if nodes is None:
        return _judge("libvirt", dropped.LIBVIRT, _told(evidence[SOFTWARE], "libvirt"), target)
    return _judge("libvirt", dropped.LIBVIRT, {node.host: _version(hosts, node, "libvirt") for node in nodes}, target)


def qemu_version(evidence: View, target: Release) -> Finding:
    """QEMU is new enough on every host that needs it; what a host was not asked, its compute node tells."""
    hosts, nodes = by_any_name(evidence.get(SOFTWARE) or {}), _libvirt_nodes(evidence)
    if nodes is None:
        return _judge("QEMU", dropped.QEMU, _told(evidence[SOFTWARE], "qemu"), target)
    versions = {node.host: _version(hosts, node, "qemu") or _recorded(node) for node in nodes}
    return _judge("QEMU", dropped.QEMU, versions, target)


def _libvirt_nodes(evidence: View) -> list[ComputeNode] | None:
    """The compute nodes that libvirt drives; None when nobody can tell."""
    cells = evidence.get(COMPUTE_NODES)
    if cells is None:
        return None
    return [node for _cell, nodes in cells.real() for node in nodes if node.hypervisor_type.upper() in _LIBVIRT_TYPES]


def _version(hosts: Software, node: ComputeNode, program: str) -> Version | None:
    text = (hosts.get(node.host) or hosts.get(node.node) or {}).get(program)
    return dropped.parse_version(text) if text else None


def _recorded(node: ComputeNode) -> Version | None:
    return dropped.from_number(node.hypervisor_version) if node.hypervisor_version else None


def _told(software: Software, program: str) -> dict[str, Version | None]:
    """The versions of the hosts that have the program. Raises NotKnown when none has: it may be in containers."""
    told = {host: dropped.parse_version(result[program]) for host, result in software.items() if result.get(program)}
    if not told:
        raise NotKnown(
            f"no host told a version of {program}, and there is no database that could say who needs it", _ASK
        )
    return {**told}


def _judge(what: str, table: tuple[Minimum, ...], versions: Mapping[str, Version | None], target: Release) -> Finding:
    limits = dropped.minimum(table, target)
    old = list(_below(versions, limits.needed))
    if old:
        return failure(f"{target.name} needs {what} {dotted(limits.needed)} or newer: {some(old)}.", old)
    silent = sorted(host for host, version in versions.items() if version is None)
    if silent:
        return Finding("unknown", f"The version of {what} is not known on {some(silent)}.", tuple(silent), _ASK)
    soon = list(_below(versions, limits.announced))
    if soon:
        wanted = dotted(limits.announced)
        return warning(f"A release after {target.name} will need {what} {wanted} or newer: {some(soon)}.", soon)
    return success()


def _below(versions: Mapping[str, Version | None], limit: Version) -> Iterator[str]:
    for host, version in sorted(versions.items()):
        if version is not None and version < limit:
            yield f"{host} ({dotted(version)})"


def api_entry_points(evidence: View, target: Release) -> Finding:
    """Every unit starts its API in a way that the new code still has."""
    gone, unseen, names = [], [], set()
    for host, unit, state in _loaded_units(evidence[SOFTWARE]):
        missing = [name for name in state["entry_points"] if not ENTRY_POINTS[name].exists_in(target)]
        names.update(missing)
        gone += [f"{unit} on {host} ({name})" for name in missing]
        if "api" in unit and not state["entry_points"] and not state["container"]:
            unseen.append(f"{unit} on {host}")
    if gone:
        return failure(f"{target.name} has no such entry point: {some(gone)}.", gone, _use_instead(names))
    if unseen:
        return Finding("unknown", f"It cannot be seen how the API is started by {some(unseen)}.", tuple(unseen), _LOOK)
    return success()


def _loaded_units(software: Software) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for host, result in sorted(software.items()):
        for unit, state in sorted(result.get("units", {}).items()):
            if state["load_state"] == "loaded":
                yield host, unit, state


def _use_instead(names: Iterable[str]) -> str:
    return " ".join(
        f"Instead of {name}, let the unit start {_described(ENTRY_POINTS[name].instead)}." for name in sorted(names)
    )


def _described(name: str) -> str:
    if "." not in name:
        return name
    first = next(release.name for release in RELEASES if ENTRY_POINTS[name].exists_in(release))
    return f"uwsgi --module {name}:application (there since {first}, so the unit can be changed before the upgrade)"


_LOOK = (
    "See ExecStart (systemctl cat <unit>) and the virtual host of a web server for nova-api, nova-api-wsgi, nova-metadata-wsgi and"
    " placement-api; if there is none, name the check in accepted_unknown."
)

CHECKS = (
    Check(
        name="VIF types",
        group="software",
        judge=vif_types,
        reads=(INTERFACES,),
        rule="No server on a host has a port with a VIF type that nova-compute of the target release refuses. 2026.2 refuses"
        " bridge (linux bridge): nova-compute ends when it starts on a host with such a port, and systemd starts it again and"
        " again, so that the unit looks active. Servers without a host do not count: their ports are bound anew.",
        remedy="Let Neutron bind ports with another mechanism driver (such as Open vSwitch) on some hosts, then migrate the servers"
        " there, which binds their ports anew: openstack server migrate --live-migration <server>. Do not upgrade a host before"
        " its last such port is gone.",
        history="The linux bridge VIF type was dropped in 34.0.0 (Linux bridge VIF type is no longer supported). No status"
        " command looks at it.",
        since=min(dropped.VIF_TYPES.values()),
    ),
    Check(
        name="libvirt version",
        group="software",
        judge=libvirt_version,
        reads=(SOFTWARE, COMPUTE_NODES),
        rule="libvirt on every compute host that uses it is at least what the libvirt driver of the target release needs. Below, it"
        " is a failure: nova-compute does not start. Below what the target release announces for a later one, it is a warning."
        " Where libvirt is not installed on the host itself, as in container deployments, the result is unknown.",
        remedy="Upgrade libvirt on these hosts first (empty the host, upgrade the package, restart libvirt and nova-compute).",
        history="Needed: 7.0.0 from 2023.2, 8.0.0 from 2025.1. 2025.1 and later announce 10.0.0.",
    ),
    Check(
        name="QEMU version",
        group="software",
        judge=qemu_version,
        reads=(SOFTWARE, COMPUTE_NODES),
        rule="QEMU on every compute host that libvirt drives is at least what the libvirt driver of the target release needs. Below,"
        " it is a failure: nova-compute does not start. Below what the target release announces for a later one, it is a warning."
        " Hosts that were not asked are judged by the hypervisor version of their compute nodes.",
        remedy="Upgrade QEMU on these hosts first (empty the host, upgrade the package, restart nova-compute).",
        history="Needed: 5.2.0 from 2023.2, 6.2.0 from 2025.1. 2025.1 and later announce 8.2.2.",
    ),
    Check(
        name="API entry points",
        group="software",
        judge=api_entry_points,
        reads=(SOFTWARE,),
        rule="Every unit starts its API by a script or module that the target release still has. A unit with api in its name whose"
        " way to start cannot be seen (not a container, and neither script nor module in ExecStart, in the file given to uwsgi, or in"
        " its main process) is unknown.",
        remedy="Let the units start uwsgi --module nova.wsgi.osapi_compute:application, or placement.wsgi.api:application.",
        history="nova-api, nova-api-os-compute, nova-api-metadata and placement-api are gone since 2025.2, nova-api-wsgi and"
        " nova-metadata-wsgi since 2026.1. The modules exist since 2024.2 (Nova) and 2025.1 (Placement): from SLURP to SLURP, the"
        " units have to change while on 2025.1.",
    ),
)
