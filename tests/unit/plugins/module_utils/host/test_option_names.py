# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that the services of a code tree know, with all names that they take."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.host.option_names import known_options, namespaces
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_generator import fake_venv, listed, runs

DEBUG = listed("DEFAULT/debug", namespace="oslo.log")
BOTH = ("nova", "openstack-placement")


def test_namespaces_are_those_of_the_package_and_what_it_requires(tmp_path: Path) -> None:
    assert namespaces(fake_venv(tmp_path / "v"), "nova") == ["nova.conf", "oslo.log"]
    assert namespaces(str(tmp_path / "v"), "openstack-placement") == []
    assert namespaces("/nowhere", "nova") == []


def test_options_by_service_in_one_run(tmp_path: Path) -> None:
    placement = listed("api/auth_strategy", namespace="placement.conf")
    root = fake_venv(tmp_path / "v", DEBUG, listed("libvirt/cpu_mode"), placement, packages=BOTH)
    assert known_options(root, 20) == {
        "nova": {"known": ["DEFAULT/debug", "libvirt/cpu_mode"], "deprecated": []},
        "placement": {"known": ["DEFAULT/debug", "api/auth_strategy"], "deprecated": []},
    }
    assert runs(root) == 1


@pytest.mark.parametrize(
    ("option", "known", "deprecated"),
    [
        (listed("glance/max-retries"), ["glance/max-retries", "glance/max_retries"], []),
        (listed("glance/a", dest="b"), ["glance/a", "glance/b"], []),
        (listed("pci/alias", "DEFAULT/pci_alias"), ["DEFAULT/pci_alias", "pci/alias"], ["DEFAULT/pci_alias"]),
        (
            listed("glance/a-b", "DEFAULT/a-b"),
            ["DEFAULT/a-b", "DEFAULT/a_b", "glance/a-b", "glance/a_b"],
            ["DEFAULT/a-b", "DEFAULT/a_b"],
        ),
    ],
)
def test_all_names_that_an_option_is_taken_by(
    tmp_path: Path, option: tuple[str, dict[str, str]], known: list[str], deprecated: list[str]
) -> None:
    root = fake_venv(tmp_path / "v", option)
    assert known_options(root, 20) == {"nova": {"known": known, "deprecated": deprecated}}


@pytest.mark.parametrize("exit_code", [1, "Traceback"])
def test_a_generator_that_breaks(tmp_path: Path, exit_code: int | str) -> None:
    root = fake_venv(tmp_path / "v", DEBUG, exit_code=exit_code)
    with pytest.raises(StackrollError, match=f"oslo-config-generator of {root} ended with 1"):
        known_options(root, 20)


def test_a_service_without_options_has_not_been_listed(tmp_path: Path) -> None:
    root = fake_venv(tmp_path / "v", listed("DEFAULT/host"), packages=BOTH)
    with pytest.raises(StackrollError, match="lists no options of placement"):
        known_options(root, 20)


def test_a_tree_without_services_or_without_a_generator(tmp_path: Path) -> None:
    assert known_options(fake_venv(tmp_path / "other", packages=()), 20) == known_options("/nowhere", 20) == {}
    root = fake_venv(tmp_path / "v", DEBUG)
    Path(root, "bin/python3").unlink()
    with pytest.raises(StackrollError, match="python3 does not exist"):
        known_options(root, 20)
