# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An orphan and a server on two hosts: the audit names them, shows what it would write, and repairs exactly these."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from harness import api, drains, state
from harness.cloud import Rehearsal
from harness.commands import account
from harness.standing import Left

pytestmark = pytest.mark.timeout(300)
LEAVES = Left.AS_IT_WAS

ALLOCATIONS = """
    SELECT a.consumer_id, p.name, a.resource_class_id, a.used FROM allocations a
    JOIN resource_providers p ON p.id = a.resource_provider_id
    ORDER BY a.consumer_id, p.name, a.resource_class_id
"""
CONSUMERS = "SELECT uuid, generation FROM consumers ORDER BY uuid"
PROVIDERS = "SELECT name, uuid FROM resource_providers WHERE parent_provider_id IS NULL"
LITTLE = {"resources": {"VCPU": 1, "MEMORY_MB": 64}}
MICROVERSION = "1.37"
REPAIR = [{"kind": "orphaned"}, {"kind": "doubled"}]


@dataclass(frozen=True)
class Damage:
    """What was in Placement before, and who holds too much since."""

    rows: list[dict[str, Any]]
    generations: dict[str, int]
    orphan: str
    doubled: str
    home: str
    elsewhere: str

    @property
    def consumers(self) -> set[str]:
        """Both of them."""
        return {self.orphan, self.doubled}


def generations(cloud: Rehearsal) -> dict[str, int]:
    """Return how often the allocations of each consumer have been written."""
    return {row["uuid"]: row["generation"] for row in state.query(cloud, "placement", CONSUMERS)}


@pytest.fixture(scope="module")
def damage(cloud: Rehearsal) -> Damage:
    """Let an unknown consumer hold something on a host, and a running server something on a second one."""
    rows = state.query(cloud, "placement", ALLOCATIONS)
    before = generations(cloud)
    roots = {row["name"]: row["uuid"] for row in state.query(cloud, "placement", PROVIDERS)}
    server, home = next(
        (row[0], row[-1])
        for row in sorted(state.servers(cloud).values())
        if row[1].startswith("plain") and row[2] == "active"
    )
    elsewhere = next(host for host in cloud.computes if host != home)
    orphan = str(uuid.uuid4())
    placement = api.connect(cloud).placement
    held = api.ask(placement, MICROVERSION, "GET", f"/allocations/{server}")
    more = {**held, "allocations": {**held["allocations"], roots[elsewhere]: LITTLE}}
    api.ask(placement, MICROVERSION, "PUT", f"/allocations/{server}", more)
    nobody = {"project_id": "nobody", "user_id": "nobody", "consumer_generation": None}
    stray = {**nobody, "allocations": {roots[home]: LITTLE}}
    api.ask(placement, MICROVERSION, "PUT", f"/allocations/{orphan}", stray)
    return Damage(rows, before, orphan, server, home, elsewhere)


@pytest.fixture(scope="module", autouse=True)
def accounted_for(cloud: Rehearsal) -> Iterator[None]:
    """End the module, not every test of it, with the accounting audit: what is wrong in between is meant to be."""
    yield
    account(cloud)


def test_the_audit_fails_and_names_them(cloud: Rehearsal, damage: Damage) -> None:
    """Both are findings, nobody else is one, and nothing is written."""
    done = drains.call("allocation_audit", timeout=4).expect(rc=1)
    accounting = done.result["accounting"]
    assert (accounting["orphaned"], accounting["doubled"], accounting["missing"]) == (
        [damage.orphan],
        [damage.doubled],
        [],
    )
    assert damage.orphan in done.message
    assert f"it has allocations on {damage.elsewhere} as well" in done.message
    assert cloud.writes(done.started) == []


def test_a_consumer_without_finding_is_refused(cloud: Rehearsal, damage: Damage) -> None:
    """By name, and before the first write."""
    nobody = str(uuid.uuid4())
    done = drains.call("allocation_audit", timeout=4, repair=[*REPAIR, {"consumer_id": nobody}]).expect(rc=1)
    assert nobody in done.message
    assert cloud.writes(done.started) == []


def test_check_mode_shows_the_exact_change(cloud: Rehearsal, damage: Damage) -> None:
    """Before, after and the request of each, in the result and as a diff; nothing is written."""
    before = state.query(cloud, "placement", ALLOCATIONS)
    done = drains.call("allocation_audit", check=True, timeout=4, repair=REPAIR).expect()
    repairs = {item["consumer_id"]: item for item in done.result["repairs"]}
    assert repairs.keys() == damage.consumers
    assert {item["result"] for item in repairs.values()} == {"planned"}
    assert set(repairs[damage.orphan]["before"]) == {damage.home}
    assert repairs[damage.orphan]["after"] == repairs[damage.orphan]["body"]["allocations"] == {}
    kept = {name: held for name, held in repairs[damage.doubled]["before"].items() if name != damage.elsewhere}
    assert repairs[damage.doubled]["after"] == kept
    assert done.result["changed"]
    assert all(consumer in done.output for consumer in damage.consumers), "the diff names them"
    assert cloud.writes(done.started) == []
    assert state.query(cloud, "placement", ALLOCATIONS) == before


def test_exactly_these_are_repaired(cloud: Rehearsal, damage: Damage) -> None:
    """One write for each, the audit is clean, and all allocations are what they were before the damage."""
    done = drains.call("allocation_audit", timeout=4, repair=REPAIR).expect()
    assert {item["consumer_id"]: item["result"] for item in done.result["repairs"]} == dict.fromkeys(
        damage.consumers, "repaired"
    )
    writes = cloud.writes(done.started)
    assert len(writes) == 2
    assert {line.rpartition("/")[2] for line in writes} == damage.consumers
    assert state.query(cloud, "placement", ALLOCATIONS) == damage.rows
    after = generations(cloud)
    assert {name: after[name] for name in after if name not in damage.consumers} == {
        name: damage.generations[name] for name in damage.generations if name not in damage.consumers
    }


def test_the_second_time_nothing_is_written(cloud: Rehearsal, damage: Damage) -> None:
    """The same task again changes nothing."""
    done = drains.call("allocation_audit", timeout=4, repair=REPAIR).expect()
    assert (done.result["changed"], done.result["repairs"]) == (False, [])
    assert cloud.writes(done.started) == []
