# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The microversions each release needs, as in the first tag of its series."""

from __future__ import annotations

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.model.release import RELEASES, Release
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.minimums import (
    cinder_microversion,
    oldest_computes,
    placement_microversion,
)

PLACEMENT = {
    "ocata": (1, 0),
    "pike": (1, 10),
    "queens": (1, 17),
    "rocky": (1, 28),
    "stein": (1, 30),
    "train": (1, 32),
    "ussuri": (1, 35),
    "victoria": (1, 35),
    "wallaby": (1, 35),
    "xena": (1, 36),
}


@pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.name)
def test_placement(release: Release) -> None:
    assert placement_microversion(release) == PLACEMENT.get(release.name, (1, 36))


@pytest.mark.parametrize(
    ("name", "version"), [("stein", (0, 0)), ("train", (3, 44)), ("zed", (3, 44)), ("2026.2", (3, 44))]
)
def test_cinder(name: str, version: tuple[int, int]) -> None:
    assert cinder_microversion(Release.parse(name)) == version


@pytest.mark.parametrize(
    ("name", "oldest"),
    [
        ("wallaby", "victoria"),
        ("xena", "wallaby"),
        ("yoga", "xena"),
        ("zed", "yoga"),
        ("2023.1", "yoga"),
        ("2023.2", "2023.1"),
        ("2024.1", "2023.1"),
        ("2024.2", "2024.1"),
        ("2025.1", "2024.1"),
        ("2025.2", "2025.1"),
        ("2026.1", "2025.1"),
        ("2026.2", "2026.1"),
    ],
)
def test_the_oldest_computes_as_nova_names_them(name: str, oldest: str) -> None:
    assert oldest_computes(Release.parse(name)).name == oldest
