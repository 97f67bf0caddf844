# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Code trees: which versions lie where."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.host.code import describe, normalise, versions_in

WANTED = ["nova", "openstack-placement"]


def install(root: Path, *names: str, python: str = "python3.12") -> None:
    for name in names:
        (root / "lib" / python / "site-packages" / f"{name}.dist-info").mkdir(parents=True)


def test_a_virtual_environment(tmp_path: Path) -> None:
    install(
        tmp_path / "2026.1", "nova-33.0.2", "openstack_placement-15.0.0", "novaclient-1", "python_novaclient-18.9.0"
    )
    (tmp_path / "nova").symlink_to("2026.1")
    assert describe(str(tmp_path / "nova"), WANTED) == {
        "path": str(tmp_path / "nova"),
        "exists": True,
        "real_path": str(tmp_path / "2026.1"),
        "versions": {"nova": "33.0.2", "openstack-placement": "15.0.0"},
    }


@pytest.mark.parametrize("link", [None, "elsewhere"])
def test_nothing_there(tmp_path: Path, link: str | None) -> None:
    path = tmp_path / "nova"
    if link:
        path.symlink_to(link)
    shown = describe(str(path), WANTED)
    assert (shown["exists"], shown["versions"]) == (False, {})


@pytest.mark.parametrize("python", ["python3.9", "python3.13", "python3.13t"])
def test_any_python(tmp_path: Path, python: str) -> None:
    install(tmp_path, "nova-34.0.0.dev12", python=python)
    assert versions_in(str(tmp_path), WANTED) == {"nova": "34.0.0.dev12"}


@pytest.mark.parametrize(
    "name", ["openstack_placement-16.0.0", "openstack.placement-16.0.0", "OpenStack_Placement-16.0.0"]
)
def test_spellings_of_a_name(tmp_path: Path, name: str) -> None:
    install(tmp_path, name)
    assert versions_in(str(tmp_path), WANTED) == {"openstack-placement": "16.0.0"}


def test_strange_characters_in_a_path(tmp_path: Path) -> None:
    root = tmp_path / "open[stack]"
    install(root, "nova-33.0.2")
    assert versions_in(str(root), WANTED) == {"nova": "33.0.2"}


def test_normalise() -> None:
    assert normalise("Open-_.Stack__Placement") == "open-stack-placement"
