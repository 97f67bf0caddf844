# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random hosts and random layouts for them, made of names that every Placement knows."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import ProviderTree
from ansible_collections.stackroll.nova.tests.unit.plugins.module_utils.reshape.trees import (
    HOST,
    inventory,
    provider,
    tree,
)

SHARED = "shared storage"
RATIOS = st.sampled_from((1.0, 1.0, 1.5, 4.0))


@st.composite
def hosts(draw: st.DrawFn) -> ProviderTree:
    """A root with CPUs, memory and disk, perhaps over-committed, a child that is nobody's business, and consumers."""
    cpus, memory = draw(st.integers(6, 30)), draw(st.integers(6, 30))
    step = draw(st.sampled_from((1, 1, 2)))
    root = {
        "VCPU": inventory(cpus, allocation_ratio=draw(RATIOS)),
        "MEMORY_MB": inventory(
            memory * 2, step_size=step, reserved=draw(st.integers(0, 3)), allocation_ratio=draw(RATIOS)
        ),
        "DISK_GB": inventory(100),
        "VGPU": inventory(8),
    }
    consumers: dict[str, dict[str, dict[str, int]]] = {}
    for number in range(draw(st.integers(0, 7))):
        share = {
            "VCPU": draw(st.integers(1, 4)),
            "MEMORY_MB": draw(st.integers(1, 4)) * step,
            "DISK_GB": draw(st.integers(1, 10)),
        }
        if draw(st.booleans()):
            share["VGPU"] = draw(st.integers(1, 3))
        held: dict[str, dict[str, int]] = {HOST: share}
        if draw(st.booleans()):
            held[SHARED] = {"DISK_GB": 5}
        if draw(st.booleans()):
            held["cmp1_agent"] = {"NET_BW_EGR_KILOBIT_PER_SEC": 10}
        consumers[f"vm{number}"] = held
    traits = ("COMPUTE_NODE", "HW_CPU_X86_AMD_SEV")
    return tree(root, consumers, [provider("cmp1_agent", {"NET_BW_EGR_KILOBIT_PER_SEC": 1000})], traits=traits)


def parts(draw: st.DrawFn, whole: int, number: int) -> list[int]:
    """Even or random parts of a whole, the last one for the root."""
    even = draw(st.booleans())
    cuts = sorted(whole * (part + 1) // (number + 1) if even else draw(st.integers(0, whole)) for part in range(number))
    return [right - left for left, right in zip([0, *cuts], [*cuts, whole])]


@st.composite
def layouts(draw: st.DrawFn, there: ProviderTree) -> dict[str, Any]:
    """Children that take all or some of one or two classes."""
    number = draw(st.integers(1, 3))
    classes = draw(st.sampled_from((("VCPU", "MEMORY_MB"), ("VGPU",), ("VCPU", "MEMORY_MB", "VGPU"), ("MEMORY_MB",))))
    children: list[dict[str, Any]] = [
        {"name": f"{{root}}_part{index}", "inventories": {}, "traits": draw(st.sampled_from(([], ["HW_NUMA_ROOT"])))}
        for index in range(number)
    ]
    for name in classes:
        item = there.root.inventories[name]
        everything = draw(st.booleans())
        totals = parts(draw, item.total, number - 1 if everything else number)
        reserved = item.reserved
        for child, total in zip(children, totals):
            here = min(total, reserved)
            reserved -= here
            if total:
                child["inventories"][name] = {"total": total, "reserved": here}
    return {
        "children": children,
        "root_without_traits": draw(st.sampled_from(([], ["HW_CPU_X86_AMD_SEV"]))),
        "assignment": {
            "strategy": draw(st.sampled_from(("first_fit", "best_fit", "spread"))),
            "split": draw(st.sampled_from((False, True, ["VGPU"]))),
        },
    }
