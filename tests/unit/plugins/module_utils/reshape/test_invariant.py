# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must not change, and who is on the way."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import ProviderTree
from ansible_collections.stackroll.nova.plugins.module_utils.model.server import Migration
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.invariant import Declared, differences
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.migrations import Moving, refuse_moving
from ansible_collections.stackroll.nova.tests.unit.plugins.module_utils.reshape.trees import (
    HOST,
    Held,
    inventory,
    provider,
    tree,
    uuid_of,
)

BEFORE = tree({"VCPU": inventory(8, reserved=1)}, {"a": {HOST: {"VCPU": 2}, "ceph": {"DISK_GB": 5}}})


def after(held: dict[str, Held], **root: Any) -> ProviderTree:
    return tree({"VCPU": inventory(**{"total": 5, "reserved": 1, **root})}, held, [provider("child", {"VCPU": 3})])


@pytest.mark.parametrize(
    ("now", "found"),
    [
        (after({"a": {"child": {"VCPU": 2}, "ceph": {"DISK_GB": 5}}}), []),
        (after({"a": {HOST: {"VCPU": 1}, "child": {"VCPU": 1}, "ceph": {"DISK_GB": 5}}}), []),
        (
            after({"a": {"child": {"VCPU": 2}, "ceph": {"DISK_GB": 5}}}, total=8, reserved=0),
            ["total of VCPU on cmp1: 11 instead of 8", "reserved of VCPU on cmp1: 0 instead of 1"],
        ),
        (after({}), ["a holds nothing on cmp1"]),
        (after({"a": {"child": {"VCPU": 2}}}), ["a holds ", "a holds something else outside cmp1"]),
        (after({"a": {"child": {"VCPU": 3}, "ceph": {"DISK_GB": 5}}}), ["a holds "]),
        (after({"a": {"child": {"VCPU": 2}, "other": {"DISK_GB": 5}}}), ["a holds something else outside cmp1"]),
    ],
)
def test_what_must_not_change(now: ProviderTree, found: list[str]) -> None:
    texts = [text.replace(f" ({uuid_of('a')})", "") for text in differences(BEFORE, now, Declared())]
    assert len(texts) == len(found)
    assert all(text.startswith(start) for text, start in zip(texts, found))


def test_another_owner_is_a_difference() -> None:
    now = replace(BEFORE, consumers=(replace(BEFORE.consumers[0], project_id="q"),))
    assert "belongs to another project or user" in differences(BEFORE, now, Declared())[0]


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({}, True),
        ({"status": "completed"}, False),
        ({"source_node": "cmp2", "dest_node": "cmp3", "server_id": "other"}, False),
        ({"source_node": "cmp2", "dest_node": "cmp3", "server_id": uuid_of("a")}, True),
        ({"source_node": "cmp2", "dest_node": "cmp3", "server_id": "other", "uuid": uuid_of("a")}, True),
        ({"type": "evacuation", "status": "done"}, True),
        ({"type": "evacuation", "status": "completed"}, False),
    ],
)
def test_hosts_with_unfinished_migrations_are_refused(change: dict[str, str], refused: bool) -> None:
    fields = {"uuid": "m", "server_id": "s", "type": "resize", "status": "finished"}
    places = {"source_host": "cmp1", "dest_host": "cmp2", "source_node": "cmp1", "dest_node": "cmp2"}
    migration = Migration(**{**fields, **places, **change})  # type: ignore[arg-type]
    if not refused:
        refuse_moving(BEFORE, [migration])
        return
    with pytest.raises(Moving, match="cmp1 cannot be reshaped during 1 migration") as error:
        refuse_moving(BEFORE, [migration])
    assert error.value.details["migrations"] == [migration.to_dict()]
