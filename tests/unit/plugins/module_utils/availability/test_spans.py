# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which phase and window a moment belongs to."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.availability.spans import Spans, window
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput

TWO = [{"name": "placement", "start": 100, "end": 200}, {"name": "nova", "start": 250, "end": "300.5"}]


@pytest.mark.parametrize(
    ("moment", "phase", "which"),
    [
        (99.9, "before", "before"),
        (100, "placement", "during"),
        (199.9, "placement", "during"),
        (200, "between", "during"),
        (250, "nova", "during"),
        (300.4, "nova", "during"),
        (300.5, "after", "after"),
    ],
)
def test_phases(moment: float, phase: str, which: str) -> None:
    found = Spans.parse(TWO).phase(moment)
    assert (found, window(found)) == (phase, which)


def test_without_phases_everything_is_during() -> None:
    assert Spans().phase(5) == "during"


def test_phases_that_are_called_before_and_after() -> None:
    spans = Spans.parse(
        [
            {"name": "before", "start": 0, "end": 10},
            {"name": "work", "start": 20, "end": 30},
            {"name": "after", "start": 40},
        ]
    )
    assert [window(spans.phase(moment)) for moment in (5, 15, 25, 35, 45)] == [
        "before",
        "before",
        "during",
        "after",
        "after",
    ]


def test_a_phase_that_is_not_over_and_times_as_text() -> None:
    spans = Spans.parse([{"name": "x", "start": "2026-11-22T02:00:00Z", "end": None}])
    begin = 1_795_312_800
    assert [spans.phase(moment) for moment in (begin - 1, begin, begin + 1e9)] == ["before", "x", "x"]
    assert Spans.parse([{"name": "x", "start": "2026-11-22T03:00:00+01:00"}]).spans[0].start == begin
    assert Spans.parse([{"name": "x", "start": "2026-11-22T02:00:00"}]).spans[0].start == begin


@pytest.mark.parametrize(
    "phase",
    [
        {"name": "x", "start": 5, "end": 4},
        {"name": "", "start": 5},
        {"name": "x"},
        {"name": "x", "start": "soon"},
        {"name": "x", "start": "nan"},
    ],
)
def test_refusals(phase: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match="phases"):
        Spans.parse([phase])
