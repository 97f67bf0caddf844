# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Watch reshaped hosts while nova-compute reports, and undo what does not hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import ProviderTree
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import some
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.holding import judge
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.layout import Layout
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.means import Means
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.undo import Undo
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.undoing import plan_undo
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.writing import write
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.deadline import Deadline


@dataclass(frozen=True)
class Watch:
    """What is watched, by host, and for how long."""

    before: Mapping[str, ProviderTree]
    layouts: Mapping[str, Layout]
    undos: Mapping[str, Undo]
    seconds: float
    interval: float


def watch(means: Means, what: Watch) -> None:
    """Look until the time is up. Raises StackrollError for hosts that do not hold, after undoing them where an undo is at hand."""
    vocabulary = means.read_vocabulary()
    deadline = Deadline(what.seconds, what.interval)
    while True:
        last = deadline.expired
        found: dict[str, tuple[ProviderTree, list[str]]] = {}
        for tree in means.read(list(what.before), {}):
            host = tree.root.name
            held = judge(what.before[host], tree, what.layouts.get(host), vocabulary)
            lost = [f"{item.label} exists and holds nothing any more" for item in means.still_there(held.gone)]
            if held.broken or lost:
                found[host] = (tree, [*held.broken, *lost])
        if found:
            raise _undone(means, what, found)
        if last:
            return
        deadline.pause()


def _undone(means: Means, what: Watch, found: Mapping[str, tuple[ProviderTree, list[str]]]) -> StackrollError:
    """Undo what can be undone; the error says what did not hold, and what it is like now."""
    sentences, hosts = [], []
    for host, (tree, broken) in found.items():
        ending = "It was not undone, because there is no undo of it."
        if host in what.undos:
            ending = _undo(means, tree, what.undos[host])
        sentences.append(f"{host} does not keep its shape under its nova-compute: {some(broken)}. {ending}")
        hosts.append({"host": host, "broken": broken, "undone": ending.startswith("It was undone")})
    return StackrollError(
        " ".join(sentences),
        "Start a nova-compute that reports this shape itself, then reshape again.",
        {"hosts": hosts},
    )


def _undo(means: Means, tree: ProviderTree, undo: Undo) -> str:
    try:
        write(means.api, plan_undo(tree, undo, means.read_vocabulary(), mend=True))
    except StackrollError as error:
        return f"It could not be undone: {error}"
    return "It was undone."
