# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which compute RPC version each process of the control plane has chosen in the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.telling.events import Event, format_time
from ansible_collections.stackroll.nova.plugins.module_utils.telling.words import clean, number

# The last year that a calendar of ours knows is far off.
LATEST = 1e11


def fold_pins(events: Sequence[Event]) -> list[dict[str, Any]]:
    """One entry for each process, as its host was seen last."""
    found: dict[str, list[dict[str, Any]]] = {}
    for event in events:
        if event.name == "rpc_pins":
            host, pins = event.text("host"), event.data.get("pins")
            rows = pins if isinstance(pins, (list, tuple)) else []
            found[host] = [_pin(host, Event("pin", event.at, data=row)) for row in rows if isinstance(row, Mapping)]
    return [pin for pins in found.values() for pin in pins]


def _pin(host: str, row: Event) -> dict[str, Any]:
    chosen_at = row.number("chosen_at")
    return {
        "host": host,
        "unit": row.text("unit"),
        "pid": row.whole("pid"),
        "rpc_version": row.text("rpc_version") or None,
        "service_version": row.whole("service_version"),
        "chosen_at": format_time(chosen_at) if chosen_at is not None and 0 < chosen_at < LATEST else None,
    }


def pins_text(report: dict[str, Any]) -> str | None:
    """All processes in one line; nothing when they were not looked at."""
    pins = report["rpc_pins"]
    if not pins:
        return None
    chosen = Counter(
        f"RPC {clean(pin['rpc_version'] or 'unknown')} for service version {number(pin['service_version'])}"
        for pin in pins
        if pin["service_version"] is not None
    )
    parts = [f"{number(amount)} with {words}" for words, amount in sorted(chosen.items())]
    silent = sum(pin["service_version"] is None for pin in pins)
    if silent:
        parts.append(f"{number(silent)} not known to have chosen yet")
    return f"{number(len(pins))} process{'' if len(pins) == 1 else 'es'}: {', '.join(parts)}"
