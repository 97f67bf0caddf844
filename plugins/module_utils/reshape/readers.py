# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Readers of the parts of a layout; each refuses what cannot be in one sentence that names the part."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import MAX_INT
from ansible_collections.stackroll.nova.plugins.module_utils.model.records import plain
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import some

# Of one resource class: total, and what else an inventory has; what is not named is taken over from where the class is now.
Wanted = Mapping[str, float]

LEAST = {"total": 0, "reserved": 0, "min_unit": 1, "max_unit": 1, "step_size": 1}
RATIO = "allocation_ratio"
# What Placement takes for resource classes and traits (placement.schemas.resource_class, placement.schemas.trait), and for names.
SYMBOL = re.compile(r"[A-Z0-9_]{1,255}")
MOST_CHARACTERS = 200


def mapping(what: str, value: Any) -> Mapping[str, Any]:
    """A dictionary; nothing is an empty one."""
    if value is None:
        return {}
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise InvalidInput(f"{what} is {plain(value)!r}.", "It must be a dictionary.")
    return value


def items(what: str, value: Any) -> tuple[Any, ...]:
    """A list; nothing is an empty one."""
    if value is None:
        return ()
    if not isinstance(value, (list, tuple)):
        raise InvalidInput(f"{what} is {plain(value)!r}.", "It must be a list.")
    return tuple(value)


def refuse_unknown(what: str, data: Mapping[str, Any], known: Collection[str]) -> None:
    """Refuse names that mean nothing."""
    unknown = sorted(set(data) - set(known))
    if unknown:
        raise InvalidInput(f"{what} has no {some(unknown)}.", f"It has {', '.join(sorted(known))}.")


def refuse_doubled(what: str, names: Iterable[str]) -> None:
    """Refuse names that occur twice."""
    twice = sorted(name for name, number in Counter(names).items() if number > 1)
    if twice:
        raise InvalidInput(f"{what} has {some(twice)} more than once.", "Name each once.")


def text(what: str, value: Any) -> str:
    """A name of a provider or a consumer."""
    if not isinstance(value, str) or not 0 < len(value) <= MOST_CHARACTERS:
        raise InvalidInput(f"{what} is {value!r}.", f"It must be a name of 1 to {MOST_CHARACTERS} characters.")
    return value


def symbol(what: str, value: Any) -> str:
    """A resource class or a trait."""
    if not isinstance(value, str) or not SYMBOL.fullmatch(value):
        raise InvalidInput(f"{what} is {value!r}.", "It must be made of A to Z, 0 to 9 and _.")
    return value


def uuid(what: str, value: Any) -> str:
    """A UUID, in the form Placement uses."""
    try:
        return str(UUID(str(value)))
    except ValueError as error:
        raise InvalidInput(f"{what} is {value!r}.", "It must be a UUID.") from error


def several(read: Callable[[str, Any], str]) -> Callable[[str, Any], tuple[str, ...]]:
    """A reader of lists, each item once."""

    def read_all(what: str, value: Any) -> tuple[str, ...]:
        found = tuple(read(f"an item of {what}", item) for item in items(what, value))
        refuse_doubled(what, found)
        return found

    return read_all


def amount(what: str, value: Any, least: int = 1) -> int:
    """A whole number that Placement can store."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= MAX_INT:
        raise InvalidInput(f"{what} is {value!r}.", f"It must be a whole number, at least {least}, at most {MAX_INT}.")
    return value


def amounts(what: str, value: Any, least: int = 1) -> dict[str, int]:
    """Amounts by resource class."""
    return {
        symbol(f"a resource class of {what}", name): amount(f"{what}.{name}", item, least)
        for name, item in mapping(what, value).items()
    }


def wanted(what: str, value: Any) -> dict[str, Wanted]:
    """Inventories by resource class; a number alone is the total."""
    return {
        symbol(f"a resource class of {what}", name): _wanted(f"{what}.{name}", item)
        for name, item in mapping(what, value).items()
    }


def _wanted(what: str, value: Any) -> Wanted:
    if not isinstance(value, Mapping):
        return {"total": amount(what, value, 0)}
    refuse_unknown(what, value, (*LEAST, RATIO))
    if "total" not in value:
        raise InvalidInput(f"{what} has no total.", "Say how much of the resource class there is.")
    found: dict[str, float] = {
        name: amount(f"{what}.{name}", value[name], least) for name, least in LEAST.items() if name in value
    }
    if RATIO in value:
        found[RATIO] = _ratio(f"{what}.{RATIO}", value[RATIO])
    if found.get("reserved", 0) > found["total"]:
        raise InvalidInput(f"{what} reserves more than its total.", "Reserve at most the total.")
    return found


def _ratio(what: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < MAX_INT:
        raise InvalidInput(f"{what} is {value!r}.", "It must be a number above 0.")
    # Placement's column is a FLOAT, of which MySQL shows six digits: what is read back shall be what was sent.
    return float(f"{value:.6g}")
