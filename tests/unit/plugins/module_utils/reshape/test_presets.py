# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reshapes that Nova knows, and NUMA nodes, from a few options."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import ProviderTree
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.presets import expand
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.refusal import NoAssignment
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.undo import Undo, undo_of
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.undoing import plan_undo
from ansible_collections.stackroll.nova.tests.unit.plugins.module_utils.reshape.trees import (
    HOST,
    VOCABULARY,
    FakePlacement,
    forget_generations,
    held,
    inventory,
    planned,
    totals,
    tree,
    uuid_of,
)


def carried_out(there: ProviderTree, layout: Any) -> ProviderTree:
    """The host after the reshape; a second one needs nothing, and the undo restores it."""
    reshape = planned(there, expand(layout, there))
    now = FakePlacement(there).carry_out(reshape)
    assert not planned(now, expand(layout, now)).changed
    undo = Undo.load(undo_of(reshape).to_dict())
    assert forget_generations(FakePlacement(now).carry_out(plan_undo(now, undo, VOCABULARY))) == forget_generations(
        there
    )
    return now


def test_virtual_gpus() -> None:
    there = tree({"VCPU": 4, "VGPU": 6}, {"a": {HOST: {"VCPU": 1, "VGPU": 1}}, "b": {HOST: {"VGPU": 1}}})
    devices = {"pci_0000_84_00_0": 4, "pci_0000_85_00_0": 2}
    chosen = {uuid_of("a"): "{root}_pci_0000_85_00_0", uuid_of("b"): "{root}_pci_0000_84_00_0"}
    layout = {"preset": "vgpu", "devices": devices, "assignment": {"map": chosen}}
    now = carried_out(there, layout)
    assert totals(now) == {
        HOST: {"VCPU": 4},
        "cmp1_pci_0000_84_00_0": {"VGPU": 4},
        "cmp1_pci_0000_85_00_0": {"VGPU": 2},
    }
    assert held(now, "a") == {HOST: {"VCPU": 1}, "cmp1_pci_0000_85_00_0": {"VGPU": 1}}
    with pytest.raises(NoAssignment, match="does not name them"):
        planned(there, expand({"preset": "vgpu", "devices": devices}, there))


def test_pinned_cpus() -> None:
    there = tree(
        {"VCPU": inventory(16, allocation_ratio=16.0)},
        {"pinned": {HOST: {"VCPU": 4}}, "shared": {HOST: {"VCPU": 8}}},
    )
    now = carried_out(there, {"preset": "pinned_cpus", "dedicated": 6, "consumers": [uuid_of("pinned")]})
    assert now.root.inventories == {"VCPU": inventory(10, allocation_ratio=16.0), "PCPU": inventory(6)}
    assert (held(now, "pinned"), held(now, "shared")) == ({HOST: {"PCPU": 4}}, {HOST: {"VCPU": 8}})


def test_pinned_cpus_are_never_over_committed() -> None:
    there = tree({"VCPU": inventory(8, allocation_ratio=16.0)}, {"pinned": {HOST: {"VCPU": 4}}})
    with pytest.raises(NoAssignment, match=r"4 PCPU, which no provider gives to one consumer \(cmp1: 1 to 2 PCPU"):
        planned(there, expand({"preset": "pinned_cpus", "dedicated": 2, "consumers": [uuid_of("pinned")]}, there))


def test_pci_devices_come_new() -> None:
    there = tree({"VCPU": 4}, {"a": {HOST: {"VCPU": 1}}, "b": {HOST: {"VCPU": 1}}})
    device = {"resource_class": "CUSTOM_PCI_10DE_1EB8"}
    layout = {
        "preset": "pci_devices",
        "devices": {"0000:8a:00.0": device, "0000:8b:00.0": {**device, "total": 4, "traits": ["CUSTOM_VF"]}},
        "assignment": {"map": {uuid_of("a"): {"{root}_0000:8B:00.0": {"CUSTOM_PCI_10DE_1EB8": 1}}}},
    }
    reshape = planned(there, expand(layout, there))
    assert (reshape.new_classes, reshape.new_traits) == (("CUSTOM_PCI_10DE_1EB8",), ("CUSTOM_VF",))
    now = carried_out(there, layout)
    assert totals(now)["cmp1_0000:8B:00.0"] == {"CUSTOM_PCI_10DE_1EB8": 4}
    assert held(now, "a") == {HOST: {"VCPU": 1}, "cmp1_0000:8B:00.0": {"CUSTOM_PCI_10DE_1EB8": 1}}
    assert held(now, "b") == {HOST: {"VCPU": 1}}


def test_encrypted_memory() -> None:
    there = tree(
        {"VCPU": 4, "MEM_ENCRYPTION_CONTEXT": inventory(15, max_unit=1)},
        {"a": {HOST: {"VCPU": 1, "MEM_ENCRYPTION_CONTEXT": 1}}},
        traits=("COMPUTE_NODE", "HW_CPU_X86_AMD_SEV"),
    )
    now = carried_out(there, {"preset": "encrypted_memory"})
    child = now.by_name["cmp1_amd_sev"]
    assert (now.root.traits, child.traits) == (("COMPUTE_NODE",), ("HW_CPU_X86_AMD_SEV",))
    assert child.inventories == {"MEM_ENCRYPTION_CONTEXT": inventory(15, max_unit=1)}
    assert held(now, "a")["cmp1_amd_sev"] == {"MEM_ENCRYPTION_CONTEXT": 1}


def test_numa_nodes() -> None:
    there = tree(
        {"VCPU": inventory(15, allocation_ratio=2.0), "MEMORY_MB": inventory(64, reserved=5), "DISK_GB": 9},
        {name: {HOST: {"VCPU": 7, "MEMORY_MB": 14, "DISK_GB": 1}} for name in "abcd"},
    )
    now = carried_out(there, {"preset": "numa", "cells": 2})
    assert now.by_name["cmp1_numa0"].inventories == {
        "VCPU": inventory(8, allocation_ratio=2.0),
        "MEMORY_MB": inventory(32, reserved=3),
    }
    assert totals(now)[HOST] == {"DISK_GB": 9}
    assert all(set(held(now, name)) < {HOST, "cmp1_numa0", "cmp1_numa1"} for name in "abcd")


@pytest.mark.parametrize(
    ("layout", "message"),
    [
        ({"preset": "powervm"}, "layout.preset is 'powervm'"),
        ({"preset": "numa", "nodes": 2}, "the preset numa has no nodes"),
        ({"preset": "numa"}, "cells is None"),
        ({"preset": "vgpu", "devices": {"x": 0}}, "devices.x is 0"),
        ({"preset": "pci_devices", "devices": {"x": {"class": "X"}}}, "devices.x has no class"),
    ],
)
def test_wrong_options_are_refused(layout: Any, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        expand(layout, tree({"VCPU": 4}))
