# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read hosts again after their reshapes: what is not as it must be is undone, and fails."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import Consumer, ProviderTree
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import some
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.means import HostResult, Means
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.outcome import Outcome, is_stale, outcome
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.reading import read_trees
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.releasing import release
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.request import Reshape
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.reverting import revert

# A node of a database cluster may be behind the one that Placement writes to.
STALE_SECONDS = 10.0
PAUSE = 0.2


def prove(means: Means, results: list[HostResult]) -> None:
    """Compare each host with what was planned. Those that were lost sight of, or not finished, are undone as well."""
    if not results:
        return
    trees = _read_all(means, results)
    judged = {item.host: outcome(item.reshape, trees[item.host]) for item in results if item.host in trees}
    ours = _ours(results, judged)
    losses = _losses(means, ours, judged)
    for result in results:
        reasons = [result.error.message.rstrip(".")] if result.error else []
        if result.host in judged:
            result.written = judged[result.host].written
            reasons += [*judged[result.host].lost, *losses[result.host]]
        else:
            reasons.append("it cannot be read again")
        if reasons:
            _undo(means, result, reasons)


def _ours(results: list[HostResult], judged: Mapping[str, Outcome]) -> dict[str, list[str]]:
    """By host, the consumers that hold what the reshape has given them."""
    return {
        item.host: [
            mover.uuid
            for mover in item.reshape.movers
            if mover.uuid not in judged[item.host].written and mover not in judged[item.host].gone
        ]
        for item in results
        if item.host in judged
    }


def _losses(means: Means, ours: Mapping[str, list[str]], judged: Mapping[str, Outcome]) -> dict[str, list[str]]:
    """By host, what Nova says about servers that Placement alone cannot tell: who has lost everything, and who is elsewhere.

    A server whose build is tried on another host has its allocations deleted, which changes no generation of a provider, and begins
    again at the same generation there. If that happens right before the reshape, it takes the new allocations away.
    """
    try:
        gone = {item.uuid for item in means.still_there(item for found in judged.values() for item in found.gone)}
        since = means.since(ours)
        release(means.api, since.deleted)
    except StackrollError as error:
        return {host: [f"nobody tells where its servers are: {error.message.rstrip('.')}"] for host in judged}
    return {
        host: [
            *(f"{item.label} exists and holds nothing any more" for item in found.gone if item.uuid in gone),
            *(
                f"{uuid} is on {since.elsewhere[uuid]} since the same moment, and its allocations there are lost"
                for uuid in ours[host]
                if uuid in since.elsewhere
            ),
        ]
        for host, found in judged.items()
    }


def _read_all(means: Means, results: list[HostResult]) -> dict[str, ProviderTree]:
    """The trees after the writes, from a source that has them; without those that cannot be read."""
    known = {item.uuid: item for result in results for item in _not_named(result.reshape)}
    end = time.monotonic() + STALE_SECONDS
    while True:
        trees: dict[str, ProviderTree] = {}
        with suppress(StackrollError):
            trees = {tree.root.name: tree for tree in means.read([result.host for result in results], known)}
        behind = [item for item in results if item.host not in trees or _is_behind(item, trees[item.host])]
        if not behind:
            return trees
        if not trees or time.monotonic() > end:
            for item in behind:
                trees.pop(item.host, None)
                with suppress(StackrollError):
                    trees[item.host] = read_trees(means.api, [item.host], known)[0]
            return trees
        time.sleep(PAUSE)


def _not_named(reshape: Reshape) -> list[Consumer]:
    """The consumers that the reshape leaves alone. Of those that it has written, not even what they hold elsewhere is taken for granted."""
    movers = {item.uuid for item in reshape.movers}
    return [item for item in reshape.after.consumers if item.uuid not in movers]


def _is_behind(result: HostResult, tree: ProviderTree) -> bool:
    """Whether the tree is from before the reshape; of one that nobody knows of, nobody knows."""
    return result.error is None and is_stale(result.reshape, tree)


def _undo(means: Means, result: HostResult, reasons: list[str]) -> None:
    said = f"The reshape of {result.host} did not end as it must: {some(reasons)}."
    details = {"host": result.host, "lost": reasons}
    try:
        revert(means, result.host, result.undo, lambda tree: _to_restore(means, result, tree))
    except StackrollError as error:
        result.error = StackrollError(said, f"It could not be undone: {error}", details)
    else:
        result.undone = True
        result.error = StackrollError(said, "It was undone.", details)


def _to_restore(means: Means, result: HostResult, tree: ProviderTree) -> list[Consumer]:
    """Who gets back what it had, whatever it holds now."""
    judged = outcome(result.reshape, tree)
    lost = {*judged.wrong, *(item.uuid for item in means.still_there(judged.gone))}
    return [item for item in result.reshape.before.consumers if item.uuid in lost]
