# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines on the screen."""

from __future__ import annotations

from typing import Any, Callable

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import natural
from ansible_collections.stackroll.nova.plugins.module_utils.telling.fold import fold
from ansible_collections.stackroll.nova.plugins.module_utils.telling.summary import failure_text, summarize
from ansible_collections.stackroll.nova.plugins.module_utils.telling.words import (
    clean,
    count,
    duration,
    some,
    spread,
)


def test_the_end_of_a_success(success: Any) -> None:
    assert summarize(fold(success.journal()), "build/demo/report.html") == [
        "Rolled 4 hosts and 2 controllers from 2026.1 to 2026.2 in 2 min 57 s",
        "  servers      20 before, 20 after: 20 in the same state, 0 moved, 0 lost",
        "  placement    20 consumers: 0 orphaned, 0 doubled, 0 missing",
        "  hosts        4 upgraded, out for 27 s each",
        "  checks       2: 1 success, 1 warning",
        "  phases       preflight 8.0 s, control plane 45 s, computes 1 min 54 s, finalize 10 s",
        "  API          20 requests, 4 writes",
        "  report       build/demo/report.html",
    ]


def test_the_end_of_a_failure(failure: Any) -> None:
    assert summarize(fold(failure.journal())) == [
        "Failed: the upgrade from 2026.1 to 2026.2 stopped in phase computes after 2 min 42 s",
        "  cmp2: nova-compute did not come up within 120 s after its restart.",
        "  hosts        1 upgraded, out for 27 s each; cmp2 stays disabled (claim stackroll:7f3a91c2:cmp2); not started: cmp3",
        "  phases       computes 2 min 41 s",
        "  API          3 requests, 0 writes",
        "  Go on after mending it:   the same command again",
    ]


def test_the_end_of_a_resumed_run(resumed: Any) -> None:
    lines = summarize(fold(resumed.journal()))
    assert lines[0] == "Rolled 3 hosts from 2026.1 to 2026.2 in 3 min 46 s"
    assert "  hosts        3 upgraded, out for 27 s to 1 h 3 min" in lines
    assert "  attempts     2; before this one: failed after 2 min 42 s" in lines


Tell = Callable[[Any], Any]

CASES: list[tuple[Tell, str]] = [
    (lambda s: s.close(), "Nothing left to do: 0 hosts found on 2026.2 in 0.2 s"),
    (lambda s: s.tell("host_result", 40, host="cmp1", result="unchanged").close(), "Nothing left to do: 1 host found on 2026.2 in 40 s"),
    (lambda s: s.wait(5).tell("phase_started", phase="control_plane").tell("x", 90),
     "Not finished: the upgrade from 2026.1 to 2026.2 stopped in phase control plane after 1 min 35 s"),
    (lambda s: s.tell("x", 2), "  Go on:   the same command again"),
    (lambda s: s.tell("host_result", host="cmp9", result="foreign").close(), "  hosts        left alone because somebody else disabled it: cmp9"),
    (lambda s: s.tell("servers", total=31, moved=24, lost=[{"id": "1"}], changed=[{"id": "2", "field": name} for name in "ab"], new=3),
     "  servers      31 before, 33 after: 29 in the same state, 24 moved, 1 changed, 1 lost"),
    (lambda s: s.tell("servers", total=5, moved=3, moves_per_server_max=1, lost=[], changed=[], new=0),
     "  servers      5 before, 5 after: 5 in the same state, 3 moved once each, 0 lost"),
    (lambda s: s.tell("servers", total=5, moved=0, deleted=1, lost=[], changed=[], new=0),
     "  servers      5 before, 4 after: 4 in the same state, 0 moved, 1 deleted by their owners, 0 lost"),
    (lambda s: s.tell("accounting", consumers=1, orphaned=[1], doubled=0, missing=0), "  placement    1 consumer: 1 orphaned, 0 doubled, 0 missing"),
    (lambda s: s.module(requests=5310), "  API          5,310 requests, 0 writes"),
    (lambda s: s.tell("check", name="Order", result="Failure", summary="cmp3 is too old"), "  Order: cmp3 is too old"),
    (lambda s: s.close("failed", "The disk is full."), "  The disk is full."),
    (lambda s: s.close("failed"), "  failed; no reason was given"),
]  # fmt: skip


@pytest.mark.parametrize(("tell", "line"), CASES)
def test_lines(tell: Tell, line: str, story: Any) -> None:
    assert line in summarize(fold(tell(story.open()).journal()))


def test_what_was_not_measured_has_no_line(story: Any) -> None:
    assert len(summarize(fold(story.open().close().journal()))) == 1


def test_a_check_run_says_that_nothing_was_changed(success: Any) -> None:
    success.lines = [line.replace("7f3a91c2", "check") for line in success.lines]
    lines = summarize(fold(success.journal()))
    assert lines[0] == "Check run from 2026.1 to 2026.2: nothing was changed, 2 min 57 s"
    assert "  hosts        4 would be upgraded" in lines


def test_many_failures_are_cut(story: Any) -> None:
    story.open()
    for number in range(9):
        story.tell("host_result", 1, host=f"cmp{number}", result="failed", reason=f"reason {number}")
    lines = summarize(fold(story.journal()))
    assert lines[1:6] == [
        *(f"  cmp{number}: reason {number}" for number in range(4)),
        "  and 5 more failures, see the report",
    ]


def test_names_cannot_drive_the_terminal(story: Any) -> None:
    lines = summarize(
        fold(story.open().tell("host_result", host="cmp\x1b[2J\n1", result="failed", reason="a\u202eb\x07").journal())
    )
    assert all(line.isprintable() for line in lines)


def test_a_damaged_line_is_told(story: Any) -> None:
    story.open().lines.append('{"time":')
    assert "  journal      1 line could not be read" in summarize(fold(story.journal()))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "unknown"), (0, "0.0 s"), (4.24, "4.2 s"), (9.96, "10 s"), (59.4, "59 s"), (59.6, "1 min"), (60, "1 min"),
        (372, "6 min 12 s"), (3599.4, "59 min 59 s"), (3600, "1 h"), (3840, "1 h 4 min"), (7199, "2 h"),
    ],
)  # fmt: skip
def test_durations(seconds: float | None, words: str) -> None:
    assert duration(seconds) == words


def test_words() -> None:
    assert (count(1, "host"), count(2, "host"), count(5310, "line")) == ("1 host", "2 hosts", "5,310 lines")
    assert some(["a", "b"]) == "a, b"
    assert some("abcdefg") == "a, b, c, d, e and 2 more"
    assert spread([27.2, 27.1]) == "27 s"
    assert clean("a\tb\u200bc\ud800") == "a b\ufffdc\ufffd"
    assert sorted(["cmp10", "cmp2", "2", "b1-10", "b1-9"], key=natural) == ["2", "b1-9", "b1-10", "cmp2", "cmp10"]
    assert failure_text({"kind": "host", "name": "cmp2", "message": "cmp2: no"}) == "cmp2: no"
    assert failure_text({"kind": "phase", "name": "control_plane", "message": "no"}) == "phase control plane: no"
