# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The servers before and after, from the two snapshots of a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional

from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import natural

UNKNOWN_STATE = "UNKNOWN"
GONE, NEW = "gone", "new"

Fleet = Optional[Mapping[str, Any]]


def server_states(before: Fleet, after: Fleet) -> dict[str, Any]:
    """How many servers are in each state, and one row per server."""
    old, new = _servers(before), _servers(after)
    states = sorted({_state(server) for server in (*old.values(), *new.values())})
    return {
        "taken": {"before": _taken_at(before), "after": _taken_at(after)},
        "counts": [
            {"state": state, "before": _count(before, old, state), "after": _count(after, new, state)}
            for state in states
        ],
        "servers": [_row(old.get(key), new.get(key), after) for key in _order(old, new)],
    }


def _servers(fleet: Fleet) -> dict[str, Mapping[str, Any]]:
    servers = fleet.get("servers") if fleet else None
    if not isinstance(servers, list):
        return {}
    return {str(server["id"]): server for server in servers if isinstance(server, Mapping) and "id" in server}


def _state(server: Mapping[str, Any]) -> str:
    return str(server.get("status") or UNKNOWN_STATE)


def _taken_at(fleet: Fleet) -> str | None:
    return str(fleet.get("taken_at") or "") if fleet else None


def _count(fleet: Fleet, servers: Mapping[str, Mapping[str, Any]], state: str) -> int | None:
    return sum(_state(server) == state for server in servers.values()) if fleet else None


def _order(old: Mapping[str, Mapping[str, Any]], new: Mapping[str, Mapping[str, Any]]) -> list[str]:
    return sorted({**new, **old}, key=lambda key: (natural(str((old.get(key) or new[key]).get("name", ""))), key))


def _row(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None, after: Fleet) -> dict[str, Any]:
    server = old or new or {}
    return {
        "id": str(server.get("id", "")),
        "name": str(server.get("name", "")),
        "before": _state(old) if old else NEW,
        "after": (_state(new) if new else GONE) if after else None,
        "host_before": str(old.get("host") or "") if old else "",
        "host_after": str(new.get("host") or "") if new else "",
    }
