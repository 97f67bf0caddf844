#!/usr/bin/python
# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: database_health
short_description: Show whether the database servers of Nova and Placement are well
version_added: 0.1.0
description:
  - Connects to every database of Nova (API, cell0, all cells) and Placement as the services do, and asks each server for its
    connections, whether it can be written, and, when it is a node of Galera, for the state of its cluster.
  - Behind a balancer one node answers for all; C(members) tells which others there are.
  - Can wait, with a bound, until nothing is wrong. This is meant as a gate before and after services are restarted.
extends_documentation_fragment:
  - stackroll.nova.attributes
  - stackroll.nova.attributes.info
  - stackroll.nova.databases
  - stackroll.nova.databases.timeout
options:
  wait:
    description: Wait until RV(problems) is empty, and fail with what is left when the time is up.
    type: bool
    default: false
  cluster_size:
    description: The least number of nodes that a cluster must have. A server that stands alone is a problem then, otherwise it is not.
    type: int
  flow_control_paused:
    description:
      - From which part of the time on, between 0 and 1, replication that stands still is a problem.
      - Galera reckons it from the start of the server, or from C(FLUSH STATUS).
    type: float
    default: 0.1
  connections_percent:
    description: From which part of C(max_connections) on connections in use are a problem.
    type: float
    default: 90
  timeout:
    description: How many seconds to wait at most.
    type: int
    default: 60
  interval:
    description: How many seconds to wait between two looks.
    type: float
    default: 2.0
seealso:
  - module: stackroll.nova.message_queue_info
author:
  - stackroll.nova contributors (@stackroll)
"""

EXAMPLES = r"""
- name: Are the databases well?
  stackroll.nova.database_health:
    config_files:
      nova: [/etc/nova/nova.conf]
      placement: [/etc/placement/placement.conf]
    wait: true
  vars:
    ansible_python_interpreter: /opt/nova/bin/python

- name: Is the cluster whole?
  stackroll.nova.database_health:
    config_files:
      nova: [/etc/nova/nova.conf]
    cluster_size: 3
    wait: true
    timeout: 300
  vars:
    ansible_python_interpreter: /opt/nova/bin/python
"""

RETURN = r"""
servers:
  description:
    - One entry per address. C(hostname) is the server's own name, C(galera) is null for one that stands alone, and everything but
      C(databases) is null for one that does not answer, which C(errors) tells.
  returned: always
  type: list
  elements: dict
  sample:
    - host: db
      port: 3306
      databases: [nova_api, cell0, cell1, placement]
      errors: []
      hostname: db1
      version: 10.11.6-MariaDB
      read_only: false
      uptime_seconds: 86400
      connections: 41
      max_connections: 4096
      galera:
        name: db1
        size: 3
        ready: true
        connected: true
        status: Primary
        state: Synced
        flow_control_paused: 0.0001
        members: ["192.0.2.1:3306", "192.0.2.2:3306", "192.0.2.3:3306"]
problems:
  description: What is wrong, in sentences.
  returned: always
  type: list
  elements: str
  sample: ["Galera node db1 at db:3306 is Donor/Desynced, not Synced."]
"""

from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.database.health import database_servers
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.database_health import Limits, problems
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.deadline import Deadline, look_until
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.inputs import Inputs, database_argument_spec
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.module import StackrollModule, option


def look(params: dict[str, Any], limits: Limits) -> dict[str, Any]:
    """One look, as the module's result. The cells are read each time: the API database may be what does not answer."""
    with Inputs({**params, "timeout": params["database_timeout"]}) as inputs:
        if not (inputs.has_nova or inputs.has_placement):
            raise InvalidInput("No database is given.", "Give config_files or databases.")
        urls, unread = inputs.database_urls()
    servers = database_servers(urls, params["database_timeout"])
    return {
        "servers": [server.to_dict() for server in servers],
        "problems": [*problems(servers, limits), *unread],
    }


def run(module: StackrollModule) -> dict[str, Any]:
    """Look, and again until nothing is wrong or the time is up."""
    params = module.params
    limits = Limits(params["cluster_size"], params["flow_control_paused"], params["connections_percent"])
    deadline = Deadline(params["timeout"], params["interval"])
    once = module.check_mode or not params["wait"]
    return look_until(
        lambda: look(params, limits), lambda result: _left(result, params["timeout"]), deadline, once=once
    )


def _left(result: dict[str, Any], timeout: int) -> str:
    return f"After {timeout} s: {' '.join(result['problems'])}" if result["problems"] else ""


def main() -> None:
    """Run the module."""
    StackrollModule(
        argument_spec={
            **database_argument_spec(),
            "wait": option("bool", False),
            "cluster_size": option("int"),
            "flow_control_paused": option("float", 0.1),
            "connections_percent": option("float", 90.0),
            "timeout": option("int", 60),
            "interval": option("float", 2.0),
            "database_timeout": option("int", 10),
        },
    ).run(run)


if __name__ == "__main__":
    main()
