#!/usr/bin/python
# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: service_version
short_description: Put the versions of Nova's control services back in their records
version_added: 0.1.0
description:
  - For taking Nova's control services back to an older release. An API, conductor or scheduler refuses to start while every record of its
    kind is newer than itself, its own from before included. Nova has no command that lowers the version in a record.
  - Lowers the version of records that are newer than O(version), in every cell, and reads all of them back. Nothing else is changed, and
    no record is ever raised; a service writes its own version when it starts.
  - Stop the services first. It makes no difference to one that runs.
  - Records of nova-compute are never touched. They decide which RPC version is spoken to a host.
  - The database URLs are read from Nova's own configuration files on the host where the module runs, so that no secret leaves that host.
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
  version:
    description: The service version of the older release, 72 for 2026.1.
    type: int
    required: true
  hosts:
    description: Nova's names of the hosts whose records are put back.
    type: list
    elements: str
    required: true
  binaries:
    description: The services whose records are put back.
    type: list
    elements: str
    choices: [nova-osapi_compute, nova-conductor, nova-scheduler]
    default: [nova-osapi_compute, nova-conductor, nova-scheduler]
  config_files:
    description: Nova's configuration files with C([api_database] connection) and C([database] connection), in the order Nova reads them.
    type: list
    elements: path
    default: [/etc/nova/nova.conf]
  database_timeout:
    description: How many seconds one database may take to answer.
    type: int
    default: 10
requirements:
  - PyMySQL (Nova's own interpreter has it)
seealso:
  - module: stackroll.nova.service_info
  - module: stackroll.nova.stored_objects_info
author:
  - stackroll.nova contributors (@stackroll)
"""

EXAMPLES = r"""
- name: Let the control services of 2026.1 start again
  stackroll.nova.service_version:
    version: 72
    hosts: [ctl1, ctl2]
  vars:
    ansible_python_interpreter: /opt/nova/bin/python
"""

RETURN = r"""
services:
  description: The records that were newer, with their version before and after.
  returned: always
  type: list
  elements: dict
  sample:
    - {cell: cell1, binary: nova-conductor, host: ctl1, before: 74, after: 72}
"""

from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.database.cells import Cell, list_cells
from ansible_collections.stackroll.nova.plugins.module_utils.database.connection import require_pymysql
from ansible_collections.stackroll.nova.plugins.module_utils.database.service_versions import set_back
from ansible_collections.stackroll.nova.plugins.module_utils.database.services import read_services
from ansible_collections.stackroll.nova.plugins.module_utils.host.config import ServiceConfig
from ansible_collections.stackroll.nova.plugins.module_utils.model.database_rows import ServiceRecord
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import some
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.module import StackrollModule, option

CONTROL = ["nova-osapi_compute", "nova-conductor", "nova-scheduler"]


def newer(cells: list[Cell], params: dict[str, Any]) -> list[ServiceRecord]:
    """The records that are newer than wanted. Raises StackrollError when a cell does not answer."""
    records, unknown = read_services(cells, params["database_timeout"])
    if unknown:
        silent = some(f"{cell['cell']}: {cell['error']}" for cell in unknown)
        raise StackrollError(
            f"Not all cells answer: {silent}", "Mend the cell's database, or its mapping. Nothing was changed since."
        )
    return [
        record
        for record in records
        if record.binary in params["binaries"] and record.host in params["hosts"] and record.version > params["version"]
    ]


def run(module: StackrollModule) -> dict[str, Any]:
    """Lower what is newer, cell by cell, and read it back."""
    require_pymysql()
    params = module.params
    config = ServiceConfig(params["config_files"])
    urls = config.require("api_database", "connection"), config.require("database", "connection")
    cells = list_cells(*urls, params["database_timeout"])
    before = newer(cells, params)
    names = [f"{record.cell}: {record.binary} on {record.host}" for record in before]
    outcome = {
        "changed": bool(before),
        "services": [_told(record, params["version"]) for record in before],
        "diff": {
            "before": {name: record.version for name, record in zip(names, before)},
            "after": dict.fromkeys(names, params["version"]),
        },
    }
    if before and not module.check_mode:
        for cell in cells:
            if any(record.cell == cell.name for record in before):
                set_back(cell, params["binaries"], params["hosts"], params["version"], params["database_timeout"])
        left = newer(cells, params)
        if left:
            raise StackrollError(
                f"After the change these records are still newer than {params['version']}:"
                f" {some(f'{record.binary} on {record.host} ({record.version})' for record in left)}.",
                "Stop the services that run there; a newer one writes its version when it starts.",
            )
    return outcome


def _told(record: ServiceRecord, version: int) -> dict[str, Any]:
    return {
        "cell": record.cell,
        "binary": record.binary,
        "host": record.host,
        "before": record.version,
        "after": version,
    }


def main() -> None:
    """Run the module."""
    StackrollModule(
        argument_spec={
            "version": option("int", required=True),
            "hosts": option("list", elements="str", required=True),
            "binaries": option("list", CONTROL, elements="str", choices=CONTROL),
            "config_files": option("list", ["/etc/nova/nova.conf"], elements="path"),
            "database_timeout": option("int", 10),
        },
    ).run(run)


if __name__ == "__main__":
    main()
