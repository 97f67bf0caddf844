# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The smallest changes that would make a plan possible, each found by planning once more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ansible_collections.stackroll.nova.plugins.module_utils.model.records import Record
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import count
from ansible_collections.stackroll.nova.plugins.module_utils.planning.blockers import Blocked
from ansible_collections.stackroll.nova.plugins.module_utils.planning.outages import Limits
from ansible_collections.stackroll.nova.plugins.module_utils.planning.rolls import MANY_SERVERS, orders_of
from ansible_collections.stackroll.nova.plugins.module_utils.planning.scene import Host, Saved, Scene
from ansible_collections.stackroll.nova.plugins.module_utils.planning.waves import Draft, Roll

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
            "park", servers, f"Let {count(servers, 'server')} be suspended or stopped on its host with park."
        )
    if draft.late:
        text = f"{count(len(draft.late), 'host')} would have time with a later finish_by, or with a higher max_unavailable."
        yield Relaxation("finish_by", len(draft.late), text)


def _wishes(blocked: Sequence[Blocked]) -> Iterator[Relaxation]:
    texts = {
        "allow_cold": "Allow cold migrations for {}, which interrupts the guests.",
        "may_stay": "Let {} stay on its host with may_stay.",
        "keep_zones": "Let {} leave its zone by keep_zones: false, if it was not asked for that zone.",
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
