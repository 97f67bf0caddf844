# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One scenario for each change that a repair makes, and for each that it refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.accounting import repair
from ansible_collections.stackroll.nova.plugins.module_utils.accounting.audit import Audit
from ansible_collections.stackroll.nova.plugins.module_utils.accounting.holdings import Refused
from ansible_collections.stackroll.nova.plugins.module_utils.accounting.repair import Planner
from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Fleet
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_openstack import (
    AMOUNTS,
    FLAVOR,
    FakeOpenStack,
    uuid_of,
)

VM_STATE = "OS-EXT-STS:vm_state"
Read = Callable[[], Fleet]
Scenario = Callable[[FakeOpenStack], Any]
Held = dict[str, dict[str, int]]
A = uuid_of("a")
PORT = {"NET_BW_EGR_KILOBIT_PER_SEC": 1000}


def plan(fleet: Fleet, consumer: str, *kinds: str) -> Held:
    """The change of all findings of a consumer, or of some kinds, by the names of providers."""
    audit = Audit(fleet)
    findings = [
        item for item in audit.findings if item.consumer_id == consumer and item.kind in (kinds or (item.kind,))
    ]
    assert findings
    change = Planner(fleet, audit).plan(findings)
    return {audit.ledger.name_of(uuid): dict(resources) for uuid, resources in change.after.items()}


def add_child(cloud: FakeOpenStack, host: str, consumer: str | None = None) -> None:
    cloud.add_provider(f"{host}_agent", {name: {"total": 10000} for name in PORT}, root=host)
    if consumer:
        cloud.allocate(consumer, f"{host}_agent", PORT)


def add_shared(cloud: FakeOpenStack, consumer: str, **resources: int) -> None:
    cloud.add_provider("shared", {"DISK_GB": {"total": 10000}, "FPGA": {"total": 9}})
    cloud.allocate(consumer, "shared", resources)


def stranger(cloud: FakeOpenStack) -> None:
    cloud.allocate(A, "cmp1", AMOUNTS)
    add_child(cloud, "cmp1", A)
    add_shared(cloud, A, FPGA=1)


def offloaded(cloud: FakeOpenStack) -> None:
    cloud.add_server("a", None, **{VM_STATE: "shelved_offloaded"})
    cloud.allocate(A, "cmp1", AMOUNTS)
    add_child(cloud, "cmp1", A)
    add_shared(cloud, A, FPGA=1)


def on_two_hosts(cloud: FakeOpenStack) -> None:
    cloud.add_server("a", "cmp1", held={**AMOUNTS, "CUSTOM_LICENSE": 1})
    cloud.allocate(A, "cmp2", AMOUNTS)
    add_child(cloud, "cmp1", A)
    add_child(cloud, "cmp2", A)
    add_shared(cloud, A, FPGA=1)


def too_much(cloud: FakeOpenStack) -> None:
    cloud.add_server("a", "cmp1", held={**AMOUNTS, "VCPU": 4, "CUSTOM_LICENSE": 1})
    add_shared(cloud, A, FPGA=1)


def on_two_hosts_and_too_much(cloud: FakeOpenStack) -> None:
    cloud.add_server("a", "cmp1", held={**AMOUNTS, "VCPU": 4})
    cloud.allocate(A, "cmp2", AMOUNTS)


def on_two_hosts_and_too_little(cloud: FakeOpenStack) -> None:
    cloud.add_server("a", "cmp1", held={"VCPU": 2})
    cloud.allocate(A, "cmp2", AMOUNTS)


def nothing(cloud: FakeOpenStack) -> None:
    cloud.add_server("a", "cmp1", held={})


def elsewhere(cloud: FakeOpenStack) -> None:
    cloud.add_server("a", "cmp1", held={})
    cloud.allocate(A, "cmp2", AMOUNTS)
    add_shared(cloud, A, FPGA=1)


def too_little(cloud: FakeOpenStack) -> None:
    cloud.add_server("a", "cmp1", held={"VCPU": 2, "MEMORY_MB": 100, "CUSTOM_LICENSE": 1})


def disk_of_no_use(cloud: FakeOpenStack) -> None:
    diskless = {**FLAVOR, "disk": 0, "ephemeral": 0, "swap": 0}
    cloud.add_server("a", "cmp1", flavor=diskless)


def pinned_and_short_of_memory(cloud: FakeOpenStack) -> None:
    cloud.inventories[uuid_of("cmp1")]["PCPU"] = {"total": 8}
    cloud.add_server("a", "cmp1", held={"PCPU": 2, "DISK_GB": 13})


def over_capacity_but_less(cloud: FakeOpenStack) -> None:
    too_much(cloud)
    cloud.inventories[uuid_of("cmp1")]["VCPU"] = {"total": 1}


@pytest.mark.parametrize(
    ("scenario", "kinds", "after"),
    [
        (stranger, (), {}),
        (offloaded, (), {"shared": {"FPGA": 1}}),
        (
            on_two_hosts,
            (),
            {"cmp1": {**AMOUNTS, "CUSTOM_LICENSE": 1}, "cmp1_agent": PORT, "shared": {"FPGA": 1}},
        ),
        (too_much, (), {"cmp1": {**AMOUNTS, "CUSTOM_LICENSE": 1}, "shared": {"FPGA": 1}}),
        (on_two_hosts_and_too_much, (), {"cmp1": AMOUNTS}),
        (on_two_hosts_and_too_little, (), {"cmp1": AMOUNTS}),
        (on_two_hosts_and_too_little, ("doubled",), {"cmp1": {"VCPU": 2}}),
        (on_two_hosts_and_too_little, ("missing",), {"cmp1": AMOUNTS, "cmp2": AMOUNTS}),
        (nothing, (), {"cmp1": AMOUNTS}),
        (elsewhere, (), {"cmp1": AMOUNTS, "shared": {"FPGA": 1}}),
        (too_little, (), {"cmp1": {**AMOUNTS, "CUSTOM_LICENSE": 1}}),
        (disk_of_no_use, (), {"cmp1": {"VCPU": 2, "MEMORY_MB": 512}}),
        (pinned_and_short_of_memory, (), {"cmp1": {"PCPU": 2, "MEMORY_MB": 512, "DISK_GB": 13}}),
        (over_capacity_but_less, (), {"cmp1": {**AMOUNTS, "CUSTOM_LICENSE": 1}, "shared": {"FPGA": 1}}),
    ],
)
def test_change(openstack: FakeOpenStack, read: Read, scenario: Scenario, kinds: tuple[str, ...], after: Held) -> None:
    scenario(openstack)
    assert plan(read(), A, *kinds) == after


def no_provider(cloud: FakeOpenStack) -> None:
    place = {"OS-EXT-SRV-ATTR:host": "cmp9", "OS-EXT-SRV-ATTR:hypervisor_hostname": "cmp9"}
    cloud.add_server("a", None, **place)


def nothing_on_a_tree(cloud: FakeOpenStack) -> None:
    nothing(cloud)
    add_child(cloud, "cmp1")


def too_much_on_a_tree(cloud: FakeOpenStack) -> None:
    too_much(cloud)
    add_child(cloud, "cmp1")


def elsewhere_with_a_port(cloud: FakeOpenStack) -> None:
    elsewhere(cloud)
    add_child(cloud, "cmp2", A)


def elsewhere_with_a_device(cloud: FakeOpenStack) -> None:
    elsewhere(cloud)
    cloud.allocate(A, "cmp2", {**AMOUNTS, "VGPU": 1})


def too_little_of_shared_storage(cloud: FakeOpenStack) -> None:
    cloud.add_server("a", "cmp1", held={"VCPU": 2, "MEMORY_MB": 512})
    add_shared(cloud, A, DISK_GB=3)


def nothing_where_cpus_are_pinned(cloud: FakeOpenStack) -> None:
    nothing(cloud)
    cloud.inventories[uuid_of("cmp1")]["PCPU"] = {"total": 8}


def too_few_that_are_pinned(cloud: FakeOpenStack) -> None:
    cloud.add_server("a", "cmp1", held={"PCPU": 1, "MEMORY_MB": 512, "DISK_GB": 13})


def an_emulator_thread_of_its_own(cloud: FakeOpenStack) -> None:
    flavor = {**FLAVOR, "extra_specs": {"hw:emulator_threads_policy": "isolate"}}
    cloud.add_server("a", "cmp1", held={}, flavor=flavor)


def no_room(cloud: FakeOpenStack) -> None:
    nothing(cloud)
    cloud.inventories[uuid_of("cmp1")]["VCPU"] = {"total": 8, "reserved": 2, "allocation_ratio": 0.5}
    cloud.add_server("b", "cmp1")


def no_disk(cloud: FakeOpenStack) -> None:
    nothing(cloud)
    del cloud.inventories[uuid_of("cmp1")]["DISK_GB"]


def too_large_a_piece(cloud: FakeOpenStack) -> None:
    nothing(cloud)
    cloud.inventories[uuid_of("cmp1")]["VCPU"] = {"total": 8, "max_unit": 1}


def too_small_a_piece(cloud: FakeOpenStack) -> None:
    nothing(cloud)
    cloud.inventories[uuid_of("cmp1")]["VCPU"] = {"total": 8, "min_unit": 4}


def odd_steps(cloud: FakeOpenStack) -> None:
    nothing(cloud)
    cloud.inventories[uuid_of("cmp1")]["MEMORY_MB"] = {"total": 4096, "step_size": 1024}


def to_confirm_and_doubled(cloud: FakeOpenStack) -> None:
    cloud.add_server("a", "cmp2", **{VM_STATE: "resized"})
    cloud.allocate(A, "cmp3", AMOUNTS)
    cloud.allocate(cloud.add_migration("a", "resize", "finished", "cmp1", "cmp2"), "cmp1", AMOUNTS)


def evacuated_and_source_back(cloud: FakeOpenStack) -> None:
    cloud.add_server("a", "cmp2")
    cloud.allocate(A, "cmp1", AMOUNTS)
    cloud.add_migration("a", "evacuation", "done", "cmp1", "cmp2")


@pytest.mark.parametrize(
    ("scenario", "reason", "remedy"),
    [
        (no_provider, "there is no resource provider named cmp9", "Restart nova-compute on cmp9"),
        (
            nothing_on_a_tree,
            "cmp1 has child providers (cmp1_agent)",
            "heal_allocations here; it puts everything on the",
        ),
        (too_much_on_a_tree, "cmp1 has child providers (cmp1_agent)", "Move the server"),
        (elsewhere_with_a_port, "it holds NET_BW_EGR_KILOBIT_PER_SEC on cmp2_agent", "Move the server"),
        (elsewhere_with_a_device, "it holds VGPU on cmp2", "Move the server"),
        (too_little_of_shared_storage, "it holds DISK_GB on shared, outside its host", "allocation show " + A),
        (
            nothing_where_cpus_are_pinned,
            "a flavor alone does not tell which",
            "heal_allocations --dry-run --instance " + A,
        ),
        (too_few_that_are_pinned, "a flavor alone does not tell which", "move it to another host"),
        (an_emulator_thread_of_its_own, "a flavor alone does not tell which", "heal_allocations"),
        (no_room, "cmp1 has no room: 2 of VCPU are needed and 1 are free", "Move servers away from cmp1"),
        (no_disk, "cmp1 has no room: it offers no DISK_GB", "mend its inventory"),
        (too_large_a_piece, "cmp1 has no room: it does not give out 2 of VCPU at once", "mend its inventory"),
        (too_small_a_piece, "cmp1 has no room: it does not give out 2 of VCPU at once", "mend its inventory"),
        (odd_steps, "cmp1 has no room: it does not give out 512 of MEMORY_MB at once", "mend its inventory"),
        (to_confirm_and_doubled, "its resize is finished", "confirm, revert or abort it"),
        (
            evacuated_and_source_back,
            "it was evacuated from cmp1, which has not cleaned up",
            "Start nova-compute on cmp1",
        ),
    ],
)
def test_refusal(openstack: FakeOpenStack, read: Read, scenario: Scenario, reason: str, remedy: str) -> None:
    scenario(openstack)
    with pytest.raises(Refused) as refused:
        plan(read(), A)
    assert refused.value.message.startswith(reason)
    assert remedy in refused.value.remedy


def test_a_migration_to_confirm_is_left_alone(openstack: FakeOpenStack, read: Read) -> None:
    openstack.add_server("a", "cmp2", **{VM_STATE: "resized"})
    migration = openstack.add_migration("a", "resize", "finished", "cmp1", "cmp2")
    openstack.allocate(migration, "cmp1", AMOUNTS)
    openstack.allocate(migration, "cmp3", AMOUNTS)
    with pytest.raises(Refused, match="a migration waits to be confirmed"):
        plan(read(), migration)


def test_what_would_stay_wrong_is_refused(openstack: FakeOpenStack, read: Read) -> None:
    """Without its allocations on cmp2 the server would have none: only both findings together can be mended."""
    openstack.add_server("a", "cmp1", held={"CUSTOM_LICENSE": 1})
    openstack.allocate(A, "cmp2", AMOUNTS)
    openstack.add_provider("cmp1_numa0", {"PCPU": {"total": 8}}, root="cmp1")
    assert plan(read(), A, "doubled") == {"cmp1": {"CUSTOM_LICENSE": 1}}
    with pytest.raises(Refused):
        plan(read(), A)


def test_a_plan_that_mends_nothing_is_refused(
    openstack: FakeOpenStack, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The audit has the last word on every plan, before it is written."""
    too_little(openstack)
    monkeypatch.setattr(repair, "fit", lambda _fleet, _server, _home, held: held)
    with pytest.raises(Refused, match="no change of its allocations alone makes them right"):
        plan(read(), A)


def test_a_plan_that_breaks_something_else_is_refused(
    openstack: FakeOpenStack, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    too_much(openstack)
    monkeypatch.setattr(repair, "fit", lambda _fleet, _server, home, _held: {home: {"VCPU": 2}})
    with pytest.raises(Refused, match="no change of its allocations alone makes them right"):
        plan(read(), A)
