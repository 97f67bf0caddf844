# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Configuration that an earlier upgrade has left behind, or that this one needs."""

from __future__ import annotations

from ansible_collections.stackroll.nova.plugins.module_utils.model.release import RELEASES, Release
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import some
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.check import (
    Check,
    Finding,
    failure,
    success,
    warning,
)
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.evidence import View
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.questions import (
    NOVA_OPTIONS,
    SERVICES,
    UNITS,
    is_on,
)
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.service_rules import COMPUTE, counted

Rpc = tuple[int, int]

# nova.compute.rpcapi.ComputeAPI.VERSION_ALIASES
COMPUTE_RPC: dict[str, Rpc] = {
    "ocata": (4, 13),
    "pike": (4, 17),
    "queens": (5, 0),
    "rocky": (5, 0),
    "stein": (5, 1),
    "train": (5, 3),
    "ussuri": (5, 11),
    "victoria": (5, 12),
    "wallaby": (6, 0),
    "xena": (6, 0),
    "yoga": (6, 0),
    "zed": (6, 1),
    "antelope": (6, 2),
    "bobcat": (6, 2),
    "caracal": (6, 3),
    "dalmatian": (6, 3),
    "epoxy": (6, 4),
    "flamingo": (6, 4),
    "gazpacho": (6, 5),
    "hibiscus": (6, 5),
}


def rpc_pin(evidence: View, target: Release) -> Finding:
    """The control plane must not speak newer RPC than the oldest compute understands, now, and must do so in the end."""
    pins = _pins(evidence)
    others = {where: pin for where, pin in pins.items() if pin != "auto"}
    if not others:
        return success("auto")
    limit = _understood(evidence)
    loud = [
        f"{where} ({pin or 'not set'})"
        for where, pin in sorted(others.items())
        if limit is not None and _spoken(pin, target) > limit
    ]
    if limit is not None and loud:
        spoken = f"{limit[0]}.{limit[1]}"
        return failure(f"New services would speak newer compute RPC than {spoken}, with the pin of {some(loud)}.", loud)
    left = [f"{where} ({pin})" for where, pin in sorted(others.items()) if pin]
    if left:
        return warning(f"A pin that must be lifted after the upgrade: {some(left)}.", left)
    return success("Not set; both releases speak the same version.")


def _pins(evidence: View) -> dict[str, str | None]:
    """By host where the hosts were asked, otherwise from the configuration at hand."""
    units = evidence.get(UNITS) or {}
    pins = {host: state.get("rpc_pin") for host, state in units.items() if state.get("shutdown")}
    return pins or {"nova.conf": evidence[NOVA_OPTIONS].get("upgrade_levels", "compute")}


def _understood(evidence: View) -> Rpc | None:
    """What the oldest compute understands; None without computes."""
    records = [
        record for _cell, found in evidence[SERVICES].all() for record in counted(found, COMPUTE) if record.version
    ]
    if not records:
        return None
    oldest = min(record.version for record in records)
    known = [COMPUTE_RPC[release.codename] for release in RELEASES if release.service_version <= oldest]
    return max(known, default=COMPUTE_RPC["ocata"])


def _spoken(pin: str | None, target: Release) -> Rpc:
    """What a service of the target release sends with this pin."""
    newest = COMPUTE_RPC[target.codename]
    if pin is None:
        return newest
    if pin in COMPUTE_RPC:
        return COMPUTE_RPC[pin]
    major, _dot, minor = pin.partition(".")
    return (int(major), int(minor)) if major.isdigit() and minor.isdigit() else newest


def old_compute_check(evidence: View, _target: Release) -> Finding:
    """Nova's own guard is on."""
    if is_on(evidence[NOVA_OPTIONS], "workarounds", "disable_compute_service_check_for_ffu"):
        return warning("[workarounds] disable_compute_service_check_for_ffu is on.")
    return success()


CHECKS = (
    Check(
        name="Compute RPC pin",
        group="configuration",
        judge=rpc_pin,
        reads=(NOVA_OPTIONS, UNITS, SERVICES),
        rule="[upgrade_levels] compute is auto on every host that was asked, or else in the configuration at hand. Unset, or with a"
        " pin newer than the oldest compute understands, upgraded services send requests that computes not yet upgraded refuse: a"
        " failure, unless both releases speak the same version. Any other pin is a warning: it is safe now, but keeps the upgraded"
        " cloud on old RPC until somebody lifts it.",
        remedy="Set [upgrade_levels] compute = auto in nova.conf of every host and restart the service",
    ),
    Check(
        name="Guard against old computes",
        group="configuration",
        judge=old_compute_check,
        reads=(NOVA_OPTIONS,),
        rule="[workarounds] disable_compute_service_check_for_ffu is off. It makes Nova's services start beside computes that they do"
        " not support, which is meant for a fast-forward upgrade only. The check for old computes is made here as well, so this is a"
        " warning.",
        remedy="Remove [workarounds] disable_compute_service_check_for_ffu from nova.conf",
        since=23,
    ),
)
