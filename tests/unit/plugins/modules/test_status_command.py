# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""status_command: the command of any project is asked, judged, and says no secret; unknown is never fine."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.modules import status_command
from ansible_collections.stackroll.nova.tests.unit.plugins import command_output as real
from ansible_collections.stackroll.nova.tests.unit.plugins.modules.conftest import RunModule

MACHINE_TYPE = "hw_machine_type unset"
WARNED = real.UPGRADE_CHECKS.rpartition("| Check: Older")[0]
FINE = real.UPGRADE_CHECKS.partition("| Check: hw")[0]
CANARY = "Canary-s3cret"

Program = Callable[..., Path]


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Makes a program beside this interpreter, which notes what it is asked."""
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    (tmp_path / "bin").mkdir()

    def make(name: str = "nova-status", rc: int = 0, out: str = FINE, error: str = "", knows_json: bool = True) -> Path:
        path = tmp_path / "bin" / name
        refusal = 'case "$*" in *--json*) echo "$0: error: unrecognized arguments: --json" >&2; exit 2;; esac'
        lines = ["#!/bin/sh", 'echo "$@" "$LC_ALL" >>"$0.asked"', *([] if knows_json else [refusal])]
        lines += [f"cat <<'END'\n{out}\nEND", f"cat >&2 <<'END'\n{error}\nEND", f"exit {rc}"]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        path.chmod(0o755)
        return path

    return make


def asked(path: Path) -> list[str]:
    return Path(f"{path}.asked").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(
    ("options", "arguments"),
    [
        ({"project": "nova"}, "--config-file /etc/nova/nova.conf upgrade check"),
        ({"project": "placement"}, "--config-file /etc/placement/placement.conf upgrade check"),
        ({"project": "nova", "config_files": ["/a", "/b"]}, "--config-file /a --config-file /b upgrade check"),
        ({"project": "heat"}, "--config-file /etc/heat/heat.conf upgrade check --json"),
        ({"project": "glance"}, "--config-file /etc/glance/glance-api.conf upgrade check --json"),
        ({"project": "cinder", "config_files": []}, "upgrade check --json"),
    ],
)
def test_the_program_of_this_interpreter_is_asked(
    run_module: RunModule, program: Program, options: dict[str, Any], arguments: str
) -> None:
    path = program(f"{options['project']}-status")
    result = run_module(status_command, **options)
    assert asked(path) == [f"{arguments} C.UTF-8"]
    assert (result["code"], result["exit_code"], result["result"], result["changed"]) == (0, 0, "success", False)
    assert result["checks"][0] | {"seconds": 0} == {
        "check": "Cells v2",
        "result": "success",
        "summary": "",
        "remedy": "",
        "objects": [],
        "total": 0,
        "group": f"{options['project']}-status",
        "since": None,
        "release": "",
        "seconds": 0,
    }
    assert result["tally"] == "1 checks: 1 success"
    assert any("Upgrade Check Results" in line for line in result["table"])


def test_a_program_somewhere_else(run_module: RunModule, program: Program) -> None:
    path = program("keystone")
    run_module(status_command, project="keystone", executable=str(path), config_files=[])
    assert asked(path) == ["upgrade check --json C.UTF-8"]


def test_one_that_does_not_know_json_is_asked_again(run_module: RunModule, program: Program) -> None:
    path = program("watcher-status", knows_json=False)
    result = run_module(status_command, project="watcher", config_files=[])
    assert asked(path) == ["upgrade check --json C.UTF-8", "upgrade check C.UTF-8"]
    assert result["checks"][0]["check"] == "Cells v2"


def test_json(run_module: RunModule, program: Program) -> None:
    program("neutron-status", 1, real.JSON_CHECKS)
    result = run_module(status_command, project="neutron", release="hibiscus")
    assert [(check["result"], check["release"]) for check in result["checks"]] == [
        ("warning", "2026.2"),
        ("success", "2026.2"),
    ]
    assert (result["code"], result["exit_code"]) == (1, 1)


@pytest.mark.parametrize(
    ("rc", "out", "options", "said"),
    [
        (0, FINE, {"fail_on": "warning"}, None),
        (1, WARNED, {}, None),
        (1, WARNED, {"fail_on": "warning"}, f"{MACHINE_TYPE} (warning): Instances found"),
        (1, WARNED, {"fail_on": "warning", "accepted_warnings": [MACHINE_TYPE]}, None),
        (1, WARNED, {"fail_on": "warning", "accepted_warnings": ["Cells v2"]}, f"{MACHINE_TYPE} (warning)"),
        (2, real.UPGRADE_CHECKS, {}, "Older than N-1 computes (failure): Current Nova version"),
        (
            2,
            real.UPGRADE_CHECKS,
            {"accepted_warnings": ["Older than N-1 computes"]},
            "Older than N-1 computes (failure)",
        ),
        (2, real.UPGRADE_CHECKS, {"fail_on": "never"}, None),
        (255, real.CRASH, {}, "nova-status crashed (exit code 255): oslo_db.exception.DBConnectionError"),
        (255, real.CRASH, {"fail_on": "never"}, None),
    ],
)
def test_what_fails(
    run_module: RunModule, program: Program, *, rc: int, out: str, options: dict[str, Any], said: str | None
) -> None:
    program(rc=rc, out=out)
    result = run_module(status_command, project="nova", **options)
    assert result.get("failed", False) is (said is not None)
    assert said is None or said in result["msg"]
    assert (result["code"], result["exit_code"]) == (min(rc, 2), rc)
    assert len(result["checks"]) >= 1
    assert "rc" not in result, "Ansible itself takes any other rc than 0 for a failure"


def test_code_that_was_not_staged(run_module: RunModule, program: Program) -> None:
    assert "nova-status does not exist on this host" in run_module(status_command, project="nova")["msg"]
    result = run_module(status_command, project="nova", fail_on="never")
    assert (result["exit_code"], result["code"], result["checks"][0]["result"]) == (None, 2, "unknown")


def test_one_that_does_not_end(run_module: RunModule, program: Program) -> None:
    path = program()
    path.write_text("#!/bin/sh\nexec sleep 30\n", encoding="utf-8")
    result = run_module(status_command, project="nova", fail_on="never", timeout=1)
    assert "did not end within 1 s" in result["checks"][0]["summary"]


def test_several_projects_give_one_result(run_module: RunModule, program: Program) -> None:
    nova, placement = program(rc=1, out=WARNED), program("placement-status", 2, real.UPGRADE_CHECKS)
    commands = [{"project": "nova"}, {"project": "placement", "config_files": ["/a"]}, {"project": "heat"}]
    result = run_module(status_command, commands=commands, fail_on="never")
    assert asked(nova) == ["--config-file /etc/nova/nova.conf upgrade check C.UTF-8"]
    assert asked(placement) == ["--config-file /a upgrade check C.UTF-8"]
    assert (result["exit_codes"], result["code"], result["result"]) == ([1, 2, None], 2, "failure")
    assert "exit_code" not in result
    groups = [check["group"] for check in result["checks"]]
    assert list(dict.fromkeys(groups)) == ["nova-status", "placement-status", "heat-status"]
    assert result["tally"].startswith(f"{len(groups)} checks: ")


def test_several_projects_are_asked_at_the_same_time(run_module: RunModule, program: Program, tmp_path: Path) -> None:
    paths = [program(), program("placement-status")]
    for own, other in (paths, reversed(paths)):
        meeting = f'touch "$0.up"\nwhile ! test -e {other}.up; do sleep 0.05; done\n'
        own.write_text(own.read_text(encoding="utf-8").replace("\n", f"\n{meeting}", 1), encoding="utf-8")
    commands = [{"project": "nova"}, {"project": "placement"}]
    assert run_module(status_command, commands=commands, timeout=20)["exit_codes"] == [0, 0]


def test_who_of_several_is_not_satisfied(run_module: RunModule, program: Program) -> None:
    program()
    program("placement-status", 2, real.UPGRADE_CHECKS)
    message = run_module(status_command, commands=[{"project": "nova"}, {"project": "placement"}])["msg"]
    assert message.startswith("placement-status upgrade check is not satisfied. ")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "one of the following is required: project, commands"),
        ({"project": "nova", "commands": [{"project": "nova"}]}, "mutually exclusive: project|commands"),
        ({"config_files": [], "commands": [{"project": "nova"}]}, "mutually exclusive: config_files|commands"),
        ({"commands": []}, "The option commands is empty."),
        ({"commands": [{"project": "-x"}]}, "The option project is '-x'."),
    ],
)
def test_what_names_no_command(run_module: RunModule, options: dict[str, Any], said: str) -> None:
    assert said in run_module(status_command, **options)["msg"]


@pytest.mark.parametrize("project", ["../nova", "", "Nova", "nova status", "-x"])
def test_what_is_no_project(run_module: RunModule, program: Program, project: str) -> None:
    assert run_module(status_command, project=project)["msg"].startswith("The option project is")


def test_an_unknown_release(run_module: RunModule, program: Program) -> None:
    assert "not an OpenStack release" in run_module(status_command, project="nova", release="2031.1")["msg"]


@pytest.mark.parametrize(
    "said",
    [
        real.CRASH.replace("(2003", f"(2003, '{CANARY}'"),
        f"Error:\nTraceback (most recent call last):\nsqlalchemy.exc.ArgumentError: mysql://nova:{CANARY}@db/nova",
        real.CRASH.replace("Can't", "Canary%2Ds3cret"),
        WARNED.replace("Instances", CANARY),
        WARNED.replace("This warning   |", "Canary-        |\n|   s3cret       |"),
    ],
)
@pytest.mark.parametrize("rc", [1, 255])
def test_no_secret_is_shown(run_module: RunModule, program: Program, tmp_path: Path, rc: int, said: str) -> None:
    config = tmp_path / "nova.conf"
    config.write_text(
        f"[database]\nconnection = mysql+pymysql://nova:Canary%2Ds3cret@db/nova\npassword={CANARY}\n", encoding="utf-8"
    )
    program(rc=rc, out=said, error=said)
    result = run_module(status_command, project="nova", config_files=[str(config)])
    shown = json.dumps(result)
    assert "***" in shown
    for secret in (CANARY, "Canary- s3cret", "Canary%2Ds3cret", "s3cret"):
        assert secret not in shown
