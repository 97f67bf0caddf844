# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is still waited for, record by record."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.stackroll.nova.plugins.module_utils.model.database_rows import ServiceRecord
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.service_records import Expectation, pending


def record(host: str = "cmp1", version: int = 74, seen_at: float | None = 100.0) -> ServiceRecord:
    return ServiceRecord("cell1", "nova-compute", host, version, False, None, False, seen_at)


@pytest.mark.parametrize(
    ("expected", "reasons"),
    [
        (Expectation(version=74, seen_after=99.9), []),
        (Expectation(version=73), []),
        (Expectation(version=75), ["service version 75 (it reports 74)"]),
        (Expectation(seen_after=100.0), ["a heartbeat newer than the change"]),
        (
            Expectation(version=75, seen_after=101.0),
            ["service version 75 (it reports 74)", "a heartbeat newer than the change"],
        ),
        (Expectation(), []),
    ],
)
def test_reasons(expected: Expectation, reasons: list[str]) -> None:
    entries = pending([record()], expected)
    assert entries == ([{"host": "cmp1", "binary": "nova-compute", "waiting_for": reasons}] if reasons else [])


def test_a_service_that_never_reported() -> None:
    assert pending([record(seen_at=None)], Expectation(seen_after=0.0))[0]["waiting_for"] == [
        "a heartbeat newer than the change"
    ]


def test_a_named_host_without_a_record_is_pending() -> None:
    entries = pending([record("cmp1")], Expectation(hosts=("cmp1", "cmp2"), version=74))
    assert entries == [{"host": "cmp2", "binary": None, "waiting_for": ["a service record in any cell"]}]


@pytest.mark.parametrize(
    ("expected", "empty"),
    [
        (Expectation(), True),
        (Expectation(hosts=("cmp1",)), True),
        (Expectation(version=0), False),
        (Expectation(seen_after=0.0), False),
    ],
)
def test_nothing_to_wait_for(expected: Expectation, empty: bool) -> None:
    assert expected.is_empty is empty


versions = st.integers(0, 100)


@given(st.lists(st.tuples(st.sampled_from("abcd"), versions, st.none() | versions.map(float))), versions, versions)
def test_only_hosts_that_meet_it_are_not_pending(rows: list[Any], version: int, after: int) -> None:
    records = [record(*row) for row in rows]
    left = {entry["host"] for entry in pending(records, Expectation(tuple("abcd"), version, float(after)))}
    for host in "abcd":
        mine = [each for each in records if each.host == host]
        ready = bool(mine) and all(
            each.version >= version and each.seen_at is not None and each.seen_at > after for each in mine
        )
        assert (host not in left) is ready
