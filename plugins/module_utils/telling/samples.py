# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long things took in a run so far, from its journal: moves, and upgrades of hosts without the time to empty them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.telling.events import Event, as_number

MOVED = "servers_moved"
HOST = "host"
Sample = dict[str, Any]


def samples(events: Iterable[Event]) -> Iterator[Sample]:
    """Each with kind (live, cold, suspend, stop or host), seconds, and server where it is about one."""
    stories: dict[str, list[Event]] = {}
    for event in events:
        if event.name == MOVED:
            yield from _moves(event)
        elif event.name.startswith("host_"):
            for name in event.names("host"):
                stories.setdefault(name, []).append(event)
    for story in stories.values():
        seconds = _upgrade(story)
        if seconds is not None:
            yield {"kind": HOST, "seconds": round(seconds, 1)}


def _moves(event: Event) -> Iterator[Sample]:
    servers = event.data.get("servers")
    for item in servers if isinstance(servers, list) else ():
        seconds = as_number(item.get("seconds")) if isinstance(item, Mapping) else None
        if seconds:
            yield {"kind": str(item.get("step")), "seconds": seconds, "server": str(item.get("id"))}


def _upgrade(story: list[Event]) -> float | None:
    """From the disabling of a host to its enabling, if nothing failed in between."""
    at = {event.name: event for event in story}
    begin, end = at.get("host_disabled"), at.get("host_enabled")
    if begin is None or end is None or len({event.attempt for event in story}) > 1:
        return None
    emptying = 0.0
    if "host_draining" in at and "host_drained" in at:
        emptying = at["host_drained"].at - at["host_draining"].at
    return max(0.0, end.at - begin.at - emptying)
