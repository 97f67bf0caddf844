# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines that come back as they were, and lines that a kill has cut."""

from __future__ import annotations

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.availability.recording import (
    boot_line,
    end_line,
    read,
    sample_line,
    session_line,
)
from ansible_collections.stackroll.nova.plugins.module_utils.availability.samples import Boot
from ansible_collections.stackroll.nova.tests.unit.plugins.module_utils.availability.seen import sample

SAMPLES = [
    sample(0),
    sample(1, status=503, request_id="req-1"),
    sample(2, error="refused", lag=0.5),
    sample(3, status=404, provoked=True),
]
BOOTS = [
    Boot(1.0, "stackroll-probe-1", "id", seconds=3.5, seconds_deleting=2.0),
    Boot(2.0, "stackroll-probe-2", failure="skipped"),
]


def lines() -> list[str]:
    """Two sessions, of which the first was killed."""
    first = [session_line({"id": "a", "pid": 5}), *map(sample_line, SAMPLES[:2])]
    return [
        *first,
        session_line({"id": "b"}),
        *map(sample_line, SAMPLES[2:]),
        *map(boot_line, BOOTS),
        end_line({"reason": "asked"}),
    ]


def test_there_and_back() -> None:
    found = read(lines())
    assert (found.samples, found.boots, found.damaged) == (SAMPLES, BOOTS, 0)
    assert [session.settings["id"] for session in found.sessions] == ["a", "b"]
    assert [session.end for session in found.sessions] == [None, {"reason": "asked"}]


def test_a_line_stays_small() -> None:
    assert len(sample_line(sample(0))) < 130
    assert all(line.endswith("\n") and line.count("\n") == 1 for line in lines())


def test_every_cut_is_survived() -> None:
    text = "".join(lines())
    for length in range(len(text)):
        found = read(text[:length].splitlines())
        assert found.damaged <= 1
        assert found.samples == SAMPLES[: len(found.samples)]


@pytest.mark.parametrize(
    "line",
    [
        "[]", "3", "{}", '{"boot": 3}', '{"boot": {}}', '{"session": 3}', '{"started": 1}', "[" * 100_000,
        '{"started":"x","api":"a","operation":"o","method":"GET","seconds":1}',
        '{"started":1,"api":"a","operation":"o","method":"GET","seconds":null}',
        '{"started":1,"api":"a","operation":"o","method":"GET","seconds":1,"status":"200"}',
    ],
)  # fmt: skip
def test_odd_lines_are_counted(line: str) -> None:
    found = read([line, sample_line(SAMPLES[0])])
    assert (found.damaged, found.samples) == (1, SAMPLES[:1])
