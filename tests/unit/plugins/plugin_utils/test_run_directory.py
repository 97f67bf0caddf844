# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs, their attempts, and what is kept of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.telling.fold import fold
from ansible_collections.stackroll.nova.plugins.plugin_utils.run_directory import RunDirectory, invocation


@pytest.fixture
def directory(tmp_path: Path) -> RunDirectory:
    return RunDirectory(tmp_path / "run")


def opened(directory: RunDirectory, caller: str = "a", target: str = "2026.2") -> tuple[dict[str, Any], bool]:
    return directory.open(target, "2026.1", caller)


def fleet(name: str) -> dict[str, Any]:
    return {"servers": [{"id": name}]}


def test_a_new_run(directory: RunDirectory) -> None:
    run, is_new = opened(directory)
    assert is_new
    assert len(run["run_id"]) == 8
    assert int(run["run_id"], 16) >= 0
    assert (run["attempt"], run["source_release"]) == (1, "2026.1")
    assert [event.name for event in directory.journal().events] == ["run_opened"]
    assert directory.path.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("closing", [None, "failed"])
def test_an_unfinished_run_is_gone_on_with(directory: RunDirectory, closing: str | None) -> None:
    first = opened(directory)[0]
    if closing:
        directory.close(closing, "no")
    run, is_new = directory.open("2026.2", "2026.2", "b")
    assert not is_new
    assert (run["run_id"], run["attempt"]) == (first["run_id"], 2)
    assert run["source_release"] == "2026.1"
    assert "reason" not in run


def test_opening_twice_in_one_attempt_writes_nothing(directory: RunDirectory) -> None:
    opened(directory)
    before = {path.name: path.stat().st_mtime_ns for path in directory.path.iterdir()}
    opened(directory)
    assert {path.name: path.stat().st_mtime_ns for path in directory.path.iterdir()} == before


def test_after_a_success_a_new_run_begins_and_the_old_records_stay(directory: RunDirectory) -> None:
    first = opened(directory)[0]["run_id"]
    directory.keep_snapshot(fleet("old"), closing=False)
    directory.keep_snapshot(fleet("old"), closing=True)
    directory.probe_file.write_text("{}", encoding="utf-8")
    directory.close("success", "")
    second, is_new = opened(directory, "b")
    assert is_new
    assert second["run_id"] != first
    names = {path.name for path in directory.path.iterdir()}
    assert {f"journal-{first}.jsonl", f"snapshot-{first}.json", f"snapshot-closing-{first}.json"} <= names
    assert f"probe-{first}.jsonl" in names
    assert "probe.jsonl" not in names
    assert directory.opening_snapshot("2026.2") is None
    assert [event.run_id for event in directory.journal().events] == [second["run_id"]]


def test_playbooks_of_one_command_are_one_run(directory: RunDirectory) -> None:
    first = opened(directory)[0]["run_id"]
    directory.close("success", "")
    run, is_new = opened(directory)
    assert not is_new
    assert run["run_id"] == first


def test_another_target_is_another_run(directory: RunDirectory) -> None:
    first = opened(directory)[0]["run_id"]
    run, is_new = opened(directory, "a", "2027.1")
    assert is_new
    assert run["run_id"] != first


def test_the_snapshot_is_the_last_one_before_the_first_change(directory: RunDirectory) -> None:
    opened(directory)
    for name in ("first", "second"):
        directory.keep_snapshot(fleet(name), closing=False)
    directory.append("host_disabled", {"host": "cmp1"})
    directory.keep_snapshot(fleet("third"), closing=False)
    assert directory.opening_snapshot("2026.2") == fleet("second")


def test_a_module_that_changed_something_counts_as_the_first_change(directory: RunDirectory) -> None:
    opened(directory)
    directory.keep_snapshot(fleet("first"), closing=False)
    directory.append("module", {"module": "database_schema", "changed": True})
    directory.keep_snapshot(fleet("second"), closing=False)
    assert directory.opening_snapshot("2026.2") == fleet("first")


def test_a_check_run_leaves_real_runs_alone(directory: RunDirectory) -> None:
    opened(directory)
    directory.keep_snapshot(fleet("real"), closing=False)
    before = {path.name: path.read_bytes() for path in directory.path.iterdir()}
    check = RunDirectory(directory.path, check_mode=True)
    for caller in ("b", "b", "c"):
        run = opened(check, caller)[0]
        check.append("check", {"name": "x"})
        check.keep_snapshot(fleet("check"), closing=False)
        assert run["run_id"] == "check"
    assert check.opening_snapshot("2026.2") == fleet("real")
    assert check.opening_snapshot("2027.1") == fleet("check")
    check.close("success", "")
    assert {path.name: path.read_bytes() for path in directory.path.iterdir() if path.is_file()} == before
    assert [event.name for event in check.journal().events] == ["run_opened", "check", "run_closed"]


def test_closing_without_a_run_says_what_to_do(directory: RunDirectory) -> None:
    with pytest.raises(InvalidInput, match="Open one first with state=opened"):
        directory.close("success", "")


@pytest.mark.parametrize("name", ["append", "replace_json"])
@pytest.mark.parametrize("stops_at", range(3))
def test_a_kill_at_any_write_leaves_a_run_that_can_be_gone_on_with(
    directory: RunDirectory, monkeypatch: pytest.MonkeyPatch, name: str, stops_at: int
) -> None:
    from ansible_collections.stackroll.nova.plugins.plugin_utils import files

    first = opened(directory)[0]["run_id"]
    real, calls = getattr(files, name), []

    def killed(*arguments: Any) -> None:
        calls.append(arguments)
        if len(calls) > stops_at:
            raise KeyboardInterrupt
        real(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(files, name, killed)
        try:
            opened(directory, "b")
            directory.append("host_disabled", {"host": "cmp1"})
            directory.close("success", "")
        except KeyboardInterrupt:
            pass
    run, is_new = opened(directory, "c")
    assert is_new == (len(calls) <= stops_at)
    assert is_new or run["run_id"] == first
    assert fold(directory.journal())["result"] == "unfinished"


def test_a_cut_line_is_tolerated(directory: RunDirectory) -> None:
    opened(directory)
    with directory.journal_file.open("a", encoding="utf-8") as stream:
        stream.write('{"time":"2026')
    directory.append("check", {"name": "x"})
    journal = directory.journal()
    assert ([event.name for event in journal.events], journal.damaged) == (["run_opened", "check"], 1)


def test_an_event_without_a_run_is_kept(directory: RunDirectory) -> None:
    directory.append("module", {"module": "fleet_info"})
    assert json.loads(directory.journal_file.read_text(encoding="utf-8"))["run_id"] == ""


def test_the_invocation_is_that_of_the_parent() -> None:
    assert invocation() == invocation()
    assert "-" in invocation()
