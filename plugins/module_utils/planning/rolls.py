# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The best of a few ways to roll: hosts in several orders, then those in front that were stuck, and for small fleets every way there is."""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.stackroll.nova.plugins.module_utils.planning.bounds import Bounds
from ansible_collections.stackroll.nova.plugins.module_utils.planning.feasibility import (
    OutOfSteps,
    Search,
    is_small,
    waves_of_steps,
)
from ansible_collections.stackroll.nova.plugins.module_utils.planning.outages import Limits
from ansible_collections.stackroll.nova.plugins.module_utils.planning.scene import Host, Scene
from ansible_collections.stackroll.nova.plugins.module_utils.planning.wave import Draft
from ansible_collections.stackroll.nova.plugins.module_utils.planning.waves import Order, Roll

# With more servers than this, the first order has to do unless servers would move twice.
MANY_SERVERS = 4000
# How often to begin again with the hosts in front that were stuck; in large clouds as often as makes so many servers in all.
MOST_TURNS, MOST_TURNED = 12, 100_000


class Contest:
    """Rolls from the same start in one order after the other, and knows the best so far."""

    def __init__(self, scene: Scene, limits: Limits, bound: Bounds, seconds: float | None) -> None:
        self.scene, self.limits, self.bound, self.saved = scene, limits, bound, scene.save()
        self.best: Order = _by_index
        self.score: tuple[int, int, int, int] | None = None
        self.stuck: set[int] = set()
        self._seconds = seconds

    def roll(self, order: Order) -> Draft:
        """Roll in this order; the scene is as after it."""
        self.scene.restore(self.saved)
        draft = Roll(self.scene, self.limits, order, self._seconds).run()
        if self.score is None or _score(draft) < self.score:
            self.best, self.score = order, _score(draft)
            self.stuck = set() if self.is_enough(draft, waves=False) else draft.stuck
        return draft

    def is_enough(self, draft: Draft, waves: bool) -> bool:
        """Whether no draft could be better, in moves and, where that is looked at, in waves."""
        if draft.left or draft.late or draft.extra > self.bound.extra:
            return False
        return not waves or len(draft.waves) <= self.bound.waves


def best_draft(scene: Scene, limits: Limits, bound: Bounds, seconds: float | None) -> Draft:
    """The draft with the fewest hosts left, then the fewest extra moves, then the fewest waves; the scene is as after it."""
    contest = Contest(scene, limits, bound, seconds)
    for order in orders_of(scene):
        draft = contest.roll(order)
        if contest.is_enough(draft, waves=len(scene.servers) <= MANY_SERVERS):
            return draft
    unstuck = _stuck_first(contest)
    if unstuck is not None:
        return unstuck
    scene.restore(contest.saved)
    is_free = seconds is None and not scene.options.waves
    found = _searched(scene, limits, contest.score) if is_free and is_small(scene) else None
    scene.restore(contest.saved)
    return found if found is not None else contest.roll(contest.best)


def _stuck_first(contest: Contest) -> Draft | None:
    """Roll again and again with those hosts in front that were stuck before, until none is.

    What is rare, such as room on hosts with a trait, goes to whoever comes first. A host that found it gone needs it more than those
    that took it and may find room elsewhere.
    """
    scene, stuck = contest.scene, contest.stuck
    scene.restore(contest.saved)
    turns = [host.index for host in sorted(scene.candidates(), key=contest.best)]  # type: ignore[arg-type]
    for _turn in range(min(MOST_TURNS, MOST_TURNED // max(1, len(scene.servers)))):
        before, turns = turns, sorted(turns, key=lambda index: index not in stuck)
        if turns == before:
            break
        order = _in_turns(turns)
        draft = contest.roll(order)
        if contest.best is order and contest.is_enough(draft, waves=False):
            return draft
        stuck = draft.stuck
    return None


def _in_turns(turns: Sequence[int]) -> Order:
    places = {index: place for place, index in enumerate(turns)}
    return lambda host: places[host.index]


def _by_index(host: Host) -> object:
    return host.index


def _score(draft: Draft) -> tuple[int, int, int, int]:
    """Servers parked although they could move count like hosts left."""
    parked = sum(len(wave.parked) for wave in draft.waves)
    return len(draft.left) + len(draft.late), parked, draft.extra, len(draft.waves)


def _searched(scene: Scene, limits: Limits, score: tuple[int, int, int, int] | None) -> Draft | None:
    """A draft without extra moves, or with as few as there can be, if first-fit has found none; None if there is none better."""
    if score is None or (score[0] == 0 and score[2] == 0):
        return None
    saved = scene.save()
    most = score[2] - 1 if score[0] == 0 else sum(len(host.guests) for host in scene.candidates())
    for extra in sorted({0, min(most, 1), min(most, 2), min(most, 4), most}):
        scene.restore(saved)
        try:
            steps = Search(scene, extra).run()
        except OutOfSteps:
            continue
        if steps is not None:
            scene.restore(saved)
            return waves_of_steps(scene, limits, steps)
    return None


def orders_of(scene: Scene) -> Sequence[Order]:
    """In which order hosts are emptied: those first that give back the most room for what they take."""
    slot = scarcest(scene)

    def share(host: Host) -> float:
        return _load(host, slot) / max(1, host.after[slot]) if host.drains else 0.0

    def emptiest(host: Host) -> object:
        return (share(host), len(host.guests), host.index)

    def fewest(host: Host) -> object:
        return (len(host.guests) if host.drains else 0, share(host), host.index)

    def gain(host: Host) -> object:
        return (-(host.after[slot] - _load(host, slot)) if host.drains else -float("inf"), share(host), host.index)

    def largest(host: Host) -> object:
        return (-host.after[slot] if host.drains else -float("inf"), share(host), host.index)

    return (emptiest, fewest, gain, largest) if scene.classes else (_by_index,)


def scarcest(scene: Scene) -> int:
    """The slot of the resource of which the hosts to be emptied use the largest part."""
    draining = [host for host in scene.candidates() if host.drains]
    totals = [
        (sum(_load(host, slot) for host in draining) / max(1, sum(host.after[slot] for host in draining)), -slot)
        for slot in range(len(scene.classes))
    ]
    return -max(totals)[1] if totals else 0


def _load(host: Host, slot: int) -> int:
    return host.after[slot] - host.free[slot]
