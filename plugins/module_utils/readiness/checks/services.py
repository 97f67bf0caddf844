# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nova's services: all of them known and reporting, and nobody's record in the way."""

from __future__ import annotations

from ansible_collections.stackroll.nova.plugins.module_utils.model.database_rows import ServiceRecord
from ansible_collections.stackroll.nova.plugins.module_utils.model.release import Release
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import some
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.check import (
    Check,
    Finding,
    listed,
    success,
    warning,
)
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.evidence import View
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.questions import (
    COMPUTES,
    NOVA_OPTIONS,
    NOW,
    SERVICES,
)
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.service_rules import (
    COMPUTE,
    DOWN_AFTER,
    REPORTING,
    STALE_AFTER,
    Records,
    counted,
    delete_records,
    is_ours,
    last_seen,
    outside,
    silent_since,
)


def cells_answer(evidence: View, _target: Release) -> Finding:
    """A silent cell may hide anything."""
    cells = evidence[SERVICES]
    if cells.silent:
        said = [f"{cell} ({reason.rstrip('.')})" for cell, reason in cells.silent.items()]
        return Finding("unknown", f"No answer from {some(said)}.", tuple(said))
    return success(f"{len(cells.answers)} cells answered.")


def services_up(evidence: View, _target: Release) -> Finding:
    """Conductor and scheduler exist, and whatever the upgrade will touch reports."""
    now, records, inventory, limit = evidence[NOW], _records(evidence), evidence.get(COMPUTES), _down_after(evidence)
    bad = [
        f"{record.binary} on {record.host} ({last_seen(record, now)})"
        for record in counted(records, *REPORTING)
        if silent_since(record, now, limit) and not is_ours(record) and _is_awaited(record, inventory, now)
    ]
    if not evidence[SERVICES].silent:
        present = {record.binary for record in records}
        bad += [f"{binary} (no record at all)" for binary in REPORTING if binary != COMPUTE and binary not in present]
    return listed("failure", "Not reporting:", bad)


def _down_after(evidence: View) -> float:
    options = evidence.get(NOVA_OPTIONS)
    text = options.get("DEFAULT", "service_down_time") if options else None
    return float(text) if text and text.isdigit() else DOWN_AFTER


def _is_awaited(record: ServiceRecord, inventory: tuple[str, ...] | None, now: float) -> bool:
    """A compute that the upgrade will not touch is judged by other checks."""
    if record.binary != COMPUTE:
        return True
    return record.host in inventory if inventory is not None else not silent_since(record, now, STALE_AFTER)


def stale_computes(evidence: View, _target: Release) -> Finding:
    """Records of computes that are most likely gone."""
    now, inventory = evidence[NOW], evidence.get(COMPUTES) or ()
    stale = [
        record
        for record in outside(_records(evidence), inventory)
        if silent_since(record, now, STALE_AFTER) and not is_ours(record)
    ]
    if not stale:
        return success()
    named = [f"{record.host} (service version {record.version}, {last_seen(record, now)})" for record in stale]
    return warning(f"These records hold the RPC version cap: {some(named)}.", named, delete_records(stale))


def outside_inventory(evidence: View, _target: Release) -> Finding:
    """Computes that live, but that nobody is going to roll."""
    now, inventory = evidence[NOW], evidence[COMPUTES]
    found = [
        f"{record.host} (service version {record.version})"
        for record in outside(_records(evidence), inventory)
        if not silent_since(record, now, STALE_AFTER)
    ]
    return listed("warning", "Not in the inventory, so they will not be rolled and hold the RPC version cap:", found)


def disabled_by_others(evidence: View, _target: Release) -> Finding:
    """Hosts that are out of service and will stay so."""
    found = []
    for record in _records(evidence):
        if record.binary == COMPUTE and record.forced_down:
            found.append(f"{record.host} (forced down)")
        elif record.binary == COMPUTE and record.disabled and not is_ours(record):
            found.append(f"{record.host} ({record.disabled_reason or 'no reason given'})")
    return listed("warning", "Out of service, and not by this upgrade:", found)


def _records(evidence: View) -> Records:
    return tuple(record for _cell, records in evidence[SERVICES].all() for record in records)


CHECKS = (
    Check(
        name="All cells answer",
        group="services",
        judge=cells_answer,
        reads=(SERVICES,),
        rule="The database of every cell mapping answers. A cell that does not may hide anything, so it is never taken for fine.",
        remedy="Mend the cell's database, or its URL: nova-manage cell_v2 list_cells --verbose, nova-manage cell_v2 update_cell",
        history="nova-status skips a silent cell with no more than a line in the log.",
    ),
    Check(
        name="Services are up",
        group="services",
        judge=services_up,
        reads=(SERVICES, NOW, COMPUTES, NOVA_OPTIONS),
        rule="There are conductors and schedulers, and each of them, as well as each nova-compute of the inventory, has reported"
        " in the last [DEFAULT] service_down_time seconds (60 by default). Whether a service that is silent now comes back with the"
        " new code cannot be proved, so this is a failure. Hosts that this collection holds disabled itself, and records that are"
        " forced down, do not count. Without an inventory, computes that have been silent for more than a day are left to the check"
        " for stale services.",
        remedy="Start them: systemctl start <service>. If a host is gone for good: openstack compute service delete <id>; if it is"
        " under repair, take it out of the inventory and openstack compute service set --down <host> nova-compute",
        history="No status command looks at heartbeats.",
    ),
    Check(
        name="Stale compute services",
        group="services",
        judge=stale_computes,
        reads=(SERVICES, NOW, COMPUTES),
        rule="No nova-compute record has been silent for more than a day without its host being in the inventory. The version of"
        " such a record still counts for [upgrade_levels] compute = auto, so the cloud would never speak the new RPC version, and the"
        " last step of the upgrade is refused. Nothing breaks before that, so this is a warning.",
        remedy="openstack compute service delete <id>",
        history="No status command looks at heartbeats.",
    ),
    Check(
        name="Compute services outside the inventory",
        group="services",
        judge=outside_inventory,
        reads=(SERVICES, NOW, COMPUTES),
        rule="Every nova-compute that has reported in the last day is in the inventory. Others are not rolled: they go on with the"
        " old code, which is supported for one release, and hold the RPC version cap. Hence a warning.",
        remedy="Add the hosts to the group nova_compute of the inventory, with stackroll_nova_host where Nova's name of a host differs.",
    ),
    Check(
        name="Hosts disabled by others",
        group="services",
        judge=disabled_by_others,
        reads=(SERVICES,),
        rule="No nova-compute is disabled without a claim of this collection as the reason, and none is forced down. The upgrade"
        " leaves such hosts as they are, so servers cannot be moved to them. Somebody has done that on purpose: a warning.",
        remedy="If they are meant to be in use: openstack compute service set --enable <host> nova-compute, or --up",
    ),
)
