#!/usr/bin/python
# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: host_software_info
short_description: Show what a host has that the next release of Nova may no longer support
version_added: 0.1.0
description:
  - Tells the versions of libvirt and QEMU, how the units of the APIs are started, the names of the configuration options that are
    set, and the values of those that decide what nova-compute moves between resource providers when it starts.
  - M(stackroll.nova.upgrade_check) judges it in O(stackroll.nova.upgrade_check#module:software).
  - Of configuration files only the names of the options, C([DEFAULT] host) and the values that are listed at
    RV(configuration) are returned, and secrets in command lines are masked.
  - Needs the rights to read the configuration files, thus root (C(become=true)) on most hosts.
extends_documentation_fragment:
  - stackroll.nova.attributes
  - stackroll.nova.attributes.info
options:
  units:
    description: Names of systemd units, without suffix.
    type: list
    elements: str
    default: []
  nova_config_files:
    description: Nova's configuration files on this host, in the order in which Nova reads them.
    type: list
    elements: path
    default: []
  placement_config_files:
    description: Placement's configuration files on this host, in the order in which Placement reads them.
    type: list
    elements: path
    default: []
  timeout:
    description: Seconds that libvirt and QEMU may each take to tell their version.
    type: float
    default: 60
author:
  - stackroll.nova contributors (@stackroll)
"""

EXAMPLES = r"""
- name: Look at a compute host
  stackroll.nova.host_software_info:
    units: [nova-compute]
    nova_config_files: [/etc/nova/nova.conf]
  become: true
  register: software

- name: Look at a controller
  stackroll.nova.host_software_info:
    units: [nova-api, nova-conductor, nova-scheduler, placement-api]
    nova_config_files: [/etc/nova/nova.conf]
    placement_config_files: [/etc/placement/placement.conf]
  become: true
  register: software

- name: Judge all hosts
  stackroll.nova.upgrade_check:
    target_release: "2026.2"
    checks: [software]
    software: "{{ dict(ansible_play_hosts | zip(ansible_play_hosts | map('extract', hostvars, 'software'))) }}"
  run_once: true
"""

RETURN = r"""
host:
  description: Nova's name of the host, C([DEFAULT] host), or the host name where it is not set.
  returned: success
  type: str
  sample: cmp1
hostname:
  description: The host name.
  returned: success
  type: str
  sample: cmp1
libvirt:
  description: The version of libvirt; null when it is not installed on the host itself.
  returned: success
  type: str
  sample: 9.0.0
qemu:
  description: The version of the QEMU for the host's architecture; null when it is not installed on the host itself.
  returned: success
  type: str
  sample: 7.2.22
units:
  description:
    - One entry per unit, by its name. C(commands) are the words of each command of C(ExecStart), C(entry_points) the scripts or
      modules that start an API, found there or in the C(files) that are given to uwsgi, or else in the unit's main process.
    - C(container) is true when the unit starts a container, whose image decides how the API is started.
  returned: success
  type: dict
  sample:
    nova-api:
      load_state: loaded
      commands: [[/opt/nova/bin/uwsgi, --ini, /etc/nova/nova-api.ini]]
      container: false
      entry_points: [nova-api-wsgi]
      files: [/etc/nova/nova-api.ini]
configuration:
  description:
    - One entry per service (C(nova), C(placement)) that has configuration files. C(options) are the names of the options that are
      set, written as section/option, C(problem) says why they could not be read.
    - For C(nova) also C(values), the values of those of these options that are set, each as a list, because some may be given several
      times - C([DEFAULT] compute_driver), C([DEFAULT] vcpu_pin_set), C([compute] cpu_dedicated_set), C([compute] cpu_shared_set),
      C([devices] enabled_mdev_types), C([libvirt] num_memory_encrypted_guests), C([pci] report_in_placement) and
      C([pci] device_spec), and the older names of these.
  returned: success
  type: dict
  sample:
    nova:
      options: [DEFAULT/debug, neutron/auth_type, os_vif_linux_bridge/flat_interface, pci/report_in_placement]
      problem: null
      values:
        pci/report_in_placement: ["true"]
"""

import platform
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.host import programs, unit_commands
from ansible_collections.stackroll.nova.plugins.module_utils.host.config import ServiceConfig
from ansible_collections.stackroll.nova.plugins.module_utils.host.repeated_options import repeated
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.at_start import options as start_options
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.module import StackrollModule, option


def describe_unit(unit: str) -> dict[str, Any]:
    """One unit, as it is described in RETURN."""
    shown = unit_commands.show(unit)
    configured = unit_commands.parse_exec_start(shown.get("ExecStart", ""))
    found, files = find_entry_points(configured)
    pid = int(shown.get("MainPID") or 0)
    if not found and pid:
        found, files = find_entry_points([unit_commands.command_of(pid)])
    return {
        "load_state": shown.get("LoadState", "unknown"),
        "commands": [unit_commands.without_secrets(words) for words in configured],
        "container": any(map(unit_commands.in_container, configured)),
        "entry_points": found,
        "files": files,
    }


def find_entry_points(commands: list[list[str]]) -> tuple[list[str], list[str]]:
    """The entry points of APIs in some commands and in the files that they give to uwsgi, and these files."""
    files = list(dict.fromkeys(path for words in commands for path in unit_commands.ini_files(words)))
    found = {name for words in commands for name in unit_commands.entry_points(words)}
    found.update(name for path in files for name in unit_commands.entry_points_in_ini(unit_commands.read_ini(path)))
    return sorted(found), files


def configuration(params: dict[str, Any]) -> dict[str, Any]:
    """Every service that has files here, as it is described in RETURN."""
    files = {service: params[f"{service}_config_files"] for service in ("nova", "placement")}
    wanted = {"nova": start_options.WANTED}
    return {service: set_options(paths, wanted.get(service, ())) for service, paths in files.items() if paths}


def set_options(files: list[str], wanted: Sequence[str]) -> dict[str, Any]:
    """The options that are set in one service's files, and the values of the wanted ones."""
    try:
        config = ServiceConfig(files)
    except StackrollError as error:
        return {"options": [], "problem": str(error)}
    found: dict[str, Any] = {"options": sorted(config.names()), "problem": None}
    return {**found, "values": values(config, wanted)} if wanted else found


def values(config: ServiceConfig, wanted: Sequence[str]) -> dict[str, list[str]]:
    """By name, the values of those options that are set."""
    found: dict[str, list[str]] = {}
    for name in wanted:
        section, _slash, option_name = name.partition("/")
        value = config.get(section, option_name)
        if value is not None:
            found[name] = repeated(config.paths, section, option_name) if name in start_options.REPEATED else [value]
    return found


def or_warn(module: StackrollModule, ask: Callable[[], str | None]) -> str | None:
    """An answer that may be missing, but not silently."""
    try:
        return ask()
    except StackrollError as error:
        module.warn(str(error))
        return None


def run(module: StackrollModule) -> dict[str, Any]:
    """Look at programs, units and options."""
    params = module.params
    units = {unit: describe_unit(unit) for unit in params["units"]}
    hostname = platform.node()
    return {
        "host": nova_host(params["nova_config_files"]) or hostname,
        "hostname": hostname,
        "libvirt": or_warn(module, partial(programs.libvirt_version, params["timeout"])),
        "qemu": or_warn(module, partial(programs.qemu_version, params["timeout"])),
        "units": units,
        "configuration": configuration(params),
    }


def nova_host(files: list[str]) -> str | None:
    """Nova's own name of this host, if it has been given one."""
    try:
        return ServiceConfig(files).get("DEFAULT", "host")
    except StackrollError:
        return None


def main() -> None:
    """Run the module."""
    StackrollModule(
        argument_spec={
            "units": option("list", [], elements="str"),
            "nova_config_files": option("list", [], elements="path"),
            "placement_config_files": option("list", [], elements="path"),
            "timeout": option("float", 60.0),
        },
    ).run(run)


if __name__ == "__main__":
    main()
