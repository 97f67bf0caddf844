# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a flavor asks for; the table follows Nova's own unit tests of ResourceRequest."""

from __future__ import annotations

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.accounting.expect import expected_resources
from ansible_collections.stackroll.nova.plugins.module_utils.model.server import Flavor

PLAIN = {"VCPU": 2, "MEMORY_MB": 512, "DISK_GB": 13}


def flavor(**extra_specs: str) -> Flavor:
    specs = {key.replace("__", ":"): value for key, value in extra_specs.items()}
    return Flavor("m1", vcpus=2, ram_mib=512, disk_gib=10, ephemeral_gib=1, swap_mib=1025, extra_specs=specs)


@pytest.mark.parametrize(
    ("extra_specs", "held"),
    [
        ({}, PLAIN),
        ({}, {"PCPU": 2, "MEMORY_MB": 512, "DISK_GB": 13}),
        ({}, {"PCPU": 1, "VCPU": 1, "MEMORY_MB": 512, "DISK_GB": 13}),
        ({}, {**PLAIN, "NET_BW_EGR_KILOBIT_PER_SEC": 1000, "VGPU": 1, "MEM_ENCRYPTION_CONTEXT": 1}),
        ({"hw:cpu_policy": "dedicated"}, {"PCPU": 2, "MEMORY_MB": 512, "DISK_GB": 13}),
        ({"hw:emulator_threads_policy": "isolate"}, {"PCPU": 3, "MEMORY_MB": 512, "DISK_GB": 13}),
        ({"resources:VCPU": "8"}, {**PLAIN, "VCPU": 8}),
        ({"resources:PCPU": "8"}, {"PCPU": 8, "MEMORY_MB": 512, "DISK_GB": 13}),
        ({"resources:VCPU": "1", "resources:PCPU": "1"}, {"VCPU": 1, "PCPU": 1, "MEMORY_MB": 512, "DISK_GB": 13}),
        (
            {"resources:VCPU": "0", "resources:MEMORY_MB": "0", "resources:DISK_GB": "0", "resources:CUSTOM_BM": "1"},
            {"CUSTOM_BM": 1},
        ),
        ({"resources1:CUSTOM_A": "1", "resources_NIC:CUSTOM_A": "2"}, {**PLAIN, "CUSTOM_A": 3}),
        ({"resources:VGPU": "1"}, {**PLAIN, "VGPU": 1}),
        ({"resources:CUSTOM_A": "no number", "trait:HW_X": "required", "hw:pmem": "x"}, PLAIN),
    ],
)
def test_right_amounts(extra_specs: dict[str, str], held: dict[str, int]) -> None:
    assert expected_resources(flavor(**extra_specs), volume_backed=False).differences(held) == []


@pytest.mark.parametrize(
    ("held", "sentences"),
    [
        ({**PLAIN, "VCPU": 1}, ["VCPU is 1 instead of 2"]),
        ({**PLAIN, "VCPU": 4}, ["VCPU is 4 instead of 2"]),
        ({**PLAIN, "PCPU": 2}, ["VCPU and PCPU is 4 instead of 2"]),
        ({"VCPU": 2, "MEMORY_MB": 512}, ["DISK_GB is 0 instead of 13"]),
        ({name: 2 * amount for name, amount in PLAIN.items()}, ["VCPU is 4", "DISK_GB is 26", "MEMORY_MB is 1024"]),
    ],
)
def test_wrong_amounts(held: dict[str, int], sentences: list[str]) -> None:
    found = [str(item) for item in expected_resources(flavor(), volume_backed=False).differences(held)]
    assert len(found) == len(sentences)
    assert all(text.startswith(start) for text, start in zip(found, sentences))


@pytest.mark.parametrize(("swap", "gib"), [(0, 1), (1, 2), (1024, 2), (1025, 3)])
def test_a_volume_backed_server_needs_no_root_disk(swap: int, gib: int) -> None:
    small = Flavor("m1", vcpus=1, ram_mib=64, disk_gib=10, ephemeral_gib=1, swap_mib=swap)
    assert expected_resources(small, volume_backed=True).others == {"MEMORY_MB": 64, "DISK_GB": gib}


def test_no_disk_at_all() -> None:
    tiny = Flavor("m0", vcpus=1, ram_mib=64, disk_gib=5)
    assert expected_resources(tiny, volume_backed=True).others == {"MEMORY_MB": 64}
