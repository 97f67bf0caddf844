# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One scenario for each way in which allocations are right or wrong."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.accounting.audit import Audit, account
from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Fleet
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_openstack import AMOUNTS, FakeOpenStack, uuid_of

VM_STATE = "OS-EXT-STS:vm_state"
TASK_STATE = "OS-EXT-STS:task_state"
Scenario = Callable[[FakeOpenStack], None]
# Consumers that are names in these scenarios; servers and migrations have the UUID of their name.
Found = list[tuple[str, str, str]]


def plain(cloud: FakeOpenStack) -> None:
    cloud.add_server("a", "cmp1")
    cloud.add_server("b", "cmp2")


def stranger(cloud: FakeOpenStack) -> None:
    cloud.allocate("x", "cmp1", AMOUNTS)


def stranger_outside_all_hosts(cloud: FakeOpenStack) -> None:
    cloud.add_provider("accelerators", {"FPGA": {"total": 1}})
    cloud.allocate("x", "accelerators", {"FPGA": 1})


def nothing_held(cloud: FakeOpenStack) -> None:
    cloud.add_server("a", "cmp1", held={})


def held_elsewhere(cloud: FakeOpenStack) -> None:
    cloud.add_server("a", "cmp1", held={})
    cloud.allocate(uuid_of("a"), "cmp2", AMOUNTS)


def held_on_two_hosts(cloud: FakeOpenStack) -> None:
    cloud.add_server("a", "cmp1")
    cloud.allocate(uuid_of("a"), "cmp2", AMOUNTS)


def held_twice_on_one_host(cloud: FakeOpenStack) -> None:
    cloud.add_server("a", "cmp1", held={name: 2 * amount for name, amount in AMOUNTS.items()})


def held_in_part(cloud: FakeOpenStack) -> None:
    cloud.add_server("a", "cmp1", held={"VCPU": 2, "MEMORY_MB": 512})


def no_provider(cloud: FakeOpenStack) -> None:
    cloud.add_server("a", None, **{"OS-EXT-SRV-ATTR:host": "cmp9", "OS-EXT-SRV-ATTR:hypervisor_hostname": "cmp9"})


def split_over_a_tree(cloud: FakeOpenStack) -> None:
    cloud.add_server("a", "cmp1", held={"MEMORY_MB": 512, "DISK_GB": 13})
    cloud.add_provider("cmp1_numa0", {"PCPU": {"total": 4}}, root="cmp1")
    cloud.allocate(uuid_of("a"), "cmp1_numa0", {"PCPU": 2})


def shared_storage(cloud: FakeOpenStack) -> None:
    cloud.add_server("a", "cmp1", held={"VCPU": 2, "MEMORY_MB": 512})
    cloud.add_provider("ceph", {"DISK_GB": {"total": 10000}})
    cloud.allocate(uuid_of("a"), "ceph", {"DISK_GB": 13})


def without_host(cloud: FakeOpenStack) -> None:
    cloud.add_server("off", None, **{VM_STATE: "shelved_offloaded"})
    cloud.add_server("broken", None, **{VM_STATE: "error"})
    cloud.add_server("being built", None, **{VM_STATE: "building", TASK_STATE: "scheduling"})


def offloaded_but_held(cloud: FakeOpenStack) -> None:
    cloud.add_server("a", None, **{VM_STATE: "shelved_offloaded"})
    cloud.allocate(uuid_of("a"), "cmp1", AMOUNTS)


def to_confirm(cloud: FakeOpenStack) -> None:
    cloud.add_server("a", "cmp2", **{VM_STATE: "resized"})
    cloud.allocate(cloud.add_migration("a", "resize", "finished", "cmp1", "cmp2"), "cmp1", {"VCPU": 1})


def to_confirm_on_one_host(cloud: FakeOpenStack) -> None:
    cloud.add_server("a", "cmp1", **{VM_STATE: "resized"})
    cloud.allocate(cloud.add_migration("a", "resize", "finished", "cmp1", "cmp1"), "cmp1", {"VCPU": 1})


def to_confirm_without_source(cloud: FakeOpenStack) -> None:
    cloud.add_server("a", "cmp2", **{VM_STATE: "resized"})
    cloud.add_migration("a", "migration", "finished", "cmp1", "cmp2")


def to_confirm_on_three_hosts(cloud: FakeOpenStack) -> None:
    to_confirm(cloud)
    cloud.allocate(uuid_of("migration of a"), "cmp3", {"VCPU": 1})


def left_by_a_confirmed_migration(cloud: FakeOpenStack) -> None:
    cloud.add_server("a", "cmp2")
    cloud.allocate(cloud.add_migration("a", "migration", "confirmed", "cmp1", "cmp2"), "cmp1", AMOUNTS)


def live_migrating(cloud: FakeOpenStack) -> None:
    cloud.add_server("a", "cmp1", held={}, **{TASK_STATE: "migrating"})
    cloud.allocate(cloud.add_migration("a", "live-migration", "running", "cmp1", "cmp2"), "cmp1", AMOUNTS)
    cloud.allocate(uuid_of("a"), "cmp2", AMOUNTS)


def evacuated(cloud: FakeOpenStack) -> None:
    cloud.add_server("a", "cmp2", **{VM_STATE: "stopped"})
    cloud.allocate(uuid_of("a"), "cmp1", AMOUNTS)
    cloud.add_migration("a", "evacuation", "done", "cmp1", "cmp2")
    cloud.service("cmp1")["state"] = "down"


def evacuated_and_source_back(cloud: FakeOpenStack) -> None:
    evacuated(cloud)
    cloud.service("cmp1")["state"] = "up"


def evacuated_but_held_on_a_third_host(cloud: FakeOpenStack) -> None:
    evacuated(cloud)
    cloud.allocate(uuid_of("a"), "cmp3", AMOUNTS)


def being_deleted(cloud: FakeOpenStack) -> None:
    cloud.add_server("a", "cmp1", held={}, **{TASK_STATE: "deleting"})


@pytest.mark.parametrize(
    ("scenario", "found"),
    [
        (plain, []),
        (stranger, [("orphaned", "x", "it is neither a server nor an unfinished migration")]),
        (stranger_outside_all_hosts, []),
        (nothing_held, [("missing", "a", "it has no allocations")]),
        (held_elsewhere, [("missing", "a", "its allocations are on cmp2")]),
        (held_on_two_hosts, [("doubled", "a", "it has allocations on cmp2 as well")]),
        (
            held_twice_on_one_host,
            [("doubled", "a", "VCPU is 4 instead of 2, DISK_GB is 26 instead of 13, MEMORY_MB is")],
        ),
        (held_in_part, [("missing", "a", "DISK_GB is 0 instead of 13")]),
        (no_provider, [("missing", "a", "there is no resource provider named cmp9")]),
        (split_over_a_tree, []),
        (shared_storage, []),
        (without_host, []),
        (offloaded_but_held, [("orphaned", "a", "it is shelved_offloaded and needs no host")]),
        (to_confirm, []),
        (to_confirm_on_one_host, []),
        (
            to_confirm_without_source,
            [("missing", "migration of a", "the migration to confirm holds nothing on its source")],
        ),
        (
            to_confirm_on_three_hosts,
            [("doubled", "migration of a", "the migration to confirm has allocations on cmp1, c")],
        ),
        (left_by_a_confirmed_migration, [("orphaned", "migration of a", "it is neither a server nor an unfinished")]),
        (live_migrating, []),
        (evacuated, []),
        (evacuated_and_source_back, [("doubled", "a", "it has allocations on cmp1 as well")]),
        (evacuated_but_held_on_a_third_host, [("doubled", "a", "it has allocations on cmp3 as well")]),
        (being_deleted, []),
    ],
)
def test_scenario(openstack: FakeOpenStack, read: Callable[[], Fleet], scenario: Scenario, found: Found) -> None:
    scenario(openstack)
    findings = Audit(read()).findings
    assert [(item.kind, item.consumer_id) for item in findings] == [
        (kind, name if name == "x" else uuid_of(name)) for kind, name, _reason in found
    ]
    assert all(item.reason.startswith(reason) for item, (_kind, _name, reason) in zip(findings, found))


def test_servers_on_the_way_are_listed(openstack: FakeOpenStack, read: Callable[[], Fleet]) -> None:
    live_migrating(openstack)
    audit = Audit(read())
    assert account(audit, audit.findings)["in_flux"] == [uuid_of("a")]


def test_details_name_everything(openstack: FakeOpenStack, read: Callable[[], Fleet]) -> None:
    held_on_two_hosts(openstack)
    audit = Audit(read())
    result = account(audit, audit.findings)
    assert (result["consumers"], result["doubled"]) == (1, [uuid_of("a")])
    detail = result["details"][0]
    assert (detail["name"], detail["host"], detail["server_id"]) == ("a", "cmp1", uuid_of("a"))
    assert {entry["provider"] for entry in detail["allocations"]} == {"cmp1", "cmp2"}


def test_what_was_known_is_listed_apart(openstack: FakeOpenStack, read: Callable[[], Fleet]) -> None:
    stranger(openstack)
    before = Audit(read())
    nothing_held(openstack)
    after = Audit(read())
    result = account(after, after.findings, before.findings)
    assert (result["orphaned"], result["missing"]) == ([], [uuid_of("a")])
    assert result["preexisting"]["orphaned"] == ["x"]
    assert [item["kind"] for item in result["details"]] == ["missing"]
