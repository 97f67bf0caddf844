# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which stored objects an older code cannot read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.stackroll.nova.plugins.module_utils.readiness.stored_objects import can_read, held, unreadable

NEW = {
    "ImageMetaProps": "1.44-fd4f",
    "ShareMappingList": "1.1-aa",
    "Instance": "2.8-cc",
    "Flavor": "1.2-dd",
    "Resource": "1.0-ee",
}
OLD = {"ImageMetaProps": "1.42-e2e8", "ShareMappingList": "1.0-bb", "Instance": "2.8-cc", "Flavor": "1.3-ff"}


def primitive(name: str, version: str, **data: Any) -> dict[str, Any]:
    """An object as Nova stores it."""
    return {
        "nova_object.name": name,
        "nova_object.namespace": "nova",
        "nova_object.version": version,
        "nova_object.data": data,
    }


def test_what_differs_and_is_stored_and_newer() -> None:
    # A share mapping list is never stored; a flavor is older than what can be read; of a resource the older code knows nothing.
    assert unreadable(NEW, OLD) == {"ImageMetaProps": "1.44", "Resource": "1.0"}
    assert unreadable(OLD, NEW) == {"Flavor": "1.3"}
    assert unreadable(NEW, NEW) == {}


@pytest.mark.parametrize(
    ("own", "stored", "reads"),
    [
        ("1.42-e2e8", "1.42", True),
        ("1.42", "1.9", True),
        ("1.9", "1.42", False),
        ("1.42", "1.44", False),
        ("2.0", "1.44", False),
        ("1.44", "2.0", False),
        (None, "1.0", False),
    ],
)
def test_a_code_reads_its_own_version_and_older_minor_ones(own: str | None, stored: str, reads: bool) -> None:
    assert can_read(own, stored) is reads


@given(st.integers(0, 60), st.integers(0, 60))
def test_of_two_minor_versions_the_newer_reads_both(one: int, other: int) -> None:
    assert can_read(f"1.{max(one, other)}-x", f"1.{min(one, other)}")
    assert can_read(f"1.{min(one, other)}-x", f"1.{max(one, other)}") == (one == other)


def test_objects_are_found_however_deep_they_lie() -> None:
    image = primitive("ImageMeta", "1.8", properties=primitive("ImageMetaProps", "1.44"))
    spec = primitive("RequestSpec", "1.14", image=image, requested_resources=[primitive("Resource", "1.0")])
    assert held(json.dumps(spec), {"ImageMetaProps": "1.44", "Resource": "1.0"}) == [
        "ImageMetaProps 1.44",
        "Resource 1.0",
    ]


def test_a_version_that_belongs_to_another_object_does_not_count() -> None:
    spec = primitive("RequestSpec", "1.44", image=primitive("ImageMetaProps", "1.42"))
    assert held(json.dumps(spec), {"ImageMetaProps": "1.44"}) == []


def test_what_cannot_be_read_here_may_hold_anything() -> None:
    assert held('{"ImageMetaProps" 1.44', {"ImageMetaProps": "1.44"}) == ["ImageMetaProps 1.44"]
