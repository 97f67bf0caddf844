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


START = 1_795_300_000.0


def pin(service_version: int | None, unread: str | None = None) -> dict[str, Any]:
    """What one process has chosen."""
    known = {"rpc_version": "6.5", "service_version": service_version} if service_version else {}
    return {"pid": 411, "rpc_version": None, "service_version": None, "unread": unread, **known}


@pytest.fixture
def prove(run_module: RunModule, systemd: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """A function that proves the pins of a unit, which shows the next one at every look."""

    def run(
        *looks: dict[str, Any], unit: str = "nova-conductor", level: str = "auto", **options: Any
    ) -> dict[str, Any]:
        systemd[unit] = running()
        shown = iter(looks)
        monkeypatch.setattr(rpc_pins, "rpc_pins", lambda _unit, _pid: [next(shown)])
        monkeypatch.setattr(process, "started_at", lambda _pid: START)
        path = tmp_path / "nova.conf"
        path.write_text(f"[upgrade_levels]\ncompute = {level}\n" if level else "", encoding="utf-8")
        asked = {"units": [unit], "config_files": [str(path)], "service_version": 74, "started_after": START - 5}
        return run_module(service_unit_info, **{**asked, "timeout": 0, **options})

    return run


FINE: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    (pin(74), {}, "it has chosen for the computes of now"),
    (pin(75), {}, "for later ones"),
    (pin(None), {}, "it will choose for those of now"),
    (pin(None), {"unit": "nova-api", "started_after": None}, "an API chooses late"),
    (pin(None, "The journal is locked."), {"unit": "nova-api"}, "also when its log cannot be read"),
    (pin(None, "The journal is locked."), {"level": "hibiscus"}, "nothing is chosen"),
    (pin(None, "The journal is locked."), {"level": ""}, "nothing is chosen by default"),
]


@pytest.mark.parametrize(("shown", "options", "_why"), FINE, ids=[why for _shown, _options, why in FINE])
def test_nobody_is_bound_to_older_computes(
    prove: Any, shown: dict[str, Any], options: dict[str, Any], _why: str
) -> None:
    result = prove(shown, **options)
    assert ("failed" in result, result["pending"]) == (False, [])


OLD = "holds compute RPC 6.5, which it chose when the oldest nova-compute had service version 72, not 74"
SILENT = "may hold the compute RPC version of older computes: it has told nothing, and"
HELD: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    (pin(72), {}, OLD),
    (pin(72), {"unit": "nova-api"}, OLD),
    (pin(72), {"level": "hibiscus"}, OLD),
    (pin(None, "The journal is locked."), {}, "may hold any compute RPC version: The journal is locked"),
    (pin(None), {"started_after": START + 5}, f"{SILENT} it was started before the last of them"),
    (pin(None), {"started_after": None}, f"{SILENT} since when all computes have service version 74 is not known"),
]


@pytest.mark.parametrize(("shown", "options", "reason"), HELD)
def test_who_is_bound_to_older_computes(
    prove: Any, shown: dict[str, Any], options: dict[str, Any], reason: str
) -> None:
    unit = options.get("unit", "nova-conductor")
    result = prove(shown, **options)
    assert result["pending"] == [
        {"unit": unit, "pid": 411, "service_version": shown["service_version"], "reason": reason}
    ]
    remedy = f" Restart {unit}. If it chooses the same again, a nova-compute record of some cell is older."
    assert result["msg"] == f"{unit} (pid 411) {reason}.{remedy if shown['service_version'] else ''}"
    assert result["units"][unit]["rpc_pins"] == [shown]
    for only_looking in ({"timeout": None}, {"check": True}):
        told = prove(shown, **{**options, **only_looking})
        assert ("failed" in told, len(told["pending"])) == (False, 1)


def test_a_process_gets_the_time_to_tell(prove: Any, no_sleep: list[float]) -> None:
    assert prove(pin(None), pin(72), pin(74), pin(72), timeout=30)["pending"] == []
    assert no_sleep == [1.0, 1.0]


def test_a_process_that_tells_nothing_in_time_is_fine(prove: Any, no_sleep: list[float]) -> None:
    result = prove(*[pin(None)] * 9, timeout=3)
    assert ("failed" in result, sum(no_sleep)) == (False, 3.0)


def test_an_api_is_not_waited_for(prove: Any, no_sleep: list[float]) -> None:
    prove(pin(None), unit="nova-api", timeout=30)
    assert no_sleep == []


def test_pins_are_not_judged_without_the_configuration(prove: Any) -> None:
    assert prove(pin(74), config_files=[])["msg"].startswith("service_version needs config_files.")


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
