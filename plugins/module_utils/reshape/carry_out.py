# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carry out the reshapes of many hosts: all are read and planned before the first is written, and each is read again in the end.

Hosts are written in batches, and each batch but the first is read and planned anew, so that what is sent is seconds old in a cloud
that goes on working. After a batch in which something went wrong, nothing more is begun.

One host is written after the other. Of two transactions at the same time the database may end one as a deadlock, and Placement (15.0.0,
16.0.0) then takes up its allocations without its inventories (objects/allocation.py, _set_allocations within objects/reshaper.py): the
answer is 409 placement.undefined_code, for an inventory that the request itself brings along.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from functools import partial

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput, StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import ProviderTree
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.means import HostResult, Means
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.proving import prove
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.vocabulary import Vocabulary
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.writing import Conflict, Unfinished, write

PAUSE = 0.2


def decide(means: Means, hosts: Collection[str]) -> list[HostResult]:
    """Read and plan; nothing is written. Raises StackrollError for the first host that cannot be.

    A plan may fail just because servers are on their way and hold something twice; then that is said, or waited for.
    """
    vocabulary = means.read_vocabulary()
    while True:
        trees = means.read(hosts, {})
        found = [_plan(means, tree, vocabulary) for tree in trees]
        results = [item for item in found if isinstance(item, HostResult)]
        changing = [item.reshape for item in results if item.reshape.changed]
        refused = [tree for tree, item in zip(trees, found) if isinstance(item, StackrollError)]
        movers = {item.before.root.name: [consumer.uuid for consumer in item.movers] for item in changing}
        if means.admit([*(item.before for item in changing), *refused], movers):
            continue
        for item in found:
            if isinstance(item, StackrollError):
                raise item
        return results


def _plan(means: Means, tree: ProviderTree, vocabulary: Vocabulary) -> HostResult | StackrollError:
    """A plan, or why there is none. Raises InvalidInput, which no time will mend."""
    try:
        return HostResult(means.decide(tree, vocabulary))
    except InvalidInput:
        raise
    except StackrollError as error:
        return error


def carry_out(means: Means, hosts: Collection[str]) -> list[HostResult]:
    """Decide, write, prove. Each host has its own error, and one that has an error is as it was, unless the error says otherwise."""
    decided = decide(means, hosts)
    found: list[HostResult] = []
    for start in range(0, len(decided), means.batch):
        batch = decided[start : start + means.batch]
        if any(result.error for result in found):
            found += [_not_begun(result) for result in batch]
        else:
            found += _carry_out(means, batch if start == 0 else _anew(means, batch))
    return found


def _carry_out(means: Means, batch: list[HostResult]) -> list[HostResult]:
    """Write and prove one batch; who was in conflict with others is planned and written again."""
    results = {result.host: result for result in batch}
    pending = [result for result in batch if result.reshape.changed and result.error is None]
    while pending:
        conflicting = [result for result in map(partial(_write, means), pending) if result]
        pending = []
        for result in conflicting:
            if result.attempts <= means.retries:
                pending += _again(means, result, results)
    prove(means, [result for result in results.values() if result.touched])
    return list(results.values())


def _anew(means: Means, batch: list[HostResult]) -> list[HostResult]:
    """Read and plan a batch as it is now; if one of its hosts cannot be, each is looked at alone."""
    try:
        return decide(means, [result.host for result in batch])
    except StackrollError:
        return [_anew_alone(means, result) for result in batch]


def _anew_alone(means: Means, result: HostResult) -> HostResult:
    try:
        return decide(means, [result.host])[0]
    except StackrollError as error:
        result.error = error
        return result


def _not_begun(result: HostResult) -> HostResult:
    if result.reshape.changed:
        result.error = StackrollError(
            f"{result.host} was not begun, because others before it failed.", "Mend those first."
        )
    return result


def _write(means: Means, result: HostResult) -> HostResult | None:
    """Write one host; the result comes back if somebody else was in the way."""
    result.attempts += 1
    try:
        means.keep_undo(result.host, result.undo)
        write(means.api, result.reshape)
    except Conflict as error:
        result.error = error
        return result
    except Unfinished as error:
        result.error, result.touched = error, True
    except StackrollError as error:
        result.error = error
    else:
        result.touched = True
    return None


def _again(means: Means, result: HostResult, results: dict[str, HostResult]) -> list[HostResult]:
    """Read and plan one host anew; nothing comes back when it cannot be, or needs nothing any more."""
    time.sleep(PAUSE)
    try:
        new = decide(means, [result.host])[0]
    except StackrollError as error:
        result.error = error
        return []
    new.attempts = result.attempts
    results[result.host] = new
    return [new] if new.reshape.changed else []
