# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands before a change: the backup before a schema, the look at databases and queues before a restart, and the probe around it all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.stackroll.nova.tests.unit.roles.stand_ins import Stage

BEHIND = {"changed": True, "databases": [{"name": "nova_api", "before": "a", "after": "b", "newest": "b"}]}
NEWEST = {"changed": False, "databases": [{"name": "nova_api", "before": "b", "after": "b", "newest": "b"}]}
MADE = {
    "path": "/b/x.sql.gz",
    "bytes": 7,
    "verified": "read",
    "reason": "It may not.",
    "made": "2026-11-22T02:00:00.000Z",
}
DUMP = {"stackroll_database_backup": "dump", "stackroll_database_backup_dir": "/b"}
SEEN = {"evaluation": {"requests": 5, "failures": 0}}


def role(name: str, entry: str = "main", **variables: Any) -> dict[str, Any]:
    task: dict[str, Any] = {
        "name": f"{name} {entry}",
        "ansible.builtin.include_role": {
            "name": f"stackroll.nova.{name}",
            "tasks_from": entry,
            "public": True,
            # As our playbooks have it for entries without options.
            "rolespec_validate": entry in ("main", "healthy", "schema"),
        },
    }
    return {**task, "vars": variables} if variables else task


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """The collection, with the modules that these roles call."""
    found = Stage(tmp_path)
    found.stand_in(
        "api_probe", "database_backup", "database_health", "database_schema", "message_queue_info", "status_command"
    )
    return found


def play(stage: Stage, *tasks: dict[str, Any], **options: Any) -> str:
    plays = [{"hosts": "ctl1", "gather_facts": False, "tasks": [role("run"), *tasks]}]
    (stage.path / "play.yml").write_text(yaml.safe_dump(plays), encoding="utf-8")
    arguments = options.pop("arguments", ())
    return stage.play("play.yml", *arguments, **options)


def calls(stage: Stage) -> list[str]:
    return [
        f"{entry['module']}{'?' if entry['check'] else ''}"
        for entry in stage.asked("database_schema", "database_backup", "status_command")
    ]


@pytest.mark.parametrize(
    ("name", "service"), [("placement", "placement"), ("nova_control", "nova")], ids=["placement", "nova"]
)
def test_a_dump_before_a_schema_changes(stage: Stage, name: str, service: str) -> None:
    answers = {"database_schema check": [BEHIND], "database_schema": [BEHIND], "database_backup": [MADE]}
    play(stage, role(name, "schema"), answers=answers, **DUMP)
    assert calls(stage) == ["database_schema?", "database_backup", "database_schema", "status_command"]
    (backup,) = stage.asked("database_backup")
    (event,) = stage.events("database_backup")
    assert (backup["service"], backup["dest"]) == (service, f"/b/{event['run_id']}")
    assert backup["config_files"] == [f"/etc/{service}/{service}.conf"]
    assert "admin_defaults_file" not in backup
    assert {key: event[key] for key in ("service", "host", *MADE)} == {"service": service, "host": "ctl1", **MADE}


def test_a_schema_that_is_new_gets_no_backup(stage: Stage) -> None:
    play(stage, role("nova_control", "schema"), answers={"database_schema check": [NEWEST]}, **DUMP)
    assert calls(stage) == ["database_schema?", "database_schema", "status_command"]


def test_without_a_way_nobody_looks(stage: Stage) -> None:
    play(stage, role("nova_control", "schema"))
    assert calls(stage) == ["database_schema", "status_command"]


def test_a_dump_that_fails_stops_before_the_schema(stage: Stage) -> None:
    answers = {"database_schema check": [BEHIND], "database_backup": [{"failed": True, "msg": "No mariadb-dump."}]}
    assert "No mariadb-dump." in play(stage, role("nova_control", "schema"), answers=answers, fails=True, **DUMP)
    assert calls(stage) == ["database_schema?", "database_backup"]


def test_a_check_run_notes_no_backup(stage: Stage) -> None:
    answers = {"database_schema check": [BEHIND, BEHIND], "database_backup check": [{"changed": True, "path": "/b/x"}]}
    play(stage, role("nova_control", "schema"), arguments=["--check"], answers=answers, **DUMP)
    assert calls(stage) == ["database_schema?", "database_backup?", "database_schema?", "status_command?"]
    assert 'database_backup"' not in (stage.path / "run/check/journal.jsonl").read_text(encoding="utf-8").replace(
        'stackroll.nova.database_backup"', ""
    )


@pytest.mark.parametrize("sets", ["tape 7", None])
def test_tasks_of_the_operator(stage: Stage, sets: str | None) -> None:
    hook = stage.path / "hook.yml"
    told = {"stackroll_database_backup_path": sets, "other": "{{ database_backup_service }}"}
    if sets is None:
        told.pop("stackroll_database_backup_path")
    hook.write_text(yaml.safe_dump([{"ansible.builtin.set_fact": told}]), encoding="utf-8")
    way = {"stackroll_database_backup": "hook", "stackroll_database_backup_tasks": str(hook)}
    output = play(
        stage, role("nova_control", "schema"), answers={"database_schema check": [BEHIND]}, fails=not sets, **way
    )
    if sets:
        (event,) = stage.events("database_backup")
        assert (event["service"], event["path"]) == ("nova", sets)
        assert calls(stage) == ["database_schema?", "database_schema", "status_command"]
    else:
        assert "has not set the fact stackroll_database_backup_path" in output
        assert calls(stage) == ["database_schema?"]


def test_a_hook_without_tasks_is_refused(stage: Stage) -> None:
    answers = {"database_schema check": [BEHIND]}
    way = {"stackroll_database_backup": "hook"}
    assert "names no task file" in play(stage, role("nova_control", "schema"), answers=answers, fails=True, **way)


def test_databases_and_queues_that_are_well(stage: Stage) -> None:
    management = [{"url": "http://mq:15672", "user": "monitor", "password": "pw"}]
    play(
        stage, role("run", "healthy"), stackroll_message_queue_management=management, stackroll_database_cluster_size=3
    )
    (databases,), (queues,) = stage.asked("database_health"), stage.asked("message_queue_info")
    assert databases["config_files"] == {
        "nova": ["/etc/nova/nova.conf"],
        "placement": ["/etc/placement/placement.conf"],
    }
    assert (databases["wait"], databases["timeout"], databases["cluster_size"]) == (True, 60, 3)
    bounds = {"conductor": {"at_most": 100}, "scheduler": {"at_most": 100}}
    assert (queues["messages"], queues["unacknowledged"], queues["healthy"]) == (bounds, bounds, True)
    assert queues["management"] == management


def test_placement_elsewhere_is_looked_at_there(stage: Stage) -> None:
    play(stage, role("run", "healthy"), stackroll_control_host="cmp1", stackroll_health_timeout=5)
    nova, placement = stage.asked("database_health")
    assert (list(nova["config_files"]), list(placement["config_files"])) == (["nova"], ["placement"])
    (queues,) = stage.asked("message_queue_info")
    assert (queues["timeout"], "unacknowledged" in queues, "cluster_size" in nova) == (5, False, False)


def test_what_is_not_well_stops_the_run(stage: Stage) -> None:
    answers = {"database_health": [{"failed": True, "msg": "After 60 s: Galera node db1 is Donor, not Synced."}]}
    restart = {"name": "Restart", "ansible.builtin.command": "touch restarted", "args": {"chdir": str(stage.path)}}
    output = play(stage, role("run", "healthy"), restart, answers=answers, fails=True)
    assert (
        "The databases or the message queues are not well, so that nothing is restarted now."
        " After 60 s: Galera node db1 is Donor, not Synced. Mend it, and give the same command again." in output
    )
    assert not (stage.path / "restarted").exists()


PROBE = {
    "stackroll_probe": True,
    "stackroll_probe_baseline": 0,
    "stackroll_probe_boot_every": 5,
    "stackroll_probe_flavor": "tiny",
}


def written(stage: Stage) -> dict[str, Any]:
    """A task that does what a probe does: it writes its file."""
    copy = {"dest": str(stage.path / "run" / "probe.jsonl"), "content": "", "mode": "0600"}
    return {"name": "Write", "ansible.builtin.copy": copy}


def test_a_probe_around_the_work(stage: Stage) -> None:
    file = stage.path / "run" / "probe.jsonl"
    answers = {"api_probe": [{"changed": True, "running": True}, SEEN]}
    output = play(
        stage, role("run", "probe_start"), written(stage), role("run", "probe_stop"), answers=answers, **PROBE
    )
    started, stopped = stage.asked("api_probe")
    assert (started["state"], started["path"], started["rate"]) == ("started", str(file), 5)
    assert (started["boot_every"], started["flavor"], started["network"]) == (5, "tiny", "none")
    assert "image" not in started
    assert (stopped["state"], stopped["path"]) == ("stopped", str(file))
    assert stage.events("probe")[0]["requests"] == 5
    assert "TASK [stackroll.nova.run : Let it see how the APIs answer before the first change] " in output
    again = play(stage, role("run", "probe_start"), answers={"api_probe": [{"changed": True}]}, **PROBE)
    assert "before the first change] **" in again
    assert "skipping: [ctl1] PLAY RECAP" in again, "an earlier attempt has looked"


def test_without_it_nothing_is_asked(stage: Stage) -> None:
    play(stage, role("run", "probe_start"), role("run", "probe_stop"))
    assert stage.asked("api_probe") == []


def test_a_probe_on_another_host_has_a_place_there(stage: Stage) -> None:
    play(stage, role("run", "probe_start"), arguments=["--check"], stackroll_admin_host="cmp1", **PROBE)
    assert stage.asked("api_probe")[0]["path"] == "/var/lib/stackroll/check/probe.jsonl"


@pytest.mark.parametrize("answer", [SEEN, {"failed": True, "msg": "2 servers of the probe are left."}])
def test_a_run_that_fails_stops_the_probe_and_says_why_it_failed(stage: Stage, answer: dict[str, Any]) -> None:
    fail = {"name": "Break", "ansible.builtin.fail": {"msg": "cmp1 does not come up."}}
    block = {"name": "Work", "block": [fail], "rescue": [role("run", "failed", run_phase="computes")]}
    output = play(stage, written(stage), block, answers={"api_probe": [answer]}, fails=True, **PROBE)
    assert [entry["state"] for entry in stage.asked("api_probe")] == ["stopped"]
    assert stage.events("run_closed")[0]["reason"] == "cmp1 does not come up."
    assert "cmp1 does not come up." in output.rpartition("Stop the run]")[2]
    assert not (stage.path / "lock.json").exists()


@pytest.mark.parametrize(("chained", "stops"), [(False, ["stopped"]), (True, [])])
def test_only_the_whole_upgrade_is_watched_to_its_end(stage: Stage, chained: bool, stops: list[str]) -> None:
    done = role("run", "done", run_phase="control_plane")
    play(stage, written(stage), done, answers={"api_probe": [SEEN]}, stackroll_chained=chained, **PROBE)
    assert [entry["state"] for entry in stage.asked("api_probe")] == stops
