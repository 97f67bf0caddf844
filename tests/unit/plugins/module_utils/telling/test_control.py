# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order of the controllers and the way back, in reports."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.readiness.control_order import decide
from ansible_collections.stackroll.nova.plugins.module_utils.telling.fold import fold
from ansible_collections.stackroll.nova.plugins.module_utils.telling.page import render
from ansible_collections.stackroll.nova.plugins.module_utils.telling.states import server_states
from ansible_collections.stackroll.nova.plugins.module_utils.telling.summary import summarize


def keys(report: dict[str, Any]) -> list[str]:
    return [step["key"] for step in report["way_back"]]


def page(report: dict[str, Any]) -> str:
    return render(report, server_states(None, None))


def test_the_order_that_was_taken_last_and_why(story: Any) -> None:
    order = decide({}, ["ctl1", "ctl2"]).to_dict()
    story.open().tell("control_order", order="one_by_one", reason="x").tell("control_order", **order)
    report = fold(story.close().journal())
    assert report["control_order"] == order
    (line,) = [line for line in summarize(report) if line.startswith("  controllers ")]
    assert line == f"  controllers  all together (ctl1, ctl2). {order['reason']}"
    assert order["reason"] in page(report)
    assert order["clients"] in page(report)


def test_what_an_attempt_that_goes_on_decides_is_not_the_order_that_was_taken(story: Any) -> None:
    story.open().tell("control_order", order="one_window", reason="x").tell("control_step", step="nova", hosts=["ctl1"])
    story.tell("control_order", order="one_by_one", reason="nothing differs any more")
    order = fold(story.journal())["control_order"]
    assert order is not None
    assert order["order"] == "one_window"


def test_for_how_long_requests_waited(story: Any) -> None:
    hold = {"api": "compute", "longest_wait_seconds": 4.5, "requests": 23, "failed": 0, "abandoned": 0}
    story.open().tell("requests_held", after=2.0, hold_seconds=4.92, **hold)
    report = fold(story.tell("requests_held", hold_seconds=2.0, **{**hold, "requests": 0, "abandoned": 1}).journal())
    assert [(one["at"], one["seconds"], one["failed"]) for one in report["holds"]] == [(2.0, 4.92, 0), (2.0, 2.0, 1)]
    line = "for 4.9 s, 2.0 s: 23 requests waited, none longer than 4.5 s, 1 of them in vain"
    assert f"  held         {line}" in summarize(report)
    assert f"Requests were held {line}." in page(report)


def test_a_hold_of_which_nothing_is_known(story: Any) -> None:
    report = fold(story.open().tell("requests_held", hold_seconds="long", requests=None).journal())
    assert "  held         for ?: 0 requests waited" in summarize(report)


@pytest.mark.parametrize("data", [{}, {"order": 7, "objects": "x", "first": None, "known": "yes"}])
def test_an_order_that_is_not_whole(story: Any, data: dict[str, Any]) -> None:
    report = fold(story.open().tell("control_order", **data).journal())
    assert page(report)
    assert (report["control_order"] or {"known": False})["known"] is False


def test_without_a_decision_nothing_is_claimed(success: Any) -> None:
    report = fold(success.journal())
    assert report["control_order"] is None
    assert not any("controllers  " in line for line in summarize(report))


def test_what_can_be_taken_back_of_what_was_done(story: Any) -> None:
    story.open().tell("control_step", step="placement", hosts=["ctl1"])
    assert keys(fold(story.journal())) == ["placement_schema", "placement"]
    story.tell("control_step", step="nova", hosts=["ctl1"]).tell(
        "control_step", step="of somebody else", hosts=["ctl1"]
    )
    story.roll("cmp1", 1).tell("host_reshaped", host="cmp1", by="module")
    story.module("online_data_migrations").tell("control_step", step="rpc pin lifted", hosts=["ctl1"])
    expected = ["placement_schema", "placement", "nova_schema", "control_switched", "reshape", "compute", "rpc_pin"]
    assert keys(fold(story.journal())) == expected
    story.module("online_data_migrations", changed=True)
    report = fold(story.close().journal())
    assert keys(report) == [*expected, "online_data_migrations"]
    assert "until the last compute host of its cell runs the new code" in page(report)
    assert "not at all" in page(report)


def test_of_a_way_back_there_is_none(story: Any) -> None:
    story.open().tell("phase_started", phase="rollback").tell("control_step", step="nova", hosts=["ctl1"])
    report = fold(story.roll("cmp1", 1).tell("phase_finished", phase="rollback", result="success").close().journal())
    assert report["way_back"] == []
    headline, *lines = summarize(report)
    assert headline.startswith("Took 1 host and 1 controller back ")
    assert any(line.startswith("  hosts        1 taken back") for line in lines)


def test_steps_of_hosts_that_are_out_count_while_they_are(story: Any) -> None:
    story.open().tell("host_disabled", host="cmp1").tell("servers_parked", servers=[])
    assert keys(fold(story.journal())) == ["host_out", "servers_parked"]
    assert keys(fold(story.tell("host_enabled", host="cmp1").journal())) == []


def test_a_step_may_be_named_as_the_table_names_it(story: Any) -> None:
    assert keys(fold(story.open().tell("control_step", step="api_warm", hosts=["ctl1"]).journal())) == ["api_warm"]


def test_a_check_run_has_taken_no_step(story: Any) -> None:
    story.run_id = "check"
    assert keys(fold(story.open().tell("control_step", step="nova", hosts=["ctl1"]).journal())) == []
