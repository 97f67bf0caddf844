# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The order guard: which release may follow which, and which service may be upgraded when. Pure.

Before the first change it asks only for the step as such; the state of the cloud is judged by the checks of the catalog.

Sources: nova doc admin/upgrades.rst (order, RPC pins), nova/objects/service.py (service versions), measurements with
33.0.2 and 34.0.0: an old API beside a new conductor and a new compute beside an old conductor break requests.
"""

from __future__ import annotations

from collections.abc import Callable

from ansible_collections.stackroll.nova.plugins.module_utils.model.database_rows import ServiceRecord
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import some
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.cloud import Cloud
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.result import CheckResult
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.service_rules import (
    COMPUTE,
    CONTROL,
    delete_records,
    is_ours,
    outside,
    too_old,
    with_version,
)

UPGRADE = ("preflight", "control_plane", "computes", "finalize")
# Back to an older release, which is the target then.
BACK = ("rollback_computes", "rollback_control")
PHASES = (*UPGRADE, *BACK)


def judge(cloud: Cloud, phase: str) -> list[CheckResult]:
    """Every rule that belongs to the phase, in a fixed order."""
    return [rule(cloud) for rule, phases in _RULES if phase in phases]


def cells_answer(cloud: Cloud) -> CheckResult:
    """A silent cell may hide anything."""
    silent = [f"{cell['cell']} ({cell['error']})" for cell in cloud.unknown_cells]
    return _result("All cells answer", silent, "unknown", "no answer from", "Mend the cell's database, or its mapping.")


def release_step(cloud: Cloud) -> CheckResult:
    """From the release before, or from SLURP to SLURP."""
    name, source, target = "Supported release step", cloud.source, cloud.target
    if source is None:
        return CheckResult(
            name,
            "unknown",
            "No Nova code was found on any host.",
            "Check stackroll_venv_root and the links to the code.",
        )
    if source == target or source in target.sources:
        return CheckResult(name, "success", f"{source.name} to {target.name}")
    known = ", ".join(release.name for release in target.sources)
    return CheckResult(
        name,
        "failure",
        f"The cloud runs {source.name}; {target.name} follows {known}.",
        "Upgrade through the releases in between.",
    )


def computes_known(cloud: Cloud) -> CheckResult:
    """Every host to roll has a service record under the name we know it by."""
    present = {record.host for record in cloud.services if record.binary == COMPUTE}
    missing = [host for host in cloud.computes if host not in present]
    return _result(
        "Hosts have a compute service",
        missing,
        "unknown" if cloud.unknown_cells else "failure",
        "no nova-compute record for",
        "Set stackroll_nova_host to Nova's name of the host.",
    )


def computes_in_inventory(cloud: Cloud) -> CheckResult:
    """Records of hosts that nobody rolls hold the automatic RPC version pin."""
    strange = [f"{record.host} (version {record.version})" for record in outside(cloud.services, cloud.computes)]
    return _result(
        "Compute services outside the inventory",
        strange,
        "warning",
        "will not be rolled and hold the RPC pin:",
        "Add the hosts to nova_compute, or delete the records of hosts that are gone (openstack compute service delete).",
    )


def no_newer_services(cloud: Cloud) -> CheckResult:
    """Going back is not an upgrade."""
    limit = cloud.target.service_version
    newer = [with_version(record) for record in cloud.records(*CONTROL, COMPUTE) if record.version > limit]
    return _result(
        "Nothing is newer than the target",
        newer,
        "failure",
        f"newer than {cloud.target.name}:",
        "Name the release they run, or a later one.",
    )


def computes_not_too_old(cloud: Cloud) -> CheckResult:
    """The new control plane refuses computes older than it supports."""
    floor = cloud.target.oldest_supported_service_version
    old = [with_version(record) for record in too_old(cloud.services, floor)]
    return _result(
        "Older than N-1 computes",
        old,
        "failure",
        f"{cloud.target.name} needs service version {floor}:",
        "Upgrade these hosts first, or delete the records of hosts that are gone (openstack compute service delete).",
    )


def control_plane_first(cloud: Cloud) -> CheckResult:
    """A new compute beside an old conductor puts servers in ERROR."""
    name = "Control plane first"
    present = {record.binary for record in cloud.records(*CONTROL)}
    absent = [binary for binary in CONTROL if binary not in present]
    if absent:
        return _result(name, absent, "unknown", "no", "Start them: they write a service record at their first start.")
    old = [with_version(record) for record in cloud.records(*CONTROL) if record.version < cloud.target.service_version]
    return _result(
        name,
        old,
        "failure",
        f"not yet at {cloud.target.name}:",
        "Run stackroll.nova.control_plane before stackroll.nova.computes. The record of a controller that is gone must be"
        " deleted from the services table of its cell.",
    )


def earlier_waves_back(cloud: Cloud) -> CheckResult:
    """No further wave while a host of an earlier one is out; an unreachable host drops out of its play without failing it."""
    out = [
        f"{record.host} ({record.disabled_reason})"
        for record in cloud.records(COMPUTE)
        if record.host in cloud.earlier and is_ours(record)
    ]
    return _result(
        "Earlier waves are back",
        out,
        "failure",
        "still out of service:",
        "Mend the host, then give the same command again.",
    )


def computes_all_done(cloud: Cloud) -> CheckResult:
    """The pin is held by the oldest compute, whether or not anybody rolls it."""
    old = [record for record in cloud.records(COMPUTE) if record.version < cloud.target.service_version]
    strange = [record for record in outside(old, cloud.computes) if cloud.computes]
    ours = [with_version(record) for record in old if record not in strange]
    remedies = ["Run stackroll.nova.computes for them before stackroll.nova.finalize."] if ours else []
    if strange:
        hosts = some(record.host for record in strange)
        remedies.append(
            f"Not in the inventory, but holding the RPC pin: {hosts}. {delete_records(strange)} (otherwise add them to nova_compute and"
            " run stackroll.nova.computes)."
        )
    return _result(
        "All computes are upgraded",
        ours + [f"{record.binary} on {record.host} ({_version_and_id(record)})" for record in strange],
        "failure",
        f"not yet at {cloud.target.name}:",
        " ".join(remedies),
    )


def older_compute_left(cloud: Cloud) -> CheckResult:
    """A nova-compute starts only where a record of its cell, its own from before included, is no newer than itself."""
    ours = [record for record in cloud.records(COMPUTE) if record.host in cloud.computes]
    open_cells = {record.cell for record in cloud.records(COMPUTE) if record.version <= cloud.target.service_version}
    stuck = [with_version(record) for record in ours if record.cell not in open_cells]
    return _result(
        "An older compute is left in the cell",
        stuck,
        "failure",
        f"nova-compute of {cloud.target.name} would refuse to start, since every record of the cell is newer:",
        "The last compute host has been upgraded, and this cannot be taken back any more. Go on, or mend the host with the new code.",
    )


def computes_gone_back(cloud: Cloud) -> CheckResult:
    """A newer compute beside an older conductor puts servers in ERROR."""
    newer = [with_version(record) for record in cloud.records(COMPUTE) if record.version > cloud.target.service_version]
    return _result(
        "Computes first",
        newer,
        "failure",
        f"newer than {cloud.target.name}:",
        "The control plane goes back only after all computes have: run stackroll.nova.rollback for them first.",
    )


def _version_and_id(record: ServiceRecord) -> str:
    return f"service version {record.version}, id {record.uuid or 'unknown'}"


def code_staged(cloud: Cloud) -> CheckResult:
    """The target release's code lies ready on every host."""
    bad = []
    for name, host in sorted(cloud.hosts.items()):
        version = host.get("code", {}).get(cloud.staged_path, {}).get("versions", {}).get("nova")
        if version is None or version.split(".", 1)[0] != str(cloud.target.nova):
            bad.append(f"{name} ({version or 'nothing'} in {cloud.staged_path})")
    return _result(
        "Target code is staged",
        bad,
        "warning",
        "will be staged by the control plane phase on",
        "Stage it before the window, to keep the window short.",
    )


_RULES: tuple[tuple[Callable[[Cloud], CheckResult], tuple[str, ...]], ...] = (
    (cells_answer, ("control_plane", "computes", "finalize", *BACK)),
    (release_step, ("preflight",)),
    (computes_known, ("preflight", "computes", "rollback_computes")),
    (computes_in_inventory, ("finalize",)),
    (no_newer_services, UPGRADE),
    (computes_not_too_old, ("control_plane",)),
    (control_plane_first, ("computes", "finalize")),
    (earlier_waves_back, ("computes",)),
    (computes_all_done, ("finalize",)),
    (code_staged, ("preflight",)),
    (older_compute_left, ("rollback_computes",)),
    (computes_gone_back, ("rollback_control",)),
)


def _result(check: str, objects: list[str], otherwise: str, what: str, remedy: str) -> CheckResult:
    if not objects:
        return CheckResult(check, "success")
    return CheckResult(check, otherwise, f"{what} {some(objects)}.", remedy, tuple(objects))
