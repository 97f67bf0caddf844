# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that cannot be are refused in one sentence that names them."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.planning.plan_options import (
    PlanOptions,
    Range,
    most_out,
)
from ansible_collections.stackroll.nova.tests.unit.plugins.module_utils.planning.clouds import Cloud


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"mode": "reboot"}, "mode is 'reboot'"),
        ({"modes": {"cmp1": "away"}}, "modes.cmp1 is 'away'"),
        ({"modes": ["cmp1"]}, "modes is ['cmp1']"),
        ({"canary": -1}, "canary is -1"),
        ({"canary": True}, "canary is True"),
        ({"max_unavailable": -1}, "max_unavailable is -1"),
        ({"max_unavailable": 0}, "max_unavailable is 0"),
        ({"max_unavailable": "0%"}, "max_unavailable is '0%'"),
        ({"max_unavailable": "101%"}, "max_unavailable is '101%', more hosts than there are"),
        ({"max_unavailable": "some"}, "max_unavailable is 'some'"),
        ({"max_unavailable_per_zone": "-5%"}, "max_unavailable_per_zone is '-5%'"),
        ({"max_unavailable_per_cell": 1.5}, "max_unavailable_per_cell is 1.5"),
        ({"max_unavailable_per_aggregate": "200%"}, "max_unavailable_per_aggregate is '200%'"),
        ({"hosts": "cmp1"}, "hosts is 'cmp1'"),
        ({"hosts": ["cmp1", "cmp1"]}, "hosts has cmp1 more than once"),
        ({"one_zone_at_a_time": "no"}, "one_zone_at_a_time is 'no'"),
        ({"park": ["shelve"]}, "park is 'shelve'"),
        ({"policy": [{"steps": ["live"], "tag": "pet"}]}, "policy has a rule about tags or metadata"),
        ({"policy": [{"steps": ["live"], "colour": "red"}]}, "policy has a rule with an unknown condition"),
        ({"policy": [{"steps": []}]}, "A rule of the policy has no steps"),
        ({"rates": {"speed": 1}}, "rates has no speed"),
        ({"rates": {"cold_seconds": 0}}, "rates.cold_seconds is 0"),
        ({"rates": {"cold_seconds": [3, 2, 1]}}, "rates.cold_seconds is [3, 2, 1]"),
        ({"rates": {"cold_seconds": [1, 2]}}, "rates.cold_seconds is [1, 2]"),
        ({"not_before": "tomorrow"}, "not_before is 'tomorrow'"),
        (
            {"now": "2026-11-22T02:00:00Z", "finish_by": "2026-11-22T01:00:00Z"},
            "finish_by 2026-11-22T01:00:00Z is not after",
        ),
        (
            {
                "now": "2026-11-22T02:00:00Z",
                "not_before": "2026-11-22T05:00:00Z",
                "finish_by": "2026-11-22T04:00:00+00:00",
            },
            "finish_by 2026-11-22T04:00:00Z is not after 2026-11-22T05:00:00Z",
        ),
        ({"speed": 1}, "options has no speed"),
        ({"per_source": 0}, "per_source is 0"),
    ],
)
def test_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        PlanOptions.from_dict(options)
    assert words in str(refused.value)
    assert refused.value.remedy or "steps" in words


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"hosts": ["cmp1", "cmp9", "cmp10"]}, "hosts names cmp9, cmp10, which have no compute service in this cloud"),
        ({"done": ["cmp9"]}, "done names cmp9, which has no compute service"),
        ({"modes": {"cmp9": "drain"}}, "modes names cmp9"),
        ({"finish_by": "2026-11-22T01:00:00Z"}, "finish_by 2026-11-22T01:00:00Z is not after 2026-11-22T02:00:00Z"),
    ],
)
def test_refused_for_this_cloud(options: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        Cloud().host("cmp1").plan(**options)
    assert words in str(refused.value)


def test_draining_needs_inventories() -> None:
    cloud = Cloud().hosts("cmp1", "cmp2").server("db", "cmp1")
    cloud.inventories.clear()
    with pytest.raises(InvalidInput, match=r"The fleet has no inventories.* 2 hosts"):
        cloud.plan()
    assert cloud.plan(mode="in_place")["feasible"]


@pytest.mark.parametrize(
    ("limit", "hosts", "most"),
    [(None, 7, 7), (3, 7, 3), ("3", 7, 3), ("25%", 7, 1), ("50%", 7, 3), ("100%", 7, 7), ("1%", 7, 1), ("10%", 30, 3)],
)
def test_limits(limit: int | str | None, hosts: int, most: int) -> None:
    assert most_out(limit, hosts) == most


def test_what_is_not_given_has_its_default() -> None:
    assert PlanOptions.from_dict({"hosts": None, "max_unavailable": None}) == PlanOptions()


def test_rates_are_numbers_or_ranges() -> None:
    rates = PlanOptions.from_dict(
        {"rates": {"cold_seconds": 5, "host_seconds": [1, 2, 3], "park_seconds": {"least": 1, "likely": 1, "most": 9}}}
    ).rates
    assert (rates.cold_seconds, rates.host_seconds) == (Range(5, 5, 5), Range(1, 2, 3))
    assert rates.park_seconds == Range(1, 1, 9)


def test_options_of_a_plan_can_be_used_again() -> None:
    cloud = Cloud().hosts("cmp1", "cmp2").server("db", "cmp1")
    plan = cloud.plan(policy=[{"steps": ["live"], "flavor": "m1"}], rates={"cold_seconds": 5}, may_stay=["error"])
    assert cloud.plan(**plan["options"]) == plan
