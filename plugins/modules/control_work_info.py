#!/usr/bin/python
# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: control_work_info
short_description: Show what nova-conductor and nova-scheduler have in hand
version_added: 0.1.0
description:
  - A conductor or scheduler that is stopped with a task in hand loses it, and the server stays in that task for ever. This module tells
    which servers nova-conductor works on or is about to, from build requests, task states, migrations and the events of actions, in the
    API database and all cells. What nova-scheduler does, it does for a conductor that waits for it.
  - Builds, cold and live migrations, resizes, rebuilds, evacuations, unshelves, and confirmations and reverts of moves between
    cells are seen. Not seen are the precaching of images and the attachment of volumes, which leave no trace in a database, and the
    database calls that nova-compute makes through nova-conductor. M(stackroll.nova.message_queue_info) shows what waits in the queues.
  - Can wait, with a bound, until nothing is in hand.
  - With O(stuck_since) it finds, after the conductors were changed, the servers whose message was lost.
  - The database URLs are read from Nova's own configuration files on the host where the module runs, so that no secret leaves
    that host. Only C(SELECT) statements are sent, in read-only sessions.
extends_documentation_fragment:
  - stackroll.nova.attributes
  - stackroll.nova.attributes.info
options:
  config_files:
    description: Nova's configuration files with C([api_database] connection) and C([database] connection), in the order Nova reads them.
    type: list
    elements: path
    default: [/etc/nova/nova.conf]
  wait:
    description: Wait until RV(in_hand) is empty and every cell answers, and fail with what is left when the time is up.
    type: bool
    default: false
  stuck_after:
    description:
      - Tasks that have not gone on for more seconds than this are not waited for. They are listed in RV(stuck).
      - Nova gives the checks before a live migration C([DEFAULT] long_rpc_timeout), 1800 seconds by default; all other steps of a
        conductor take C([DEFAULT] rpc_response_timeout), 60 seconds by default, at most.
    type: float
    default: 600
  stuck_since:
    description:
      - Look only at tasks that were there at this moment and have not gone on since, in seconds since the epoch. Give the moment at
        which the last of the old conductors was stopped, and enough of O(timeout) for the new ones to read their queue.
      - O(stuck_after) is then reckoned from this moment, so that RV(in_hand) has what was lost, and RV(stuck) what was stuck before.
    type: float
  timeout:
    description: How many seconds to wait at most.
    type: int
    default: 60
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
  - module: stackroll.nova.message_queue_info
author:
  - stackroll.nova contributors (@stackroll)
"""

EXAMPLES = r"""
- name: Wait until no conductor would lose anything
  stackroll.nova.control_work_info:
    wait: true
    timeout: 20
  vars:
    ansible_python_interpreter: /opt/nova/bin/python

- name: Was anything lost when the conductors were stopped?
  stackroll.nova.control_work_info:
    stuck_since: "{{ conductors_stopped_at }}"
    wait: true
    timeout: 90
  vars:
    ansible_python_interpreter: /opt/nova/bin/python
"""

RETURN = r"""
in_hand:
  description:
    - What nova-conductor has in hand, the oldest first. C(operation) is a build, or an action in Nova's own words. C(conductor_host) is
      known once a conductor works on it; before that the message waits in the queue, or is lost. C(since) is when the server's record
      was last written, in seconds since the epoch, which Nova keeps in whole seconds.
    - C(remedy) is what an admin can decide to do if it is never finished.
  returned: always
  type: list
  elements: dict
  sample:
    - uuid: 2f6d1c0e-6b0b-4e8c-9f0e-0a4d5c0f7a11
      operation: migrate
      holder: conductor
      since: 1795300000.0
      what: nova-conductor on ctl1 works on it (conductor_migrate_server)
      cell: cell1
      host: cmp1
      vm_state: active
      task_state: resize_prep
      migration: null
      conductor_host: ctl1
      remedy: "Nothing was moved: the server is where it was. ..."
stuck:
  description: The same for tasks that have not gone on for longer than O(stuck_after).
  returned: always
  type: list
  elements: dict
  sample: []
at_computes:
  description: Servers in the same task states that nova-compute has; they lose nothing when a conductor stops.
  returned: always
  type: list
  elements: dict
  sample: []
unknown:
  description: Cells that did not answer, with the reason.
  returned: always
  type: list
  elements: dict
  sample: []
"""

import time
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.database.connection import require_pymysql
from ansible_collections.stackroll.nova.plugins.module_utils.database.control_work import build_requests, busy_servers
from ansible_collections.stackroll.nova.plugins.module_utils.database.nova import NovaDatabases
from ansible_collections.stackroll.nova.plugins.module_utils.host.config import ServiceConfig
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import count, some
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.control_work import sort, tasks_of
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.deadline import Deadline, look_until
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.module import StackrollModule, option


def look(params: dict[str, Any], api_url: str, base_url: str) -> dict[str, Any]:
    """One reading of all databases, as the module's result."""
    nova = NovaDatabases(api_url, base_url, params["database_timeout"])
    try:
        requests = build_requests(nova)
        cells = busy_servers(nova)
    finally:
        nova.close()
    servers = [server for found in cells.answers.values() for server in found]
    under_way = sort(tasks_of(requests, servers), time.time(), params["stuck_after"], params["stuck_since"])
    return {
        "in_hand": [task.to_dict() for task in under_way.in_hand],
        "stuck": [task.to_dict() for task in under_way.stuck],
        "at_computes": [task.to_dict() for task in under_way.at_computes],
        "unknown": [{"cell": name, "error": reason} for name, reason in cells.silent.items()],
    }


def run(module: StackrollModule) -> dict[str, Any]:
    """Look, and again until nothing is in hand or the time is up."""
    require_pymysql()
    params = module.params
    config = ServiceConfig(params["config_files"])
    urls = config.require("api_database", "connection"), config.get("database", "connection") or ""
    deadline = Deadline(params["timeout"], params["interval"])
    once = module.check_mode or not params["wait"]
    return look_until(lambda: look(params, *urls), lambda result: _left(result, params), deadline, once=once)


def _left(result: dict[str, Any], params: dict[str, Any]) -> str:
    sentences = []
    if result["in_hand"]:
        tasks = [f"{task['uuid']}: {task['operation']}, {task['what']}" for task in result["in_hand"]]
        end = "lost" if params["stuck_since"] is not None else "in the hands of nova-conductor"
        sentences.append(f"{count(len(tasks), 'task')} {end}: {some(tasks)}")
    sentences += [f"{entry['cell']} did not answer: {entry['error']}" for entry in result["unknown"]]
    return f"After {params['timeout']} s: {'; '.join(sentences)}" if sentences else ""


def main() -> None:
    """Run the module."""
    StackrollModule(
        argument_spec={
            "config_files": option("list", ["/etc/nova/nova.conf"], elements="path"),
            "wait": option("bool", False),
            "stuck_after": option("float", 600.0),
            "stuck_since": option("float"),
            "timeout": option("int", 60),
            "interval": option("float", 1.0),
            "database_timeout": option("int", 10),
        },
    ).run(run)


if __name__ == "__main__":
    main()
