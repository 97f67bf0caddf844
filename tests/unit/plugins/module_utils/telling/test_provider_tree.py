# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A provider tree for people."""

from __future__ import annotations

from ansible_collections.stackroll.nova.plugins.module_utils.telling.provider_tree import tree_lines
from ansible_collections.stackroll.nova.tests.unit.plugins.module_utils.reshape.trees import (
    HOST,
    inventory,
    provider,
    tree,
    uuid_of,
)

TREE = tree(
    {"MEMORY_MB": inventory(65536, reserved=512, step_size=2), "VCPU": inventory(16, allocation_ratio=4.0)},
    {"web\n1": {HOST: {"VCPU": 40}, "cmp1_gpu0_part": {"VGPU": 1}}},
    [provider("cmp1_gpu0", {}), provider("cmp1_gpu0_part", {"VGPU": inventory(8, max_unit=1)}, "cmp1_gpu0")],
    traits=("COMPUTE_NODE",),
)


def test_the_tree() -> None:
    assert tree_lines(TREE) == [
        "cmp1 [COMPUTE_NODE]",
        "  MEMORY_MB  0 of 65,536 used, 512 reserved, steps of 2",
        "  VCPU       40 of 16 used, ratio 4",
        "  cmp1_gpu0",
        "    cmp1_gpu0_part",
        "      VGPU  1 of 8 used, 1 to 1 at once",
    ]


def test_with_consumers_on_one_line_each() -> None:
    lines = tree_lines(TREE, consumers=True)
    assert lines[3] == f"    40  web 1 ({uuid_of(chr(10).join(('web', '1')))})"
    assert len(lines) == 8
