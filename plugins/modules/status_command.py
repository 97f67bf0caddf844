#!/usr/bin/python
# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: status_command
short_description: Run the upgrade check command of any OpenStack project and return its checks as data
version_added: 0.1.0
description:
  - Runs C(<project>-status upgrade check) against the real configuration of this host, and returns every check in the shape
    of M(stackroll.nova.upgrade_check).
  - Reads JSON from the projects that print it, and the table from the others.
  - A command that crashed, that did not end, that does not exist or whose exit code does not fit its table gives one more
    check that is V(unknown), because unknown is not fine.
  - To know whether a cloud is ready for a release, run it with that release's code. The answers of older code do not count.
  - Passwords, keys and tokens of O(config_files) are masked in what the command says.
extends_documentation_fragment:
  - stackroll.nova.attributes
  - stackroll.nova.attributes.info
options:
  project:
    description: The project whose command is asked, such as V(nova), V(placement), V(cinder), V(neutron), V(keystone) or V(heat).
    type: str
    required: true
  executable:
    description: The command's path. The default is C(<project>-status) beside the Python interpreter that runs this module.
    type: path
  config_files:
    description:
      - The service's configuration files, in the order the service reads them. With V([]) the command looks for its own.
      - The default is C(/etc/<project>/<project>.conf), and C(/etc/glance/glance-api.conf) for Glance.
    type: list
    elements: path
  release:
    description: The release that the command's code belongs to; it is noted with every check.
    type: str
  fail_on:
    description: From which result on the module fails. What is unknown counts as a failure.
    type: str
    choices: [failure, warning, never]
    default: failure
  accepted_warnings:
    description: Names of checks whose warning was read and is accepted with O(fail_on=warning). A failure cannot be accepted.
    type: list
    elements: str
    default: []
  timeout:
    description: How many seconds the command may take.
    type: int
    default: 300
seealso:
  - module: stackroll.nova.upgrade_check
author:
  - stackroll.nova contributors (@stackroll)
"""

EXAMPLES = r"""
- name: Ask the new release's code whether the cloud is ready for it
  stackroll.nova.status_command:
    project: nova
    fail_on: warning
    accepted_warnings: [hw_machine_type unset]
  vars:
    ansible_python_interpreter: /opt/openstack/2026.2/bin/python

- name: Ask Cinder without failing
  stackroll.nova.status_command:
    project: cinder
    executable: /usr/bin/cinder-status
    fail_on: never
  register: cinder
"""

RETURN = r"""
code:
  description: V(0) when all checks succeed, V(1) when the worst is a warning, V(2) when the worst is a failure or unknown.
  returned: always
  type: int
  sample: 1
exit_code:
  description: The exit code of the command, V(255) after a crash; null when it could not run or did not end.
  returned: always
  type: int
  sample: 1
result:
  description: The worst result of all checks.
  returned: always
  type: str
  sample: warning
checks:
  description: Every check with its result, what it said, what to do, and the command's name as its C(group).
  returned: always
  type: list
  elements: dict
  sample:
    - check: hw_machine_type unset
      result: warning
      summary: Instances found without hw_machine_type set.
      remedy: Do what the details say, then check again.
      objects: []
      total: 0
      group: nova-status
      since: null
      release: "2026.2"
      seconds: 0.0
table:
  description: The lines of the familiar table, in the look of M(stackroll.nova.upgrade_check).
  returned: always
  type: list
  elements: str
tally:
  description: The number of checks by result.
  returned: always
  type: str
  sample: "9 checks: 8 success, 1 warning"
seconds:
  description: How long the command took.
  returned: always
  type: float
  sample: 4.1
"""

import re
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.host.command import Outcome, config_arguments, run_command
from ansible_collections.stackroll.nova.plugins.module_utils.host.secrets import hide, secrets_in
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput, StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.model.release import Release
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.gate import FAIL_ON, blocking, refuse
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.result import (
    CheckResult,
    code,
    table,
    tally,
    worst,
)
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.status_output import read_checks, refuses_json
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.module import StackrollModule, option

CONFIG_FILES = {"glance": "/etc/glance/glance-api.conf"}
# Asking for JSON what is known not to print it would only cost a second run.
NO_JSON = ("nova", "placement")


def ask(project: str, argv: list[str], timeout: float) -> Outcome:
    """Run the command, for JSON if it knows that."""
    if project not in NO_JSON:
        outcome = run_command([*argv, "--json"], timeout)
        if not refuses_json(outcome.rc, outcome.stderr):
            return outcome
    return run_command(argv, timeout)


def look(params: dict[str, Any], program: str, release: str) -> tuple[int | None, list[CheckResult]]:
    """The command's exit code and its checks, without secrets."""
    project = params["project"]
    files = params["config_files"]
    if files is None:
        files = [CONFIG_FILES.get(project, f"/etc/{project}/{project}.conf")]
    path = params["executable"] or str(Path(sys.prefix, "bin", program))
    try:
        outcome = ask(project, [path, *config_arguments(files), "upgrade", "check"], params["timeout"])
    except StackrollError as error:
        name = f"{program} upgrade check"
        return None, [CheckResult(name, "unknown", error.message, error.remedy, group=program, release=release)]
    secrets = secrets_in(files)
    results = read_checks(program, outcome.rc, outcome.stdout, outcome.stderr, release)
    return outcome.rc, [replace(result, summary=hide(result.summary, secrets)) for result in results]


def run(module: StackrollModule) -> dict[str, Any]:
    """Ask the command, and refuse what must not be passed over."""
    params = module.params
    if not re.fullmatch(r"[a-z][a-z0-9_-]*", params["project"]):
        raise InvalidInput(f"The option project is {params['project']!r}.", "Name a project, such as nova or cinder.")
    program = f"{params['project']}-status"
    release = Release.parse(params["release"]).name if params["release"] else ""
    started = time.monotonic()
    exit_code, results = look(params, program, release)
    outcome = {
        "code": code(results),
        "exit_code": exit_code,
        "result": worst(results),
        "checks": [result.to_dict() for result in results],
        "table": table(results),
        "tally": tally(results),
        "seconds": round(time.monotonic() - started, 3),
    }
    bad = blocking(results, params["fail_on"], params["accepted_warnings"])
    refuse(f"{program} upgrade check is not satisfied.", bad, outcome)
    return outcome


def main() -> None:
    """Run the module."""
    StackrollModule(
        argument_spec={
            "project": option("str", required=True),
            "executable": option("path"),
            "config_files": option("list", elements="path"),
            "release": option("str"),
            "fail_on": option("str", "failure", choices=list(FAIL_ON)),
            "accepted_warnings": option("list", [], elements="str"),
            "timeout": option("int", 300),
        },
    ).run(run)


if __name__ == "__main__":
    main()
