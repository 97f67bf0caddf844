# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The calls of the Compute API that we use; one function per call, lists always complete."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.api.errors import ApiError
from ansible_collections.stackroll.nova.plugins.module_utils.api.session import Cloud
from ansible_collections.stackroll.nova.plugins.module_utils.model.server import UNFINISHED_MIGRATION_STATUSES

Json = dict[str, Any]
# No cloud limits its pages to less; a shorter page of a list without links is the last one.
SMALLEST_PAGE_LIMIT = 100
# One request for each host is cheaper than the list of all servers.
FEW_HOSTS = 10


def services(cloud: Cloud, binary: str | None = None) -> list[Json]:
    """All services of all cells; those in a cell that does not answer have the status UNKNOWN and little else."""
    return list(cloud.nova("GET", "/os-services", params={"binary": binary} if binary else None)["services"])


def update_service(cloud: Cloud, service_id: str, body: Json) -> Json:
    """Change status, disabled_reason and forced_down of a service, or some of them."""
    return dict(cloud.nova("PUT", f"/os-services/{service_id}", body=body)["service"])


def servers(cloud: Cloud) -> list[Json]:
    """All servers of all projects.

    The first page is asked for without limit or marker: only then Nova names the servers of cells that do not answer.
    """
    return _linked_pages(cloud, "/servers/detail", "servers", {"all_tenants": 1}, "id")


def servers_on(cloud: Cloud, host: str) -> list[Json]:
    """The servers of all projects on one host."""
    return _linked_pages(cloud, "/servers/detail", "servers", {"all_tenants": 1, "host": host}, "id")


def soft_deleted_servers(cloud: Cloud) -> list[Json]:
    """Servers that can still be restored: the usual list leaves them out, but they hold their allocations."""
    params = {"all_tenants": 1, "deleted": "true", "status": "SOFT_DELETED"}
    return _linked_pages(cloud, "/servers/detail", "servers", params, "id")


def migrations(cloud: Cloud, status: str, kind: str | None = None) -> list[Json]:
    """Migrations in one status, of all servers; Nova takes one status per request."""
    params = {"status": status, **({"migration_type": kind} if kind else {})}
    return _linked_pages(cloud, "/os-migrations", "migrations", params, "uuid")


def server(cloud: Cloud, server_id: str) -> Json | None:
    """One server, or nothing when Nova knows none of this UUID; in a cell that does not answer it has the status UNKNOWN."""
    try:
        return dict(cloud.nova("GET", f"/servers/{server_id}")["server"])
    except ApiError as error:
        if error.status == 404:
            return None
        raise


def migrations_of(cloud: Cloud, server_id: str) -> list[Json]:
    """All migrations of one server, in any status."""
    return _linked_pages(cloud, "/os-migrations", "migrations", {"instance_uuid": server_id}, "uuid")


def unfinished_migrations(cloud: Cloud) -> list[Json]:
    """The migrations that Nova is not through with, of all servers; Nova takes one status per request."""
    pages = cloud.map(lambda status: migrations(cloud, status), UNFINISHED_MIGRATION_STATUSES)
    return [item for page in pages for item in page]


def unfinished_migrations_of(cloud: Cloud, hosts: Collection[str]) -> list[Json]:
    """The migrations from and to these hosts that Nova is not through with.

    One request for each host, unless there are more hosts than statuses, or one has a longer history than fits on a page.
    """
    if len(hosts) < len(UNFINISHED_MIGRATION_STATUSES):
        pages = cloud.map(
            lambda host: cloud.nova("GET", "/os-migrations", params={"host": host, "limit": 1000}), sorted(hosts)
        )
        if not any(page.get("migrations_links") for page in pages):
            found = {item["uuid"]: item for page in pages for item in page["migrations"]}
            return [item for item in found.values() if item["status"] in UNFINISHED_MIGRATION_STATUSES]
    return unfinished_migrations(cloud)


def find_migrations(cloud: Cloud, uuids: Collection[str], pages: int = 5) -> list[Json]:
    """Those of the migrations that are among the newest ones of the cloud, in any status."""
    found: list[Json] = []
    marker: dict[str, str] = {}
    for _page in range(pages):
        answer = cloud.nova("GET", "/os-migrations", params=marker)
        found += [item for item in answer["migrations"] if item["uuid"] in uuids]
        if len(found) == len(uuids) or not answer.get("migrations_links"):
            break
        marker = {"marker": answer["migrations"][-1]["uuid"]}
    return found


def servers_since(cloud: Cloud, moment: str) -> list[Json]:
    """Servers that have changed since a moment (UTC), the deleted ones included."""
    return _linked_pages(cloud, "/servers/detail", "servers", {"all_tenants": 1, "changes-since": moment}, "id")


def deleted_servers_since(cloud: Cloud, moment: str) -> list[Json]:
    """Servers that were deleted since a moment (UTC); not those that can still be restored."""
    params = {"all_tenants": 1, "deleted": "true", "changes-since": moment}
    found = _linked_pages(cloud, "/servers/detail", "servers", params, "id")
    return [item for item in found if item["status"] == "DELETED"]


def migrations_since(cloud: Cloud, moment: str) -> list[Json]:
    """Migrations that have changed since a moment (UTC); one that was never updated is not among them."""
    return _linked_pages(cloud, "/os-migrations", "migrations", {"changes-since": moment}, "uuid")


def moves_since(cloud: Cloud, moment: str) -> Counter[str]:
    """How often each server was moved to another host since a moment (UTC), by whoever; resizes and evacuations are no moves."""
    return Counter(
        item["instance_uuid"]
        for item in migrations_since(cloud, moment)
        if item["migration_type"] in ("live-migration", "migration")
        and item["status"] in ("completed", "confirmed", "finished")
        and item["created_at"][:19] >= moment[:19]
    )


def server_groups(cloud: Cloud) -> list[Json]:
    """All server groups of all projects; this list has no links, only an offset."""
    found: list[Json] = []
    while True:
        params = {"all_projects": "true", "limit": 1000, "offset": len(found)}
        page = cloud.nova("GET", "/os-server-groups", params=params)["server_groups"]
        found += page
        if len(page) < SMALLEST_PAGE_LIMIT:
            return found


def aggregates(cloud: Cloud) -> list[Json]:
    """All host aggregates."""
    return list(cloud.nova("GET", "/os-aggregates")["aggregates"])


def hypervisors(cloud: Cloud) -> list[Json]:
    """The UUIDs and names of all compute nodes."""
    return _linked_pages(cloud, "/os-hypervisors", "hypervisors", {}, "id")


def detailed_hypervisors(cloud: Cloud) -> list[Json]:
    """All compute nodes with their services; slow (7 ms a node), so for when names differ only."""
    return _linked_pages(cloud, "/os-hypervisors/detail", "hypervisors", {}, "id")


def instance_actions(cloud: Cloud, server_id: str, limit: int = 1) -> list[Json]:
    """The latest actions on a server, the newest first."""
    path = f"/servers/{server_id}/os-instance-actions"
    return list(cloud.nova("GET", path, params={"limit": limit})["instanceActions"])


def live_migrate(cloud: Cloud, server_id: str, host: str | None = None) -> None:
    """Begin a live migration, to a host or to where the scheduler says; Nova finds out whether disks must be copied."""
    _act(cloud, server_id, "os-migrateLive", {"host": host, "block_migration": "auto"})


def migrate(cloud: Cloud, server_id: str, host: str | None = None) -> None:
    """Begin a cold migration, to a host or to where the scheduler says."""
    _act(cloud, server_id, "migrate", {"host": host} if host else None)


def confirm_resize(cloud: Cloud, server_id: str) -> None:
    """Keep the outcome of a resize or a cold migration."""
    _act(cloud, server_id, "confirmResize")


def revert_resize(cloud: Cloud, server_id: str) -> None:
    """Undo a resize or a cold migration."""
    _act(cloud, server_id, "revertResize")


def suspend(cloud: Cloud, server_id: str) -> None:
    """Write the memory of a running server to disk."""
    _act(cloud, server_id, "suspend")


def resume(cloud: Cloud, server_id: str) -> None:
    """Go on with a suspended server."""
    _act(cloud, server_id, "resume")


def stop(cloud: Cloud, server_id: str) -> None:
    """Shut a server down."""
    _act(cloud, server_id, "os-stop")


def start(cloud: Cloud, server_id: str) -> None:
    """Boot a server that is shut down."""
    _act(cloud, server_id, "os-start")


def shelve_offload(cloud: Cloud, server_id: str) -> None:
    """Take a shelved server off its host."""
    _act(cloud, server_id, "shelveOffload")


def abort_migration(cloud: Cloud, server_id: str, migration_id: int) -> None:
    """Give up a live migration."""
    cloud.nova("DELETE", f"/servers/{server_id}/migrations/{migration_id}")


def force_complete(cloud: Cloud, server_id: str, migration_id: int) -> None:
    """Let a live migration end by pausing the guest."""
    cloud.nova("POST", f"/servers/{server_id}/migrations/{migration_id}/action", body={"force_complete": None})


def _act(cloud: Cloud, server_id: str, action: str, argument: Any = None) -> None:
    cloud.nova("POST", f"/servers/{server_id}/action", body={action: argument})


def _linked_pages(cloud: Cloud, path: str, name: str, params: Mapping[str, Any], key: str) -> list[Json]:
    found: list[Json] = []
    marker: dict[str, str] = {}
    while True:
        answer = cloud.nova("GET", path, params={**params, **marker})
        page = answer[name]
        found += page
        known = [item[key] for item in page if item.get("status") != "UNKNOWN"]
        if not answer.get(f"{name}_links") or not known:
            return found
        marker = {"marker": known[-1]}
