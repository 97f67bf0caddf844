# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Controllers that go back to the release before: from where there is a way, and what stands in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.stackroll.nova.tests.unit.roles.control_stand_ins import (
    CAN_GO_BACK,
    NEW,
    NOVA_BACK,
    OLD,
    UNITS,
    Controllers,
)

WORKERS = "nova-conductor nova-scheduler"
ALL_UNITS = f"nova-api {WORKERS}"
WELL = ["databases well", "queues well"]
SETTLED = ["in ctl1 ctl2", "report nova-compute", f"report {WORKERS} nova-osapi_compute"]
FOUND = {
    "found": [{"database": "nova_api", "table": "request_specs", "server": "2f6d", "objects": ["ImageMetaProps 1.44"]}],
    "unknown": [],
}


def upgraded(path: Path, *hosts: str) -> Controllers:
    """Controllers that all run the new code."""
    stage = Controllers(path, *hosts)
    for host in stage.hosts:
        stage.put(host, *UNITS, release=NEW)
    return stage


def back(stage: Controllers, *arguments: str, **options: Any) -> str:
    """Take Nova back on them."""
    return stage.play(NOVA_BACK, *arguments, playbook="rollback", release=OLD, **options)


def test_all_controllers_go_back_at_once_while_requests_wait(tmp_path: Path) -> None:
    stage = upgraded(tmp_path)
    back(stage)
    assert stage.steps() == [
        *("readable", *WELL, f"prepare_stop ctl1+ctl2 {ALL_UNITS}", "exchange kept", "hold", "idle", "readable"),
        *(f"begin_stop ctl1+ctl2 {ALL_UNITS}", "consumers conductor=0 scheduler=0"),
        *("versions 74 ctl1 ctl2", "restart ctl1+ctl2 nova-api with nova", "release", "ready ctl1+ctl2"),
        *("start ctl1+ctl2 nova-conductor", "conductors read", "start ctl1+ctl2 nova-scheduler", "schedulers read"),
        "exchange released",
        *(SETTLED[0], *WELL, SETTLED[1], "nothing lost", SETTLED[2]),
    ]
    assert (stage.mixed(), stage.lost()) == ([], [])
    assert {stage.runs(host)["nova-api"] for host in stage.hosts} == {OLD}
    asked = [entry["asked"] for entry in stage.asked("upgrade_order")]
    assert [(one["phase"], one["target_release"]) for one in asked] == [("rollback_control", OLD)]


def test_new_apis_that_no_request_has_reached_go_back_beside_the_others(tmp_path: Path) -> None:
    stage = Controllers(tmp_path)
    stage.put("ctl1", "nova-api", release=NEW)
    stage.serve("ctl2")
    back(stage)
    steps = stage.steps()
    assert "hold" not in steps
    assert not any(step.startswith(("begin_stop", "end_sleep")) for step in steps), "conductors go on"
    assert [step for step in steps if step.startswith(("restart", "start"))] == ["restart ctl1 nova-api with nova"]
    assert (stage.mixed(), stage.lost()) == ([], [])
    assert stage.serving() == {"ctl1": OLD, "ctl2": OLD}


def test_conductors_that_were_stopped_start_again_with_the_old_code(tmp_path: Path) -> None:
    stage = Controllers(tmp_path)
    for host, release in (("ctl1", NEW), ("ctl2", OLD)):
        stage.put(host, *WORKERS.split(), state="inactive", release=OLD)
        stage.put(host, "nova-api", release=release)
    stage.serve("ctl2")
    back(stage)
    assert (stage.mixed(), stage.lost()) == ([], [])
    for host in stage.hosts:
        assert stage.runs(host) == dict.fromkeys(UNITS, OLD)
    assert stage.serving() == {"ctl1": OLD, "ctl2": OLD}


def test_a_single_controller_goes_back(tmp_path: Path) -> None:
    stage = upgraded(tmp_path, "ctl1")
    back(stage)
    assert (stage.mixed(), stage.lost()) == ([], [])
    assert stage.serving() == {"ctl1": OLD}


def test_what_the_old_services_cannot_read_is_refused_by_name_before_the_first_change(tmp_path: Path) -> None:
    stage = upgraded(tmp_path)
    output = back(stage, answers={"stored_objects_info": [FOUND]}, fails=True)
    assert "request_specs of server 2f6d in nova_api holds ImageMetaProps 1.44" in output
    assert stage.steps() == ["readable"]
    assert stage.serving() == {"ctl1": NEW, "ctl2": NEW}


def test_it_is_refused_before_the_computes_go_back(tmp_path: Path) -> None:
    stage = upgraded(tmp_path)
    answers: dict[str, Any] = {"stored_objects_info": [FOUND]}
    output = stage.play(CAN_GO_BACK, playbook="rollback", release=OLD, answers=answers, fails=True)
    assert "holds ImageMetaProps 1.44" in output
    stage.play(CAN_GO_BACK, playbook="rollback", release=OLD)
    assert stage.steps() == ["readable"]


def test_what_was_stored_while_it_began_is_refused_while_all_still_run(tmp_path: Path) -> None:
    stage = upgraded(tmp_path)
    output = back(stage, answers={"stored_objects_info": [None, FOUND]}, fails=True)
    assert "holds ImageMetaProps 1.44" in output
    assert stage.steps()[-4:] == ["hold", "idle", "readable", "release"]
    assert stage.serving() == {"ctl1": NEW, "ctl2": NEW}


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"code_info": [{"objects": {"unknown": "The staged_path holds no Nova."}}]}, "holds no Nova"),
        (
            {"stored_objects_info": [{"found": [], "unknown": [{"cell": "cell2", "error": "timed out"}]}]},
            "cell2 did not",
        ),
    ],
)
def test_what_is_not_known_is_refused(tmp_path: Path, answers: dict[str, Any], said: str) -> None:
    stage = upgraded(tmp_path)
    assert said in back(stage, answers=answers, fails=True)
    assert stage.serving() == {"ctl1": NEW, "ctl2": NEW}


def test_controllers_that_are_back_are_left_alone(tmp_path: Path) -> None:
    stage = Controllers(tmp_path)
    back(stage)
    assert stage.steps() == [SETTLED[0], SETTLED[2]]


def test_a_check_run_changes_nothing(tmp_path: Path) -> None:
    stage = upgraded(tmp_path)
    back(stage, "--check")
    assert "readable" in stage.steps()
    assert stage.serving() == {"ctl1": NEW, "ctl2": NEW}
    assert {stage.runs(host)["nova-conductor"] for host in stage.hosts} == {NEW}


def test_an_api_that_stopped_with_a_conductor_that_does_not_is_started_again(tmp_path: Path) -> None:
    stage = upgraded(tmp_path)
    reason = {"failed": True, "msg": "conductor has 1 consumer, not 0."}
    output = back(stage, answers={"message_queue_info ctl1 consumers": [reason, reason]}, fails=True)
    assert stage.steps()[-4:] == [
        "end_stop ctl1+ctl2 nova-api",
        "start ctl1+ctl2 nova-api",
        "ready ctl1+ctl2",
        "release",
    ]
    assert reason["msg"] in output
    assert stage.serving() == {"ctl1": NEW, "ctl2": NEW}
