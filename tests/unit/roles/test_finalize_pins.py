# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The proof that no controller is bound to the RPC version of older computes, on a controller that is an entry of a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.stackroll.nova.tests.unit.roles.stand_ins import COMPUTES, Stage

STARTED = 1_795_300_000.5
PLAY = {
    "hosts": "ctl1",
    "gather_facts": False,
    "vars": {
        "run_order": {"target": {"service_version": 74}},
        "stackroll_units": ["nova-api", "nova-conductor"],
        "stackroll_nova_config_files": ["/etc/nova/nova.conf"],
    },
    "tasks": [
        {
            "ansible.builtin.include_role": {
                "name": "stackroll.nova.finalize",
                "tasks_from": "prove_pin",
                "public": True,
            }
        },
        {"ansible.builtin.debug": {"msg": "anew: {{ finalize_stale_units | join(' ') }}."}},
    ],
}
HELD = "nova-conductor (pid 411) holds compute RPC 6.5."


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """A stage with that play."""
    stage = Stage(tmp_path)
    (tmp_path / "prove.yml").write_text(json.dumps([PLAY]), encoding="utf-8")
    return stage


def pin(pid: int, service_version: int | None) -> dict[str, Any]:
    return {
        "pid": pid,
        "rpc_version": "6.5" if service_version else None,
        "service_version": service_version,
        "chosen_at": STARTED if service_version else None,
        "source": None,
        "inherited_from": None,
        "reason": None,
        "unread": None,
    }


def prove(stage: Stage, answer: dict[str, Any], age: float, held: tuple[str, ...] = (), **options: Any) -> str:
    """Play, with both services that much older than the computes."""
    units = {unit: {"started_at": STARTED - age} for unit in ("placement-api", "nova-api", "nova-conductor")}
    pending = [{"unit": unit, "service_version": 72} for unit in held] + [{"unit": "nova-api", "service_version": None}]
    seen = {host: {"finalize_started_at": STARTED} for host in COMPUTES}
    state = {"service_state": {"units": units}, "finalize_held": {"pending": pending}}
    return stage.play("prove.yml", answers={"service_unit_info": [answer]}, hosts=seen, **state, **options)


def look(version: int | None) -> dict[str, Any]:
    """A conductor with that choice, and an API that has not chosen."""
    units = {"nova-conductor": {"rpc_pins": [pin(411, version)]}, "nova-api": {"rpc_pins": [pin(500, None)]}}
    return {"units": units, "rpc_pin": "auto", "pending": []}


def test_what_each_process_has_chosen_is_noted(stage: Stage) -> None:
    assert "anew: ." in prove(stage, look(74), age=-5.0)
    (event,) = stage.events("rpc_pins")
    keys = ("unit", "pid", "rpc_version", "service_version", "chosen_at")
    conductor, api = ("nova-conductor", 411, "6.5", 74, STARTED), ("nova-api", 500, None, None, None)
    assert event["host"] == "ctl1"
    assert event["pins"] == [dict(zip(keys, conductor)), dict(zip(keys, api))]
    (asked,) = stage.asked("service_unit_info")
    assert asked["units"] == ["nova-api", "nova-conductor"]
    wanted = {"service_version": 74, "started_after": STARTED, "timeout": 0}
    assert {key: asked[key] for key in wanted} == wanted, "nothing was restarted, so that there is one look"


def test_after_a_restart_there_is_a_bounded_wait(stage: Stage) -> None:
    assert "anew: nova-api nova-conductor." in prove(stage, look(74), age=5.0, finalize_restarted=STARTED + 9)
    assert [call["timeout"] for call in stage.asked("service_unit_info")] == [10]


def test_who_holds_an_older_version_is_to_choose_anew(stage: Stage) -> None:
    assert "anew: nova-conductor." in prove(stage, look(74), age=-5.0, held=("nova-conductor",))


def test_a_process_that_holds_an_older_version_is_refused(stage: Stage) -> None:
    refused = {**look(72), "pending": [{"unit": "nova-conductor"}], "failed": True, "msg": HELD}
    said = prove(stage, refused, age=-5.0, fails=True)
    assert f"ctl1: {HELD}" in said
    assert stage.events("rpc_pins")[0]["pins"][0]["service_version"] == 72


def test_without_a_choice_nothing_is_noted(stage: Stage) -> None:
    prove(stage, {**look(None), "rpc_pin": None}, age=-5.0)
    assert not (stage.path / "run" / "journal.jsonl").exists() or stage.events("rpc_pins") == []
