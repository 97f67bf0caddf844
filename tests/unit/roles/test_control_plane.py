# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control plane: what is stopped, started and told to the load balancer, and in which order."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.stackroll.nova.tests.unit.roles.control_stand_ins import (
    ALL,
    BOTH,
    NEW,
    NOVA,
    OLD,
    PLACEMENT_AND_NOVA,
    STAGE,
    Controllers,
)

WORKERS = "nova-conductor nova-scheduler"
WELL = ["databases well", "queues well"]
PREPARED = f"prepare_stop ctl1+ctl2 nova-api {WORKERS}"
NEW_API = ["restart ctl1 nova-api with nova", "ready ctl1"]
FIRST_API = [*WELL, PREPARED, "out ctl1", *NEW_API]
WORKERS_BEGIN = f"begin_stop ctl1+ctl2 {WORKERS}"
NO_CONSUMERS = "consumers conductor=0 scheduler=0"
STOPPED = ["exchange kept", "hold", "idle", WORKERS_BEGIN, NO_CONSUMERS]
ENDED = f"end_sleep ctl1+ctl2 {WORKERS}"
NEW_WORKERS = [
    "restart ctl1+ctl2 nova-conductor with nova",
    "conductors read",
    "start ctl1+ctl2 nova-scheduler",
    "schedulers read",
    "exchange released",
]
LAST_API = ["out ctl2", "restart ctl2 nova-api with nova", "ready ctl2"]
PROVED = [*WELL, "report nova-compute", "nothing lost", f"report {WORKERS} nova-osapi_compute"]
BUSY = "After 15 s: 1 task in the hands of nova-conductor: 2f6d: migrate"


def failed(reason: str, **more: Any) -> dict[str, Any]:
    """A module that fails."""
    return {"failed": True, "msg": reason, **more}


def in_turn(host: str) -> list[str]:
    """One controller while the other serves."""
    api = [step.replace("ctl1", host) for step in NEW_API]
    workers = [f"begin_stop {host} {WORKERS}", f"consumers conductor.{host}=0 scheduler.{host}=0", "release"]
    restart = [step.replace("ctl1+ctl2", host) for step in NEW_WORKERS]
    return [
        *(*WELL, f"prepare_stop {host} nova-api {WORKERS}", f"out {host}", *api, f"in {host}"),
        *("exchange kept", "hold", "idle", *workers, *restart, f"report {WORKERS}", *WELL),
    ]


def placement(host: str, before: str = "out HOST", after: tuple[str, str] = ("ready HOST", "in HOST")) -> list[str]:
    """Placement on one controller."""
    prepared, restarted = "prepare_stop HOST placement-api", "restart HOST placement-api with placement"
    return [step.replace("HOST", host) for step in (*WELL, prepared, before, restarted, *after)]


def test_both_controllers_in_one_window_and_nothing_more_in_the_next_run(tmp_path: Path) -> None:
    stage = Controllers(tmp_path)
    stage.play(ALL)
    assert stage.steps() == [
        *("look at ctl1 ctl2", "look at ctl1 ctl2", *placement("ctl1"), *placement("ctl2")),
        *(*FIRST_API, *STOPPED, "release ctl1", *NEW_WORKERS, *LAST_API, "in ctl1 ctl2", *PROVED),
    ]
    assert (stage.mixed(), stage.lost()) == ([], [])
    assert stage.runs("ctl1") == stage.runs("ctl2") == dict.fromkeys(stage.runs("ctl1"), NEW)
    assert {entry["on"] for entry in stage.asked("haproxy_server", "haproxy_hold")} == {"balancer"}
    backends = [entry["asked"]["backend"] for entry in stage.asked("haproxy_server")]
    assert backends == ["placement", "compute", *4 * ["placement"], *3 * ["compute"]]
    held = stage.asked("haproxy_hold")[0]["asked"]
    assert (held["backend"], held["drain_timeout"], held["max_hold"]) == ("compute", 10, 40)
    ready = [(entry["on"], entry["asked"]["url"]) for entry in stage.asked("api_ready")]
    urls = [f"http://{host}.example:{port}" for port in (8778, 8774) for host in BOTH]
    assert ready == [("localhost", url) for url in urls]
    stopped = next(entry for entry in stage.asked("service_info") if "seen_after" in entry["asked"])["asked"]
    assert stopped["hosts"] == ["cmp1"]
    assert stopped["seen_after"] > 1000

    stage.play(ALL)
    looks = ["look at ctl1 ctl2", "look at ctl1 ctl2"]
    assert stage.steps() == [*looks, "in ctl1", "in ctl2", "in ctl1 ctl2", PROVED[-1]]


def test_one_controller_after_the_other(tmp_path: Path) -> None:
    stage = Controllers(tmp_path, order="one_by_one")
    stage.play(NOVA)
    assert stage.steps() == [*in_turn("ctl1"), *in_turn("ctl2"), "in ctl1 ctl2", *PROVED]
    assert stage.lost() == []
    assert [event["hosts"] for event in stage.events("control_step") if event["step"] == "nova"] == [["ctl1"], ["ctl2"]]


def test_a_single_controller_lets_requests_wait_for_the_restart_of_its_api_only(tmp_path: Path) -> None:
    stage = Controllers(tmp_path, "ctl1")
    stage.play(PLACEMENT_AND_NOVA)
    units = f"nova-api {WORKERS}"
    assert stage.steps() == [
        *(*placement("ctl1", before="hold", after=("release", "ready ctl1")), "in ctl1"),
        *(*WELL, f"prepare_stop ctl1 {units}", "exchange kept", "hold", "idle", f"begin_stop ctl1 {WORKERS}"),
        *(NO_CONSUMERS, "release", "hold", "restart ctl1 nova-api with nova", "release", "ready ctl1"),
        *("start ctl1 nova-conductor", "conductors read", "start ctl1 nova-scheduler", "schedulers read"),
        *("exchange released", "in ctl1", *PROVED),
    ]
    assert (stage.mixed(), stage.lost()) == ([], [])


def test_a_restart_that_requests_cannot_wait_for_goes_on_because_no_conductor_runs(tmp_path: Path) -> None:
    stage = Controllers(tmp_path, "ctl1")
    refused = failed("ctl1 still had 1 session after 10 s.")
    output = stage.play(NOVA, answers={"haproxy_hold ctl1 held": [None, refused]})
    assert "Requests do not wait for the restart of the API" in output
    assert stage.runs("ctl1")["nova-conductor"] == stage.runs("ctl1")["nova-api"] == NEW


def test_without_a_load_balancer_apis_go_on_until_their_restart_even_while_work_is_in_hand(tmp_path: Path) -> None:
    stage = Controllers(tmp_path)
    answers = {"control_work_info": [failed(BUSY, in_hand=[{"uuid": "2f6d"}])]}
    stage.play(NOVA, answers=answers, stackroll_load_balancer="none")
    units = f"nova-api {WORKERS}"
    assert stage.steps() == [
        *(
            *WELL,
            f"prepare_stop ctl1+ctl2 {units}",
            "exchange kept",
            "idle",
            f"begin_stop ctl1+ctl2 {WORKERS}",
            NO_CONSUMERS,
        ),
        *(
            "restart ctl1+ctl2 nova-api with nova",
            "ready ctl1+ctl2",
            "start ctl1+ctl2 nova-conductor",
            "conductors read",
        ),
        *("start ctl1+ctl2 nova-scheduler", "schedulers read", "exchange released", *PROVED),
    ]


def test_a_window_that_was_cut_short_goes_on_with_the_new_apis(tmp_path: Path) -> None:
    stage = Controllers(tmp_path)
    for host, release in (("ctl1", NEW), ("ctl2", OLD)):
        stage.put(host, *WORKERS.split(), state="inactive")
        stage.put(host, "nova-api", release=release)
    stage.serve("ctl2")
    stage.play(NOVA)
    assert stage.steps() == [
        *(PREPARED, "ready ctl1", "in ctl1", "out ctl2", f"stop ctl1+ctl2 {WORKERS}", *NEW_WORKERS),
        *(*LAST_API, "in ctl1 ctl2", *PROVED),
    ]
    assert (stage.mixed(), stage.lost()) == ([], [])


def test_requests_go_to_the_new_apis_also_when_the_hold_has_ended_by_itself(tmp_path: Path) -> None:
    stage = Controllers(tmp_path)
    for host, release in (("ctl1", NEW), ("ctl2", OLD)):
        stage.put(host, *WORKERS.split(), state="deactivating")
        stage.put(host, "nova-api", release=release)
    stage.serve("ctl2", expires=True)
    stage.play(NOVA)
    assert stage.steps() == [
        *(*WELL, PREPARED, "ready ctl1", *STOPPED, "release ctl1", "in ctl1", "out ctl2", *NEW_WORKERS),
        *(*LAST_API, "in ctl1 ctl2", *PROVED),
    ]
    assert (stage.mixed(), stage.lost()) == ([], [])
    assert [event["cause"] for event in stage.events("requests_held")] == ["watchdog"]


def test_work_that_does_not_end_stops_the_run_before_the_conductors(tmp_path: Path) -> None:
    stage = Controllers(tmp_path)
    output = stage.play(NOVA, answers={"control_work_info": [failed(BUSY)]}, fails=True)
    assert stage.steps() == [*FIRST_API, *STOPPED[:3], "release"]
    assert BUSY in output
    assert [event["reason"] for event in stage.events("phase_finished")] == [BUSY]
    assert (stage.serving(), stage.mixed()) == ({"ctl2": OLD}, [])


def test_services_with_nothing_in_hand_that_still_take_messages_are_ended(tmp_path: Path) -> None:
    stage = Controllers(tmp_path)
    answers = {
        "message_queue_info ctl1 consumers": [failed("conductor has 1 consumer, not 0."), None],
        "api_ready ctl2": [failed("ctl2 does not answer.")],
    }
    stage.play(NOVA, answers=answers, fails=True)
    assert stage.steps() == [
        *(
            *FIRST_API,
            *STOPPED,
            ENDED,
            NO_CONSUMERS,
            "release ctl1",
            *NEW_WORKERS,
            *LAST_API,
        ),
    ]
    assert (stage.serving(), stage.mixed()) == ({"ctl1": NEW}, [])
    (event,) = stage.events("phase_finished")
    assert (event["host"], event["task"], event["reason"]) == (
        "ctl2",
        "Wait until they answer",
        "ctl2 does not answer.",
    )


def test_consumers_that_stay_leave_requests_with_the_old_apis(tmp_path: Path) -> None:
    stage = Controllers(tmp_path)
    reason = "conductor has 1 consumer, not 0."
    output = stage.play(
        NOVA, answers={"message_queue_info ctl1 consumers": [failed(reason), failed(reason)]}, fails=True
    )
    assert stage.steps() == [
        *(*FIRST_API, *STOPPED, ENDED, NO_CONSUMERS, "release"),
    ]
    assert reason in output
    assert stage.serving() == {"ctl2": OLD}


def test_a_conductor_that_cannot_be_told_to_stop_leaves_requests_with_the_old_apis(tmp_path: Path) -> None:
    stage = Controllers(tmp_path)
    output = stage.play(NOVA, answers={"fake_host ctl2 begin_stop": [failed("No systemd on ctl2.")]}, fails=True)
    assert stage.steps() == [*FIRST_API, *STOPPED[:-1], "release"]
    assert (stage.serving(), stage.mixed()) == ({"ctl2": OLD}, [])
    assert [event["reason"] for event in stage.events("phase_finished")] == ["No systemd on ctl2."]
    assert "No reason was given" not in output


def test_a_new_api_that_does_not_answer_changes_nothing_else(tmp_path: Path) -> None:
    stage = Controllers(tmp_path)
    output = stage.play(NOVA, answers={"api_ready": [failed("ctl1 does not answer.")]}, fails=True)
    assert stage.steps() == [*FIRST_API]
    assert "ctl1 does not answer." in output
    assert stage.serving() == {"ctl2": OLD}
    assert stage.runs("ctl2") == dict.fromkeys(stage.runs("ctl2"), OLD)


def test_a_part_of_the_controllers_is_refused_before_the_first_stop(tmp_path: Path) -> None:
    stage = Controllers(tmp_path)
    output = stage.play(NOVA, "--limit", "ctl1,balancer", fails=True)
    assert "All controllers change in one window" in output
    assert "but ctl2 is not in this play" in output
    assert stage.steps() == []


@pytest.fixture
def hook(tmp_path: Path) -> dict[str, str]:
    """An operator's task files, and the variables that name them."""
    folder = tmp_path / "hook"
    folder.mkdir()
    for state in ("in", "out"):
        asked = {"state": state, "api": "{{ load_balancer_api }}", "servers": "{{ load_balancer_servers }}"}
        task = {"name": state, "stackroll.nova.pool": asked, "run_once": True}
        (folder / f"{state}.yml").write_text(json.dumps([task]), encoding="utf-8")
    servers = {"stackroll_load_balancer_server": "{{ inventory_hostname }}.pool"}
    return {"stackroll_load_balancer": "hook", "stackroll_load_balancer_tasks": str(folder), **servers}


def test_a_hook_is_told_the_servers(tmp_path: Path, hook: dict[str, str]) -> None:
    stage = Controllers(tmp_path)
    stage.play(PLACEMENT_AND_NOVA, **hook)
    expected = [
        *(*placement("ctl1"), *placement("ctl2"), *FIRST_API, STOPPED[0], *STOPPED[2:], "in ctl1", "out ctl2"),
        *(*NEW_WORKERS, *LAST_API, "in ctl1 ctl2", *PROVED),
    ]
    assert [step.replace(".pool", "") for step in stage.steps()] == expected
    assert [entry["asked"]["api"] for entry in stage.asked("pool")] == 4 * ["placement"] + 5 * ["compute"]
    assert (stage.mixed(), stage.lost()) == ([], [])


def test_a_hook_without_a_task_file_is_refused(tmp_path: Path, hook: dict[str, str]) -> None:
    stage = Controllers(tmp_path)
    (tmp_path / "hook" / "out.yml").unlink()
    output = stage.play(STAGE, **hook, fails=True)
    assert f"stackroll_load_balancer is hook, but there is no {tmp_path}/hook/out.yml. Set" in output
    assert stage.steps() == []


def test_a_check_run_changes_nothing(tmp_path: Path) -> None:
    stage = Controllers(tmp_path)
    stage.play(PLACEMENT_AND_NOVA, "--check")
    assert stage.steps()[:7] == placement("ctl1")
    assert stage.runs("ctl1") == stage.runs("ctl2") == dict.fromkeys(stage.runs("ctl1"), OLD)
    assert stage.serving() == dict.fromkeys(BOTH, OLD)
