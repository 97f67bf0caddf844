#!/usr/bin/python
# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: object_version_info
short_description: Show which versions of its objects a Nova speaks
version_added: 0.1.0
description:
  - Lists the versioned objects that Nova registers, with their versions and fingerprints, as well as its RPC versions, its service
    version, and the libvirt and QEMU versions that it needs.
  - Runs with Nova's own interpreter, once with the running code and once with the staged code. M(stackroll.nova.upgrade_check)
    compares the two in O(stackroll.nova.upgrade_check#module:object_versions), because services of both releases cannot read
    each other's objects where they differ.
  - Needs no configuration of Nova, no database and no network.
extends_documentation_fragment:
  - stackroll.nova.attributes
  - stackroll.nova.attributes.info
options: {}
author:
  - stackroll.nova contributors (@stackroll)
"""

EXAMPLES = r"""
- name: Read the objects of the running Nova
  stackroll.nova.object_version_info:
  vars:
    ansible_python_interpreter: /opt/nova/bin/python
  register: running

- name: Read the objects of the staged Nova
  stackroll.nova.object_version_info:
  vars:
    ansible_python_interpreter: /opt/openstack/2026.2/bin/python
  register: staged

- name: Which mixed states are unsafe?
  stackroll.nova.upgrade_check:
    target_release: "2026.2"
    checks: [Object versions]
    object_versions:
      old: "{{ running.objects }}"
      new: "{{ staged.objects }}"
"""

RETURN = r"""
objects:
  description: Each object's version and the digest of its fields and remotable methods, as in Nova's own tests.
  returned: success
  type: dict
  sample: {ImageMeta: 1.8-642d1b2eb3e880a367f37d72dd76162d, ImageMetaProps: 1.42-e2e85f8e6d66bfa2a32f3ee13506bb58}
nova:
  description: The version of Nova.
  returned: success
  type: str
  sample: 33.0.2
service_version:
  description: The version that a service of this code writes into its service record.
  returned: success
  type: int
  sample: 72
rpc:
  description: The newest RPC versions that the services of this code serve.
  returned: success
  type: dict
  sample: {compute: "6.5", conductor: "3.0", compute_task: "1.26", scheduler: "4.5"}
minimums:
  description: The versions that the libvirt driver needs (min_*), and those that a later release will need (next_min_*).
  returned: success
  type: dict
  sample: {min_libvirt: 8.0.0, min_qemu: 6.2.0, next_min_libvirt: 10.0.0, next_min_qemu: 8.2.2}
"""

import importlib.metadata
from pathlib import Path
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.host import nova_objects
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.module import StackrollModule


def run(_module: StackrollModule) -> dict[str, Any]:
    """Register Nova's objects and describe them."""
    objects = nova_objects.import_objects()
    source = Path(objects.__file__).parents[1]
    return {
        "objects": nova_objects.fingerprints(objects.base.NovaObjectRegistry.obj_classes()),
        "nova": importlib.metadata.version("nova"),
        "service_version": int(objects.service.SERVICE_VERSION),
        "rpc": nova_objects.rpc_versions(source),
        "minimums": nova_objects.driver_minimums(source),
    }


def main() -> None:
    """Run the module."""
    StackrollModule(argument_spec={}).run(run)


if __name__ == "__main__":
    main()
