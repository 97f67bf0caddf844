# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers that an upgrade would meet in the middle of something."""

from __future__ import annotations

from ansible_collections.stackroll.nova.plugins.module_utils.model.release import Release
from ansible_collections.stackroll.nova.plugins.module_utils.model.server import Migration, Server
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.check import Check, Finding, listed
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.evidence import View
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.questions import FLEET


def in_transition(evidence: View, _target: Release) -> Finding:
    """Nova is doing something with the server."""
    found = [_named(server, server.task_state) for server in evidence[FLEET].servers if server.task_state]
    return listed("warning", "Nova is at work on", found)


def in_error(evidence: View, _target: Release) -> Finding:
    """Nova has given up on the server."""
    found = [_named(server) for server in evidence[FLEET].servers if server.vm_state == "error"]
    return listed("warning", "In ERROR:", found)


def resizes_to_confirm(evidence: View, _target: Release) -> Finding:
    """The server holds a place on two hosts until somebody decides."""
    found = [_named(server, f"on {server.host}") for server in evidence[FLEET].servers if server.vm_state == "resized"]
    return listed("warning", "Waiting for the confirmation of a resize or a cold migration:", found)


def unfinished_migrations(evidence: View, _target: Release) -> Finding:
    """Migrations under way, or stuck."""
    fleet = evidence[FLEET]
    servers = {server.id: server for server in fleet.servers}
    found = [
        _described(migration, servers[migration.server_id])
        for migration in fleet.migrations
        if migration.unfinished
        and migration.server_id in servers
        and not _waits_for_confirmation(migration, servers[migration.server_id])
    ]
    return listed("warning", "Not finished:", found)


def _waits_for_confirmation(migration: Migration, server: Server) -> bool:
    """Such a migration is told as a resize to confirm."""
    return migration.status == "finished" and server.vm_state == "resized"


def _described(migration: Migration, server: Server) -> str:
    route = (
        f"{migration.source_host} to {migration.dest_host}" if migration.dest_host else f"from {migration.source_host}"
    )
    return f"{migration.type} of {_named(server, migration.status)} {route}"


def _named(server: Server, more: str | None = None) -> str:
    return f"{server.name} ({server.id}, {more})" if more else f"{server.name} ({server.id})"


CHECKS = (
    Check(
        name="Servers in transition",
        group="servers",
        judge=in_transition,
        reads=(FLEET,),
        rule="No server has a task state. What a conductor, a scheduler or a nova-compute has in hand when it is stopped can be"
        " lost, and the server then stays in its task state. A cloud in use always has some, and the upgrade lets services finish"
        " what they have begun, so this is a warning.",
        remedy="Wait, or hold back new requests. If it does not end by itself: openstack server set --state active <server>",
    ),
    Check(
        name="Servers in ERROR",
        group="servers",
        judge=in_error,
        reads=(FLEET,),
        rule="No server is in ERROR. The upgrade neither moves nor mends such a server; it must be told apart afterwards from one"
        " that the upgrade has broken. Hence a warning.",
        remedy="See the fault with openstack server show <server>, mend its cause, then: openstack server set --state active <server>",
    ),
    Check(
        name="Resizes to confirm",
        group="servers",
        judge=resizes_to_confirm,
        reads=(FLEET,),
        rule="No server is in VERIFY_RESIZE. It holds resources on two hosts and cannot be moved until its owner has decided, so its"
        " host cannot be emptied. A warning: the server itself runs on.",
        remedy="openstack server resize confirm <server>, or openstack server resize revert <server>",
    ),
    Check(
        name="Unfinished migrations",
        group="servers",
        judge=unfinished_migrations,
        reads=(FLEET,),
        rule="No migration of a server is unfinished, other than those that wait for a confirmation. A migration that is under way"
        " while its services are replaced can fail, and one that is stuck keeps its allocations and makes the deletion of a compute"
        " service fail. A warning: most end by themselves.",
        remedy="Wait, or: openstack server migration list --server <server>, openstack server migration abort <server> <migration>",
    ),
)
