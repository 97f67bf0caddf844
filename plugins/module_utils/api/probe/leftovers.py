# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers that a probe has not deleted, because it was killed or the API did not answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import Any, Optional

PREFIX = "stackroll-probe-"
METADATA = "stackroll_probe"
LOOK_EVERY = 2.0

# Sends a method to a path of the Compute API; returns the status, None without an answer, and the data.
Ask = Callable[[str, str], tuple[Optional[int], Any]]


def delete_leftovers(ask: Ask, sessions: Collection[str], seconds: float) -> tuple[int, list[str]]:
    """Delete the servers that these sessions of a probe have booted, and see them go; only those, by their metadata.

    Returns how many there were, and the IDs of those that are still there, or of what could not be listed, after so many seconds.
    """
    end = time.monotonic() + seconds
    seen: set[str] = set()
    while True:
        left = _find(ask, sessions)
        if left == []:
            return len(seen), []
        seen.update(left or ())
        for server_id in left or ():
            ask("DELETE", f"/servers/{server_id}")
        if time.monotonic() >= end:
            return len(seen), left if left is not None else ["unknown"]
        time.sleep(LOOK_EVERY)


def _find(ask: Ask, sessions: Collection[str]) -> list[str] | None:
    """Their IDs; None when they cannot be listed."""
    found: list[str] = []
    marker = ""
    while True:
        status, data = ask("GET", f"/servers/detail?name={PREFIX}&limit=500{marker}")
        if status != 200 or not isinstance(data, dict) or not isinstance(data.get("servers"), list):
            return None
        servers = data["servers"]
        found += [item["id"] for item in servers if (item.get("metadata") or {}).get(METADATA) in sessions]
        if not servers or not data.get("servers_links"):
            return found
        marker = f"&marker={servers[-1]['id']}"
