# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the JSON of the APIs to our nouns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Aggregate, Node, Provider, Service
from ansible_collections.stackroll.nova.plugins.module_utils.model.server import (
    Flavor,
    Labels,
    Migration,
    Server,
    ServerGroup,
)
from ansible_collections.stackroll.nova.plugins.module_utils.model.server_states import POWER_STATES


def service(data: Mapping[str, Any]) -> Service:
    """A service; one in a cell that does not answer has binary, host and status only."""
    return Service(
        id=data.get("id"),
        binary=data["binary"],
        host=data["host"],
        zone=data.get("zone"),
        status=data["status"],
        state=data.get("state"),
        forced_down=bool(data.get("forced_down")),
        disabled_reason=data.get("disabled_reason"),
        updated_at=data.get("updated_at"),
    )


def server(data: Mapping[str, Any]) -> Server:
    """A server with the attributes that only administrators see."""
    if "OS-EXT-SRV-ATTR:host" not in data:
        raise StackrollError(
            f"The Compute API does not tell on which host server {data['id']} is.",
            "Use an account with the admin role.",
        )
    image = data.get("image") or {}
    return Server(
        id=data["id"],
        name=data["name"],
        project_id=data["tenant_id"],
        status=data["status"],
        vm_state=data["OS-EXT-STS:vm_state"],
        task_state=data["OS-EXT-STS:task_state"],
        power_state=_power_state(data["OS-EXT-STS:power_state"]),
        host=data["OS-EXT-SRV-ATTR:host"],
        node=data["OS-EXT-SRV-ATTR:hypervisor_hostname"],
        zone=data.get("OS-EXT-AZ:availability_zone") or None,
        locked=bool(data.get("locked")),
        image_id=image.get("id"),
        created=data["created"],
        flavor=flavor(data["flavor"]),
    )


def flavor(data: Mapping[str, Any]) -> Flavor:
    """The flavor embedded in a server."""
    return Flavor(
        name=data["original_name"],
        vcpus=data["vcpus"],
        ram_mib=data["ram"],
        disk_gib=data["disk"],
        ephemeral_gib=data.get("ephemeral") or 0,
        swap_mib=data.get("swap") or 0,
        extra_specs=dict(data.get("extra_specs") or {}),
    )


def migration(data: Mapping[str, Any]) -> Migration:
    """A migration record."""
    return Migration(
        uuid=data["uuid"],
        server_id=data["instance_uuid"],
        type=data["migration_type"],
        status=data["status"],
        source_host=data["source_compute"],
        dest_host=data["dest_compute"],
        source_node=data["source_node"],
        dest_node=data["dest_node"],
        id=data.get("id"),
        user_id=data.get("user_id"),
    )


def labels(data: Mapping[str, Any]) -> Labels:
    """What the owner has written on a server."""
    return Labels(metadata=dict(data.get("metadata") or {}), tags=tuple(data.get("tags") or ()))


def server_group(data: Mapping[str, Any]) -> ServerGroup:
    """A server group."""
    return ServerGroup(id=data["id"], name=data["name"], policy=data["policy"], members=tuple(data["members"]))


def aggregate(data: Mapping[str, Any]) -> Aggregate:
    """A host aggregate."""
    return Aggregate(
        id=data["id"],
        name=data["name"],
        zone=data.get("availability_zone"),
        hosts=tuple(data["hosts"]),
        metadata=dict(data["metadata"]),
    )


def node(data: Mapping[str, Any]) -> Node:
    """A compute node, which the API calls a hypervisor."""
    return Node(uuid=data["id"], name=data["hypervisor_hostname"])


def provider(data: Mapping[str, Any]) -> Provider:
    """A resource provider."""
    return Provider(
        uuid=data["uuid"],
        name=data["name"],
        generation=data["generation"],
        parent_uuid=data["parent_provider_uuid"],
        root_uuid=data["root_provider_uuid"],
    )


def _power_state(number: int | None) -> str:
    return POWER_STATES.get(number or 0, str(number))
