# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The classic case for tests of provider_tree_reshape: virtual GPUs on the root, servers that use them, and disks on shared storage."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.stackroll.nova.plugins.modules import provider_tree_reshape
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_placement_trees import TreeCloud
from ansible_collections.stackroll.nova.tests.unit.plugins.modules.conftest import RunModule

AGGREGATE = "6f6e1ad6-6a34-4fd4-8b09-5d1e6f0a8f31"
STORAGE = "shared-storage"
LAYOUT: dict[str, Any] = {
    "children": [
        {"name": "{root}_gpu0", "inventories": {"VGPU": 4}, "traits": ["CUSTOM_FAST"], "aggregates": [AGGREGATE]},
        {"name": "{root}_gpu1", "inventories": {"VGPU": 4}},
    ],
    "root_traits": ["CUSTOM_NESTED"],
    "root_without_traits": ["HW_CPU_X86_AMD_SEV"],
}


def add_storage(trees: TreeCloud) -> None:
    """A provider that shares its disks."""
    trees.trees.add(STORAGE, {"DISK_GB": 10000}, traits=["MISC_SHARES_VIA_AGGREGATE"], aggregates=[AGGREGATE])


def add_gpu_host(trees: TreeCloud, name: str = "cmp1") -> None:
    """A compute node with eight virtual GPUs and four servers, three of which use some."""
    if not any(item["name"] == STORAGE for item in trees.trees.providers.values()):
        add_storage(trees)
    servers: dict[str, Any] = {
        f"{name}-vm{number}": {
            name: {"VCPU": 1, "MEMORY_MB": 512, **({"VGPU": vgpus} if vgpus else {})},
            STORAGE: {"DISK_GB": 10},
        }
        for number, vgpus in enumerate((2, 2, 3, 0))
    }
    trees.add_host_tree(
        name,
        {"VCPU": {"total": 8, "allocation_ratio": 4.0}, "MEMORY_MB": {"total": 4096, "reserved": 512}, "VGPU": 8},
        servers,
        traits=["COMPUTE_NODE", "HW_CPU_X86_AMD_SEV"],
    )


def reshape(run_module: RunModule, *hosts: str, **options: Any) -> dict[str, Any]:
    """Run the module with the layout of the classic case, unless the options say otherwise."""
    given = {"layout": LAYOUT, "nova_wants_layout": True, **options}
    return run_module(provider_tree_reshape, hosts=list(hosts or ("cmp1",)), **given)


def before_write(trees: TreeCloud, number: int, action: Callable[[], object]) -> None:
    """Do something before the write of this number, counted from one."""
    seen = [0]

    def hook(method: str, _path: str) -> None:
        if method != "GET":
            seen[0] += 1
            if seen[0] == number:
                action()

    trees.before_request = hook


def before_post(trees: TreeCloud, *actions: Callable[[], object]) -> None:
    """Do something before each reshape is carried out: one action for each, then no more."""
    left = list(actions)

    def hook(method: str, path: str) -> None:
        if (method, path) == ("POST", "/reshaper") and left:
            left.pop(0)()

    trees.before_request = hook


def after_post(trees: TreeCloud, action: Callable[[], object]) -> None:
    """Do something when the first reshape was carried out."""
    left = [action]

    def hook(method: str, path: str) -> None:
        if (method, path) == ("POST", "/reshaper") and left:
            left.pop()()

    trees.after_request = hook
