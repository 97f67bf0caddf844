# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What gets into the journal, and what does not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.telling import records

TASK = {"module": "stackroll.nova.fleet_info", "task": "Read the fleet", "host": "ctl1"}
FULL = {"module", "task", "host", "started", "seconds", "changed", "failed", "msg", "api"}


def event(result: dict[str, Any], hidden: bool = False) -> dict[str, Any]:
    return records.module_event(TASK, result, 1_795_300_000.0, 1.23456, hidden)


def test_only_the_allowed_fields() -> None:
    result = {
        "changed": True,
        "failed": True,
        "msg": "No.",
        "api": {"requests": 5, "writes": 1, "token": "gAAAAA"},
        "invocation": {"module_args": {"password": "hunter2"}},
        "fleet": {"servers": ["secret"]},
        "exception": "Traceback with secret",
        "_ansible_verbose_override": True,
    }
    found = event(result)
    assert set(found) == FULL
    assert found["api"] == {"requests": 5, "writes": 1}
    assert found["seconds"] == 1.235
    assert "hunter2" not in json.dumps(found)
    assert "secret" not in json.dumps(found)


def test_a_success_has_no_message() -> None:
    assert set(event({"changed": False, "msg": "all well"})) == FULL - {"msg", "api"}


def test_no_log_leaves_the_name_and_the_timing() -> None:
    found = event({"changed": True, "failed": True, "msg": "hunter2", "api": {"requests": 1, "writes": 1}}, hidden=True)
    assert found == {**TASK, "started": "2026-11-21T22:26:40.000Z", "seconds": 1.235, "no_log": True}


def test_unreachable_is_a_failure() -> None:
    found = event({"unreachable": True, "msg": "No route"})
    assert found["failed"] is True
    assert found["msg"] == "No route"


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("first\nsecond", "first"),
        ("  \n first", "first"),
        (None, ""),
        (12, "12"),
        ("x" * 1000, "x" * records.MESSAGE_LENGTH),
        ("at mysql+pymysql://nova:s3c@ret@db:3306/nova?x=1 now", "at mysql+pymysql://***@db:3306/nova?x=1 now"),
        ("rabbit://openstack:p/w@mq:5672//", "rabbit://***@mq:5672//"),
        ("see https://docs.example.org/page", "see https://docs.example.org/page"),
        ("'http://u:p@h/' and 'http://v:q@i/'", "'http://***@h/' and 'http://***@i/'"),
    ],
)
def test_messages_are_one_short_line_without_passwords(message: object, line: str) -> None:
    assert records.first_line(message) == line


def test_a_line_is_one_line() -> None:
    line = records.encode("check", {"summary": "two\nlines\u2028three"}, 0.0, "7f3a91c2", 1)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert json.loads(line)["summary"] == "two\nlines\u2028three"


def test_the_envelope_cannot_be_forged() -> None:
    line = json.loads(
        records.encode("check", {"event": "run_closed", "run_id": "x", "time": "y", "attempt": 9}, 0.0, "real", 1)
    )
    assert line == {"time": "1970-01-01T00:00:00.000Z", "run_id": "real", "event": "check", "attempt": 1}


@pytest.mark.parametrize(
    "data",
    [
        {"lost": ["x" * 900] * 10_000},
        {"text": "x" * 1_000_000},
        {"deep": {str(number): ["y" * 5000] * 30 for number in range(210)}},
        {str(number): number for number in range(100_000)},
    ],
)
def test_a_line_is_bounded(data: dict[str, Any]) -> None:
    line = records.encode("servers", {**data, "total": 7}, 0.0, "7f3a91c2", 1)
    assert len(line) <= records.LINE_LENGTH
    assert json.loads(line)["cut"] is True


def test_anything_can_be_written() -> None:
    assert json.loads(records.encode("x", {"a": {1, 2}, "b": "\ud800"}, 0.0, "", None))["event"] == "x"
