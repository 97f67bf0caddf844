# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""upgrade_plan: from a fleet or a cloud, from an earlier plan, and refusals."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.modules import upgrade_plan
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_openstack import FakeOpenStack
from ansible_collections.stackroll.nova.tests.unit.plugins.module_utils.planning.clouds import Cloud
from ansible_collections.stackroll.nova.tests.unit.plugins.modules.conftest import RunModule


def fleet(large: int = 2) -> dict[str, Any]:
    """A spare host and one with a server."""
    return Cloud().hosts("new", "cmp1").fill("cmp1", large).fleet().to_dict()


DRAIN: dict[str, Any] = {"mode": "drain", "done": ["new"]}


@pytest.mark.parametrize("check", [False, True])
def test_plan_of_a_fleet(run_module: RunModule, check: bool) -> None:
    result = run_module(upgrade_plan, check=check, fleet=fleet(), **DRAIN)
    assert result["plan"]["waves"][0]["moves"][0]["to"] == "new"
    assert result["text"][0].startswith("1 host in 1 wave, 1 move, about")
    assert not result["changed"]
    assert not {"html", "drift", "api"} & set(result)


def test_plan_of_a_cloud_reads_only(run_module: RunModule, openstack: FakeOpenStack) -> None:
    openstack.add_server("db", "cmp1")
    result = run_module(upgrade_plan, cloud="any", mode="drain", done=["cmp2"])
    assert [move["name"] for move in result["plan"]["waves"][0]["moves"]] == ["db"]
    assert result["api"]["writes"] == 0


def test_the_page_is_returned_on_demand(run_module: RunModule) -> None:
    page = run_module(upgrade_plan, fleet=fleet(), html=True, **DRAIN)["html"]
    assert page.startswith("<!DOCTYPE html>")


def test_what_cannot_be_done_fails_with_names_and_the_plan(run_module: RunModule) -> None:
    cloud = Cloud().host("new", vcpus=1).host("cmp1").fill("cmp1", 2)
    result = run_module(upgrade_plan, fleet=cloud.fleet().to_dict(), **DRAIN)
    assert result["failed"]
    assert result["msg"] == (
        "This cannot be done: 1 host of 1 cannot be upgraded. In the way: cmp1-vm1: it needs 2 of VCPU, and no host that could"
        " take it has more than 1 free. 1 more empty host like cmp1, upgraded or new, would be enough. With park, 1 server could"
        " be suspended or stopped in place."
    )
    assert result["plan"]["blocked"][0]["name"] == "cmp1-vm1"
    relaxed = run_module(upgrade_plan, fleet=cloud.fleet().to_dict(), require_feasible=False, **DRAIN)
    assert relaxed["plan"] == result["plan"]


def kept(run_module: RunModule, tmp_path: Path) -> str:
    """A file with a plan."""
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(run_module(upgrade_plan, fleet=fleet(), **DRAIN)["plan"]), encoding="utf-8")
    return str(path)


def test_an_earlier_plan_goes_on(run_module: RunModule, tmp_path: Path) -> None:
    path = kept(run_module, tmp_path)
    result = run_module(upgrade_plan, fleet=fleet(), plan_file=path)
    assert result["drift"] == []
    assert result["plan"] == json.loads(Path(path).read_text(encoding="utf-8"))


def test_an_earlier_plan_is_refused_or_made_anew_when_the_cloud_has_changed(
    run_module: RunModule, tmp_path: Path
) -> None:
    path = kept(run_module, tmp_path)
    later = Cloud().hosts("new", "cmp1").fill("cmp1", 2, 1).fleet().to_dict()
    drifted = ["server cmp1-vm2 (id-cmp1-vm2) is new on cmp1"]
    result = run_module(upgrade_plan, fleet=later, plan_file=path, **DRAIN)
    assert (result["failed"], result["drift"]) == (True, drifted)
    assert result["msg"].startswith(f"The cloud has changed since the plan in {path} was made: {drifted[0]}.")
    result = run_module(upgrade_plan, fleet=later, plan_file=path, on_drift="replan", **DRAIN)
    assert result["drift"] == drifted
    assert result["plan"]["totals"]["moves"] == 2


def test_service_records_tell_cells_and_versions(run_module: RunModule) -> None:
    cloud = Cloud().hosts("new", "cmp1", "cmp2", "cmp3", "cmp4")
    hosts = ["new", "cmp1", "cmp2", "cmp3", "cmp4"]
    records = [
        {"binary": "nova-compute", "host": host, "cell": f"cell{index % 2}", "version": 74 if host == "new" else 72}
        for index, host in enumerate(hosts)
    ]
    options = {"fleet": cloud.fleet().to_dict(), "services": records, "target_version": 74, "max_unavailable": "100%"}
    plan = run_module(upgrade_plan, canary=0, max_unavailable_per_cell="1", **options)["plan"]
    cells = {item["host"]: item["cell"] for item in records}
    assert "new" not in {host["name"] for host in plan["hosts"]}
    assert [sorted(cells[host] for host in wave["hosts"]) for wave in plan["waves"]] == [["cell0", "cell1"]] * 2


def test_what_is_left_is_estimated_by_what_was_measured(run_module: RunModule, tmp_path: Path) -> None:
    path = kept(run_module, tmp_path)
    assumed = run_module(upgrade_plan, fleet=fleet(), plan_file=path, **DRAIN)["left"]
    assert (assumed["waves"], assumed["hosts"], assumed["moves"]) == (1, 1, 1)
    assert assumed["text"].startswith("Left: 1 host in 1 wave, 1 move, about 3 min")
    measured = [{"kind": "host", "seconds": 18.0}]
    found = run_module(upgrade_plan, fleet=fleet(), plan_file=path, measured=measured, **DRAIN)["left"]
    assert assumed["seconds"] - found["seconds"] == pytest.approx(180 - 18)
    over = run_module(upgrade_plan, fleet=fleet(), plan_file=path, mode="drain", done=["new", "cmp1"])["left"]
    assert over["text"] == "Nothing is left to upgrade."


def test_a_wave_that_could_not_be_finished_is_not_begun(run_module: RunModule, tmp_path: Path) -> None:
    path = kept(run_module, tmp_path)
    soon = (datetime.now(timezone.utc) + timedelta(minutes=5)).isoformat()
    result = run_module(upgrade_plan, fleet=fleet(), plan_file=path, finish_by=soon, **DRAIN)
    assert result["failed"]
    assert result["msg"].startswith("The next wave may take until ")
    late = (datetime.now(timezone.utc) + timedelta(hours=5)).isoformat()
    assert not run_module(upgrade_plan, fleet=fleet(), plan_file=path, finish_by=late, **DRAIN).get("failed")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read: "),
        ("{", "cannot be read: "),
        ("[]", "is not a plan of schema stackroll.nova/plan/1 (its schema is None)"),
        ('{"schema": "stackroll.nova/fleet/1"}', "(its schema is 'stackroll.nova/fleet/1')"),
    ],
)
def test_files_that_are_no_plans(run_module: RunModule, tmp_path: Path, content: str | None, words: str) -> None:
    path = tmp_path / "plan.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    result = run_module(upgrade_plan, fleet=fleet(), plan_file=str(path))
    assert result["msg"].startswith(f"plan_file {path} ")
    assert words in result["msg"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"max_unavailable": "120%"}, "max_unavailable is '120%', more hosts than there are."),
        ({"max_unavailable": "-3"}, "max_unavailable is '-3'."),
        ({"canary": -1}, "canary is -1."),
        ({"hosts": ["cmp7"]}, "hosts names cmp7, which has no compute service in this cloud."),
        ({"finish_by": "2001-01-01T00:00:00Z"}, "finish_by 2001-01-01T00:00:00Z is not after"),
        ({"policy": [{"steps": ["live"], "tag": "pet"}]}, "policy has a rule about tags or metadata"),
        ({"fleet": {"schema": "other"}}, "This is not a fleet of schema stackroll.nova/fleet/1"),
    ],
)
def test_bad_options(run_module: RunModule, options: dict[str, Any], words: str) -> None:
    result = run_module(upgrade_plan, **{"fleet": fleet(), **options})
    assert result["failed"]
    assert result["msg"].startswith(words)
