#!/usr/bin/python
# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: message_queue_exchange
short_description: Keep what is sent to all schedulers from failing while there is none
version_added: 0.1.0
description:
  - nova-compute tells all schedulers when a server has come or gone. These messages go to the exchange C(scheduler_fanout), which RabbitMQ
    removes with the last scheduler. While it is away the message is refused, and nova-compute takes that for a failure of what it was
    doing. A server that is being deleted loses its allocations and stays, in status ERROR; one that was just built loses them and runs on
    (seen with 33.0.2 on RabbitMQ 3.10).
  - Binds a queue to the exchange, in every transport that has it, so that it stays. The queue holds one message at most.
  - Call it before the last scheduler is stopped, and again with O(state=released) when the new ones read their queues.
  - Transport URLs are read from Nova's own configuration and its API database on the host where the module runs, so that no secret leaves it.
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
  state:
    description:
      - V(kept) binds the queue. Where there is no exchange, there is nothing to be kept.
      - V(released) removes the queue.
    type: str
    choices: [kept, released]
    required: true
  topic:
    description: Whose exchange.
    type: str
    default: scheduler
  expires:
    description: After how many seconds the queue goes by itself.
    type: int
    default: 3600
  config_files:
    description:
      - Nova's configuration files with C([DEFAULT] transport_url) and C([api_database] connection), in the order Nova reads them.
    type: list
    elements: path
    default: [/etc/nova/nova.conf]
  broker_timeout:
    description: How many seconds a broker or the database may take to answer.
    type: int
    default: 10
requirements:
  - amqp and PyMySQL (Nova's own interpreter has both)
seealso:
  - module: stackroll.nova.message_queue_info
author:
  - stackroll.nova contributors (@stackroll)
"""

EXAMPLES = r"""
- name: Let computes go on while there is no scheduler
  stackroll.nova.message_queue_exchange:
    state: kept
  vars:
    ansible_python_interpreter: /opt/nova/bin/python

- name: Clean up when the new schedulers read
  stackroll.nova.message_queue_exchange:
    state: released
  vars:
    ansible_python_interpreter: /opt/nova/bin/python
"""

RETURN = r"""
kept:
  description: The transports whose exchange is kept by a queue of ours.
  returned: success
  type: list
  elements: str
  sample: ["api, cell1"]
"""

from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.host.config import ServiceConfig
from ansible_collections.stackroll.nova.plugins.module_utils.message_queue.broker import BrokerSession, require_amqp
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.message_queues import MessageQueues
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.module import StackrollModule, option


def keep(broker: BrokerSession, params: dict[str, Any], is_dry: bool) -> tuple[bool, bool]:
    """Whether our queue was there before, and whether it is there now."""
    exchange = f"{params['topic']}_fanout"
    queue = f"{exchange}_stackroll"
    before = broker.depth(queue) is not None
    if params["state"] == "released":
        if before and not is_dry:
            broker.drop_queue(queue)
        return before, False
    if is_dry or before:
        return before, before or broker.has_exchange(exchange)
    after = broker.keep_exchange(exchange, queue, params["expires"])
    if after and broker.depth(queue) is None:
        raise StackrollError(
            f"The queue {queue} is not there after it was declared.", "Look at the policies of the message broker."
        )
    return before, after


def run(module: StackrollModule) -> dict[str, Any]:
    """Ask a node of each transport."""
    require_amqp()
    params = module.params
    with MessageQueues(ServiceConfig(params["config_files"]), [], {}, params["broker_timeout"]) as queues:
        module.hide(queues.secrets())
        found = queues.ask(lambda broker: keep(broker, params, module.check_mode))
    before = [names for names, (was, _is) in found if was]
    after = [names for names, (_was, is_now) in found if is_now]
    return {"changed": before != after, "kept": after, "diff": {"before": {"kept": before}, "after": {"kept": after}}}


def main() -> None:
    """Run the module."""
    StackrollModule(
        argument_spec={
            "state": option("str", choices=["kept", "released"], required=True),
            "topic": option("str", "scheduler"),
            "expires": option("int", 3600),
            "config_files": option("list", ["/etc/nova/nova.conf"], elements="path"),
            "broker_timeout": option("int", 10),
        },
    ).run(run)


if __name__ == "__main__":
    main()
