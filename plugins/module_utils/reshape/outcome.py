# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge a tree that was read after a reshape. Others go on working meanwhile: what they have changed since is not our loss.

Placement raises the generation of a consumer by one with every write of its allocations. A consumer whose generation is the one that
the reshape left must therefore hold exactly what was planned; any other generation means that somebody else has written since.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import Consumer, ProviderTree
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.invariant import differences
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.request import Reshape, same


@dataclass(frozen=True)
class Outcome:
    """*lost*: clauses on what has changed and was not to. *written*: consumers, by UUID, that others have written since; *gone*: those
    that hold nothing on the host any more, which is right only if they exist no more or have moved."""

    lost: tuple[str, ...]
    written: tuple[str, ...]
    gone: tuple[Consumer, ...]


def expected(reshape: Reshape) -> Iterator[Consumer]:
    """The consumers as the reshape leaves them."""
    movers = {item.uuid for item in reshape.movers}
    for item in reshape.after.consumers:
        yield replace(item, generation=(item.generation or 0) + (item.uuid in movers))


def outcome(reshape: Reshape, now: ProviderTree) -> Outcome:
    """Compare what was planned with what is there."""
    there = {item.uuid: item for item in now.consumers}
    untouched, written, gone = [], [], []
    for planned in expected(reshape):
        found = there.get(planned.uuid)
        if found is None:
            gone.append(planned)
        elif found.generation == planned.generation:
            untouched.append(planned)
        else:
            written.append(planned.uuid)
    kept = {item.uuid for item in untouched}
    before = replace(reshape.before, consumers=tuple(item for item in reshape.before.consumers if item.uuid in kept))
    after = replace(now, consumers=tuple(item for item in now.consumers if item.uuid in kept))
    lost = [*differences(before, after, reshape.allowed), *_elsewhere(untouched, there), *_missing(reshape, now)]
    return Outcome(tuple(lost), tuple(written), tuple(gone))


def is_stale(reshape: Reshape, now: ProviderTree) -> bool:
    """Whether a tree was read from a database that does not have the reshape yet."""
    if not reshape.reshapes:
        return False
    there = now.by_uuid
    return all(
        item.uuid in there and there[item.uuid].generation == item.generation for item in reshape.before.providers
    )


def _elsewhere(planned: list[Consumer], there: dict[str, Consumer]) -> Iterator[str]:
    for item in planned:
        if not same(item.allocations, there[item.uuid].allocations):
            yield f"{item.label} does not hold what was planned"


def _missing(reshape: Reshape, now: ProviderTree) -> Iterator[str]:
    there = now.by_uuid
    for provider in reshape.after.providers:
        found = there.get(provider.uuid)
        if found is None:
            yield f"the provider {provider.name} is missing"
        elif reshape.reshapes and found.inventories != provider.inventories:
            yield f"the inventories of {provider.name} are not those that were planned"
