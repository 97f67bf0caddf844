# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""provider_tree_reshape: there, there again, back, check mode, and everything that is refused before the first write."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.modules import provider_tree_reshape
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_openstack import uuid_of
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_placement_trees import TreeCloud
from ansible_collections.stackroll.nova.tests.unit.plugins.modules.conftest import RunModule
from ansible_collections.stackroll.nova.tests.unit.plugins.modules.reshaping import (
    AGGREGATE,
    LAYOUT,
    STORAGE,
    add_gpu_host,
    reshape,
)


@pytest.fixture(autouse=True)
def host(trees: TreeCloud) -> None:
    """One compute node whose virtual GPUs are on the root."""
    add_gpu_host(trees)


def test_a_flat_class_goes_to_children_and_nobody_loses_anything(run_module: RunModule, trees: TreeCloud) -> None:
    before = trees.trees.sums()
    result = reshape(run_module)
    assert (result["changed"], result["hosts"][0]["changed"], result["hosts"][0]["attempts"]) == (True, True, 1)
    assert result["hosts"][0]["creates"] == ["cmp1_gpu0", "cmp1_gpu1"]
    assert result["hosts"][0]["error"] == ""
    assert trees.trees.sums() == before
    root, first = trees.trees.named("cmp1"), trees.trees.named("cmp1_gpu0")
    assert sorted(root["inventories"]) == ["MEMORY_MB", "VCPU"]
    assert sorted(root["traits"]) == ["COMPUTE_NODE", "CUSTOM_NESTED"]
    assert (first["traits"], first["aggregates"], first["inventories"]["VGPU"]["total"]) == (
        ["CUSTOM_FAST"],
        [AGGREGATE],
        4,
    )
    for number, amount in enumerate((2, 2, 3)):
        held = trees.trees.held(f"cmp1-vm{number}")
        assert (held.pop("cmp1"), held.pop(STORAGE)) == ({"VCPU": 1, "MEMORY_MB": 512}, {"DISK_GB": 10})
        assert list(held.values()) == [{"VGPU": amount}]
    assert result["api"]["writes"] == len(trees.writes()) == 8


def test_who_does_not_move_is_not_named(run_module: RunModule, trees: TreeCloud) -> None:
    reshape(run_module)
    (body,) = trees.posts()
    assert sorted(body["allocations"]) == sorted(uuid_of(f"cmp1-vm{number}") for number in range(3))
    assert set(body["inventories"]) == {trees.trees.uuid(name) for name in ("cmp1", "cmp1_gpu0", "cmp1_gpu1")}
    assert trees.trees.consumers[uuid_of("cmp1-vm3")]["generation"] == 1


@pytest.mark.parametrize("kind", ["unknown", "INSTANCE"])
def test_the_type_of_a_consumer_is_never_sent(run_module: RunModule, trees: TreeCloud, kind: str) -> None:
    for consumer in trees.trees.consumers.values():
        consumer["type"] = kind
    reshape(run_module)
    (body,) = trees.posts()
    assert "consumer_type" not in json.dumps(body)
    assert {item["type"] for item in trees.trees.consumers.values()} == {kind}


def test_the_second_time_nothing_is_written(run_module: RunModule, trees: TreeCloud) -> None:
    reshape(run_module)
    trees.calls.clear()
    again = reshape(run_module)
    assert (again["changed"], again["api"]["writes"], trees.writes()) == (False, 0, [])
    assert (again["hosts"][0]["changed"], again["hosts"][0]["attempts"], again["undo"]) == (False, 0, {})
    assert again["hosts"][0]["body"] == {}


def test_check_mode_shows_body_and_diff_and_writes_nothing(run_module: RunModule, trees: TreeCloud) -> None:
    before = trees.trees.state()
    result = reshape(run_module, check=True, diff=True)
    assert (result["changed"], trees.writes(), trees.trees.state()) == (True, [], before)
    found = result["hosts"][0]
    root = uuid_of("cmp1")
    assert found["body"]["inventories"][root]["resource_provider_generation"] == 7
    assert sorted(found["body"]["inventories"][root]["inventories"]) == ["MEMORY_MB", "VCPU"]
    assert {(item["consumer"], item["resource_class"]) for item in found["moves"]} == {
        (uuid_of(f"cmp1-vm{number}"), "VGPU") for number in range(3)
    }
    assert found["before"]["root_uuid"] == found["after"]["root_uuid"] == root
    assert "cmp1_gpu0" not in result["diff"]["before"]
    assert "  cmp1_gpu0 [CUSTOM_FAST]\n" in result["diff"]["after"]
    assert "  VGPU       7 of 8 used\n" in result["diff"]["before"]
    assert uuid_of("cmp1-vm0") in result["diff"]["after"]


def test_check_mode_says_what_is_sent_then(run_module: RunModule, trees: TreeCloud) -> None:
    shown = reshape(run_module, check=True)["hosts"][0]["body"]
    reshape(run_module)
    (sent,) = trees.posts()
    for uuid in (trees.trees.uuid("cmp1_gpu0"), trees.trees.uuid("cmp1_gpu1")):
        shown["inventories"][uuid]["resource_provider_generation"] = sent["inventories"][uuid][
            "resource_provider_generation"
        ]
    assert shown == sent


@pytest.mark.parametrize("way", ["result", "file"])
def test_the_undo_restores_everything_exactly(
    run_module: RunModule, trees: TreeCloud, tmp_path: Path, way: str
) -> None:
    before = trees.trees.state()
    result = reshape(run_module, undo_dir=str(tmp_path / "undo"))
    undo = result["undo"]
    if way == "file":
        (path,) = (tmp_path / "undo").iterdir()
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.name.startswith("cmp1.20")
        undo = {"cmp1": json.loads(path.read_text(encoding="utf-8"))}
    checked = reshape(run_module, state="undone", undo=undo, check=True)
    assert checked["changed"]
    back = reshape(run_module, state="undone", undo=undo)
    assert (back["changed"], back["hosts"][0]["deletes"]) == (True, ["cmp1_gpu1", "cmp1_gpu0"])
    assert trees.trees.state() == before
    again = reshape(run_module, state="undone", undo=undo)
    assert (again["changed"], again["api"]["writes"]) == (False, 0)


def test_the_undo_is_on_disk_before_the_first_write(run_module: RunModule, trees: TreeCloud, tmp_path: Path) -> None:
    seen: list[int] = []
    trees.before_request = lambda method, _path: method == "GET" or seen.append(len(list(tmp_path.iterdir())))
    reshape(run_module, undo_dir=str(tmp_path))
    assert set(seen) == {1}


def test_the_undo_that_cannot_be_kept_stops_the_host(run_module: RunModule, trees: TreeCloud, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    result = reshape(run_module, undo_dir=str(tmp_path / "file"))
    assert result["msg"].startswith("The option undo_dir cannot be used:")
    assert trees.writes() == []
    assert not result["changed"]


def test_an_undo_of_an_undo_reshapes_again(run_module: RunModule, trees: TreeCloud) -> None:
    undo = reshape(run_module)["undo"]
    after = trees.trees.state()
    redo = reshape(run_module, state="undone", undo=undo)["undo"]
    reshape(run_module, state="undone", undo=redo)
    assert trees.trees.state() == after


def test_the_undo_of_a_second_reshape_keeps_what_was_there(run_module: RunModule, trees: TreeCloud) -> None:
    def layout(first: int) -> dict[str, Any]:
        return {"children": [{"name": "{root}_gpu0", "inventories": {"VGPU": first}}], "assignment": {"split": True}}

    reshape(run_module, layout=layout(2))
    between = trees.trees.state()
    undo = reshape(run_module, layout=layout(5))["undo"]
    assert trees.trees.named("cmp1_gpu0")["inventories"]["VGPU"]["total"] == 5
    reshape(run_module, state="undone", undo=undo)
    assert trees.trees.state() == between


def test_a_total_that_is_declared_as_it_is(run_module: RunModule) -> None:
    layout = {**LAYOUT, "totals": {"MEMORY_MB": {"total": 4096, "reserved": 512}}}
    assert not reshape(run_module, layout=layout).get("failed")


def test_what_nova_has_put_back_on_the_root_is_no_obstacle_to_the_undo(run_module: RunModule, trees: TreeCloud) -> None:
    """Somebody has started the old nova-compute again, and the host offers everything twice."""
    before = trees.trees.state()
    undo = reshape(run_module)["undo"]
    trees.trees.report("cmp1", "VGPU", 10)
    assert "state=held undoes" in reshape(run_module, state="undone", undo=undo)["msg"]
    trees.trees.report("cmp1", "VGPU", 8)
    assert reshape(run_module, state="undone", undo=undo)["changed"]
    assert trees.trees.state() == before


def test_flat_takes_the_children_back(run_module: RunModule, trees: TreeCloud) -> None:
    before = trees.trees.state()
    before["providers"][uuid_of("cmp1")]["traits"] = ["COMPUTE_NODE", "CUSTOM_NESTED", "HW_CPU_X86_AMD_SEV"]
    reshape(run_module)
    assert reshape(run_module, state="flat")["changed"]
    assert trees.trees.state() == before
    again = reshape(run_module, state="flat")
    assert (again["changed"], again["api"]["writes"]) == (False, 0)


def test_unknown_hosts_are_refused(run_module: RunModule, trees: TreeCloud) -> None:
    result = reshape(run_module, "cmp1", "nope")
    assert result["msg"].startswith("Placement has no root provider named nope.")
    assert trees.writes() == []


def test_a_host_has_its_own_layout(run_module: RunModule, trees: TreeCloud) -> None:
    add_gpu_host(trees, "cmp2")
    own = {"children": [{"name": "{root}_card", "inventories": {"VGPU": 8}}]}
    result = reshape(run_module, "cmp1", "cmp2", host_layouts={"cmp2": own})
    assert [item["creates"] for item in result["hosts"]] == [["cmp1_gpu0", "cmp1_gpu1"], ["cmp2_card"]]


def test_nothing_of_what_is_on_other_hosts_is_touched(run_module: RunModule, trees: TreeCloud) -> None:
    add_gpu_host(trees, "cmp2")
    before = trees.trees.state()
    reshape(run_module, "cmp2")
    after = trees.trees.state()
    for uuid in (uuid_of("cmp1"), uuid_of(STORAGE)):
        assert after["providers"][uuid] == before["providers"][uuid]
    for number in range(4):
        assert after["consumers"][uuid_of(f"cmp1-vm{number}")] == before["consumers"][uuid_of(f"cmp1-vm{number}")]


def test_a_compute_node_needs_a_statement_about_its_nova(run_module: RunModule, trees: TreeCloud) -> None:
    result = reshape(run_module, nova_wants_layout=False)
    assert result["msg"].startswith("cmp1 is a compute node of Nova, and a nova-compute that reports another shape")
    assert "set nova_wants_layout" in result["msg"]
    assert trees.writes() == []
    trees.trees.named("cmp1")["traits"] = []
    assert reshape(run_module, nova_wants_layout=False)["changed"]
    trees.trees.named("cmp1")["traits"] = ["COMPUTE_NODE", "CUSTOM_NESTED"]
    assert reshape(run_module, nova_wants_layout=False)["changed"] is False


def test_a_missing_role_is_named_and_the_children_go_again(run_module: RunModule, trees: TreeCloud) -> None:
    before = trees.trees.state()
    trees.trees.roles = {"admin"}
    result = reshape(run_module)
    assert result["msg"].startswith("This account may not reshape cmp1: POST /reshaper answered 403")
    assert "takes the role service" in result["msg"]
    assert trees.trees.state() == before
    assert result["changed"] is False
    assert result["hosts"][0]["changed"] is False


CHILD = {"name": "{root}_gpu0", "inventories": {"VGPU": 4}}
STRANGER = "11111111-1111-4111-8111-111111111111"
BAD_LAYOUTS: list[tuple[Any, str]] = [
    ({"children": [{"name": "a", "inventories": {"VPGU": 8}}]}, "Placement does not know the resource class VPGU."),
    (
        {"children": [{"name": "a", "traits": ["HW_NOPE"], "inventories": {"VGPU": 8}}]},
        "Placement does not know the trait",
    ),
    ({"children": [{"name": "a", "inventories": {"VGPU": 9}}]}, "The layout gives out 9 of VGPU"),
    ({"children": [CHILD], "root": {"VGPU": 3}}, "The layout gives out 7 of VGPU"),
    ({"children": [{"name": "a", "parent": "b"}, {"name": "b", "parent": "a"}]}, "The parents of a, b go in a circle."),
    ({"children": [{"name": "a", "parent": "a"}]}, "The parents of a go in a circle."),
    ({"children": [{"name": "a", "parent": "nowhere"}]}, "a hangs below nowhere, which is not there."),
    ({"children": [CHILD, CHILD]}, "layout has cmp1_gpu0 more than once."),
    ({"children": [{"name": "{root}"}]}, "layout has cmp1 more than once."),
    ({"children": [{"name": "a", "inventories": {"VGPU": -1}}]}, "a.inventories.VGPU is -1."),
    ({"children": [{"name": "a", "inventories": {"VGPU": {"total": -1}}}]}, "a.inventories.VGPU.total is -1."),
    ({"children": [CHILD], "totals": {"VGPU": -1}}, "totals.VGPU is -1."),
    ({"children": [CHILD], "assignment": {"map": {STRANGER: "{root}_gpu0"}}}, f"assignment.map names {STRANGER}"),
    (
        {"root": {"VCPU": 6, "PCPU": 2}, "convert": {"PCPU": {"source": "VCPU", "consumers": [STRANGER]}}},
        f"convert names {STRANGER}",
    ),
    ({"children": [{"name": "a", "inventories": {"vgpu": 8}}]}, "a resource class of a.inventories is 'vgpu'."),
    ({"children": [{"name": "a", "inventories": {"VGPU": "8"}}]}, "a.inventories.VGPU is '8'."),
    ({"children": [{"name": "a", "total": 8}]}, "the child a has no total."),
    ({"children": {"name": "a"}}, "children is "),
    ({"kids": []}, "layout has no kids."),
    ({}, "The layout changes nothing."),
    ({"children": [CHILD], "assignment": "worst_fit"}, "assignment.strategy is 'worst_fit'."),
    ({"preset": "nope"}, "layout.preset is 'nope'."),
    ({"preset": "vgpu", "devices": {}}, "The layout changes nothing."),
]


@pytest.mark.parametrize(("layout", "sentence"), BAD_LAYOUTS)
@pytest.mark.parametrize("check", [True, False])
def test_a_bad_layout_is_one_sentence_and_no_write(
    run_module: RunModule, trees: TreeCloud, layout: Any, sentence: str, check: bool
) -> None:
    result = reshape(run_module, layout=layout, check=check)
    assert result["failed"]
    assert result["msg"].startswith(sentence)
    assert trees.writes() == []


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"hosts": []}, "The option hosts is empty."),
        ({"layout": None}, "The option layout has nothing for cmp1."),
        ({"host_layouts": {"cmp9": LAYOUT}}, "The option host_layouts has cmp9, which hosts does not name."),
        ({"host_layouts": {"cmp1": 5}}, "layout is 5."),
        ({"host_layouts": {"cmp1": [1]}}, "layout is [1]."),
        ({"host_layouts": {"cmp1": "vgpu"}}, "layout is 'vgpu'."),
        ({"state": "undone"}, "The option undo has nothing for cmp1."),
        ({"state": "undone", "undo": {"cmp1": {"schema": "x"}}}, "This is not an undo of schema"),
        ({"state": "undone", "undo": {"cmp1": "x"}}, "This is not an undo of schema"),
        ({"state": "undone", "undo": {"cmp1": None}}, "This is not an undo of schema"),
        (
            {"state": "undone", "undo": {"cmp1": {"schema": "stackroll.nova/reshape-undo/1"}}},
            "A Undo without root_uuid",
        ),
        (
            {
                "state": "undone",
                "undo": {"cmp1": {"schema": "stackroll.nova/reshape-undo/1", "root_uuid": "x", "inventories": [5]}},
            },
            "This undo cannot be read",
        ),
        ({"retries": -1}, "The option retries is -1."),
        ({"wait_for_migrations": -1}, "The option wait_for_migrations is -1."),
        ({"offline": True}, "The option offline needs config_files.placement."),
    ],
)
def test_bad_options_are_refused(
    run_module: RunModule, trees: TreeCloud, options: dict[str, Any], sentence: str
) -> None:
    given = {"hosts": ["cmp1"], "layout": LAYOUT, "nova_wants_layout": True, **options}
    result = (
        reshape(run_module, *given.pop("hosts"), **given) if options.get("hosts") != [] else _without_hosts(run_module)
    )
    assert result["failed"]
    assert result["msg"].startswith(sentence)
    assert trees.calls == []


def _without_hosts(run_module: RunModule) -> dict[str, Any]:
    return run_module(provider_tree_reshape, hosts=[], layout=LAYOUT)


def test_what_does_not_fit_is_refused_with_names_and_figures(run_module: RunModule, trees: TreeCloud) -> None:
    layout = {"children": [{"name": f"{{root}}_gpu{number}", "inventories": {"VGPU": 2}} for number in range(4)]}
    result = reshape(run_module, layout=layout)
    assert result["msg"].startswith(f"cmp1 cannot be reshaped: {uuid_of('cmp1-vm2')} holds 3 VGPU")
    assert trees.writes() == []
    (consumer,) = result["consumers"]
    assert consumer["uuid"] == uuid_of("cmp1-vm2")
    layout["assignment"] = {"split": ["VGPU"]}
    assert reshape(run_module, layout=layout)["changed"]


def test_the_refusal_of_one_host_stops_all_before_the_first_write(run_module: RunModule, trees: TreeCloud) -> None:
    add_gpu_host(trees, "cmp2")
    trees.trees.named("cmp2")["inventories"]["VGPU"]["total"] = 5
    result = reshape(run_module, "cmp1", "cmp2")
    assert "cmp2 has 5" in result["msg"]
    assert trees.writes() == []


def test_an_api_that_does_not_answer_is_one_sentence(run_module: RunModule, trees: TreeCloud) -> None:
    trees.broken["/resource_classes"] = 503
    result = reshape(run_module)
    assert result["msg"].startswith("GET /resource_classes answered 503")
    assert trees.writes() == []
