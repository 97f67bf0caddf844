# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Provider trees over the API: per provider four requests, per consumer one, so that what consumers hold is complete.

The generations are those from before everything else was read. Whatever changes in between makes Placement refuse a reshape.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.api import placement
from ansible_collections.stackroll.nova.plugins.module_utils.api.placement import PlacementApi
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import (
    Consumer,
    Inventory,
    ProviderData,
    ProviderTree,
    in_order,
)
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import natural, some
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.vocabulary import Vocabulary

Json = dict[str, Any]
# Two requests for each tree, or one for all providers of the cloud.
FEW = 8
DETAILS = {
    "inventories": placement.inventories,
    "allocations": placement.allocations,
    "traits": placement.traits,
    "aggregates": placement.aggregates,
}


def read_vocabulary(api: PlacementApi) -> Vocabulary:
    """All resource classes and traits."""
    return Vocabulary(frozenset(placement.all_resource_classes(api)), frozenset(placement.all_traits(api)))


def read_trees(
    api: PlacementApi, hosts: Collection[str], known: Mapping[str, Consumer] | None = None
) -> list[ProviderTree]:
    """The trees whose roots have these names, in this order; all trees, in the order of names, when none is named.

    Consumers that are *known*, by UUID, and have the generation that is known, need no request of their own: nobody has written them
    since, so what they hold outside of these trees is what is known. Raises InvalidInput.
    """
    found = _members(api, hosts)
    members = [item for tree in found.values() for item in tree]
    wanted = [(what, item["uuid"]) for what in DETAILS for item in members]
    answers = dict(zip(wanted, api.map(lambda item: DETAILS[item[0]](api, item[1]), wanted)))
    consumers = _consumers(api, {uuid for what, uuid in wanted if what == "allocations"}, answers, known or {})
    return [_tree(root, items, answers, consumers) for root, items in found.items()]


def _members(api: PlacementApi, hosts: Collection[str]) -> dict[str, list[Json]]:
    """By UUID of the root: all providers of its tree."""
    names = list(dict.fromkeys(hosts))
    few = 0 < len(names) <= FEW
    pages = api.map(lambda name: placement.tree_of(api, name), names) if few else [placement.providers(api)]
    found: dict[str, list[Json]] = {}
    for item in (item for page in pages for item in page):
        found.setdefault(item["root_provider_uuid"], []).append(item)
    roots = {item["name"]: item["uuid"] for items in found.values() for item in items if item["uuid"] in found}
    unknown = [name for name in names if name not in roots]
    if unknown:
        raise InvalidInput(
            f"Placement has no root provider named {some(unknown)}.",
            "The option hosts takes the names of compute nodes, as Placement has them.",
        )
    return {roots[name]: found[roots[name]] for name in names or sorted(roots, key=natural)}


def _consumers(
    api: PlacementApi,
    providers: Collection[str],
    answers: Mapping[tuple[str, str], Any],
    known: Mapping[str, Consumer],
) -> dict[str, Consumer]:
    """Everybody who holds something on these providers, with all that they hold."""
    listed: dict[str, dict[str, Json]] = {}
    for uuid in providers:
        for consumer, item in answers["allocations", uuid].items():
            listed.setdefault(consumer, {})[uuid] = item
    untouched = {
        uuid: known[uuid] for uuid, items in listed.items() if uuid in known and _is_same(known[uuid], items, providers)
    }
    others = sorted(listed.keys() - untouched.keys())
    found = zip(others, api.map(lambda uuid: placement.allocations_of(api, uuid), others))
    return {**untouched, **{uuid: _consumer(uuid, data) for uuid, data in found if data["allocations"]}}


def _is_same(known: Consumer, listed: Mapping[str, Json], providers: Collection[str]) -> bool:
    """Whether nobody has written a consumer; one that goes while the lists are read is in some of them only."""
    inside = {uuid: dict(amounts) for uuid, amounts in known.allocations.items() if uuid in providers}
    generations = {item["consumer_generation"] for item in listed.values()}
    return generations == {known.generation} and inside == {uuid: item["resources"] for uuid, item in listed.items()}


def _consumer(uuid: str, data: Json) -> Consumer:
    return Consumer(
        uuid=uuid,
        generation=data["consumer_generation"],
        project_id=data["project_id"],
        user_id=data["user_id"],
        type=data.get("consumer_type") or "unknown",
        allocations={where: dict(item["resources"]) for where, item in data["allocations"].items()},
    )


def _tree(
    root: str,
    members: Iterable[Json],
    answers: Mapping[tuple[str, str], Any],
    consumers: Mapping[str, Consumer],
) -> ProviderTree:
    providers = in_order([_provider(item, answers) for item in members])
    inside = {item.uuid for item in providers}
    holders = sorted({consumer for uuid in inside for consumer in answers["allocations", uuid]} & consumers.keys())
    return ProviderTree(root, providers, tuple(consumers[uuid] for uuid in holders))


def _provider(item: Json, answers: Mapping[tuple[str, str], Any]) -> ProviderData:
    uuid = item["uuid"]
    return ProviderData(
        uuid=uuid,
        name=item["name"],
        generation=item["generation"],
        parent_uuid=item["parent_provider_uuid"],
        inventories={name: Inventory.from_dict(data) for name, data in answers["inventories", uuid].items()},
        traits=tuple(answers["traits", uuid]),
        aggregates=tuple(answers["aggregates", uuid]),
    )
