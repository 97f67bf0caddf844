# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What flavors say about hosts, read once for all servers that share a flavor."""

from __future__ import annotations

import re

from ansible_collections.stackroll.nova.plugins.module_utils.model.server import Flavor
from ansible_collections.stackroll.nova.plugins.module_utils.planning.aggregates import asked_keys

TRAIT = re.compile(r"^trait[a-zA-Z0-9_-]*:(.+)$")
REQUIRED, FORBIDDEN = "required", "forbidden"


class SpecView:
    """What a flavor says about hosts: traits by wish, and metadata of aggregates."""

    __slots__ = ("asked", "forbidden", "key", "required")

    def __init__(self, flavor: Flavor, known: frozenset[str]) -> None:
        wishes: dict[str, set[str]] = {REQUIRED: set(), FORBIDDEN: set()}
        for name, value in flavor.extra_specs.items():
            match = TRAIT.match(name)
            if match and value in wishes:
                wishes[value].add(match.group(1))
        self.required, self.forbidden = frozenset(wishes[REQUIRED]), frozenset(wishes[FORBIDDEN])
        self.asked = tuple(asked_keys(flavor.extra_specs, known))
        self.key = (flavor.name, tuple(sorted(flavor.extra_specs.items())))


class Specs:
    """Remembers views of flavors by their extra specs, which most servers share."""

    def __init__(self, known: frozenset[str]) -> None:
        self._known = known
        self._views: dict[tuple[str, tuple[tuple[str, str], ...]], SpecView] = {}

    @property
    def traits(self) -> frozenset[str]:
        """All traits that some flavor speaks of."""
        return frozenset(trait for view in self._views.values() for trait in view.required | view.forbidden)

    def of(self, flavor: Flavor) -> SpecView:
        """The view of a flavor."""
        key = (flavor.name, tuple(sorted(flavor.extra_specs.items())) if flavor.extra_specs else ())
        view = self._views.get(key)
        if view is None:
            view = self._views[key] = SpecView(flavor, self._known)
        return view
