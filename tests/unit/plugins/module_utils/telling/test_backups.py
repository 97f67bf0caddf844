# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups of databases in reports."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.telling.backups import size
from ansible_collections.stackroll.nova.plugins.module_utils.telling.fold import fold
from ansible_collections.stackroll.nova.plugins.module_utils.telling.page import render
from ansible_collections.stackroll.nova.plugins.module_utils.telling.states import server_states
from ansible_collections.stackroll.nova.plugins.module_utils.telling.summary import summarize

MADE = "2026-11-22T02:00:00.000Z"
NOVA = {
    "service": "nova",
    "host": "ctl1",
    "path": "/b/nova.sql.gz",
    "bytes": 2_500_000,
    "verified": "restore",
    "made": MADE,
}


def line(report: dict[str, Any]) -> str | None:
    return next(
        (one.partition("backups")[2].strip() for one in summarize(report) if one.startswith("  backups ")), None
    )


def test_where_the_backups_are(story: Any) -> None:
    story.open().tell("database_backup", **{**NOVA, "path": "/old"}).tell("database_backup", **NOVA)
    story.tell(
        "database_backup",
        service="placement",
        host="ctl2",
        path="/b/p",
        bytes=900,
        verified="read",
        reason="It may not.",
    )
    report = fold(story.close().journal())
    assert report["database_backups"] == [
        {**NOVA, "reason": ""},
        {
            "service": "placement",
            "host": "ctl2",
            "path": "/b/p",
            "bytes": 900,
            "verified": "read",
            "reason": "It may not.",
            "made": "",
        },
    ]
    assert line(report) == (
        "nova ctl1:/b/nova.sql.gz (2.4 MiB, restored and counted); placement ctl2:/b/p (900 B, read to its end, not restored)"
    )
    page = render(report, server_states(None, None))
    for words in (
        "Database backups",
        "ctl1:/b/nova.sql.gz",
        "2.4 MiB",
        "2026-11-22 02:00:00 UTC",
        "restored and counted",
        "It may not.",
    ):
        assert words in page


def test_a_way_of_the_operator_is_told_as_it_is(story: Any) -> None:
    report = fold(story.open().tell("database_backup", service="nova", path="tape <7>", host="").journal())
    assert line(report) == "nova tape <7> (not verified by this run)"
    assert "tape &lt;7&gt;" in render(report, server_states(None, None))


@pytest.mark.parametrize("data", [{}, {"service": "nova"}, {"path": "x"}, {"service": ["x"], "path": 7}])
def test_what_is_not_whole_is_no_backup(story: Any, data: dict[str, Any]) -> None:
    report = fold(story.open().tell("database_backup", **data).journal())
    assert (report["database_backups"], line(report)) == ([], None)
    assert "Database backups" not in render(report, server_states(None, None))


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 KiB"), (10 * 1024, "10 KiB"), (3 << 30, "3.0 GiB"), (5 << 50, "5120 TiB")],
)
def test_sizes(count: int, words: str) -> None:
    assert size(count) == words
