# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role preflight makes of answers and choices, by its variables alone; test_preflight.py runs the playbook."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

from ansible_collections.stackroll.nova.plugins.plugin_utils import run_directory

VARIABLES = Path(run_directory.__file__).parents[2] / "roles" / "preflight" / "vars" / "main.yml"
STAGED = {"nova": "34.0.0", "openstack-placement": "16.0.0"}
NOT_TOLD: dict[str, Any] = {"failed": True, "msg": "It ended with 1."}
UNKNOWN = {"unknown": "It ended with 1."}


def value(name: str, **known: Any) -> Any:
    """The value of one variable of the role when these are known."""
    loader = DataLoader()
    variables = loader.load_from_file(str(VARIABLES), trusted_as_template=True)
    given = {"stackroll_checks": [], "stackroll_skip_checks": [], "preflight_placement_code_info": {}, **known}
    return Templar(loader=loader, variables={**variables, **given}).template(variables[name])


@pytest.mark.parametrize(
    ("told", "options", "objects"),
    [
        (NOT_TOLD, UNKNOWN, UNKNOWN),
        (
            {"options": UNKNOWN, "objects": {"old": {}, "unknown": "No Nova."}},
            UNKNOWN,
            {"old": {}, "unknown": "No Nova."},
        ),
        ({}, {}, {}),
        ({"options": {"old": {"nova": 1}}, "objects": {"new": {}}}, {"old": {"nova": 1}}, {"new": {}}),
    ],
)
def test_code_that_does_not_tell(told: dict[str, Any], options: dict[str, Any], objects: dict[str, Any]) -> None:
    assert value("preflight_known_options", preflight_code_info=told) == options
    assert value("preflight_objects", preflight_code_info=told) == objects


@pytest.mark.parametrize("told", [NOT_TOLD, {"options": UNKNOWN}])
def test_options_that_are_not_known_where_placement_is(told: dict[str, Any]) -> None:
    known = {"options": {"old": {"nova": 1}}}
    found = value("preflight_known_options", preflight_code_info=known, preflight_placement_code_info=told)
    assert found == {"old": {"nova": 1}, **UNKNOWN}


@pytest.mark.parametrize(
    ("hosts", "names"),
    [
        (None, []),
        ({"cmp1": {}, "cmp2": {"stackroll_reshape": "none"}, "cmp3": {"stackroll_reshape": "driver"}}, []),
        (
            {
                "cmp1": {"stackroll_reshape": "module"},
                "cmp2": {},
                "cmp3": {"stackroll_reshape": "module", "stackroll_nova_host": "nova-3"},
            },
            ["cmp1", "nova-3"],
        ),
    ],
)
def test_hosts_that_the_module_reshapes(hosts: dict[str, Any] | None, names: list[str]) -> None:
    groups = {} if hosts is None else {"nova_compute": list(hosts)}
    assert value("preflight_reshaped_by_module", groups=groups, hostvars=hosts or {}) == names


@pytest.mark.parametrize(
    ("chosen", "skipped", "projects"),
    [
        ([], [], ["nova", "placement"]),
        (["placement"], [], ["placement"]),
        ([], ["placement"], ["nova"]),
        (["nova", "placement"], ["nova", "placement"], []),
    ],
)
def test_status_commands_that_are_chosen(chosen: list[str], skipped: list[str], projects: list[str]) -> None:
    found = value(
        "preflight_control_commands",
        stackroll_checks=chosen,
        stackroll_skip_checks=skipped,
        stackroll_nova_config_files=["/etc/nova/nova.conf"],
        stackroll_placement_config_files=["/etc/placement/placement.conf"],
        preflight_staged=STAGED,
        preflight_placement_staged=STAGED,
        preflight_one_place=True,
    )
    assert [command["project"] for command in found] == projects
