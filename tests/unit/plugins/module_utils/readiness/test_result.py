# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of results: what it says and how it looks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.stackroll.nova.plugins.module_utils.readiness.result import (
    ORDER,
    CheckResult,
    code,
    table,
    tally,
    worst,
)

FINE = CheckResult("Services are up", "success", "all", "nothing")
OLD = CheckResult(
    "Older than N-1 computes",
    "failure",
    "2026.2 needs service version 72: nova-compute on cmp1 (service version 71).",
    "Upgrade these hosts first.",
    ("cmp1",),
)


def test_the_look() -> None:
    assert (
        "\n".join(table([FINE, OLD]))
        == """\
+----------------------------------------------------------------------+
| Upgrade Check Results                                                |
+----------------------------------------------------------------------+
| Check: Services are up                               Result: Success |
| Check: Older than N-1 computes                       Result: Failure |
| Details: 2026.2 needs service version 72: nova-compute on cmp1       |
|   (service version 71).                                              |
| Remedy: Upgrade these hosts first.                                   |
+----------------------------------------------------------------------+"""
    )


texts = st.text(st.characters(categories=["L", "N", "P", "Zs"], max_codepoint=0x2FF), max_size=300)


@given(
    st.lists(st.builds(CheckResult, st.text("abc d", max_size=40), st.sampled_from(ORDER), texts, texts), max_size=5)
)
def test_every_line_is_as_wide_as_the_frame(results: list[CheckResult]) -> None:
    assert {len(line) for line in table(results)} == {72}


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ([], "success"),
        (["success"], "success"),
        (["success", "warning"], "warning"),
        (["unknown", "warning"], "unknown"),
        (["unknown", "failure", "success"], "failure"),
    ],
)
def test_worst(results: list[str], expected: str) -> None:
    assert worst([CheckResult("x", result) for result in results]) == expected


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ([], 0),
        (["success"], 0),
        (["skipped"], 0),
        (["skipped", "success"], 0),
        (["success", "warning"], 1),
        (["warning", "unknown"], 2),
        (["failure", "success"], 2),
    ],
)
def test_code_of_the_status_commands(results: list[str], expected: int) -> None:
    assert code([CheckResult("x", result) for result in results]) == expected


def test_tally() -> None:
    results = [CheckResult("x", result) for result in ("success", "failure", "skipped", "success", "unknown")]
    assert tally(results) == "5 checks: 1 skipped, 2 success, 1 unknown, 1 failure"


def test_a_skipped_check_is_shown_in_one_line() -> None:
    skipped = table([CheckResult("Cells v2", "skipped", "skipped by option", "Do not skip it.")])
    assert [line.split() for line in skipped[3:-1]] == [["|", "Check:", "Cells", "v2", "Result:", "Skipped", "|"]]


@pytest.mark.parametrize(
    ("result", "blocks"),
    [("skipped", False), ("success", False), ("warning", False), ("unknown", True), ("failure", True)],
)
def test_unknown_is_never_fine(result: str, blocks: bool) -> None:
    assert CheckResult("x", result).blocks is blocks


def test_plain_data() -> None:
    assert OLD.to_dict() == {
        "check": "Older than N-1 computes",
        "result": "failure",
        "summary": OLD.summary,
        "remedy": OLD.remedy,
        "objects": ["cmp1"],
        "total": 1,
        "group": "",
        "since": None,
        "release": "",
        "seconds": 0.0,
    }


def test_the_total_is_more_than_the_objects_shown() -> None:
    assert CheckResult("x", "failure", objects=("a", "b"), total=7).to_dict()["total"] == 7
    assert CheckResult("x", "failure", objects=("a", "b")).to_dict()["total"] == 2


def test_a_command_in_a_remedy_is_not_broken_at_its_hyphens() -> None:
    filler = "x" * (68 - len("Remedy:  nova-"))
    lines = table([CheckResult("Cells v2", "failure", "bad", f"{filler} nova-manage")])
    assert any("nova-manage" in line for line in lines)
