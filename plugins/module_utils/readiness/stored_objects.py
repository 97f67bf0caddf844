# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which stored objects a code cannot read. Pure.

A code reads an object of the same major and of no newer minor version than its own (oslo.versionedobjects, obj_class_from_name); there is
no translation of what comes from a database.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.readiness.object_versions import STORED


def unreadable(written: Mapping[str, str], readable: Mapping[str, str]) -> dict[str, str]:
    """The versions of stored objects, by name, that a code with the objects *written* leaves and one with *readable* cannot read.

    Both map a name to a version, with or without a fingerprint behind it.
    """
    versions = {name: text.partition("-")[0] for name, text in written.items() if name in STORED}
    return {name: version for name, version in versions.items() if not can_read(readable.get(name), version)}


def can_read(own: str | None, stored: str) -> bool:
    """Whether a code whose object has this version reads one that was stored with that."""
    if own is None:
        return False
    major, minor = _numbers(own.partition("-")[0])
    stored_major, stored_minor = _numbers(stored)
    return major == stored_major and minor >= stored_minor


def held(text: str, versions: Mapping[str, str]) -> list[str]:
    """Those of these objects that a stored JSON holds, such as ``ImageMetaProps 1.44``, in order; of one that is no JSON, all."""
    try:
        primitive = json.loads(text)
    except ValueError:
        return [f"{name} {version}" for name, version in sorted(versions.items())]
    return sorted({f"{name} {version}" for name, version in _objects(primitive) if versions.get(name) == version})


def _objects(primitive: Any) -> Iterator[tuple[str, str]]:
    if isinstance(primitive, dict):
        if "nova_object.name" in primitive:
            yield str(primitive["nova_object.name"]), str(primitive.get("nova_object.version"))
        for value in primitive.values():
            yield from _objects(value)
    elif isinstance(primitive, list):
        for value in primitive:
            yield from _objects(value)


def _numbers(version: str) -> tuple[int, int]:
    major, _dot, minor = version.partition(".")
    return int(major), int(minor or 0)
