#!/usr/bin/python
# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: provider_tree_reshape
short_description: Turn flat resource providers of compute hosts into trees, in place, and back
version_added: 0.1.0
description:
  - Moves inventory and allocations of compute hosts between the root provider and its children, such as physical GPUs or NUMA nodes, while
    the servers stay where they are. Each host is changed in one transaction of Placement.
  - All hosts are read and planned first. What Placement would refuse, and what would lose an allocation, is refused before the first
    write, with the figures.
  - Whatever is written is read again. Total inventory and total allocations of every resource class stay what they were, unless
    C(layout.totals) says otherwise, and so does what each consumer holds. A reshape that ends otherwise is undone, and fails.
  - A layout can be applied again and again. A call that was interrupted at any point is completed by the same call.
  - nova-compute reports its inventory by itself. What an older nova-compute reports on the root comes back there within minutes, and the
    host then offers it twice. So a host that belongs to Nova is only reshaped when O(nova_wants_layout) says that its next nova-compute
    reports the new shape, best between stopping the old one and starting the new one. O(state=held) proves it afterwards.
author:
  - stackroll.nova contributors (@stackroll)
extends_documentation_fragment:
  - stackroll.nova.attributes
  - stackroll.nova.openstack
  - stackroll.nova.databases
  - stackroll.nova.databases.timeout
options:
  hosts:
    description: Names of compute nodes, which are the names of root providers.
    type: list
    elements: str
    required: true
  state:
    description:
      - V(reshaped) gives the hosts the shape of O(layout).
      - V(flat) takes the children of O(layout) back into the root.
      - V(undone) restores what was before, as O(undo) has it.
      - V(held) changes nothing but waits, while a nova-compute runs that was started after the reshape. One that was not may believe for
        minutes what it has read before, see C([compute] resource_provider_association_refresh). It fails when a host does not keep what
        it had in O(before), or the shape of its O(layout), and undoes the reshape when O(undo) has the host. Every host is watched to
        the end. Only resource classes that O(layout) names or that have changed their provider are compared. Check mode looks once and
        undoes nothing.
    type: str
    choices: [reshaped, flat, undone, held]
    default: reshaped
  layout:
    description:
      - The wanted shape. In names of providers, V({root}) stands for the name of the host.
      - C(children) is a list of providers with C(name), C(parent) (the root by default), C(inventories), C(traits) and C(aggregates). An
        inventory is a total, or a dictionary with C(total), C(reserved), C(min_unit), C(max_unit), C(step_size) and C(allocation_ratio);
        what is missing is taken over from where the resource class is now.
      - C(root) has inventories that the root has afterwards. By default it keeps what the children leave over. C(root_traits) are added
        to it, C(root_without_traits) taken away.
      - C(dissolve) lists children that go away, with all they have back to the root.
      - C(totals) declares sums of the whole host that differ from what there is now. C(convert) turns what C(consumers) hold of the
        class C(source) into another class.
      - C(assignment) says which consumer goes to which child, a strategy (V(best_fit), V(first_fit), V(spread) or V(map)), or a dictionary
        with C(strategy), C(map) and C(split). C(map) has, by UUID of the consumer, the name of a child, or amounts by child and resource
        class. C(split) lists the resource classes of which one consumer may have parts on several children.
      - C(preset) stands for a whole layout, V(vgpu) (with C(devices), the number of virtual GPUs by device), V(pinned_cpus) (with
        C(dedicated) and C(consumers)), V(pci_devices) (with C(devices)), V(encrypted_memory) or V(numa) (with C(cells) and
        C(resource_classes)).
    type: dict
  host_layouts:
    description: Layouts by host, for those that do not take O(layout).
    type: dict
    default: {}
  nova_wants_layout:
    description:
      - That the nova-compute which will run on the hosts reports this shape itself, or none of these resource classes.
      - Required unless the hosts do not belong to Nova.
    type: bool
    default: false
  undo:
    description: What RV(undo) was, by host. For O(state=undone) and O(state=held).
    type: dict
    default: {}
  undo_dir:
    description:
      - Directory on the host where the module runs. The undo of each host is written there before the first write to Placement.
    type: path
  before:
    description: The trees before the reshape, as RV(hosts[].before) or RV(stackroll.nova.provider_tree_info#module:trees). For O(state=held).
    type: list
    elements: dict
    default: []
  period:
    description: How many seconds pass between two reports of nova-compute, its C([DEFAULT] update_resources_interval). For O(state=held).
    type: int
    default: 60
  periods:
    description: For how many periods a shape has to hold.
    type: int
    default: 2
  wait_for_migrations:
    description:
      - How many seconds to wait, in all, for unfinished migrations from and to the hosts, and for servers there that are being built,
        shelved or unshelved. Hosts that still have some are refused.
    type: int
    default: 0
  retries:
    description: How often a host is read, planned and written again when somebody else has changed it meanwhile.
    type: int
    default: 5
  offline:
    description:
      - Works without any API, through Placement's own code and database. For upgrades that have stopped all services.
      - The task has to run on a Placement host with Placement's own interpreter.
      - O(config_files) has to name the files of Placement and Nova.
    type: bool
    default: false
  details:
    description: Whether RV(hosts) has trees, bodies and moves, and whether RV(undo) is returned. They are long for many hosts.
    type: bool
    default: true
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
notes:
  - By default C(POST /reshaper) takes the role C(service), also of an administrator.
  - With Placement's database given, trees are read from it in one snapshot, in a number of queries that does not depend on the number of
    hosts. Without it, each provider costs four requests and each consumer one.
  - A server on its way to or from a host can lose its allocations in a reshape, so such hosts are refused. Which servers move is read from
    Nova's databases, if they are given, or else from the Compute API.
  - So are hosts with a server that is being built, shelved or unshelved, and that the reshape would write. Nova may delete its allocations
    and make new ones on another host, and no generation that Placement compares would tell. Where servers are is looked at again
    afterwards.
seealso:
  - module: stackroll.nova.provider_tree_info
  - module: stackroll.nova.allocation_audit
"""

EXAMPLES = r"""
- name: Show what a reshape would send, and the tree before and after
  stackroll.nova.provider_tree_reshape:
    cloud: production-service
    hosts: [cmp1]
    nova_wants_layout: true
    layout:
      preset: vgpu
      devices:
        pci_0000_84_00_0: 8
        pci_0000_85_00_0: 8
      assignment: best_fit
  check_mode: true
  diff: true

- name: Move an accelerator's inventory and allocations to children
  stackroll.nova.provider_tree_reshape:
    cloud: production-service
    hosts: [cmp1, cmp2]
    nova_wants_layout: true
    undo_dir: /var/lib/stackroll/undo
    layout:
      children:
        - name: "{root}_card0"
          inventories:
            CUSTOM_ACCELERATOR: 4
        - name: "{root}_card1"
          inventories:
            CUSTOM_ACCELERATOR: 4
          traits: [CUSTOM_FAST]
      assignment: spread
  register: reshaped

- name: Prove that the shape holds under the new nova-compute
  stackroll.nova.provider_tree_reshape:
    cloud: production-service
    hosts: [cmp1, cmp2]
    state: held
    before: "{{ reshaped.hosts | map(attribute='before') }}"
    undo: "{{ reshaped.undo }}"

- name: Restore what was
  stackroll.nova.provider_tree_reshape:
    cloud: production-service
    hosts: [cmp1, cmp2]
    state: undone
    nova_wants_layout: true
    undo: "{{ reshaped.undo }}"

- name: Reshape while all APIs are stopped
  stackroll.nova.provider_tree_reshape:
    hosts: [cmp1]
    offline: true
    config_files:
      placement: [/etc/placement/placement.conf]
      nova: [/etc/nova/nova.conf]
    nova_wants_layout: true
    layout:
      preset: numa
      cells: 2
  vars:
    ansible_python_interpreter: /opt/openstack/2026.2/bin/python
"""

RETURN = r"""
hosts:
  description: What became of each host, in the order of O(hosts).
  returned: when the hosts could be read and planned
  type: list
  elements: dict
  contains:
    host:
      description: The name of the host.
      type: str
      returned: success
      sample: cmp1
    changed:
      description: Whether this call changed the host, or would.
      type: bool
      returned: success
      sample: true
    error:
      description: Why the host could not be reshaped, in one sentence; empty when it could.
      type: str
      returned: success
      sample: ""
    undone:
      description: Whether the host is as it was again, because its reshape did not end as it must.
      type: bool
      returned: success
      sample: false
    attempts:
      description: How often the host was written.
      type: int
      returned: success
      sample: 1
    creates:
      description: Names of the providers that were created.
      type: list
      elements: str
      returned: success
      sample: [cmp1_card0, cmp1_card1]
    deletes:
      description: Names of the providers that were deleted.
      type: list
      elements: str
      returned: success
      sample: []
    written_since:
      description: Consumers that somebody else has written between the reshape and its proof, by UUID. They are not compared.
      type: list
      elements: str
      returned: success
      sample: []
    before:
      description: The tree before, as in RV(stackroll.nova.provider_tree_info#module:trees).
      type: dict
      returned: with O(details)
    after:
      description: The tree afterwards.
      type: dict
      returned: with O(details)
    body:
      description:
        - What is sent to C(POST /reshaper). Providers that are to be created first have the generation 0 here. Empty when nothing is sent.
      type: dict
      returned: with O(details)
    moves:
      description: Who holds how much of what before and after, where that differs.
      type: list
      elements: dict
      returned: with O(details)
      sample:
        - consumer: 0c37a9a2-6ac6-4b22-a17d-4f0c7c2a4f3b
          name: db-7
          provider: cmp1_card0
          resource_class: CUSTOM_ACCELERATOR
          before: 0
          after: 1
undo:
  description: By host that was changed, what restores the tree before. Keep it, or use O(undo_dir).
  returned: with O(details)
  type: dict
api:
  description: How many requests were sent, and how many of them could change something.
  returned: once the options are in order
  type: dict
  sample:
    requests: 31
    writes: 3
"""

from typing import Any, NoReturn

from ansible_collections.stackroll.nova.plugins.module_utils.reshape.carry_out import carry_out, decide
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.means import HostResult
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.telling import diff, fail_if_any, told
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.cloud import cloud_argument_spec, hide_secrets
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.inputs import database_argument_spec
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.module import Result, StackrollModule, option
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.reshape_task import ReshapeTask
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.reshaping import Surroundings


def reshape(module: StackrollModule) -> Result:
    """Do what the state says."""
    hide_secrets(module)
    task = ReshapeTask(module.params)
    with Surroundings(module.params, may_write=not module.check_mode) as world:
        module.always(lambda: {"api": world.counters()})
        if task.state == "held":
            task.hold(world, may_undo=not module.check_mode)
            return {"hosts": [], "undo": {}}
        means = task.means(world)
        results = (decide if module.check_mode else carry_out)(means, task.hosts)
    return tell(results, details=module.params["details"], with_diff=module.diff_mode)


def tell(results: list[HostResult], *, details: bool, with_diff: bool) -> Result:
    """The results as the module returns them. Raises StackrollError when a host has failed."""
    found: dict[str, Any] = {
        "changed": any(item.changed for item in results),
        "hosts": [told(item, details) for item in results],
        "undo": {item.host: item.undo.to_dict() for item in results if details and item.changed},
        **({"diff": diff(results)} if with_diff else {}),
    }
    fail_if_any(results, found)
    return found


def main() -> NoReturn:
    """Options in, hosts as read back out."""
    module = StackrollModule(
        argument_spec=cloud_argument_spec(
            hosts=option("list", elements="str", required=True),
            state=option("str", "reshaped", choices=["reshaped", "flat", "undone", "held"]),
            layout=option("dict"),
            host_layouts=option("dict", {}),
            nova_wants_layout=option("bool", False),
            undo=option("dict", {}),
            undo_dir=option("path"),
            before=option("list", [], elements="dict"),
            period=option("int", 60),
            periods=option("int", 2),
            wait_for_migrations=option("int", 0),
            retries=option("int", 5),
            offline=option("bool", False),
            details=option("bool", True),
            database_timeout=option("int", 10),
            **database_argument_spec(),
        ),
    )
    module.run(reshape)


if __name__ == "__main__":
    main()
