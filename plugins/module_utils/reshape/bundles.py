# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The resource classes that go together: those that the same children offer."""

from __future__ import annotations

from ansible_collections.stackroll.nova.plugins.module_utils.reshape.layout import Assignment
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.target import Target


def bundles(target: Target, assignment: Assignment) -> list[tuple[str, ...]]:
    """All classes that are redistributed, each in one bundle.

    CPUs and memory of a server shall come from one NUMA node. What is left over on the root ties no classes together, and those that
    may be split go alone.
    """
    found: list[set[str]] = [{name} for name in sorted(target.classes)]
    after = {item.uuid: item for item in target.providers}
    for uuid in target.places[:-1]:
        offered = {
            name for name in after[uuid].inventories if name in target.classes and not assignment.may_split(name)
        }
        together: set[str] = set().union(*(bundle for bundle in found if bundle & offered))
        found = [bundle for bundle in found if not bundle & offered]
        if together:
            found.append(together)
    return [tuple(sorted(bundle)) for bundle in sorted(found, key=min)]
