# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is ahead of the compute hosts, told before anything happens."""

from __future__ import annotations

import json
from typing import Any

import pytest
from harness import state
from harness.cloud import Rehearsal
from harness.runs import Runs
from harness.standing import Left

pytestmark = pytest.mark.timeout(300)
LEAVES = Left.AS_IT_WAS

DRAIN: dict[str, Any] = {
    "nova_compute_mode": "drain",
    "nova_compute_park": ["suspend"],
    "nova_compute_may_stay": ["error", "paused", "rescued", "shelved", "soft-delete", "stopped", "suspended"],
    "nova_compute_verify_resize": "confirm",
}


def test_in_place_nobody_moves(cloud: Rehearsal, runs: Runs) -> None:
    """Every host has a wave, the first wave has one host, and nothing is written to the cloud."""
    run = runs.playbook("plan").expect()
    plan = run.plan
    assert sorted(host for wave in plan["waves"] for host in wave["hosts"]) == cloud.computes
    assert len(plan["waves"][0]["hosts"]) == 1
    assert (plan["feasible"], plan["totals"]["moves"]) == (True, 0)
    assert cloud.writes(run.started) == []
    page = (run.run_dir / "plan.html").read_text(encoding="utf-8")
    assert all(host in page and host in run.stdout for host in cloud.computes)


def test_with_limit_the_others_only_receive(cloud: Rehearsal, runs: Runs) -> None:
    """Every server of the host goes to another one, is parked or stays, and only that host is planned."""
    here = {row[0] for row in state.servers(cloud).values() if row[-1] == "cmp4"}
    run = runs.playbook("plan", limit="cmp4", **DRAIN).expect()
    plan = run.plan
    assert [host["name"] for host in plan["hosts"]] == ["cmp4"]
    moves = [move for wave in plan["waves"] for move in wave["moves"]]
    assert moves
    assert {move["from"] for move in moves} == {"cmp4"}
    assert {move["to"] for move in moves} <= {"cmp1", "cmp2", "cmp3"}
    assert {move["server"] for move in moves} <= here
    assert all(move["why"] for move in moves)
    assert cloud.writes(run.started) == []


def test_what_cannot_be_done_is_refused_by_name(cloud: Rehearsal, runs: Runs) -> None:
    """Servers that can neither move nor stay block the plan; it is kept all the same."""
    run = runs.playbook("plan", nova_compute_mode="drain").expect(rc=1)
    plan = run.plan
    assert not plan["feasible"]
    named = [item for item in plan["blocked"] if item["server"]]
    assert named
    assert all(item["reason"] and item["remedy"] for item in named)
    assert any(item["name"] in run.failures for item in named)
    assert cloud.writes(run.started) == []


def test_a_plan_for_another_cloud_is_refused(cloud: Rehearsal, runs: Runs) -> None:
    """Before anything else is looked at."""
    kept = runs.run_dir.with_name("foreign.json")
    text = json.dumps(runs.playbook("plan").expect().plan)
    for host in cloud.computes:
        text = text.replace(f'"{host}"', f'"other-{host}"')
    kept.write_text(text, encoding="utf-8")
    run = runs.playbook("plan", stackroll_plan_file=str(kept)).expect(rc=1)
    assert "this is a plan for another cloud: none of its hosts is here" in run.failures
    assert str(kept) in run.failures


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("nova_compute_max_unavailable", "-1"),
        ("nova_compute_max_unavailable", "120%"),
        ("nova_compute_finish_by", "2020-01-01T00:00:00Z"),
        ("stackroll_plan_file", "/nowhere/plan.json"),
    ],
)
def test_bad_input_is_refused(cloud: Rehearsal, runs: Runs, option: str, value: str) -> None:
    """In one sentence that names the option."""
    wrong: dict[str, Any] = {option: value}
    run = runs.playbook("plan", **wrong).expect(rc=1)
    assert option.removeprefix("nova_compute_").removeprefix("stackroll_") in run.failures
    assert "Traceback" not in run.stdout
    assert cloud.writes(run.started) == []
