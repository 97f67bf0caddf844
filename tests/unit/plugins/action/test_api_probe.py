# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action: phases from the journal to the module, the evaluation from the module to the journal."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.action import api_probe
from ansible_collections.stackroll.nova.plugins.plugin_utils.journaled import NormalAction
from ansible_collections.stackroll.nova.plugins.plugin_utils.run_directory import RunDirectory


@pytest.fixture
def directory(tmp_path: Path) -> RunDirectory:
    """A run in the middle of its control plane."""
    found = RunDirectory(tmp_path / "run")
    found.open("2026.2", "2026.1", "1-1")
    for phase in ("preflight", "control_plane"):
        found.append("phase_started", {"phase": phase})
        found.append("phase_finished", {"phase": phase, "result": "success"})
    return found


def act(
    directory: RunDirectory | None, monkeypatch: pytest.MonkeyPatch, *, check: bool = False, **arguments: Any
) -> dict[str, Any]:
    """What the module is given when the task has these arguments."""
    given: dict[str, Any] = {}

    def execute(_self: Any, *_args: Any, **options: Any) -> dict[str, Any]:
        given.update(options["module_args"])
        return {"changed": True, "evaluation": {"requests": 7, "failures": 0}}

    monkeypatch.setattr(NormalAction, "_execute_module", execute, raising=False)
    action = api_probe.ActionModule.__new__(api_probe.ActionModule)
    action._task = SimpleNamespace(args=arguments, check_mode=check, async_val=0)
    monkeypatch.setattr(action, "_run_directory", lambda _vars: directory)
    assert action._execute_module(task_vars={})["evaluation"]["requests"] == 7
    return given


def told(directory: RunDirectory) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in directory.journal_file.read_text().splitlines()]
    return [line for line in lines if line["event"] == "probe"]


def test_the_phases_of_the_run_after_preflight(directory: RunDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
    given = act(directory, monkeypatch, state="stopped", path="p")
    assert [phase["name"] for phase in given["phases"]] == ["control_plane"]
    assert [line["requests"] for line in told(directory)] == [7]


def test_phases_that_are_given_count(directory: RunDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
    own = [{"name": "x", "start": 1}]
    assert act(directory, monkeypatch, state="evaluated", path="p", phases=own)["phases"] == own
    assert told(directory) == []


def test_a_start_and_a_check_are_not_noted(directory: RunDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "phases" not in act(directory, monkeypatch, state="started", path="p")
    act(directory, monkeypatch, check=True, state="stopped", path="p")
    assert told(directory) == []


def test_outside_of_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "phases" not in act(None, monkeypatch, state="stopped", path="p")
