# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts nova-compute will reshape, and where it would die of it: from what a run has looked at to one result."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.model.answers import PerCell
from ansible_collections.stackroll.nova.plugins.module_utils.model.database_rows import PciDevices
from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Fleet, Unknown
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.catalog import CATALOG
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.questions import (
    COMPUTE_NODES,
    COMPUTES,
    FLEET,
    PCI_DEVICES,
    PINNED_SERVERS,
    RESHAPED_BY_MODULE,
    SOFTWARE,
)
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.result import CheckResult
from ansible_collections.stackroll.nova.tests.unit.plugins import fake_evidence
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_evidence import (
    child,
    fleet,
    held,
    inventory,
    node,
    nodes,
    root,
    server,
)

VGPU = "Reshape of VGPU"
MEMORY = "Reshape of encrypted memory"
CPUS = "Reshape of pinned CPUs"
PCI = "Reshape of PCI devices"
NAMES = (VGPU, MEMORY, CPUS, PCI)
PINNED = {"hw:cpu_policy": "dedicated"}
GPUS = {"devices/enabled_mdev_types": ["nvidia-35"]}
DEDICATED = {"compute/cpu_dedicated_set": ["0-3"], "compute/cpu_shared_set": ["4-7"]}
IN_PLACEMENT = {"pci/report_in_placement": ["true"], "pci/device_spec": ['{"address": "*:81:*"}']}


def told(values: Any, **changes: Any) -> dict[str, Any]:
    """What host_software_info returns of Nova's options."""
    return {"configuration": {"nova": {"options": [], "problem": None, "values": values, **changes}}}


def software(**values: Any) -> dict[str, Any]:
    """By host; cmp1 and cmp2 have no options but these."""
    return {name: told(values.get(name, {})) for name in ("cmp1", "cmp2")}


def ask(name: str, seen: Fleet, hosts: Any = None, **changes: Any) -> CheckResult:
    answers = {FLEET: seen, SOFTWARE: software() if hosts is None else hosts}
    target = changes.pop("target", "2026.2")
    return fake_evidence.ask(name, {**answers, **changes.get("more", {})}, target)


def stocked(*servers: Any, allocations: tuple[Any, ...] = (), **totals: int) -> Fleet:
    """cmp1 with this inventory on its root provider, and cmp2."""
    return fleet(
        providers=(root("cmp1"), child("cmp1", "gpu"), root("cmp2")),
        inventories={
            "node-cmp1": inventory(**totals),
            "node-cmp2": inventory(VCPU=8),
            "cmp1-gpu": inventory(VGPU=4, MEM_ENCRYPTION_CONTEXT=4),
        },
        servers=servers,
        allocations=allocations,
    )


@pytest.mark.parametrize("name", NAMES)
def test_nothing_to_reshape(name: str) -> None:
    result = ask(name, stocked(server(), VCPU=8, allocations=(held("db", VCPU=2),)))
    assert (result.result, result.objects) == ("success", ())


@pytest.mark.parametrize("name", NAMES)
def test_what_does_not_answer(name: str) -> None:
    assert ask(name, fleet(unknown=(Unknown("resource providers", "503"),))).result == "unknown"


@pytest.mark.parametrize("name", NAMES)
def test_a_fleet_without_inventories(name: str) -> None:
    assert ask(name, fleet(inventories={})).summary == "The fleet has no inventories."


@pytest.mark.parametrize("name", NAMES)
def test_a_fleet_that_is_no_tree(name: str) -> None:
    """Two providers of the same name: the check says so instead of breaking."""
    seen = stocked(
        server("a", extra_specs=PINNED), VCPU=8, VGPU=4, MEM_ENCRYPTION_CONTEXT=1, allocations=(held("a", VCPU=2),)
    )
    seen = replace(seen, providers=(*seen.providers, replace(child("cmp1", "gpu"), uuid="twin")))
    result = ask(name, seen, software(cmp1={**GPUS, **DEDICATED, **IN_PLACEMENT}), more=pci(devices("cmp1", 1, held=1)))
    assert (result.result, result.summary) == ("unknown", "Two providers of cmp1 have the same name.")


@pytest.mark.parametrize(("name", "resource"), [(VGPU, "VGPU"), (MEMORY, "MEM_ENCRYPTION_CONTEXT")])
def test_a_reshape_that_succeeds_is_a_warning(name: str, resource: str) -> None:
    result = ask(name, stocked(**{"VCPU": 8, resource: 4}), software(cmp1=GPUS))
    assert (result.result, result.objects) == ("warning", (f"cmp1 (nobody holds {resource})",))
    assert result.summary == f"Ahead when nova-compute of 2026.2 starts: cmp1 (nobody holds {resource})."
    assert "look for Reshape in the log" in result.remedy


def test_a_reshape_that_fails_is_a_failure() -> None:
    seen = stocked(VCPU=8, VGPU=4, allocations=(held("gone", VCPU=1, VGPU=1),))
    result = ask(VGPU, seen, software(cmp1=GPUS))
    assert result.result == "failure"
    assert result.objects == ("cmp1 (id-of-gone holds VGPU and is no server on the host)",)
    assert "will not start, or not report the host any more: cmp1 (id-of-gone" in result.summary
    assert "nova-manage placement audit" in result.remedy


def test_a_reshape_of_which_too_little_is_known_is_unknown() -> None:
    seen = stocked(server("a"), VCPU=8, VGPU=4, allocations=(held("a", VCPU=1, VGPU=1),))
    result = ask(VGPU, seen, software(cmp1=GPUS))
    assert result.result == "unknown"
    assert "mediated device" in result.objects[0]
    assert "virsh dumpxml" in result.remedy


def test_the_worst_comes_first_and_all_are_named() -> None:
    seen = fleet(
        ("cmp1", "cmp2", "cmp3"),
        inventories={f"node-{host}": inventory(VCPU=8, VGPU=4) for host in ("cmp1", "cmp2", "cmp3")},
        servers=(server("b", host="cmp2"),),
        allocations=(held("b", "node-cmp2", VCPU=1, VGPU=1), held("gone", "node-cmp3", VCPU=1, VGPU=1)),
    )
    result = ask(VGPU, seen, {name: told(GPUS) for name in ("cmp1", "cmp2", "cmp3")})
    assert result.result == "failure"
    assert [text.split(" ", 1)[0] for text in result.objects] == ["cmp3", "cmp2", "cmp1"]
    assert result.summary.count(".") >= 3


@pytest.mark.parametrize(
    ("target", "values", "expected"),
    [
        ("2025.1", {}, "skipped"),
        ("2026.1", {"libvirt/num_memory_encrypted_guests": ["0"]}, "failure"),
        ("2026.2", {}, "warning"),
    ],
)
def test_the_target_release_counts(target: str, values: Any, expected: str) -> None:
    seen = stocked(
        server("a"), VCPU=8, MEM_ENCRYPTION_CONTEXT=2, allocations=(held("a", VCPU=1, MEM_ENCRYPTION_CONTEXT=1),)
    )
    (check,) = [check for check in CATALOG if check.name == MEMORY]
    if expected == "skipped":
        assert check.since == 32
    else:
        assert ask(MEMORY, seen, software(cmp1=values), target=target).result == expected


def test_pinned_servers_that_hold_vcpu() -> None:
    pinned = (server("a", extra_specs=PINNED), server("b", extra_specs={"hw:cpu_policy": "shared"}))
    allocations = tuple(held(name, VCPU=2) for name in "ab")
    seen = stocked(*pinned, allocations=allocations, VCPU=8)
    result = ask(CPUS, seen, software(cmp1=DEDICATED))
    assert (result.result, result.total) == ("warning", 1)
    assert result.objects[0].startswith("cmp1 (1 pinned consumer holds VCPU, 2 in all")
    assert ask(CPUS, seen).result == "success", "the option is not set"
    assert ask(CPUS, seen, {}).result == "unknown", "the options are not known"
    assert ask(CPUS, stocked(*pinned, allocations=allocations, VCPU=8, PCPU=8), {"cmp2": told({})}).result == "success"


def pinned_servers(*names: str, **silent: str) -> dict[Any, Any]:
    return {PINNED_SERVERS: PerCell({"cell1": frozenset(f"id-of-{name}" for name in names)}, silent, "cell0")}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, "unknown"),
        (pinned_servers(), "success"),
        (pinned_servers("a"), "failure"),
        (pinned_servers(cell2="timeout"), "unknown"),
    ],
)
def test_the_database_knows_who_is_pinned_by_the_image(more: Any, expected: str) -> None:
    seen = stocked(server("a"), VCPU=8, allocations=(held("a", VCPU=5),))
    assert ask(CPUS, seen, software(cmp1=DEDICATED), more=more).result == expected


def devices(host: str, count: int, *both_kinds: str, held: int = 0) -> PciDevices:
    return PciDevices(f"node-{host}", count, both_kinds, held)


def pci(*found: PciDevices, **silent: str) -> dict[Any, Any]:
    there = nodes(node("cmp1"), node("cmp2"))
    return {PCI_DEVICES: PerCell({"cell1": found}, silent, "cell0"), COMPUTE_NODES: there}


@pytest.mark.parametrize(
    ("values", "more", "expected", "named"),
    [
        ({}, {}, "success", ""),
        ({}, pci(devices("cmp1", 9, "0000:81:00.0")), "success", ""),
        (IN_PLACEMENT, {}, "unknown", "which PCI devices"),
        (IN_PLACEMENT, pci(), "success", ""),
        (IN_PLACEMENT, pci(cell2="timeout"), "unknown", ""),
        (IN_PLACEMENT, pci(devices("cmp1", 9)), "warning", "9 PCI devices"),
        (IN_PLACEMENT, pci(devices("cmp1", 9, "0000:81:00.0")), "failure", "both tracked"),
    ],
)
def test_pci_devices(values: Any, more: Any, expected: str, named: str) -> None:
    result = ask(PCI, stocked(VCPU=8), software(cmp1=values), more=more)
    assert result.result == expected
    assert named in "".join(result.objects)


@pytest.mark.parametrize(
    "broken",
    [
        {"cmp2": told({})},
        {**software(), "cmp1": told(None, problem="cannot be read")},
        {**software(), "cmp1": told({}, problem="cannot be read")},
        {**software(), "cmp1": {"configuration": {"nova": {"options": [], "problem": None}}}},
        {**software(), "cmp1": {"configuration": {}}},
    ],
)
def test_a_host_that_has_not_told_its_options(broken: Any) -> None:
    result = ask(PCI, stocked(VCPU=8), broken)
    assert result.result == "unknown"
    assert [text.split(" ", 1)[0] for text in result.objects] == ["cmp1"]
    assert "host_software_info" in result.remedy


def test_a_host_of_another_name() -> None:
    """The inventory's name, Nova's and that of the compute node are three: the database brings them together."""
    seen = fleet(providers=(root("cmp1.example.org", "node-1"),), inventories={"node-1": inventory(VCPU=8)})
    hosts = {"host-of-rack-1": {**told(IN_PLACEMENT), "host": "cmp1"}}
    known = {**pci(devices("1", 2)), COMPUTE_NODES: nodes(node("cmp1", node="cmp1.example.org", uuid="node-1"))}
    assert ask(PCI, seen, hosts).result == "unknown"
    assert ask(PCI, seen, hosts, more=known).objects == (
        "cmp1.example.org (2 PCI devices, with allocations for the servers that have one)",
    )


@pytest.mark.parametrize(
    ("computes", "more", "named"),
    [
        ((), {}, ["cmp1", "cmp2"]),
        (("cmp2",), {}, ["cmp1", "cmp2"]),
        (("cmp2",), pci(), ["cmp2"]),
        (("cmp1", "cmp2"), pci(), ["cmp1", "cmp2"]),
    ],
)
def test_hosts_that_are_not_rolled_are_left_out(computes: Any, more: Any, named: list[str]) -> None:
    """Unless only the name of the compute node is known, which may be another than the host's."""
    result = ask(PCI, stocked(VCPU=8), {"else": told({})}, more={COMPUTES: computes, **more})
    assert [text.split(" ", 1)[0] for text in result.objects] == named


def sharing_disks(**allocated: Any) -> Fleet:
    """Two hosts with contexts on their roots, a server on each, and what these hold on shared storage."""
    hosts = ("cmp1", "cmp2")
    return fleet(
        (*hosts, "storage"),
        inventories={
            **{f"node-{host}": inventory(VCPU=8, MEM_ENCRYPTION_CONTEXT=4) for host in hosts},
            "node-storage": inventory(DISK_GB=100),
        },
        servers=tuple(server(f"on-{host}", host=host) for host in hosts),
        allocations=(
            *(held(f"on-{host}", f"node-{host}", VCPU=1, MEM_ENCRYPTION_CONTEXT=1) for host in hosts),
            *(held(f"on-{host}", "node-storage", DISK_GB=amount) for host, amount in allocated.items()),
        ),
        traits={"node-storage": ("MISC_SHARES_VIA_AGGREGATE",)},
    )


def test_nova_34_takes_away_what_a_host_shares() -> None:
    seen = sharing_disks(cmp1=10)
    result = ask(MEMORY, seen)
    assert result.result == "failure"
    assert [text.split(" ", 1)[0] for text in result.objects] == ["cmp1", "cmp2"]
    assert "inventory of storage, which the host shares" in result.objects[0]
    assert "storage" not in result.objects[1]
    assert "stackroll_reshape=module" in result.remedy
    assert ask(MEMORY, seen, target="2026.1").result == "warning"


@pytest.mark.parametrize(
    ("by_module", "expected", "summary"),
    [
        ((), "failure", "will not start"),
        (
            ("cmp1",),
            "warning",
            "1 host is reshaped by stackroll.nova.provider_tree_reshape before nova-compute starts.",
        ),
        (("cmp2",), "failure", "will not start"),
        (("cmp2", "cmp1", "cmp9"), "success", "2 hosts are reshaped by stackroll.nova.provider_tree_reshape before"),
    ],
)
def test_hosts_that_the_module_reshapes_are_not_forecast(
    by_module: tuple[str, ...], expected: str, summary: str
) -> None:
    result = ask(MEMORY, sharing_disks(cmp1=10), more={RESHAPED_BY_MODULE: by_module})
    assert result.result == expected
    assert summary in result.summary
    assert not {text.split(" ", 1)[0] for text in result.objects} & set(by_module)


def test_what_the_module_does_not_mend_is_told_all_the_same() -> None:
    values = {**IN_PLACEMENT, "pci/device_spec": ['{"devname": "eth0"}']}
    result = ask(PCI, stocked(VCPU=8), software(cmp1=values), more={RESHAPED_BY_MODULE: ("cmp1",)})
    assert (result.result, result.total) == ("failure", 1)
    assert "reshaped" not in result.summary


def test_hosts_of_the_module_that_are_not_rolled_are_not_counted() -> None:
    more = {RESHAPED_BY_MODULE: ("cmp1", "cmp2"), COMPUTES: ("cmp1",)}
    assert ask(MEMORY, sharing_disks(), more=more).summary.startswith("1 host is reshaped by")


def test_releases() -> None:
    since = {check.name: check.since for check in CATALOG if check.name in NAMES}
    assert since == {VGPU: 19, CPUS: 20, PCI: 26, MEMORY: 32}
