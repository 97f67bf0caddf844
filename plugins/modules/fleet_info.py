#!/usr/bin/python
# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: fleet_info
short_description: Take a snapshot of all compute hosts, servers and allocations of a cloud
version_added: 0.1.0
description:
  - Reads services, servers of all projects and in all states, unfinished migrations, server groups, host aggregates and
    resource providers, with their allocations, inventories and traits if O(include) says so.
  - The number of list requests does not depend on the number of hosts. What O(include) names costs one request for
    each resource provider, a few of them at a time.
  - The snapshot is the one input of checks, plans and proofs. Save it to compare with it later,
    see M(stackroll.nova.allocation_audit).
author:
  - stackroll.nova contributors (@stackroll)
extends_documentation_fragment:
  - stackroll.nova.attributes
  - stackroll.nova.attributes.info
  - stackroll.nova.openstack
options:
  include:
    description:
      - What to read from each resource provider.
    type: list
    elements: str
    choices:
      - allocations
      - inventories
      - traits
    default:
      - allocations
      - inventories
      - traits
  services:
    description:
      - The RV(stackroll.nova.service_info#module:services) of an earlier task, which tell the cells and versions of services. The APIs
        do not.
    type: list
    elements: dict
    default: []
notes:
  - What does not answer, such as a cell whose database is down, is listed in RV(fleet.unknown) and is missing elsewhere.
    Never take a fleet with unknown parts for the whole cloud.
seealso:
  - module: stackroll.nova.allocation_audit
"""

EXAMPLES = r"""
- name: Take a snapshot
  stackroll.nova.fleet_info:
    cloud: production
  register: snapshot

- name: Stop when a part of the cloud does not answer
  ansible.builtin.assert:
    that: snapshot.fleet.unknown | length == 0
    fail_msg: "{{ snapshot.fleet.unknown | map(attribute='what') | join(', ') }} did not answer."

- name: Read the lists only
  stackroll.nova.fleet_info:
    cloud: production
    include: []
"""

RETURN = r"""
fleet:
  description: The snapshot; a stable JSON document.
  returned: success
  type: dict
  contains:
    schema:
      description: Name and version of this layout.
      returned: success
      type: str
      sample: stackroll.nova/fleet/1
    taken_at:
      description: When reading began, UTC.
      returned: success
      type: str
      sample: "2026-11-22T02:00:00.000000Z"
    services:
      description:
        - The Nova services of all cells. The status of one is V(UNKNOWN) when its cell does not answer. The APIs tell neither cell nor
          version, which are V(null) then.
      returned: success
      type: list
      elements: dict
      sample:
        - id: 3f1c9e0e-7c3f-4a64-8d5c-0d8f8a8a9d10
          binary: nova-compute
          host: cmp1
          zone: az1
          status: enabled
          state: up
          forced_down: false
          disabled_reason: null
          updated_at: "2026-11-22T01:59:58.000000"
          cell: null
          version: null
    servers:
      description: All servers of all projects, soft-deleted ones included.
      returned: success
      type: list
      elements: dict
      sample:
        - id: 0c37a9a2-6ac6-4b22-a17d-4f0c7c2a4f3b
          name: db-7
          project_id: 5b1c2d0e8a9a4c0f9d2f6f5c3d8f7a10
          status: ACTIVE
          vm_state: active
          task_state: null
          power_state: running
          host: cmp1
          node: cmp1
          zone: az1
          locked: false
          image_id: 6f0f3f57-7f6f-4a8c-8f9b-1a2b3c4d5e6f
          created: "2026-11-22T01:50:00Z"
          flavor:
            name: m1.small
            vcpus: 1
            ram_mib: 2048
            disk_gib: 20
            ephemeral_gib: 0
            swap_mib: 0
            extra_specs: {}
    migrations:
      description:
        - Migrations Nova is not through with, among them those that wait for a confirmation (status V(finished)), and
          evacuations whose source host is not back yet (status V(done)).
      returned: success
      type: list
      elements: dict
      sample:
        - uuid: 8a3f7e6c-3f34-4b7e-9a4d-9f0b7e2d1c11
          server_id: 0c37a9a2-6ac6-4b22-a17d-4f0c7c2a4f3b
          type: resize
          status: finished
          source_host: cmp1
          dest_host: cmp2
          source_node: cmp1
          dest_node: cmp2
    server_groups:
      description: The server groups of all projects.
      returned: success
      type: list
      elements: dict
      sample:
        - id: 5bbcc3c4-1da2-4437-a48a-66f15b1b13f9
          name: web
          policy: anti-affinity
          members:
            - 0c37a9a2-6ac6-4b22-a17d-4f0c7c2a4f3b
    aggregates:
      description: The host aggregates. One with a zone is an availability zone.
      returned: success
      type: list
      elements: dict
      sample:
        - id: 1
          name: az1
          zone: az1
          hosts:
            - cmp1
            - cmp2
          metadata:
            availability_zone: az1
    providers:
      description: All resource providers.
      returned: success
      type: list
      elements: dict
      sample:
        - uuid: 7d2590ae-fb85-4080-9306-058b4c915e3f
          name: cmp1
          generation: 12
          parent_uuid: null
          root_uuid: 7d2590ae-fb85-4080-9306-058b4c915e3f
    allocations:
      description: What each consumer holds on each provider; empty unless O(include) has V(allocations).
      returned: success
      type: list
      elements: dict
      sample:
        - consumer_id: 0c37a9a2-6ac6-4b22-a17d-4f0c7c2a4f3b
          provider_uuid: 7d2590ae-fb85-4080-9306-058b4c915e3f
          resources:
            VCPU: 1
            MEMORY_MB: 2048
            DISK_GB: 20
    inventories:
      description: The inventories by provider UUID and resource class; empty unless O(include) has V(inventories).
      returned: success
      type: dict
      sample:
        7d2590ae-fb85-4080-9306-058b4c915e3f:
          VCPU:
            total: 16
            reserved: 0
            min_unit: 1
            max_unit: 16
            step_size: 1
            allocation_ratio: 4.0
    traits:
      description: The traits by provider UUID; empty unless O(include) has V(traits).
      returned: success
      type: dict
      sample:
        7d2590ae-fb85-4080-9306-058b4c915e3f:
          - COMPUTE_NODE
    nodes:
      description:
        - The compute nodes. V(null) as long as every compute service has a resource provider of its name and the other way
          round, and when O(include) lacks V(inventories).
      returned: success
      type: list
      elements: dict
      sample: null
    unknown:
      description: What did not answer and is therefore missing.
      returned: success
      type: list
      elements: dict
      sample:
        - what: nova-compute on cmp9
          error: its cell does not answer
api:
  description: How many requests were sent, and how many of them could change something.
  returned: once the cloud is connected
  type: dict
  sample:
    requests: 24
    writes: 0
"""

from typing import NoReturn

from ansible_collections.stackroll.nova.plugins.module_utils.api.observe import INCLUDABLE, read_fleet
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.cloud import cloud_argument_spec, open_cloud
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.module import Result, StackrollModule


def take_snapshot(module: StackrollModule) -> Result:
    """Read the fleet."""
    fleet = read_fleet(open_cloud(module), module.params["include"])
    return {"fleet": fleet.with_records(module.params["services"]).to_dict()}


def main() -> NoReturn:
    """Options in, snapshot out."""
    module = StackrollModule(
        argument_spec=cloud_argument_spec(
            include={"type": "list", "elements": "str", "choices": list(INCLUDABLE), "default": list(INCLUDABLE)},
            services={"type": "list", "elements": "dict", "default": []},
        ),
    )
    module.run(take_snapshot)


if __name__ == "__main__":
    main()
