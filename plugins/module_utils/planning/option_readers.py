# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Readers of single options; each refuses what cannot be in one sentence that names the option."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.model.records import plain
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import some


def parse_moment(name: str, value: Any) -> datetime:
    """An ISO 8601 moment; without an offset it is UTC."""
    try:
        found = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    except ValueError as error:
        raise InvalidInput(f"{name} is {value!r}.", "Write it like 2026-11-22T02:00:00Z.") from error
    return found.replace(tzinfo=timezone.utc) if found.tzinfo is None else found.astimezone(timezone.utc)


def refuse_unknown(what: str, data: Mapping[str, Any], known: set[str]) -> None:
    """Refuse names that mean nothing."""
    unknown = sorted(set(data) - known)
    if unknown:
        raise InvalidInput(f"{what} has no {some(unknown)}.", f"It has {', '.join(sorted(known))}.")


def whole(least: int) -> Callable[[str, Any], int]:
    """A reader of whole numbers from the least one on."""

    def read(name: str, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise InvalidInput(f"{name} is {value!r}.", f"It must be a whole number, at least {least}.")
        return value

    return read


def limit(name: str, value: Any) -> int | str:
    """A number of hosts from 1, or a percentage from 1% to 100%."""
    text = str(value).strip()
    digits, percent = (text[:-1].strip(), True) if text.endswith("%") else (text, False)
    if isinstance(value, bool) or not digits.isascii() or not digits.isdigit() or int(digits) < 1:
        raise InvalidInput(
            f"{name} is {value!r}.", "It must be a number of hosts from 1, or a percentage from 1% to 100%."
        )
    if percent and int(digits) > 100:
        raise InvalidInput(f"{name} is {value!r}, more hosts than there are.", "A percentage goes from 1% to 100%.")
    return f"{int(digits)}%" if percent else int(digits)


def choice(*choices: str) -> Callable[[str, Any], str]:
    """A reader of one of these words."""

    def read(name: str, value: Any) -> str:
        if value not in choices:
            raise InvalidInput(f"{name} is {value!r}.", f"It must be one of {', '.join(choices)}.")
        return str(value)

    return read


def names(name: str, value: Any) -> tuple[str, ...]:
    """A list of names, each once."""
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
        raise InvalidInput(f"{name} is {plain(value)!r}.", "It must be a list of names.")
    twice = sorted(item for item, number in Counter(value).items() if number > 1)
    if twice:
        raise InvalidInput(f"{name} has {some(twice)} more than once.", "Name each once.")
    return tuple(value)


def flag(name: str, value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise InvalidInput(f"{name} is {value!r}.", "It must be true or false.")
    return value


def moment(name: str, value: Any) -> str:
    """A moment in one form."""
    return parse_moment(name, value).strftime("%Y-%m-%dT%H:%M:%SZ")
