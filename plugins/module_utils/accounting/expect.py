# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a server must hold in Placement, by Nova's own arithmetic (nova.scheduler.utils.ResourceRequest)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ansible_collections.stackroll.nova.plugins.module_utils.model.server import Flavor

RESOURCE_KEY = re.compile(r"^resources([a-zA-Z0-9_-]{1,64})?:(.*)$")
CPU_CLASSES = ("VCPU", "PCPU")
MIB_PER_GIB = 1024


@dataclass(frozen=True)
class Expected:
    """Amounts by resource class; CPUs as one sum, since pinning and reshapes turn VCPU into PCPU."""

    cpus: int
    spare_cpus: int
    others: Mapping[str, int]

    def differences(self, held: Mapping[str, int]) -> list[Difference]:
        """Where the held amounts are not the expected ones.

        Classes that no flavor names are left alone: they come from ports, devices, images and encrypted memory.
        """
        cpus = sum(held.get(name, 0) for name in CPU_CLASSES)
        found = []
        if not self.cpus <= cpus <= self.cpus + self.spare_cpus:
            found.append(Difference("VCPU" if "PCPU" not in held else "VCPU and PCPU", self.cpus, cpus))
        for name in sorted({*self.others, "MEMORY_MB", "DISK_GB"}):
            wanted, amount = self.others.get(name, 0), held.get(name, 0)
            if wanted != amount:
                found.append(Difference(name, wanted, amount))
        return found


@dataclass(frozen=True)
class Difference:
    """One resource class whose amount is wrong."""

    resource_class: str
    expected: int
    held: int

    def __str__(self) -> str:
        """As a part of a sentence."""
        return f"{self.resource_class} is {self.held} instead of {self.expected}"


def expected_resources(flavor: Flavor, volume_backed: bool) -> Expected:
    """The amounts a flavor asks for; its extra specs override them, an amount of 0 means none."""
    named = _named_resources(flavor.extra_specs)
    named_cpus = [named.pop(name) for name in CPU_CLASSES if name in named]
    cpus = sum(named_cpus) if named_cpus else flavor.vcpus
    named.setdefault("MEMORY_MB", flavor.ram_mib)
    named.setdefault("DISK_GB", _disk_gib(flavor, volume_backed))
    # The thread that emulates devices gets a CPU of its own, when the server is pinned; an image can pin as well.
    spare = 1 if flavor.extra_specs.get("hw:emulator_threads_policy") == "isolate" else 0
    return Expected(cpus, spare, {name: amount for name, amount in named.items() if amount})


def _named_resources(extra_specs: Mapping[str, str]) -> dict[str, int]:
    named: dict[str, int] = {}
    for key, value in extra_specs.items():
        match = RESOURCE_KEY.match(key)
        if match and value.strip().isdigit():  # Nova ignores what is no number as well
            named[match.group(2)] = named.get(match.group(2), 0) + int(value)
    return named


def _disk_gib(flavor: Flavor, volume_backed: bool) -> int:
    swap_gib = -(-flavor.swap_mib // MIB_PER_GIB)
    return flavor.ephemeral_gib + swap_gib + (0 if volume_backed else flavor.disk_gib)
