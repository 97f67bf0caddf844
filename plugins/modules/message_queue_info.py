#!/usr/bin/python
# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: message_queue_info
short_description: Show whether Nova's message brokers answer and what waits in their queues
version_added: 0.1.0
description:
  - For the C(transport_url) of Nova's configuration and that of every cell, logs in to every node of RabbitMQ that the URL names, with
    TLS as C([oslo_messaging_rabbit]) asks for it, and tells what the node says of itself.
  - Tells of the named queues how many messages wait and how many consumers there are. Nothing is declared, consumed or changed.
  - Can wait, with a bound, until queues have so many consumers or messages. A service that was stopped is gone when its consumers are, and
    one that was started works when they are there.
  - Messages that were handed to a consumer and not confirmed, the nodes of the cluster, partitions and alarms are known to the
    management API alone. They are null unless O(management) is given.
  - The URLs are read from Nova's own files and database on the host where the module runs, so that no secret leaves that host.
extends_documentation_fragment:
  - stackroll.nova.attributes
  - stackroll.nova.attributes.info
options:
  config_files:
    description:
      - Nova's configuration files with C([DEFAULT] transport_url), C([oslo_messaging_rabbit]) and C([api_database] connection), in the
        order Nova reads them. Without C([api_database] connection) only the URL of the configuration is looked at.
    type: list
    elements: path
    default: [/etc/nova/nova.conf]
  transports:
    description:
      - Only these transports, V(api) for the one of the configuration, others by the name of their cell. Empty means all.
        Those that share one URL are looked at once.
    type: list
    elements: str
    default: []
  queues:
    description:
      - Queues to look at, such as V(conductor), V(scheduler), V(conductor.ctl1). Those of O(consumers), O(messages) and
        O(unacknowledged) are looked at in any case.
    type: list
    elements: str
    default: []
  consumers:
    description:
      - Wait until these queues have so many consumers, in every transport. The value is a number, or a dictionary with C(at_least) and
        C(at_most). A queue that is not there has none.
    type: dict
  messages:
    description: Wait until so many messages wait in these queues, in the same notation. Unacknowledged ones do not count.
    type: dict
  unacknowledged:
    description:
      - Wait until these queues have so many unacknowledged messages, in the same notation. Needs O(management), whose figures are
        up to five seconds old.
    type: dict
  healthy:
    description: Wait until RV(problems) is empty.
    type: bool
    default: false
  management:
    description: The management APIs of RabbitMQ, one for each cluster.
    type: list
    elements: dict
    default: []
    suboptions:
      transport:
        description: The transport whose cluster it is, as in O(transports).
        type: str
        default: api
      url:
        description: Such as V(http://mq1:15672).
        type: str
        required: true
      user:
        description: An account with the tag C(monitoring) and the right to see the virtual host.
        type: str
        required: true
      password:
        description: Its password.
        type: str
        required: true
      ca_file:
        description: The authority that has signed the API's certificate; by default those that the host trusts.
        type: path
      validate_certs:
        description: Whether the API's certificate is verified.
        type: bool
        default: true
  timeout:
    description: How many seconds to wait at most.
    type: int
    default: 60
  interval:
    description: How many seconds to wait between two looks.
    type: float
    default: 0.5
  broker_timeout:
    description: How many seconds each step of the network may take, with a broker as well as with the database.
    type: int
    default: 10
requirements:
  - amqp and PyMySQL (Nova's own interpreter has them)
seealso:
  - module: stackroll.nova.control_work_info
author:
  - stackroll.nova contributors (@stackroll)
"""

EXAMPLES = r"""
- name: Are all brokers there, and who works on the queues?
  stackroll.nova.message_queue_info:
    queues: [conductor, scheduler]
  vars:
    ansible_python_interpreter: /opt/nova/bin/python

- name: Wait until no conductor takes messages any more
  stackroll.nova.message_queue_info:
    consumers:
      conductor: 0
    timeout: 5
  vars:
    ansible_python_interpreter: /opt/nova/bin/python

- name: Wait until the new conductors work and nothing is left lying
  stackroll.nova.message_queue_info:
    consumers:
      conductor: {at_least: 2}
    messages:
      conductor: 0
    healthy: true
  vars:
    ansible_python_interpreter: /opt/nova/bin/python
"""

RETURN = r"""
transports:
  description:
    - One entry per transport. C(brokers) are the nodes that its URL names, with the reason where one cannot be used. C(queues) has
      C(messages), C(consumers) and C(unacknowledged) by queue, null for a queue that is not there, and is null when no node told.
      C(cluster) is null without O(management).
  returned: always
  type: list
  elements: dict
  sample:
    - names: [api, cell1]
      virtual_host: /
      brokers:
        - {host: mq1, port: 5672, product: RabbitMQ, version: 3.10.8, cluster_name: rabbit@mq1, error: null}
      queues:
        conductor: {messages: 0, consumers: 2, unacknowledged: null}
        scheduler.ctl9: null
      error: null
      cluster: null
      management_error: null
problems:
  description: What is wrong with the brokers, in sentences.
  returned: always
  type: list
  elements: str
  sample: ["api: The message broker mq2:5672 cannot be used: [Errno 111] Connection refused."]
pending:
  description: What is not as it was waited for. C(found) is null when nobody told.
  returned: always
  type: list
  elements: dict
  sample: [{transport: api, queue: conductor, waiting_for: 0 consumers, found: 1}]
"""

from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.api.queue_management import ManagementApi
from ansible_collections.stackroll.nova.plugins.module_utils.host.config import ServiceConfig
from ansible_collections.stackroll.nova.plugins.module_utils.message_queue.broker import require_amqp
from ansible_collections.stackroll.nova.plugins.module_utils.message_queue.expectation import (
    KINDS,
    Wanted,
    pending,
    problems,
    read_wanted,
    sentence,
)
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.deadline import Deadline, look_until
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.message_queues import MessageQueues
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.module import StackrollModule, option


def management(params: dict[str, Any]) -> dict[str, ManagementApi]:
    """The management APIs by transport."""
    return {
        item["transport"]: ManagementApi(
            item["url"],
            item["user"],
            item["password"],
            item["ca_file"],
            item["validate_certs"],
            params["broker_timeout"],
        )
        for item in params["management"]
    }


def wishes(params: dict[str, Any]) -> list[Wanted]:
    """What the options wait for."""
    found = [wanted for kind in KINDS for wanted in read_wanted(kind, params[kind])]
    if params["unacknowledged"] and not params["management"]:
        raise InvalidInput(
            "The option unacknowledged needs the management API, because AMQP does not tell.", "Give management."
        )
    return found


def look(queues: MessageQueues, names: list[str], wanted: list[Wanted]) -> dict[str, Any]:
    """One look, as the module's result."""
    states = queues.look(names)
    return {
        "transports": [state.to_dict() for state in states],
        "problems": problems(states),
        "pending": pending(states, wanted),
    }


def run(module: StackrollModule) -> dict[str, Any]:
    """Look until nothing is pending or the time is up."""
    require_amqp()
    params = module.params
    wanted = wishes(params)
    names = list(dict.fromkeys([*params["queues"], *(wish.queue for wish in wanted)]))
    config = ServiceConfig(params["config_files"])
    deadline = Deadline(params["timeout"], params["interval"])
    with MessageQueues(config, params["transports"], management(params), params["broker_timeout"]) as queues:
        module.hide(queues.secrets())
        return look_until(
            lambda: look(queues, names, wanted), lambda result: _left(result, params), deadline, once=module.check_mode
        )


def _left(result: dict[str, Any], params: dict[str, Any]) -> str:
    left = sentence(result["pending"]) + (result["problems"] if params["healthy"] else [])
    return f"Not there after {params['timeout']} s: {'; '.join(left)}" if left else ""


def main() -> None:
    """Run the module."""
    StackrollModule(
        argument_spec={
            "config_files": option("list", ["/etc/nova/nova.conf"], elements="path"),
            "transports": option("list", [], elements="str"),
            "queues": option("list", [], elements="str"),
            "consumers": option("dict"),
            "messages": option("dict"),
            "unacknowledged": option("dict"),
            "healthy": option("bool", False),
            "management": option(
                "list",
                [],
                elements="dict",
                options={
                    "transport": option("str", "api"),
                    "url": option("str", required=True),
                    "user": option("str", required=True),
                    "password": option("str", required=True, no_log=True),
                    "ca_file": option("path"),
                    "validate_certs": option("bool", True),
                },
            ),
            "timeout": option("int", 60),
            "interval": option("float", 0.5),
            "broker_timeout": option("int", 10),
        },
    ).run(run)


if __name__ == "__main__":
    main()
