# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The calls of Placement that we use; one function per call."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Protocol, TypeVar

from ansible_collections.stackroll.nova.plugins.module_utils.api.errors import ApiError
from ansible_collections.stackroll.nova.plugins.module_utils.model.microversions import (
    CONSUMER_TYPE_MICROVERSION,
    PLACEMENT_MICROVERSION,
)

Json = dict[str, Any]
T = TypeVar("T")
U = TypeVar("U")


class PlacementApi(Protocol):
    """Whoever takes requests to Placement: a cloud, or Placement's own code in this process."""

    def placement(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        microversion: str = PLACEMENT_MICROVERSION,
    ) -> Any:
        """One request; returns the decoded answer. Raises ApiError."""

    def map(self, function: Callable[[T], U], items: Iterable[T]) -> list[U]:
        """Call the function for all items, a few at a time if possible; results in the order of the items."""

    def counters(self) -> dict[str, int]:
        """How many requests were sent so far, and how many of them could change something."""


def providers(cloud: PlacementApi) -> list[Json]:
    """All resource providers; Placement does not page."""
    return list(cloud.placement("GET", "/resource_providers")["resource_providers"])


def tree_of(cloud: PlacementApi, name: str) -> list[Json]:
    """The provider with this name and all others of its tree; nothing when there is none."""
    found = cloud.placement("GET", "/resource_providers", params={"name": name})["resource_providers"]
    if not found:
        return []
    root = found[0]["root_provider_uuid"]
    return list(cloud.placement("GET", "/resource_providers", params={"in_tree": root})["resource_providers"])


def allocations(cloud: PlacementApi, provider_uuid: str) -> Json:
    """What is allocated on one provider, by consumer."""
    return dict(_of_provider(cloud, provider_uuid, "allocations"))


def allocations_of(cloud: PlacementApi, consumer_id: str) -> Json:
    """What one consumer holds, by provider, with its generation, owner and type; of one that holds nothing, nothing."""
    return dict(cloud.placement("GET", f"/allocations/{consumer_id}", microversion=CONSUMER_TYPE_MICROVERSION))


def set_allocations(cloud: PlacementApi, consumer_id: str, body: Json) -> None:
    """Replace all that one consumer holds, unless somebody else has changed it since its generation was read."""
    cloud.placement("PUT", f"/allocations/{consumer_id}", body=body)


def inventories(cloud: PlacementApi, provider_uuid: str) -> Json:
    """The inventories of one provider, by resource class."""
    return dict(_of_provider(cloud, provider_uuid, "inventories"))


def traits(cloud: PlacementApi, provider_uuid: str) -> list[str]:
    """The traits of one provider."""
    return sorted(_of_provider(cloud, provider_uuid, "traits"))


def aggregates(cloud: PlacementApi, provider_uuid: str) -> list[str]:
    """The aggregates of one provider."""
    return sorted(_of_provider(cloud, provider_uuid, "aggregates"))


def all_resource_classes(cloud: PlacementApi) -> list[str]:
    """The resource classes that Placement knows."""
    return [item["name"] for item in cloud.placement("GET", "/resource_classes")["resource_classes"]]


def all_traits(cloud: PlacementApi) -> list[str]:
    """The traits that Placement knows."""
    return list(cloud.placement("GET", "/traits")["traits"])


def create_resource_class(cloud: PlacementApi, name: str) -> None:
    """Make sure that there is a resource class."""
    cloud.placement("PUT", f"/resource_classes/{name}")


def create_trait(cloud: PlacementApi, name: str) -> None:
    """Make sure that there is a trait."""
    cloud.placement("PUT", f"/traits/{name}")


def create_provider(cloud: PlacementApi, uuid: str, name: str, parent_uuid: str) -> int:
    """Create a provider below another one; returns its generation."""
    body = {"uuid": uuid, "name": name, "parent_provider_uuid": parent_uuid}
    return int(cloud.placement("POST", "/resource_providers", body=body)["generation"])


def delete_provider(cloud: PlacementApi, uuid: str) -> None:
    """Delete a provider that holds nothing and has no children; one that is gone already is fine."""
    try:
        cloud.placement("DELETE", f"/resource_providers/{uuid}")
    except ApiError as error:
        if error.status != 404:
            raise


def marks(cloud: PlacementApi, uuid: str, what: str) -> tuple[list[str], int]:
    """The ``traits`` or ``aggregates`` of a provider, and its generation."""
    answer = cloud.placement("GET", f"/resource_providers/{uuid}/{what}")
    return list(answer[what]), int(answer["resource_provider_generation"])


def set_marks(cloud: PlacementApi, uuid: str, what: str, names: Collection[str], generation: int) -> int:
    """Replace the ``traits`` or ``aggregates`` of a provider; returns its generation."""
    body = {"resource_provider_generation": generation, what: sorted(names)}
    answer = cloud.placement("PUT", f"/resource_providers/{uuid}/{what}", body=body)
    return int(answer["resource_provider_generation"])


def reshape(cloud: PlacementApi, body: Json) -> None:
    """Replace inventories of providers and all that consumers hold, in one transaction."""
    cloud.placement("POST", "/reshaper", body=body)


def _of_provider(cloud: PlacementApi, provider_uuid: str, what: str) -> Any:
    try:
        return cloud.placement("GET", f"/resource_providers/{provider_uuid}/{what}")[what]
    except ApiError as error:
        if error.status == 404:  # deleted since the list was read, so it holds nothing
            return ()
        raise
