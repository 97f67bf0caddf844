# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The calls of Placement that we use; one function per call."""

from __future__ import annotations

from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.api.errors import ApiError
from ansible_collections.stackroll.nova.plugins.module_utils.api.session import Cloud
from ansible_collections.stackroll.nova.plugins.module_utils.model.microversions import CONSUMER_TYPE_MICROVERSION

Json = dict[str, Any]


def providers(cloud: Cloud) -> list[Json]:
    """All resource providers; Placement does not page."""
    return list(cloud.placement("GET", "/resource_providers")["resource_providers"])


def allocations(cloud: Cloud, provider_uuid: str) -> Json:
    """What is allocated on one provider, by consumer."""
    return dict(_of_provider(cloud, provider_uuid, "allocations"))


def allocations_of(cloud: Cloud, consumer_id: str) -> Json:
    """What one consumer holds, by provider, with its generation, owner and type; of one that holds nothing, nothing."""
    return dict(cloud.placement("GET", f"/allocations/{consumer_id}", microversion=CONSUMER_TYPE_MICROVERSION))


def set_allocations(cloud: Cloud, consumer_id: str, body: Json) -> None:
    """Replace all that one consumer holds, unless somebody else has changed it since its generation was read."""
    cloud.placement("PUT", f"/allocations/{consumer_id}", body=body)


def inventories(cloud: Cloud, provider_uuid: str) -> Json:
    """The inventories of one provider, by resource class."""
    return dict(_of_provider(cloud, provider_uuid, "inventories"))


def traits(cloud: Cloud, provider_uuid: str) -> list[str]:
    """The traits of one provider."""
    return sorted(_of_provider(cloud, provider_uuid, "traits"))


def _of_provider(cloud: Cloud, provider_uuid: str, what: str) -> Any:
    try:
        return cloud.placement("GET", f"/resource_providers/{provider_uuid}/{what}")[what]
    except ApiError as error:
        if error.status == 404:  # deleted since the list was read, so it holds nothing
            return ()
        raise
