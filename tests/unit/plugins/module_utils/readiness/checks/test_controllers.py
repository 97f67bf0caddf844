# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""APIs that only one controller serves."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.readiness.questions import SERVICES, UNITS
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.result import CheckResult
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_evidence import ask, cells, service

API = "nova-osapi_compute"


def hosts(**units: str) -> dict[str, Any]:
    """Hosts with the units that run there; one that has failed is written with an exclamation mark."""
    return {
        host: {
            "units": {
                name.rstrip("!"): {"active_state": "failed" if "!" in name else "active"} for name in text.split()
            }
        }
        for host, text in units.items()
    }


def judged(units: dict[str, Any] | None, *records: str) -> CheckResult:
    answers: dict[Any, Any] = {UNITS: units} if units is not None else {}
    if records:
        answers[SERVICES] = cells(*(service(API, host) for host in records))
    return ask("Single controllers", answers)


@pytest.mark.parametrize(
    ("units", "records", "result", "objects"),
    [
        (hosts(ctl1="nova-api placement-api", ctl2="nova-api placement-api"), (), "success", ()),
        (hosts(ctl1="nova-api.service placement-api", ctl2="nova-api placement-api"), (), "success", ()),
        (hosts(ctl1="nova-api placement-api"), ("ctl1",), "warning", ("Compute API (ctl1)", "Placement API (ctl1)")),
        (
            hosts(ctl1="nova-api placement-api", ctl2="nova-api! placement-api"),
            ("ctl1", "ctl2"),
            "warning",
            ("Compute API (ctl1)",),
        ),
        (hosts(ctl1="nova-api placement-api", ctl2="nova-api"), (), "warning", ("Placement API (ctl1)",)),
        (hosts(ctl1="placement-api", ctl2="placement-api"), ("ctl1", "ctl2"), "success", ()),
        (None, ("ctl1",), "warning", ("Compute API (ctl1)", "Placement API")),
        (None, ("ctl1", "ctl2"), "unknown", ()),
        (hosts(cmp1="nova-compute"), (), "unknown", ()),
        (None, (), "unknown", ()),
    ],
)
def test_who_serves(
    units: dict[str, Any] | None, records: tuple[str, ...], result: str, objects: tuple[str, ...]
) -> None:
    found = judged(units, *records)
    assert (found.result, found.objects) == (result, objects)


def test_a_warning_says_what_to_expect() -> None:
    found = judged(hosts(ctl1="nova-api placement-api"))
    assert "out for about one restart" in found.summary
    assert "second controller" in found.remedy


def test_records_of_one_host_in_two_cells_are_one_controller() -> None:
    records = cells(service(API, "ctl1"), service(API, "ctl1", cell="cell2"), service(API, "ctl9", forced_down=True))
    units = hosts(ctl1="placement-api", ctl2="placement-api")
    assert ask("Single controllers", {UNITS: units, SERVICES: records}).objects == ("Compute API (ctl1)",)
