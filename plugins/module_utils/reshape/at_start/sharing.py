# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sharing providers, whose inventories a reshape by nova-compute 34.0.0 takes away (ReportClient._set_up_and_do_reshape).

With inventories, nova-compute caches the providers with MISC_SHARES_VIA_AGGREGATE that are in an aggregate with any provider of the host
(_refresh_associations). Since 34.0.0 the resource tracker hands over the host's own tree alone, as a ProviderSubTree. What is deleted
afterwards is limited to that tree (update_from_provider_tree); the reshape is not, and sends an empty inventory for everything else in
the cache. Placement answers placement.inventory.inuse as long as anybody holds some of it, which is a ReshapeFailed; otherwise the
inventory is gone. 33.0.2 hands over all that it has read, and so do the stable branches up to 2026.1, as they were in August 2026.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import COMPUTE_CLASSES, Fleet
from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import ProviderTree
from ansible_collections.stackroll.nova.plugins.module_utils.model.release import Release
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import some
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.at_start.host import Host
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.at_start.outlook import (
    SUCCEEDS,
    UNKNOWN,
    Outlook,
    fails,
    unknown,
)

SHARES = "MISC_SHARES_VIA_AGGREGATE"
# The major versions of Nova that do it. Of 34 only 34.0.0 is known.
TAKING_AWAY = frozenset((34,))
RESHAPE_BEFORE = "Set stackroll_reshape=module for the host, so that stackroll.nova.provider_tree_reshape reshapes it before nova-compute starts."


@dataclass(frozen=True)
class Sharer:
    """A provider outside of a host's tree that shares with it, and whether anybody holds some of what it offers."""

    name: str
    in_use: bool


# Those of one host, as far as they are known.
Sharers = Callable[[Host], Iterable[Sharer]]


def judged(host: Host, target: Release, outlook: Outlook, sharers: Sharers) -> Outlook:
    """The outlook with what nova-compute does to sharing providers."""
    if target.nova not in TAKING_AWAY or outlook.reshapes is False or outlook.outcome not in (SUCCEEDS, UNKNOWN):
        return outlook
    found = list(sharers(host))
    if not found:
        return outlook
    in_use = [item.name for item in found if item.in_use]
    taken = f"take away the inventory of {some(in_use or [item.name for item in found])}, which the host shares"
    taken += ", and Placement refuses that as long as it is in use" if in_use else ""
    if outlook.reshapes:
        reason = f"{outlook.reason}, but nova-compute 34.0.0 would also {taken}"
        return fails(reason, RESHAPE_BEFORE, outlook.consumers)
    reason = f"{outlook.reason}; with a reshape nova-compute 34.0.0 would {taken}"
    return unknown(reason, f"{outlook.remedy} {RESHAPE_BEFORE}", outlook.consumers)


def among(trees: Sequence[ProviderTree]) -> Sharers:
    """By traits and aggregates; of a provider whose tree was not read, by what consumers of the host hold there."""
    read = {item.uuid: item for tree in trees for item in tree.providers}
    used = {uuid for tree in trees for uuid, _resource_class in tree.used()}
    sharing = [item for item in read.values() if SHARES in item.traits and item.inventories]

    def find(host: Host) -> Iterator[Sharer]:
        own = {item.uuid for item in host.providers}
        aggregates = {aggregate for item in host.providers for aggregate in item.aggregates}
        for item in sharing:
            if item.uuid not in own and not aggregates.isdisjoint(item.aggregates):
                yield Sharer(item.name, item.uuid in used)
        for uuid in _held_elsewhere(host) if aggregates else ():
            if uuid not in read:
                yield Sharer(f"provider {uuid}", in_use=True)

    return find


def in_fleet(fleet: Fleet) -> Sharers:
    """By what consumers of the host hold: a fleet does not know who is in which of Placement's aggregates."""
    names = {item.uuid: item.name for item in fleet.providers}
    of_hosts = {item.uuid for item in fleet.compute_roots}

    def shares(uuid: str) -> bool:
        return SHARES in fleet.traits[uuid] if uuid in fleet.traits else uuid not in of_hosts

    def find(host: Host) -> Iterator[Sharer]:
        for uuid in _held_elsewhere(host):
            if uuid in names and shares(uuid):
                yield Sharer(names[uuid], in_use=True)

    return find


def _held_elsewhere(host: Host) -> dict[str, None]:
    """The providers outside of the tree where consumers hold something. Who holds CPUs or memory on two hosts, as after an evacuation,
    may share with either, and is left out."""
    own = {item.uuid for item in host.providers}
    found: dict[str, None] = {}
    for consumer in host.tree.consumers:
        outside = {uuid: amounts for uuid, amounts in consumer.allocations.items() if uuid not in own}
        if all(COMPUTE_CLASSES.isdisjoint(amounts) for amounts in outside.values()):
            found.update(dict.fromkeys(outside))
    return found
