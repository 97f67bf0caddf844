# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""service_unit_restart: who is ended, what is waited for, where the link leads, and what is started."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.host import process, unit_restart
from ansible_collections.stackroll.nova.plugins.modules import service_unit_restart
from ansible_collections.stackroll.nova.tests.unit.plugins.modules.conftest import RunModule

WORKERS = {"nova-conductor": [201, 202], "nova-scheduler": [301]}
Systemd = dict[str, dict[str, Any]]


class Host:
    """Units, processes and time that only passes in pauses."""

    def __init__(self) -> None:
        self.units: Systemd = {}
        self.killed: list[int] = []
        self.started: list[list[str]] = []
        self.now = 0.0
        self.ends_at: dict[str, float] = {}

    def stopping(self, name: str, main: int, ends_at: float = 1e9) -> None:
        """A unit that was told to stop, and that ends by itself at some time."""
        self.units[name] = {"state": "deactivating", "main": main, "workers": list(WORKERS.get(name, []))}
        self.ends_at[name] = ends_at

    def show(self, name: str) -> dict[str, str]:
        """As systemctl show."""
        unit = self.units[name]
        if self.now >= self.ends_at[name] or unit["main"] in self.killed:
            unit.update(state="inactive", main=0)
            unit["workers"] = [] if self.now >= self.ends_at[name] else unit["workers"]
        unit["workers"] = [pid for pid in unit["workers"] if pid not in self.killed]
        return {"ActiveState": unit["state"], "MainPID": str(unit["main"])}

    def processes(self, name: str) -> list[int]:
        """As in /proc."""
        unit = self.units[name]
        return [pid for pid in (unit["main"], *unit["workers"]) if pid]

    def sleep(self, seconds: float) -> None:
        """Time goes on."""
        self.now += seconds

    def kill(self, pid: int, number: int) -> None:
        """As kill."""
        assert number == signal.SIGKILL
        self.killed.append(pid)

    def systemctl(self, command: list[str], **_options: Any) -> subprocess.CompletedProcess[str]:
        """As systemctl; a unit whose name begins with x cannot be started."""
        if command[1] == "stop":
            for word in command[4:]:
                self.units[word.partition(".")[0]]["state"] = "deactivating"
            return subprocess.CompletedProcess(command, 0, "", "")
        self.started.append(command)
        bad = any(word.startswith("x") for word in command)
        return subprocess.CompletedProcess(command, int(bad), "", "Unit x.service not found.\n" if bad else "")


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Host:
    """A host whose services were told to stop."""
    fake = Host()
    monkeypatch.setattr(process, "show_unit", fake.show)
    monkeypatch.setattr(process, "processes_running", fake.processes)
    monkeypatch.setattr(unit_restart.time, "sleep", fake.sleep)
    monkeypatch.setattr(unit_restart.time, "monotonic", lambda: fake.now)
    monkeypatch.setattr(unit_restart.os, "kill", fake.kill)
    for name in ("start", "tell_to_stop"):
        real = getattr(unit_restart, name)
        monkeypatch.setattr(unit_restart, name, lambda names, real=real: real(names, fake.systemctl))
    return fake


Do = Callable[..., dict[str, Any]]


@pytest.fixture
def do(run_module: RunModule) -> Do:
    """A function that runs the module."""
    return lambda **options: run_module(service_unit_restart, **options)


def test_sleepers_are_ended_workers_first(host: Host, do: Do) -> None:
    host.stopping("nova-conductor", 200)
    host.stopping("nova-scheduler", 300)
    names = ["nova-conductor", "nova-scheduler"]
    result = do(units=names, sleeping=names, started=["nova-conductor"])
    assert result["ended"] == host.killed == [201, 202, 301, 200, 300]
    assert host.started == [["systemctl", "start", "--", "nova-conductor.service"]]
    assert result["changed"] is True


def test_what_does_not_only_sleep_is_waited_for(host: Host, do: Do) -> None:
    host.stopping("nova-api", 100, ends_at=4)
    host.stopping("nova-conductor", 200)
    do(units=["nova-api", "nova-conductor"], sleeping=["nova-conductor"], started=["nova-api", "nova-conductor"])
    assert host.killed == [201, 202, 200]
    assert host.now >= 4
    assert host.started == [["systemctl", "start", "--", "nova-api.service", "nova-conductor.service"]]


def test_nothing_is_started_beside_a_process_that_runs(host: Host, do: Do, tmp_path: Path) -> None:
    host.stopping("nova-api", 100)
    link = tmp_path / "nova"
    link.symlink_to("old")
    result = do(units=["nova-api"], link=str(link), target="/new", started=["nova-api"], timeout=3)
    assert result["failed"]
    assert result["msg"].startswith("After 3 s not yet stopped: nova-api (deactivating, processes 100).")
    assert (host.started, host.killed, os.readlink(link)) == ([], [], "old")


def test_a_service_that_was_not_told_to_stop_is_never_ended(host: Host, do: Do) -> None:
    host.stopping("nova-conductor", 200)
    host.units["nova-conductor"]["state"] = "active"
    assert do(units=["nova-conductor"], sleeping=["nova-conductor"], timeout=2)["failed"]
    assert host.killed == []


def test_a_unit_that_runs_is_told_to_stop(host: Host, do: Do) -> None:
    host.stopping("nova-api", 100, ends_at=2)
    host.units["nova-api"]["state"] = "active"
    do(units=["nova-api"], stop=True, started=["nova-api"], timeout=5)
    assert (host.killed, len(host.started)) == ([], 1)
    assert host.now >= 2


def test_the_link_leads_to_the_new_code_before_the_start(host: Host, do: Do, tmp_path: Path) -> None:
    link = tmp_path / "nova"
    link.symlink_to("old")
    result = do(link=str(link), target="/opt/new", diff=True)
    assert os.readlink(link) == "/opt/new"
    assert result["diff"] == {"before": {"link": "old"}, "after": {"link": "/opt/new"}}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["nova"]
    again = do(link=str(link), target="/opt/new")
    assert (again["changed"], host.started) == (False, [])


def test_a_directory_in_place_of_the_link_stays(host: Host, do: Do, tmp_path: Path) -> None:
    (tmp_path / "nova").mkdir()
    result = do(link=str(tmp_path / "nova"), target="/opt/new", started=["nova-api"])
    assert "is no link" in result["msg"]
    assert host.started == []


def test_what_systemd_does_not_start_is_named(host: Host, do: Do) -> None:
    assert do(started=["x"])["msg"] == (
        "systemd did not start x: Unit x.service not found. Look at the journal of the unit."
    )


def test_a_check_run_does_nothing(host: Host, do: Do, tmp_path: Path) -> None:
    host.stopping("nova-conductor", 200)
    link = tmp_path / "nova"
    link.symlink_to("old")
    names = ["nova-conductor"]
    result = do(check=True, units=names, sleeping=names, link=str(link), target="/new", started=names)
    assert result["changed"] is True
    assert (host.killed, host.started, os.readlink(link)) == ([], [], "old")


def test_sleepers_are_among_the_units(host: Host, do: Do) -> None:
    assert "sleeping names nova-api" in do(units=[], sleeping=["nova-api"])["msg"]
