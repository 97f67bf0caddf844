#!/usr/bin/python
# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: status_command
short_description: Run the upgrade check commands of OpenStack projects and return their checks as data
version_added: 0.1.0
description:
  - Runs C(<project>-status upgrade check) against the real configuration of this host, and returns every check in the shape
    of M(stackroll.nova.upgrade_check).
  - Reads JSON from the projects that print it, and the table from the others.
  - The commands of several projects run at the same time and give one result, with O(commands).
  - A command that crashed, that did not end, that does not exist or whose exit code does not fit its table gives one more
    check that is V(unknown), because unknown is not fine.
  - To know whether a cloud is ready for a release, run it with that release's code. The answers of older code do not count.
  - Passwords, keys and tokens of O(config_files) are masked in what the command says.
extends_documentation_fragment:
  - stackroll.nova.attributes
  - stackroll.nova.attributes.info
options:
  project:
    description:
      - The project whose command is asked, such as V(nova), V(placement), V(cinder), V(neutron), V(keystone) or V(heat).
      - Either this or O(commands) is required.
    type: str
  executable:
    description: The command's path. The default is C(<project>-status) beside the Python interpreter that runs this module.
    type: path
  config_files:
    description:
      - The service's configuration files, in the order the service reads them. With V([]) the command looks for its own.
      - The default is C(/etc/<project>/<project>.conf), and C(/etc/glance/glance-api.conf) for Glance.
    type: list
    elements: path
  commands:
    description: The commands of several projects, instead of O(project), O(executable) and O(config_files).
    type: list
    elements: dict
    suboptions:
      project:
        description: As O(project).
        type: str
        required: true
      executable:
        description: As O(executable).
        type: path
      config_files:
        description: As O(config_files).
        type: list
        elements: path
  release:
    description: The release that the code of the commands belongs to; it is noted with every check.
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
    description: How many seconds each command may take.
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

- name: Ask Nova and Placement at the same time
  stackroll.nova.status_command:
    commands:
      - project: nova
        config_files: [/etc/nova/nova.conf, /etc/nova/nova-cell1.conf]
      - project: placement
  vars:
    ansible_python_interpreter: /opt/openstack/2026.2/bin/python
"""

RETURN = r"""
code:
  description: V(0) when all checks succeed, V(1) when the worst is a warning, V(2) when the worst is a failure or unknown.
  returned: always
  type: int
  sample: 1
exit_code:
  description: The exit code of the command, V(255) after a crash; null when it could not run or did not end.
  returned: with O(project)
  type: int
  sample: 1
exit_codes:
  description: The exit codes of all commands, in the order of O(commands), each like RV(exit_code).
  returned: with O(commands)
  type: list
  elements: int
  sample: [1, 0]
result:
  description: The worst result of all checks.
  returned: always
  type: str
  sample: warning
checks:
  description: Every check with its result, what it said, what to do, and its command's name as its C(group).
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
  description: How long it took.
  returned: always
  type: float
  sample: 4.1
"""

import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
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


@dataclass(frozen=True)
class Command:
    """The command of one project, and what it is asked with."""

    project: str
    executable: str | None
    config_files: list[str] | None

    @property
    def program(self) -> str:
        """Its name."""
        return f"{self.project}-status"

    @property
    def files(self) -> list[str]:
        """The service's configuration files."""
        if self.config_files is not None:
            return self.config_files
        return [CONFIG_FILES.get(self.project, f"/etc/{self.project}/{self.project}.conf")]

    @property
    def argv(self) -> list[str]:
        """The words to run."""
        path = self.executable or str(Path(sys.prefix, "bin", self.program))
        return [path, *config_arguments(self.files), "upgrade", "check"]


def commands_of(params: dict[str, Any]) -> list[Command]:
    """The commands to run. Raises InvalidInput."""
    given = [params] if params["commands"] is None else params["commands"]
    if not given:
        raise InvalidInput("The option commands is empty.", "Name a project, such as nova or cinder.")
    commands = [Command(entry["project"], entry["executable"], entry["config_files"]) for entry in given]
    for command in commands:
        if not re.fullmatch(r"[a-z][a-z0-9_-]*", command.project):
            raise InvalidInput(f"The option project is {command.project!r}.", "Name a project, such as nova or cinder.")
    return commands


def ask(command: Command, timeout: float) -> Outcome:
    """Run the command, for JSON if it knows that."""
    if command.project not in NO_JSON:
        outcome = run_command([*command.argv, "--json"], timeout)
        if not refuses_json(outcome.rc, outcome.stderr):
            return outcome
    return run_command(command.argv, timeout)


def look(command: Command, timeout: float, release: str) -> tuple[int | None, list[CheckResult]]:
    """The command's exit code and its checks, without secrets."""
    program = command.program
    try:
        outcome = ask(command, timeout)
    except StackrollError as error:
        name = f"{program} upgrade check"
        return None, [CheckResult(name, "unknown", error.message, error.remedy, group=program, release=release)]
    secrets = secrets_in(command.files)
    results = read_checks(program, outcome.rc, outcome.stdout, outcome.stderr, release)
    return outcome.rc, [replace(result, summary=hide(result.summary, secrets)) for result in results]


def run(module: StackrollModule) -> dict[str, Any]:
    """Ask the commands, and refuse what must not be passed over."""
    params = module.params
    commands = commands_of(params)
    release = Release.parse(params["release"]).name if params["release"] else ""
    started = time.monotonic()
    with ThreadPoolExecutor(len(commands)) as pool:
        answers = list(pool.map(lambda command: look(command, params["timeout"], release), commands))
    exit_codes = [exit_code for exit_code, _results in answers]
    results = [result for _exit_code, results in answers for result in results]
    outcome = {
        "code": code(results),
        **({"exit_code": exit_codes[0]} if params["commands"] is None else {"exit_codes": exit_codes}),
        "result": worst(results),
        "checks": [result.to_dict() for result in results],
        "table": table(results),
        "tally": tally(results),
        "seconds": round(time.monotonic() - started, 3),
    }
    bad = blocking(results, params["fail_on"], params["accepted_warnings"])
    # Only those that are in the way are named.
    programs = dict.fromkeys(result.group for result in bad)
    refuse(f"{' and '.join(programs)} upgrade check is not satisfied.", bad, outcome)
    return outcome


def main() -> None:
    """Run the module."""
    which = {
        "project": option("str"),
        "executable": option("path"),
        "config_files": option("list", elements="path"),
    }
    StackrollModule(
        argument_spec={
            **which,
            "commands": option("list", elements="dict", options={**which, "project": option("str", required=True)}),
            "release": option("str"),
            "fail_on": option("str", "failure", choices=list(FAIL_ON)),
            "accepted_warnings": option("list", [], elements="str"),
            "timeout": option("int", 300),
        },
        required_one_of=[("project", "commands")],
        mutually_exclusive=[(name, "commands") for name in which],
    ).run(run)


if __name__ == "__main__":
    main()
