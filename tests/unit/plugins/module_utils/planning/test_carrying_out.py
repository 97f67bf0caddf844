# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a plan needs while it is carried out: given waves, what is left of it, and rates as the run has shown them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.planning.measured import Sample, learned
from ansible_collections.stackroll.nova.plugins.module_utils.planning.plan_options import PlanOptions, Range, Rates
from ansible_collections.stackroll.nova.plugins.module_utils.planning.remainder import remainder
from ansible_collections.stackroll.nova.tests.unit.plugins.module_utils.planning.clouds import Cloud

RATES = {"live_seconds": 9, "live_mib_per_second": 2048, "host_seconds": 20, "park_seconds": 5}


def cloud() -> Cloud:
    """A spare host, and three with a server of 4 GiB each."""
    return Cloud().hosts("new", "cmp1", "cmp2", "cmp3").fill("cmp1", 2).fill("cmp2", 2).fill("cmp3", 2)


def test_given_waves_are_kept_and_get_destinations() -> None:
    options = {"done": ["new"], "max_unavailable": 2}
    plan = cloud().plan(waves=[["cmp3"], ["cmp2", "cmp1"]], **options)
    assert [sorted(wave["hosts"]) for wave in plan["waves"]] == [["cmp3"], ["cmp1", "cmp2"]]
    assert {move["to"] for wave in plan["waves"] for move in wave["moves"]} <= {"new", "cmp3"}
    assert plan["feasible"]


def test_a_given_first_wave_is_no_canary() -> None:
    plan = cloud().plan(done=["new"], max_unavailable=2, canary=1, waves=[["cmp1", "cmp2"], ["cmp3"]])
    assert [len(wave["hosts"]) for wave in plan["waves"]] == [2, 1]


def test_a_given_wave_that_has_no_room_is_refused_by_name() -> None:
    full = Cloud().host("new", vcpus=2).hosts("cmp1", "cmp2").fill("cmp1", 2).fill("cmp2", 8)
    plan = full.plan(done=["new"], canary=0, max_unavailable=2, waves=[["cmp1", "cmp2"]])
    assert not plan["feasible"]
    assert [item["host"] for item in plan["blocked"]] == ["cmp2"]


@pytest.mark.parametrize(
    ("waves", "words"),
    [
        ("cmp1", "waves is 'cmp1'."),
        (["cmp1"], "waves is 'cmp1'."),
        ([["cmp1"], ["cmp1"]], "waves has cmp1 more than once."),
        ([["cmp9"]], "waves names cmp9, which has no compute service in this cloud."),
    ],
)
def test_bad_waves(waves: Any, words: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        cloud().plan(waves=waves)
    assert str(caught.value).startswith(words)


def test_what_is_left_of_a_plan() -> None:
    options: dict[str, Any] = {"mode": "drain", "done": ("new",), "rates": RATES, "max_unavailable": 1}
    plan = cloud().plan(**options)
    first, second, third = (wave["hosts"][0] for wave in plan["waves"])
    seen = PlanOptions.from_dict(options)
    whole = remainder(plan, cloud().fleet(), seen)
    assert (whole.waves, whole.hosts, whole.moves, whole.seconds, whole.next_most) == (3, 3, 3, 93.0, 31.0)
    assert whole.seconds == plan["totals"]["seconds"]
    later = cloud()
    later.servers = [replace(item, host="new") if item.host == first else item for item in later.servers]
    left = remainder(plan, later.fleet(), seen, done=[first])
    assert (left.waves, left.hosts, left.moves) == (2, 2, 2)
    later.servers = [replace(item, host=first) if item.host == second else item for item in later.servers]
    assert remainder(plan, later.fleet(), seen, done=[first]).moves == 1, "who has moved does not move again"
    assert remainder(plan, later.fleet(), seen, done=[first, second, third]).waves == 0


def test_parked_servers_take_their_time() -> None:
    options: dict[str, Any] = {"mode": "park", "rates": RATES, "max_unavailable": 4, "canary": 0, "per_source": 1}
    plan = cloud().plan(**options)
    assert remainder(plan, cloud().fleet(), PlanOptions.from_dict(options)).seconds == plan["totals"]["seconds"] == 25.0


def test_rates_follow_what_was_measured() -> None:
    rates = Rates.parse(RATES)
    ram = {"a": 2048, "b": 4096}
    found = learned(rates, [Sample("live", 20.0, "a"), Sample("host", 60.0), Sample("stop", 10.0, "a")], ram)
    assert (found.live_seconds.likely, found.live_mib_per_second.likely) == (18.0, 1024.0)
    assert found.host_seconds == Range(60.0, 60.0, 60.0)
    assert found.park_seconds.likely == 10.0
    assert found.cold_seconds == rates.cold_seconds, "nothing is known of cold migrations"


def test_with_three_samples_their_spread_counts() -> None:
    found = learned(Rates(), [Sample("host", seconds) for seconds in (90.0, 180.0, 720.0)], {})
    assert found.host_seconds == Range(90.0, 180.0, 720.0)
    two = learned(Rates(), [Sample("host", seconds) for seconds in (90.0, 90.0)], {})
    assert two.host_seconds == Range(30.0, 90.0, 300.0), "the assumed spread around the measured middle"


@pytest.mark.parametrize(
    "sample", [Sample("live", 20.0, "gone"), Sample("live", 20.0), Sample("odd", 3.0), Sample("host", 0.0)]
)
def test_what_says_nothing_changes_nothing(sample: Sample) -> None:
    assert learned(Rates(), [sample], {"a": 2048}) == Rates()
