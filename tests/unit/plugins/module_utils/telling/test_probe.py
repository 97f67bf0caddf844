# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The probe in the report: the line, the section, the picture."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.availability.evaluation import evaluate
from ansible_collections.stackroll.nova.plugins.module_utils.availability.recording import Recording, Session
from ansible_collections.stackroll.nova.plugins.module_utils.availability.samples import Boot
from ansible_collections.stackroll.nova.plugins.module_utils.availability.spans import Spans
from ansible_collections.stackroll.nova.plugins.module_utils.telling.events import parse
from ansible_collections.stackroll.nova.plugins.module_utils.telling.fold import fold
from ansible_collections.stackroll.nova.plugins.module_utils.telling.page import render
from ansible_collections.stackroll.nova.plugins.module_utils.telling.probe import phases_of_work
from ansible_collections.stackroll.nova.plugins.module_utils.telling.states import server_states
from ansible_collections.stackroll.nova.plugins.module_utils.telling.summary import summarize
from ansible_collections.stackroll.nova.tests.unit.plugins.module_utils.availability.seen import BEGIN, sample
from ansible_collections.stackroll.nova.tests.unit.plugins.module_utils.telling.test_page import (
    ATTRIBUTES,
    HOSTILE,
    TAGS,
    read,
)

SPANS = Spans.parse([{"name": "control_plane", "start": BEGIN + 60, "end": BEGIN + 120}])


def evaluation(*failing: float, boots: tuple[Boot, ...] = (), **more: Any) -> dict[str, Any]:
    samples = [
        sample(at / 2, 0.03 + at % 7 / 100, error="refused" if at / 2 in failing else None, **more) for at in range(400)
    ]
    return evaluate(Recording((Session({}, samples, list(boots), {"seconds": 200, "cpu_seconds": 80}),)), SPANS)


def lines(story: Any) -> list[str]:
    return summarize(fold(story.journal()))


def page(story: Any) -> Any:
    return read(render(fold(story.journal()), server_states(None, None)))


def test_the_line_of_a_quiet_night(story: Any) -> None:
    story.open().module(requests=20).tell("probe", **evaluation()).close()
    found = lines(story)
    at = found.index("  API          400 requests seen by the probe: 0 failed, longest gap 0.0 s")
    assert found[at + 1] == "               20 requests, 0 writes of our own"


def test_the_line_of_another_night(story: Any) -> None:
    boots = (
        Boot(BEGIN + 3, "stackroll-probe-1", "1", "no valid host"),
        Boot(BEGIN + 4, "stackroll-probe-2", "2", seconds=3),
    )
    story.open().tell("probe", **evaluation(70, 70.5, 71, boots=boots))
    assert "  API          400 requests seen by the probe: 3 failed, longest gap 1.6 s; 2 boots: 1 failed" in lines(
        story
    )


def test_without_a_probe_nothing_is_said_of_it(success: Any) -> None:
    report = fold(success.journal())
    assert report["probe"] is None
    assert not any("probe" in line for line in summarize(report))
    assert "APIs as clients saw them" not in render(report, server_states(None, None))


def test_the_last_evaluation_counts(story: Any) -> None:
    story.open().tell("probe", **evaluation(70)).tell("probe", **evaluation())
    assert fold(story.journal())["probe"]["failures"] == 0


def test_the_page(story: Any) -> None:
    boots = (Boot(BEGIN + 70, "stackroll-probe-1", "1", "no valid host", message="No valid host was found"),)
    story.open().tell("probe", **evaluation(70, 70.5, boots=boots, api="placement", request_id="req-7"))
    reader = page(story)
    words = " ".join(reader.words)
    for shown in (
        "APIs as clients saw them",
        "placement",
        "refused",
        "control plane",
        "No valid host was found",
        "req-7",
        "22:27:50.000",
        "100 ms",
        "40% of a core",
    ):
        assert shown in words
    assert reader.tags <= TAGS
    assert reader.attributes <= ATTRIBUTES


def test_the_picture(story: Any) -> None:
    story.open().tell("probe", **evaluation(70))
    markup = render(fold(story.journal()), server_states(None, None))
    drawing = markup[markup.index('aria-label="Latency of the APIs over time"') :].partition("</svg>")[0]
    assert drawing.count('class="lost"') == 1
    assert drawing.count('class="slowest"') > 90
    assert drawing.count('class="phase ') == 1
    assert "1 of 4 requests failed" in drawing or "1 of 3 requests failed" in drawing


def test_where_nothing_succeeded_the_line_is_broken(story: Any) -> None:
    whole = evaluation()
    story.open().tell(
        "probe", **{**whole, "series": [{**point, "p50": None, "max": None} for point in whole["series"]]}
    )
    markup = render(fold(story.journal()), server_states(None, None))
    assert 'class="median"' not in markup
    assert 'class="slowest"' not in markup


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_stay_text(name: str, story: Any) -> None:
    found = evaluation(70)
    row = {
        "at": 1,
        "operation": name,
        "kind": name,
        "phase": name,
        "request_id": name,
        "name": name,
        "failure": name,
        "message": name,
    }
    phases = [{"name": name, "start": 0, "end": 100}]
    story.open().tell(
        "probe",
        **{
            **found,
            "failed": [row],
            "failed_boots": [row],
            "phases": phases,
            "apis": {name: {}},
            "significance": {"words": name},
        },
    )
    reader = page(story)
    assert reader.tags <= TAGS
    assert reader.attributes <= ATTRIBUTES


@pytest.mark.parametrize(
    "odd",
    [
        None,
        3,
        "x",
        [],
        [3],
        {},
        {"x": {}},
        [{}],
        [{"at": -1, "seconds": -1}],
        [{"at": "x", "p50": []}],
        float("nan"),
        1e400,
    ],
)
def test_odd_values_are_tolerated(odd: Any, story: Any) -> None:
    whole = evaluation(70)
    story.open()
    for key in whole:
        if key != "requests":
            story.tell("probe", **{**whole, key: odd})
            fold_and_tell = fold(story.journal())
            render(fold_and_tell, server_states(None, None))
            assert summarize(fold_and_tell)


def test_phases_of_work(resumed: Any) -> None:
    events = parse(resumed.lines).events
    found = phases_of_work(events)
    assert [phase["name"] for phase in found] == ["computes", "computes", "finalize"]
    assert all(phase["start"] <= phase["end"] for phase in found)


def test_preflight_is_before_the_work(success: Any) -> None:
    names = [phase["name"] for phase in phases_of_work(success.journal().events)]
    assert names == ["control_plane", "computes", "finalize"]


def test_phases_that_are_cut_short_or_going_on(story: Any) -> None:
    story.open().tell("phase_started", 1, phase="computes").tell("x", 5)
    story.attempt = 2
    story.open().tell("phase_started", 100, phase="computes")
    first, second = phases_of_work(story.journal().events)
    assert first["end"] - first["start"] == pytest.approx(5)
    assert "end" not in second
    assert [span.name for span in Spans.parse([first, second]).spans] == ["computes", "computes"]
