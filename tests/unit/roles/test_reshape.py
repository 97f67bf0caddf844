# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reshapes in the roll and alone: who is stopped, written and started when, and what becomes of hosts that fail."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.stackroll.nova.tests.unit.roles.stand_ins import COMPUTES, NEW, OLD, Stage, tree

LAYOUT = {"children": [{"name": "{root}_card", "inventories": {"VGPU": 4}}]}
MODULE = {"stackroll_reshape": "module", "stackroll_reshape_layout": LAYOUT, "stackroll_reshape_cloud": "service"}
DRIVER = {"stackroll_reshape": "driver", "stackroll_reshape_cloud": "service"}
ALL_BY_MODULE = dict.fromkeys(COMPUTES, MODULE)
UNDO = {"schema": "the kept one"}


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """The collection with its stand-ins."""
    return Stage(tmp_path)


def told(host: str, **changes: Any) -> dict[str, Any]:
    """What the module says of one host."""
    entry = {"host": host, "changed": True, "error": "", "creates": [f"{host}_card"], "deletes": [], "moves": []}
    return {**entry, "before": tree(host), "after": tree(host, nested=True), **changes}


def test_a_wave_with_a_host_of_each_kind(stage: Stage) -> None:
    output = stage.play("computes", hosts={"cmp1": MODULE, "cmp2": DRIVER}, nova_compute_resources_interval=7)
    assert stage.steps() == [
        *(
            "disabled cmp1 cmp2 cmp3",
            "read cmp2",
            "reshaped? cmp1",
            "stop cmp1",
            "reshaped cmp1",
            "stop cmp2",
            "stop cmp3",
        ),
        *(f"{what} {host}" for what in ("switch", "start") for host in COMPUTES),
        *("held cmp1 cmp2", "enabled cmp1 cmp2 cmp3"),
    ]
    planned, written, held = stage.asked("provider_tree_reshape")
    assert written["host_layouts"] == planned["host_layouts"] == {"cmp1": LAYOUT}
    assert (written["cloud"], written["nova_wants_layout"]) == ("service", True)
    assert written["undo_dir"] == str(stage.path / "run" / "undo")
    assert (planned["wait_for_migrations"], held["period"], held["periods"]) == (60, 7, 2)
    assert held["before"] == [{"host": "cmp2", **tree("cmp2")}, tree("cmp1"), tree("cmp1")]
    assert (held["host_layouts"], held["undo"]) == ({"cmp1": LAYOUT}, {"cmp1": {"schema": "undo of cmp1"}})
    (event,) = stage.events("host_reshaped")
    assert (event["host"], event["creates"], event["undo"]) == ("cmp1", ["cmp1_card"], {"schema": "undo of cmp1"})
    assert [event["host"] for event in stage.events("host_shape_held")] == ["cmp1", "cmp2"]
    assert not (stage.path / "run" / "check").exists()
    assert "failed=1" not in output


def test_hosts_that_are_not_reshaped_get_their_old_code_back(stage: Stage) -> None:
    refused = [
        told("cmp1", changed=False, error="cmp1 cannot be reshaped: no room."),
        told("cmp2", error="Not undone."),
    ]
    answers = {
        "reshaped": [{"failed": True, "msg": "More.", "hosts": [*refused, told("cmp3")], "undo": {"cmp3": UNDO}}],
        "provider_tree_info": [{"trees": [{"host": host, **tree(host, host == "cmp2")} for host in COMPUTES[:2]]}],
    }
    output = stage.play("computes", hosts=ALL_BY_MODULE, answers=answers, fails=True)
    after = stage.steps()[stage.steps().index("reshaped cmp1 cmp2 cmp3") + 1 :]
    assert after == ["read cmp1 cmp2", "start cmp1", "switch cmp3", "start cmp3", "held cmp3", "enabled cmp3"]
    assert [stage.runs(host) for host in COMPUTES] == [OLD, None, NEW]
    assert (
        "cmp1: was not reshaped: cmp1 cannot be reshaped: no room. nova-compute was started again as it was." in output
    )
    assert (
        "cmp2: was not reshaped: Not undone. nova-compute stays stopped, because its resource providers are not as they were."
        in output
    )
    results = {event["host"]: event["result"] for event in stage.events("host_result")}
    assert results == {"cmp1": "failed", "cmp2": "failed", "cmp3": "success"}


def test_what_cannot_be_planned_is_refused_while_everything_runs(stage: Stage) -> None:
    answers = {"plan": [{"failed": True, "msg": "cmp1 cannot be reshaped: no room."}]}
    output = stage.play("computes", "--limit", "cmp1,cmp2", hosts={"cmp1": MODULE}, answers=answers, fails=True)
    steps = ["disabled cmp1 cmp2", "reshaped? cmp1", "stop cmp2", "switch cmp2", "start cmp2", "enabled cmp2"]
    assert stage.steps() == steps
    assert "cmp1: cannot be reshaped: cmp1 cannot be reshaped: no room. nova-compute was not stopped." in output


def test_a_killed_run_goes_on_and_a_shape_that_does_not_hold_stops_it(stage: Stage) -> None:
    stage.put("cmp1", active=False)
    undos = stage.path / "run" / "undo"
    undos.mkdir(parents=True)
    for moment, text in (("20261122T020000.1Z", UNDO), ("20261122T010000.1Z", {}), ("20261122T030000.1Z.json", {})):
        (undos / f"cmp1.{moment}.json").write_text(json.dumps(text), encoding="utf-8")
    done = told("cmp1", changed=False, before=tree("cmp1", nested=True))
    answers: dict[str, list[Any]] = {
        "claimed": [["cmp1"]],
        "plan": [{"changed": True, "hosts": [done, told("cmp2")]}],
        "reshaped": [{"changed": True, "hosts": [done, told("cmp2")], "undo": {"cmp2": UNDO}}],
        "held": [
            {
                "failed": True,
                "msg": "More.",
                "hosts": [{"host": "cmp2", "broken": ["VGPU is 8, was 4"], "undone": True}],
            }
        ],
    }
    output = stage.play("computes", "--limit", "cmp1,cmp2", hosts=ALL_BY_MODULE, answers=answers, fails=True)
    first, second = stage.asked("provider_tree_reshape")[2:]
    assert (first["hosts"], second["hosts"]) == (["cmp1", "cmp2"], ["cmp1"])
    assert (first["undo"], second["undo"]) == ({"cmp1": UNDO, "cmp2": UNDO}, {"cmp1": UNDO})
    assert stage.steps()[-2:] == ["held cmp1", "enabled cmp1"]
    assert [stage.runs(host) for host in COMPUTES] == [NEW, NEW, OLD]
    assert (
        "cmp2: its shape did not hold under nova-compute: VGPU is 8, was 4. It was undone. nova-compute runs on."
        in output
    )


def test_wishes_that_nobody_can_grant_are_refused_before_anything(stage: Stage) -> None:
    hosts = {"cmp1": {"stackroll_reshape": "modul"}, "cmp2": {"stackroll_reshape": "module"}}
    output = stage.play("computes", hosts=hosts, fails=True)
    assert stage.steps() == stage.asked("upgrade_plan") == []
    problems = (
        "stackroll_reshape is modul for cmp1, and must be none, driver or module.",
        "stackroll_reshape_layout has no layout for cmp2, which a reshape by the module needs. Nothing was changed.",
    )
    assert " ".join(problems) in output


def test_a_check_run_shows_the_reshape_and_stops_nothing(stage: Stage) -> None:
    stage.play("computes", "--check", "--limit", "cmp1", hosts={"cmp1": MODULE})
    assert [entry["check"] for entry in stage.asked("provider_tree_reshape")] == [True]
    assert all(entry["check"] for entry in stage.asked("compute_service", "fake_host"))
    assert stage.runs("cmp1") == OLD


def test_a_reshape_alone(stage: Stage) -> None:
    reason = {host: f"stackroll:x:{host} {text}" for host, text in zip(COMPUTES, ("reshape", "reshape", ""))}
    marks = [
        {"host": host, "result": "disabled", "claim": reason[host], "disabled_reason": reason[host]}
        for host in COMPUTES
    ]
    marks[1]["result"] = "unchanged"
    answers = {
        "plan": [{"hosts": [told("cmp1"), told("cmp2", changed=False)]}],
        "compute_service check": [{"hosts": marks}],
    }
    stage.put("cmp2", active=False)
    output = stage.play("reshape", "--limit", "cmp1,cmp2", answers=answers, stackroll_reshape_layout=LAYOUT)
    assert stage.steps() == [
        *("reshaped? cmp1 cmp2", "disabled? cmp1 cmp2", "disabled cmp1", "stop cmp1", "reshaped cmp1"),
        *("start cmp1", "start cmp2", "held cmp1 cmp2", "enabled cmp1 cmp2"),
    ]
    assert [stage.runs(host) for host in COMPUTES] == [OLD] * 3
    assert "Reshaped 1 host" in output
    assert json.loads((stage.path / "run" / "run.json").read_text(encoding="utf-8"))["result"] == "success"


def test_an_undo_alone_of_a_host_that_an_upgrade_holds(stage: Stage) -> None:
    file = stage.path / "undo.json"
    file.write_text(json.dumps(UNDO), encoding="utf-8")
    mark = {"host": "cmp1", "result": "unchanged", "claim": "stackroll:x:cmp1", "disabled_reason": "stackroll:x:cmp1"}
    wish = {"stackroll_reshape_state": "undone", "stackroll_reshape_undo_file": str(file)}
    stage.play("reshape", "--limit", "cmp1", answers={"compute_service check": [{"hosts": [mark]}]}, **wish)
    assert stage.steps() == [
        *("undone? cmp1", "disabled? cmp1", "disabled cmp1", "stop cmp1", "undone cmp1", "start cmp1", "held cmp1"),
    ]
    planned, written, held = stage.asked("provider_tree_reshape")
    assert planned["undo"] == written["undo"] == {"cmp1": UNDO}
    assert written["undo_dir"] == str(stage.path / "run" / "undo" / "undone")
    assert held["before"] == 2 * [tree("cmp1", nested=True)]


def test_offline_is_refused_while_anything_runs(stage: Stage) -> None:
    stage.put("cmp1", active=False)
    runs = {"units": {"placement-api": {"active_state": "active", "processes": [7]}}}
    answers = {"service_unit_info": [runs]}
    output = stage.play("reshape_offline", answers=answers, stackroll_reshape_layout=LAYOUT, fails=True)
    assert stage.steps() == []
    assert "Placement runs on ctl1: stop placement-api there. nova-compute runs on cmp2, cmp3: stop it there" in output


def test_offline_is_one_call(stage: Stage) -> None:
    for host in COMPUTES:
        stage.put(host, active=False)
    stage.play("reshape_offline", stackroll_reshape_layout=LAYOUT)
    assert stage.steps() == ["reshaped cmp1 cmp2 cmp3"]
    (call,) = stage.asked("provider_tree_reshape")
    assert (call["offline"], call["undo_dir"], call.get("cloud")) == (True, "/var/lib/stackroll/undo", None)
    assert call["config_files"] == {"placement": ["/etc/placement/placement.conf"], "nova": ["/etc/nova/nova.conf"]}
    assert {event["result"] for event in stage.events("host_result")} == {"reshaped"}
