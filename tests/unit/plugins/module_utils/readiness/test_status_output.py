# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the status commands print, JSON or table, as results; unknown is never fine."""

from __future__ import annotations

import json

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.readiness.status_output import (
    last_words,
    parse_json,
    read_checks,
    refuses_json,
)
from ansible_collections.stackroll.nova.tests.unit.plugins import command_output as real

FINE = real.UPGRADE_CHECKS.partition("| Check: hw")[0]
WARNED = real.UPGRADE_CHECKS.rpartition("| Check: Older")[0]


def results(rc: int, stdout: str, stderr: str = "") -> list[tuple[str, str]]:
    return [(result.check, result.result) for result in read_checks("nova-status", rc, stdout, stderr)]


@pytest.mark.parametrize(
    ("rc", "text", "words"),
    [
        (0, FINE, ["success"]),
        (1, WARNED, ["success", "warning"]),
        (2, real.UPGRADE_CHECKS, ["success", "warning", "failure"]),
    ],
)
def test_table(rc: int, text: str, words: list[str]) -> None:
    assert [word for _check, word in results(rc, text)] == words


def test_json_of_neutron() -> None:
    found = read_checks("neutron-status", 1, f"a line of a log\n{real.JSON_CHECKS}", "warned", "2026.2")
    assert [(result.check, result.result) for result in found] == [
        ("Worker counts configured", "warning"),
        ("Policy File JSON to YAML Migration", "success"),
    ]
    assert found[0].summary.startswith("The default number of RPC workers has changed.")
    assert (found[1].summary, found[1].remedy) == ("", "")
    assert {(result.group, result.release) for result in found} == {("neutron-status", "2026.2")}


@pytest.mark.parametrize(
    "text", ["", "{", '{"name": "x"}', '{"checks": [1]}', '{"checks": [{"check": "x"}]}', FINE, "[]"]
)
def test_what_is_no_json(text: str) -> None:
    assert parse_json(text) is None


@pytest.mark.parametrize("number", [3, -1, "0", None, 1.5])
def test_a_result_that_nobody_knows_is_unknown(number: object) -> None:
    text = json.dumps({"name": "x", "checks": [{"check": "One", "result": number, "details": None}]})
    assert ("One", "unknown") in results(0, text)


@pytest.mark.parametrize(
    ("rc", "text", "error", "said"),
    [
        (
            255,
            real.CRASH,
            "SQL connection failed. 1 attempts left.",
            "crashed (exit code 255): oslo_db.exception.DBConnectionError: ",
        ),
        (255, "", real.TRACEBACK, "crashed (exit code 255): oslo_db.exception.DBConnectionError: "),
        (1, "", real.TRACEBACK, "ended with exit code 1 and printed no check: oslo_db.exception.DBConnectionError: "),
        (
            2,
            "",
            "usage: x\nnova-status: error: no",
            "ended with exit code 2 and printed no check: nova-status: error: no",
        ),
        (0, "", "", "ended with exit code 0 and printed no check: it said nothing"),
        (2, FINE, "", "exit code 2, which does not fit the 1 check it printed"),
        (0, WARNED, "", "exit code 0, which does not fit the 2 checks it printed"),
        (255, real.UPGRADE_CHECKS, "boom", "crashed (exit code 255): boom"),
        (0, FINE.replace("Success", "Erfolg"), "", "does not fit the 1 check it printed"),
    ],
)
def test_what_does_not_fit_together_is_unknown(rc: int, text: str, error: str, said: str) -> None:
    last = read_checks("nova-status", rc, text, error)[-1]
    assert (last.check, last.result) == ("nova-status upgrade check", "unknown")
    assert said in last.summary
    assert "by hand" in last.remedy


def test_a_crash_keeps_the_checks_that_were_printed() -> None:
    assert len(results(255, real.UPGRADE_CHECKS)) == 4


def test_last_words_of_a_crash_are_the_exception_not_its_background() -> None:
    assert last_words(real.CRASH, "some warning") == real.CRASH_WORDS


def test_who_does_not_know_json() -> None:
    usage = "usage: nova-status [-h]\nnova-status: error: unrecognized arguments: --json"
    assert refuses_json(2, usage)
    assert not refuses_json(0, usage)
    assert not refuses_json(2, "another failure")
