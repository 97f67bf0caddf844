# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""provider_tree_reshape while others work on the same hosts, and while Placement answers badly or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from ansible_collections.stackroll.nova.tests.unit.plugins.fake_openstack import uuid_of
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_placement_trees import TreeCloud
from ansible_collections.stackroll.nova.tests.unit.plugins.modules.conftest import RunModule
from ansible_collections.stackroll.nova.tests.unit.plugins.modules.reshaping import (
    LAYOUT,
    STORAGE,
    add_gpu_host,
    after_post,
    before_post,
    reshape,
)

BUILD = {"cmp1": {"VCPU": 1, "MEMORY_MB": 256, "VGPU": 1}}


@pytest.fixture(autouse=True)
def host(trees: TreeCloud, no_sleep: list[float]) -> list[float]:
    """One compute node whose virtual GPUs are on the root."""
    add_gpu_host(trees)
    return no_sleep


def build(trees: TreeCloud, name: str, held: dict[str, Any] | None = None) -> None:
    """A server that comes meanwhile."""
    trees.trees.claim(name, held or BUILD)
    trees.add_server(name, "cmp1", {})


def test_a_build_before_the_reshape_is_read_and_planned_again(run_module: RunModule, trees: TreeCloud) -> None:
    before_post(trees, lambda: build(trees, "new"))
    result = reshape(run_module)
    assert (result["changed"], result["hosts"][0]["attempts"]) == (True, 2)
    assert len(trees.posts()) == 2
    assert uuid_of("new") in trees.posts()[1]["allocations"]
    assert sum(held.get("VGPU", 0) for held in trees.trees.held("new").values()) == 1
    assert "VGPU" not in trees.trees.held("new")["cmp1"]


def test_what_the_second_attempt_returns_undoes_everything(
    run_module: RunModule, trees: TreeCloud, tmp_path: Path
) -> None:
    before_post(trees, lambda: build(trees, "new"))
    result = reshape(run_module, undo_dir=str(tmp_path))
    before = trees.trees.state()
    reshape(run_module, state="undone", undo=result["undo"])
    assert sorted(item["name"] for item in trees.trees.providers.values()) == ["cmp1", STORAGE]
    assert trees.trees.held("new") == BUILD
    assert trees.trees.state() != before
    assert result["hosts"][0]["creates"] == ["cmp1_gpu0", "cmp1_gpu1"]


def test_retries_end(run_module: RunModule, trees: TreeCloud, host: list[float]) -> None:
    before = trees.trees.state()
    before_post(trees, *[lambda: trees.trees.report("cmp1", "VCPU", {"total": 8, "allocation_ratio": 4.0})] * 9)
    result = reshape(run_module, retries=3)
    assert result["failed"]
    assert result["msg"].startswith("cmp1 was changed by somebody else meanwhile:")
    assert (len(trees.posts()), result["hosts"][0]["attempts"], result["hosts"][0]["changed"]) == (4, 4, False)
    assert len([pause for pause in host if pause]) == 3
    assert trees.trees.state() == before


def test_no_retry_when_none_is_wanted(run_module: RunModule, trees: TreeCloud) -> None:
    before_post(trees, lambda: build(trees, "new"))
    result = reshape(run_module, retries=0)
    assert (result["failed"], len(trees.posts())) == (True, 1)
    assert sorted(item["name"] for item in trees.trees.providers.values()) == ["cmp1", STORAGE]


def test_who_no_longer_fits_is_refused_and_the_children_go_again(run_module: RunModule, trees: TreeCloud) -> None:
    trees.trees.named("cmp1")["inventories"]["VGPU"]["allocation_ratio"] = 2.0
    layout = {
        "children": [
            {"name": f"{{root}}_gpu{index}", "inventories": {"VGPU": {"total": 4, "allocation_ratio": 1.0}}}
            for index in range(2)
        ]
    }
    before_post(trees, lambda: build(trees, "new", {"cmp1": {"VCPU": 1, "VGPU": 2}}))
    result = reshape(run_module, layout=layout)
    assert "9 of VGPU are held, and there is room for 8" in result["msg"]
    assert sorted(item["name"] for item in trees.trees.providers.values()) == ["cmp1", STORAGE]
    assert (result["changed"], result["hosts"][0]["changed"], len(trees.posts())) == (False, False, 1)


@pytest.mark.parametrize(
    "action",
    [
        lambda trees: trees.trees.claim("cmp1-vm0", {}),
        lambda trees: trees.trees.forget("cmp1-vm0"),
        lambda trees: trees.trees.claim("cmp1-vm0", {"cmp1": {"VCPU": 2, "VGPU": 1}, STORAGE: {"DISK_GB": 20}}),
        lambda trees: trees.trees.claim("cmp1-vm0", {"cmp2": {"VCPU": 1, "VGPU": 2}, STORAGE: {"DISK_GB": 10}}),
        lambda trees: trees.trees.report("cmp1", "VGPU", None) if not trees.trees.consumers else None,
    ],
    ids=["deleted", "deleted by force", "resized", "moved", "nothing"],
)
def test_whatever_happens_to_a_server_in_between_is_kept(
    run_module: RunModule, trees: TreeCloud, action: Callable[[TreeCloud], object]
) -> None:
    add_gpu_host(trees, "cmp2")
    wanted: list[Any] = []

    def act() -> None:
        action(trees)
        wanted.append(trees.trees.sums())

    before_post(trees, act)
    result = reshape(run_module)
    assert result["changed"]
    assert trees.trees.sums() == wanted[0]


def test_a_refusal_other_than_a_conflict_is_not_tried_again(run_module: RunModule, trees: TreeCloud) -> None:
    before = trees.trees.state()
    # A server that the list of allocations does not tell, as if it came in the same instant.
    trees.trees.resource_classes.remove("VCPU")
    before_post(trees)
    result = reshape(run_module)
    assert result["failed"]
    trees.trees.resource_classes.append("VCPU")
    assert trees.trees.state() == before
    assert len(trees.posts()) <= 1


@pytest.mark.parametrize("done", [False, True], ids=["not carried out", "carried out"])
@pytest.mark.parametrize("answer", ["none", "504"])
def test_a_reshape_without_answer_is_looked_at(
    run_module: RunModule, trees: TreeCloud, done: bool, answer: str
) -> None:
    """Nobody knows whether it was carried out: the host is then as it was, or as it was to be, and the module says which."""
    before = trees.trees.state()
    trees.broken_once("/reshaper", done, None if answer == "none" else 504)
    result = reshape(run_module)
    after = trees.trees.state()
    if result.get("failed"):
        assert after == before
        assert result["hosts"][0]["changed"] is False
    else:
        assert after != before
        assert result["changed"]
        undo = result["undo"]
        reshape(run_module, state="undone", undo=undo)
        assert trees.trees.state() == before


@pytest.mark.parametrize("done", [False, True], ids=["not carried out", "carried out"])
@pytest.mark.parametrize("status", [None, 504])
def test_a_child_whose_creation_has_no_answer_goes_again(
    run_module: RunModule, trees: TreeCloud, done: bool, status: int | None
) -> None:
    before = trees.trees.state()
    trees.broken_once("/resource_providers", done, status)
    result = reshape(run_module)
    assert result["msg"].startswith("The reshape of cmp1 failed: POST /resource_providers ")
    assert (result["changed"], trees.trees.state()) == (False, before)


def test_what_cannot_be_deleted_again_is_told(run_module: RunModule, trees: TreeCloud) -> None:
    trees.trees.roles = {"admin"}

    def hook(method: str, path: str) -> None:
        trees.broken = {path: 500} if method == "DELETE" and path.endswith(trees.trees.uuid("cmp1_gpu0")) else {}

    trees.before_request = hook
    result = reshape(run_module)
    assert "These providers, which are empty, are left: cmp1_gpu0." in result["msg"]
    assert "takes the role service" in result["msg"]
    assert "cmp1_gpu1" not in [item["name"] for item in trees.trees.providers.values()]


@pytest.mark.parametrize("what", ["traits", "delete"])
def test_what_cannot_be_finished_is_undone(run_module: RunModule, trees: TreeCloud, what: str) -> None:
    """The roll starts the old code again after a failure, so the host has to have its old shape then."""
    options: dict[str, Any] = {}
    if what == "delete":
        trees.trees.add("cmp1_old", {"VGPU": 2}, "cmp1")
        options["layout"] = {
            "children": [{"name": "{root}_gpu0", "inventories": {"VGPU": 10}}],
            "dissolve": ["cmp1_old"],
        }
        path = f"/resource_providers/{uuid_of('cmp1_old')}"
    else:
        path = f"/resource_providers/{uuid_of('cmp1')}/traits"
    before = trees.trees.state()

    def hook(method: str, asked: str) -> None:
        trees.broken = {path: 500} if method != "GET" and asked == path else {}

    trees.before_request = hook
    result = reshape(run_module, **options)
    assert result["failed"]
    assert "it is broken" in result["msg"]
    assert "It was undone." in result["msg"]
    assert (result["hosts"][0]["undone"], result["hosts"][0]["changed"]) == (True, False)
    after = trees.trees.state()
    assert after == before


def test_a_child_that_somebody_else_creates_in_between_is_taken_over(run_module: RunModule, trees: TreeCloud) -> None:
    left = [lambda: trees.trees.add("cmp1_gpu0", {}, "cmp1")]

    def hook(method: str, _path: str) -> None:
        if method == "POST" and left:
            left.pop()()

    trees.before_request = hook
    result = reshape(run_module)
    assert result["failed"]
    assert "already exists" in result["msg"]
    assert reshape(run_module)["changed"]


# Proof.


def corrupt_once(trees: TreeCloud, action: Callable[[], object]) -> None:
    """A Placement that makes a mistake in its first reshape."""
    left = [action]
    trees.trees.corrupt = lambda: left.pop()() if left else None


def drop(trees: TreeCloud) -> None:
    """Forget the part of a consumer that moved."""
    held = trees.trees.consumers[uuid_of("cmp1-vm0")]["allocations"]
    for name in ("cmp1_gpu0", "cmp1_gpu1"):
        held.pop(trees.trees.uuid(name), None)


CORRUPTIONS: dict[str, Callable[[TreeCloud], object]] = {
    "units lost": drop,
    "storage lost": lambda trees: trees.trees.consumers[uuid_of("cmp1-vm1")]["allocations"].pop(uuid_of(STORAGE)),
    "a total": lambda trees: trees.trees.named("cmp1_gpu1")["inventories"]["VGPU"].update(total=5),
    "still on the root": lambda trees: trees.trees.report("cmp1", "VGPU", 8),
    "another project": lambda trees: trees.trees.consumers[uuid_of("cmp1-vm1")].update(project_id="other"),
    "a server": lambda trees: trees.trees.consumers.pop(uuid_of("cmp1-vm0")),
}


@pytest.mark.parametrize("what", CORRUPTIONS)
def test_what_reads_back_differently_is_undone_and_fails(run_module: RunModule, trees: TreeCloud, what: str) -> None:
    before = trees.trees.state()
    corrupt_once(trees, lambda: CORRUPTIONS[what](trees))
    result = reshape(run_module)
    assert result["failed"]
    assert result["msg"].startswith("The reshape of cmp1 did not end as it must:")
    assert "It was undone." in result["msg"]
    assert result["hosts"][0]["undone"]
    assert trees.trees.state() == before
    assert result["hosts"][0]["changed"] is False


def test_an_undo_is_tried_again_when_others_work_on_the_host(run_module: RunModule, trees: TreeCloud) -> None:
    corrupt_once(trees, lambda: drop(trees))
    before_post(trees, lambda: None, lambda: build(trees, "new", {"cmp1": {"VCPU": 1}}))
    result = reshape(run_module)
    assert "It was undone." in result["msg"]
    assert trees.trees.held("cmp1-vm0") == {"cmp1": {"VCPU": 1, "MEMORY_MB": 512, "VGPU": 2}, STORAGE: {"DISK_GB": 10}}
    assert trees.trees.held("new") == {"cmp1": {"VCPU": 1}}


def test_an_undo_that_fails_says_so(run_module: RunModule, trees: TreeCloud) -> None:
    corrupt_once(trees, lambda: drop(trees))
    before_post(trees, lambda: None, lambda: trees.trees.roles.remove("service"))
    result = reshape(run_module)
    assert "It could not be undone: This account may not reshape cmp1" in result["msg"]
    assert (result["changed"], result["hosts"][0]["changed"], result["hosts"][0]["undone"]) == (True, True, False)
    assert result["undo"]["cmp1"]["created"]


def test_servers_that_come_and_go_between_reshape_and_proof_are_no_loss(
    run_module: RunModule, trees: TreeCloud
) -> None:
    def others() -> None:
        build(trees, "new", {"cmp1": {"VCPU": 1}, "cmp1_gpu0": {"VGPU": 1}} if room(trees) else {"cmp1": {"VCPU": 1}})
        trees.trees.claim("cmp1-vm0", {})
        trees.servers = [item for item in trees.servers if item["name"] != "cmp1-vm0"]
        trees.trees.forget("cmp1-vm3")
        trees.servers = [item for item in trees.servers if item["name"] != "cmp1-vm3"]
        trees.trees.claim("cmp1-vm1", {"cmp1": {"VCPU": 3}})

    after_post(trees, others)
    result = reshape(run_module)
    assert not result.get("failed")
    assert result["hosts"][0]["written_since"] == [uuid_of("cmp1-vm1")]


def test_a_server_that_goes_between_two_lists_of_the_proof_is_no_loss(run_module: RunModule, trees: TreeCloud) -> None:
    """It is in the list of one provider and not in that of the next, with the generation that was expected."""
    trees.trees.add("cmp1_agent", {"NET_BW_EGR_KILOBIT_PER_SEC": 1000}, "cmp1")
    bandwidth = {"cmp1_agent": {"NET_BW_EGR_KILOBIT_PER_SEC": 10}}
    trees.trees.hold("cmp1-vm3", {"cmp1": {"VCPU": 1}, **bandwidth, STORAGE: {"DISK_GB": 10}})
    gone = Event()

    def after(_method: str, path: str) -> None:
        if trees.posts() and path == f"/resource_providers/{uuid_of('cmp1')}/allocations" and not gone.is_set():
            trees.trees.forget("cmp1-vm3")
            trees.servers = [item for item in trees.servers if item["name"] != "cmp1-vm3"]
            gone.set()

    def before(_method: str, path: str) -> None:
        if trees.posts() and path == f"/resource_providers/{uuid_of('cmp1_agent')}/allocations":
            assert gone.wait(10)

    trees.before_request, trees.after_request = before, after
    result = reshape(run_module)
    assert not result.get("failed")
    assert gone.is_set()


def room(trees: TreeCloud) -> bool:
    """Whether the first child has something left."""
    uuid = trees.trees.uuid("cmp1_gpu0")
    used = sum(item["allocations"].get(uuid, {}).get("VGPU", 0) for item in trees.trees.consumers.values())
    return bool(used < 4)


def test_a_server_that_moves_away_between_reshape_and_proof_is_no_loss(run_module: RunModule, trees: TreeCloud) -> None:
    add_gpu_host(trees, "cmp2")
    after_post(trees, lambda: trees.trees.claim("cmp1-vm0", {"cmp2": {"VCPU": 1, "VGPU": 1}}))
    assert not reshape(run_module).get("failed")


@pytest.mark.parametrize(
    ("fields", "is_loss"),
    [
        ({}, True),
        ({"OS-EXT-STS:task_state": "deleting"}, False),
        ({"OS-EXT-SRV-ATTR:host": None}, False),
    ],
)
def test_a_server_that_exists_and_holds_nothing_is_a_loss(
    run_module: RunModule, trees: TreeCloud, fields: dict[str, Any], is_loss: bool
) -> None:
    def lose() -> None:
        trees.trees.forget("cmp1-vm0")
        next(item for item in trees.servers if item["name"] == "cmp1-vm0").update(fields)

    after_post(trees, lose)
    result = reshape(run_module)
    assert bool(result.get("failed")) == is_loss
    if is_loss:
        assert f"{uuid_of('cmp1-vm0')} exists and holds nothing any more" in result["msg"]
        assert trees.trees.held("cmp1-vm0")["cmp1"]["VGPU"] == 2


def test_other_inventory_that_changes_meanwhile_is_nobodys_loss(run_module: RunModule, trees: TreeCloud) -> None:
    """An agent reports its bandwidth, and shared disks grow: neither has to do with the layout."""
    trees.trees.add("cmp1_agent", {"NET_BW_EGR_KILOBIT_PER_SEC": 1000}, "cmp1")
    trees.trees.report("cmp1", "DISK_GB", 100)

    def others() -> None:
        trees.trees.report("cmp1_agent", "NET_BW_EGR_KILOBIT_PER_SEC", 2000)
        trees.trees.report("cmp1", "DISK_GB", 90)

    after_post(trees, others)
    result = reshape(run_module)
    assert not result.get("failed")


def test_what_was_deleted_and_is_there_again_is_seen(run_module: RunModule, trees: TreeCloud) -> None:
    """An old nova-compute, or an agent, that still wants it."""
    trees.trees.add("cmp1_old", {}, "cmp1")
    path = f"/resource_providers/{uuid_of('cmp1_old')}"

    def again(method: str, asked: str) -> None:
        if (method, asked) == ("DELETE", path):
            trees.trees.add("cmp1_old", {}, "cmp1")

    trees.after_request = again
    result = reshape(run_module, layout={**LAYOUT, "dissolve": ["{root}_old"]})
    assert "the provider cmp1_old is still there" in result["msg"]


# Migrations.


@pytest.mark.parametrize(
    "migration",
    [
        ("live-migration", "running", "cmp1", "cmp2"),
        ("migration", "finished", "cmp2", "cmp1"),
        ("resize", "confirming", "cmp1", "cmp1"),
        ("evacuation", "done", "cmp1", "cmp2"),
    ],
)
def test_a_host_with_unfinished_migrations_is_refused(
    run_module: RunModule, trees: TreeCloud, migration: tuple[str, str, str, str]
) -> None:
    kind, status, source, dest = migration
    add_gpu_host(trees, "cmp2")
    trees.add_migration("cmp1-vm0" if source == "cmp1" else "cmp2-vm0", kind, status, source, dest)
    result = reshape(run_module)
    assert result["msg"].startswith("cmp1 cannot be reshaped during 1 migration:")
    assert trees.writes() == []
    assert reshape(run_module, check=True)["failed"]


def test_a_migration_is_seen_where_node_and_host_have_other_names(run_module: RunModule, trees: TreeCloud) -> None:
    trees.add_migration("stranger", "live-migration", "running", "short", "else")
    trees.migrations[-1].update(source_node="cmp1", dest_node="cmp2")
    result = reshape(run_module)
    assert result["msg"].startswith("cmp1 cannot be reshaped during 1 migration:")
    assert trees.writes() == []


@pytest.mark.parametrize("status", ["completed", "error", "cancelled", "reverted", "confirmed"])
def test_finished_migrations_are_nothing(run_module: RunModule, trees: TreeCloud, status: str) -> None:
    trees.add_migration("cmp1-vm0", "live-migration", status, "cmp1", "cmp2")
    assert reshape(run_module)["changed"]


def test_a_host_that_has_its_shape_may_have_migrations(run_module: RunModule, trees: TreeCloud) -> None:
    reshape(run_module)
    trees.add_migration("cmp1-vm0", "live-migration", "running", "cmp1", "cmp2")
    assert reshape(run_module)["changed"] is False


def test_migrations_are_waited_for_and_then_everything_is_read_again(
    run_module: RunModule, trees: TreeCloud, host: list[float]
) -> None:
    """The migration ends while we wait, and its server has gone: what was read before is no plan any more."""
    trees.add_migration("cmp1-vm0", "live-migration", "running", "cmp1", "cmp2")
    add_gpu_host(trees, "cmp2")
    seen: list[int] = []

    def end(_method: str, path: str) -> None:
        if path == "/os-migrations":
            seen.append(1)
            if len(host) >= 2 and trees.migrations[0]["status"] == "running":
                trees.migrations[0]["status"] = "completed"
                trees.trees.claim("cmp1-vm0", {"cmp2": {"VCPU": 1, "VGPU": 1}})

    trees.before_request = end
    result = reshape(run_module, wait_for_migrations=60)
    assert result["changed"]
    assert (result["hosts"][0]["attempts"], len(trees.posts())) == (1, 1)
    assert trees.trees.held("cmp1-vm0") == {"cmp2": {"VCPU": 1, "VGPU": 1}}


def test_waiting_ends(run_module: RunModule, trees: TreeCloud, host: list[float]) -> None:
    trees.add_migration("cmp1-vm0", "live-migration", "running", "cmp1", "cmp2")
    result = reshape(run_module, wait_for_migrations=60)
    assert result["msg"].startswith("cmp1 cannot be reshaped during 1 migration:")
    assert 60 <= sum(host) < 63


def test_who_does_not_fit_because_of_a_migration_is_waited_for(
    run_module: RunModule, trees: TreeCloud, host: list[float]
) -> None:
    """While a server is resized on its host it holds twice as much; the plan fails because of that only."""
    trees.add_migration("cmp1-vm2", "resize", "confirming", "cmp1", "cmp1")
    trees.trees.report("cmp1", "VGPU", {"total": 8, "allocation_ratio": 2.0, "max_unit": 8})
    trees.trees.claim("migration of cmp1-vm2", {"cmp1": {"VCPU": 1, "VGPU": 3}})
    layout = {
        "children": [
            {"name": f"{{root}}_gpu{index}", "inventories": {"VGPU": {"total": 4, "allocation_ratio": 1.0}}}
            for index in range(2)
        ]
    }
    assert "cannot be reshaped" in reshape(run_module, layout=layout)["msg"]

    def end(_method: str, path: str) -> None:
        if path == "/os-migrations" and len(host) >= 2 and trees.migrations[0]["status"] == "confirming":
            trees.migrations[0]["status"] = "confirmed"
            trees.trees.claim("migration of cmp1-vm2", {})

    trees.before_request = end
    assert reshape(run_module, layout=layout, wait_for_migrations=60)["changed"]


# The consumer that comes back with the same generation.


def reschedule(trees: TreeCloud, status: str) -> Callable[[], None]:
    """What Nova does when a build fails on cmp1 and is tried on cmp2, or when a server is shelved and comes back there."""

    def act() -> None:
        trees.trees.forget("aba")
        trees.trees.claim("aba", {"cmp2": {"VCPU": 1, "VGPU": 1}, STORAGE: {"DISK_GB": 10}})
        found = next(item for item in trees.servers if item["name"] == "aba")
        found.update({"OS-EXT-SRV-ATTR:host": "cmp2", "OS-EXT-SRV-ATTR:hypervisor_hostname": "cmp2"})
        found.update({"OS-EXT-STS:vm_state": status, "OS-EXT-STS:task_state": None})

    return act


@pytest.fixture
def aba(trees: TreeCloud) -> dict[str, Any]:
    """A server of generation 1 on cmp1."""
    add_gpu_host(trees, "cmp2")
    trees.trees.claim("aba", {"cmp1": {"VCPU": 1, "VGPU": 1}, STORAGE: {"DISK_GB": 10}})
    trees.add_server("aba", "cmp1", {})
    return trees.servers[-1]


@pytest.mark.parametrize(
    "fields",
    [
        {"OS-EXT-STS:vm_state": "building", "OS-EXT-STS:task_state": "spawning"},
        {"OS-EXT-STS:vm_state": "building", "OS-EXT-SRV-ATTR:host": None, "OS-EXT-SRV-ATTR:hypervisor_hostname": None},
        {"OS-EXT-STS:vm_state": "stopped", "OS-EXT-STS:task_state": "shelving_offloading"},
        {"OS-EXT-STS:vm_state": None, "status": "UNKNOWN"},
    ],
    ids=["spawning", "scheduling", "shelving", "in a silent cell"],
)
def test_a_server_that_may_come_back_elsewhere_is_not_named(
    run_module: RunModule, trees: TreeCloud, aba: dict[str, Any], fields: dict[str, Any]
) -> None:
    """Neither generation would tell: DELETE /allocations changes none of a provider, and a new consumer begins at the same one."""
    aba.update(fields)
    before_post(trees, reschedule(trees, "active"))
    result = reshape(run_module)
    assert result["failed"]
    assert uuid_of("aba") in result["msg"]
    assert trees.writes() == []


@pytest.mark.parametrize("where", ["cmp1", "cmp2"])
def test_a_build_is_waited_for_wherever_it_ends(
    run_module: RunModule, trees: TreeCloud, host: list[float], aba: dict[str, Any], where: str
) -> None:
    aba.update({"OS-EXT-STS:vm_state": "building"})
    end = reschedule(trees, "active") if where == "cmp2" else lambda: aba.update({"OS-EXT-STS:vm_state": "active"})
    left = [end]

    def hook(_method: str, path: str) -> None:
        if path == "/servers/detail" and sum(host) >= 10 and left:
            left.pop()()

    trees.before_request = hook
    result = reshape(run_module, wait_for_migrations=60)
    assert (result["changed"], sum(host) < 20) == (True, True)
    assert sum(held.get("VGPU", 0) for held in trees.trees.held("aba").values()) == 1
    assert ("cmp2" in trees.trees.held("aba")) == (where == "cmp2")


def test_who_came_back_elsewhere_after_the_read_is_seen_before_the_reshape(
    run_module: RunModule, trees: TreeCloud, aba: dict[str, Any]
) -> None:
    left = [reschedule(trees, "active")]

    def hook(_method: str, path: str) -> None:
        if path == "/os-migrations" and left:
            left.pop()()

    trees.before_request = hook
    result = reshape(run_module)
    assert result["failed"]
    assert trees.writes() == []
    assert trees.trees.held("aba") == {"cmp2": {"VCPU": 1, "VGPU": 1}, STORAGE: {"DISK_GB": 10}}


def test_who_came_back_elsewhere_in_the_last_moment_is_told(
    run_module: RunModule, trees: TreeCloud, aba: dict[str, Any]
) -> None:
    """Then Placement cannot know, and what the other host gave is lost; Nova knows where the server is, so nobody is told all is well."""
    before_post(trees, reschedule(trees, "active"))
    result = reshape(run_module)
    assert result["failed"]
    assert uuid_of("aba") in result["msg"]
    assert "cmp2" in result["msg"]


def test_who_was_deleted_in_the_last_moment_holds_nothing(
    run_module: RunModule, trees: TreeCloud, aba: dict[str, Any]
) -> None:
    """Placement deletes the rows that it has read before the reshape replaced them, and says that all went well."""
    before_post(trees, lambda: trees.servers.remove(aba))
    result = reshape(run_module)
    assert "msg" not in result, result["msg"]
    assert result["changed"]
    assert trees.trees.held("aba") == {}


def test_who_is_moved_is_a_conflict(run_module: RunModule, trees: TreeCloud, aba: dict[str, Any]) -> None:
    """A move writes both providers, so that the generation of ours tells."""

    def move() -> None:
        trees.trees.claim("aba", {})
        reborn = reschedule(trees, "active")
        trees.trees.hold("aba", {})
        reborn()

    before_post(trees, move)
    result = reshape(run_module)
    assert (result["changed"], result["hosts"][0]["attempts"]) == (True, 2)
    assert trees.trees.held("aba") == {"cmp2": {"VCPU": 1, "VGPU": 1}, STORAGE: {"DISK_GB": 10}}


def test_unknown_consumers_may_stay(run_module: RunModule, trees: TreeCloud) -> None:
    """What no server is, such as a reservation of another project's service, moves as everybody else."""
    trees.trees.claim("reservation", {"cmp1": {"VGPU": 1}})
    assert reshape(run_module)["changed"]
    assert list(trees.trees.held("reservation").values()) == [{"VGPU": 1}]
