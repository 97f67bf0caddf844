#!/usr/bin/python
# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: status_command
short_description: Run nova-status or placement-status of the staged code and return its checks as data
version_added: 0.1.0
description:
  - Runs C(nova-status upgrade check) or C(placement-status upgrade check) of the target release's code against the real
    configuration of this host, and returns every check as data.
  - Fails when a check fails, when a check warns that is not named in O(accepted_warnings), and when the command crashed or
    printed no check at all, because unknown is not fine.
  - Must run with the interpreter of the target release's code. The answers of older code do not count.
extends_documentation_fragment:
  - stackroll.nova.attributes
  - stackroll.nova.attributes.info
options:
  command:
    description: Which of the two commands.
    type: str
    choices: [nova-status, placement-status]
    required: true
  config_files:
    description: The service's configuration files. The default depends on O(command).
    type: list
    elements: path
  accepted_warnings:
    description: Names of checks whose warning was read and is accepted. A failure cannot be accepted.
    type: list
    elements: str
    default: []
  timeout:
    description: How many seconds the command may take.
    type: int
    default: 300
author:
  - stackroll.nova contributors (@stackroll)
"""

EXAMPLES = r"""
- name: Ask the new release's code whether the cloud is ready for it
  stackroll.nova.status_command:
    command: nova-status
    accepted_warnings: [hw_machine_type unset]
  vars:
    ansible_python_interpreter: /opt/openstack/2026.2/bin/python
"""

RETURN = r"""
code:
  description: V(0) when all checks succeed, V(1) when the worst is a warning, V(2) when the worst is a failure, as the command itself says.
  returned: always
  type: int
  sample: 1
checks:
  description: Every check; C(accepted) is true for a warning that was accepted by name.
  returned: always
  type: list
  elements: dict
  sample:
    - {check: Cells v2, result: success, summary: "", accepted: false}
    - {check: hw_machine_type unset, result: warning, summary: Instances found without hw_machine_type set., accepted: true}
table:
  description: The table as the command printed it.
  returned: always
  type: str
"""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.host.command import Outcome, config_arguments, run_command
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.command_tables import parse_upgrade_checks
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.module import StackrollModule, option

CODES = {"success": 0, "warning": 1, "failure": 2}
DEFAULT_FILES = {"nova-status": ["/etc/nova/nova.conf"], "placement-status": ["/etc/placement/placement.conf"]}


def judge(command: str, outcome: Outcome, accepted: list[str]) -> dict[str, Any]:
    """The result, or StackrollError naming the checks that stand in the way."""
    checks = [
        {**asdict(check), "accepted": check.result == "warning" and check.check in accepted}
        for check in parse_upgrade_checks(outcome.stdout)
    ]
    result = {"code": outcome.rc, "checks": checks, "table": outcome.stdout}
    if not checks or outcome.rc != max(CODES.get(entry["result"], 2) for entry in checks):
        raise StackrollError(
            f"{command} upgrade check ended with exit code {outcome.rc} and showed {len(checks)} checks.",
            f"Its last words: {outcome.last_error_line}",
            details=result,
        )
    blocking = [entry for entry in checks if entry["result"] != "success" and not entry["accepted"]]
    if blocking:
        names = "; ".join(f"{entry['check']} ({entry['result']}): {entry['summary']}" for entry in blocking)
        raise StackrollError(
            f"{command} upgrade check is not satisfied: {names}",
            "Mend it, or accept a warning by naming its check in accepted_warnings.",
            details=result,
        )
    return result


def run(module: StackrollModule) -> dict[str, Any]:
    """Run the command beside this interpreter and judge it."""
    command = module.params["command"]
    files = module.params["config_files"] or DEFAULT_FILES[command]
    argv = [str(Path(sys.prefix, "bin", command)), *config_arguments(files), "upgrade", "check"]
    return judge(command, run_command(argv, module.params["timeout"]), module.params["accepted_warnings"])


def main() -> None:
    """Run the module."""
    StackrollModule(
        argument_spec={
            "command": option("str", choices=["nova-status", "placement-status"], required=True),
            "config_files": option("list", elements="path"),
            "accepted_warnings": option("list", [], elements="str"),
            "timeout": option("int", 300),
        },
    ).run(run)


if __name__ == "__main__":
    main()
