#!/usr/bin/python
# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: database_schema
short_description: Bring the databases of Nova or Placement to the schema of the staged code
version_added: 0.1.0
description:
  - Compares the schema revision of every database with the newest one that the staged code knows, and runs C(nova-manage) or
    C(placement-manage) only for those that are behind. All cells are brought up to date, cell0 included.
  - Reads each revision back afterwards and fails when a database did not arrive.
  - Schema changes between supported releases only add; services of the older release keep working on the newer schema.
  - Must run with the interpreter of the target release's code, on a host that has the service's configuration files.
extends_documentation_fragment:
  - stackroll.nova.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  service:
    description: Whose databases.
    type: str
    choices: [nova, placement]
    required: true
  config_files:
    description: The service's configuration files, in the order the service reads them. The default depends on O(service).
    type: list
    elements: path
  timeout:
    description: How many seconds one database may take.
    type: int
    default: 1800
requirements:
  - the target release's Nova or Placement and PyMySQL in the module's interpreter
author:
  - stackroll.nova contributors (@stackroll)
"""

EXAMPLES = r"""
- name: Bring the API database and all cells to the schema of 2026.2
  stackroll.nova.database_schema:
    service: nova
  vars:
    ansible_python_interpreter: /opt/openstack/2026.2/bin/python
"""

RETURN = r"""
databases:
  description: Every database with its revision before and after, and the newest one that the code knows.
  returned: success
  type: list
  elements: dict
  sample:
    - {name: nova_api, before: b30f573d3377, after: b30f573d3377, newest: b30f573d3377}
    - {name: cell1, before: 13863f4e1612, after: ab450ba04102, newest: ab450ba04102}
"""

import sys
from pathlib import Path
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.database import schema
from ansible_collections.stackroll.nova.plugins.module_utils.database.connection import require_pymysql
from ansible_collections.stackroll.nova.plugins.module_utils.host.command import config_arguments, run_command
from ansible_collections.stackroll.nova.plugins.module_utils.host.config import ServiceConfig, escape
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.module import StackrollModule, option

DEFAULT_FILES = {"nova": ["/etc/nova/nova.conf"], "placement": ["/etc/placement/placement.conf"]}
# The connection of one cell reaches nova-manage through oslo.config's environment driver, never through argv.
SYNC = {
    "nova_api": ("nova-manage", ["api_db", "sync"], "OS_API_DATABASE__CONNECTION"),
    "nova_cell": ("nova-manage", ["db", "sync", "--local_cell"], "OS_DATABASE__CONNECTION"),
    "placement": ("placement-manage", ["db", "sync"], "OS_PLACEMENT_DATABASE__CONNECTION"),
}


def arrive(target: schema.Target, config_files: list[str], timeout: int) -> str | None:
    """Migrate one database with the manage command beside this interpreter; the revision that it has then."""
    program, words, variable = SYNC[target.kind]
    argv = [str(Path(sys.prefix, "bin", program)), *config_arguments(config_files), *words]
    outcome = run_command(argv, timeout, {variable: escape(target.connection)})
    if outcome.rc != 0:
        raise StackrollError(
            f"{program} {' '.join(words)} failed for database {target.name} with exit code {outcome.rc}.",
            f"Its last words: {outcome.last_error_line}",
        )
    return schema.current_revision(target)


def look(target: schema.Target) -> dict[str, Any]:
    """Where the database is and where the staged code wants it."""
    before = schema.current_revision(target)
    return {"name": target.name, "before": before, "after": before, "newest": schema.newest_revision(target, before)}


def run(module: StackrollModule) -> dict[str, Any]:
    """Look at every database, then sync what is behind and read it back."""
    require_pymysql()
    service = module.params["service"]
    files = module.params["config_files"] or DEFAULT_FILES[service]
    config = ServiceConfig(files)
    targets = schema.targets(service, config)
    databases = [look(target) for target in targets]
    for target, entry in zip(targets, databases):
        if entry["before"] != entry["newest"]:
            entry["after"] = entry["newest"] if module.check_mode else arrive(target, files, module.params["timeout"])
        if entry["after"] != entry["newest"]:
            raise StackrollError(
                f"Database {target.name} is at revision {entry['after']} after its sync; {entry['newest']} was expected."
            )
    return {
        "changed": any(entry["before"] != entry["after"] for entry in databases),
        "databases": databases,
        "diff": {when: {entry["name"]: entry[when] for entry in databases} for when in ("before", "after")},
    }


def main() -> None:
    """Run the module."""
    StackrollModule(
        argument_spec={
            "service": option("str", choices=["nova", "placement"], required=True),
            "config_files": option("list", elements="path"),
            "timeout": option("int", 1800),
        },
    ).run(run)


if __name__ == "__main__":
    main()
