# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The order guard: which release may follow which, and which service may be upgraded when. Pure.

Sources: nova doc admin/upgrades.rst (order, RPC pins), nova/objects/service.py (service versions), measurements with
33.0.2 and 34.0.0: an old API beside a new conductor and a new compute beside an old conductor break requests.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.readiness.cloud import COMPUTE, CONTROL, Cloud
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.result import CheckResult

DOWN_AFTER = 60.0
CLAIM = "stackroll:"
PHASES = ("preflight", "control_plane", "computes", "finalize")


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


def services_up(cloud: Cloud) -> CheckResult:
    """A service that has stopped reporting cannot be proved afterwards; a host that we hold ourselves is ours to mend."""
    watched = [
        record
        for record in cloud.records("nova-conductor", "nova-scheduler", COMPUTE)
        if record["binary"] != COMPUTE or record["host"] in cloud.computes
    ]
    down = [
        f"{record['binary']} on {record['host']} (last seen {_age(cloud.now, record['seen_at'])})"
        for record in watched
        if not _is_claimed(record) and (record["seen_at"] is None or cloud.now - record["seen_at"] > DOWN_AFTER)
    ]
    return _result(
        "Services are up",
        down,
        "failure",
        "not reporting:",
        "Start them; if a host is gone for good, delete its records (openstack compute service delete).",
    )


def computes_known(cloud: Cloud) -> CheckResult:
    """Every host to roll has a service record under the name we know it by."""
    present = {record["host"] for record in cloud.services if record["binary"] == COMPUTE}
    missing = [host for host in cloud.computes if host not in present]
    return _result(
        "Hosts have a compute service",
        missing,
        "failure",
        "no nova-compute record for",
        "Set stackroll_nova_host to Nova's name of the host.",
    )


def computes_in_inventory(cloud: Cloud) -> CheckResult:
    """Records of hosts that nobody rolls hold the automatic RPC version pin."""
    strange = [
        f"{record['host']} (version {record['version']})"
        for record in cloud.records(COMPUTE)
        if record["host"] not in cloud.computes
    ]
    return _result(
        "Compute services outside the inventory",
        strange,
        "warning",
        "will not be rolled and hold the RPC pin:",
        "Add the hosts to nova_compute, or delete the records of hosts that are gone (openstack compute service delete).",
    )


def no_newer_services(cloud: Cloud) -> CheckResult:
    """Going back is not an upgrade."""
    newer = [
        _version(record)
        for record in cloud.records(*CONTROL, COMPUTE)
        if record["version"] > cloud.target.service_version
    ]
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
    old = [_version(record) for record in cloud.records(COMPUTE) if 0 < record["version"] < floor]
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
    present = {record["binary"] for record in cloud.records(*CONTROL)}
    absent = [binary for binary in CONTROL if binary not in present]
    if absent:
        return _result(name, absent, "unknown", "no", "Start them: they write a service record at their first start.")
    old = [_version(record) for record in cloud.records(*CONTROL) if record["version"] < cloud.target.service_version]
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
        f"{record['host']} ({record['disabled_reason']})"
        for record in cloud.records(COMPUTE)
        if record["host"] in cloud.earlier and _is_claimed(record)
    ]
    return _result(
        "Earlier waves are back",
        out,
        "failure",
        "still out of service:",
        "Mend the host, then give the same command again.",
    )


def computes_all_done(cloud: Cloud) -> CheckResult:
    """The pin is held by the oldest compute."""
    old = [_version(record) for record in cloud.records(COMPUTE) if record["version"] < cloud.target.service_version]
    return _result(
        "All computes are upgraded",
        old,
        "failure",
        f"not yet at {cloud.target.name}:",
        "Run stackroll.nova.computes for them before stackroll.nova.finalize.",
    )


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


def stop_timeouts(cloud: Cloud) -> CheckResult:
    """systemd kills a service that needs longer to stop than its unit allows."""
    short = [
        f"{unit} on {name} ({state['timeout_stop_seconds']:.0f} s; needs {host['shutdown']['needed_timeout_stop_seconds']} s,"
        f" sleeps up to {host['shutdown']['manager_shutdown_timeout']} s when stopped)"
        for name, host in sorted(cloud.hosts.items())
        for unit, state in sorted(host.get("units", {}).items())
        if state["killed_early"]
    ]
    return _result(
        "Stop timeouts",
        short,
        "warning",
        "systemd would kill before a graceful stop ends:",
        "The roles raise TimeoutStopSec by a drop-in before they stop a service.",
    )


_ALL = PHASES
_RULES: tuple[tuple[Callable[[Cloud], CheckResult], tuple[str, ...]], ...] = (
    (cells_answer, _ALL),
    (release_step, ("preflight",)),
    (services_up, ("preflight",)),
    (computes_known, ("preflight", "computes")),
    (computes_in_inventory, ("preflight", "finalize")),
    (no_newer_services, _ALL),
    (computes_not_too_old, ("preflight", "control_plane")),
    (control_plane_first, ("computes", "finalize")),
    (earlier_waves_back, ("computes",)),
    (computes_all_done, ("finalize",)),
    (code_staged, ("preflight",)),
    (stop_timeouts, ("preflight",)),
)


def _result(check: str, objects: list[str], otherwise: str, what: str, remedy: str) -> CheckResult:
    if not objects:
        return CheckResult(check, "success")
    shown = ", ".join(objects[:3]) + (f" and {len(objects) - 3} more" if len(objects) > 3 else "")
    return CheckResult(check, otherwise, f"{what} {shown}.", remedy, tuple(objects))


def _is_claimed(record: dict[str, Any]) -> bool:
    return bool(record["disabled"]) and str(record["disabled_reason"] or "").startswith(CLAIM)


def _version(record: dict[str, Any]) -> str:
    return f"{record['binary']} on {record['host']} (service version {record['version']})"


def _age(now: float, seen_at: float | None) -> str:
    return "never" if seen_at is None else f"{now - seen_at:.0f} s ago"
