# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The base of all nouns: frozen records that turn into plain data and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, TypeVar

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput

R = TypeVar("R", bound="Record")


@dataclass(frozen=True)
class Record:
    """Plain named values; fields that a newer writer has added are ignored when reading."""

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON-able data."""
        return {name: plain(value) for name, value in vars(self).items()}

    @classmethod
    def from_dict(cls: type[R], data: Mapping[str, Any]) -> R:
        """Read a record; what is required and absent is named."""
        values: dict[str, Any] = {}
        for item in fields(cls):
            if item.name in data:
                values[item.name] = cls.read_field(item.name, data[item.name])
            elif item.default is MISSING and item.default_factory is MISSING:
                raise InvalidInput(f"A {cls.__name__} without {item.name} was found.", "Take a new snapshot.")
        return cls(**values)

    @classmethod
    def read_field(cls, name: str, value: Any) -> Any:  # noqa: ARG003  # pylint: disable=unused-argument
        """Turn the plain value of one field into what the record holds."""
        return tuple(value) if isinstance(value, list) else value


def plain(value: Any) -> Any:
    """Records, tuples and mappings as the types that JSON has."""
    if isinstance(value, Record):
        return value.to_dict()
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    return value
