# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""status_command: what the status commands say, judged; unknown is never fine."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.host.command import Outcome
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.plugins.modules import status_command
from ansible_collections.stackroll.nova.plugins.modules.status_command import judge
from ansible_collections.stackroll.nova.tests.unit.plugins import command_output as real
from ansible_collections.stackroll.nova.tests.unit.plugins.modules.conftest import RunModule

MACHINE_TYPE = "hw_machine_type unset"
WARNED = real.UPGRADE_CHECKS.rpartition("| Check: Older")[0]
FINE = real.UPGRADE_CHECKS.partition("| Check: hw")[0]


@pytest.mark.parametrize(
    ("rc", "text", "accepted"),
    [(0, FINE, []), (0, FINE, [MACHINE_TYPE]), (1, WARNED, [MACHINE_TYPE]), (1, WARNED, ["x", MACHINE_TYPE])],
)
def test_ready(rc: int, text: str, accepted: list[str]) -> None:
    result = judge("nova-status", Outcome(rc, text, ""), accepted)
    assert result["code"] == rc
    assert result["table"] == text
    assert [check["accepted"] for check in result["checks"]] == [False] + [True] * rc


@pytest.mark.parametrize(
    ("rc", "text", "accepted", "names"),
    [
        (1, WARNED, [], ["hw_machine_type unset (warning): Instances found without"]),
        (1, WARNED, ["Cells v2"], ["hw_machine_type unset (warning)"]),
        (2, real.UPGRADE_CHECKS, [MACHINE_TYPE], ["Older than N-1 computes (failure): Current Nova version"]),
        (2, real.UPGRADE_CHECKS, [MACHINE_TYPE, "Older than N-1 computes"], ["Older than N-1 computes (failure)"]),
        (1, real.PLACEMENT_CHECKS, [], ["Incomplete Consumers (warning)"]),
    ],
    ids=["warning", "another one is accepted", "failure", "a failure cannot be accepted", "placement"],
)
def test_not_satisfied(rc: int, text: str, accepted: list[str], names: list[str]) -> None:
    with pytest.raises(StackrollError, match="upgrade check is not satisfied: ") as caught:
        judge("nova-status", Outcome(rc, text, ""), accepted)
    for name in names:
        assert name in caught.value.message
    assert "accepted_warnings" in caught.value.remedy
    assert caught.value.details["code"] == rc
    assert len(caught.value.details["checks"]) > 1


@pytest.mark.parametrize(
    ("rc", "text", "said"),
    [
        (255, "", "exit code 255 and showed 0 checks"),
        (255, real.UPGRADE_CHECKS, "exit code 255 and showed 3 checks"),
        (0, "", "exit code 0 and showed 0 checks"),
        (2, FINE, "exit code 2 and showed 1 checks"),
        (1, FINE, "exit code 1 and showed 1 checks"),
        (0, WARNED, "exit code 0 and showed 2 checks"),
        (1, real.UPGRADE_CHECKS, "exit code 1 and showed 3 checks"),
        (0, FINE.replace("Success", "Erfolg"), "exit code 0 and showed 1 checks"),
    ],
)
def test_what_does_not_fit_together_is_not_fine(rc: int, text: str, said: str) -> None:
    with pytest.raises(StackrollError, match=said) as caught:
        judge("nova-status", Outcome(rc, text, real.TRACEBACK), [MACHINE_TYPE, "Older than N-1 computes"])
    assert "Its last words: oslo_db.exception.DBConnectionError" in caught.value.remedy


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the programs beside this interpreter."""
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    (tmp_path / "bin").mkdir()
    return tmp_path / "bin"


@pytest.mark.parametrize(
    ("options", "arguments"),
    [
        ({"command": "nova-status"}, "--config-file /etc/nova/nova.conf upgrade check"),
        ({"command": "placement-status"}, "--config-file /etc/placement/placement.conf upgrade check"),
        ({"command": "nova-status", "config_files": ["/a", "/b"]}, "--config-file /a --config-file /b upgrade check"),
    ],
)
def test_the_program_of_this_interpreter_is_asked(
    run_module: RunModule, program: Path, options: dict[str, Any], arguments: str
) -> None:
    asked = program / options["command"]
    asked.write_text(f'#!/bin/sh\necho "$@" >"$0.asked"\ncat <<"END"\n{FINE}END\n', encoding="utf-8")
    asked.chmod(0o755)
    result = run_module(status_command, **options)
    assert Path(f"{asked}.asked").read_text(encoding="utf-8").strip() == arguments
    assert (result["code"], result["changed"], result["checks"][0]["check"]) == (0, False, "Cells v2")


def test_a_refusal_keeps_what_was_seen(run_module: RunModule, program: Path) -> None:
    asked = program / "nova-status"
    asked.write_text(f'#!/bin/sh\ncat <<"END"\n{real.UPGRADE_CHECKS}END\nexit 2\n', encoding="utf-8")
    asked.chmod(0o755)
    result = run_module(status_command, command="nova-status")
    assert (result["failed"], result["code"], len(result["checks"])) == (True, 2, 3)


def test_code_that_was_not_staged(run_module: RunModule, program: Path) -> None:
    assert "nova-status does not exist on this host" in run_module(status_command, command="nova-status")["msg"]
