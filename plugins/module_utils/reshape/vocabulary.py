# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The resource classes and traits that Placement knows, and those that have to be created first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import some

CUSTOM = "CUSTOM_"


@dataclass(frozen=True)
class Vocabulary:
    """All names that Placement knows at this moment."""

    resource_classes: frozenset[str]
    traits: frozenset[str]

    def new_classes(self, used: Iterable[str]) -> tuple[str, ...]:
        """Those of the resource classes that are to be created. Raises InvalidInput for unknown standard ones."""
        return _new("resource class", set(used) - self.resource_classes)

    def new_traits(self, used: Iterable[str]) -> tuple[str, ...]:
        """Those of the traits that are to be created. Raises InvalidInput for unknown standard ones."""
        return _new("trait", set(used) - self.traits)


def _new(what: str, unknown: Iterable[str]) -> tuple[str, ...]:
    names = sorted(unknown)
    strange = [name for name in names if not name.startswith(CUSTOM)]
    if strange:
        raise InvalidInput(
            f"Placement does not know the {what} {some(strange)}.", f"Correct the name; your own begin with {CUSTOM}."
        )
    return tuple(names)
