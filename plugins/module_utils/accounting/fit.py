# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fit what a server holds to its flavor, on a host whose only resource provider is the root."""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.stackroll.nova.plugins.module_utils.accounting.expect import (
    CPU_CLASSES,
    Expected,
    expected_resources,
)
from ansible_collections.stackroll.nova.plugins.module_utils.accounting.holdings import Holdings, Refused
from ansible_collections.stackroll.nova.plugins.module_utils.accounting.ledger import Ledger
from ansible_collections.stackroll.nova.plugins.module_utils.accounting.room import lack_of_room
from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Fleet
from ansible_collections.stackroll.nova.plugins.module_utils.model.server import Server
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import some


def fit(fleet: Fleet, server: Server, home: str, held: Holdings) -> Holdings:
    """The holdings with the flavor's amounts on the root of the host; what no flavor names stays as it is."""
    ledger = Ledger(fleet)
    _refuse_tree(fleet, ledger, home)
    on_root = held.get(home, {})
    expected = expected_resources(server.flavor, server.volume_backed)
    wanted = {**_cpus(expected, on_root, fleet.inventories.get(home, {}), server), **expected.others}
    _refuse_shared(ledger, server, held, wanted)
    for name, amount in sorted(wanted.items()):
        lack = lack_of_room(fleet, home, server.id, name, amount)
        if lack:
            raise Refused(
                f"{ledger.name_of(home)} has no room: {lack}",
                f"Move servers away from {ledger.name_of(home)}, or mend its inventory.",
            )
    judged = {*CPU_CLASSES, "MEMORY_MB", "DISK_GB", *expected.others}
    kept = {name: amount for name, amount in on_root.items() if name not in judged}
    return {**held, home: {**kept, **wanted}}


def _refuse_tree(fleet: Fleet, ledger: Ledger, home: str) -> None:
    children = sorted(item.name for item in fleet.providers if item.root_uuid == home and item.uuid != home)
    if children:
        raise Refused(
            f"{ledger.name_of(home)} has child providers ({some(children)}), and a flavor does not tell what to take from which",
            "Move the server to another host: Nova then claims everything anew. Never use nova-manage placement heal_allocations"
            " here; it puts everything on the root provider.",
        )


def _refuse_shared(ledger: Ledger, server: Server, held: Holdings, wanted: Mapping[str, int]) -> None:
    """What shared storage gives is not to be given by the host as well."""
    shared = sorted(
        f"{name} on {ledger.name_of(provider)}"
        for provider, resources in held.items()
        if not ledger.is_on_host(provider)
        for name in resources
        if name in wanted
    )
    if shared:
        raise Refused(
            f"it holds {some(shared)}, outside its host",
            f"Set it by hand: openstack resource provider allocation set --help, with all that"
            f" openstack resource provider allocation show {server.id} lists.",
        )


def _cpus(
    expected: Expected, held: Mapping[str, int], inventory: Mapping[str, object], server: Server
) -> dict[str, int]:
    """The CPUs by class: as they are if they are enough, or VCPU where nothing is pinned."""
    there = {name: held[name] for name in CPU_CLASSES if name in held}
    if expected.cpus <= sum(there.values()) <= expected.cpus + expected.spare_cpus:
        return there
    if expected.spare_cpus or "PCPU" in there or "PCPU" in inventory:
        raise Refused(
            "a flavor alone does not tell which of its CPUs are pinned",
            f"If it holds nothing at all: nova-manage placement heal_allocations --dry-run --instance {server.id}, then without"
            " --dry-run. Otherwise move it to another host.",
        )
    return {"VCPU": expected.cpus} if expected.cpus else {}
