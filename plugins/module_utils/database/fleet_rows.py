# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows of a cell's database as the Compute API shows them (nova/api/openstack/compute/views, nova/availability_zones.py)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from ansible_collections.stackroll.nova.plugins.module_utils.database.connection import Row
from ansible_collections.stackroll.nova.plugins.module_utils.database.nova import current_flavor
from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Aggregate, Service
from ansible_collections.stackroll.nova.plugins.module_utils.model.server import (
    Flavor,
    Migration,
    Server,
)
from ansible_collections.stackroll.nova.plugins.module_utils.model.server_states import (
    POWER_STATES,
    server_status,
)

DEFAULT_ZONE = "nova"
INTERNAL_ZONE = "internal"

# The database's clock is one for all services; ours may be that of somebody's laptop.
SERVICES_QUERY = (
    "SELECT uuid, `binary`, host, topic, disabled, disabled_reason, forced_down, updated_at,"
    " ABS(TIMESTAMPDIFF(SECOND, COALESCE(last_seen_up, created_at), UTC_TIMESTAMP())) AS silent_for"
    " FROM services WHERE deleted = 0 ORDER BY id"
)
SERVERS_QUERY = (
    "SELECT i.uuid, i.display_name, i.project_id, i.vm_state, i.task_state, i.power_state, i.host, i.node,"
    " i.availability_zone, i.locked_by, i.image_ref, i.created_at, i.vcpus, i.memory_mb, i.root_gb, i.ephemeral_gb, e.flavor"
    " FROM instances i LEFT JOIN instance_extra e ON e.instance_uuid = i.uuid"
    " WHERE i.deleted = 0 AND (i.hidden = 0 OR i.hidden IS NULL) ORDER BY i.id"
)
# Migrations that Nova is not through with, and evacuations whose source is not back yet.
MIGRATIONS_QUERY = (
    "SELECT id, user_id, uuid, instance_uuid, status, source_compute, dest_compute, source_node, dest_node,"
    " COALESCE(migration_type, CASE WHEN COALESCE(old_instance_type_id, 0) <> COALESCE(new_instance_type_id, 0)"
    " THEN 'resize' ELSE 'migration' END) AS type"
    " FROM migrations WHERE deleted = 0 AND (status IN %s OR (status = 'done' AND migration_type = 'evacuation'))"
    " ORDER BY id"
)


@dataclass(frozen=True)
class Zones:
    """Which availability zones the hosts are in."""

    by_host: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, aggregates: Iterable[Aggregate]) -> Zones:
        """The zones that aggregates make."""
        found: dict[str, list[str]] = defaultdict(list)
        for aggregate in aggregates:
            for host in aggregate.hosts if aggregate.zone else ():
                found[host].append(str(aggregate.zone))
        return cls({host: tuple(dict.fromkeys(zones)) for host, zones in found.items()})

    def of_service(self, host: str, topic: str) -> str:
        """What the service list shows."""
        return ",".join(self.by_host.get(host, (DEFAULT_ZONE,))) if topic == "compute" else INTERNAL_ZONE

    def of_server(self, host: str | None, wanted: str | None) -> str | None:
        """The zone of its host; as long as it has none, the one that was asked for."""
        return self.by_host.get(host, (DEFAULT_ZONE,))[0] if host else wanted or None


def service(row: Row, zones: Zones, down_after: float) -> Service:
    """A row of the services query."""
    silent = row["silent_for"]
    is_up = not row["forced_down"] and silent is not None and silent <= down_after
    return Service(
        id=row["uuid"],
        binary=str(row["binary"]),
        host=str(row["host"]),
        zone=zones.of_service(str(row["host"]), str(row["topic"])),
        status="disabled" if row["disabled"] else "enabled",
        state="up" if is_up else "down",
        forced_down=bool(row["forced_down"]),
        disabled_reason=row["disabled_reason"],
        updated_at=_moment(row["updated_at"], "%Y-%m-%dT%H:%M:%S.%f"),
    )


def server(row: Row, zones: Zones, flavors: dict[str | None, Flavor]) -> Server:
    """A row of the servers query. *flavors* remembers flavors by their text, which most servers share."""
    text = row["flavor"]
    if not text:
        flavor = _flavor(row)
    else:
        if text not in flavors:
            flavors[text] = _flavor(row)
        flavor = flavors[text]
    return Server(
        id=str(row["uuid"]),
        name=str(row["display_name"]),
        project_id=str(row["project_id"] or ""),
        status=server_status(row["vm_state"], row["task_state"]),
        vm_state=row["vm_state"],
        task_state=row["task_state"],
        power_state=POWER_STATES.get(row["power_state"] or 0, str(row["power_state"])),
        host=row["host"],
        node=row["node"],
        zone=zones.of_server(row["host"], row["availability_zone"]),
        locked=bool(row["locked_by"]),
        image_id=str(row["image_ref"]).rsplit("/", 1)[-1] if row["image_ref"] else None,
        created=_moment(row["created_at"], "%Y-%m-%dT%H:%M:%SZ") or "",
        flavor=flavor,
    )


def _flavor(row: Row) -> Flavor:
    """The flavor embedded in a server; without a readable one, what the server's own columns say."""
    data = current_flavor(row["flavor"])
    return Flavor(
        name=str(data.get("name", "")),
        vcpus=int(data.get("vcpus", row["vcpus"]) or 0),
        ram_mib=int(data.get("memory_mb", row["memory_mb"]) or 0),
        disk_gib=int(data.get("root_gb", row["root_gb"]) or 0),
        ephemeral_gib=int(data.get("ephemeral_gb", row["ephemeral_gb"]) or 0),
        swap_mib=int(data.get("swap") or 0),
        extra_specs=dict(data.get("extra_specs") or {}),
    )


def migration(row: Row) -> Migration:
    """A row of the migrations query."""
    return Migration(
        uuid=str(row["uuid"]),
        server_id=str(row["instance_uuid"]),
        type=str(row["type"]),
        status=str(row["status"]),
        source_host=row["source_compute"],
        dest_host=row["dest_compute"],
        source_node=row["source_node"],
        dest_node=row["dest_node"],
        id=row["id"],
        user_id=row["user_id"],
    )


def _moment(value: datetime | None, form: str) -> str | None:
    return value.strftime(form) if value else None
