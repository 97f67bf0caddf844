# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order guard: every rule both ways, and which rules each phase asks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.stackroll.nova.plugins.module_utils.model.database_rows import ServiceRecord
from ansible_collections.stackroll.nova.plugins.module_utils.model.release import RELEASES, Release
from ansible_collections.stackroll.nova.plugins.module_utils.readiness import order
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.catalog import CATALOG
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.cloud import Cloud
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.order import PHASES, judge
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.result import CheckResult
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_records import (
    COMPUTES,
    CONTROL,
    NEW,
    OLD,
    STAGED,
    host,
    record,
    records,
)

BEFORE = Release.parse("2026.1")


def cloud(**changes: Any) -> Cloud:
    """A healthy cloud before its upgrade."""
    healthy: dict[str, Any] = {
        "target": Release.parse("2026.2"),
        "services": records(),
        "unknown_cells": [],
        "hosts": {"ctl1": host(), "cmp1": host(), "cmp2": host()},
        "computes": COMPUTES,
        "staged_path": STAGED,
        **changes,
    }
    return Cloud(**{**healthy, "services": tuple(ServiceRecord.from_dict(each) for each in healthy["services"])})


HEALTHY = {
    "preflight": cloud(),
    "control_plane": cloud(),
    "computes": cloud(services=records(control=NEW)),
    "finalize": cloud(services=records(control=NEW, computes=NEW)),
    "rollback_computes": cloud(target=BEFORE, services=[*records(control=NEW), record("nova-compute", "cmp9", NEW)]),
    "rollback_control": cloud(target=BEFORE, services=records(control=NEW)),
}


@pytest.mark.parametrize("phase", PHASES)
def test_a_healthy_cloud_may_go_on(phase: str) -> None:
    assert {result.result for result in judge(HEALTHY[phase], phase)} == {"success"}


@pytest.mark.parametrize(
    ("phase", "checks"),
    [
        (
            "preflight",
            [
                "Supported release step",
                "Hosts have a compute service",
                "Nothing is newer than the target",
                "Target code is staged",
            ],
        ),
        ("control_plane", ["All cells answer", "Nothing is newer than the target", "Older than N-1 computes"]),
        (
            "computes",
            [
                "All cells answer",
                "Hosts have a compute service",
                "Nothing is newer than the target",
                "Control plane first",
                "Earlier waves are back",
            ],
        ),
        (
            "finalize",
            [
                "All cells answer",
                "Compute services outside the inventory",
                "Nothing is newer than the target",
                "Control plane first",
                "All computes are upgraded",
            ],
        ),
        (
            "rollback_computes",
            ["All cells answer", "Hosts have a compute service", "An older compute is left in the cell"],
        ),
        ("rollback_control", ["All cells answer", "Computes first"]),
    ],
)
def test_rules_of_a_phase(phase: str, checks: list[str]) -> None:
    assert [result.check for result in judge(cloud(), phase)] == checks


def test_before_the_first_change_the_guard_repeats_no_check_of_the_catalog() -> None:
    """Nobody is told the same thing twice."""
    names = {check.name for check in CATALOG}
    assert names.isdisjoint(result.check for result in judge(cloud(), "preflight"))


def test_names_are_unique() -> None:
    names = [rule(cloud()).check for rule, _phases in order._RULES]
    assert len(names) == len(set(names))


def changed(binary: str, on: str = "", services: list[Any] | None = None, **changes: Any) -> Cloud:
    """A cloud in which the records of one binary differ."""
    found = [
        {**each, **changes} if each["binary"] == binary and on in ("", each["host"]) else each
        for each in services or records()
    ]
    return cloud(services=found)


OURS: dict[str, Any] = {"disabled": True, "disabled_reason": "stackroll:7f3a90c1:cmp1"}


def test_no_wave_while_an_earlier_host_is_out() -> None:
    held = changed("nova-compute", "cmp1", **OURS)
    assert order.earlier_waves_back(held).result == "success", "its own turn has come again"
    later = order.earlier_waves_back(replace(held, earlier=("cmp1",)))
    assert (later.result, later.summary) == ("failure", "still out of service: cmp1 (stackroll:7f3a90c1:cmp1).")
    foreign = changed("nova-compute", "cmp1", disabled=True, disabled_reason="broken fan")
    assert order.earlier_waves_back(replace(foreign, earlier=("cmp1",))).result == "success"


REFUSED = [
    (
        order.cells_answer,
        cloud(unknown_cells=[{"cell": "cell2", "error": "timed out"}]),
        "unknown",
        "cell2 (timed out)",
    ),
    (
        order.computes_known,
        cloud(computes=("cmp9",), unknown_cells=[{"cell": "cell2", "error": "timed out"}]),
        "unknown",
        "no nova-compute record for cmp9",
    ),
    (
        order.release_step,
        cloud(hosts={"ctl1": host("31.2.0")}),
        "failure",
        "The cloud runs 2025.1; 2026.2 follows 2026.1",
    ),
    (order.release_step, cloud(hosts={"a": host("33.0.2"), "b": host("32.1.0")}), "failure", "The cloud runs 2025.2"),
    (order.release_step, cloud(target=Release.parse("2025.2")), "failure", "The cloud runs 2026.1; 2025.2 follows"),
    (order.release_step, cloud(hosts={}), "unknown", "No Nova code was found"),
    (order.release_step, cloud(hosts={"ctl1": host(None)}), "unknown", "No Nova code was found"),
    (order.computes_known, cloud(computes=("cmp1", "cmp9")), "failure", "no nova-compute record for cmp9"),
    (
        order.computes_in_inventory,
        cloud(services=[*records(), record("nova-compute", "cmp9", 66)]),
        "warning",
        "cmp9 (version 66)",
    ),
    (
        order.no_newer_services,
        changed("nova-compute", "cmp1", version=75),
        "failure",
        "newer than 2026.2: nova-compute",
    ),
    (order.no_newer_services, changed("nova-osapi_compute", version=75), "failure", "newer than 2026.2: nova-osapi"),
    (
        order.computes_not_too_old,
        changed("nova-compute", "cmp1", version=71),
        "failure",
        "2026.2 needs service version 72",
    ),
    (order.control_plane_first, cloud(), "failure", "not yet at 2026.2: nova-conductor on ctl1"),
    (
        order.control_plane_first,
        changed("nova-scheduler", services=records(control=NEW), version=72),
        "failure",
        "nova-scheduler on ctl1 (service version 72)",
    ),
    (order.control_plane_first, cloud(services=[record("nova-compute", "cmp1")]), "unknown", "no nova-conductor"),
    (
        order.control_plane_first,
        cloud(services=[record("nova-conductor", "ctl1", NEW), record("nova-scheduler", "ctl1", NEW)]),
        "unknown",
        "no nova-osapi_compute",
    ),
    (order.computes_all_done, cloud(services=records(NEW)), "failure", "not yet at 2026.2: nova-compute on cmp1"),
    (
        order.computes_all_done,
        cloud(services=[*records(NEW, NEW), record("nova-compute", "cmp9", 73)]),
        "failure",
        "nova-compute on cmp9",
    ),
    (order.code_staged, cloud(hosts={"cmp1": host(staged=None)}), "warning", f"cmp1 (nothing in {STAGED})"),
    (order.code_staged, cloud(hosts={"cmp1": host(staged="33.0.2")}), "warning", f"cmp1 (33.0.2 in {STAGED})"),
    (order.code_staged, cloud(hosts={"cmp1": host(staged="35.0.0.0rc1")}), "warning", "cmp1 (35.0.0.0rc1"),
    (order.code_staged, cloud(hosts={"cmp1": {}}), "warning", "cmp1 (nothing"),
    (
        order.older_compute_left,
        cloud(target=BEFORE, services=[*records(NEW, NEW), record("nova-compute", "cmp9", OLD, cell="cell2")]),
        "failure",
        "nova-compute of 2026.1 would refuse to start, since every record of the cell is newer: nova-compute on cmp1",
    ),
    (
        order.older_compute_left,
        cloud(target=BEFORE, services=[*records(NEW, NEW), record("nova-compute", "cmp9", OLD, forced_down=True)]),
        "failure",
        "nova-compute on cmp1",
    ),
    (
        order.computes_gone_back,
        cloud(target=BEFORE, services=[*records(NEW), record("nova-compute", "cmp9", NEW)]),
        "failure",
        "newer than 2026.1: nova-compute on cmp9",
    ),
]


@pytest.mark.parametrize(("rule", "seen", "result", "summary"), REFUSED)
def test_refused(rule: Any, seen: Cloud, result: str, summary: str) -> None:
    found: CheckResult = rule(seen)
    assert found.result == result
    assert summary in found.summary
    assert found.remedy, "an operator is told what to do"
    assert found.remedy.endswith(".")


ACCEPTED = [
    (order.release_step, cloud(hosts={"ctl1": host("34.0.0")}), "it is there already"),
    (order.release_step, cloud(target=Release.parse("2026.1"), hosts={"ctl1": host("31.0.0")}), "SLURP to SLURP"),
    (order.release_step, cloud(hosts={"a": host("34.0.0"), "b": host("33.0.2")}), "half way"),
    (order.computes_in_inventory, cloud(services=[*records(), record("nova-compute", "x", forced_down=True)]), "down"),
    (order.computes_known, changed("nova-compute", forced_down=True), "known, though forced down"),
    (order.no_newer_services, cloud(services=records(NEW, NEW)), "all at the target"),
    (order.no_newer_services, cloud(services=[*records(), record("nova-compute", "x", 99, forced_down=True)]), "down"),
    (order.computes_not_too_old, changed("nova-compute", "cmp1", version=0), "a record that never had a version"),
    (order.computes_not_too_old, changed("nova-compute", "cmp1", version=1, forced_down=True), "down"),
    (order.control_plane_first, cloud(services=records(NEW)), "computes wait"),
    (order.computes_all_done, cloud(services=records(computes=NEW)), "only computes count"),
    (order.older_compute_left, cloud(target=BEFORE, services=records(NEW)), "a host whose new code never came up"),
    (
        order.older_compute_left,
        cloud(
            target=BEFORE,
            services=[*records(NEW, NEW), record("nova-compute", "cmp9", NEW - 1), record("nova-compute", "x", OLD)],
        ),
        "somebody of the cell is old",
    ),
    (order.computes_gone_back, cloud(target=BEFORE, services=records(NEW)), "the control plane is what goes back"),
]


@pytest.mark.parametrize(("rule", "seen", "_why"), ACCEPTED, ids=[why for _rule, _seen, why in ACCEPTED])
def test_accepted(rule: Any, seen: Cloud, _why: str) -> None:
    assert rule(seen).result == "success"


def test_a_record_that_nobody_rolls_is_named_with_its_id_and_what_to_do() -> None:
    strange = record("nova-compute", "cmp9", 73, uuid="9f2c")
    found = order.computes_all_done(cloud(services=[*records(NEW, NEW), strange]))
    assert found.summary == "not yet at 2026.2: nova-compute on cmp9 (service version 73, id 9f2c)."
    assert found.remedy == (
        "Not in the inventory, but holding the RPC pin: cmp9. If the hosts are gone for good:"
        " openstack compute service delete 9f2c (otherwise add them to nova_compute and run stackroll.nova.computes)."
    )
    both = order.computes_all_done(cloud(services=[*records(NEW, OLD), strange]))
    assert both.remedy.startswith("Run stackroll.nova.computes for them before stackroll.nova.finalize. Not in the")
    unlisted = order.computes_all_done(cloud(services=records(NEW, OLD), computes=()))
    assert unlisted.remedy == "Run stackroll.nova.computes for them before stackroll.nova.finalize."
    down = order.computes_all_done(cloud(services=[*records(NEW, NEW), {**strange, "forced_down": True}]))
    assert down.result == "success", "Nova does not count it either"


def test_many_objects_are_counted_in_the_summary_and_all_in_the_result() -> None:
    strange = [record("nova-compute", f"x{number}") for number in range(7)]
    found = order.computes_in_inventory(cloud(services=[*records(), *strange]))
    assert found.summary.endswith("x0 (version 72), x1 (version 72), x2 (version 72) and 4 more.")
    assert len(found.objects) == 7


def test_the_source_is_the_oldest_code_behind_a_link() -> None:
    assert cloud().source == Release.parse("2026.1")
    assert cloud(hosts={"a": host("34.0.0"), "b": host("33.9.9")}).source == Release.parse("2026.1")
    assert cloud(hosts={"a": host(None)}).source is None


@given(st.sampled_from(RELEASES), st.sampled_from(RELEASES))
def test_releases_follow_one_another_or_slurp_to_slurp(source: Release, target: Release) -> None:
    result = order.release_step(cloud(target=target, hosts={"ctl1": host(f"{source.nova}.1.0")})).result
    distance = target.nova - source.nova
    first_skip = (source.codename, target.codename) == ("yoga", "antelope")
    allowed = distance in (0, 1) or (distance == 2 and source.number == target.number == 1) or first_skip
    assert result == ("success" if allowed else "failure")


versions = st.integers(70, 76)
clouds = st.lists(
    st.builds(
        record,
        st.sampled_from([*CONTROL, "nova-compute"]),
        st.sampled_from(["ctl1", "cmp1", "cmp2", "cmp9"]),
        versions,
        forced_down=st.booleans(),
    ),
    max_size=8,
)


@given(clouds)
def test_no_compute_starts_before_the_whole_control_plane_is_new(services: list[dict[str, Any]]) -> None:
    seen = cloud(services=services)
    if not any(result.blocks for result in judge(seen, "computes")):
        counted = [each for each in services if not each["forced_down"]]
        assert {each["version"] for each in counted if each["binary"] in CONTROL} == {NEW}
        assert {each["binary"] for each in counted} >= set(CONTROL)


@given(clouds)
def test_nothing_is_finalized_while_an_old_compute_counts(services: list[dict[str, Any]]) -> None:
    if not any(result.blocks for result in judge(cloud(services=services), "finalize")):
        assert {each["version"] for each in services if not each["forced_down"]} <= {NEW}


@given(clouds, st.sampled_from(PHASES))
def test_every_refusal_says_what_to_do(services: list[dict[str, Any]], phase: str) -> None:
    for result in judge(cloud(services=services), phase):
        assert bool(result.remedy) == (result.result != "success")
