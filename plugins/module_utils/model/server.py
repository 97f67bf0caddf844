# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers, their migrations and their groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.records import Record

# Nova calls every other status unfinished (nova.db.main.api.migration_get_in_progress_by_host_and_node).
FINISHED_MIGRATION_STATUSES = frozenset(("cancelled", "completed", "confirmed", "done", "error", "failed", "reverted"))
UNFINISHED_MIGRATION_STATUSES = (
    "accepted",
    "confirming",
    "finished",
    "migrating",
    "post-migrating",
    "pre-migrating",
    "preparing",
    "queued",
    "reverting",
    "running",
    "running (post-copy)",
)


@dataclass(frozen=True)
class Flavor(Record):
    """What a server was given; embedded in the server, so it outlives the flavor of that name."""

    name: str
    vcpus: int
    ram_mib: int
    disk_gib: int
    ephemeral_gib: int = 0
    swap_mib: int = 0
    extra_specs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Whereabouts(Record):
    """Where Nova has a server, and what it is doing with it; a state of ``unknown`` is that of a cell that does not answer."""

    node: str | None
    vm_state: str
    task_state: str | None = None


@dataclass(frozen=True)
class Server(Record):
    """One server, in any state but deleted."""

    id: str
    name: str
    project_id: str
    status: str
    vm_state: str
    task_state: str | None
    power_state: str
    host: str | None
    node: str | None
    zone: str | None
    locked: bool
    image_id: str | None
    created: str
    flavor: Flavor

    @classmethod
    def read_field(cls, name: str, value: Any) -> Any:
        """The flavor is a record of its own."""
        return Flavor.from_dict(value) if name == "flavor" else super().read_field(name, value)

    @property
    def volume_backed(self) -> bool:
        """Whether the root disk is a volume: Nova keeps no image for such a server."""
        return self.image_id is None

    @property
    def holds_host(self) -> bool:
        """Whether the server has a place on a host, in any power state."""
        return self.host is not None and self.vm_state not in ("shelved_offloaded", "deleted")


@dataclass(frozen=True)
class Migration(Record):
    """A move Nova is not through with; its UUID holds the allocations on the source.

    An evacuation stays in status done until its source host is back.
    """

    uuid: str
    server_id: str
    type: str
    status: str
    source_host: str | None
    dest_host: str | None
    source_node: str | None = None
    dest_node: str | None = None
    id: int | None = None
    user_id: str | None = None

    @property
    def unfinished(self) -> bool:
        """Whether Nova still works on it or waits for a confirmation."""
        return self.status not in FINISHED_MIGRATION_STATUSES


@dataclass(frozen=True)
class Labels(Record):
    """What its owner has written on a server; never kept in a snapshot, since it may be private."""

    metadata: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class ServerGroup(Record):
    """Servers that are kept together or apart."""

    id: str
    name: str
    policy: str
    members: tuple[str, ...]
