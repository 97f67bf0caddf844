#!/usr/bin/python
# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: service_unit_info
short_description: Show what code a service really runs and how long it may take to stop
version_added: 0.1.0
description:
  - For each systemd unit, tells its state, since when its main process runs, and from which code tree that process has loaded
    its files, which is not the tree a link points at now when the process was started before the link was switched.
  - For each code tree, tells which OpenStack versions lie there.
  - Compares the unit's stop timeout with the time that the service's own options allow it for a graceful stop.
    Nova 33 sleeps C([DEFAULT] manager_shutdown_timeout) (160 seconds by default) when it is stopped, which is longer than
    systemd waits by default before it kills.
extends_documentation_fragment:
  - stackroll.nova.attributes
  - stackroll.nova.attributes.info
options:
  units:
    description: Names of the units, without suffix.
    type: list
    elements: str
    required: true
  code_paths:
    description: Code trees or links to them, such as virtual environments.
    type: list
    elements: path
    default: []
  packages:
    description: Python packages whose versions are read from the code trees.
    type: list
    elements: str
    default: [nova, openstack-placement]
  config_files:
    description: Nova's configuration files on this host; none when the host runs no Nova service.
    type: list
    elements: path
    default: []
  rpc_pins:
    description:
      - Tell for each process of the units which version of the compute RPC API it has chosen, from the line that it leaves in the
        journal or in the log files that it has open. Meant for nova-api, nova-conductor and nova-compute with C([upgrade_levels] compute=auto).
      - Needs the right to read the journal and C(/proc), thus root (C(become=true)).
    type: bool
    default: false
  service_version:
    description:
      - The service version that all nova-compute have now. A process that holds the compute RPC version of older ones is told in
        RV(pending). Implies O(rpc_pins), and needs O(config_files).
      - A process that has chosen nothing yet is fine, since it will choose for the computes of now. So is nova-api always, and
        any other one if its log could be read and its unit runs since O(started_after).
      - With anything but C(auto) in C([upgrade_levels] compute) a process chooses nothing.
    type: int
  started_after:
    description: Since when all nova-compute have O(service_version), in seconds since the epoch.
    type: float
  timeout:
    description:
      - How many seconds to wait until all processes but those of nova-api have told what they have chosen, and nothing is pending.
        The module fails if then something is in RV(pending), and not in check mode.
      - Without it there is one look, and the module does not fail.
    type: int
  interval:
    description: How many seconds to wait between two looks.
    type: float
    default: 1.0
author:
  - stackroll.nova contributors (@stackroll)
"""

EXAMPLES = r"""
- name: See what nova-compute runs
  stackroll.nova.service_unit_info:
    units: [nova-compute]
    code_paths: [/opt/nova, /opt/openstack/2026.2]
    config_files: [/etc/nova/nova.conf]
  register: compute

- name: Prove that no conductor is bound to the computes of the old release
  stackroll.nova.service_unit_info:
    units: [nova-conductor]
    config_files: [/etc/nova/nova.conf]
    service_version: 74
    started_after: 1795300000
    timeout: 30
  become: true
"""

RETURN = r"""
units:
  description:
    - One entry per unit, by its name. C(killed_early) is true for a Nova service whose unit's stop timeout is shorter than a
      graceful stop may take, C(code_roots) are the real paths of those O(code_paths) from which the process has loaded files.
    - C(rpc_pins), null without O(rpc_pins), has one entry for the main process and each of its workers. C(service_version) is the lowest
      of all nova-compute when the process chose; it chooses anew when it is restarted. A worker may have it from its parent,
      C(inherited_from). Where nothing is known, C(reason) tells why, and C(unread) what of the log could not be read. A process does
      not choose before it uses compute RPC.
  returned: always
  type: dict
  sample:
    nova-compute:
      load_state: loaded
      active_state: active
      sub_state: running
      main_pid: 411
      restarts: 0
      started_at: 1795300000.5
      processes: [411]
      code_roots: [/opt/openstack/2026.1]
      timeout_stop_seconds: 90.0
      killed_early: true
      rpc_pins:
        - {pid: 411, rpc_version: "6.5", service_version: 72, chosen_at: 1795300004.2, source: the journal, inherited_from: null, reason: null, unread: null}
pending:
  description: The processes that are bound to computes of before O(service_version), or of which that cannot be known. Empty without it.
  returned: always
  type: list
  elements: dict
  sample:
    - unit: nova-conductor
      pid: 411
      service_version: 72
      reason: holds compute RPC 6.5, which it chose when the oldest nova-compute had service version 72, not 74
code:
  description: One entry per code path, by the path that was asked for.
  returned: always
  type: dict
  sample:
    /opt/nova: {path: /opt/nova, exists: true, real_path: /opt/openstack/2026.1, versions: {nova: 33.0.2, openstack-placement: 15.0.0}}
shutdown:
  description:
    - Seconds that the configured options allow for a graceful stop, and the stop timeout that a unit needs so that it is not
      killed before. Null without O(config_files).
  returned: always
  type: dict
  sample: {manager_shutdown_timeout: 160, graceful_shutdown_timeout: 180, needed_timeout_stop_seconds: 200}
rpc_pin:
  description: C([upgrade_levels] compute) as it is configured; null when it is not set, or without O(config_files).
  returned: always
  type: str
  sample: auto
now:
  description: The host's clock, in seconds since the epoch.
  returned: always
  type: float
  sample: 1795300100.0
"""

import time
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.host import code, held_pins, process, rpc_pins
from ansible_collections.stackroll.nova.plugins.module_utils.host.config import ServiceConfig
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput, WaitTimeout
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.deadline import Deadline
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.module import StackrollModule, option

# Defaults of nova 33 and 34 (nova/conf/service.py) and of oslo.service (graceful_shutdown_timeout, raised by nova 33).
MANAGER_SHUTDOWN_TIMEOUT = 160
GRACEFUL_SHUTDOWN_TIMEOUT = 180
STOP_MARGIN = 20
# The services whose manager waits when it is stopped; nova-api and placement-api are WSGI applications and do not.
MANAGED = ("nova-compute", "nova-conductor", "nova-scheduler")


def unit_state(unit: str, roots: list[str], needed: int, with_pins: bool) -> dict[str, Any]:
    """One unit, as it is described in RETURN; *needed* is the stop timeout in seconds that Nova's options ask for."""
    shown = process.show_unit(unit)
    pid = int(shown.get("MainPID", "0"))
    allowed = process.parse_time_span(shown.get("TimeoutStopUSec", ""))
    return {
        "load_state": shown.get("LoadState", "unknown"),
        "active_state": shown.get("ActiveState", "unknown"),
        "sub_state": shown.get("SubState", "unknown"),
        "main_pid": pid,
        "restarts": int(shown.get("NRestarts") or 0),
        "started_at": process.started_at(pid) if pid else None,
        "processes": process.processes_running(unit),
        "code_roots": process.code_roots(pid, roots) if pid else [],
        "timeout_stop_seconds": allowed,
        "killed_early": unit in MANAGED and allowed is not None and allowed < needed,
        "rpc_pins": rpc_pins.rpc_pins(unit, pid) if with_pins else None,
    }


def shutdown_needs(config_files: list[str]) -> dict[str, int] | None:
    """What a graceful stop of Nova may take on this host."""
    if not config_files:
        return None
    config = ServiceConfig(config_files)
    manager = config.get_seconds("DEFAULT", "manager_shutdown_timeout", MANAGER_SHUTDOWN_TIMEOUT)
    graceful = config.get_seconds("DEFAULT", "graceful_shutdown_timeout", GRACEFUL_SHUTDOWN_TIMEOUT)
    return {
        "manager_shutdown_timeout": manager,
        "graceful_shutdown_timeout": graceful,
        "needed_timeout_stop_seconds": max(manager, graceful) + STOP_MARGIN,
    }


def configured_pin(config_files: list[str]) -> str | None:
    """What [upgrade_levels] compute says."""
    return ServiceConfig(config_files).get("upgrade_levels", "compute")


def expected(params: dict[str, Any]) -> held_pins.Now | None:
    """What processes are to have chosen; nothing when that was not asked for."""
    if params["service_version"] is None:
        return None
    if not params["config_files"]:
        raise InvalidInput("service_version needs config_files.", "Name Nova's configuration files on this host.")
    return held_pins.Now(params["service_version"], params["started_after"], configured_pin(params["config_files"]))


def look(params: dict[str, Any]) -> dict[str, Any]:
    """Describe units, code and stop times."""
    trees = {path: code.describe(path, params["packages"]) for path in params["code_paths"]}
    roots = sorted({tree["real_path"] for tree in trees.values()})
    shutdown = shutdown_needs(params["config_files"])
    needed = shutdown["needed_timeout_stop_seconds"] if shutdown else 0
    with_pins = params["rpc_pins"] or params["service_version"] is not None
    units = {unit: unit_state(unit, roots, needed, with_pins) for unit in params["units"]}
    now = expected(params)
    return {
        "units": units,
        "code": trees,
        "shutdown": shutdown,
        "rpc_pin": configured_pin(params["config_files"]),
        "pending": held_pins.held(units, now) if now else [],
        "now": time.time(),
    }


def run(module: StackrollModule) -> dict[str, Any]:
    """Look, and wait for processes to tell what they have chosen if that is wanted."""
    params = module.params
    now = expected(params)
    result = look(params)
    if now is None or params["timeout"] is None or module.check_mode:
        return result
    deadline = Deadline(params["timeout"], params["interval"])
    while (result["pending"] or held_pins.undecided(result["units"], now)) and not deadline.expired:
        deadline.pause()
        result = look(params)
    pending = result["pending"]
    if pending:
        raise WaitTimeout(held_pins.sentence(pending), held_pins.remedy(pending), details=result)
    return result


def main() -> None:
    """Run the module."""
    StackrollModule(
        argument_spec={
            "units": option("list", elements="str", required=True),
            "code_paths": option("list", [], elements="path"),
            "packages": option("list", ["nova", "openstack-placement"], elements="str"),
            "config_files": option("list", [], elements="path"),
            "rpc_pins": option("bool", False),
            "service_version": option("int"),
            "started_after": option("float"),
            "timeout": option("int"),
            "interval": option("float", 1.0),
        },
    ).run(run)


if __name__ == "__main__":
    main()
