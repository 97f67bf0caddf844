# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The compute RPC versions of processes in the report."""

from __future__ import annotations

from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.telling.fold import fold
from ansible_collections.stackroll.nova.plugins.module_utils.telling.page import render
from ansible_collections.stackroll.nova.plugins.module_utils.telling.states import server_states
from ansible_collections.stackroll.nova.plugins.module_utils.telling.summary import summarize
from ansible_collections.stackroll.nova.tests.unit.plugins.module_utils.telling.conftest import BEGIN


def chosen(pid: int, service_version: int | None = 74, unit: str = "nova-conductor") -> dict[str, Any]:
    known = {"rpc_version": "6.5", "service_version": service_version, "chosen_at": BEGIN}
    nothing: dict[str, Any] = dict.fromkeys(known)
    return {"unit": unit, "pid": pid, **(known if service_version else nothing)}


def test_the_last_look_at_each_host_counts(story: Any) -> None:
    story.open().tell("rpc_pins", host="ctl1", pins=[chosen(1, 72), chosen(2, 72)])
    story.tell("rpc_pins", host="ctl2", pins=[chosen(7)]).tell("rpc_pins", host="ctl1", pins=[chosen(3, None)])
    nothing = {"rpc_version": None, "service_version": None, "chosen_at": None}
    assert fold(story.journal())["rpc_pins"] == [
        {"host": "ctl1", "unit": "nova-conductor", "pid": 3, **nothing},
        {
            "host": "ctl2",
            "unit": "nova-conductor",
            "pid": 7,
            "rpc_version": "6.5",
            "service_version": 74,
            "chosen_at": "2026-11-21T22:26:40.000Z",
        },
    ]


def test_they_are_told_in_one_line(story: Any) -> None:
    story.open().tell(
        "rpc_pins", host="ctl1", pins=[chosen(1), chosen(2, unit="nova-api"), chosen(3, None, "nova-api")]
    )
    report = fold(story.close().journal())
    words = "3 processes: 2 with RPC 6.5 for service version 74, 1 not known to have chosen yet"
    assert f"  RPC pins     {words}" in summarize(report)
    assert f"RPC pins: {words}." in render(report, server_states(None, None))


def test_without_a_look_nothing_is_said(success: Any) -> None:
    report = fold(success.journal())
    assert report["rpc_pins"] == []
    assert "RPC pins" not in "".join(summarize(report)) + render(report, server_states(None, None))


def test_what_is_no_pin_is_left_out(story: Any) -> None:
    odd = {"unit": ["x"], "pid": "x", "service_version": "74", "chosen_at": 1e300}
    report = fold(story.open().tell("rpc_pins", host="ctl1", pins=[None, "x", odd]).journal())
    assert [(pin["unit"], pin["pid"], pin["service_version"], pin["chosen_at"]) for pin in report["rpc_pins"]] == [
        ("", None, 74, None)
    ]
