# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results of several hosts in one table, and the comparison with the status commands."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.check import Check, success
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.combine import (
    agreement_name,
    answered,
    combine,
    from_dict,
)
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.result import CheckResult

NOW = "2026.2"
AGREE = agreement_name("nova-status")
AGREE_PLACEMENT = agreement_name("placement-status")


def rule(name: str, group: str, command: str = "", command_name: str = "") -> Check:
    return Check(
        name, group, lambda _view, _release: success(), (), "A rule.", command=command, command_name=command_name
    )


CATALOG = (
    rule("Cells v2", "nova", "nova-status"),
    rule("Policy", "nova", "nova-status"),
    rule("Policy of Placement", "placement", "placement-status", "Policy"),
    rule("Rights", "access"),
)


def row(check: str, result: str, group: str, summary: str = "", release: str = NOW) -> CheckResult:
    return CheckResult(check, result, summary, group=group, release=release)


def shown(results: list[CheckResult]) -> list[tuple[str, str, str]]:
    return [(result.check, result.group, result.result) for result in results]


def test_each_question_once_and_in_the_order_of_the_catalog() -> None:
    included = [row("Rights", "unknown", "access", "no cloud given"), row("Cells v2", "failure", "nova")]
    own = [row("Rights", "success", "access"), row("Policy", "success", "nova")]
    assert shown(combine(own, included, CATALOG)) == [
        ("Cells v2", "nova", "failure"),
        ("Policy", "nova", "success"),
        ("Rights", "access", "success"),
    ]


def test_what_is_known_beats_what_is_not_and_the_first_reason_stays() -> None:
    first, second = (
        row("Cells v2", "unknown", "nova", "refused"),
        row("Cells v2", "unknown", "nova", "no database given"),
    )
    known = row("Cells v2", "failure", "nova")
    assert combine([second], [first], CATALOG) == [first]
    assert combine([known], [first], CATALOG) == [known]
    assert combine([first], [known], CATALOG) == [known]
    assert answered([first, known, row("Rights", "unknown", "access")]) == {("Cells v2", "nova", NOW)}


def test_the_same_check_for_two_releases_is_two_questions() -> None:
    both = [row("Cells v2", "success", "nova", release="2026.1"), row("Cells v2", "success", "nova")]
    assert combine(both, [], CATALOG) == both
    compared = combine(both, [row("Cells v2", "success", "nova-status")], CATALOG)
    assert shown(compared)[2:] == [(AGREE, "nova-status", "success")]


def test_agreement_is_one_line() -> None:
    own = [
        row("Cells v2", "success", "nova"),
        row("Policy", "warning", "nova"),
        row("Policy of Placement", "success", "placement"),
    ]
    said = [
        row("Cells v2", "success", "nova-status"),
        row("Policy", "warning", "nova-status"),
        row("Policy", "success", "placement-status"),
    ]
    results = combine(own, said, CATALOG)
    assert shown(results) == [
        *shown(own),
        (AGREE, "nova-status", "success"),
        (AGREE_PLACEMENT, "placement-status", "success"),
    ]
    assert [result.summary for result in results[3:]] == ["They agree about 2 checks.", "They agree about 1 check."]


def test_every_disagreement_is_named_and_both_rows_stay() -> None:
    own = [row("Cells v2", "failure", "nova"), row("Policy", "success", "nova")]
    said = [row("Cells v2", "success", "nova-status"), row("Policy", "failure", "nova-status")]
    results = combine(own, said, CATALOG)
    assert shown(results)[2:] == [*shown(said), (AGREE, "nova-status", "warning")]
    assert results[-1].objects == (
        "Cells v2 (nova-status: success, native: failure)",
        "Policy (nova-status: failure, native: success)",
    )
    assert all(text in results[-1].summary for text in results[-1].objects)
    assert results[-1].remedy


def test_what_has_no_counterpart_stays_and_is_no_disagreement() -> None:
    own = [row("Cells v2", "success", "nova"), row("Policy", "unknown", "nova")]
    said = [
        row(name, result, "nova-status")
        for name, result in (("Cells v2", "success"), ("Policy", "failure"), ("New", "failure"))
    ]
    results = combine(own, said, CATALOG)
    assert shown(results)[2:] == [*shown(said[1:]), (AGREE, "nova-status", "success")]
    assert results[-1].summary == "They agree about 1 check; 2 checks had nothing to compare with."


def test_a_check_that_was_skipped_is_not_brought_back_by_the_command() -> None:
    own = [row("Cells v2", "skipped", "nova")]
    results = combine(own, [row("Cells v2", "failure", "nova-status")], CATALOG)
    assert shown(results) == [*shown(own), (AGREE, "nova-status", "skipped")]


def test_a_crash_is_no_comparison() -> None:
    crash = row("nova-status upgrade check", "unknown", "nova-status")
    assert combine([], [crash], CATALOG) == [crash]


def test_combining_again_changes_nothing() -> None:
    own = [row("Cells v2", "failure", "nova"), row("Policy", "success", "nova")]
    said = [row("Cells v2", "success", "nova-status"), row("Policy", "success", "nova-status")]
    once = combine(own, said, CATALOG)
    assert combine([], once, CATALOG) == once


def test_results_come_back_as_they_went() -> None:
    result = replace(row("Cells v2", "failure", "nova"), objects=("cell1",), total=1, since=15)
    assert from_dict(result.to_dict()) == result
    assert from_dict(
        {"check": "x", "result": "warning", "summary": "y", "remedy": "z", "objects": [], "accepted": True}
    ) == (CheckResult("x", "warning", "y", "z"))


@pytest.mark.parametrize(
    "entry", [{}, {"check": "x"}, {"check": "x", "result": "fine"}, {"result": "success"}], ids=str
)
def test_what_is_no_result(entry: dict[str, str]) -> None:
    with pytest.raises(InvalidInput, match="include_results"):
        from_dict(entry)
