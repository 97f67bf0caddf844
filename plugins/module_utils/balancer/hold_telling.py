# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A hold as the module returns it. Pure."""

from __future__ import annotations

from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.balancer.hold_record import NONE, HoldRecord

COUNTS = ("held", "accepted", "forwarded", "failed", "abandoned")


def describe(record: HoldRecord | None, now: float) -> dict[str, Any]:
    """State and figures; *now* in seconds since the epoch."""
    if record is None:
        return {"state": NONE}
    counts = record.connections
    return {
        "state": record.state,
        "since": record.held_since,
        "seconds": _seconds(record, now),
        "longest_wait": round(counts.get("longest_wait", 0.0), 3),
        **{name: int(counts.get(name, 0)) for name in COUNTS},
        "open": record.open,
        "drained": list(record.plan.drained),
        "fallback": [target.name for target in record.plan.fallback],
        "max_hold": record.plan.max_hold,
        "to": record.to,
        "cause": record.cause or None,
        "error": record.error or None,
        "problems": record.problems,
        "relay": {"server": record.plan.relay, "port": record.port, "pid": record.pid, "left": record.added},
    }


def _seconds(record: HoldRecord, now: float) -> float:
    if record.held_since is None:
        return 0.0
    return round((record.released_at or now) - record.held_since, 3)
