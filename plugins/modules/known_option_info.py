#!/usr/bin/python
# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: known_option_info
short_description: Show which configuration options the running and the staged code know
version_added: 0.1.0
description:
  - Lists the names of the options that Nova and Placement read, of the code that runs and of the code that is staged. The
    C(oslo-config-generator) of each code is asked, once for both services.
  - M(stackroll.nova.upgrade_check) compares them with the options that hosts set, which M(stackroll.nova.host_software_info)
    tells, so that once on one host is enough for the whole cloud.
  - Needs no configuration, no database and no network.
extends_documentation_fragment:
  - stackroll.nova.attributes
  - stackroll.nova.attributes.info
options:
  running_paths:
    description:
      - The virtual environments that run, or links to them. Each is asked once, and the one that O(staged_path) leads to is not
        asked as running code, because it has nothing to be compared with.
      - Of Placement and Nova, the one that is in none of them is not listed.
    type: list
    elements: path
    default: []
  staged_path:
    description: The virtual environment with the target release's code.
    type: path
    required: true
  timeout:
    description: Seconds that each C(oslo-config-generator) may take.
    type: float
    default: 60
author:
  - stackroll.nova contributors (@stackroll)
"""

EXAMPLES = r"""
- name: List the options of both codes
  stackroll.nova.known_option_info:
    running_paths: [/opt/nova, /opt/placement]
    staged_path: /opt/openstack/2026.2
  register: known

- name: Are options set that the staged code has lost?
  stackroll.nova.upgrade_check:
    target_release: "2026.2"
    checks: [Configuration options]
    software: "{{ dict(ansible_play_hosts | zip(ansible_play_hosts | map('extract', hostvars, 'software'))) }}"
    known_options: "{{ known.options }}"
"""

RETURN = r"""
options:
  description:
    - The options by code (C(old), C(new)) and service (C(nova), C(placement)), written as section/option. C(known) are all names
      that the code reads, C(deprecated) are those among them that it calls deprecated.
  returned: success
  type: dict
  sample:
    old:
      nova:
        known: [DEFAULT/debug, DEFAULT/pci_alias, os_vif_linux_bridge/flat_interface, pci/alias]
        deprecated: [DEFAULT/pci_alias]
    new:
      nova:
        known: [DEFAULT/debug, DEFAULT/pci_alias, pci/alias]
        deprecated: [DEFAULT/pci_alias]
"""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.host.option_names import PACKAGES, known_options
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.module import StackrollModule, option


def run(module: StackrollModule) -> dict[str, Any]:
    """Ask the staged code and every other one."""
    params = module.params
    staged, *running = distinct([params["staged_path"], *params["running_paths"]])
    with ThreadPoolExecutor() as pool:
        new, *old = pool.map(partial(known_options, timeout=params["timeout"]), [staged, *running])
    if not new:
        raise StackrollError(
            f"There is neither {' nor '.join(PACKAGES.values())} in {params['staged_path']}.",
            "Stage the target release's code there first.",
        )
    # Of a service that two paths hold, the first path is the one to compare with.
    return {"options": {"old": {name: listed for code in reversed(old) for name, listed in code.items()}, "new": new}}


def distinct(paths: list[str]) -> list[str]:
    """The real paths behind the links, each once, in the same order."""
    return list(dict.fromkeys(str(Path(path).resolve()) for path in paths))


def main() -> None:
    """Run the module."""
    StackrollModule(
        argument_spec={
            "running_paths": option("list", [], elements="path"),
            "staged_path": option("path", required=True),
            "timeout": option("float", 60.0),
        },
    ).run(run)


if __name__ == "__main__":
    main()
