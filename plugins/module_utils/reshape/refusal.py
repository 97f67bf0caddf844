# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why no assignment was found: which consumers find no room, with the figures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import Consumer, ProviderTree
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import some
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.demands import Amounts, Demand, Limit, Place
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.distribution import Free


class NoAssignment(StackrollError):  # noqa: N818  # what happened reads better than a suffix
    """The consumers of a host do not fit the layout; the details name them, with what they hold and the room there is."""


@dataclass(frozen=True)
class Lack:
    """Of the classes of one bundle: what is free where, who wanted how much, and who was given too little."""

    classes: tuple[str, ...]
    places: tuple[Place, ...]
    free: Free
    wanted: Mapping[str, tuple[Consumer, Amounts]]
    left: tuple[str, ...]
    note: str = ""


def refuse(tree: ProviderTree, lacks: Sequence[Lack]) -> None:
    """Say what is lacking, if anything is. Raises NoAssignment."""
    if not lacks:
        return
    text = " ".join(f"{'; '.join(_reasons(lack))}." for lack in lacks)
    raise NoAssignment(
        f"{tree.root.name} cannot be reshaped: {text}",
        "Give the children more room, name consumers in assignment.map, let the class be split, or move servers away.",
        {
            "host": tree.root.name,
            "consumers": [_consumer(*lack.wanted[uuid]) for lack in lacks for uuid in lack.left],
            "free": [_free(lack, place) for lack in lacks for place in lack.places],
        },
    )


def refuse_map(tree: ProviderTree, places: Iterable[Place], demands: Sequence[Demand]) -> None:
    """Refuse what the map says and Placement would not take. Raises NoAssignment."""
    for place in places:
        there = [(item.consumer, item.given[place.uuid]) for item in demands if place.uuid in item.given]
        for name in sorted({name for _consumer_, amounts in there for name in amounts}):
            limit = place.limits.get(name, Limit(0, 1, 0, 1))
            held = [(consumer, amounts[name]) for consumer, amounts in there if name in amounts]
            wrong = [(consumer, amount) for consumer, amount in held if not limit.takes(amount)]
            total = sum(amount for _consumer_, amount in held)
            if wrong or total > limit.room:
                names = some(f"{consumer.label}: {amount}" for consumer, amount in wrong or held)
                raise NoAssignment(
                    f"{tree.root.name} cannot be reshaped: assignment.map takes {total} of {name} from {place.name} ({names}),"
                    f" which has room for {limit.room} and gives {_offer(limit)} to one consumer.",
                    "Mend the map, or the layout.",
                    {
                        "host": tree.root.name,
                        "consumers": [_consumer(consumer, {name: amount}) for consumer, amount in wrong or held],
                        "free": [{"provider": place.name, name: limit.room}],
                    },
                )


def _reasons(lack: Lack) -> Iterator[str]:
    left = [lack.wanted[uuid] for uuid in lack.left]
    alone = [item for item in left if not any(place.takes(item[1]) for place in lack.places)]
    for consumer, amounts in alone[:3]:
        yield f"{consumer.label} holds {_text(amounts)}, which no provider gives to one consumer ({_offers(lack, amounts)})"
    short = False
    for name in lack.classes:
        held = sum(amounts.get(name, 0) for _consumer_, amounts in lack.wanted.values())
        room = sum(max(0, lack.free.get((place.uuid, name), 0)) for place in lack.places)
        if held > room:
            short = True
            yield f"{held} of {name} are held, and there is room for {room}: what is over-committed today can only stay where it is"
    others = [item for item in left if item not in alone]
    if others and (short or not alone or lack.note):
        names = some(f"{consumer.label} ({_text(amounts)})" for consumer, amounts in others)
        yield f"no place was found for {names}; there is room on {_rooms(lack)}" + (
            f"; {lack.note}" if lack.note else ""
        )


def _offers(lack: Lack, amounts: Amounts) -> str:
    """What the places give of those classes of which they do not give enough."""
    return (
        some(
            (
                f"{place.name}: {_offer(place.limits.get(name))} {name}"
                for place in lack.places
                for name, amount in sorted(amounts.items())
                if name not in place.limits or not place.limits[name].takes(amount)
            ),
            limit=16,
        )
        or "nothing offers it"
    )


def _offer(limit: Limit | None) -> str:
    if limit is None or limit.room < limit.min_unit:
        return "no"
    steps = f" in steps of {limit.step_size}" if limit.step_size > 1 else ""
    return f"{limit.min_unit} to {min(limit.max_unit, limit.room)}{steps}"


def _rooms(lack: Lack) -> str:
    return some((f"{place.name}: {_text(_of(lack, place))}" for place in lack.places), limit=16) or "no provider for it"


def _of(lack: Lack, place: Place) -> Amounts:
    return {name: max(0, lack.free.get((place.uuid, name), 0)) for name in lack.classes if name in place.limits}


def _free(lack: Lack, place: Place) -> dict[str, object]:
    return {"provider": place.name, **_of(lack, place)}


def _consumer(consumer: Consumer, amounts: Mapping[str, int]) -> dict[str, object]:
    return {"uuid": consumer.uuid, "name": consumer.name, "resources": dict(amounts)}


def _text(amounts: Mapping[str, int]) -> str:
    return ", ".join(f"{amount} {name}" for name, amount in sorted(amounts.items()))
