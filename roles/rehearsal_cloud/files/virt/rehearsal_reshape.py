# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How one rehearsal host comes to offer on children what Placement knows on its root.

A tree that has nothing of the children's classes on the root is left as it is, whoever has made it. Otherwise it depends on the
kind of the layout, when nova-compute starts:

    reshape   it asks Nova for a reshape, and allocations move with the inventories, as with libvirt's driver
    nested    nothing moves: it ends when somebody has allocations of such a class on the root, before anything is written
    naive     it just reports the children. Nova writes their inventories first; then Placement refuses to take away the root's
              while somebody uses it (409 placement.inventory.inuse): nova-compute ends, and what the host offers is doubled

While it runs, the same ends every report with an error, and nothing else.
"""

from __future__ import annotations

TRIES = 10000


class ReshapeNeededError(Exception):
    """Allocations are needed to go on."""


class ReshapeFailedError(Exception):
    """The host does not become as it should be."""


def check(node, classes, kind, allocations, holders):
    """Raise ReshapeNeededError or ReshapeFailedError when classes of children, which are still on the root, do not let it go on.

    holders returns the allocations on the root, as GET /resource_providers/{uuid}/allocations does.
    """
    if classes and kind == "reshape" and allocations is None:
        raise ReshapeNeededError
    if classes and kind == "nested":
        shares = only(classes, {uuid: item["resources"] for uuid, item in holders().items()})
        if shares:
            raise ReshapeFailedError("%s on %s, which offers that on children only" % (said(shares), node))


def report(tree, node, root, children):
    """Write the inventories of the root and, by suffix, of its children into a tree.

    Traits and aggregates stay, and the ratios that the children have.
    """
    for suffix, inventory in children.items():
        name = "%s_%s" % (node, suffix)
        if not tree.exists(name):
            tree.new_child(name, node)
        there = tree.data(name).inventory
        tree.update_inventory(name, {each: with_ratio(record, there.get(each)) for each, record in inventory.items()})
    tree.update_inventory(node, root)


def follow(tree, node, children, allocations):
    """Move all allocations of the children's classes from the root to them, in place; raise ReshapeFailedError if they do not fit."""
    source = tree.data(node).uuid
    for classes, targets in bundles([tree.data("%s_%s" % (node, suffix)) for suffix in children]):
        held = {uuid: item["allocations"].get(source, {}).get("resources", {}) for uuid, item in allocations.items()}
        move(allocations, source, only(classes, held), targets)


def with_ratio(record, there):
    return dict(record, allocation_ratio=there["allocation_ratio"]) if there and "allocation_ratio" in there else record


def bundles(places):
    """Return which classes go together, those that the same providers offer, and the providers."""
    found = {}
    for name in sorted({name for place in places for name in place.inventory}):
        found.setdefault(tuple(place.uuid for place in places if name in place.inventory), []).append(name)
    by_uuid = {place.uuid: place for place in places}
    return [(classes, [by_uuid[uuid] for uuid in uuids]) for uuids, classes in found.items()]


def only(classes, held):
    """Return by consumer what it has of some classes."""
    found = {uuid: {name: amount for name, amount in item.items() if name in classes} for uuid, item in held.items()}
    return {uuid: share for uuid, share in sorted(found.items()) if share}


def move(allocations, source, shares, targets):
    """Move each share as a whole from one provider to one of the targets."""
    free = {target.uuid: room(target, allocations) for target in targets}
    most = {target.uuid: {name: record["max_unit"] for name, record in target.inventory.items()} for target in targets}
    whole = {name: sum(item.get(name, 0) for item in free.values()) or 1 for share in shares.values() for name in share}
    order = sorted(shares, key=lambda uuid: -max(amount / whole[name] for name, amount in shares[uuid].items()))
    chosen = Search(most).place([shares[uuid] for uuid in order], free)
    if chosen is None:
        raise ReshapeFailedError("%s does not fit %s, which have room for %s" % (said(shares), *told(targets, free)))
    for uuid, target in zip(order, chosen):
        per_provider = allocations[uuid]["allocations"]
        resources = per_provider[source]["resources"]
        there = per_provider.setdefault(target, {"resources": {}})["resources"]
        for name, amount in shares[uuid].items():
            there[name] = there.get(name, 0) + amount
            del resources[name]
        if not resources:
            del per_provider[source]


def room(target, allocations):
    """Return by class how much more a provider can give."""
    found = {}
    for name, record in target.inventory.items():
        used = (item["allocations"].get(target.uuid, {}).get("resources", {}) for item in allocations.values())
        capacity = int((record["total"] - record["reserved"]) * record["allocation_ratio"])
        found[name] = capacity - sum(resources.get(name, 0) for resources in used)
    return found


class Search:
    """Shares onto providers, the one with most room first; it gives up after many tries."""

    def __init__(self, most):
        self._most = most
        self._left = TRIES

    def place(self, shares, free):
        """Return a provider for each share, or None."""
        if not shares:
            return []
        share, tried = shares[0], []
        for uuid in sorted(free, key=lambda each: [-free[each].get(name, 0) for name in sorted(share)]):
            alike = (free[uuid], self._most[uuid])
            if self._left and alike not in tried and self._takes(uuid, share, free[uuid]):
                self._left -= 1
                tried.append(alike)
                less = {name: amount - share.get(name, 0) for name, amount in free[uuid].items()}
                rest = self.place(shares[1:], {**free, uuid: less})
                if rest is not None:
                    return [uuid, *rest]
        return None

    def _takes(self, uuid, share, free):
        return all(amount <= min(free.get(name, 0), self._most[uuid].get(name, 0)) for name, amount in share.items())


def said(shares):
    """Say who has what."""
    return "; ".join(
        "%s has %s" % (uuid, ", ".join("%d %s" % (amount, name) for name, amount in sorted(share.items())))
        for uuid, share in shares.items()
    )


def told(targets, free):
    """Say what providers are called and what is free on them."""
    rooms = "; ".join(
        ", ".join("%d %s" % (left, name) for name, left in sorted(free[item.uuid].items())) for item in targets
    )
    return ", ".join(item.name for item in targets), rooms
