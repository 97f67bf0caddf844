#!/usr/bin/python
# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: online_data_migrations
short_description: Run the online data migrations of Nova or Placement to their end, in every cell
version_added: 0.1.0
description:
  - Runs C(online_data_migrations) in batches for every database of the service until the command says that nothing is left
    (exit code 0). Exit code 1 means that a batch did some work and more may be left; 2 means errors without progress.
  - Nova's command works on one cell at a time; this module visits all of them, cell0 included.
  - Rows that are found but not completed are not an error, for example servers that never had a host.
  - Must run with the interpreter of the target release's code, on a host that has the service's configuration files.
extends_documentation_fragment:
  - stackroll.nova.attributes
attributes:
  check_mode:
    support: partial
    details: The commands have no read-only mode, so that a check run leaves them out and reports no change.
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  service:
    description: Whose migrations.
    type: str
    choices: [nova, placement]
    required: true
  config_files:
    description: The service's configuration files. The default depends on O(service).
    type: list
    elements: path
  max_count:
    description: How many rows one batch may touch.
    type: int
    default: 1000
  timeout:
    description: How many seconds all batches of one database may take together.
    type: int
    default: 3600
author:
  - stackroll.nova contributors (@stackroll)
"""

EXAMPLES = r"""
- name: Finish the data migrations of all cells
  stackroll.nova.online_data_migrations:
    service: nova
  vars:
    ansible_python_interpreter: /opt/openstack/2026.2/bin/python
"""

RETURN = r"""
databases:
  description: Every database with the number of batches that were run and the migrations that found rows.
  returned: success
  type: list
  elements: dict
  sample:
    - {name: cell1, batches: 1, migrations: [{name: populate_instance_compute_id, found: 5, completed: 0}]}
"""

import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.database import schema
from ansible_collections.stackroll.nova.plugins.module_utils.database.connection import require_pymysql
from ansible_collections.stackroll.nova.plugins.module_utils.host.command import config_arguments, run_command
from ansible_collections.stackroll.nova.plugins.module_utils.host.config import ServiceConfig, escape
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError, WaitTimeout
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.command_tables import (
    DataMigration,
    parse_data_migrations,
)
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.module import StackrollModule, option

DEFAULT_FILES = {"nova": ["/etc/nova/nova.conf"], "placement": ["/etc/placement/placement.conf"]}
PROGRAM = {
    "nova": ("nova-manage", "OS_DATABASE__CONNECTION"),
    "placement": ("placement-manage", "OS_PLACEMENT_DATABASE__CONNECTION"),
}


def migrate(service: str, target: schema.Target, params: dict[str, Any], files: list[str]) -> dict[str, Any]:
    """Run batches on one database until its command says that it is done."""
    program, variable = PROGRAM[service]
    words = ["db", "online_data_migrations", "--max-count", str(params["max_count"])]
    argv = [str(Path(sys.prefix, "bin", program)), *config_arguments(files), *words]
    end = time.monotonic() + params["timeout"]
    batches = 0
    rows: list[DataMigration] = []
    while True:
        left = end - time.monotonic()
        if left <= 0:
            raise WaitTimeout(
                f"The data migrations of {target.name} were not done after {params['timeout']} s and {batches} batches."
            )
        outcome = run_command(argv, left, {variable: escape(target.connection)})
        batches += 1
        rows += parse_data_migrations(outcome.stdout)
        if outcome.rc == 0:
            return {"name": target.name, "batches": batches, "migrations": totals(rows)}
        if outcome.rc != 1:
            raise StackrollError(
                f"{program} {' '.join(words)} ended with exit code {outcome.rc} on {target.name}.",
                f"Its last words: {outcome.last_error_line}",
            )


def totals(rows: list[DataMigration]) -> list[dict[str, Any]]:
    """Rows of all batches added up by name; those that found nothing are left out."""
    sums: dict[str, DataMigration] = {}
    for row in rows:
        before = sums.get(row.name, DataMigration(row.name, 0, 0))
        sums[row.name] = DataMigration(row.name, max(before.found, row.found), before.completed + row.completed)
    return [asdict(row) for row in sums.values() if row.found or row.completed]


def run(module: StackrollModule) -> dict[str, Any]:
    """Migrate every database of the service."""
    if module.check_mode:
        return {"changed": False, "databases": []}
    require_pymysql()
    service = module.params["service"]
    files = module.params["config_files"] or DEFAULT_FILES[service]
    config = ServiceConfig(files)
    targets = schema.targets(service, config)
    databases = [migrate(service, target, module.params, files) for target in targets if target.kind != "nova_api"]
    changed = any(row["completed"] for entry in databases for row in entry["migrations"])
    return {"changed": changed, "databases": databases}


def main() -> None:
    """Run the module."""
    StackrollModule(
        argument_spec={
            "service": option("str", choices=["nova", "placement"], required=True),
            "config_files": option("list", elements="path"),
            "max_count": option("int", 1000),
            "timeout": option("int", 3600),
        },
    ).run(run)


if __name__ == "__main__":
    main()
