# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading of journal lines."""

from __future__ import annotations

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.telling.events import Event, format_time, parse, parse_time

GOOD = '{"time":"2026-11-22T02:35:12.123Z","run_id":"7f3a91c2","attempt":2,"event":"host_ready","host":"cmp1"}'


def test_a_whole_line_becomes_an_event() -> None:
    journal = parse([GOOD])
    assert journal.damaged == 0
    (event,) = journal.events
    assert (event.name, event.run_id, event.attempt, event.text("host")) == ("host_ready", "7f3a91c2", 2, "cmp1")
    assert format_time(event.at) == "2026-11-22T02:35:12.123Z"


@pytest.mark.parametrize(
    "line",
    [
        GOOD[:-1],
        GOOD[:40],
        "garbage",
        "[1, 2]",
        "null",
        '{"event":"x"}',
        '{"time":"yesterday","event":"x"}',
        '{"time":12,"event":"x"}',
        '{"time":"2026-11-22T02:35:12Z","event":""}',
        '{"time":"2026-11-22T02:35:12Z","event":["x"]}',
        "[" * 100_000,
    ],
)
def test_what_is_not_a_whole_event_is_counted(line: str) -> None:
    journal = parse([GOOD, line, GOOD])
    assert len(journal.events) == 2
    assert journal.damaged == 1


def test_empty_lines_are_nothing() -> None:
    assert parse(["", "\n", "  \n"]).damaged == 0


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (72, 72),
        ("72", 72),
        (72.9, 72),
        (True, None),
        ("x", None),
        (None, None),
        (float("nan"), None),
        (10**400, None),
        ("²", None),
    ],
)
def test_numbers(value: object, number: int | None) -> None:
    assert Event("x", 0.0, data={"n": value}).whole("n") == number


@pytest.mark.parametrize(
    ("value", "names"), [("cmp1", ("cmp1",)), (["cmp1", None, {}, 7], ("cmp1", "7")), (None, ()), ({"a": 1}, ())]
)
def test_names(value: object, names: tuple[str, ...]) -> None:
    assert Event("x", 0.0, data={"hosts": value}).names("hosts") == names


def test_a_moment_without_a_zone_is_utc() -> None:
    assert (
        parse_time("2026-11-22T02:35:12")
        == parse_time("2026-11-22T02:35:12Z")
        == parse_time("2026-11-22T03:35:12+01:00")
    )
