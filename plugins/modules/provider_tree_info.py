#!/usr/bin/python
# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: provider_tree_info
short_description: Read the resource provider trees of compute hosts, with all that consumers hold on them
version_added: 0.1.0
description:
  - Returns the providers of each host with generations, inventories, usages, traits and aggregates, and its consumers with their complete
    allocations, also those on providers outside of the tree, such as shared storage.
  - The trees are returned as data, in the form that M(stackroll.nova.provider_tree_reshape) works with, and as text for people.
author:
  - stackroll.nova contributors (@stackroll)
extends_documentation_fragment:
  - stackroll.nova.attributes
  - stackroll.nova.attributes.info
  - stackroll.nova.openstack
  - stackroll.nova.databases
  - stackroll.nova.databases.timeout
options:
  hosts:
    description: Names of compute nodes, which are the names of root providers. All when none is named.
    type: list
    elements: str
    default: []
  consumers:
    description: Whether the text says who holds how much of what.
    type: bool
    default: false
  target_release:
    description:
      - The release whose nova-compute will be started, such as V(2026.2). With it, RV(forecast) says which reshapes it will attempt.
      - Some of them depend on the configuration of the hosts, which this module does not see, and are unknown here.
        M(stackroll.nova.upgrade_check) sees more.
    type: str
notes:
  - With Placement's database given, trees are read from it in one snapshot, in a number of queries that does not depend on the number of
    hosts. Without it, each provider costs four requests and each consumer one.
seealso:
  - module: stackroll.nova.provider_tree_reshape
  - module: stackroll.nova.fleet_info
"""

EXAMPLES = r"""
- name: Read the tree of a host
  stackroll.nova.provider_tree_info:
    cloud: production
    hosts: [cmp1]
    consumers: true
  register: tree

- name: Show it
  ansible.builtin.debug:
    msg: "{{ tree.text.cmp1 }}"

- name: See which reshapes the next nova-compute will attempt
  stackroll.nova.provider_tree_info:
    cloud: production
    target_release: "2026.2"
  register: ahead

- name: Stop when one of them would fail
  ansible.builtin.assert:
    that: ahead.forecast | selectattr('outcome', 'eq', 'fails') | length == 0

- name: Read all trees from the database, on a host of Placement
  stackroll.nova.provider_tree_info:
    cloud: production
    config_files:
      placement: [/etc/placement/placement.conf]
"""

RETURN = r"""
trees:
  description: The trees, in the order of O(hosts), or by name.
  returned: success
  type: list
  elements: dict
  contains:
    host:
      description: The name of the root provider.
      type: str
      returned: success
      sample: cmp1
    root_uuid:
      description: The UUID of the root provider.
      type: str
      returned: success
      sample: 7d2590ae-fb85-4080-9306-058b4c915e3f
    providers:
      description: The providers, parents before children.
      type: list
      elements: dict
      returned: success
      sample:
        - uuid: 7d2590ae-fb85-4080-9306-058b4c915e3f
          name: cmp1
          generation: 12
          parent_uuid: null
          inventories:
            VCPU:
              total: 16
              reserved: 0
              min_unit: 1
              max_unit: 16
              step_size: 1
              allocation_ratio: 4.0
          usages:
            VCPU: 3
          traits: [COMPUTE_NODE]
          aggregates: []
    consumers:
      description: Who holds something on the tree, with all that it holds anywhere, by provider and resource class.
      type: list
      elements: dict
      returned: success
      sample:
        - uuid: 0c37a9a2-6ac6-4b22-a17d-4f0c7c2a4f3b
          name: db-7
          type: INSTANCE
          generation: 1
          project_id: 5b1c2d0e8a9a4c0f9d2f6f5c3d8f7a10
          user_id: 4d2f6f5c3d8f7a105b1c2d0e8a9a4c0f
          allocations:
            7d2590ae-fb85-4080-9306-058b4c915e3f:
              VCPU: 1
              MEMORY_MB: 2048
forecast:
  description:
    - For each host, and each reshape that nova-compute of the target release knows, what will happen at its start.
    - The outcome is V(none) when nothing is moved, V(succeeds), V(fails) when nova-compute would not start, or V(unknown).
    - Nova 34.0.0 takes away the inventories of sharing providers with a reshape, which is V(fails) as well. With all trees read, all of
      these providers are seen; with O(hosts), only those that servers of these hosts use.
  returned: with O(target_release)
  type: list
  elements: dict
  sample:
    - host: cmp1
      reshape: vgpu
      outcome: none
      reason: the root provider has no VGPU
      remedy: ""
      since: "2019.1"
      consumers: 0
text:
  description: Each tree in lines of text, by host.
  returned: success
  type: dict
  sample:
    cmp1:
      - cmp1 [COMPUTE_NODE]
      - "  VCPU  3 of 16 used, ratio 4"
api:
  description: How many requests were sent, and how many of them could change something.
  returned: once the options are in order
  type: dict
  sample:
    requests: 21
    writes: 0
"""

from dataclasses import replace
from typing import Any, NoReturn

from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import ProviderTree
from ansible_collections.stackroll.nova.plugins.module_utils.model.release import Release
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.forecast import forecast, people_of
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.cloud import cloud_argument_spec, hide_secrets
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.inputs import database_argument_spec
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.module import Result, StackrollModule, option
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.reshaping import Surroundings
from ansible_collections.stackroll.nova.plugins.module_utils.telling.provider_tree import tree_lines


def read(module: StackrollModule) -> Result:
    """Read the trees and name the servers."""
    hide_secrets(module)
    target = module.params["target_release"]
    with Surroundings(module.params, may_write=False) as world:
        module.always(lambda: {"api": world.counters()})
        trees = world.read(module.params["hosts"])
        names = world.names([tree.root.name for tree in trees])
        ahead = _forecast(world, trees, Release.parse(target)) if target else {}
    trees = [_named(tree, names) for tree in trees]
    return {
        **ahead,
        "trees": [_told(tree) for tree in trees],
        "text": {tree.root.name: tree_lines(tree, module.params["consumers"]) for tree in trees},
    }


def _forecast(world: Surroundings, trees: list[ProviderTree], target: Release) -> dict[str, Any]:
    """What the start of another nova-compute will do to these trees."""
    found = forecast(trees, target, people=people_of(world.fleet()))
    return {"forecast": [item.to_dict() for item in found]}


def _named(tree: ProviderTree, names: dict[str, str]) -> ProviderTree:
    return replace(tree, consumers=tuple(replace(item, name=names.get(item.uuid, "")) for item in tree.consumers))


def _told(tree: ProviderTree) -> dict[str, Any]:
    used = tree.used()
    found = tree.to_dict()
    for provider in found["providers"]:
        provider["usages"] = {name: used.get((provider["uuid"], name), 0) for name in provider["inventories"]}
    return {"host": tree.root.name, **found}


def main() -> NoReturn:
    """Options in, trees out."""
    module = StackrollModule(
        argument_spec=cloud_argument_spec(
            hosts=option("list", [], elements="str"),
            consumers=option("bool", False),
            target_release=option("str"),
            database_timeout=option("int", 10),
            **database_argument_spec(),
        ),
    )
    module.run(read)


if __name__ == "__main__":
    main()
