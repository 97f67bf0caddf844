# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kinds of hosts and flavors of the generated fleets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.server import Flavor

GIB = 1024
SSD, LICENSED = "CUSTOM_SSD", "licensed"
NOTHING: Mapping[str, str] = MappingProxyType({})


def offered(
    total: int, ratio: float = 1.0, reserved: int = 0, most: int | None = None, step: int = 1
) -> dict[str, Any]:
    """One inventory as Placement shows it."""
    return {
        "total": total,
        "reserved": reserved,
        "allocation_ratio": ratio,
        "min_unit": 1,
        "max_unit": total if most is None else most,
        "step_size": step,
    }


@dataclass(frozen=True)
class HostKind:
    """What hosts of one purchase offer; amounts of MEMORY_MB in MiB, of DISK_GB in GiB."""

    name: str
    inventory: Mapping[str, Mapping[str, Any]]
    traits: tuple[str, ...] = ("COMPUTE_NODE", "HW_CPU_X86_AVX2")


@dataclass(frozen=True)
class FlavorKind:
    """A flavor and what a server of it holds in Placement."""

    flavor: Flavor
    resources: Mapping[str, int]
    share: float = 1.0


def host_kind(name: str, cpus: int, gib: int, disk: int, *traits: str, **more: Mapping[str, Any]) -> HostKind:
    """A kind of hosts with that many CPUs (four times overcommitted), GiB of memory and GiB of disk."""
    inventory = {
        "VCPU": offered(cpus, ratio=4.0),
        "MEMORY_MB": offered(gib * GIB, reserved=4 * GIB),
        "DISK_GB": offered(disk),
        **more,
    }
    return HostKind(name, inventory, (*HostKind.traits, *traits))


def flavor_kind(
    name: str, cpus: int, gib: int, disk: int, share: float = 1.0, *, specs: Mapping[str, str] = NOTHING, **more: int
) -> FlavorKind:
    """A flavor with CPUs, GiB of memory and of disk; *more* are amounts of other classes, which may replace VCPU."""
    resources = {"VCPU": cpus, "MEMORY_MB": gib * GIB, "DISK_GB": disk, **more}
    if "PCPU" in more:
        del resources["VCPU"]
    flavor = Flavor(name, cpus, gib * GIB, disk, extra_specs=dict(specs))
    return FlavorKind(flavor, {key: value for key, value in resources.items() if value}, share)


@dataclass(frozen=True)
class Catalog:
    """What a cloud is made of."""

    hosts: tuple[HostKind, ...]
    flavors: tuple[FlavorKind, ...] = field(default=())


EQUAL_HOST = host_kind("equal", 64, 260, 2000)
EQUAL_FLAVOR = flavor_kind("even", 2, 8, 20, 1.0)

PLAIN_HOSTS = (
    host_kind("old", 32, 132, 1500),
    host_kind("middle", 48, 196, 2400),
    host_kind("new", 64, 260, 4000),
)
SPECIAL_HOSTS = (
    host_kind("pinned", 32, 260, 2400, PCPU=offered(24)),
    host_kind("fast", 48, 260, 2400, SSD),
    host_kind("gpu", 48, 260, 2400, CUSTOM_GPU=offered(4, most=2)),
)
PLAIN_FLAVORS = (
    flavor_kind("tiny", 1, 2, 10, 0.25),
    flavor_kind("small", 2, 4, 20, 0.30),
    flavor_kind("medium", 4, 8, 40, 0.25),
    flavor_kind("large", 8, 16, 80, 0.12),
    flavor_kind("memory", 4, 32, 40, 0.05),
    flavor_kind("cpu", 16, 16, 40, 0.03),
)
SPECIAL_FLAVORS = (
    flavor_kind("dedicated", 4, 8, 40, 0.08, specs={"hw:cpu_policy": "dedicated"}, PCPU=4),
    flavor_kind("ssd", 2, 8, 80, 0.08, specs={f"trait:{SSD}": "required"}),
    flavor_kind("gpu", 4, 16, 40, 0.04, specs={"resources:CUSTOM_GPU": "1"}, CUSTOM_GPU=1),
    flavor_kind("licensed", 4, 8, 40, 0.06, specs={f"aggregate_instance_extra_specs:{LICENSED}": "true"}),
)
PLAIN = Catalog(PLAIN_HOSTS, PLAIN_FLAVORS)
SPECIAL = Catalog((*PLAIN_HOSTS, *SPECIAL_HOSTS), (*PLAIN_FLAVORS, *SPECIAL_FLAVORS))
