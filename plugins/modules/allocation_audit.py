#!/usr/bin/python
# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: allocation_audit
short_description: Prove that allocations add up and that no server was lost or changed, and repair what does not
version_added: 0.1.0
description:
  - Proves over Placement that every server's allocations exist exactly once, on the host that Nova says, and are what its
    flavor asks for.
  - With O(baseline), compares all servers with an earlier snapshot, and does not blame this run for what was wrong then.
    So one snapshot before and one audit after tell what has become of every server and every allocation in between.
    Servers that clients build and delete meanwhile are neither changed nor lost.
    With O(fleet) as well, two snapshots are compared without a request.
  - Servers that are being built, moved or deleted at this moment are listed in RV(accounting.in_flux) and not judged.
  - When something seems wrong the module looks again until O(timeout), and only what every look has shown counts.
  - With O(repair), writes the allocations of the consumers that have the findings named there, and of no others. Without
    it the module changes nothing.
author:
  - stackroll.nova contributors (@stackroll)
extends_documentation_fragment:
  - stackroll.nova.attributes
  - stackroll.nova.openstack
attributes:
  check_mode:
    support: full
    details:
      - With O(repair), the repairs are shown, and the module fails only with what they would leave.
  diff_mode:
    support: full
    details:
      - All that each repaired consumer holds, by resource provider, before and after.
  idempotent:
    support: partial
    details:
      - An entry of O(repair) with a C(consumer_id) is refused once there is nothing to repair. Entries that name only a
        C(kind) can be run again and again.
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
      - providers
      - lost
      - changed
    default:
      - orphaned
      - doubled
      - missing
      - providers
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
  repair:
    description:
      - Which findings to repair. Each entry names the findings of one kind, of one consumer, or of one kind of one consumer.
      - Only findings that every look has shown are repaired, so O(timeout) must not be V(0). What O(baseline) knows already
        can be repaired as well.
      - A consumer that is named and has no finding is refused before anything is written.
      - Cannot be used together with O(fleet).
    type: list
    elements: dict
    default: []
    suboptions:
      consumer_id:
        description:
          - The UUID of a server or a migration, as RV(accounting.details) lists it.
        type: str
      kind:
        description:
          - What is wrong.
        type: str
        choices:
          - orphaned
          - doubled
          - missing
notes:
  - Orphaned means that a consumer holds a place on a host without being a server that needs one or an unfinished
    migration. Doubled means that more is held than the flavor asks for, or on two hosts, and neither an unfinished
    migration nor an evacuation whose source is still down explains it. Missing means that less is held, or elsewhere.
  - An orphan that a migration has left behind says so in its reason, if the migration is among the newest 5000.
  - Resource classes that a flavor does not name, such as those of ports and devices, are not judged.
  - Only when servers of O(baseline) are gone, Nova is asked for them, with one list of the servers that were deleted since five
    minutes before it was taken, as clocks differ. One that is not listed there is deleted if its actions show a request to delete it
    since then, or if it had no host, of which Nova notes nothing, and its record is there and hidden. That takes two requests for each
    such server. All others are lost, also those that cannot be asked for.
  - A host is known to one side only when a compute node has no resource provider of its UUID, or a provider that offers
    CPUs or memory has no compute node. As long as the names of compute services and providers are equal, this costs no
    request, otherwise the list of hypervisors is read.
  - A repair takes away all that an orphan holds, once Nova has been asked for a server and an unfinished migration of that
    UUID. Of a server it takes away what lies on hosts where the server is not. It adds and changes only what the flavor
    names, on the server's own host, if that has no child providers and room for it. All else stays as it is, on child
    providers, on shared storage and of ports and devices.
  - A repair is refused while Nova works on the server, a migration is unfinished or an evacuated host has not cleaned up,
    when a cell does not answer, and when a flavor does not tell what is right. The reason and the remedy are in
    RV(repairs). The other repairs are made all the same, and the module fails in the end.
  - C(nova-manage placement heal_allocations) is no replacement on hosts with child providers, because it puts all that the
    flavor asks for on the root provider.
  - Allocations are written as a whole with C(PUT /allocations/{consumer}) and the generation of the consumer, so that what
    somebody else has changed meanwhile is not overwritten. Then it is looked at and planned anew, three times at most. This
    request needs the role C(admin) or C(service). An orphan is not deleted but set to nothing in the same way.
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

# With --check --diff this shows the exact change of every consumer and writes nothing.
- name: Give back what servers and migrations that are gone still hold
  stackroll.nova.allocation_audit:
    cloud: production
    repair:
      - kind: orphaned

- name: Repair two findings of the last audit
  stackroll.nova.allocation_audit:
    cloud: production
    fail_on: []
    repair:
      - consumer_id: 0c37a9a2-6ac6-4b22-a17d-4f0c7c2a4f3b
        kind: missing
      - consumer_id: 5f0c2f7e-2f0f-4b8f-9d53-1d1f3a6c7e21
        kind: doubled
  register: repaired

- name: Tell what was done
  ansible.builtin.debug:
    msg: "{{ item.name or item.consumer_id }} holds {{ item.after }} instead of {{ item.before }}"
  loop: "{{ repaired.repairs }}"
  loop_control:
    label: "{{ item.consumer_id }}"
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
    providers:
      description: Hosts that only Nova or only Placement knows, with the UUID that compute node and provider should share.
      type: list
      elements: dict
      returned: success
      sample:
        - uuid: 7d2590ae-fb85-4080-9306-058b4c915e3f
          name: cmp9
          reason: this resource provider has no compute node
    preexisting:
      description: What was wrong in O(baseline) already; lists of UUIDs by kind.
      type: dict
      returned: success
      sample:
        orphaned: []
        doubled: []
        missing: []
        providers: []
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
      sample: 32
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
    moves_per_server_max:
      description: How often the server was moved that was moved most since the baseline, by Nova's migration records.
      type: int
      returned: unless O(fleet) is given
      sample: 1
    deleted:
      description: How many are gone because they were deleted, RV(servers.deletions) and those that were being deleted in the baseline already.
      type: int
      returned: success
      sample: 1
    deletions:
      description: Servers that were deleted since the baseline, with the time (UTC) if Nova tells it. Always empty with O(fleet).
      type: list
      elements: dict
      returned: success
      sample:
        - id: 9e6a1c55-53c4-4f0e-a2d8-8c6f3ab0de11
          name: batch-4
          project_id: 5b1c2d0e8a9a4c0f9d2f6f5c3d8f7a10
          deleted_at: "2026-11-22T03:14:00Z"
    new:
      description: How many servers were not in the baseline.
      type: int
      returned: success
      sample: 2
    lost:
      description: Servers that are gone without having been deleted, as far as is known, and why they count as lost.
      type: list
      elements: dict
      returned: success
      sample:
        - id: 0c37a9a2-6ac6-4b22-a17d-4f0c7c2a4f3b
          name: db-7
          project_id: 5b1c2d0e8a9a4c0f9d2f6f5c3d8f7a10
          host: cmp1
          status: ACTIVE
          reason: Nova has no record of it
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
repairs:
  description: What became of each consumer that has a finding which O(repair) names.
  returned: when the cloud was read
  type: list
  elements: dict
  contains:
    consumer_id:
      description: Whose allocations these are.
      type: str
      returned: success
      sample: 5f0c2f7e-2f0f-4b8f-9d53-1d1f3a6c7e21
    name:
      description: The name of the server, if it is one.
      type: str
      returned: success
      sample: web-1
    kinds:
      description: The kinds of the findings.
      type: list
      elements: str
      returned: success
      sample:
        - doubled
    result:
      description:
        - V(repaired) when the audit no longer has the findings. V(planned) in check mode. V(gone) when somebody else has
          repaired it meanwhile. V(refused), V(conflict) and V(failed) when it was not repaired, which makes the module fail.
          V(written) when the cloud could not be read after the write.
      type: str
      returned: success
      sample: repaired
    reason:
      description: Why it was not repaired.
      type: str
      returned: success
      sample: null
    remedy:
      description: What to do instead.
      type: str
      returned: success
      sample: null
    before:
      description: All that the consumer held, by name of the resource provider. V(null) when the repair was refused.
      type: dict
      returned: success
      sample:
        cmp1:
          VCPU: 1
          MEMORY_MB: 2048
        cmp2:
          VCPU: 1
          MEMORY_MB: 2048
    after:
      description: All that it holds with the repair. V(null) when the repair was refused.
      type: dict
      returned: success
      sample:
        cmp1:
          VCPU: 1
          MEMORY_MB: 2048
    method:
      description: The method of the request.
      type: str
      returned: success
      sample: PUT
    path:
      description: The path of the request, below the endpoint of Placement.
      type: str
      returned: success
      sample: /allocations/5f0c2f7e-2f0f-4b8f-9d53-1d1f3a6c7e21
    body:
      description: The body of the request. V(null), like method and path, when the repair was refused.
      type: dict
      returned: success
      sample:
        allocations:
          7d2590ae-fb85-4080-9306-058b4c915e3f:
            resources:
              VCPU: 1
              MEMORY_MB: 2048
        consumer_generation: 4
        project_id: 5b1c2d0e8a9a4c0f9d2f6f5c3d8f7a10
        user_id: 0a4d8c1b5f3e4a7d9c2b6e8f1a3c5d7e
looks:
  description: How many times the cloud was read, before and after repairs.
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

from ansible_collections.stackroll.nova.plugins.module_utils.accounting.audit import KINDS
from ansible_collections.stackroll.nova.plugins.module_utils.accounting.choice import Choice
from ansible_collections.stackroll.nova.plugins.module_utils.api import nova
from ansible_collections.stackroll.nova.plugins.module_utils.api.observe import read_fleet
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Fleet
from ansible_collections.stackroll.nova.plugins.module_utils.moves.deletions import Deletions
from ansible_collections.stackroll.nova.plugins.module_utils.moves.proof import (
    FAIL_ON,
    Proof,
    Verdict,
    complaints,
    load_fleet,
    raise_on,
    traced,
)
from ansible_collections.stackroll.nova.plugins.module_utils.moves.repair import Repairs
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.cloud import cloud_argument_spec, open_cloud
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.deadline import Deadline
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.module import Result, StackrollModule


def prove(module: StackrollModule) -> Result:
    """Judge the given fleet, or the cloud."""
    params = module.params
    baseline, fleet = load_fleet(params["baseline"], "baseline"), load_fleet(params["fleet"], "fleet")
    if fleet is None:
        return prove_cloud(module, baseline)
    proof = Proof(baseline)
    result = proof.result(proof.look(fleet))
    raise_on(complaints(result, params["fail_on"]), result)
    return result


def prove_cloud(module: StackrollModule, baseline: Fleet | None) -> Result:
    """Look at the cloud, repair what is to be repaired, and look again."""
    params = module.params
    choices = [Choice(**entry) for entry in params["repair"]]
    if choices and params["timeout"] <= 0:
        raise InvalidInput("Nothing is repaired after a single look.", "Set timeout to more than 0.")
    cloud = open_cloud(module)
    repairs = Repairs(cloud, choices, module.check_mode)
    module.always(repairs.result)
    proof = Proof(baseline, Deletions(cloud, baseline.taken_at).ask if baseline else None)

    def watch() -> Verdict:
        deadline = Deadline(params["timeout"], params["interval"])
        return traced(cloud, proof.watch(lambda: read_fleet(cloud), deadline, repairs.covers))

    verdict = repairs.run(watch(), watch)
    result = {**proof.result(verdict), "looks": proof.looks}
    if baseline is not None:
        moves = nova.moves_since(cloud, baseline.taken_at)
        result["servers"]["moves_per_server_max"] = max(moves.values(), default=0)
    left = proof.result(repairs.outlook(verdict))
    raise_on([*repairs.complaints(), *complaints(left, params["fail_on"])], result)
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
            repair={
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {"consumer_id": {"type": "str"}, "kind": {"type": "str", "choices": list(KINDS)}},
                "required_one_of": [["consumer_id", "kind"]],
            },
        ),
        mutually_exclusive=[["fleet", "repair"]],
    )
    module.run(prove)


if __name__ == "__main__":
    main()
