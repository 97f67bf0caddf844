# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is to be assigned: the share of each consumer, what is left of it once the map is followed, and the room of each place."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from ansible_collections.stackroll.nova.plugins.module_utils.accounting.room import capacity
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import (
    Consumer,
    Holdings,
    ProviderTree,
    shares,
    sums,
)
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import some
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.layout import Layout
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.target import Target

# By resource class.
Amounts = dict[str, int]


@dataclass(frozen=True)
class Limit:
    """What Placement will accept of one class on one provider (placement.objects.allocation._check_capacity_exceeded).

    *room*: for all consumers together: the capacity, or what was used there before, if that was more; a new provider has no before.
    """

    room: int
    min_unit: int
    max_unit: int
    step_size: int

    def takes(self, amount: int) -> bool:
        """Whether one consumer may hold so much."""
        return self.min_unit <= amount <= min(self.max_unit, self.room) and amount % self.step_size == 0


@dataclass(frozen=True)
class Place:
    """A provider to which shares may go."""

    uuid: str
    name: str
    limits: Mapping[str, Limit]

    def takes(self, amounts: Mapping[str, int]) -> bool:
        """Whether the provider could give one consumer all of this, were it empty."""
        return all(name in self.limits and self.limits[name].takes(amount) for name, amount in amounts.items())


@dataclass
class Demand:
    """One consumer: what it holds for good, where its share is now, and by place what it has been given."""

    consumer: Consumer
    kept: dict[str, Amounts] = field(default_factory=dict)
    share: Amounts = field(default_factory=dict)
    now: dict[str, Amounts] = field(default_factory=dict)
    given: dict[str, Amounts] = field(default_factory=dict)

    def give(self, place: str, amounts: Mapping[str, int]) -> None:
        """Give the consumer so much from a place."""
        for name, amount in amounts.items():
            there = self.given.setdefault(place, {})
            there[name] = there.get(name, 0) + amount

    def missing(self) -> Amounts:
        """What the consumer has not been given yet."""
        found = dict(self.share)
        for _place, name, amount in shares(self.given):
            found[name] -= amount
        return {name: amount for name, amount in found.items() if amount}

    def holdings(self) -> Holdings:
        """All that the consumer holds afterwards."""
        found = {place: dict(amounts) for place, amounts in self.kept.items()}
        for place, name, amount in shares(self.given):
            there = found.setdefault(place, {})
            there[name] = there.get(name, 0) + amount
        return found


def only(amounts: Mapping[str, int], classes: Collection[str]) -> Amounts:
    """The amounts of these classes."""
    return {name: amount for name, amount in amounts.items() if name in classes}


def places_of(tree: ProviderTree, target: Target) -> list[Place]:
    """Where shares may go, in the order of the target."""
    used = tree.used()
    after = {item.uuid: item for item in target.providers}
    return [
        Place(
            uuid,
            after[uuid].name,
            {
                name: Limit(
                    room=max(capacity(vars(item)), used.get((uuid, name), 0)),
                    min_unit=item.min_unit,
                    max_unit=item.max_unit,
                    step_size=item.step_size,
                )
                for name, item in after[uuid].inventories.items()
                if name in target.classes
            },
        )
        for uuid in target.places
    ]


def demands_of(tree: ProviderTree, target: Target, layout: Layout) -> list[Demand]:
    """Everybody who holds something that is redistributed, or is to have it, by UUID. Raises InvalidInput."""
    becomes = _becomes(layout)
    found = []
    for consumer in sorted(tree.consumers, key=lambda item: item.uuid):
        demand = Demand(consumer)
        for uuid, name, amount in shares(consumer.allocations):
            if uuid not in target.sources or name not in target.classes:
                demand.kept.setdefault(uuid, {})[name] = amount
                continue
            after = becomes.get((consumer.uuid, name), name)
            demand.share[after] = demand.share.get(after, 0) + amount
            if after == name:
                demand.now.setdefault(uuid, {})[name] = amount
        if demand.share or consumer.uuid in layout.assignment.chosen:
            found.append(demand)
    return found


def follow_map(tree: ProviderTree, layout: Layout, places: Iterable[Place], demands: Iterable[Demand]) -> None:
    """Give consumers what the map says. A class with a declared total may come new to a consumer. Raises InvalidInput."""
    by_name = {place.name: place for place in places}
    for demand in demands:
        for name, amounts in layout.assignment.chosen.get(demand.consumer.uuid, {}).items():
            place = by_name.get(name)
            if place is None:
                raise InvalidInput(
                    f"assignment.map sends {demand.consumer.label} to {name}, which the layout of {tree.root.name} does not have.",
                    f"It has {some(sorted(by_name), limit=16)}.",
                )
            for resource_class in amounts or sorted(set(demand.share) & set(place.limits)):
                amount = amounts.get(resource_class, demand.share.get(resource_class, 0))
                demand.give(place.uuid, {resource_class: amount})
        _refuse_other_share(layout, demand)


def _refuse_other_share(layout: Layout, demand: Demand) -> None:
    """What the map gives of a class is what the consumer holds of it."""
    for name, amount in sorted(sums(demand.given).items()):
        if name in layout.totals and name not in demand.share:
            demand.share[name] = amount
        elif demand.share.get(name, 0) != amount:
            raise InvalidInput(
                f"assignment.map gives {demand.consumer.label} {amount} of {name}, and it holds {demand.share.get(name, 0)}.",
                "Let the amounts of the map add up to what the consumer holds, or declare a new class under totals.",
            )


def _becomes(layout: Layout) -> dict[tuple[str, str], str]:
    """By consumer and class, what the class becomes."""
    found: dict[tuple[str, str], str] = {}
    for name, item in layout.convert.items():
        for consumer in item.consumers:
            if (consumer, item.source) in found:
                raise InvalidInput(f"convert makes two things of the {item.source} of {consumer}.", "Name it once.")
            found[consumer, item.source] = name
    return found


def refuse_strangers(tree: ProviderTree, layout: Layout) -> None:
    """Refuse names of consumers that the host does not have. Raises InvalidInput."""
    known = {item.uuid for item in tree.consumers}
    converted = {consumer for item in layout.convert.values() for consumer in item.consumers}
    for what, named in (("convert", converted), ("assignment.map", layout.assignment.chosen.keys())):
        unknown = sorted(named - known)
        if unknown:
            raise InvalidInput(
                f"{what} names {some(unknown)}, which has no allocations on {tree.root.name}.",
                "Take it out, or export the map again.",
            )
