# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""service_unit_info: units, the code they run, and whether systemd would kill them."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.host import process, rpc_pins
from ansible_collections.stackroll.nova.plugins.modules import service_unit_info
from ansible_collections.stackroll.nova.tests.unit.plugins.modules.conftest import RunModule


@pytest.fixture
def systemd(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, str]]:
    """Units by name; any other one is not found."""
    units: dict[str, dict[str, str]] = {}
    lost = {"LoadState": "not-found", "ActiveState": "inactive", "SubState": "dead", "MainPID": "0"}
    monkeypatch.setattr(process, "show_unit", lambda unit: units.get(unit, lost))
    return units


def running(timeout_stop: str = "1min 30s") -> dict[str, str]:
    """A unit whose main process is this one."""
    states = {"LoadState": "loaded", "ActiveState": "active", "SubState": "running", "NRestarts": "2"}
    return {**states, "MainPID": str(os.getpid()), "TimeoutStopUSec": timeout_stop}


def test_a_unit_that_runs(run_module: RunModule, systemd: dict[str, Any], tmp_path: Path) -> None:
    systemd["nova-compute"] = running()
    code = str(Path(sys.executable).resolve().parents[1])
    link = tmp_path / "nova"
    link.symlink_to(code)
    result = run_module(service_unit_info, units=["nova-compute"], code_paths=[str(link), str(tmp_path)])
    unit = result["units"]["nova-compute"]
    assert (unit["load_state"], unit["active_state"], unit["sub_state"]) == ("loaded", "active", "running")
    assert (unit["main_pid"], unit["restarts"], unit["timeout_stop_seconds"]) == (os.getpid(), 2, 90.0)
    assert unit["code_roots"] == [code]
    assert unit["started_at"] < result["now"] <= time.time()
    assert result["code"][str(link)]["real_path"] == code
    assert (result["shutdown"], result["rpc_pin"], unit["killed_early"]) == (None, None, False)
    assert result["changed"] is False


def test_rpc_pins(run_module: RunModule, systemd: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    systemd["nova-conductor"] = running()
    asked: list[tuple[str, int]] = []

    def pins(unit: str, pid: int) -> list[dict[str, Any]]:
        asked.append((unit, pid))
        return [{"pid": pid, "service_version": 72}]

    monkeypatch.setattr(rpc_pins, "rpc_pins", pins)
    unit = run_module(service_unit_info, units=["nova-conductor"], rpc_pins=True)["units"]["nova-conductor"]
    assert unit["rpc_pins"] == [{"pid": os.getpid(), "service_version": 72}]
    assert run_module(service_unit_info, units=["nova-conductor"])["units"]["nova-conductor"]["rpc_pins"] is None
    assert asked == [("nova-conductor", os.getpid())]


def test_a_unit_that_is_not_there(run_module: RunModule, systemd: dict[str, Any]) -> None:
    unit = run_module(service_unit_info, units=["nova-nothing"], code_paths=["/usr"])["units"]["nova-nothing"]
    assert (unit["load_state"], unit["main_pid"], unit["restarts"]) == ("not-found", 0, 0)
    assert (unit["started_at"], unit["code_roots"], unit["processes"]) == (None, [], [])
    assert unit["timeout_stop_seconds"] is None


def test_no_units(run_module: RunModule) -> None:
    assert run_module(service_unit_info, units=[])["units"] == {}


@pytest.mark.parametrize(
    ("options", "shutdown"),
    [
        ("", (160, 180, 200)),
        ("manager_shutdown_timeout = 2\n", (2, 180, 200)),
        ("manager_shutdown_timeout = 300\ngraceful_shutdown_timeout = 10\n", (300, 10, 320)),
    ],
)
def test_what_a_graceful_stop_may_take(run_module: RunModule, tmp_path: Path, options: str, shutdown: tuple) -> None:
    path = tmp_path / "nova.conf"
    path.write_text(f"[DEFAULT]\n{options}[upgrade_levels]\ncompute = auto\n", encoding="utf-8")
    result = run_module(service_unit_info, units=[], config_files=[str(path)])
    keys = ("manager_shutdown_timeout", "graceful_shutdown_timeout", "needed_timeout_stop_seconds")
    assert tuple(result["shutdown"][key] for key in keys) == shutdown
    assert result["rpc_pin"] == "auto"


@pytest.mark.parametrize(
    ("unit", "stop", "killed"),
    [
        ("nova-compute", "1min 30s", True),
        ("nova-conductor", "3min 19s", True),
        ("nova-scheduler", "3min 20s", False),
        ("nova-compute", "infinity", False),
        ("nova-api", "5s", False),
        ("placement-api", "5s", False),
    ],
)
def test_killed_early(run_module: RunModule, systemd: dict[str, Any], unit: str, stop: str, killed: bool) -> None:
    systemd[unit] = running(stop)
    result = run_module(service_unit_info, units=[unit], config_files=["/dev/null"])
    assert result["units"][unit]["killed_early"] is killed


def test_time_that_is_no_number(run_module: RunModule, tmp_path: Path) -> None:
    path = tmp_path / "nova.conf"
    path.write_text("[DEFAULT]\nmanager_shutdown_timeout = long\n", encoding="utf-8")
    result = run_module(service_unit_info, units=[], config_files=[str(path)])
    assert "manager_shutdown_timeout in" in result["msg"]
