#!/usr/bin/python
# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: allocation_audit
short_description: Prove that allocations add up and that no server was lost or changed
version_added: 0.1.0
description:
  - Proves over Placement that every server's allocations exist exactly once, on the host that Nova says, and are what its
    flavor asks for.
  - With O(baseline), compares all servers with an earlier snapshot, and does not blame this run for what was wrong then.
  - Servers that are being built, moved or deleted at this moment are listed in RV(accounting.in_flux) and not judged.
  - When something seems wrong the module looks again until O(timeout), and only what every look has shown counts.
author:
  - stackroll.nova contributors (@stackroll)
extends_documentation_fragment:
  - stackroll.nova.attributes
  - stackroll.nova.attributes.info
  - stackroll.nova.openstack
options:
  baseline:
    description:
      - A snapshot to compare with, the value RV(stackroll.nova.fleet_info#module:fleet) of an earlier
        M(stackroll.nova.fleet_info).
    type: dict
  fleet:
    description:
      - Judge this snapshot instead of reading the cloud. No request is sent and there is no second look.
    type: dict
  fail_on:
    description:
      - What makes the module fail. An empty list makes it only report.
    type: list
    elements: str
    choices:
      - orphaned
      - doubled
      - missing
      - lost
      - changed
    default:
      - orphaned
      - doubled
      - missing
      - lost
      - changed
  timeout:
    description:
      - How many seconds to look again while something seems wrong.
    type: float
    default: 10
  interval:
    description:
      - How many seconds to wait between two looks.
    type: float
    default: 2
notes:
  - Orphaned means that a consumer holds a place on a host without being a server that needs one or an unfinished
    migration. Doubled means that more is held than the flavor asks for, or on two hosts, and neither an unfinished
    migration nor an evacuation whose source is still down explains it. Missing means that less is held, or elsewhere.
  - Resource classes that a flavor does not name, such as those of ports and devices, are not judged.
seealso:
  - module: stackroll.nova.fleet_info
"""

EXAMPLES = r"""
- name: Take a snapshot before the upgrade
  stackroll.nova.fleet_info:
    cloud: production
  register: before

- name: Report what is wrong already
  stackroll.nova.allocation_audit:
    fleet: "{{ before.fleet }}"
    fail_on: []

- name: Prove that the upgrade has lost and changed nothing
  stackroll.nova.allocation_audit:
    cloud: production
    baseline: "{{ before.fleet }}"
"""

RETURN = r"""
taken_at:
  description: When the snapshot that was judged last was taken, UTC.
  returned: unless the cloud could not be read as a whole
  type: str
  sample: "2026-11-22T02:00:00.000000Z"
accounting:
  description: What does not add up in Placement.
  returned: unless the cloud could not be read as a whole
  type: dict
  contains:
    consumers:
      description: How many consumers hold something on a host.
      type: int
      returned: success
      sample: 31
    orphaned:
      description: Consumers that hold a place they have no right to.
      type: list
      elements: str
      returned: success
      sample: []
    doubled:
      description: Consumers that hold more than they should, or on more than one host.
      type: list
      elements: str
      returned: success
      sample: []
    missing:
      description: Consumers that hold less than they should, or elsewhere.
      type: list
      elements: str
      returned: success
      sample:
        - 0c37a9a2-6ac6-4b22-a17d-4f0c7c2a4f3b
    details:
      description: One entry for each finding, with the reason and all that the consumer holds.
      type: list
      elements: dict
      returned: success
      sample:
        - kind: missing
          consumer_id: 0c37a9a2-6ac6-4b22-a17d-4f0c7c2a4f3b
          reason: it has no allocations
          server_id: 0c37a9a2-6ac6-4b22-a17d-4f0c7c2a4f3b
          name: db-7
          host: cmp1
          allocations: []
    preexisting:
      description: What was wrong in O(baseline) already; lists by kind, as above.
      type: dict
      returned: success
      sample:
        orphaned: []
        doubled: []
        missing: []
    in_flux:
      description: Servers that were not judged because they are being built, moved or deleted.
      type: list
      elements: str
      returned: success
      sample: []
servers:
  description: The comparison with the baseline.
  returned: when O(baseline) is given, unless the cloud could not be read as a whole
  type: dict
  contains:
    total:
      description: The number of servers in the baseline. Each is unchanged, moved, changed, lost or deleted.
      type: int
      returned: success
      sample: 31
    unchanged:
      description: How many are as they were.
      type: int
      returned: success
      sample: 30
    moved:
      description: How many are as they were, on another host.
      type: int
      returned: success
      sample: 0
    deleted:
      description: How many were being deleted in the baseline already and are gone.
      type: int
      returned: success
      sample: 0
    new:
      description: How many servers were not in the baseline.
      type: int
      returned: success
      sample: 2
    lost:
      description: Servers that are gone.
      type: list
      elements: dict
      returned: success
      sample:
        - id: 0c37a9a2-6ac6-4b22-a17d-4f0c7c2a4f3b
          name: db-7
          project_id: 5b1c2d0e8a9a4c0f9d2f6f5c3d8f7a10
          host: cmp1
          status: ACTIVE
    changed:
      description: What is different, one entry for each server and field.
      type: list
      elements: dict
      returned: success
      sample:
        - id: 5f0c2f7e-2f0f-4b8f-9d53-1d1f3a6c7e21
          name: web-1
          field: vm_state
          before: active
          after: error
    moves:
      description: Which servers are on another host.
      type: list
      elements: dict
      returned: success
      sample: []
looks:
  description: How many times the cloud was read.
  returned: when the cloud was read
  type: int
  sample: 1
api:
  description: How many requests were sent, and how many of them could change something.
  returned: when the cloud was read
  type: dict
  sample:
    requests: 24
    writes: 0
"""

from typing import NoReturn

from ansible_collections.stackroll.nova.plugins.module_utils.api.observe import read_fleet
from ansible_collections.stackroll.nova.plugins.module_utils.moves.proof import FAIL_ON, Proof, load_fleet, raise_on
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.cloud import cloud_argument_spec, open_cloud
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.deadline import Deadline
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.module import Result, StackrollModule


def prove(module: StackrollModule) -> Result:
    """Judge the given fleet, or the cloud."""
    params = module.params
    proof = Proof(load_fleet(params["baseline"], "baseline"))
    fleet = load_fleet(params["fleet"], "fleet")
    if fleet is not None:
        result = proof.look(fleet)
    else:
        cloud = open_cloud(module)
        result = proof.watch(lambda: read_fleet(cloud), Deadline(params["timeout"], params["interval"]))
    raise_on(result, params["fail_on"])
    return result


def main() -> NoReturn:
    """Options in, proof out."""
    module = StackrollModule(
        argument_spec=cloud_argument_spec(
            baseline={"type": "dict"},
            fleet={"type": "dict"},
            fail_on={"type": "list", "elements": "str", "choices": list(FAIL_ON), "default": list(FAIL_ON)},
            timeout={"type": "float", "default": 10},
            interval={"type": "float", "default": 2},
        ),
    )
    module.run(prove)


if __name__ == "__main__":
    main()
