# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the roles reshape and nova_compute make of wishes, trees and claims, by their variables alone; test_reshape.py runs playbooks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

from ansible_collections.stackroll.nova.plugins.plugin_utils import run_directory

ROLES = Path(run_directory.__file__).parents[2] / "roles"
LAYOUT = {"children": []}
CODE = {"code": {"/opt/nova": {"real_path": "/opt/openstack/2026.1"}}}
RUNNING = {"active_state": "active", "code_roots": ["/opt/openstack/2026.1"]}
FLAT = [{"name": "cmp1", "inventories": {"VGPU": {"total": 4}}}, {"name": "cmp1_old", "inventories": {}}]
NESTED = [{"name": "cmp1", "inventories": {}}, {"name": "cmp1_card", "inventories": {"VGPU": {"total": 4}}}]


def value(role: str, name: str, **known: Any) -> Any:
    """The value of one variable of a role when these are known."""
    loader = DataLoader()
    variables: dict[str, Any] = {}
    for part in ("defaults", "vars"):
        variables |= loader.load_from_file(str(ROLES / role / part / "main.yml"), trusted_as_template=True)
    return Templar(loader=loader, variables={**variables, **known}).template(variables[name])


def problems(*, by: Any = "none", layout: Any = None, **known: Any) -> list[str]:
    wishes = {"stackroll_reshape": by, "stackroll_reshape_layout": layout}
    hosts = {"ctl1": {}, "cmp1": wishes, "cmp2": {}, "cmp3": wishes}
    play = {
        "ansible_play_hosts_all": list(hosts),
        "groups": {"nova_compute": ["cmp1", "cmp2", "cmp3"]},
        "hostvars": hosts,
    }
    found: list[str] = value("reshape", "reshape_problems", **play, **known)
    return found


@pytest.mark.parametrize("by", ["none", None, "", "driver"])
def test_wishes_that_can_be_granted(by: Any) -> None:
    assert problems(by=by) == problems(by="module", layout=LAYOUT) == []


@pytest.mark.parametrize(
    ("by", "layout", "problem"),
    [
        ("Module", LAYOUT, "stackroll_reshape is Module for cmp1, cmp3, and must be none, driver or module."),
        (True, LAYOUT, "stackroll_reshape is True for cmp1, cmp3, and must be none, driver or module."),
        ("driver", "vgpu", "stackroll_reshape_layout is no dictionary for cmp1, cmp3."),
        ("module", {}, "stackroll_reshape_layout has no layout for cmp1, cmp3, which a reshape by the module needs."),
    ],
)
def test_wishes_that_nobody_can_grant(by: Any, layout: Any, problem: str) -> None:
    assert problems(by=by, layout=layout) == [problem]


def test_a_reshape_alone_needs_a_layout_for_every_host_but_an_undo_does_not() -> None:
    (problem,) = problems(layout=LAYOUT, reshape_wanted="module")
    assert "has no layout for cmp2," in problem
    assert problems(reshape_wanted="module", reshape_state="undone") == []


@pytest.mark.parametrize(
    ("unit", "now", "reason"),
    [
        (RUNNING, {"providers": list(reversed(FLAT))}, ""),
        (RUNNING, {"providers": NESTED}, "its resource providers are not as they were"),
        (RUNNING, None, "its resource providers cannot be read: Nobody answers."),
        (
            {**RUNNING, "active_state": "failed"},
            {"providers": FLAT},
            "it did not run before from the code that a start would take",
        ),
        (
            {**RUNNING, "code_roots": ["/opt/openstack/2026.0"]},
            {"providers": FLAT},
            "it did not run before from the code that a start would take",
        ),
    ],
)
def test_when_the_old_code_is_started_again(unit: dict[str, Any], now: dict[str, Any] | None, reason: str) -> None:
    found = value(
        "reshape",
        "reshape_must_not_start",
        reshape_node="cmp1",
        stackroll_nova_link="/opt/nova",
        service_state={"units": {"nova-compute": unit}, **CODE},
        reshape_planned={"hosts": [{"host": "cmp1", "before": {"providers": FLAT}}]},
        reshape_now={"trees": [{"host": "cmp1", **now}]} if now else {"msg": "Nobody answers."},
    )
    assert found == reason


@pytest.mark.parametrize(
    ("reason", "disabled", "claimed"),
    [
        ("stackroll:7f3a:cmp1", True, True),
        ("stackroll:7f3a:cmp1 reshape", True, True),
        ("stackroll:7f3a:cmp10", True, False),
        ("memory is broken", True, False),
        (None, True, False),
        ("stackroll:7f3a:cmp1", False, False),
    ],
)
def test_a_host_that_an_earlier_attempt_holds(reason: str | None, disabled: bool, claimed: bool) -> None:
    record = {"binary": "nova-compute", "host": "cmp1", "disabled": disabled, "disabled_reason": reason}
    others = [{**record, "host": "cmp2"}, {**record, "binary": "nova-conductor"}]
    found = value(
        "nova_compute", "nova_compute_claimed", stackroll_nova_host="cmp1", run_records={"services": [record, *others]}
    )
    assert found is claimed


def obstacles(**known: Any) -> list[str]:
    unit = {"active_state": "inactive", "processes": []}
    hosts = {
        host: {"reshape_stage": "offline", "reshape_node": host, "service_state": {"units": {"nova-compute": unit}}}
        for host in ("cmp1", "cmp2")
    }
    placement = {"results": [{"item": "ctl1", "units": {"placement-api": unit}}]}
    given: dict[str, Any] = {
        "ansible_check_mode": False,
        "ansible_play_batch": list(hosts),
        "ansible_play_hosts_all": list(hosts),
        "hostvars": hosts,
        "reshape_offline_host": "ctl1",
        "reshape_placement": placement,
        "reshape_stage": "offline",
        **known,
    }
    found: list[str] = value("reshape", "reshape_obstacles", **given)
    return found


def test_what_is_offline() -> None:
    assert obstacles() == []


def test_what_is_not_offline_or_not_known() -> None:
    runs = {"results": [{"item": "ctl1", "units": {"placement-api": {"active_state": "deactivating"}}}]}
    assert obstacles(reshape_placement=runs) == ["Placement runs on ctl1: stop placement-api there."]
    assert obstacles(reshape_placement=runs, ansible_check_mode=True) == []
    (unknown,) = obstacles(ansible_play_hosts_all=["cmp1", "cmp2", "cmp3"])
    assert unknown.startswith("Nobody knows whether nova-compute runs on cmp3:")
    (nowhere,) = obstacles(reshape_offline_host="")
    assert nowhere.startswith("The group placement has no host")
    assert len(obstacles(reshape_state="undone")) == 2
