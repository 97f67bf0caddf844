# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""compute_drain as a module: options in, lists out, and what it tells meanwhile."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.api.session import Cloud
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain import engine
from ansible_collections.stackroll.nova.plugins.module_utils.runtime import progress_file
from ansible_collections.stackroll.nova.plugins.modules import compute_drain
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_nova import FakeNova, Host
from ansible_collections.stackroll.nova.tests.unit.plugins.modules.conftest import RunModule


@pytest.fixture
def nova(monkeypatch: pytest.MonkeyPatch) -> FakeNova:
    """Two hosts, one of them disabled, in a time that passes only while the module sleeps."""
    fake = FakeNova("cmp1", "cmp2", drained=("cmp1",))
    monkeypatch.setattr(Cloud, "connect", lambda _params: fake.cloud())
    simulated = SimpleNamespace(monotonic=lambda: fake.now, time=lambda: fake.now, sleep=fake.pass_time)
    monkeypatch.setattr(engine, "time", simulated)
    return fake


def drained(run_module: RunModule, *hosts: str, **more: Any) -> dict[str, Any]:
    return run_module(compute_drain, hosts=list(hosts or ("cmp1",)), state="drained", **more)


def test_drains_in_one_call(run_module: RunModule, nova: FakeNova) -> None:
    server = nova.add("db", "cmp1")
    result = drained(run_module)
    assert (result["changed"], nova.host_of(server)) == (True, "cmp2")
    moved = result["moved"][0]
    assert (moved["name"], moved["host"], moved["to"], moved["step"]) == ("db", "cmp1", "cmp2", "live")
    assert result["hosts"][0]["empty"]
    assert result["progress"][0]["moved"] == 1
    assert result["api"]["writes"] == 1


def test_the_second_time_nothing_is_left_to_do(run_module: RunModule, nova: FakeNova) -> None:
    nova.add("db", "cmp1")
    drained(run_module)
    again = drained(run_module)
    assert (again["changed"], again["verdicts"], again["api"]["writes"]) == (False, [], 0)


def test_check_mode_gives_verdicts_only(run_module: RunModule, nova: FakeNova) -> None:
    nova.add("db", "cmp1")
    nova.add("broken", "cmp1", "error")
    result = drained(run_module, check=True)
    assert {item["name"]: item["action"] for item in result["verdicts"]} == {"db": "live", "broken": "blocked"}
    assert (result["changed"], nova.writes()) == (True, [])
    assert "moved" not in result


def test_check_mode_changes_nothing_when_nothing_can_be_done(run_module: RunModule, nova: FakeNova) -> None:
    nova.add("broken", "cmp1", "error")
    assert drained(run_module, check=True)["changed"] is False


def test_a_host_that_is_not_empty_fails_with_all_lists(run_module: RunModule, nova: FakeNova) -> None:
    nova.trouble["cmp1"] = Host(rolls_back=True)
    nova.add("db", "cmp1")
    nova.add("off", "cmp1", "stopped")
    nova.add("broken", "cmp1", "error")
    result = drained(run_module)
    assert result["failed"] is True
    assert result["msg"].startswith("cmp1 is not empty: ")
    assert [item["name"] for item in result["failed_servers"]] == ["db"]
    assert [item["name"] for item in result["remaining"]] == ["broken"]
    assert [item["name"] for item in result["moved"]] == ["off"]
    assert len(result["rolled_back"]) == 2
    assert result["changed"] is True


def test_an_api_that_breaks_leaves_the_lists_of_what_is_under_way(run_module: RunModule, nova: FakeNova) -> None:
    nova.add("db", "cmp1")
    nova._in(2, lambda: nova.broken.update({"/os-migrations": 500}))
    result = drained(run_module)
    assert "GET /os-migrations answered 500" in result["msg"]
    assert [item["name"] for item in result["remaining"]] == ["db"]


def test_it_tells_how_far_it_is(run_module: RunModule, nova: FakeNova, tmp_path: Path) -> None:
    for number in range(5):
        nova.add(f"db-{number}", "cmp1")
    result = drained(run_module, progress_file=str(tmp_path / "progress"))
    told = json.loads((tmp_path / "progress").read_text(encoding="utf-8"))
    assert told["progress"][0]["total"] == len(result["moved"]) == 5
    assert 0 < told["progress"][0]["moved"] <= 5


def test_it_ends_when_nobody_listens(
    run_module: RunModule, nova: FakeNova, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress_file, "time", SimpleNamespace(time=lambda: nova.now))
    nova.trouble["cmp1"] = Host(never_ends=True)
    nova.add("db", "cmp1")
    result = drained(run_module, progress_file=str(tmp_path / "progress"), base_timeout=600)
    assert "does not listen any more" in result["msg"]
    assert [item["name"] for item in result["remaining"]] == ["db"]
    assert nova.now < 60


def test_options_reach_the_engine(run_module: RunModule, nova: FakeNova) -> None:
    nova.trouble["cmp1"] = Host(never_ends=True)
    nova.add("pet", "cmp1", tags=["pet"])
    nova.add("gpu", "cmp1", extra_specs={"pci_passthrough:alias": "gpu:1"})
    nova.add("db", "cmp1")
    result = drained(
        run_module,
        policy=[{"tag": "pet", "steps": ["stay"]}, {"server": "db", "steps": ["live", "stop"]}],
        allow_cold=True,
        park=["stop"],
        base_timeout=20,
        timeout_per_gib=0,
        per_source=1,
    )
    assert "failed" not in result
    assert [item["name"] for item in result["skipped_servers"]] == ["pet"]
    assert [item["name"] for item in result["moved"]] == ["gpu"]
    parked = result["parked"][0]
    assert (parked["name"], parked["vm_state"], parked["step"]) == ("db", "active", "stop")
    assert parked["attempts"][0]["outcome"] == "timed out"
    back = run_module(compute_drain, hosts=["cmp1"], state="restored", parked=result["parked"])
    assert [item["name"] for item in back["restored"]] == ["db"]
    assert nova.snapshot()["db"][1:3] == ("active", 1)


def test_restoring_needs_a_service_that_is_up(run_module: RunModule, nova: FakeNova) -> None:
    nova.service("cmp1")["state"] = "down"
    result = run_module(compute_drain, hosts=["cmp1"], state="restored")
    assert result["msg"] == "nova-compute on cmp1 is down. Start it first, then restore its servers."


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"hosts": ["nope"]}, "No nova-compute service has the host name nope."),
        ({"hosts": ["silent"]}, "The cell of silent does not answer."),
        ({"hosts": ["cmp1", "cmp1"]}, "Named more than once: cmp1."),
        ({"hosts": ["cmp2"]}, "cmp2 would get new servers while being drained."),
        ({"hosts": []}, "No hosts are named."),
        ({"destinations": {"x": "cmp1"}}, "The destination cmp1 is to be drained itself."),
        ({"destinations": {"x": "nope"}}, "No nova-compute service has the host name nope."),
        ({"per_source": 0}, "Too small: per_source."),
        ({"interval": 0, "timeout": -1}, "Too small: timeout, interval."),
        ({"policy": [{"steps": ["stay", "live"]}]}, "A rule of the policy mixes stay, live."),
        ({"policy": [{"steps": ["fly"]}]}, "value of steps must be one or more of"),
        ({"policy": [{"tag": "pet"}]}, "missing required arguments: steps"),
        ({"parked": [{"id": "x"}]}, "A ParkedServer without name was found."),
    ],
)
def test_bad_input_is_refused_before_the_first_write(
    run_module: RunModule, nova: FakeNova, options: dict[str, Any], sentence: str
) -> None:
    nova.add("db", "cmp1")
    if options.get("hosts") == ["silent"]:
        nova.services.append({"binary": "nova-compute", "host": "silent", "status": "UNKNOWN"})
    result = run_module(compute_drain, **{"hosts": ["cmp1"], "state": "drained", **options})
    assert result["failed"] is True
    assert sentence in result["msg"]
    assert "Internal error" not in result["msg"]
    assert nova.writes() == []
