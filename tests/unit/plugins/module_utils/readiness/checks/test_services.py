# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Services: reporting, known to the inventory, and disabled by nobody else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.stackroll.nova.plugins.module_utils.model.database_rows import ServiceRecord
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.questions import (
    COMPUTES,
    NOVA_OPTIONS,
    NOW,
    SERVICES,
)
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.result import CheckResult
from ansible_collections.stackroll.nova.tests.unit.plugins import fake_evidence
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_evidence import OURS, Settings, cells, service

CONTROL = (service("nova-conductor", "ctl1"), service("nova-scheduler", "ctl1"))
DAY = 24 * 3600.0
FOREIGN: dict[str, Any] = {"disabled": True, "disabled_reason": "broken fan"}


def ago(seconds: float, **changes: Any) -> ServiceRecord:
    return service(seen_at=fake_evidence.NOW - seconds, **changes)


def ask(
    name: str, *records: ServiceRecord, computes: tuple[str, ...] | None = ("cmp1", "cmp2"), **more: Any
) -> CheckResult:
    answers: dict[Any, Any] = {SERVICES: cells(*records, **more), NOW: fake_evidence.NOW}
    return fake_evidence.ask(name, answers if computes is None else {**answers, COMPUTES: computes})


def test_all_cells_answer() -> None:
    result = ask("All cells answer", *CONTROL)
    assert (result.result, result.summary) == ("success", "2 cells answered.")


def test_a_silent_cell_is_named_with_its_reason() -> None:
    result = ask("All cells answer", silent={"cell2": "timed out."})
    assert (result.result, result.summary) == ("unknown", "No answer from cell2 (timed out).")
    assert "nova-manage cell_v2" in result.remedy


@pytest.mark.parametrize(
    ("record", "named"),
    [
        (ago(61), "nova-compute on cmp1 (last seen 61 s ago)"),
        (service(seen_at=None), "nova-compute on cmp1 (last seen never)"),
        (ago(3 * 3600, **FOREIGN), "nova-compute on cmp1 (last seen 3 h ago)"),
        (ago(40 * DAY), "nova-compute on cmp1 (last seen 40 days ago)"),
        (ago(300, **{**OURS, "disabled": False}), "nova-compute on cmp1 (last seen 5 min ago)"),
        (ago(61, binary="nova-conductor", host="ctl2"), "nova-conductor on ctl2 (last seen 61 s ago)"),
        (ago(40 * DAY, binary="nova-scheduler", host="ctl9"), "nova-scheduler on ctl9 (last seen 40 days ago)"),
    ],
)
def test_services_that_are_down(record: ServiceRecord, named: str) -> None:
    result = ask("Services are up", *CONTROL, record)
    assert (result.result, result.objects) == ("failure", (named,))
    assert "openstack compute service delete" in result.remedy


@pytest.mark.parametrize(
    "record",
    [
        ago(60),
        ago(3600, **OURS),
        ago(3600, forced_down=True),
        ago(3600, host="cmp9"),
        ago(3600, binary="nova-osapi_compute", host="ctl1"),
    ],
    ids=["on the edge", "held by us", "forced down", "not in the inventory", "an API does not report"],
)
def test_services_that_may_be_silent(record: ServiceRecord) -> None:
    assert ask("Services are up", *CONTROL, record).result == "success"


@pytest.mark.parametrize(("text", "up"), [("180", 180), ("20", 20), ("soon", 60)])
def test_the_cloud_says_itself_when_a_service_is_down(text: str, up: int) -> None:
    options = {NOVA_OPTIONS: Settings({"DEFAULT.service_down_time": text})}
    for seconds, expected in ((up, "success"), (up + 1, "failure")):
        seen = {SERVICES: cells(*CONTROL, ago(seconds)), NOW: fake_evidence.NOW, **options}
        assert fake_evidence.ask("Services are up", seen).result == expected


def test_without_an_inventory_a_compute_that_is_down_for_long_is_stale_instead() -> None:
    for seconds, up, stale in ((3600, "failure", "success"), (2 * DAY, "success", "warning")):
        records = (*CONTROL, ago(seconds))
        assert ask("Services are up", *records, computes=None).result == up
        assert ask("Stale compute services", *records, computes=None).result == stale


def test_a_control_service_that_is_not_there_at_all() -> None:
    result = ask("Services are up", CONTROL[0], service())
    assert (result.result, result.objects) == ("failure", ("nova-scheduler (no record at all)",))
    silent = ask("Services are up", CONTROL[0], silent={"cell2": "timed out"})
    assert silent.result == "unknown", "its record may be there"


def test_stale_records_with_version_and_command() -> None:
    result = ask(
        "Stale compute services", *CONTROL, ago(40 * DAY, host="cmp8", version=50), service(host="cmp9", seen_at=None)
    )
    assert result.result == "warning"
    assert result.objects == (
        "cmp8 (service version 50, last seen 40 days ago)",
        "cmp9 (service version 72, last seen never)",
    )
    assert result.remedy.endswith("openstack compute service delete uuid-of-cmp8 uuid-of-cmp9")


def test_the_command_stays_short() -> None:
    result = ask("Stale compute services", *(service(host=f"x{number}", seen_at=None) for number in range(30)))
    assert result.total == 30
    assert result.remedy.count("uuid-of") == 10
    assert result.remedy.endswith("(and so on: 30 in all)")


def test_a_record_from_before_uuids() -> None:
    assert "service list" in ask("Stale compute services", service(host="cmp9", seen_at=None, uuid=None)).remedy


def test_a_host_that_we_hold_is_not_stale_even_outside_the_inventory() -> None:
    assert ask("Stale compute services", ago(2 * DAY, **OURS), computes=("cmp2",)).result == "success"
    assert ask("Stale compute services", ago(2 * DAY, **FOREIGN), computes=("cmp2",)).result == "warning"


@pytest.mark.parametrize(
    "record",
    [ago(DAY, host="cmp9"), ago(2 * DAY, host="cmp9", forced_down=True), ago(2 * DAY)],
    ids=["a day exactly", "forced down", "in the inventory"],
)
def test_not_stale(record: ServiceRecord) -> None:
    assert ask("Stale compute services", *CONTROL, record).result == "success"


def test_live_computes_that_nobody_rolls() -> None:
    result = ask("Compute services outside the inventory", service(), service(host="cmp9", version=68))
    assert (result.result, result.objects) == ("warning", ("cmp9 (service version 68)",))
    assert ask("Compute services outside the inventory", service()).result == "success"
    assert ask("Compute services outside the inventory", service(), computes=None).result == "unknown"


computes = st.lists(
    st.builds(
        service,
        host=st.sampled_from(["cmp1", "cmp2", "cmp8", "cmp9"]),
        forced_down=st.booleans(),
        seen_at=st.none() | st.floats(fake_evidence.NOW - 3 * DAY, fake_evidence.NOW),
    ),
    max_size=4,
    unique_by=lambda record: record.host,
)


@given(computes)
def test_every_compute_outside_the_inventory_is_told_once(records: list[ServiceRecord]) -> None:
    told = [
        each.split(" ")[0]
        for name in ("Stale compute services", "Compute services outside the inventory")
        for each in ask(name, *records).objects
    ]
    assert sorted(told) == sorted(
        each.host for each in records if each.host in ("cmp8", "cmp9") and not each.forced_down
    )


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        (FOREIGN, "cmp1 (broken fan)"),
        ({"disabled": True}, "cmp1 (no reason given)"),
        ({"disabled": True, "disabled_reason": "stackroll:7f3a90c1:cmp2"}, "cmp1 (stackroll:7f3a90c1:cmp2)"),
        ({"forced_down": True}, "cmp1 (forced down)"),
    ],
)
def test_disabled_by_others(changes: dict[str, Any], named: str) -> None:
    result = ask("Hosts disabled by others", service(**changes))
    assert (result.result, result.objects) == ("warning", (named,))


@pytest.mark.parametrize("record", [service(), service(**OURS), service("nova-conductor", "ctl1", **FOREIGN)])
def test_not_disabled_by_others(record: ServiceRecord) -> None:
    assert ask("Hosts disabled by others", record).result == "success"
