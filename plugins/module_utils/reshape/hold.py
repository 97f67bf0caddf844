# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Watch reshaped hosts while nova-compute reports, and undo what does not hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import Consumer, ProviderTree
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import some
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.holding import judge
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.layout import Layout
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.means import Means
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.reverting import revert
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.undo import Undo
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.vocabulary import Vocabulary
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.deadline import Deadline

Json = dict[str, Any]


@dataclass(frozen=True)
class Watch:
    """What is watched, by host, and for how long. Without *may_undo* it is only told what would be undone."""

    before: Mapping[str, ProviderTree]
    layouts: Mapping[str, Layout]
    undos: Mapping[str, Undo]
    seconds: float
    interval: float
    may_undo: bool = True


def watch(means: Means, what: Watch) -> None:
    """Look until the time is up, since every host reports at a moment of its own; what breaks is undone at once, where an undo is at hand.

    Raises StackrollError for the hosts that have not held.
    """
    vocabulary = means.read_vocabulary()
    deadline = Deadline(what.seconds, what.interval)
    holding = dict(what.before)
    told: list[tuple[str, Json]] = []
    problem: StackrollError | None = None
    while holding:
        last = deadline.expired
        try:
            for tree in means.read(list(holding), {}):
                broken = _broken(means, what, tree, vocabulary)
                if broken:
                    told.append(_end(means, what, tree.root.name, broken))
                    del holding[tree.root.name]
        except StackrollError as error:
            problem = error
        if last or problem:
            break
        deadline.pause()
    if told:
        raise _failed(told, problem)
    if problem:
        raise problem


def _failed(told: list[tuple[str, Json]], problem: StackrollError | None) -> StackrollError:
    """What did not hold, and why the others were not watched to the end."""
    sentences = [sentence for sentence, _host in told]
    if problem:
        sentences.append(f"The other hosts were not watched to the end: {problem.message}")
    return StackrollError(
        " ".join(sentences),
        "Start a nova-compute that reports this shape itself, then reshape again.",
        {"hosts": [host for _sentence, host in told], "changed": any(host["undone"] for _sentence, host in told)},
    )


def _broken(means: Means, what: Watch, tree: ProviderTree, vocabulary: Vocabulary) -> list[str]:
    """What does not hold on a host."""
    host = tree.root.name
    undo = what.undos.get(host)
    movers = None if undo is None else {item.key[0] for item in undo.holdings}
    held = judge(what.before[host], tree, what.layouts.get(host), vocabulary, movers)
    lost = means.still_there(held.gone)
    return [*held.broken, *(f"{item.label} exists and holds nothing any more" for item in lost)]


def _end(means: Means, what: Watch, host: str, broken: list[str]) -> tuple[str, Json]:
    """Undo one host if that can be: a sentence on what did not hold and on what it is like now, and the same as data."""
    undone = False
    if host not in what.undos:
        ending = "It was not undone, because there is no undo of it."
    elif not what.may_undo:
        ending = "It would be undone."
    else:
        try:
            revert(means, host, what.undos[host], lambda tree: _to_restore(means, what.before[host], tree))
        except StackrollError as error:
            ending = f"It could not be undone: {error}"
        else:
            undone, ending = True, "It was undone."
    said = f"{host} does not keep its shape under its nova-compute: {some(broken)}. {ending}"
    return said, {"host": host, "broken": broken, "undone": undone}


def _to_restore(means: Means, before: ProviderTree, tree: ProviderTree) -> Iterable[Consumer]:
    """Who has lost everything gets it back."""
    there = {item.uuid for item in tree.consumers}
    return means.still_there(item for item in before.consumers if item.uuid not in there)
