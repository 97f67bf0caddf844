# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The release table."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.stackroll.nova.plugins.module_utils.model.release import RELEASES, Release, UnknownRelease


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("2026.2", "2026.2"),
        (2026.2, "2026.2"),
        (" Hibiscus ", "2026.2"),
        ("34", "2026.2"),
        (34, "2026.2"),
        ("34.0.0", "2026.2"),
        ("33.0.2", "2026.1"),
        ("gazpacho", "2026.1"),
        ("2023.1", "2023.1"),
        ("Yoga", "yoga"),
        ("15", "ocata"),
        ("25.3.0", "yoga"),
    ],
)
def test_parse(value: str | float, name: str) -> None:
    assert Release.parse(value).name == name


@pytest.mark.parametrize("value", ["", "2026", "2026.3", "newton", "14", 3.4, "latest", "None"])
def test_an_unknown_release_is_refused_in_one_sentence_with_the_known_ones(value: str | float) -> None:
    with pytest.raises(UnknownRelease) as refusal:
        Release.parse(value)
    assert str(refusal.value) == (
        f"{value!r} is not an OpenStack release known to this collection. Use one of ocata (Nova 15) to 2026.2 (hibiscus, Nova"
        " 34), by name, code name or Nova version."
    )


@given(st.sampled_from(RELEASES))
def test_every_name_leads_back_to_the_release(release: Release) -> None:
    for value in (release.name, release.codename, release.nova, f"{release.nova}.0.1"):
        assert Release.parse(value) is release
    assert release.placement == (release.nova - 18 if release.nova > 18 else None)
    assert release in Release.with_service_version(release.service_version)


def test_the_numbers_of_this_year() -> None:
    old, new = Release.parse("2026.1"), Release.parse("2026.2")
    assert (old.nova, old.placement, old.service_version, old.oldest_supported_service_version) == (33, 15, 72, 68)
    assert (new.nova, new.placement, new.service_version, new.oldest_supported_service_version) == (34, 16, 74, 72)
    assert (old.slurp, new.slurp, new.year, new.number) == (True, False, 2026, 2)


def test_releases_that_are_named_by_a_word() -> None:
    rocky, stein = Release.parse("rocky"), Release.parse("stein")
    assert (rocky.placement, rocky.year, rocky.number, rocky.slurp) == (None, None, None, False)
    assert stein.to_dict() == {
        "name": "stein",
        "codename": "stein",
        "nova": 19,
        "placement": 1,
        "service_version": 37,
        "oldest_supported_service_version": 0,
        "slurp": False,
    }


@pytest.mark.parametrize(
    ("name", "oldest"),
    [
        ("ocata", 0),
        ("victoria", 0),
        ("wallaby", 52),
        ("xena", 54),
        ("yoga", 57),
        ("zed", 61),
        ("2023.1", 61),
        ("2023.2", 66),
        ("2024.1", 66),
        ("2024.2", 66),
        ("2025.1", 66),
        ("2025.2", 68),
        ("2026.1", 68),
        ("2026.2", 72),
    ],
)
def test_the_oldest_computes_are_those_of_novas_own_table(name: str, oldest: int) -> None:
    assert Release.parse(name).oldest_supported_service_version == oldest


def test_the_table_grows_in_order() -> None:
    for older, newer in zip(RELEASES, RELEASES[1:]):
        assert newer.nova == older.nova + 1
        assert newer.service_version >= older.service_version
        assert older.service_version >= newer.oldest_supported_service_version


@pytest.mark.parametrize(
    ("target", "sources"),
    [
        ("2026.2", ["2026.1"]),
        ("2026.1", ["2025.2", "2025.1"]),
        ("2025.2", ["2025.1"]),
        ("2023.1", ["zed", "yoga"]),
        ("zed", ["yoga"]),
        ("yoga", ["xena"]),
        ("ocata", []),
    ],
)
def test_supported_sources(target: str, sources: list[str]) -> None:
    assert [release.name for release in Release.parse(target).sources] == sources


def test_neighbours_can_share_a_service_version() -> None:
    assert [release.name for release in Release.with_service_version(66)] == ["2023.1", "2023.2"]
    assert Release.with_service_version(73) == ()
