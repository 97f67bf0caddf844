# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What counts as a change that matters to a plan, and what does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.planning.drift import drift, read_plan
from ansible_collections.stackroll.nova.tests.unit.plugins.module_utils.planning.clouds import Cloud

Change = Callable[[Cloud], object]


def cloud() -> Cloud:
    """Two hosts to empty, one with room and one that nothing goes to."""
    return Cloud().hosts("new", "cmp1", "cmp2", "other").fill("cmp1", 3).fill("cmp2", 3, 1).fill("other", 1)


OPTIONS: dict[str, Any] = {"done": ["new", "other"], "canary": 0}


def moved(name: str, host: str) -> Change:
    def change(later: Cloud) -> None:
        later.servers = [replace(item, host=host) if item.name == name else item for item in later.servers]
        later.allocations = [
            replace(item, provider_uuid=f"rp-{host}") if item.consumer_id == f"id-{name}" else item
            for item in later.allocations
        ]

    return change


def gone(name: str) -> Change:
    def change(later: Cloud) -> None:
        later.servers = [item for item in later.servers if item.name != name]

    return change


def service(host: str, **fields: Any) -> Change:
    def change(later: Cloud) -> None:
        later.services = [replace(item, **fields) if item.host == host else item for item in later.services]

    return change


def without_host(name: str) -> Change:
    def change(later: Cloud) -> None:
        later.services = [item for item in later.services if item.host != name]

    return change


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda _later: None, []),
        (moved("cmp1-vm1", "new"), []),
        (lambda later: later.server("more", "other", 1), []),
        (service("cmp1", status="disabled", disabled_reason="stackroll:run:cmp1"), []),
        (service("new", updated_at="later"), []),
        (moved("cmp1-vm1", "other"), ["server cmp1-vm1 (id-cmp1-vm1) is on other"]),
        (gone("cmp1-vm1"), ["server cmp1-vm1 (id-cmp1-vm1) is gone"]),
        (lambda later: later.server("more", "cmp1", 1), ["server more (id-more) is new on cmp1"]),
        (service("new", status="disabled", disabled_reason="fan"), ["destination new is disabled"]),
        (service("new", state="down"), ["destination new is down"]),
        (service("cmp1", state="down"), []),
        (service("cmp1", zone="az9"), ["host cmp1 is in zone az9 instead of az1"]),
        (without_host("cmp2"), ["host cmp2 is gone"]),
        (lambda later: later.host("cmp3"), ["host cmp3 is new"]),
        (lambda later: later.server("more", "new", 5), ["destination new has no room for all that is to come (VCPU)"]),
    ],
)
def test_drift(change: Change, found: list[str]) -> None:
    plan, later = cloud().plan(**OPTIONS), cloud()
    change(later)
    assert drift(plan, later.fleet()) == found


def test_hosts_upgraded_since_may_have_new_servers() -> None:
    plan, later = cloud().plan(**OPTIONS), cloud()
    moved("cmp1-vm1", "new")(later)
    later.server("more", "cmp1", 1)
    assert drift(plan, later.fleet()) == []
    assert drift(plan, later.fleet(), done=["cmp1"]) == []


def test_hosts_that_only_the_plan_or_only_this_run_is_about() -> None:
    plan = cloud().plan(**OPTIONS)
    fleet = cloud().fleet()
    assert drift(plan, fleet, ["new", "other"], ["cmp1", "cmp2", "other"]) == []
    assert drift(plan, fleet, ["new", "other"], ["cmp1"]) == ["host cmp2 is in the plan, and not in this run"]
    assert drift(plan, fleet, ["new"], ["cmp1", "cmp2", "other"]) == ["host other is in this run, and not in the plan"]


def test_a_plan_for_another_cloud() -> None:
    elsewhere = Cloud().hosts("x1", "x2").plan()
    assert drift(elsewhere, cloud().fleet()) == ["this is a plan for another cloud: none of its hosts is here"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ([], "its schema is None"),
        ({"schema": "stackroll.nova/fleet/1"}, "its schema is 'stackroll.nova/fleet/1'"),
        ({"schema": "stackroll.nova/plan/1", "hash": "x"}, "plan has no blocked, so it is not whole"),
    ],
)
def test_what_is_no_plan_is_refused(data: Any, words: str) -> None:
    with pytest.raises(InvalidInput, match=r"^plan ") as refused:
        read_plan(data)
    assert words in str(refused.value)
