# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the account that runs the upgrade may do, and whether the APIs are new enough for it."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.stackroll.nova.plugins.module_utils.model.answers import Access
from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Fleet
from ansible_collections.stackroll.nova.plugins.module_utils.model.microversions import (
    NOVA_MICROVERSION,
    PLACEMENT_MICROVERSION,
)
from ansible_collections.stackroll.nova.plugins.module_utils.model.release import Release
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.check import (
    Check,
    Finding,
    failure,
    listed,
    success,
    warning,
)
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.evidence import View
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.questions import ACCESS, FLEET
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.at_start.outlook import NONE
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.forecast import (
    ENCRYPTED_MEMORY,
    PINNED_CPUS,
    VGPU,
    forecast,
)


@dataclass(frozen=True)
class Call:
    """A request of the upgrade that changes something, and the role that may send it by default."""

    request: str
    purpose: str
    role: str


WRITES = (Call("PUT /os-services/{service}", "disable and enable a host", "admin"),)
RESHAPE = Call("POST /reshaper", "move inventory and allocations at once", "service")
MOVED = {VGPU: "VGPU", PINNED_CPUS: "pinned CPUs", ENCRYPTED_MEMORY: "encrypted memory"}
NEEDED = {"compute": NOVA_MICROVERSION, "placement": PLACEMENT_MICROVERSION}


def rights(evidence: View, _target: Release) -> Finding:
    """Every read was answered, and every write is allowed by role."""
    access = evidence[ACCESS]
    missing = [f"{call} ({reason.rstrip('.')})" for call, reason in sorted(access.refused.items())]
    missing += [f"{call.request} ({call.purpose}: role {call.role})" for call in WRITES if not _has(access, call.role)]
    return listed("failure", "The account may not send", missing)


def right_to_reshape(evidence: View, target: Release) -> Finding:
    """Only asked for when there is something to reshape."""
    if _has(evidence[ACCESS], RESHAPE.role):
        return success()
    ahead = _reshapes(evidence[FLEET], target)
    if not ahead:
        return success("No reshape is ahead.")
    return warning(f"The account may not send {RESHAPE.request} ({RESHAPE.purpose}: role {RESHAPE.role}).", ahead)


def _reshapes(fleet: Fleet, target: Release) -> list[str]:
    """What may have to be moved, as far as the fleet alone shows it."""
    return [
        f"{MOVED[item.reshape]} on {item.host}"
        for item in forecast(fleet, target, only=tuple(MOVED))
        if item.outcome != NONE and (item.consumers or item.reshape != PINNED_CPUS)
    ]


def microversions(evidence: View, _target: Release) -> Finding:
    """The APIs speak what the collection speaks."""
    versions = evidence[ACCESS].versions
    absent = [service for service in NEEDED if service not in versions]
    old = [
        f"{service} ({_text(versions[service])}; {needed} needed)"
        for service, needed in NEEDED.items()
        if service in versions and versions[service] < _number(needed)
    ]
    if old:
        return failure(f"Too old: {', '.join(old)}.", old)
    if absent:
        return Finding("unknown", f"No version is known of {' and '.join(absent)}.", tuple(absent))
    return success(", ".join(f"{service} {_text(versions[service])}" for service in NEEDED))


def _has(access: Access, role: str) -> bool:
    """Policies compare the names of roles without regard to case."""
    return role in {name.lower() for name in access.roles}


def _number(text: str) -> tuple[int, int]:
    major, minor = text.split(".")
    return int(major), int(minor)


def _text(version: tuple[int, int]) -> str:
    return ".".join(str(number) for number in version)


def _documented(calls: tuple[Call, ...]) -> str:
    return "; ".join(f"{call.request} to {call.purpose} (role {call.role})" for call in calls)


CHECKS = (
    Check(
        name="Rights of the account",
        group="access",
        judge=rights,
        reads=(ACCESS,),
        rule="The account can list services, servers of all projects, migrations, server groups, aggregates, resource providers and"
        " their allocations, and has the role for every request by which the upgrade changes something:"
        f" {_documented(WRITES)}. Policies that name other roles are not seen. Otherwise the upgrade would stop half way: a failure.",
        remedy="openstack role add --user <user> --project <project> admin, or name another account in the option cloud",
    ),
    Check(
        name="Right to reshape",
        group="access",
        judge=right_to_reshape,
        reads=(ACCESS, FLEET),
        rule=f"If a reshape of VGPU, pinned CPUs or encrypted memory is ahead, the account may send {RESHAPE.request}, which takes the"
        f" role {RESHAPE.role}. nova-compute makes its reshapes under its own account, so this is a warning: only a reshape by this"
        " collection is refused.",
        remedy="openstack role add --user <user> --project <project> service",
        history="Placement takes the admin role for it only while [oslo_policy] enforce_new_defaults is off.",
    ),
    Check(
        name="API microversions",
        group="access",
        judge=microversions,
        reads=(ACCESS,),
        rule=f"The Compute API speaks microversion {NOVA_MICROVERSION} and Placement {PLACEMENT_MICROVERSION}: what this collection"
        " sends. An older API refuses its requests: a failure.",
        remedy="Upgrade through older releases by other means up to 2023.1, or check that the catalog names the API of this cloud:"
        " openstack versions show",
    ),
)
