# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The figures of whole recordings."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.availability.evaluation import evaluate
from ansible_collections.stackroll.nova.plugins.module_utils.availability.recording import Recording, Session
from ansible_collections.stackroll.nova.plugins.module_utils.availability.samples import Boot
from ansible_collections.stackroll.nova.plugins.module_utils.availability.spans import Spans
from ansible_collections.stackroll.nova.tests.unit.plugins.module_utils.availability.seen import (
    BEGIN,
    recording,
    sample,
)

hypothesis = pytest.importorskip("hypothesis")
st = pytest.importorskip("hypothesis.strategies")

WORK = Spans.parse(
    [
        {"name": "placement", "start": BEGIN + 10, "end": BEGIN + 20},
        {"name": "nova", "start": BEGIN + 20, "end": BEGIN + 30},
    ]
)


def steady(first: int, last: int, seconds: float = 0.05, **more: Any) -> list[Any]:
    """One request each second."""
    return [sample(float(at), seconds, **more) for at in range(first, last)]


def test_a_quiet_night() -> None:
    found = evaluate(recording(*steady(0, 40)), WORK)
    assert (found["requests"], found["failures"], found["boots"], found["boot_failures"]) == (40, 0, 0, 0)
    assert (found["longest_gap_seconds"], found["longest_gap"], found["outage_seconds"]) == (0.0, None, {"compute": 0})
    assert found["p99_ratio"] == 1.0
    assert [found["latency"][window]["count"] for window in ("before", "during", "after")] == [10, 20, 10]
    assert (found["failures_by_kind"], found["failures_by_phase"], found["failed"]) == ({}, {}, [])
    assert [(phase["name"], phase["start"], phase["end"], phase["requests"]) for phase in found["phases"]] == [
        ("placement", 10.0, 20.0, 10),
        ("nova", 20.0, 30.0, 10),
    ]


def test_failures_by_kind_and_phase() -> None:
    samples = [
        *steady(0, 22),
        *steady(22, 25, error="refused"),
        sample(25, status=503, request_id="req-9"),
        *steady(26, 40),
    ]
    samples[5] = sample(5, status=404)
    found = evaluate(recording(*samples), WORK)
    assert (found["requests"], found["failures"]) == (40, 5)
    assert found["failures_by_kind"] == {"5xx": 1, "refused": 3, "unexpected": 1}
    assert found["failures_by_phase"] == {"before": 1, "nova": 4}
    assert found["longest_gap_seconds"] == pytest.approx(4.05)
    assert (found["longest_gap"]["api"], found["longest_gap"]["at"], found["longest_gap"]["phase"]) == (
        "compute",
        22.0,
        "nova",
    )
    assert found["outage_seconds"] == {"compute": pytest.approx(4.05 + 1.05)}
    last = found["failed"][-1]
    assert (last["kind"], last["request_id"], last["at"], last["phase"]) == ("5xx", "req-9", 25.0, "nova")
    assert [phase["failures"] for phase in found["phases"]] == [0, 4]


def test_apis_do_not_hide_each_other() -> None:
    samples = [*steady(0, 30), *steady(0, 10, api="placement"), *steady(10, 20, api="placement", error="refused")]
    samples += steady(20, 30, api="placement")
    found = evaluate(recording(*samples), WORK)
    assert found["longest_gap_seconds"] == pytest.approx(10.05)
    assert found["outage_seconds"] == {"compute": 0, "placement": pytest.approx(10.05)}
    assert found["apis"]["compute"]["failures"] == 0
    assert found["apis"]["placement"]["longest_gap_seconds"] == pytest.approx(10.05)


def test_a_hold_is_a_gap_and_a_wait_but_no_outage() -> None:
    samples = [*steady(0, 20), sample(20, 4.0), sample(21, 3.0), *steady(24, 30)]
    found = evaluate(recording(*samples), WORK)
    assert (found["failures"], found["late"], found["outage_seconds"]) == (0, 2, {"compute": 0})
    assert (found["longest_gap_seconds"], found["longest_wait_seconds"]) == (4.0, 4.0)
    assert found["p99_ratio"] == 80.0


def test_the_boot_loop_counts_as_requests_and_not_in_the_latency() -> None:
    posts = [sample(float(at), 0.9, 202, operation="boot", method="POST") for at in range(0, 40, 5)]
    found = evaluate(recording(*steady(0, 40), *posts), WORK)
    assert found["requests"] == 48
    assert found["latency"]["during"]["max"] == 0.05
    assert found["operations"]["boot"]["latency"]["during"]["p50"] == 0.9


def test_boots() -> None:
    boots = (
        Boot(BEGIN + 1, "stackroll-probe-1", "1", seconds=4.0, seconds_deleting=1.0),
        Boot(BEGIN + 12, "stackroll-probe-2", "2", "no valid host", message="No valid host was found."),
        Boot(BEGIN + 22, "stackroll-probe-3", "3", "not active in time"),
        Boot(BEGIN + 23, "stackroll-probe-4", "", "skipped"),
    )
    found = evaluate(recording(*steady(0, 40), boots=boots), WORK)
    assert (found["boots"], found["boot_failures"], found["boots_skipped"]) == (3, 2, 1)
    assert found["boot_failures_by_kind"] == {"no valid host": 1, "not active in time": 1}
    assert found["failed_boots"][0] == {
        "at": 12.0, "time": BEGIN + 12, "name": "stackroll-probe-2", "server_id": "2", "failure": "no valid host",
        "message": "No valid host was found.", "phase": "placement",
    }  # fmt: skip
    assert [(phase["boots"], phase["boot_failures"]) for phase in found["phases"]] == [(1, 1), (1, 1)]


def test_what_was_not_sent_is_told_and_is_no_request() -> None:
    found = evaluate(recording(*steady(0, 5), sample(5, 0.0, error="skipped"), *steady(6, 9)), WORK)
    assert (found["requests"], found["skipped"], found["failures"]) == (8, 1, 0)
    assert found["longest_gap_seconds"] == 1.05


def test_between_two_sessions_nothing_was_due() -> None:
    first = Session({}, [*steady(0, 5), sample(5, error="refused", seconds=0.0)], end=None)
    second = Session({}, steady(500, 505), end={"reason": "asked", "seconds": 100, "cpu_seconds": 2.0})
    found = evaluate(Recording((first, second), damaged=1), WORK)
    assert found["longest_gap_seconds"] == 0.0
    assert found["probe"] == {
        "sessions": 2, "ended": ["killed, or still running", "asked"], "longest_lag_seconds": 0.0, "cpu_share": 0.02, "damaged": 1,
    }  # fmt: skip


def test_nothing_at_all() -> None:
    found = evaluate(Recording(), Spans())
    assert (found["requests"], found["p99_ratio"], found["significance"], found["series"]) == (0, None, None, [])


def test_the_picture_has_few_points_and_loses_no_failure() -> None:
    samples = [sample(at / 5, error="refused" if at % 97 == 0 else None) for at in range(20_000)]
    found = evaluate(recording(*samples), WORK)
    assert len(found["series"]) <= 121
    assert sum(point["requests"] for point in found["series"]) == 20_000
    assert sum(point["failures"] for point in found["series"]) == found["failures"]
    assert len(json.dumps(found)) < 60_000


@hypothesis.given(
    shown=st.lists(
        st.builds(
            sample,
            at=st.integers(0, 50).map(float),
            seconds=st.floats(0, 40),
            status=st.sampled_from([200, 202, 404, 500]),
            api=st.sampled_from(["compute", "placement"]),
            error=st.sampled_from([None, None, "refused", "skipped", "timeout"]),
        ),
        max_size=40,
    )
)
def test_what_adds_up(shown: list[Any]) -> None:
    found = evaluate(recording(*shown), WORK)
    assert found["requests"] + found["skipped"] == len(shown)
    assert found["failures"] == sum(found["failures_by_kind"].values()) == sum(found["failures_by_phase"].values())
    assert found["requests"] == sum(api["requests"] for api in found["apis"].values())
    assert found["failures"] == sum(api["failures"] for api in found["apis"].values())
    succeeded = sum(found["latency"][window]["count"] for window in ("before", "during", "after"))
    assert succeeded == found["requests"] - found["failures"]
    assert all(found["outage_seconds"][name] <= found["finished"] - found["started"] + 0.001 for name in found["apis"])
    json.dumps(found, allow_nan=False)
