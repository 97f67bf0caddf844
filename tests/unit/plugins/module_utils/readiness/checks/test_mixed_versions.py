# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects that differ are named with the mixed states that they make unsafe."""

from __future__ import annotations

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.readiness.checks.mixed_versions import (
    COMPUTE_FIRST,
    NEW_API,
    OLD_API,
)
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.questions import OBJECT_VERSIONS
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.result import CheckResult
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_evidence import ask

SAME = {"Instance": "2.8-2727", "RequestSpec": "1.15-c1c9"}


def compared(old: dict[str, str], new: dict[str, str]) -> CheckResult:
    return ask("Object versions", {OBJECT_VERSIONS: (old, new)})


def test_nothing_differs() -> None:
    assert compared(SAME, dict(SAME)).result == "success"


def test_2026_1_to_2026_2() -> None:
    found = compared(
        {**SAME, "ImageMetaProps": "1.42-e2e8", "ShareMappingList": "1.0-6349"},
        {**SAME, "ImageMetaProps": "1.44-fd4f", "ShareMappingList": "1.1-4b83"},
    )
    assert found.result == "warning"
    assert found.objects == (
        f"ImageMetaProps 1.42 to 1.44: {OLD_API}, {NEW_API}, {COMPUTE_FIRST}",
        f"ShareMappingList 1.0 to 1.1: {NEW_API}, {COMPUTE_FIRST}",
    )
    for state in (OLD_API, NEW_API, COMPUTE_FIRST):
        assert state in found.summary
    assert "control_plane" in found.remedy


def test_what_is_not_stored_does_not_harm_an_old_api() -> None:
    assert OLD_API not in compared({"Selection": "1.1-a"}, {"Selection": "1.2-b"}).summary


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("1.0-a", "1.0-b", "1.0 with other contents"),
        ("1.1-a", "1.0-a", "1.1 to 1.0"),
        ("1.9-a", "1.10-b", "1.9 to 1.10"),
        (None, "1.0-a", "1.0 (new)"),
        ("1.0-a", None, "1.0 (gone)"),
    ],
)
def test_every_kind_of_difference(old: str | None, new: str | None, said: str) -> None:
    before, after = ({**SAME, "Tag": text} if text else SAME for text in (old, new))
    found = compared(before, after)
    assert (found.result, found.objects[0].partition(":")[0]) == ("warning", f"Tag {said}")


@pytest.mark.parametrize(("old", "new", "missing"), [({}, SAME, "running"), (SAME, {}, "staged")])
def test_only_one_code_was_asked(old: dict[str, str], new: dict[str, str], missing: str) -> None:
    found = compared(old, new)
    assert found.result == "unknown"
    assert missing in found.summary


def test_no_code_was_asked() -> None:
    assert ask("Object versions", {}).result == "unknown"
