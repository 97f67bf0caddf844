# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decide which servers of a backend must change to be in a state, and refuse what would stop the service. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.stackroll.nova.plugins.module_utils.balancer.backend import READY, Backend, Server
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import some


def choose_servers(backend: Backend, names: Sequence[str]) -> list[Server]:
    """The servers of these names, or all. Raises InvalidInput for a name that the backend does not have."""
    missing = [name for name in names if backend.server(name) is None]
    if missing:
        raise InvalidInput(
            f"The backend {backend.name} has no server {some(missing)}.",
            f"It has {some([server.name for server in backend.servers], limit=10)}.",
        )
    return backend.named(names) if names else list(backend.servers)


def to_change(servers: Sequence[Server], state: str) -> list[Server]:
    """Those that are not in that state yet."""
    return [server for server in servers if server.admin != state]


def require_one_left(backend: Backend, leaving: Sequence[Server]) -> None:
    """Raises InvalidInput when these are all that get requests now."""
    gone = {server.name for server in leaving}
    usable = [server.name for server in backend.usable()]
    if usable and gone.issuperset(usable):
        raise InvalidInput(
            f"{some(usable, limit=10)} {'is the last server' if len(usable) == 1 else 'are the last servers'} of the"
            f" backend {backend.name} that can be used: without it every request would get 503.",
            "See why the others are not up, hold the requests with haproxy_hold first, or give allow_last=true.",
        )


def not_up(servers: Sequence[Server]) -> list[Server]:
    """Those that do not get requests although they should."""
    return [server for server in servers if server.admin != READY or not server.up]


def describe_busy(servers: Sequence[Server]) -> str:
    """Who has how many sessions, for people."""
    return ", ".join(f"{server.name} {server.busy}" for server in servers if server.busy)


def describe_state(servers: Sequence[Server]) -> str:
    """How HAProxy calls each server, for people."""
    return ", ".join(f"{server.name} {server.status} {server.check_status}".rstrip() for server in servers)
