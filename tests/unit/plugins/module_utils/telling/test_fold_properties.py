# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every journal, however it was cut off."""

from __future__ import annotations

import json
from typing import Any

import pytest

hypothesis = pytest.importorskip("hypothesis")
st = pytest.importorskip("hypothesis.strategies")

from ansible_collections.stackroll.nova.plugins.module_utils.telling.events import Event, Journal, parse  # noqa: E402
from ansible_collections.stackroll.nova.plugins.module_utils.telling.fold import fold  # noqa: E402
from ansible_collections.stackroll.nova.plugins.module_utils.telling.page import render  # noqa: E402
from ansible_collections.stackroll.nova.plugins.module_utils.telling.states import server_states  # noqa: E402
from ansible_collections.stackroll.nova.plugins.module_utils.telling.summary import summarize  # noqa: E402

NAMES = [
    *(
        "run_opened",
        "run_closed",
        "phase_started",
        "phase_finished",
        "check",
        "module",
        "versions",
        "servers",
        "accounting",
        "odd",
        "probe",
    ),
    *(
        "host_disabled",
        "host_draining",
        "host_drained",
        "host_stopped",
        "host_reshaped",
        "host_shape_held",
        "host_started",
        "host_ready",
        "host_enabled",
        "host_result",
        "control_step",
        "rpc_pins",
    ),
]
KEYS = [
    *(
        "host",
        "hosts",
        "phase",
        "result",
        "reason",
        "name",
        "summary",
        "wave",
        "claim",
        "msg",
        "failed",
        "changed",
        "task",
        "step",
        "by",
        "requests",
        "failures",
        "boots",
        "longest_gap_seconds",
        "apis",
        "latency",
        "series",
    ),
    *(
        "api",
        "versions",
        "total",
        "lost",
        "moved",
        "new",
        "deleted",
        "deletions",
        "pins",
        "changed",
        "consumers",
        "orphaned",
        "details",
        "preexisting",
    ),
    *("target_release", "source_release"),
    *("service_version_before", "service_version_after"),
]
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["cmp1", "cmp2", "success", "failed", "unchanged", "computes", "Failure", "74"]),
)
VALUES = st.one_of(
    SCALARS,
    st.lists(SCALARS, max_size=3),
    st.dictionaries(
        st.sampled_from(
            ["requests", "writes", "id", "name", "field", "before", "unit", "service_version", "chosen_at"]
        ),
        SCALARS,
        max_size=3,
    ),
)
EVENTS = st.builds(
    Event,
    name=st.sampled_from(NAMES),
    at=st.floats(min_value=0, max_value=4e9),
    run_id=st.sampled_from(["", "7f3a91c2", "00000002", "check"]),
    attempt=st.one_of(st.none(), st.integers(min_value=-1, max_value=3)),
    data=st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=6),
)

slow = hypothesis.settings(max_examples=60, deadline=None, suppress_health_check=list(hypothesis.HealthCheck))


def tell_everything(journal: Journal) -> dict[str, Any]:
    """The whole way from a journal to what people see."""
    report = fold(journal)
    lines = summarize(report, "report.html")
    assert lines
    assert all(line.isprintable() for line in lines)
    json.dumps(report, allow_nan=True)
    render(report, server_states(None, None)).encode("utf-8")
    return report


@hypothesis.given(st.lists(EVENTS, max_size=25))
@slow
def test_any_events_can_be_told(events: list[Event]) -> None:
    journal = Journal(tuple(events))
    report = tell_everything(journal)
    closed = [event for event in events if event.name == "run_closed" and event.data.get("result") == "success"]
    assert report["result"] in ("success", "failed", "unfinished")
    assert closed or report["result"] != "success"
    assert report["seconds"] >= 0
    assert report["active_seconds"] >= 0
    assert all(host["seconds_disabled"] is None or host["seconds_disabled"] >= 0 for host in report["hosts"])


@hypothesis.given(st.lists(EVENTS, max_size=25))
@slow
def test_folding_is_deterministic(events: list[Event]) -> None:
    assert json.dumps(fold(Journal(tuple(events)))) == json.dumps(fold(Journal(tuple(events))))


@pytest.mark.parametrize("kind", ["success", "failure", "resumed"])
def test_a_kill_after_any_event_gives_a_truthful_report(kind: str, request: pytest.FixtureRequest) -> None:
    lines = request.getfixturevalue(kind).lines
    for length in range(len(lines) + 1):
        report = tell_everything(parse(lines[:length]))
        whole = length == len(lines)
        assert (report["result"] == "success") == (whole and kind != "failure")
        for host in report["hosts"]:
            assert not (host["still_disabled"] and host["result"] in ("success", "upgraded", "unchanged"))


@hypothesis.given(data=st.data())
@slow
def test_a_crash_at_any_byte_gives_a_truthful_report(data: Any, success: Any) -> None:
    text = "\n".join(success.lines) + "\n"
    cut = data.draw(st.integers(min_value=0, max_value=len(text) - 3))
    report = tell_everything(parse(text[:cut].splitlines()))
    assert report["result"] == "unfinished"
    assert report["journal"]["damaged"] <= 1
    assert report["journal"]["events"] == sum(1 for line in text[:cut].splitlines() if line in success.lines)
