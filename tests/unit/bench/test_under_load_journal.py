# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the journal of a run says of the times that matter to clients, and whose requests are whose."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.stackroll.nova.tests.bench.under_load import journal
from ansible_collections.stackroll.nova.tests.integration.harness.cloud import is_ours


def event(name: str, second: float, **data: Any) -> dict[str, Any]:
    return {"time": f"2026-11-22T02:00:{second:06.3f}Z", "event": name, **data}


def call(second: float, seconds: float, module: str = "haproxy_hold") -> dict[str, Any]:
    started = event("", second)["time"]
    return event("module", second + seconds, module=f"stackroll.nova.{module}", started=started, seconds=seconds)


def test_phases_that_ended() -> None:
    begin = journal.moment("2026-11-22T02:00:00Z")
    events = [
        event("phase_started", 1, phase="control_plane"),
        event("phase_finished", 3.5, phase="control_plane"),
        event("phase_started", 4, phase="computes"),
    ]
    text = "".join(json.dumps(one) + "\n" for one in events)
    assert journal.spans(journal.read(text)) == {"control_plane": (begin + 1, begin + 3.5)}


def test_the_longest_hold() -> None:
    calls = [call(1, 0.5), call(3, 1, "api_ready"), call(4, 0.25), call(10, 0.5), call(15, 1)]
    assert journal.hold_seconds(calls) == 6.0
    assert journal.hold_seconds([*calls, event("control_step", 20, hold_seconds=4.3)]) == 4.3
    assert journal.hold_seconds(calls[:2]) is None


def test_the_order_that_was_taken_last() -> None:
    orders = [event("control_order", 1, order="one_by_one"), event("control_order", 2, order="one_window")]
    assert journal.order(orders) == "one_window"
    assert journal.order([]) == ""


@pytest.mark.parametrize(
    ("check", "result", "warned"),
    [("Single controllers", "warning", True), ("Single controllers", "success", False), ("Others", "warning", False)],
)
def test_preflight_has_warned(check: str, result: str, warned: bool) -> None:
    assert journal.warned({"checks": [{"check": check, "result": result}]}) is warned
    assert journal.warned({}) is False


@pytest.mark.parametrize(
    ("agent", "ours"),
    [
        ("stackroll.nova/0.1.0 keystoneauth1/5.11.1 python-requests/2.32.4 CPython/3.11.2", True),
        ("stackroll.nova/0.1.0 api_ready", True),
        ("stackroll.nova/0.1.0 api_probe", False),
        ("openstacksdk/4.5.0", False),
    ],
)
def test_clients_beside_a_run_are_not_the_run(agent: str, ours: bool) -> None:
    assert is_ours(agent) is ours
