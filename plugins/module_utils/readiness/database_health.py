# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether database servers are well enough for services to be restarted. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ansible_collections.stackroll.nova.plugins.module_utils.model.database_server import DatabaseServer, GaleraNode


@dataclass(frozen=True)
class Limits:
    """*cluster_size* is the least number of nodes, none for any and for servers that stand alone; *flow_control_paused* is a part of
    1, *connections_percent* one of max_connections."""

    cluster_size: int | None = None
    flow_control_paused: float = 0.1
    connections_percent: float = 90


def problems(servers: Iterable[DatabaseServer], limits: Limits) -> list[str]:
    """What is wrong, in sentences that name the server."""
    return [sentence for server in servers for sentence in _problems(server, limits)]


def _problems(server: DatabaseServer, limits: Limits) -> list[str]:
    found = list(server.errors)
    if server.version is None:
        return found
    if server.read_only:
        found.append(f"Database server {server.name} is read only.")
    if server.connections is not None and server.max_connections:
        used = 100 * server.connections / server.max_connections
        if used > limits.connections_percent:
            found.append(
                f"Database server {server.name} has {server.connections} of {server.max_connections} connections in use."
            )
    if server.galera is not None:
        return found + [f"Galera node {server.name} {text}." for text in _galera(server.galera, limits)]
    if limits.cluster_size is not None:
        found.append(f"Database server {server.name} stands alone; a cluster of {limits.cluster_size} is expected.")
    return found


def _galera(node: GaleraNode, limits: Limits) -> list[str]:
    found = []
    if not node.ready:
        found.append("is not ready (wsrep_ready)")
    if not node.connected:
        found.append("is not connected to its cluster (wsrep_connected)")
    if node.status != "Primary":
        found.append(f"is in a part of the cluster that is {node.status}, not Primary")
    if node.state != "Synced":
        found.append(f"is {node.state}, not Synced")
    if limits.cluster_size is not None and node.size < limits.cluster_size:
        found.append(f"sees {node.size} nodes; {limits.cluster_size} are expected")
    if node.flow_control_paused is not None and node.flow_control_paused > limits.flow_control_paused:
        found.append(
            f"has stood still for {node.flow_control_paused:.0%} of the time (wsrep_flow_control_paused; FLUSH STATUS begins anew)"
        )
    return found
