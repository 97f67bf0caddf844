# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""provider_tree_reshape killed at every write: the same call completes what was begun, and the first undo takes everything back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.stackroll.nova.plugins.modules import provider_tree_reshape
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_openstack import uuid_of
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_placement_trees import TreeCloud
from ansible_collections.stackroll.nova.tests.unit.plugins.modules.conftest import RunModule
from ansible_collections.stackroll.nova.tests.unit.plugins.modules.reshaping import (
    AGGREGATE,
    LAYOUT,
    add_gpu_host,
    reshape,
)

MOST = 30
# Children of children, one that goes away, traits and aggregates on all, and a class that comes from a child.
DEEP: dict[str, Any] = {
    "children": [
        {"name": "{root}_a", "inventories": {"VGPU": 6}, "traits": ["CUSTOM_FAST"], "aggregates": [AGGREGATE]},
        {"name": "{root}_b", "parent": "{root}_a", "inventories": {"VGPU": 6}, "traits": ["CUSTOM_SLOW"]},
        {"name": "{root}_stays", "inventories": {"MEM_ENCRYPTION_CONTEXT": 15}, "traits": ["HW_CPU_X86_AMD_SEV"]},
    ],
    "dissolve": ["{root}_old"],
    "root_without_traits": ["HW_CPU_X86_AMD_SEV"],
}


class Killed(BaseException):
    """What no program catches."""


@pytest.fixture(params=["classic", "deep"])
def layout(request: pytest.FixtureRequest, trees: TreeCloud, no_sleep: list[float]) -> dict[str, Any]:
    """A host and its layout."""
    del no_sleep
    add_gpu_host(trees)
    if request.param == "classic":
        return LAYOUT
    trees.trees.add("cmp1_old", {"VGPU": 4}, "cmp1", traits=["HW_NUMA_ROOT"], aggregates=[AGGREGATE])
    trees.trees.add("cmp1_stays", {}, "cmp1", traits=["HW_NUMA_ROOT"])
    trees.trees.report("cmp1", "MEM_ENCRYPTION_CONTEXT", 15)
    trees.add_tree_server("old", "cmp1", {"cmp1": {"VCPU": 1, "MEM_ENCRYPTION_CONTEXT": 1}, "cmp1_old": {"VGPU": 3}})
    return DEEP


@pytest.fixture(params=["before", "after"])
def deaths(request: pytest.FixtureRequest, trees: TreeCloud) -> Iterator[int]:
    """Called with a number, the next run dies right before or right after its write of that number."""

    class Deaths:
        def __call__(self, number: int) -> None:
            left = [number]

            def hook(method: str, _path: str) -> None:
                if method != "GET":
                    left[0] -= 1
                    if left[0] == 0:
                        raise Killed

            self.revive()
            setattr(trees, f"{request.param}_request", hook)

        @staticmethod
        def revive() -> None:
            """Later runs live."""
            trees.before_request = trees.after_request = lambda *_request: None

    return Deaths()


def run_until_killed(**options: Any) -> bool:
    """Run the module; whether it was killed."""
    given = {"hosts": ["cmp1"], "nova_wants_layout": True, **options}
    with patch_module_args(given), pytest.raises((Killed, SystemExit)) as end:
        provider_tree_reshape.main()
    assert end.type is Killed or not end.value.code
    return end.type is Killed


def put_back(trees: TreeCloud, there: tuple[Any, Any]) -> None:
    """Begin anew."""
    trees.trees.providers, trees.trees.consumers = deepcopy(there)


def test_the_same_call_completes_and_the_first_undo_restores(
    run_module: RunModule, trees: TreeCloud, layout: dict[str, Any], deaths: Any, tmp_path: Path
) -> None:
    there = deepcopy((trees.trees.providers, trees.trees.consumers))
    before = trees.trees.state()
    reshape(run_module, layout=layout)
    wanted = trees.trees.state()
    assert trees.trees.sums()
    for number in range(1, MOST):
        put_back(trees, there)
        sums = trees.trees.sums()
        deaths(number)
        directory = tmp_path / str(number)
        killed = run_until_killed(layout=layout, undo_dir=str(directory))
        deaths.revive()
        assert trees.trees.sums() == sums
        if not killed:
            assert number > 6
            break
        result = reshape(run_module, layout=layout, undo_dir=str(directory))
        assert trees.trees.state() == wanted
        assert reshape(run_module, layout=layout)["changed"] is False
        if "cmp1" in result["undo"]:
            after = deepcopy((trees.trees.providers, trees.trees.consumers))
            if result["hosts"][0]["body"]:
                reshape(run_module, state="undone", undo=result["undo"])
                assert trees.trees.state()["consumers"] == before["consumers"]
                assert trees.trees.state()["providers"] == before["providers"]
            put_back(trees, after)
        first = sorted(directory.iterdir())[0]
        reshape(run_module, state="undone", undo={"cmp1": json.loads(first.read_text(encoding="utf-8"))})
        assert trees.trees.state() == before
    else:
        pytest.fail("it never came through")


def test_an_undo_that_was_killed_is_completed_by_itself(
    run_module: RunModule, trees: TreeCloud, layout: dict[str, Any], deaths: Any
) -> None:
    before = trees.trees.state()
    undo = reshape(run_module, layout=layout)["undo"]
    there = deepcopy((trees.trees.providers, trees.trees.consumers))
    for number in range(1, MOST):
        put_back(trees, there)
        sums = trees.trees.sums()
        deaths(number)
        killed = run_until_killed(state="undone", undo=undo)
        deaths.revive()
        assert trees.trees.sums() == sums
        reshape(run_module, state="undone", undo=undo)
        assert trees.trees.state() == before
        if not killed:
            assert number > 3
            break


def test_an_undo_that_was_killed_may_be_given_up(
    run_module: RunModule, trees: TreeCloud, layout: dict[str, Any], deaths: Any
) -> None:
    undo = reshape(run_module, layout=layout)["undo"]
    wanted = trees.trees.state()
    there = deepcopy((trees.trees.providers, trees.trees.consumers))
    for number in range(1, MOST):
        put_back(trees, there)
        deaths(number)
        killed = run_until_killed(state="undone", undo=undo)
        deaths.revive()
        reshape(run_module, layout=layout)
        assert trees.trees.state() == wanted
        if not killed:
            break


def test_many_hosts_are_completed(run_module: RunModule, trees: TreeCloud, deaths: Any, no_sleep: list[float]) -> None:
    del no_sleep
    hosts = ["cmp1", "cmp2", "cmp3"]
    for name in hosts:
        add_gpu_host(trees, name)
    there = deepcopy((trees.trees.providers, trees.trees.consumers))
    sums = trees.trees.sums()
    for number in range(1, MOST):
        put_back(trees, there)
        deaths(number)
        killed = run_until_killed(hosts=hosts, layout=LAYOUT)
        deaths.revive()
        assert trees.trees.sums() == sums
        reshape(run_module, *hosts)
        assert trees.trees.sums() == sums
        assert all("VGPU" not in trees.trees.providers[uuid_of(name)]["inventories"] for name in hosts)
        if not killed:
            assert number > 15
            break
