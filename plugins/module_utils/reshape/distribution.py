# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shares of the classes of one bundle onto places: by the strategy, then every other way, then in pieces where they may be split."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import Holdings, shares
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.demands import Amounts, Place
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.layout import BEST_FIT, MAP, Assignment
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.search import Search
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.splitting import Flow

# What is free, by place and class.
Free = Mapping[tuple[str, str], int]
# By place.
Given = Mapping[str, Mapping[str, int]]


@dataclass
class Outcome:
    """By consumer, what it is given; who is given too little, why no other way was looked for, if so."""

    given: dict[str, Given] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    note: str = ""


def distribute(
    classes: Sequence[str],
    wanted: Mapping[str, Amounts],
    places: Sequence[Place],
    free: Free,
    *,
    assignment: Assignment,
    homes: Mapping[str, str],
) -> Outcome:
    """Give each consumer its share of these classes, within what is free on the places.

    *homes*: the one place where a consumer has all of its share now. It may stay there even if the place would not give it so much
    anew; that is the last resort, since it holds only for consumers that the reshape does not name at all.
    """
    if assignment.strategy == MAP:
        choice = [uuid for uuid, amounts in wanted.items() if sum(place.takes(amounts) for place in places) > 1]
        if choice:
            return Outcome(
                left=choice, note="assignment.map does not name them, and more than one provider could take them"
            )
    allowed = {
        uuid: {number for number, place in enumerate(places) if place.takes(amounts)}
        for uuid, amounts in wanted.items()
    }
    outcome = _whole(classes, wanted, places, free, allowed=allowed, strategy=assignment.strategy)
    if outcome.left:
        for number, place in enumerate(places):
            for uuid, numbers in allowed.items():
                if homes.get(uuid) == place.uuid:
                    numbers.add(number)
        outcome = _whole(classes, wanted, places, free, allowed=allowed, strategy=assignment.strategy)
    if outcome.left and len(classes) == 1 and assignment.may_split(classes[0]):
        return _split(classes[0], wanted, places, free, outcome)
    return outcome


def less(free: Free, given: Mapping[str, Holdings]) -> dict[tuple[str, str], int]:
    """What is free when all this is given."""
    found = dict(free)
    for holdings in given.values():
        for place, name, amount in shares(holdings):
            found[place, name] = found.get((place, name), 0) - amount
    return found


def _whole(
    classes: Sequence[str],
    wanted: Mapping[str, Amounts],
    places: Sequence[Place],
    free: Free,
    *,
    allowed: Mapping[str, Collection[int]],
    strategy: str,
) -> Outcome:
    """Each share from one place."""
    uuids = [uuid for uuid in wanted if allowed[uuid]]
    search = Search(
        rooms=[tuple(_room(free, place, name) for name in classes) for place in places],
        items=[tuple(wanted[uuid].get(name, 0) for name in classes) for uuid in uuids],
        allowed=[allowed[uuid] for uuid in uuids],
    )
    chosen, left = search.greedy(BEST_FIT if strategy == MAP else strategy)
    found = search.exact() if left else chosen
    if found is not None:
        chosen, left = found, []
    return Outcome(
        given={uuids[item]: {places[place].uuid: wanted[uuids[item]]} for item, place in chosen.items()},
        left=[uuid for uuid in wanted if not allowed[uuid]] + [uuids[item] for item in sorted(left)],
        note="there are too many ways to try them all" if search.gave_up else "",
    )


def _split(name: str, wanted: Mapping[str, Amounts], places: Sequence[Place], free: Free, whole: Outcome) -> Outcome:
    """Shares of one class; those that found no place as a whole are given in pieces."""
    limits = [place.limits[name] for place in places]
    step = max((limit.step_size for limit in limits), default=1)
    if any(limit.step_size != step or limit.min_unit > step for limit in limits):
        return Outcome(
            whole.given,
            whole.left,
            f"{name} is split only where min_unit is no more than step_size, which is the same everywhere",
        )
    uuids = list(wanted)
    flow = Flow(
        needs=[-(-wanted[uuid][name] // step) for uuid in uuids],
        rooms=[_room(free, place, name) // step for place in places],
        most=[limit.max_unit // step for limit in limits],
    )
    numbers = {place.uuid: number for number, place in enumerate(places)}
    flow.start({uuids.index(uuid): numbers[place] for uuid, there in whole.given.items() for place in there})
    left = {uuids[consumer] for consumer in flow.fill()}
    left |= {uuid for uuid in uuids if wanted[uuid][name] % step}
    return Outcome(
        given={
            uuid: {places[place].uuid: {name: number * step} for place, number in pieces.items() if number}
            for uuid, pieces in zip(uuids, flow.pieces)
        },
        left=sorted(left),
    )


def _room(free: Free, place: Place, name: str) -> int:
    return max(0, free.get((place.uuid, name), 0))
