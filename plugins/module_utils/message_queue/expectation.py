# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for queues: what is not yet as it should be, and what is wrong with the brokers. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.model.queues import QueueDepth, TransportState
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import some

KINDS = ("consumers", "messages", "unacknowledged")


@dataclass(frozen=True)
class Wanted:
    """How many there should be of one kind in one queue."""

    queue: str
    kind: str
    at_least: int = 0
    at_most: int | None = None

    def __str__(self) -> str:
        if self.at_least == self.at_most:
            return f"{self.at_least} {self.kind}"
        bounds = [f"at least {self.at_least}"] if self.at_least else []
        bounds += [f"at most {self.at_most}"] if self.at_most is not None else []
        return f"{' and '.join(bounds)} {self.kind}"

    def holds(self, number: int) -> bool:
        """Whether a number is what is wanted."""
        return number >= self.at_least and (self.at_most is None or number <= self.at_most)


def read_wanted(kind: str, option: Mapping[str, Any] | None) -> list[Wanted]:
    """An option's queues: each with a number, or with ``at_least`` and ``at_most``. Raises InvalidInput."""
    return [_wanted(kind, queue, value) for queue, value in (option or {}).items()]


def _wanted(kind: str, queue: str, value: Any) -> Wanted:
    if isinstance(value, Mapping):
        if value and not set(value) - {"at_least", "at_most"}:
            at_most = value.get("at_most")
            least = _number(kind, queue, value.get("at_least", 0))
            return Wanted(queue, kind, least, None if at_most is None else _number(kind, queue, at_most))
    else:
        number = _number(kind, queue, value)
        return Wanted(queue, kind, number, number)
    raise InvalidInput(
        f"The option {kind} has {sorted(value)} for queue {queue}.", "Give a number, or at_least and at_most."
    )


def _number(kind: str, queue: str, value: Any) -> int:
    """Templates often give numbers as text."""
    text = str(value).strip()
    if isinstance(value, bool) or not text.isdecimal():
        raise InvalidInput(
            f"The option {kind} has {value!r} for queue {queue}, which is not a number from 0 on.",
            "Give a number, or at_least and at_most.",
        )
    return int(text)


def pending(states: Iterable[TransportState], wanted: Iterable[Wanted]) -> list[dict[str, Any]]:
    """What is not as wanted, as ``{"transport", "queue", "waiting_for", "found"}``; *found* is none where nobody told.

    A queue that is not there has no messages and no consumers.
    """
    wishes = list(wanted)
    left = []
    for state in states:
        for wish in wishes:
            found = _found(state, wish)
            if found is None or not wish.holds(found):
                left.append({"transport": state.name, "queue": wish.queue, "waiting_for": str(wish), "found": found})
    return left


def _found(state: TransportState, wish: Wanted) -> int | None:
    if state.queues is None:
        return None
    depth = state.queues.get(wish.queue)
    if depth is None and wish.kind == "unacknowledged" and state.cluster is None:
        return None
    number: int | None = getattr(depth or QueueDepth(0, 0, 0), wish.kind)
    return number


def problems(states: Iterable[TransportState]) -> list[str]:
    """What is wrong with the brokers, in sentences; what the management API was not asked for is not judged."""
    return [sentence for state in states for sentence in _problems(state)]


def _problems(state: TransportState) -> list[str]:
    found = [f"{state.name}: {broker.error}" for broker in state.brokers if broker.error]
    names = sorted({broker.cluster_name for broker in state.brokers if broker.cluster_name})
    if len(names) > 1:
        found.append(f"{state.name}: the nodes of its URL are in different clusters: {some(names)}.")
    if state.management_error:
        found.append(f"{state.name}: {state.management_error}")
    for node in state.cluster or ():
        if not node.running:
            found.append(f"{state.name}: node {node.name} of the cluster does not run.")
        if node.alarms:
            found.append(
                f"{state.name}: node {node.name} has an alarm for {some(node.alarms)}; publishers are blocked."
            )
        if node.partitions:
            found.append(f"{state.name}: node {node.name} sees a partition: {some(node.partitions)}.")
    return found


def sentence(left: Iterable[Mapping[str, Any]]) -> list[str]:
    """What is left, for people."""
    return [
        f"{item['queue']} of {item['transport']}: {item['waiting_for']}"
        f" ({'nobody tells' if item['found'] is None else 'it has ' + str(item['found'])})"
        for item in left
    ]
