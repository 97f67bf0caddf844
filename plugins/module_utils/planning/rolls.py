# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The best of a few ways to roll: hosts in several orders, and for small fleets every way there is."""

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


def best_draft(scene: Scene, limits: Limits, bound: Bounds, seconds: float | None) -> Draft:
    """The draft with the fewest hosts left, then the fewest extra moves, then the fewest waves; the scene is as after it."""
    orders = orders_of(scene)
    saved = scene.save()
    best, score = orders[0], None
    for order in orders:
        scene.restore(saved)
        draft = Roll(scene, limits, order, seconds).run()
        if score is None or _score(draft) < score:
            best, score = order, _score(draft)
        if _is_enough(draft, bound, waves=len(scene.servers) <= MANY_SERVERS):
            return draft
    scene.restore(saved)
    is_free = seconds is None and not scene.options.waves
    found = _searched(scene, limits, score) if is_free and is_small(scene) else None
    scene.restore(saved)
    return found if found is not None else Roll(scene, limits, best, seconds).run()


def _score(draft: Draft) -> tuple[int, int, int, int]:
    """Servers parked although they could move count like hosts left."""
    parked = sum(len(wave.parked) for wave in draft.waves)
    return len(draft.left) + len(draft.late), parked, draft.extra, len(draft.waves)


def _is_enough(draft: Draft, bound: Bounds, waves: bool) -> bool:
    if draft.left or draft.late or draft.extra > bound.extra:
        return False
    return not waves or len(draft.waves) <= bound.waves


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

    return (emptiest, fewest, gain, largest) if scene.classes else (lambda host: host.index,)


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
