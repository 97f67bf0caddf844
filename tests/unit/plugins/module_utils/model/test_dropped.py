# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of what releases have dropped."""

from __future__ import annotations

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.model import dropped
from ansible_collections.stackroll.nova.plugins.module_utils.model.release import RELEASES, Release


@pytest.mark.parametrize(
    ("target", "libvirt", "qemu"),
    [
        ("2023.1", ("6.0.0", "7.0.0"), ("4.2.0", "5.2.0")),
        ("2023.2", ("7.0.0", "8.0.0"), ("5.2.0", "6.2.0")),
        ("2024.2", ("7.0.0", "8.0.0"), ("5.2.0", "6.2.0")),
        ("2025.1", ("8.0.0", "10.0.0"), ("6.2.0", "8.2.2")),
        ("2026.2", ("8.0.0", "10.0.0"), ("6.2.0", "8.2.2")),
    ],
)
def test_minimums(target: str, libvirt: tuple[str, str], qemu: tuple[str, str]) -> None:
    for table, expected in ((dropped.LIBVIRT, libvirt), (dropped.QEMU, qemu)):
        found = dropped.minimum(table, Release.parse(target))
        assert (dropped.dotted(found.needed), dropped.dotted(found.announced)) == expected


@pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.name)
def test_every_release_has_minimums_and_a_way_to_start_each_api(release: Release) -> None:
    for table in (dropped.LIBVIRT, dropped.QEMU):
        found = dropped.minimum(table, release)
        assert found.needed < found.announced
    for entry in dropped.ENTRY_POINTS.values():
        assert entry.exists_in(release) or dropped.ENTRY_POINTS[entry.instead].exists_in(release)


@pytest.mark.parametrize(
    ("text", "version"), [("7.2.22", (7, 2, 22)), ("10.0", (10, 0, 0)), ("8.2.2.1", (8, 2, 2)), ("9", (9, 0, 0))]
)
def test_versions(text: str, version: tuple[int, ...]) -> None:
    assert dropped.parse_version(text) == version


@pytest.mark.parametrize("version", [(7, 2, 22), (10, 0, 0), (9, 999, 1)])
def test_numbers(version: tuple[int, int, int]) -> None:
    major, minor, micro = version
    assert dropped.from_number(major * 1000000 + minor * 1000 + micro) == version


def test_vif_types() -> None:
    assert "bridge" not in dropped.vif_types_dropped(Release.parse("2026.1"))
    assert "bridge" in dropped.vif_types_dropped(Release.parse("2026.2"))
