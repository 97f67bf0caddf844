# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Database servers and the Galera clusters that they may belong to, as they say of themselves."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.stackroll.nova.plugins.module_utils.model.records import Record


@dataclass(frozen=True)
class GaleraNode(Record):
    """A node of Galera. *flow_control_paused* is the part of the time, from 0 to 1, in which replication stood still, since the server
    started or FLUSH STATUS; *members* are the addresses of all nodes."""

    name: str | None
    size: int
    ready: bool
    connected: bool
    status: str
    state: str
    flow_control_paused: float | None
    members: tuple[str, ...] = ()


@dataclass(frozen=True)
class DatabaseServer(Record):
    """What answers at an address, which may be a balancer's: *hostname* is the server's own. *databases* are those that are
    reached there, *errors* says why one is not. *galera* is none for a server that stands alone."""

    host: str
    port: int
    databases: tuple[str, ...]
    errors: tuple[str, ...] = ()
    hostname: str | None = None
    version: str | None = None
    read_only: bool | None = None
    uptime_seconds: int | None = None
    connections: int | None = None
    max_connections: int | None = None
    galera: GaleraNode | None = None

    @property
    def name(self) -> str:
        """The server as sentences name it."""
        return f"{self.hostname} at {self.host}:{self.port}" if self.hostname else f"{self.host}:{self.port}"
