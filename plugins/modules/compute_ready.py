#!/usr/bin/python
# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: compute_ready
short_description: Wait until compute hosts work again after a restart
version_added: 0.1.0
description:
  - Waits until every host has a nova-compute service that is up, with a heartbeat later than its restart, and a resource
    provider tree with an inventory of V(VCPU) or V(PCPU) and of V(MEMORY_MB).
  - Nova shows a service as up for some time after it has stopped, so the state alone proves nothing.
  - All hosts are looked at together, with two list requests each interval, however many they are.
author:
  - stackroll.nova contributors (@stackroll)
extends_documentation_fragment:
  - stackroll.nova.attributes
  - stackroll.nova.attributes.info
  - stackroll.nova.openstack
attributes:
  check_mode:
    details:
      - In check mode there is one look, no waiting, and no failure.
options:
  hosts:
    description:
      - The hosts to wait for.
    type: list
    elements: dict
    required: true
    suboptions:
      host:
        description:
          - Host name of the nova-compute service, as Nova knows it.
        type: str
        required: true
      restarted_at:
        description:
          - When the service was restarted, in seconds since the epoch, on a clock that agrees with the controllers'.
          - Without it, any heartbeat will do.
        type: float
  require_traits:
    description:
      - Traits that the root provider of every host must have, such as V(OWNER_NOVA), which computes report from 2026.2 on.
    type: list
    elements: str
    default: []
  timeout:
    description:
      - How many seconds to wait.
    type: float
    default: 120
  interval:
    description:
      - How many seconds to wait between two looks.
    type: float
    default: 2
seealso:
  - module: stackroll.nova.compute_service
"""

EXAMPLES = r"""
- name: Wait until the restarted hosts work
  stackroll.nova.compute_ready:
    cloud: production
    hosts:
      - host: cmp1
        restarted_at: 1795312800.5
      - host: cmp2
        restarted_at: 1795312801.2
    require_traits:
      - OWNER_NOVA
"""

RETURN = r"""
hosts:
  description: What was seen of each host, in the order they were named.
  returned: success, and when the time is up
  type: list
  elements: dict
  sample:
    - host: cmp1
      state: up
      updated_at: "2026-11-22T02:00:05.000000"
      provider_uuid: 7d2590ae-fb85-4080-9306-058b4c915e3f
      inventories:
        VCPU: 16
        MEMORY_MB: 65536
        DISK_GB: 1000
      ready: true
      seconds: 4.1
pending:
  description: The hosts that are not ready, and what each of them lacks. Empty on success outside check mode.
  returned: success, and when the time is up
  type: list
  elements: dict
  sample:
    - host: cmp2
      waiting_for:
        - a heartbeat after 2026-11-22T02:00:01 (the last is of 2026-11-22T01:59:58.000000)
api:
  description: How many requests were sent, and how many of them could change something.
  returned: once the cloud is connected
  type: dict
  sample:
    requests: 8
    writes: 0
"""

from typing import NoReturn

from ansible_collections.stackroll.nova.plugins.module_utils.moves.compute_ready import ComputeReady, Restart
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.cloud import cloud_argument_spec, open_cloud
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.module import Result, StackrollModule


def wait(module: StackrollModule) -> Result:
    """Wait for all hosts; in check mode only look."""
    params = module.params
    restarts = [Restart(item["host"], item["restarted_at"]) for item in params["hosts"]]
    ready = ComputeReady(open_cloud(module), restarts, params["require_traits"])
    if module.check_mode:
        return ready.wait(0, 0, fail=False)
    return ready.wait(params["timeout"], params["interval"])


def main() -> NoReturn:
    """Options in, what was seen out."""
    host_options = {"host": {"type": "str", "required": True}, "restarted_at": {"type": "float"}}
    module = StackrollModule(
        argument_spec=cloud_argument_spec(
            hosts={"type": "list", "elements": "dict", "required": True, "options": host_options},
            require_traits={"type": "list", "elements": "str", "default": []},
            timeout={"type": "float", "default": 120},
            interval={"type": "float", "default": 2},
        ),
    )
    module.run(wait)


if __name__ == "__main__":
    main()
