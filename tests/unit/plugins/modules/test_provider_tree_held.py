# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""provider_tree_reshape with state=held: what nova-compute does to a shape, and what is not its fault."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.modules import provider_tree_info
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_openstack import uuid_of
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_placement_trees import TreeCloud
from ansible_collections.stackroll.nova.tests.unit.plugins.modules.conftest import RunModule
from ansible_collections.stackroll.nova.tests.unit.plugins.modules.reshaping import STORAGE, add_gpu_host, reshape

Deeds = Mapping[float, Callable[[], object]]


@pytest.fixture(autouse=True)
def pauses(trees: TreeCloud, no_sleep: list[float]) -> list[float]:
    """One compute node, and a clock."""
    add_gpu_host(trees)
    return no_sleep


def held(run_module: RunModule, reshaped: dict[str, Any], *hosts: str, **options: Any) -> dict[str, Any]:
    """Watch what a reshape has returned."""
    given = {"before": [item["before"] for item in reshaped["hosts"]], "undo": reshaped["undo"], **options}
    return reshape(run_module, *hosts, state="held", **given)


def meanwhile(trees: TreeCloud, pauses: list[float], deeds: Deeds) -> None:
    """What others do, by the seconds that have passed since now."""
    left = dict(deeds)
    start = sum(pauses)

    def hook(_method: str, _path: str) -> None:
        for moment in [moment for moment in left if sum(pauses) - start >= moment]:
            left.pop(moment)()

    trees.before_request = hook


def report_again(trees: TreeCloud, name: str = "cmp1", total: int = 8) -> Callable[[], None]:
    """What a nova-compute does that knows nothing of children."""
    return lambda: trees.trees.report(name, "VGPU", total)


def drive(trees: TreeCloud) -> None:
    """What a virt driver does by itself at its start: all virtual GPUs to a child, in one request that names everybody."""
    trees.trees.add("cmp1_pci_1", {"VGPU": 8}, "cmp1", generation=3)
    trees.trees.report("cmp1", "VGPU", None)
    for number in range(4):
        allocations = trees.trees.consumers[uuid_of(f"cmp1-vm{number}")]["allocations"]
        vgpus = allocations[uuid_of("cmp1")].pop("VGPU", 0)
        if vgpus:
            allocations[uuid_of("cmp1_pci_1")] = {"VGPU": vgpus}
        trees.trees.consumers[uuid_of(f"cmp1-vm{number}")]["generation"] += 1


def trees_before(run_module: RunModule, *hosts: str) -> dict[str, Any]:
    """What the roll hands in when the driver reshapes."""
    return {"before": run_module(provider_tree_info, hosts=list(hosts or ("cmp1",)))["trees"], "layout": None}


def test_a_shape_that_holds_is_watched_to_the_end(run_module: RunModule, trees: TreeCloud, pauses: list[float]) -> None:
    reshaped = reshape(run_module)
    trees.calls.clear()
    result = held(run_module, reshaped, period=60, periods=2)
    assert not result.get("failed")
    assert (result["changed"], trees.writes()) == (False, [])
    assert sum(pauses) == pytest.approx(120)


@pytest.mark.parametrize("moment", [0, 30, 119])
def test_a_class_that_comes_back_on_the_root_is_undone_and_told(
    run_module: RunModule, trees: TreeCloud, pauses: list[float], moment: float
) -> None:
    before = trees.trees.state()
    reshaped = reshape(run_module)
    meanwhile(trees, pauses, {moment: report_again(trees)})
    result = held(run_module, reshaped)
    assert result["failed"]
    assert (
        "cmp1 does not keep its shape under its nova-compute: total of VGPU on cmp1: 16 instead of 8" in result["msg"]
    )
    assert "It was undone." in result["msg"]
    assert result["changed"]
    assert trees.trees.state() == before
    assert result["hosts"] == [{"host": "cmp1", "broken": ["total of VGPU on cmp1: 16 instead of 8"], "undone": True}]


def test_nova_reports_the_root_as_it_likes(run_module: RunModule, trees: TreeCloud, pauses: list[float]) -> None:
    reshaped = reshape(run_module)
    meanwhile(trees, pauses, {10: report_again(trees, total=9)})
    assert "It was undone." in held(run_module, reshaped)["msg"]
    assert trees.trees.named("cmp1")["inventories"]["VGPU"]["total"] == 9
    assert sum(amount.get("VGPU", 0) for amount in trees.trees.held("cmp1-vm2").values()) == 3


def test_a_part_that_was_left_on_the_root_may_come_back_whole(
    run_module: RunModule, trees: TreeCloud, pauses: list[float]
) -> None:
    before = trees.trees.state()
    layout = {"children": [{"name": "{root}_gpu0", "inventories": {"VGPU": 3}}]}
    reshaped = reshape(run_module, layout=layout)
    assert trees.trees.named("cmp1")["inventories"]["VGPU"]["total"] == 5
    meanwhile(trees, pauses, {10: report_again(trees, total=8)})
    assert "It was undone." in held(run_module, reshaped, layout=layout)["msg"]
    assert trees.trees.state() == before


def test_a_class_that_has_grown_where_it_was_already(
    run_module: RunModule, trees: TreeCloud, pauses: list[float]
) -> None:
    """No provider more or less offers it; the layout names it, so it is compared."""
    layout = {"children": [{"name": "{root}_gpu0", "inventories": {"VGPU": 2}}]}
    reshape(run_module, layout=layout)
    before = trees.trees.state()
    layout["children"][0]["inventories"] = {"VGPU": 3}
    reshaped = reshape(run_module, layout=layout)
    meanwhile(trees, pauses, {10: report_again(trees, total=6)})
    result = held(run_module, reshaped, layout=layout)
    assert "total of VGPU on cmp1: 9 instead of 8" in result["msg"]
    assert trees.trees.state() == before


def test_servers_that_came_to_the_children_go_to_the_root(
    run_module: RunModule, trees: TreeCloud, pauses: list[float]
) -> None:
    reshaped = reshape(run_module)
    child = next(
        name
        for name in ("cmp1_gpu0", "cmp1_gpu1")
        if sum(trees.trees.held(f"cmp1-vm{number}").get(name, {}).get("VGPU", 0) for number in range(3)) < 4
    )
    meanwhile(
        trees,
        pauses,
        {
            10: lambda: trees.trees.claim("new", {"cmp1": {"VCPU": 1}, child: {"VGPU": 1}}),
            30: report_again(trees),
        },
    )
    assert "It was undone." in held(run_module, reshaped)["msg"]
    assert trees.trees.held("new") == {"cmp1": {"VCPU": 1, "VGPU": 1}}


def test_every_host_is_watched_to_the_end(run_module: RunModule, trees: TreeCloud, pauses: list[float]) -> None:
    """The reports of two hosts come at different moments, so the first that breaks says nothing about the others."""
    for name in ("cmp2", "cmp3"):
        add_gpu_host(trees, name)
    before = trees.trees.state()
    reshaped = reshape(run_module, "cmp1", "cmp2", "cmp3")
    meanwhile(trees, pauses, {10: report_again(trees, "cmp2"), 90: report_again(trees, "cmp1")})
    result = held(run_module, reshaped, "cmp1", "cmp2", "cmp3")
    assert [(item["host"], item["undone"]) for item in result["hosts"]] == [("cmp2", True), ("cmp1", True)]
    state = trees.trees.state()
    for name in ("cmp1", "cmp2"):
        assert state["providers"][uuid_of(name)] == before["providers"][uuid_of(name)]
    assert "cmp3_gpu0" in [item["name"] for item in state["providers"].values()]
    assert sum(pauses) >= 120


def test_what_was_undone_is_told_though_others_cannot_be_read(
    run_module: RunModule, trees: TreeCloud, pauses: list[float]
) -> None:
    add_gpu_host(trees, "cmp2")
    reshaped = reshape(run_module, "cmp1", "cmp2")
    meanwhile(
        trees,
        pauses,
        {
            10: report_again(trees),
            50: lambda: trees.broken.update({f"/resource_providers/{uuid_of('cmp2')}/traits": 500}),
        },
    )
    result = held(run_module, reshaped, "cmp1", "cmp2")
    assert "It was undone. The other hosts were not watched to the end: GET /resource_providers/" in result["msg"]
    assert [(item["host"], item["undone"]) for item in result["hosts"]] == [("cmp1", True)]
    assert result["changed"]


def test_check_mode_looks_once_and_undoes_nothing(run_module: RunModule, trees: TreeCloud, pauses: list[float]) -> None:
    reshaped = reshape(run_module)
    assert not held(run_module, reshaped, check=True).get("failed")
    report_again(trees)()
    trees.calls.clear()
    result = held(run_module, reshaped, check=True)
    assert "16 instead of 8" in result["msg"]
    assert "It would be undone." in result["msg"]
    assert (trees.writes(), result["hosts"][0]["undone"], sum(pauses)) == ([], False, 0)


def test_without_an_undo_it_is_only_told(run_module: RunModule, trees: TreeCloud) -> None:
    reshaped = reshape(run_module)
    report_again(trees)()
    trees.calls.clear()
    result = held(run_module, reshaped, undo={})
    assert "It was not undone, because there is no undo of it." in result["msg"]
    assert (trees.writes(), result["changed"]) == ([], False)


def test_an_undo_that_cannot_be_is_told(run_module: RunModule, trees: TreeCloud) -> None:
    reshaped = reshape(run_module)
    report_again(trees)()
    trees.trees.roles = {"admin"}
    result = held(run_module, reshaped)
    assert "It could not be undone: This account may not reshape cmp1" in result["msg"]


def test_a_layout_that_does_not_hold_is_undone(run_module: RunModule, trees: TreeCloud, pauses: list[float]) -> None:
    before = trees.trees.state()
    reshaped = reshape(run_module)
    meanwhile(trees, pauses, {10: lambda: trees.trees.named("cmp1_gpu0").update(traits=[])})
    result = held(run_module, reshaped)
    assert "the layout does not hold on cmp1_gpu0" in result["msg"]
    assert trees.trees.state() == before


def test_servers_may_come_go_and_change(run_module: RunModule, trees: TreeCloud, pauses: list[float]) -> None:
    reshaped = reshape(run_module)

    def others() -> None:
        trees.trees.claim("new", {"cmp1": {"VCPU": 1}})
        trees.trees.claim("cmp1-vm0", {})
        trees.servers = [item for item in trees.servers if item["name"] != "cmp1-vm0"]
        trees.trees.claim("cmp1-vm3", {"cmp1": {"VCPU": 2, "MEMORY_MB": 1024}})
        # Resized on its host: another consumer of the same UUID, which begins anew.
        held_before = trees.trees.held("cmp1-vm1")
        trees.trees.claim("cmp1-vm1", {})
        trees.trees.claim("cmp1-vm1", {**held_before, "cmp1": {"VCPU": 4, "MEMORY_MB": 1024}})

    meanwhile(trees, pauses, {10: others})
    result = held(run_module, reshaped)
    assert not result.get("failed")


def test_a_server_that_loses_everything_is_told_and_restored(
    run_module: RunModule, trees: TreeCloud, pauses: list[float]
) -> None:
    before = trees.trees.state()
    reshaped = reshape(run_module)
    meanwhile(trees, pauses, {10: lambda: trees.trees.forget("cmp1-vm0")})
    result = held(run_module, reshaped)
    assert f"{uuid_of('cmp1-vm0')} exists and holds nothing any more" in result["msg"]
    assert trees.trees.state() == before


def test_what_nova_reports_of_other_classes_is_its_own_business(
    run_module: RunModule, trees: TreeCloud, pauses: list[float]
) -> None:
    """Disks of shared storage grow and shrink, a new release reserves more memory and has a class more."""
    trees.trees.report("cmp1", "DISK_GB", 100)
    reshaped = reshape(run_module)

    def others() -> None:
        trees.trees.report("cmp1", "DISK_GB", 90)
        trees.trees.report("cmp1", "MEMORY_MB", {"total": 4096, "reserved": 1024})
        trees.trees.report("cmp1", "MEM_ENCRYPTION_CONTEXT", 15)

    meanwhile(trees, pauses, {10: others})
    assert not held(run_module, reshaped).get("failed")


def test_what_was_dissolved_may_not_come_back(run_module: RunModule, trees: TreeCloud, pauses: list[float]) -> None:
    trees.trees.add("cmp1_old", {"MEM_ENCRYPTION_CONTEXT": 4}, "cmp1")
    layout = {"dissolve": ["{root}_old"]}
    reshaped = reshape(run_module, layout=layout)
    meanwhile(trees, pauses, {10: lambda: trees.trees.add("cmp1_old", {"MEM_ENCRYPTION_CONTEXT": 4}, "cmp1")})
    result = held(run_module, reshaped, layout=layout)
    assert "total of MEM_ENCRYPTION_CONTEXT on cmp1: 8 instead of 4" in result["msg"]


# The driver reshapes by itself, so there is neither a layout nor an undo.


def test_a_reshape_of_the_driver_holds(run_module: RunModule, trees: TreeCloud, pauses: list[float]) -> None:
    given = trees_before(run_module)
    drive(trees)
    assert not reshape(run_module, state="held", **given).get("failed")
    assert sum(pauses) == pytest.approx(120)


@pytest.mark.parametrize("moment", [0, 100])
def test_a_reshape_of_the_driver_that_doubles(
    run_module: RunModule, trees: TreeCloud, pauses: list[float], moment: float
) -> None:
    given = trees_before(run_module)
    drive(trees)
    meanwhile(trees, pauses, {moment: report_again(trees)})
    result = reshape(run_module, state="held", **given)
    assert "total of VGPU on cmp1: 16 instead of 8" in result["msg"]
    assert "there is no undo of it" in result["msg"]


def test_a_reshape_of_the_driver_that_loses_units(run_module: RunModule, trees: TreeCloud) -> None:
    given = trees_before(run_module)
    drive(trees)
    del trees.trees.consumers[uuid_of("cmp1-vm1")]["allocations"][uuid_of("cmp1_pci_1")]
    assert f"cmp1-vm1 ({uuid_of('cmp1-vm1')}) holds" in reshape(run_module, state="held", **given)["msg"]


def test_a_driver_that_does_nothing_is_no_failure_here(run_module: RunModule) -> None:
    assert not reshape(run_module, state="held", **trees_before(run_module)).get("failed")


def test_devices_and_contexts_that_nova_reports_newly(run_module: RunModule, trees: TreeCloud) -> None:
    """PCI devices come to Placement with what servers hold of them; other inventories change as they do in any release."""
    given = trees_before(run_module)
    trees.trees.resource_classes.append("CUSTOM_PCI_10DE_1EB8")
    trees.trees.add("cmp1_0000:81:00.0", {"CUSTOM_PCI_10DE_1EB8": 1}, "cmp1")
    consumer = trees.trees.consumers[uuid_of("cmp1-vm3")]
    consumer["allocations"][uuid_of("cmp1_0000:81:00.0")] = {"CUSTOM_PCI_10DE_1EB8": 1}
    consumer["generation"] += 1
    trees.trees.report("cmp1", "MEMORY_MB", {"total": 4000, "reserved": 512})
    assert not reshape(run_module, state="held", **given).get("failed")


def test_pinned_cpus_are_the_same_cpus(run_module: RunModule, trees: TreeCloud) -> None:
    given = trees_before(run_module)
    trees.trees.report("cmp1", "VCPU", 4)
    trees.trees.report("cmp1", "PCPU", 4)
    consumer = trees.trees.consumers[uuid_of("cmp1-vm3")]
    consumer["allocations"][uuid_of("cmp1")] = {"PCPU": 1, "MEMORY_MB": 512}
    consumer["generation"] += 1
    assert not reshape(run_module, state="held", **given).get("failed")
    del consumer["allocations"][uuid_of("cmp1")]["PCPU"]
    assert reshape(run_module, state="held", **given)["failed"]


def test_cpus_that_are_all_pinned_now(run_module: RunModule, trees: TreeCloud) -> None:
    given = trees_before(run_module)
    trees.trees.report("cmp1", "VCPU", None)
    trees.trees.report("cmp1", "PCPU", 8)
    for consumer in trees.trees.consumers.values():
        amounts = consumer["allocations"][uuid_of("cmp1")]
        amounts["PCPU"] = amounts.pop("VCPU")
        consumer["generation"] += 1
    assert not reshape(run_module, state="held", **given).get("failed")
    trees.trees.report("cmp1", "PCPU", 7)
    assert "total of VCPU on cmp1: 7 instead of 8" in reshape(run_module, state="held", **given)["msg"]


def test_a_server_that_was_made_anew_while_the_driver_reshaped(run_module: RunModule, trees: TreeCloud) -> None:
    trees.trees.consumers[uuid_of("cmp1-vm3")]["generation"] = 5
    given = trees_before(run_module)
    trees.trees.forget("cmp1-vm3")
    trees.trees.claim("cmp1-vm3", {"cmp1": {"VCPU": 4}})
    assert not reshape(run_module, state="held", **given).get("failed")


def test_storage_that_is_lost_is_seen(run_module: RunModule, trees: TreeCloud) -> None:
    given = trees_before(run_module)
    drive(trees)
    del trees.trees.consumers[uuid_of("cmp1-vm1")]["allocations"][uuid_of(STORAGE)]
    assert reshape(run_module, state="held", **given)["failed"]


@pytest.mark.parametrize(
    ("before", "sentence"),
    [
        ([], "The option before has no tree of cmp1."),
        ([{}], "A ProviderTree without root_uuid was found."),
        ([{"root_uuid": "x", "providers": 5}], "The option before cannot be read"),
        ([{"root_uuid": "x", "providers": []}], "The tree x does not begin with its root."),
    ],
)
def test_a_tree_that_is_none_is_refused(
    run_module: RunModule, trees: TreeCloud, before: list[Any], sentence: str
) -> None:
    result = reshape(run_module, state="held", before=before)
    assert result["msg"].startswith(sentence)
    assert trees.calls == []


def test_no_time_is_one_look(run_module: RunModule, trees: TreeCloud, pauses: list[float]) -> None:
    reshaped = reshape(run_module)
    assert not held(run_module, reshaped, periods=0).get("failed")
    report_again(trees)()
    assert held(run_module, reshaped, period=0)["failed"]
    assert sum(pauses) == 0
