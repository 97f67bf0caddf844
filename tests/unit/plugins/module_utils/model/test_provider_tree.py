# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is no tree is refused, and a tree survives being written and read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import ProviderTree
from ansible_collections.stackroll.nova.tests.unit.plugins.module_utils.reshape.trees import (
    HOST,
    provider,
    tree,
    uuid_of,
)

CHILD = provider("child", {"VGPU": 2})


def test_a_tree_survives_being_written_and_read() -> None:
    there = tree({"VCPU": 4}, {"a": {HOST: {"VCPU": 1}, "child": {"VGPU": 1}, "elsewhere": {"X": 1}}}, [CHILD])
    assert ProviderTree.from_dict(there.to_dict()) == there
    assert there.used() == {(uuid_of(HOST), "VCPU"): 1, (uuid_of("child"), "VGPU"): 1}


def test_parents_come_first_however_they_are_listed() -> None:
    there = tree({}, children=[CHILD, provider("below", {}, "child")])
    data = there.to_dict()
    data["providers"].reverse()
    assert [item.name for item in ProviderTree.from_dict(data).providers] == [HOST, "child", "below"]


@pytest.mark.parametrize(
    ("children", "message"),
    [
        ([provider("lost", {}, "nobody")], "The provider lost has no place in its tree"),
        ([provider("a", {}, "b"), provider("b", {}, "a")], "has no place in its tree"),
        ([provider("second root", {}, None)], "has no place in its tree"),
        ([CHILD, CHILD], "The provider child has no place in its tree"),
        ([CHILD, provider("child", {}, uuid=uuid_of("other"))], "Two providers of cmp1 have the same name"),
    ],
)
def test_what_is_no_tree_is_refused(children: list[object], message: str) -> None:
    data = tree({}).to_dict()
    data["providers"] += [child.to_dict() for child in children]  # type: ignore[attr-defined]
    with pytest.raises(InvalidInput, match=message):
        ProviderTree.from_dict(data)


def test_the_root_comes_first() -> None:
    with pytest.raises(InvalidInput, match="does not begin with its root"):
        replace(tree({}), root_uuid=uuid_of("other"))
