# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which options a code tree has lost, told apart from those that nobody lists."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.host import option_names
from ansible_collections.stackroll.nova.plugins.module_utils.host.option_names import Verdict
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_validator import fake_venv

NAMES = [
    ("DEFAULT", "debug"),
    ("DEFAULT", "enabled_apis"),
    ("neutron", "auth_type"),
    ("neutron", "application_credential_id"),
    ("privsep_osbrick", "helper_command"),
]
UNKNOWN = frozenset(("DEFAULT/enabled_apis", "neutron/application_credential_id", "privsep_osbrick/helper_command"))


def test_what_the_validator_logs() -> None:
    verdict = option_names.parse(
        "WARNING:stevedore.named:Could not load osprofiler\n"
        "ERROR:root:DEFAULT/enabled_apis is not part of the sample config\n"
        "ERROR:oslo_config.validator:my section/a-b is not part of the sample config\n"
        "WARNING:oslo_config.validator:Deprecated opt ironic/partition_key found\n"
        'INFO:oslo_config.validator:Ignoring missing option "x" from group "keystone_authtoken" because the group is known\n'
    )
    assert verdict.unknown == {"DEFAULT/enabled_apis", "my section/a-b"}
    assert verdict.deprecated == {"ironic/partition_key"}


def test_namespaces_are_those_of_the_package_and_what_it_requires(tmp_path: Path) -> None:
    assert option_names.namespaces(fake_venv(tmp_path / "v"), "nova") == ["nova.conf", "oslo.log"]
    assert option_names.namespaces(str(tmp_path / "v"), "openstack-placement") == []
    assert option_names.namespaces("/nowhere", "nova") == []


def test_the_running_code_decides_what_has_been_removed() -> None:
    running = Verdict(UNKNOWN - {"privsep_osbrick/helper_command"}, frozenset())
    assert option_names.removed(NAMES, Verdict(UNKNOWN, frozenset()), running) == ["privsep_osbrick/helper_command"]
    assert option_names.removed(NAMES, running, Verdict(UNKNOWN, frozenset())) == []


def test_without_the_running_code_sections_made_at_run_time_are_left_out() -> None:
    assert option_names.removed(NAMES, Verdict(UNKNOWN, frozenset()), None) == ["DEFAULT/enabled_apis"]


def test_left_over() -> None:
    assert option_names.left_over(["b/b", "a/a", "c/c"], ["b/b"]) == ["a/a", "c/c"]


def test_the_validator_is_asked_with_names_only(tmp_path: Path) -> None:
    root = fake_venv(tmp_path / "v", ["DEFAULT/debug", "neutron/auth_type"], ["DEFAULT/enabled_apis"])
    verdict = option_names.validate(root, "nova", NAMES, 20)
    assert verdict.unknown == UNKNOWN - {"DEFAULT/enabled_apis"}
    assert verdict.deprecated == {"DEFAULT/enabled_apis"}


def test_nothing_is_unknown(tmp_path: Path) -> None:
    root = fake_venv(tmp_path / "v", [f"{section}/{option}" for section, option in NAMES])
    assert option_names.validate(root, "nova", NAMES, 20) == Verdict(frozenset(), frozenset())


@pytest.mark.parametrize("exit_code", [1, 2, "Traceback"])
def test_a_validator_that_breaks_is_no_success(tmp_path: Path, exit_code: int | str) -> None:
    root = fake_venv(tmp_path / "v", [f"{section}/{option}" for section, option in NAMES], exit_code=exit_code)
    with pytest.raises(StackrollError, match="ended with"):
        option_names.validate(root, "nova", NAMES, 20)


def test_a_tree_without_the_package(tmp_path: Path) -> None:
    with pytest.raises(StackrollError, match=f"There is no openstack-placement in {tmp_path}/v"):
        option_names.validate(fake_venv(tmp_path / "v"), "openstack-placement", NAMES, 20)


def test_a_tree_without_a_validator(tmp_path: Path) -> None:
    root = fake_venv(tmp_path / "v")
    (Path(root) / "bin/python3").unlink()
    with pytest.raises(StackrollError, match="python3 does not exist"):
        option_names.validate(root, "nova", NAMES, 20)
