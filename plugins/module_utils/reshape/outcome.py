# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge a tree that was read after a reshape. Others go on working meanwhile: what they have changed since is not our loss.

Placement raises the generation of a consumer by one with every write of its allocations. A consumer whose generation is the one that
the reshape left must therefore hold exactly what was planned; any other generation means that somebody else has written since.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import Consumer, ProviderTree
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.invariant import differences, narrowed
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.request import Reshape, same


@dataclass(frozen=True)
class Outcome:
    """*lost*: clauses on what has changed and was not to. *wrong*: consumers, by UUID, that nobody else has written since, and that do
    not hold what was planned. *written*: those that others have written since. *gone*: those that hold nothing on the host any more,
    which is right only if they exist no more or have moved."""

    lost: tuple[str, ...]
    wrong: tuple[str, ...]
    written: tuple[str, ...]
    gone: tuple[Consumer, ...]


def expected(reshape: Reshape) -> Iterator[Consumer]:
    """The consumers as the reshape leaves them."""
    movers = {item.uuid for item in reshape.movers}
    for item in reshape.after.consumers:
        yield replace(item, generation=(item.generation or 0) + (item.uuid in movers))


def outcome(reshape: Reshape, now: ProviderTree) -> Outcome:
    """Compare what was planned with what is there, for the resource classes that the reshape is about."""
    there = {item.uuid: item for item in now.consumers}
    untouched: dict[str, Consumer] = {}
    written, gone = [], []
    for planned in expected(reshape):
        found = there.get(planned.uuid)
        if found is None:
            gone.append(planned)
        elif found.generation == planned.generation:
            untouched[planned.uuid] = planned
        else:
            written.append(planned.uuid)
    classes = reshape.classes
    before, after = (narrowed(tree, classes, untouched) for tree in (reshape.before, now))
    wrong = [uuid for uuid, planned in untouched.items() if not _is_as(planned, there[uuid])]
    lost = [
        *differences(before, after, reshape.allowed),
        *(f"{untouched[uuid].label} does not hold what was planned" for uuid in wrong),
        *_provider_differences(reshape, now, classes),
    ]
    return Outcome(tuple(lost), tuple(wrong), tuple(written), tuple(gone))


def is_stale(reshape: Reshape, now: ProviderTree) -> bool:
    """Whether a tree was read from a database that does not have the reshape yet."""
    if not reshape.reshapes:
        return False
    there = now.by_uuid
    return all(
        item.uuid in there and there[item.uuid].generation == item.generation for item in reshape.before.providers
    )


def _is_as(planned: Consumer, found: Consumer) -> bool:
    owners = [(item.project_id, item.user_id) for item in (planned, found)]
    return same(planned.allocations, found.allocations) and owners[0] == owners[1]


def _provider_differences(reshape: Reshape, now: ProviderTree, classes: Collection[str]) -> Iterator[str]:
    there = now.by_uuid
    for provider in reshape.after.providers:
        found = there.get(provider.uuid)
        if found is None:
            yield f"the provider {provider.name} is missing"
        elif any(found.inventories.get(name) != provider.inventories.get(name) for name in classes):
            yield f"the inventories of {provider.name} are not those that were planned"
    for provider in reshape.deletes:
        if provider.uuid in there:
            yield f"the provider {provider.name} is still there"
