# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carry out the reshapes of many hosts: all are read and planned before the first is written, and each is read again in the end.

Hosts are written in batches, and each batch but the first is read and planned anew, so that what is sent is seconds old in a cloud
that goes on working. After a batch in which something went wrong, nothing more is begun.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from ansible_collections.stackroll.nova.plugins.module_utils.api.placement import PlacementApi
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import Consumer, ProviderTree
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import some
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.outcome import Outcome, expected, is_stale, outcome
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.request import Reshape
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.undo import Undo, undo_of
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.undoing import plan_undo
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.vocabulary import Vocabulary
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.writing import Conflict, write

# The names of hosts, and consumers that are known already, by UUID (see reading.read_trees).
ReadTrees = Callable[[Collection[str], Mapping[str, Consumer]], list[ProviderTree]]
# A node of a database cluster may be behind the one that Placement writes to.
STALE_SECONDS = 10.0
PAUSE = 0.2
BATCH = 32


@dataclass(frozen=True)
class Means:
    """What carrying out needs of the world.

    *read*: the trees of hosts. *decide*: the reshape of a tree. *admit*: refuses hosts that must not be reshaped now. *keep_undo*:
    called before the first write to a host. *still_there*: those of the consumers that exist and hold nothing on their host any more.
    """

    api: PlacementApi
    read: ReadTrees
    read_vocabulary: Callable[[], Vocabulary]
    decide: Callable[[ProviderTree, Vocabulary], Reshape]
    admit: Callable[[list[ProviderTree]], None]
    keep_undo: Callable[[str, Undo], None]
    still_there: Callable[[Iterable[Consumer]], list[Consumer]]
    retries: int = 5
    batch: int = BATCH


@dataclass
class HostResult:
    """What became of one host; *written* are consumers that others have written since."""

    reshape: Reshape
    attempts: int = 0
    written: tuple[str, ...] = ()
    error: StackrollError | None = None
    undone: bool = False
    undo: Undo = field(init=False)

    def __post_init__(self) -> None:
        self.undo = undo_of(self.reshape)

    @property
    def host(self) -> str:
        """The name of the host."""
        return self.reshape.before.root.name

    @property
    def changed(self) -> bool:
        """Whether the host was changed, or would be."""
        return self.reshape.changed and self.error is None


def decide(means: Means, hosts: Collection[str]) -> list[HostResult]:
    """Read and plan; nothing is written. Raises StackrollError for the first host that cannot be."""
    vocabulary = means.read_vocabulary()
    trees = means.read(hosts, {})
    results = [HostResult(means.decide(tree, vocabulary)) for tree in trees]
    means.admit([result.reshape.before for result in results if result.reshape.changed])
    return results


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
    written: list[HostResult] = []
    while pending:
        conflicting = [result for result in means.api.map(lambda item: _write(means, item), pending) if result]
        written += [item for item in pending if item.error is None]
        pending = []
        for result in conflicting:
            if result.attempts <= means.retries:
                pending += _again(means, result, results)
    _prove(means, written)
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
    except StackrollError as error:
        result.error = error
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


def _prove(means: Means, results: list[HostResult]) -> None:
    """Read all again and compare; what is not as it must be is undone and failed."""
    if not results:
        return
    now = _read_again(means, results)
    for result in results:
        tree = now.get(result.host)
        if tree is None:
            result.error = StackrollError(
                f"{result.host} cannot be read after its reshape.", "Look at it in Placement."
            )
            continue
        judged = outcome(result.reshape, tree)
        result.written = judged.written
        lost = [*judged.lost, *_lost_consumers(means, judged)]
        if lost:
            _undo(means, result, tree, lost)


def _lost_consumers(means: Means, judged: Outcome) -> list[str]:
    return [f"{item.label} exists and holds nothing any more" for item in means.still_there(judged.gone)]


def _read_again(means: Means, results: list[HostResult]) -> Mapping[str, ProviderTree]:
    """The trees after the writes, from a source that has them."""
    end = time.monotonic() + STALE_SECONDS
    known = {item.uuid: item for result in results for item in expected(result.reshape)}
    while True:
        trees = {tree.root.name: tree for tree in means.read([result.host for result in results], known)}
        behind = [item for item in results if item.host in trees and is_stale(item.reshape, trees[item.host])]
        if not behind:
            return trees
        if time.monotonic() > end:
            for item in behind:
                del trees[item.host]
            return trees
        time.sleep(PAUSE)


def _undo(means: Means, result: HostResult, now: ProviderTree, lost: list[str]) -> None:
    said = f"The reshape of {result.host} did not end as it must: {some(lost)}."
    details = {"host": result.host, "lost": lost}
    try:
        write(means.api, plan_undo(now, result.undo, means.read_vocabulary(), mend=True))
    except StackrollError as error:
        result.error = StackrollError(said, f"It could not be undone: {error}", details)
    else:
        result.undone = True
        result.error = StackrollError(said, "It was undone.", details)
