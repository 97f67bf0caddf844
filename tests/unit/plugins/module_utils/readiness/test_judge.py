# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking the checks: no check can end the run, and what did not answer is never fine."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.stackroll.nova.plugins.module_utils.model.answers import PerCell, Sample
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput, StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Fleet, Unknown
from ansible_collections.stackroll.nova.plugins.module_utils.model.release import RELEASES, Release
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.check import (
    NOVA_STATUS,
    Check,
    Finding,
    failure,
    listed,
    sampled,
    success,
    warning,
)
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.evidence import Evidence, Key, NotKnown, View
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.judge import judge, select
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.result import MOST_OBJECTS, CheckResult

ANSWER: Key[Any] = Key("answer", "Nova database")
OTHER: Key[Any] = Key("other", "cloud")
TARGET = Release.parse("2026.2")


def check(name: str, find: Callable[[View], Finding], **changes: Any) -> Check:
    described = {"group": "nova", "reads": (ANSWER,), "rule": "as it is", "remedy": "Mend it.", **changes}
    return Check(name=name, judge=lambda view, _release: find(view), **described)


def never(_view: View) -> Finding:
    raise AssertionError


def run(find: Callable[[View], Finding], evidence: Evidence | None = None, **changes: Any) -> CheckResult:
    (result,) = judge([(check("one", find, **changes), False)], evidence or Evidence.of({ANSWER: 1}), [TARGET])
    return result


class TestResults:
    def test_what_a_check_found_with_its_own_remedy(self) -> None:
        result = run(lambda _view: failure("cmp1 is old.", ["cmp1"]), since=23)
        assert (result.result, result.summary, result.remedy) == ("failure", "cmp1 is old.", "Mend it.")
        assert (result.check, result.group, result.since, result.release) == ("one", "nova", 23, "2026.2")
        assert (result.objects, result.total) == (("cmp1",), 1)
        assert result.seconds >= 0

    def test_a_finding_can_have_a_better_remedy(self) -> None:
        assert run(lambda _view: warning("x", remedy="Just wait.")).remedy == "Just wait."

    def test_a_success_needs_no_remedy(self) -> None:
        result = run(lambda _view: success("all fine"))
        assert (result.result, result.summary, result.remedy) == ("success", "all fine", "")

    def test_objects_are_bounded_and_counted(self) -> None:
        names = [f"vm{number}" for number in range(3 * MOST_OBJECTS)]
        result = run(lambda _view: listed("failure", "lost:", names))
        assert (result.objects, result.total) == (tuple(names[:MOST_OBJECTS]), 3 * MOST_OBJECTS)
        assert result.summary == f"lost: vm0, vm1, vm2 and {3 * MOST_OBJECTS - 3} more."

    def test_a_sample_says_how_many_there_are(self) -> None:
        result = run(lambda _view: sampled("warning", "unset:", Sample(10_000, ("vm1", "vm2"))))
        assert (result.objects, result.total) == (("vm1", "vm2"), 10_000)
        assert result.summary == "unset: vm1, vm2 and 9998 more."

    @pytest.mark.parametrize("finding", [listed("failure", "lost:", []), sampled("failure", "lost:", Sample())])
    def test_nothing_listed_is_a_success(self, finding: Finding) -> None:
        assert finding == success()


class TestUnknown:
    def test_evidence_that_was_not_given_is_named(self) -> None:
        result = run(lambda view: success(view[ANSWER]), Evidence.of({}))
        assert (result.result, result.summary) == ("unknown", "No Nova database given.")

    @pytest.mark.parametrize(
        "reason", [NotKnown("the database is down", "Start it."), StackrollError("The database is down.", "Start it.")]
    )
    def test_a_source_that_cannot_answer(self, reason: Exception) -> None:
        def refuse() -> None:
            raise reason

        result = run(lambda view: success(view[ANSWER]), Evidence({ANSWER: refuse}))
        assert (result.result, result.summary, result.remedy) == ("unknown", "The database is down.", "Start it.")

    def test_a_crash_is_one_check_s_and_tells_no_secret(self) -> None:
        def crash(_view: View) -> Finding:
            raise ValueError("mysql://nova:secret@db")

        results = judge(
            [(check("broken", crash), False), (check("well", lambda view: success(str(view[ANSWER]))), False)],
            Evidence.of({ANSWER: 1}),
            [TARGET],
        )
        assert [(result.check, result.result) for result in results] == [("broken", "unknown"), ("well", "success")]
        assert results[0].summary == "The check itself broke: ValueError."
        assert "secret" not in str(results)

    def test_a_crashing_source_breaks_its_checks_only(self) -> None:
        def crash() -> None:
            raise KeyError("secret")

        evidence = Evidence({ANSWER: crash, OTHER: lambda: 2})
        checks = [
            (check("broken", lambda view: success(view[ANSWER])), False),
            (check("well", lambda view: success(str(view[OTHER])), reads=(OTHER,)), False),
        ]
        assert [result.result for result in judge(checks, evidence, [TARGET])] == ["unknown", "success"]

    def test_a_check_that_reads_what_it_does_not_declare_breaks(self) -> None:
        evidence = Evidence.of({ANSWER: 1, OTHER: 2})
        assert run(lambda view: success(view[OTHER]), evidence).summary == "The check itself broke: LookupError."


CELLS = PerCell({"cell0": 0, "cell1": 1}, {"cell2": "no answer in 10 s."}, cell0="cell0")
PARTIAL = Fleet(taken_at="now", unknown=(Unknown("cell2", "no answer in 10 s"),))


@pytest.mark.parametrize("answer", [CELLS, PARTIAL], ids=["cells", "fleet"])
class TestSilence:
    def ask(self, answer: Any, finding: Finding) -> CheckResult:
        def find(view: View) -> Finding:
            assert view[ANSWER] is answer
            return finding

        return run(find, Evidence.of({ANSWER: answer}))

    def test_it_makes_a_success_unknown(self, answer: Any) -> None:
        result = self.ask(answer, success())
        assert (result.result, result.summary) == ("unknown", "cell2 did not answer (no answer in 10 s).")
        assert (result.objects, result.remedy) == (("cell2",), "Mend what does not answer, then check again.")

    def test_it_makes_a_warning_unknown_with_what_was_found(self, answer: Any) -> None:
        result = self.ask(answer, warning("cmp1 is old.", ["cmp1"]))
        assert (result.result, result.objects) == ("unknown", ("cmp1", "cell2"))
        assert result.summary == "cmp1 is old. cell2 did not answer (no answer in 10 s)."

    def test_a_failure_stays_one_and_mentions_it(self, answer: Any) -> None:
        result = self.ask(answer, failure("cmp1 is old.", ["cmp1"]))
        assert (result.result, result.objects, result.remedy) == ("failure", ("cmp1",), "Mend it.")
        assert result.summary == "cmp1 is old. cell2 did not answer (no answer in 10 s)."

    def test_who_did_not_ask_does_not_mind(self, answer: Any) -> None:
        assert run(lambda _view: success(), Evidence.of({ANSWER: answer})).result == "success"


def test_cells_without_cell0() -> None:
    assert (list(CELLS.all()), CELLS.real()) == ([("cell0", 0), ("cell1", 1)], [("cell1", 1)])


class TestEvidence:
    def test_a_source_is_asked_once_even_by_many(self) -> None:
        calls = []
        together = threading.Barrier(4)

        def slow() -> int:
            calls.append(1)
            return len(calls)

        def find(view: View) -> Finding:
            together.wait(timeout=10)
            return success(str(view[ANSWER]))

        results = judge([(check(str(n), find), False) for n in range(4)], Evidence({ANSWER: slow}), [TARGET])
        assert ([result.summary for result in results], len(calls)) == (["1"] * 4, 1)

    def test_a_refusal_is_remembered(self) -> None:
        calls = []

        def refuse() -> None:
            calls.append(1)
            raise NotKnown(f"refused {len(calls)} times")

        evidence = Evidence({ANSWER: refuse})
        for _attempt in range(2):
            with pytest.raises(NotKnown, match="refused 1 times"):
                evidence.ask(ANSWER)

    def test_nothing_is_asked_that_no_check_reads(self) -> None:
        def never() -> None:
            raise AssertionError

        assert run(lambda _view: success(), Evidence({ANSWER: never})).result == "success"

    def test_what_a_check_can_do_without(self) -> None:
        assert View(Evidence.of({ANSWER: 1}), [ANSWER, OTHER]).get(ANSWER) == 1
        assert View(Evidence.of({ANSWER: 1}), [ANSWER, OTHER]).get(OTHER) is None


FINE = success()
CATALOG = (
    check("Cells v2", lambda _view: FINE, command=NOVA_STATUS),
    check("Console Auths", lambda _view: FINE, command=NOVA_STATUS, since=19, until=19),
    check("Capacity", lambda _view: FINE, group="accounting"),
)


class TestSelect:
    @pytest.mark.parametrize(
        ("wanted", "skipped", "chosen"),
        [
            ([], [], {"Cells v2": False, "Console Auths": False, "Capacity": False}),
            (["Capacity", "Cells v2"], [], {"Cells v2": False, "Capacity": False}),
            (["nova"], [], {"Cells v2": False, "Console Auths": False}),
            ([], ["nova"], {"Cells v2": True, "Console Auths": True, "Capacity": False}),
            (["Cells v2", "accounting"], ["Cells v2"], {"Cells v2": True, "Capacity": False}),
        ],
    )
    def test_by_name_and_group_in_the_order_of_the_catalog(
        self, wanted: list[str], skipped: list[str], chosen: dict[str, bool]
    ) -> None:
        found = [(one.name, skip) for one, skip in select(CATALOG, wanted, skipped)]
        assert found == list(chosen.items())

    @pytest.mark.parametrize(("option", "given"), [("checks", (["Cels v2"], [])), ("skip", ([], ["nova", "Cels v2"]))])
    def test_an_unknown_name_is_refused_with_its_option(self, option: str, given: tuple[list[str], list[str]]) -> None:
        with pytest.raises(InvalidInput) as refusal:
            select(CATALOG, *given)
        assert (
            refusal.value.message == f"The option {option} names 'Cels v2', which is no check and no group of checks."
        )
        assert "The groups are nova, accounting and database;" in refusal.value.remedy

    def test_all_that_ask_a_database_together(self) -> None:
        catalog = [check("asks it", never), check("asks others", never, reads=(OTHER,))]
        assert [skip for _check, skip in select(catalog, [], ["database"])] == [True, False]
        assert [check.name for check, _skip in select(catalog, ["database"], [])] == ["asks it"]

    def test_a_skipped_check_is_shown_and_not_asked(self) -> None:
        (result,) = judge([(check("one", never), True)], Evidence.of({}), [TARGET])
        assert (result.result, result.summary, result.remedy) == ("skipped", "skipped by option", "")


class TestReleases:
    def test_the_target_is_asked_everything_and_those_before_only_what_their_commands_asked(self) -> None:
        releases = [Release.parse(name) for name in ("stein", "train", "2026.2")]
        results = judge(select(CATALOG, [], []), Evidence.of({}), releases)
        assert [(result.check, result.release) for result in results] == [
            ("Cells v2", "stein"),
            ("Console Auths", "stein"),
            ("Cells v2", "train"),
            ("Cells v2", "2026.2"),
            ("Capacity", "2026.2"),
        ]

    def test_a_check_is_told_the_release(self) -> None:
        told = Check("one", "nova", lambda _view, release: failure(release.name), (), "rule", command=NOVA_STATUS)
        results = judge([(told, False)], Evidence.of({}), [Release.parse("zed"), TARGET])
        assert [(result.summary, result.release) for result in results] == [("zed", "zed"), ("2026.2", "2026.2")]

    @given(st.sampled_from(RELEASES), st.integers(15, 34), st.integers(15, 34))
    def test_since_and_until_are_the_first_and_the_last(self, release: Release, since: int, until: int) -> None:
        bounded = check("one", lambda _view: FINE, since=since, until=until)
        assert bounded.belongs_to(release) == (since <= release.nova <= until)
        assert check("one", lambda _view: FINE, since=since).belongs_to(release) == (since <= release.nova)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({}, ""),
        ({"command": NOVA_STATUS}, "ours"),
        ({"command": NOVA_STATUS, "command_name": "theirs"}, "theirs"),
    ],
)
def test_the_name_that_the_command_prints(changes: dict[str, str], name: str) -> None:
    assert check("ours", lambda _view: FINE, **changes).command_name == name
