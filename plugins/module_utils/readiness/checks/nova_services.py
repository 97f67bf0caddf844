# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nova's service records: none too old for the release (nova/cmd/status.py, nova/utils.py raise_if_old_compute)."""

from __future__ import annotations

from ansible_collections.stackroll.nova.plugins.module_utils.model.release import Release
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.check import (
    NOVA_STATUS,
    Check,
    Finding,
    listed,
    success,
    warning,
)
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.evidence import View
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.minimums import oldest_computes
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.questions import (
    CELL_MAPPINGS,
    NOVA_OPTIONS,
    SERVICES,
    Options,
    is_on,
)
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.service_rules import (
    COMPUTE,
    counted,
    too_old,
    with_version,
)

API = "nova-osapi_compute"
CONSOLEAUTH = "nova-consoleauth"
ZED = 26
# The service versions with which the API looked into every cell, and with which consoles moved to the cells' databases.
OCATA_API = 15
ROCKY_COMPUTE = 35


def old_computes(evidence: View, target: Release) -> Finding:
    """No nova-compute is older than the target's control plane allows."""
    floor = target.oldest_supported_service_version
    old = [record for _cell, records in evidence[SERVICES].all() for record in too_old(records, floor)]
    return listed(
        "failure" if target.nova >= ZED else "warning",
        f"{target.name} does not support computes older than {oldest_computes(target).name} (service version {floor}):",
        map(with_version, sorted(old, key=lambda record: record.version)),
    )


def api_versions(evidence: View, _target: Release) -> Finding:
    """No record of an API from before cells is left in any cell."""
    finding = _old_apis(evidence)
    if finding.result != "success" and is_on(evidence[NOVA_OPTIONS], "cells", "enable"):
        return success("Cells v1 is in use.")
    return finding


def console_auths(evidence: View, _target: Release) -> Finding:
    """While computes are older than Rocky, their consoles need nova-consoleauth."""
    finding = _computes_without_consoles(evidence)
    if finding.result != "success" and _keeps_consoleauth(evidence[NOVA_OPTIONS]):
        return success("nova-consoleauth stays in use.")
    return finding


def _old_apis(evidence: View) -> Finding:
    if not evidence[CELL_MAPPINGS]:
        return warning("Unable to determine API service versions without cell mappings.")
    return listed(
        "warning",
        f"Cells have {API} services with version < {OCATA_API}, which may cause issues when querying instances from the API:",
        (
            f"{with_version(record)} in {cell}"
            for cell, records in evidence[SERVICES].all()
            for record in counted(records, API)
            if record.version < OCATA_API
        ),
    )


def _computes_without_consoles(evidence: View) -> Finding:
    if not evidence[CELL_MAPPINGS]:
        return warning("Unable to check consoles without cell mappings.")
    if not _has_consoles(evidence):
        return success()
    return listed(
        "warning",
        "During a rolling upgrade, consoles need nova-consoleauth while there are nova-compute services older than Rocky:",
        (
            with_version(record)
            for _cell, records in evidence[SERVICES].real()
            for record in counted(records, COMPUTE)
            if record.version < ROCKY_COMPUTE
        ),
    )


def _has_consoles(evidence: View) -> bool:
    return any(
        record.binary == CONSOLEAUTH and not record.disabled
        for _cell, records in evidence[SERVICES].all()
        for record in records
    )


def _keeps_consoleauth(options: Options) -> bool:
    return is_on(options, "cells", "enable") or is_on(options, "workarounds", "enable_consoleauth")


CHECKS = (
    Check(
        name="API Service Version",
        group="nova",
        judge=api_versions,
        reads=(CELL_MAPPINGS, SERVICES, NOVA_OPTIONS),
        rule=f"No cell has a service record of {API} with a version below {OCATA_API} that is not forced down, unless cells v1"
        " ([cells] enable) is in use.",
        remedy="openstack compute service list, then openstack compute service delete <id> for what no longer runs",
        history="Rocky only (https://bugs.launchpad.net/nova/+bug/1759316); the last point releases of Queens had it too.",
        since=18,
        until=18,
        command=NOVA_STATUS,
    ),
    Check(
        name="Console Auths",
        group="nova",
        judge=console_auths,
        reads=(CELL_MAPPINGS, SERVICES, NOVA_OPTIONS),
        rule=f"Where a nova-consoleauth service is enabled, no nova-compute is older than Rocky (service version"
        f" {ROCKY_COMPUTE}), unless [workarounds] enable_consoleauth or cells v1 ([cells] enable) is on.",
        remedy="Set [workarounds] enable_consoleauth = true on the console proxy hosts until every compute is upgraded.",
        history="Stein only; the last point release of Rocky had it too.",
        since=19,
        until=19,
        command=NOVA_STATUS,
    ),
    Check(
        name="Older than N-1 computes",
        group="nova",
        judge=old_computes,
        reads=(SERVICES,),
        rule="No service record of nova-compute in any cell is older than the oldest release that the target supports. Disabled"
        " and silent services count, since they may come back; only those that are forced down do not. The target's"
        " nova-api, nova-conductor and nova-scheduler refuse to start otherwise.",
        remedy="Upgrade these hosts first. If a host is gone for good: openstack compute service list --service nova-compute,"
        " then openstack compute service delete <id>",
        history="A warning in Wallaby to Yoga, a failure since Zed. Late point releases of Ussuri and Victoria warn of computes"
        " below service version 41. nova-status takes a cell that does not answer for a cell without computes, and a cell"
        " with a record of version 0 too; here a silent cell is unknown, and records are judged one by one, except those of"
        " version 0, which never reported.",
        since=23,
        command=NOVA_STATUS,
    ),
)
