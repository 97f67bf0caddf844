#!/usr/bin/python
# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: service_info
short_description: Read Nova's service records with their versions from every cell
version_added: 0.1.0
description:
  - Reads the C(services) table of every cell, which shows what the Compute API does not show, the service version that each
    process reported when it started.
  - The database URLs are read from Nova's own configuration files on the host where the module runs, so that no secret leaves
    that host. Only C(SELECT) statements are sent, in read-only sessions.
  - Can wait, with a bound, until the selected services have reached a version or have sent a heartbeat after a given moment.
extends_documentation_fragment:
  - stackroll.nova.attributes
  - stackroll.nova.attributes.info
options:
  config_files:
    description: Nova's configuration files with C([api_database] connection) and C([database] connection), in the order Nova reads them.
    type: list
    elements: path
    default: [/etc/nova/nova.conf]
  binaries:
    description: Only services of these binaries. Empty means all.
    type: list
    elements: str
    default: []
  hosts:
    description: Only services on these hosts, by Nova's host name. Empty means all. A named host without a record is never ready.
    type: list
    elements: str
    default: []
  version:
    description: Wait until every selected service reports at least this service version.
    type: int
  seen_after:
    description: Wait until every selected service has sent a heartbeat after this moment, in seconds since the epoch.
    type: float
  timeout:
    description: How many seconds to wait at most.
    type: int
    default: 120
  interval:
    description: How many seconds to wait between two looks.
    type: float
    default: 1.0
  database_timeout:
    description: How many seconds one database may take to answer before its cell counts as unknown.
    type: int
    default: 10
requirements:
  - PyMySQL (Nova's own interpreter has it)
seealso:
  - module: stackroll.nova.compute_ready
author:
  - stackroll.nova contributors (@stackroll)
"""

EXAMPLES = r"""
- name: Read the versions that the computes report
  stackroll.nova.service_info:
    binaries: [nova-compute]
  delegate_to: ctl1
  vars:
    ansible_python_interpreter: /opt/nova/bin/python
  register: computes

- name: Wait until cmp1 reports the service version of 2026.2
  stackroll.nova.service_info:
    binaries: [nova-compute]
    hosts: [cmp1]
    version: 74
    timeout: 60
  delegate_to: ctl1
  vars:
    ansible_python_interpreter: /opt/nova/bin/python
"""

RETURN = r"""
services:
  description: The selected service records of all cells that answered.
  returned: always
  type: list
  elements: dict
  sample:
    - {cell: cell1, binary: nova-compute, host: cmp1, version: 74, disabled: false, disabled_reason: null, forced_down: false, seen_at: 1795300000.0}
minimum_versions:
  description: The lowest version per binary, over all cells and not counting services that are forced down. It is what holds the RPC version pin.
  returned: always
  type: dict
  sample: {nova-compute: 74, nova-conductor: 74}
unknown:
  description: Cells that did not answer, with the reason.
  returned: always
  type: list
  elements: dict
  sample: []
pending:
  description: Services that are not yet what was waited for, with the reasons.
  returned: always
  type: list
  elements: dict
  sample: [{host: cmp2, binary: nova-compute, waiting_for: ["service version 74 (it reports 72)"]}]
"""

from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.database.cells import list_cells
from ansible_collections.stackroll.nova.plugins.module_utils.database.connection import require_pymysql
from ansible_collections.stackroll.nova.plugins.module_utils.database.services import read_services
from ansible_collections.stackroll.nova.plugins.module_utils.host.config import ServiceConfig
from ansible_collections.stackroll.nova.plugins.module_utils.model.database_rows import ServiceRecord
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.service_records import Expectation, pending
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.deadline import Deadline, look_until
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.module import StackrollModule, option


def look(params: dict[str, Any], expected: Expectation) -> dict[str, Any]:
    """One reading of all cells, as the module's result."""
    config = ServiceConfig(params["config_files"])
    cells = list_cells(
        config.require("api_database", "connection"),
        config.require("database", "connection"),
        params["database_timeout"],
    )
    records, unknown = read_services(cells, params["database_timeout"])
    selected = [
        record
        for record in records
        if (not params["binaries"] or record.binary in params["binaries"])
        and (not params["hosts"] or record.host in params["hosts"])
    ]
    return {
        "services": [record.to_dict() for record in selected],
        "minimum_versions": minimum_versions(selected),
        "unknown": unknown,
        "pending": [] if expected.is_empty else pending(selected, expected),
    }


def minimum_versions(records: list[ServiceRecord]) -> dict[str, int]:
    """The lowest version per binary; what is forced down does not count, as in Nova's own reckoning."""
    result: dict[str, int] = {}
    for record in records:
        if not record.forced_down:
            result[record.binary] = min(record.version, result.get(record.binary, record.version))
    return result


def run(module: StackrollModule) -> dict[str, Any]:
    """Look until nothing is pending or the time is up."""
    require_pymysql()
    params = module.params
    expected = Expectation(tuple(params["hosts"]), params["version"], params["seen_after"])
    deadline = Deadline(params["timeout"], params["interval"])
    once = module.check_mode or expected.is_empty
    return look_until(
        lambda: look(params, expected), lambda result: _left(result, params["timeout"]), deadline, once=once
    )


def _left(result: dict[str, Any], timeout: int) -> str:
    waits = [f"{entry['host']}: {' and '.join(entry['waiting_for'])}" for entry in result["pending"]]
    waits += [f"{entry['cell']} did not answer: {entry['error']}" for entry in result["unknown"]]
    return f"Not there after {timeout} s: {'; '.join(waits)}." if waits else ""


def main() -> None:
    """Run the module."""
    StackrollModule(
        argument_spec={
            "config_files": option("list", ["/etc/nova/nova.conf"], elements="path"),
            "binaries": option("list", [], elements="str"),
            "hosts": option("list", [], elements="str"),
            "version": option("int"),
            "seen_after": option("float"),
            "timeout": option("int", 120),
            "interval": option("float", 1.0),
            "database_timeout": option("int", 10),
        },
    ).run(run)


if __name__ == "__main__":
    main()
