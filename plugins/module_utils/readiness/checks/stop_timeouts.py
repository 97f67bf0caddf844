# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stop timeouts: a service manager that kills too early cuts off what the service has in hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.release import Release
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import some
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.check import Check, Finding, listed
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.evidence import NotKnown, View
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.questions import UNITS
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.service_rules import REPORTING


def stop_timeouts(evidence: View, _target: Release) -> Finding:
    """systemd kills a service that needs longer to stop than its unit allows."""
    hosts = evidence[UNITS]
    if not hosts:
        raise NotKnown(f"no {UNITS.source} given")
    short = [
        f"{unit} on {name} ({state['timeout_stop_seconds']:.0f} s; needs {host['shutdown']['needed_timeout_stop_seconds']} s,"
        f" sleeps up to {host['shutdown']['manager_shutdown_timeout']} s when stopped)"
        for name, host in sorted(hosts.items())
        for unit, state in sorted(host.get("units", {}).items())
        if state["killed_early"]
    ]
    unread = [name for name, host in sorted(hosts.items()) if not _is_known(host)]
    if unread:
        also = f" {KILLED} {some(short)}." if short else ""
        summary = f"It is not known how long a graceful stop takes on {some(unread)}.{also}"
        return Finding("unknown", summary, (*unread, *short), UNREAD)
    return listed("warning", KILLED, short)


def _is_known(host: Mapping[str, Any]) -> bool:
    """Whether the host's units were read and, if a service is among them that waits when it is stopped, its options too."""
    return "units" in host and (bool(host.get("shutdown")) or not set(REPORTING) & set(host["units"]))


KILLED = "systemd would kill before a graceful stop ends:"
UNREAD = "Name Nova's configuration files of the host in config_files of stackroll.nova.service_unit_info"

CHECKS = (
    Check(
        name="Stop timeouts",
        group="software",
        judge=stop_timeouts,
        reads=(UNITS,),
        rule="TimeoutStopSec of nova-compute, nova-conductor and nova-scheduler is 20 seconds longer than the longer one of [DEFAULT]"
        " graceful_shutdown_timeout (180 seconds by default) and manager_shutdown_timeout (160 seconds). Otherwise systemd kills a"
        " service while it finishes what it has in hand. A warning, because the roles of this collection raise the timeout before"
        " they stop a service.",
        remedy="systemctl edit <unit>: [Service] TimeoutStopSec=<seconds>. The roles do the same by a drop-in",
        history="The long default came with 2026.1; deployment tools allow 60 to 180 seconds.",
    ),
)
