# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""known_option_info: what the running and the staged code know, each asked once."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.stackroll.nova.plugins.modules import known_option_info
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_generator import fake_venv, listed, runs
from ansible_collections.stackroll.nova.tests.unit.plugins.modules.conftest import RunModule

DEBUG, GONE = listed("DEFAULT/debug"), listed("os_vif_linux_bridge/flat_interface")
PLACEMENT = listed("api/auth_strategy", namespace="placement.conf")
BOTH = ("nova", "openstack-placement")


def link(path: Path, target: str) -> str:
    path.symlink_to(target)
    return str(path)


def nova(*names: str) -> dict[str, list[str]]:
    return {"known": [*names], "deprecated": []}


def test_both_codes(run_module: RunModule, tmp_path: Path) -> None:
    staged = fake_venv(tmp_path / "new", DEBUG, PLACEMENT, packages=BOTH)
    running = fake_venv(tmp_path / "old", DEBUG, GONE, PLACEMENT, packages=BOTH)
    links = [link(tmp_path / "nova", running), link(tmp_path / "placement", running)]
    for check in (False, True):
        result = run_module(known_option_info, check=check, running_paths=links, staged_path=staged)
        assert result["options"] == {
            "old": {
                "nova": nova("DEFAULT/debug", "os_vif_linux_bridge/flat_interface"),
                "placement": nova("api/auth_strategy"),
            },
            "new": {"nova": nova("DEFAULT/debug"), "placement": nova("api/auth_strategy")},
        }
        assert result["changed"] is False
    assert (runs(staged), runs(running)) == (2, 2), "once per call"


def test_services_from_trees_of_their_own(run_module: RunModule, tmp_path: Path) -> None:
    staged = fake_venv(tmp_path / "new", DEBUG)
    first = fake_venv(tmp_path / "nova", DEBUG, GONE)
    second = fake_venv(tmp_path / "placement", DEBUG, PLACEMENT, packages=BOTH)
    running = [first, "/nowhere", second]
    old = run_module(known_option_info, running_paths=running, staged_path=staged)["options"]["old"]
    assert old["nova"] == nova("DEFAULT/debug", "os_vif_linux_bridge/flat_interface"), "of the first path that holds it"
    assert old["placement"] == nova("api/auth_strategy")


def test_the_staged_code_is_not_compared_with_itself(run_module: RunModule, tmp_path: Path) -> None:
    staged = fake_venv(tmp_path / "new", DEBUG)
    result = run_module(known_option_info, running_paths=[link(tmp_path / "nova", staged)], staged_path=staged)
    assert result["options"] == {"old": {}, "new": {"nova": nova("DEFAULT/debug")}}
    assert runs(staged) == 1


def test_nothing_is_staged(run_module: RunModule, tmp_path: Path) -> None:
    message = run_module(known_option_info, staged_path=str(tmp_path))["msg"]
    assert f"There is neither nova nor openstack-placement in {tmp_path}." in message
    assert "Stage the target release's code" in message


def test_a_code_that_does_not_answer(run_module: RunModule, tmp_path: Path) -> None:
    staged, broken = fake_venv(tmp_path / "new", DEBUG), fake_venv(tmp_path / "old", DEBUG, exit_code=3)
    result = run_module(known_option_info, running_paths=[broken], staged_path=staged)
    assert f"oslo-config-generator of {broken} ended with 3" in result["msg"]
    assert "options" not in result
