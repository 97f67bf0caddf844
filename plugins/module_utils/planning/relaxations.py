# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The smallest changes that would make a plan possible, each found by planning once more."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ansible_collections.stackroll.nova.plugins.module_utils.model.records import Record
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import count
from ansible_collections.stackroll.nova.plugins.module_utils.planning.blockers import Blocked
from ansible_collections.stackroll.nova.plugins.module_utils.planning.outages import Limits
from ansible_collections.stackroll.nova.plugins.module_utils.planning.rolls import MANY_SERVERS, orders_of
from ansible_collections.stackroll.nova.plugins.module_utils.planning.scene import Host, Saved, Scene
from ansible_collections.stackroll.nova.plugins.module_utils.planning.wave import Draft
from ansible_collections.stackroll.nova.plugins.module_utils.planning.waves import Roll

MOST_EMPTY = 3


@dataclass(frozen=True)
class Relaxation(Record):
    """Something that would help: its name (an option, or empty_hosts), how many, and a sentence."""

    what: str
    how_many: int
    text: str


def relaxations(
    scene: Scene, limits: Limits, saved: Saved, draft: Draft, blocked: Sequence[Blocked]
) -> Iterator[Relaxation]:
    """What would help; the scene is left as it was saved."""
    yield from _wishes(blocked)
    if draft.left and len(scene.servers) <= MANY_SERVERS:
        number = _empty_hosts(scene, limits, saved, draft.left[0])
        if number:
            text = f"{count(number, 'more empty host')} like {draft.left[0].name}, upgraded or new, would be enough."
            yield Relaxation("empty_hosts", number, text)
    if draft.left and not scene.options.park:
        servers = len({item.server for item in blocked if item.host in {host.name for host in draft.left}})
        yield Relaxation(
            "park", servers, f"With park, {count(servers, 'server')} could be suspended or stopped in place."
        )
    if draft.late and len(scene.servers) <= MANY_SERVERS:
        yield _later(scene, limits, saved, draft)


def _later(scene: Scene, limits: Limits, saved: Saved, draft: Draft) -> Relaxation:
    """How many more minutes all hosts need, by the most that each wave may take."""
    planned = sum(wave.span.most for wave in draft.waves)
    scene.restore(saved)
    whole = sum(wave.span.most for wave in Roll(scene, limits, orders_of(scene)[0]).run().waves)
    scene.restore(saved)
    minutes = max(1, math.ceil((whole - planned) / 60))
    hosts = count(len(draft.late), "host")
    return Relaxation(
        "finish_by", minutes, f"There is no time for {hosts}; with {count(minutes, 'more minute')} there would be."
    )


def _wishes(blocked: Sequence[Blocked]) -> Iterator[Relaxation]:
    texts = {
        "allow_cold": "With allow_cold, {} could be cold-migrated, which interrupts the guest.",
        "may_stay": "With may_stay, {} could stay in place.",
        "keep_zones": "With keep_zones: false, {} could leave the zone, unless somebody has asked for it.",
    }
    signs = {"allow_cold": "allow_cold", "may_stay": "may_stay", "keep_zones": "it stays in its zone"}
    for name, sign in signs.items():
        number = sum(sign in item.reason for item in blocked)
        if number:
            yield Relaxation(name, number, texts[name].format(count(number, "server")))


def _empty_hosts(scene: Scene, limits: Limits, saved: Saved, model: Host) -> int:
    """How many empty hosts like the model would be enough; 0 when more than a few would be needed."""
    added: list[Host] = []
    try:
        for number in range(1, MOST_EMPTY + 1):
            scene.restore(saved)
            added.append(_spare(scene, model))
            scene.hosts.append(added[-1])
            for host in added:
                host.free = list(host.after)
            if not Roll(scene, limits, orders_of(scene)[0]).run().left:
                return number
        return 0
    finally:
        for host in added:
            scene.hosts.remove(host)
        scene.restore(saved)


def _spare(scene: Scene, model: Host) -> Host:
    spare = Host(len(scene.hosts), f"another {model.name}", model.zone, model.cell)
    spare.kind, spare.receives, spare.spread = model.kind, True, dict(model.spread)
    spare.after = list(model.after)
    return spare
