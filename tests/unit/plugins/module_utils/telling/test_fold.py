# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From journals to reports."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.telling.events import Journal
from ansible_collections.stackroll.nova.plugins.module_utils.telling.fold import fold
from ansible_collections.stackroll.nova.plugins.module_utils.telling.summary import summarize


def host(report: dict[str, Any], name: str) -> dict[str, Any]:
    return next(entry for entry in report["hosts"] if entry["name"] == name)


def test_the_keys_that_are_promised(success: Any) -> None:
    report = fold(success.journal())
    promised = {
        "": "schema run_id result source_release target_release started finished seconds phases hosts servers accounting api checks failures",
        "servers": "total unchanged moved moves_per_server_max deleted deletions lost changed",
        "accounting": "consumers orphaned doubled missing",
        "api": "requests writes",
    }
    for part, keys in promised.items():
        assert set(keys.split()) <= set(report[part] if part else report)
    assert {"name", "seconds", "result"} <= set(report["phases"][0])
    keys = "name wave service_version_before service_version_after seconds_disabled result"
    assert set(keys.split()) <= set(report["hosts"][0])


def test_a_whole_run(success: Any) -> None:
    report = fold(success.journal())
    assert (report["result"], report["run_id"]) == ("success", "7f3a91c2")
    assert (report["source_release"], report["target_release"]) == ("2026.1", "2026.2")
    assert (report["started"], report["seconds"]) == ("2026-11-21T22:26:40.000Z", report["active_seconds"])
    assert [phase["name"] for phase in report["phases"]] == ["preflight", "control_plane", "computes", "finalize"]
    assert {phase["result"] for phase in report["phases"]} == {"success"}
    assert [(entry["name"], entry["wave"]) for entry in report["hosts"]] == [
        ("cmp4", 1),
        ("cmp1", 2),
        ("cmp2", 2),
        ("cmp3", 3),
    ]
    for entry in report["hosts"]:
        assert (entry["service_version_before"], entry["service_version_after"]) == (72, 74)
        assert (entry["seconds_disabled"], entry["result"], entry["still_disabled"]) == (27.2, "success", False)
        assert [span["state"] for span in entry["timeline"]] == ["disabled", "stopped", "starting", "ready"]
    assert report["servers"]["total"] == report["servers"]["unchanged"] == 20
    assert (report["servers"]["lost"], report["servers"]["changed"]) == ([], [])
    assert report["accounting"] == {"consumers": 20, "orphaned": 0, "doubled": 0, "missing": 0}
    assert report["api"] == {"requests": 20, "writes": 4}
    assert report["versions"]["before"] == {"nova": "33.0.2", "placement": "15.0.0"}
    assert report["versions"]["after"] == {"nova": "34.0.0", "placement": "16.0.0"}
    assert [entry["name"] for entry in report["controllers"]] == ["ctl1", "ctl2"]
    assert report["failures"] == report["recovered"] == []


def test_a_stopped_run_says_where_and_why(failure: Any) -> None:
    report = fold(failure.journal())
    assert report["result"] == "failed"
    assert [entry["name"] for entry in report["failures"]] == ["cmp2"]
    assert (host(report, "cmp1")["result"], host(report, "cmp3")["result"]) == ("success", "not started")
    cmp2 = host(report, "cmp2")
    assert (cmp2["result"], cmp2["still_disabled"], cmp2["claim"]) == ("failed", True, "stackroll:7f3a91c2:cmp2")
    assert cmp2["seconds_disabled"] == 132.2
    assert report["servers"]["compared"] is False
    assert report["accounting"]["consumers"] is None


def test_a_resumed_run_is_one_run(resumed: Any) -> None:
    report = fold(resumed.journal())
    assert report["result"] == "success"
    assert [attempt["result"] for attempt in report["attempts"]] == ["failed", "success"]
    assert report["started"] == "2026-11-21T22:26:40.000Z"
    assert report["seconds"] > 3600
    assert report["active_seconds"] < 300
    assert [(phase["name"], phase["attempts"]) for phase in report["phases"]] == [("computes", 2), ("finalize", 1)]
    assert report["phases"][0]["seconds"] == pytest.approx(219.9)
    cmp1, cmp2, cmp3 = (host(report, name) for name in ("cmp1", "cmp2", "cmp3"))
    assert (cmp1["result"], cmp1["service_version_before"], cmp1["seconds_disabled"]) == ("success", 72, 27.2)
    assert (cmp2["result"], cmp2["service_version_before"], cmp2["service_version_after"]) == ("success", 72, 74)
    assert 3600 < cmp2["seconds_disabled"] < 4000
    assert cmp3["result"] == "success"
    assert report["failures"] == []
    assert [entry["name"] for entry in report["recovered"]] == ["cmp2"]
    assert report["api"] == {"requests": 3, "writes": 0}
    assert report["breaks"] == [161.5]


def test_a_second_run_has_nothing_to_do(story: Any) -> None:
    story.open()
    for number in range(1, 5):
        versions = {"service_version_before": 74, "service_version_after": 74}
        story.tell("host_result", 1, host=f"cmp{number}", wave=1, result="unchanged", **versions)
    report = fold(story.prove().close().journal())
    assert report["result"] == "success"
    assert {entry["result"] for entry in report["hosts"]} == {"unchanged"}
    assert {entry["seconds_disabled"] for entry in report["hosts"]} == {None}


def test_a_run_that_just_ends_is_unfinished(story: Any) -> None:
    report = fold(
        story.open().tell("phase_started", 1, phase="computes").tell("host_disabled", 1, host="cmp1", wave=1).journal()
    )
    assert report["result"] == "unfinished"
    assert report["phases"][0]["result"] == "unfinished"
    assert (host(report, "cmp1")["result"], host(report, "cmp1")["still_disabled"]) == ("disabled", True)


def test_a_host_that_is_emptied_first_shows_how_long_that_took(story: Any) -> None:
    story.open().tell("host_disabled", 1, host="cmp1", wave=1).tell("host_draining", 2, host="cmp1")
    story.tell("host_drained", 30, host="cmp1", moved=3, parked=0).tell("host_stopped", 1, host="cmp1")
    spans = host(fold(story.journal()), "cmp1")["timeline"]
    assert [(span["state"], round(span["end"] - span["start"])) for span in spans] == [
        ("disabled", 2),
        ("draining", 30),
        ("disabled", 1),
        ("stopped", 0),
    ]


def test_hosts_that_were_reshaped_say_by_whom(story: Any) -> None:
    story.open().tell("host_reshaped", host="cmp1", by="module").tell("host_shape_held", host="cmp2", by="driver")
    story.tell("host_reshaped", host="cmp3", by="module").tell("host_result", host="cmp3", result="failed")
    report = fold(story.close().journal())
    assert [
        host(report, f"cmp{number}")["reshaped"]
        for number in (
            1,
            2,
            3,
        )
    ] == ["module", "driver", "module"]
    assert any("2 reshaped" in line for line in summarize(report))


def test_a_reshape_is_no_upgrade(story: Any) -> None:
    story.open().tell("phase_started", phase="reshape").tell("host_disabled", host="cmp1")
    story.tell("host_reshaped", host="cmp1", by="module").tell("host_enabled", host="cmp1")
    story.tell("host_result", host="cmp1", result="reshaped").tell("host_result", host="cmp2", result="unchanged")
    story.tell("phase_finished", 5, phase="reshape", result="success")
    lines = summarize(fold(story.close().journal()))
    assert lines[:2] == ["Reshaped 1 host in 5.2 s", "  hosts        1 reshaped"]
    assert summarize(fold(story.open().journal()))[0] == "Not finished: the reshape stopped after 5.2 s"


def test_a_host_that_is_done_but_not_enabled_says_so(story: Any) -> None:
    story.open().tell("host_disabled", 1, host="cmp1").tell("host_result", 5, host="cmp1", result="upgraded").wait(3)
    report = fold(story.close().journal())
    assert (host(report, "cmp1")["result"], host(report, "cmp1")["seconds_disabled"]) == ("disabled", 8.2)


def test_work_after_the_closing_reopens_the_run(success: Any) -> None:
    success.open()
    assert fold(success.journal()).get("result") == "unfinished"
    assert fold(success.module().close().journal())["result"] == "success"


def test_only_the_latest_run_counts(success: Any) -> None:
    success.run_id = "00000002"
    success.open().tell("host_result", host="cmp9", result="unchanged")
    report = fold(success.journal())
    assert report["run_id"] == "00000002"
    assert [entry["name"] for entry in report["hosts"]] == ["cmp9"]


def test_a_phase_that_one_host_fails_stays_failed(story: Any) -> None:
    story.open().tell("phase_started", phase="computes")
    story.tell("phase_finished", 1, phase="computes", result="failed", reason="cmp2: no").tell(
        "phase_finished", 1, phase="computes", result="success"
    )
    report = fold(story.journal())
    assert report["phases"][0]["result"] == "failed"
    assert (report["result"], report["failures"][0]["message"]) == ("failed", "cmp2: no")


def test_waves_of_one_phase_add_up(story: Any) -> None:
    story.open()
    for _wave in range(3):
        story.tell("phase_started", 2, phase="computes").tell("phase_finished", 10, phase="computes", result="success")
    (phase,) = fold(story.close().journal())["phases"]
    assert (phase["seconds"], phase["attempts"], len(phase["spans"])) == (30.0, 1, 3)


def test_a_failure_that_a_retry_made_good_is_kept_as_recovered(story: Any) -> None:
    story.open().module(failed=True, msg="Not yet.").module()
    report = fold(story.close().journal())
    assert (report["failures"], len(report["recovered"])) == ([], 1)


def test_a_failed_check_is_a_failure_until_it_passes(story: Any) -> None:
    story.open().tell("check", name="Order", result="Failure", summary="cmp3 is too old")
    assert fold(story.journal())["failures"][0]["message"] == "cmp3 is too old"
    story.tell("check", name="Order", result="Success", summary="fine")
    report = fold(story.journal())
    assert report["failures"] == []
    assert [(check["name"], check["result"], check["summary"]) for check in report["checks"]] == [
        ("Order", "Success", "fine")
    ]


def test_a_check_shows_what_it_found_and_what_to_do(story: Any) -> None:
    found = {
        "result": "failure",
        "summary": "cmp3 reports 66.",
        "remedy": "Upgrade cmp3.",
        "group": "nova",
        "release": "2026.2",
    }
    story.open().tell("check", name="Too old", **found, objects=["cmp3", "cmp4"], total=5, seconds=0.2)
    assert fold(story.journal())["checks"] == [
        {"name": "Too old", **found, "objects": ["cmp3", "cmp4"], "total": 5, "seconds": 0.2}
    ]


def test_checks_of_one_name_are_told_apart(story: Any) -> None:
    story.open()
    for group, release, result in (
        ("nova", "2026.1", "failure"),
        ("nova", "2026.2", "failure"),
        ("placement", "2026.2", "success"),
    ):
        story.tell("check", name="Policy", group=group, release=release, result=result, summary=f"{group} {release}")
    story.tell("check", name="Policy", group="nova", release="2026.1", result="success")
    report = fold(story.journal())
    assert [check["result"] for check in report["checks"]] == ["success", "failure", "success"]
    assert [failure["message"] for failure in report["failures"]] == ["nova 2026.2"]


def test_a_refusal_that_only_repeats_the_checks_is_not_told_again(story: Any) -> None:
    story.open().tell("phase_started", phase="preflight")
    story.tell("check", name="Too old", result="failure", summary="cmp3 reports 66.", remedy="Upgrade cmp3.")
    reason = "Not ready. Too old (failure): cmp3 reports 66. Upgrade cmp3. Policy (unknown): no file."
    story.module("upgrade_check", failed=True, msg=reason)
    story.tell("phase_finished", phase="preflight", result="failed", reason=reason).close("failed", reason)
    assert [failure["kind"] for failure in fold(story.journal())["failures"]] == ["check"]


def test_another_failure_beside_a_failed_check_is_told(story: Any) -> None:
    story.open().tell("check", name="Too old", result="failure", summary="cmp3 reports 66.")
    story.tell("check", name="Older", result="failure", summary="cmp3 reports 66.  And cmp4.")
    story.tell("phase_finished", phase="preflight", result="failed", reason="The lock is held.").close(
        "failed", "The lock is held."
    )
    assert [failure["kind"] for failure in fold(story.journal())["failures"]] == ["check", "check", "phase"]


def test_one_cause_is_told_once(story: Any) -> None:
    story.open().module("compute_ready", failed=True, msg="Not ready after 120 s: cmp2: state.")
    story.tell("host_result", host="cmp2", result="failed", reason="cmp2: did not come up.")
    story.tell("phase_finished", phase="computes", result="failed", reason="cmp2: did not come up.")
    report = fold(story.close("failed", "cmp2: did not come up.").journal())
    assert [(entry["kind"], entry["name"]) for entry in report["failures"]] == [("host", "cmp2")]


def test_lost_servers_are_named(story: Any) -> None:
    lost = [{"id": "1", "name": "db-1"}]
    report = fold(
        story.open()
        .tell("servers", total=3, unchanged=2, moved=0, lost=lost, changed=[])
        .close("failed", "db-1 is lost")
        .journal()
    )
    assert report["servers"]["lost"] == lost


def test_deleted_servers_are_named(story: Any) -> None:
    gone = [{"id": "1", "name": "db-1", "deleted_at": "2026-11-22T03:00:00Z"}]
    story.open().tell("servers", total=3, unchanged=1, moved=0, deleted=2, deletions=gone, lost=[], changed=[], new=1)
    report = fold(story.close().journal())
    assert (report["servers"]["deleted"], report["servers"]["deletions"]) == (2, gone)
    line = "  servers      3 before, 2 after: 1 in the same state, 0 moved, 2 deleted by their owners, 0 lost"
    assert line in summarize(report)


def test_lists_and_numbers_of_the_audit_count_alike(story: Any) -> None:
    story.open().tell("accounting", consumers=["a", "b"], orphaned=[{"consumer": "x"}], doubled=0, details={"y": 1})
    report = fold(story.journal())
    assert report["accounting"] == {"consumers": 2, "orphaned": 1, "doubled": 0, "missing": None}
    assert report["accounting_details"] == {
        "consumers": ["a", "b"],
        "orphaned": [{"consumer": "x"}],
        "details": {"y": 1},
    }


def test_attempts_without_numbers_begin_with_their_opening(resumed: Any) -> None:
    journal = resumed.journal()
    stripped = Journal(
        tuple(type(event)(event.name, event.at, event.run_id, None, event.data) for event in journal.events)
    )
    assert fold(stripped)["attempts"] == fold(journal)["attempts"]


def test_no_journal_at_all() -> None:
    report = fold(Journal((), 1))
    assert (report["result"], report["started"], report["hosts"]) == ("unfinished", None, [])
    assert report["journal"] == {"events": 0, "damaged": 1}


def test_a_check_run_is_marked(success: Any) -> None:
    success.lines = [line.replace("7f3a91c2", "check") for line in success.lines]
    report = fold(success.journal())
    assert report["check_mode"] is True
    assert {(entry["result"], entry["seconds_disabled"]) for entry in report["hosts"]} == {("success", None)}
