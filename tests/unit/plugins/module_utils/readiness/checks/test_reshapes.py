# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts nova-compute will reshape."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Fleet, Unknown
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.catalog import CATALOG
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.questions import FLEET, NOVA_OPTIONS
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.result import CheckResult
from ansible_collections.stackroll.nova.tests.unit.plugins import fake_evidence
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_evidence import (
    Settings,
    child,
    fleet,
    held,
    inventory,
    root,
    server,
)

VGPU = "Reshape of VGPU"
MEMORY = "Reshape of encrypted memory"
CPUS = "Reshape of pinned CPUs"
PCI = "Reshape of PCI devices"
NAMES = (VGPU, MEMORY, CPUS, PCI)
ON = Settings({"pci.report_in_placement": "true"})
PINNED = {"hw:cpu_policy": "dedicated"}
ALIAS = {"pci_passthrough:alias": "gpu:1"}


def ask(name: str, seen: Fleet, options: Any = ON) -> CheckResult:
    return fake_evidence.ask(name, {FLEET: seen} if options is None else {FLEET: seen, NOVA_OPTIONS: options})


def stocked(*servers: Any, allocations: tuple[Any, ...] = (), **totals: int) -> Fleet:
    """cmp1 with this inventory on its root provider."""
    return fleet(
        providers=(root("cmp1"), child("cmp1", "gpu")),
        inventories={"node-cmp1": inventory(**totals), "cmp1-gpu": inventory(VGPU=4, MEM_ENCRYPTION_CONTEXT=4)},
        servers=servers,
        allocations=allocations,
    )


@pytest.mark.parametrize("name", NAMES)
def test_nothing_to_reshape(name: str) -> None:
    assert ask(name, stocked(server(), VCPU=8, allocations=(held("db", VCPU=2),))).result == "success"


@pytest.mark.parametrize("name", NAMES)
def test_what_does_not_answer(name: str) -> None:
    assert ask(name, fleet(unknown=(Unknown("resource providers", "503"),))).result == "unknown"


@pytest.mark.parametrize("name", [VGPU, MEMORY, CPUS])
def test_a_fleet_without_inventories(name: str) -> None:
    assert ask(name, fleet(inventories={})).summary == "The fleet has no inventories."


@pytest.mark.parametrize(("name", "resource"), [(VGPU, "VGPU"), (MEMORY, "MEM_ENCRYPTION_CONTEXT")])
def test_inventory_on_the_root(name: str, resource: str) -> None:
    one: dict[str, Any] = {resource: 1}
    held_by_two = (held("a", **one), held("b", **one), held("c", VCPU=1))
    result = ask(name, stocked(allocations=held_by_two, VCPU=8, **{resource: 4}))
    assert (result.result, result.objects) == ("warning", ("cmp1 (2 consumers)",))


def test_pinned_servers_that_hold_vcpu() -> None:
    pinned = (server("a", extra_specs=PINNED), server("b", extra_specs={"hw:cpu_policy": "shared"}), server("c"))
    allocations = tuple(held(name, VCPU=2) for name in "abc")
    result = ask(CPUS, stocked(*pinned, allocations=allocations, VCPU=8))
    assert (result.result, result.objects) == ("warning", ("cmp1 (1 server)",))
    assert ask(CPUS, stocked(*pinned, allocations=allocations, VCPU=8, PCPU=8)).result == "success"
    assert ask(CPUS, stocked(*pinned, allocations=(held("a", PCPU=2),), PCPU=8)).result == "success"


def test_pci_devices_that_placement_does_not_know() -> None:
    users = (server("a", extra_specs=ALIAS), server("b", extra_specs=ALIAS), server("c"))
    seen = stocked(*users, VCPU=8, allocations=(held("a", VCPU=2), held("b", "cmp1-gpu", CUSTOM_PCI_10DE_1EB8=1)))
    result = ask(PCI, seen)
    assert (result.result, result.objects) == ("warning", ("cmp1 (1 server)",))
    assert ask(PCI, seen, Settings()).result == "success"
    assert ask(PCI, seen, None).result == "unknown"
    assert ask(PCI, stocked(users[2], VCPU=8), None).result == "success", "no device is in use"


def test_a_shelved_server_has_no_devices() -> None:
    away = server("a", extra_specs=ALIAS, vm_state="shelved_offloaded", host=None)
    assert ask(PCI, stocked(away, VCPU=8)).result == "success"


def test_releases() -> None:
    since = {check.name: check.since for check in CATALOG if check.name in NAMES}
    assert since == {VGPU: 19, CPUS: 20, PCI: 26, MEMORY: 32}
