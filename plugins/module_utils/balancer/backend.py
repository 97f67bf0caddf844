# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What HAProxy says about a backend and its servers, as nouns with a few questions to them. No I/O."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

READY, DRAIN, MAINT = "ready", "drain", "maint"
UP_STATES = ("running", "starting")


@dataclass(frozen=True)
class Server:
    """One server of a backend.

    *admin* is V(ready), V(drain) or V(maint); *operational* is stopped, starting, running or stopping; *status* is the word that
    HAProxy shows to people. *sessions* and *queued* are counts of now, *limit* is maxconn, None when there is none.
    """

    name: str
    address: str
    port: int
    admin: str
    operational: str
    status: str
    check_status: str
    checked: bool
    sessions: int
    queued: int
    weight: int
    limit: int | None
    tls: bool

    @property
    def up(self) -> bool:
        """Whether HAProxy takes it for up, by a check or because nobody checks it."""
        return self.operational in UP_STATES

    @property
    def usable(self) -> bool:
        """Whether it gets new requests."""
        return self.admin == READY and self.up and self.weight > 0

    @property
    def busy(self) -> int:
        """Sessions there and requests that wait for it."""
        return self.sessions + self.queued

    def to_dict(self) -> dict[str, Any]:
        """Plain data for a module's result."""
        shown = asdict(self)
        del shown["limit"]
        return {**shown, "maxconn": self.limit, "usable": self.usable}


@dataclass(frozen=True)
class Backend:
    """A backend: *mode* is http or tcp, *queued* are the requests that wait for any of its servers."""

    name: str
    mode: str
    queued: int
    servers: tuple[Server, ...]

    def server(self, name: str) -> Server | None:
        """The server of that name, if there is one."""
        return next((server for server in self.servers if server.name == name), None)

    def named(self, names: Iterable[str]) -> list[Server]:
        """Those of these names that exist, in the backend's order."""
        wanted = set(names)
        return [server for server in self.servers if server.name in wanted]

    def usable(self) -> list[Server]:
        """The servers that get new requests."""
        return [server for server in self.servers if server.usable]

    def states(self) -> dict[str, str]:
        """What was set for each server, by its name."""
        return {server.name: server.admin for server in self.servers}
