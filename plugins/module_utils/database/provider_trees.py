# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Provider trees from Placement's database, all of one moment: seven queries for any number of hosts.

Tables as in placement/db/sqlalchemy/models.py, the same in 15.0.0 and 16.0.0. As in the API, what an aggregate, a trait or an allocation
says about a provider that does not exist is not read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.database.connection import ReadOnlyDatabase
from ansible_collections.stackroll.nova.plugins.module_utils.database.shared import SharedDatabase
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput, StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import (
    Consumer,
    Inventory,
    ProviderData,
    ProviderTree,
    in_order,
)
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import natural, some

Tuples = Collection[tuple[Any, ...]]

_ALL_ROOTS = "SELECT name, id FROM resource_providers WHERE id = root_provider_id"
_NAMED = (
    "SELECT p.name, p.id, r.id, r.name FROM resource_providers p"
    " JOIN resource_providers r ON r.id = p.root_provider_id WHERE p.name IN %s"
)
# The argument of all others are the ids of the roots.
_PROVIDERS = (
    "SELECT p.root_provider_id, p.id, p.uuid, p.name, p.generation, o.uuid FROM resource_providers p"
    " LEFT JOIN resource_providers o ON o.id = p.parent_provider_id WHERE p.root_provider_id IN %s"
)
# The numbers in the order of the fields of Inventory.
_INVENTORIES = (
    "SELECT p.id, k.name, i.total, i.reserved, i.min_unit, i.max_unit, i.step_size, i.allocation_ratio"
    " FROM inventories i JOIN resource_classes k ON k.id = i.resource_class_id"
    " JOIN resource_providers p ON p.id = i.resource_provider_id WHERE p.root_provider_id IN %s"
)
_TRAITS = (
    "SELECT p.id, t.name FROM resource_provider_traits l JOIN traits t ON t.id = l.trait_id"
    " JOIN resource_providers p ON p.id = l.resource_provider_id WHERE p.root_provider_id IN %s"
)
_AGGREGATES = (
    "SELECT p.id, g.uuid FROM resource_provider_aggregates l JOIN placement_aggregates g ON g.id = l.aggregate_id"
    " JOIN resource_providers p ON p.id = l.resource_provider_id WHERE p.root_provider_id IN %s"
)
_HOLDERS = (
    "(SELECT h.consumer_id FROM allocations h JOIN resource_providers p ON p.id = h.resource_provider_id"
    " WHERE p.root_provider_id IN %s)"
)
_CONSUMERS = (
    "SELECT c.uuid, c.generation, j.external_id, u.external_id, COALESCE(y.name, 'unknown')"  # noqa: S608
    " FROM consumers c JOIN projects j ON j.id = c.project_id JOIN users u ON u.id = c.user_id"
    f" LEFT JOIN consumer_types y ON y.id = c.consumer_type_id WHERE c.uuid IN {_HOLDERS}"
)
_ALLOCATIONS = (
    "SELECT a.consumer_id, o.uuid, k.name, a.used FROM allocations a"  # noqa: S608
    " JOIN resource_classes k ON k.id = a.resource_class_id JOIN resource_providers o ON o.id = a.resource_provider_id"
    f" WHERE a.consumer_id IN {_HOLDERS}"
)


def read_trees(database: SharedDatabase, hosts: Collection[str] = ()) -> list[ProviderTree]:
    """The trees of the root providers with these names, in that order; of all by name when there are none.

    Raises InvalidInput for names that are no root provider's, StackrollError for consumers of which too little is known.
    """
    with database.snapshot() as session:
        roots = _roots(session, hosts)
        if not roots:
            return []
        queries = (_PROVIDERS, _INVENTORIES, _TRAITS, _AGGREGATES, _CONSUMERS, _ALLOCATIONS)
        providers, inventories, traits, aggregates, consumers, allocations = (
            session.tuples(query, (roots,)) for query in queries
        )
    found = _by_root(providers, _inventories(inventories), _names(traits), _names(aggregates))
    home = {provider.uuid: root for root, inside in found.items() for provider in inside}
    members: dict[int, list[Consumer]] = defaultdict(list)
    for consumer in _consumers(consumers, allocations):
        for root in {home[uuid] for uuid in consumer.allocations if uuid in home}:
            members[root].append(consumer)
    trees = ((in_order(found[root]), tuple(members[root])) for root in roots)
    return [ProviderTree(inside[0].uuid, inside, holders) for inside, holders in trees]


def generations(database: SharedDatabase, hosts: Collection[str] = ()) -> dict[str, int]:
    """The generation of every provider of these trees by its UUID.

    One that is lower than what the API has said shows that this server is behind the one that the API writes to.
    """
    with database.snapshot() as session:
        roots = _roots(session, hosts)
        rows = session.tuples(_PROVIDERS, (roots,)) if roots else []
    return {str(uuid): int(generation or 0) for _root, _id, uuid, _name, generation, _parent in rows}


def read_vocabulary(database: SharedDatabase) -> tuple[frozenset[str], frozenset[str]]:
    """The names of all resource classes and of all traits; Placement keeps the standard ones in its tables as well."""
    classes, traits = (database.rows(f"SELECT name FROM {table}") for table in ("resource_classes", "traits"))  # noqa: S608
    return frozenset(str(row["name"]) for row in classes), frozenset(str(row["name"]) for row in traits)


def _roots(session: ReadOnlyDatabase, hosts: Collection[str]) -> tuple[int, ...]:
    names = tuple(dict.fromkeys(hosts))
    if not names:
        return tuple(number for name, number in sorted(session.tuples(_ALL_ROOTS), key=lambda row: natural(row[0])))
    found = {name: rest for name, *rest in session.tuples(_NAMED, (names,))}  # the server may not tell cmp1 from CMP1
    unknown = [name for name in names if name not in found]
    if unknown:
        raise InvalidInput(
            f"Placement has no resource provider named {some(unknown)}.",
            "Name hosts by their root providers, which bear the hypervisor_hostname of the compute node.",
        )
    children = [f"{name} (of {found[name][2]})" for name in names if found[name][0] != found[name][1]]
    if children:
        raise InvalidInput(
            f"Not the root of a provider tree, but within one: {some(children)}.", "Name the root of the tree."
        )
    return tuple(found[name][0] for name in names)


def _inventories(rows: Tuples) -> dict[int, dict[str, Inventory]]:
    found: dict[int, dict[str, Inventory]] = defaultdict(dict)
    for provider, name, *numbers in rows:
        found[provider][str(name)] = Inventory(*numbers)
    return found


def _names(rows: Tuples) -> dict[int, tuple[str, ...]]:
    found: dict[int, list[str]] = defaultdict(list)
    for provider, name in rows:
        found[provider].append(str(name))
    return {provider: tuple(sorted(names)) for provider, names in found.items()}


def _by_root(
    rows: Tuples,
    inventories: dict[int, dict[str, Inventory]],
    traits: dict[int, tuple[str, ...]],
    aggregates: dict[int, tuple[str, ...]],
) -> dict[int, list[ProviderData]]:
    found: dict[int, list[ProviderData]] = defaultdict(list)
    for root, number, uuid, name, generation, parent in rows:
        provider = ProviderData(
            uuid=str(uuid),
            name=str(name),
            generation=int(generation or 0),
            parent_uuid=parent,
            inventories=inventories.get(number, {}),
            traits=traits.get(number, ()),
            aggregates=aggregates.get(number, ()),
        )
        found[root].append(provider)
    return found


def _consumers(rows: Tuples, allocations: Tuples) -> list[Consumer]:
    """By UUID. Two rows of the same are added up, as Placement does for usages."""
    held: dict[str, dict[str, dict[str, int]]] = defaultdict(dict)
    for consumer, provider, name, used in allocations:
        amounts = held[consumer].setdefault(provider, {})
        amounts[name] = amounts.get(name, 0) + used
    incomplete = sorted(held.keys() - {row[0] for row in rows})
    if incomplete:
        raise StackrollError(
            f"Placement's database has no complete consumer record of {some(incomplete)}.",
            "Run placement-manage db online_data_migrations, then placement-status upgrade check.",
            {"consumers": incomplete},
        )
    return [
        Consumer(uuid, generation, project, user, held[uuid], type=kind)
        for uuid, generation, project, user, kind in sorted(rows)
    ]
