# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests for what the rehearsal cloud's virt driver offers where."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.stackroll.nova.tests.unit.roles.virt_files import load

layouts = load("rehearsal_layout")
GPUS = {"extra": {"CUSTOM_GPU": 4}, "children": {"gpu0": {"CUSTOM_GPU": 1}, "gpu1": {"CUSTOM_GPU": 3}}}
NUMA = {"numa0": {"VCPU": 16, "MEMORY_MB": 600}, "numa1": {"VCPU": 16, "MEMORY_MB": 424}}


def record(total: int, **more: Any) -> dict[str, Any]:
    """Return an inventory as Nova's fake driver reports it."""
    plain = {"reserved": 0, "min_unit": 1, "max_unit": total, "step_size": 1, "allocation_ratio": 1.0}
    return {"total": total, **plain, **more}


OWN = {
    "VCPU": record(32, allocation_ratio=4.0),
    "MEMORY_MB": record(1024, reserved=101),
    "DISK_GB": record(100),
}


def test_without_a_file_all_is_on_the_root(tmp_path: Path) -> None:
    """And a file that comes later is seen."""
    path = tmp_path / "layout.json"
    assert layouts.read(str(path)).inventories(OWN, 34) == (OWN, {})
    path.write_text(json.dumps({"shared_disk": True}), encoding="utf-8")
    assert set(layouts.read(str(path)).inventories(OWN, 34)[0]) == {"VCPU", "MEMORY_MB"}


@pytest.mark.parametrize(("release", "nested"), [(33, False), (34, True), (35, True)])
def test_children_come_with_a_release(release: int, nested: bool) -> None:
    """Before it the root has it all."""
    layout = layouts.Layout({**GPUS, "nested_from": 34})
    root, children = layout.inventories(OWN, release)
    gpus = {"gpu0": {"CUSTOM_GPU": record(1)}, "gpu1": {"CUSTOM_GPU": record(3)}}
    assert (root, children) == ((OWN, gpus) if nested else ({**OWN, "CUSTOM_GPU": record(4)}, {}))
    assert layout.nested(release) == ({"CUSTOM_GPU"} if nested else set())


def test_parts_add_up() -> None:
    """Reserved and ratio, too; nobody can take more than one child has."""
    root, children = layouts.Layout({"children": NUMA}).inventories(OWN, 33)
    assert root == {"DISK_GB": OWN["DISK_GB"]}
    assert children == {
        "numa0": {"VCPU": record(16, allocation_ratio=4.0), "MEMORY_MB": record(600, reserved=51)},
        "numa1": {"VCPU": record(16, allocation_ratio=4.0), "MEMORY_MB": record(424, reserved=50)},
    }


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"numa0": ["VCPU"]}, "unknown key numa0"),
        ({"kind": "reshapes"}, "reshapes"),
        ({"nested_from": "34"}, "nested_from"),
        ({"shared_disk": 1}, "shared_disk"),
        ({"extra": {"VCPU": 4}}, "VCPU"),
        ({"extra": {"CUSTOM_GPU": 0}}, "CUSTOM_GPU: 0"),
        ({"extra": {"gpu": 1}}, "gpu: 1"),
        ({"extra": ["CUSTOM_GPU"]}, "extra"),
        ({"children": {"gpu 0": {}}}, "gpu 0"),
        ({"children": {"gpu0": {"CUSTOM_GPU": True}}}, "children.gpu0"),
        ([], "layout.json"),
    ],
)
def test_what_cannot_be_read_is_refused(wrong: Any, said: str) -> None:
    """It would otherwise be a layout that nobody has wanted."""
    with pytest.raises(layouts.LayoutError, match=said):
        layouts.Layout(wrong)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"children": {"numa0": {"VCPU": 31}}}, "31 of 32 VCPU"),
        ({"children": {"gpu0": {"CUSTOM_GPU": 2}}}, "2 of 0 CUSTOM_GPU"),
        ({"shared_disk": True, "children": {"disk0": {"DISK_GB": 100}}}, "100 of 0 DISK_GB"),
        ({"children": {"numa0": {"MEMORY_MB": 984}, "numa1": {"MEMORY_MB": 40}}}, "numa1 .* 50 of 40 MEMORY_MB"),
    ],
)
def test_what_does_not_add_up_is_refused(wrong: dict[str, Any], said: str) -> None:
    """A rehearsal that loses capacity by its own file proves nothing."""
    layout = layouts.Layout(wrong)
    with pytest.raises(layouts.LayoutError, match=said):
        layout.inventories(OWN, 34)


def test_a_file_that_is_no_json_is_refused(tmp_path: Path) -> None:
    """By its name."""
    (tmp_path / "layout.json").write_text("{", encoding="utf-8")
    with pytest.raises(layouts.LayoutError, match=r"layout\.json is not JSON"):
        layouts.read(str(tmp_path / "layout.json"))
