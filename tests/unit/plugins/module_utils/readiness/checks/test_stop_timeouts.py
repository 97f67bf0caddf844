# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stop timeouts of the units."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.readiness.questions import UNITS
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_evidence import ask
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_records import host

UNREAD = {**host(), "shutdown": None}
PLACEMENT = {"units": {"placement-api": {"killed_early": False, "timeout_stop_seconds": 90.0}}, "shutdown": None}


@pytest.mark.parametrize(
    ("hosts", "expected", "objects"),
    [
        ({"cmp1": host()}, "success", ()),
        (
            {"cmp1": host(), "cmp2": host(killed_early=True)},
            "warning",
            ("nova-compute on cmp2 (90 s; needs 200 s, sleeps up to 160 s when stopped)",),
        ),
        ({"cmp1": host(), "ctl1": PLACEMENT}, "success", ()),
        ({"cmp1": host(), "cmp2": UNREAD}, "unknown", ("cmp2",)),
        ({"cmp1": host(), "cmp2": {"msg": "unreachable"}}, "unknown", ("cmp2",)),
    ],
)
def test_stop_timeouts(hosts: dict[str, Any], expected: str, objects: tuple[str, ...]) -> None:
    result = ask("Stop timeouts", {UNITS: hosts})
    assert (result.result, result.objects) == (expected, objects)
    assert bool(result.remedy) is (expected != "success")


def test_what_is_killed_for_certain_is_told_beside_what_is_not_known() -> None:
    result = ask("Stop timeouts", {UNITS: {"cmp1": host(killed_early=True), "cmp2": UNREAD}})
    assert (result.result, result.total) == ("unknown", 2)
    assert "cmp1" in result.summary
    assert "cmp2" in result.summary


def test_no_hosts() -> None:
    nothing: list[dict[Any, Any]] = [{}, {UNITS: {}}]
    for answers in nothing:
        assert ask("Stop timeouts", answers).summary == "No results from the hosts given."
