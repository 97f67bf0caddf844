# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""upgrade_order: the guard as a playbook meets it."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.modules import upgrade_order
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_records import COMPUTES, NEW, STAGED, host, records
from ansible_collections.stackroll.nova.tests.unit.plugins.modules.conftest import RunModule


def options(phase: str = "preflight", **changes: Any) -> dict[str, Any]:
    """A healthy cloud before its upgrade."""
    healthy = {
        "target_release": "2026.2",
        "phase": phase,
        "services": records(),
        "hosts": {"ctl1": host(), "cmp1": host(), "cmp2": host()},
        "computes": list(COMPUTES),
        "staged_path": STAGED,
    }
    return {**healthy, **changes}


def by_name(result: dict[str, Any], name: str) -> dict[str, Any]:
    """One check of a result."""
    return next(check for check in result["checks"] if check["check"] == name)


def test_ready(run_module: RunModule) -> None:
    result = run_module(upgrade_order, **options())
    assert (result["result"], result["tally"]) == ("success", "4 checks: 4 success")
    assert (result["source_release"], result["target"]["name"], result["target"]["service_version"]) == (
        "2026.1",
        "2026.2",
        NEW,
    )
    assert result["table"][1].startswith("| Upgrade Check Results")
    assert result["changed"] is False


@pytest.mark.parametrize("name", ["2026.2", "hibiscus", "34"])
def test_the_target_by_any_name(run_module: RunModule, name: str) -> None:
    assert run_module(upgrade_order, **options(target_release=name))["target"]["name"] == "2026.2"


def test_an_unknown_target(run_module: RunModule) -> None:
    result = run_module(upgrade_order, **options(target_release="2030.1"))
    assert result["msg"].startswith("'2030.1' is not an OpenStack release known to this collection. Use one of")


def test_a_warning_does_not_stop(run_module: RunModule) -> None:
    result = run_module(upgrade_order, **options(hosts={"cmp1": host(staged=None)}))
    assert (result["result"], by_name(result, "Target code is staged")["result"]) == ("warning", "warning")


def test_a_refusal_names_the_phase_and_every_reason(run_module: RunModule) -> None:
    silent = [{"cell": "cell2", "error": "timed out"}]
    result = run_module(upgrade_order, **options("computes", unknown_cells=silent))
    assert result["failed"]
    assert result["msg"].startswith("Not ready for 2026.2 (computes). All cells answer: no answer from cell2")
    assert "Control plane first: not yet at 2026.2: nova-conductor on ctl1 (service version 72)" in result["msg"]
    assert "Run stackroll.nova.control_plane before stackroll.nova.computes." in result["msg"]
    assert result["result"] == "failure"
    assert len(result["checks"]) == 5


def test_without_hosts_the_source_is_not_known(run_module: RunModule) -> None:
    result = run_module(upgrade_order, **options("computes", hosts={}, services=records(NEW)))
    assert (result["result"], result["source_release"]) == ("success", None)


ASSUMED = ["Control plane first", "All computes are upgraded"]


def test_a_check_run_assumes_what_an_earlier_phase_would_have_done(run_module: RunModule) -> None:
    result = run_module(upgrade_order, check=True, **options("finalize", assume=ASSUMED))
    assert result["result"] == "success"
    assert by_name(result, "Control plane first")["summary"].startswith("would be satisfied by then; now not yet at")


def test_a_real_run_assumes_nothing(run_module: RunModule) -> None:
    result = run_module(upgrade_order, **options("finalize", assume=ASSUMED))
    assert result["failed"]
    assert by_name(result, "Control plane first")["result"] == "failure"


def test_a_check_run_assumes_only_what_it_was_told(run_module: RunModule) -> None:
    result = run_module(upgrade_order, check=True, **options("finalize", assume=ASSUMED[:1]))
    assert result["failed"]
    assert "Control plane first" not in result["msg"]


def test_what_is_unknown_is_never_assumed(run_module: RunModule) -> None:
    silent = {"unknown_cells": [{"cell": "cell2", "error": "timed out"}], "assume": ["All cells answer"]}
    assert run_module(upgrade_order, check=True, **options("control_plane", **silent))["failed"]


def test_a_record_that_is_none(run_module: RunModule) -> None:
    result = run_module(upgrade_order, **options(services=[{"binary": "nova-compute"}]))
    assert result["msg"].startswith("A ServiceRecord without cell was found.")


CODE: dict[str, Any] = {
    "objects": {"old": {"Tag": "1.0-a"}, "new": {"Tag": "1.0-a"}},
    "rpc": {code: {"conductor": "3.0", "compute_task": "1.26", "scheduler": "4.5"} for code in ("old", "new")},
    "nova": {"old": "33.0.2", "new": "34.0.0"},
}


def controller(*roots: str) -> dict[str, Any]:
    """A host whose conductor has loaded code from there."""
    return {**host(), "units": {"nova-conductor": {"active_state": "active", "code_roots": list(roots)}}}


@pytest.mark.parametrize(
    ("hosts", "code", "order"),
    [
        ({"ctl1": controller("/opt/nova")}, CODE, "one_by_one"),
        ({"ctl1": controller("/opt/nova"), "ctl2": controller(STAGED)}, CODE, "one_by_one"),
        ({"ctl1": controller("/opt/nova")}, {**CODE, "nova": {"old": "34.0.0", "new": "34.0.0"}}, "one_window"),
        ({"ctl1": controller()}, CODE, "one_window"),
        ({"ctl1": {**controller(), "units": {"nova-conductor": {"active_state": "failed"}}}}, CODE, "one_by_one"),
        ({"cmp1": {**host(), "units": {"nova-compute": {"active_state": "active"}}}}, CODE, "one_by_one"),
        ({}, CODE, "one_by_one"),
        ({}, {**CODE, "objects": {**CODE["objects"], "new": {"Tag": "1.1-b"}}}, "one_window"),
        ({}, {}, "one_window"),
    ],
)
def test_the_order_of_the_controllers(
    run_module: RunModule, hosts: dict[str, Any], code: dict[str, Any], order: str
) -> None:
    given = options("control_plane", hosts=hosts, controllers=["ctl1", "ctl2"], code=code)
    for check in (False, True):
        result = run_module(upgrade_order, check=check, **given)
        found = result["control_order"]
        assert found["order"] == order
        assert len(result["way_back"]) == (3 if order == "one_window" else 1)
        assert (found["first"], found["last"]) == (["ctl1"], ["ctl2"])


def test_without_controllers_there_is_no_order(run_module: RunModule) -> None:
    assert "control_order" not in run_module(upgrade_order, **options("control_plane", code=CODE))


def test_the_order_is_told_when_the_guard_refuses_too(run_module: RunModule) -> None:
    result = run_module(upgrade_order, **options("computes", controllers=["ctl1"], requests_can_wait=True))
    assert result["failed"]
    assert result["control_order"]["clients"] == "Requests wait for about one restart of the API; none fails."
