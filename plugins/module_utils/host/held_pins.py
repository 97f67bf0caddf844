# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which processes are bound to a compute RPC version that they have chosen for computes older than those of now. Pure.

Who has chosen nothing yet will choose for the computes of now, if he is known to have told nothing: his log can be read, and he runs
since all computes have their version, so that even one whose log has no INFO cannot have chosen before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

# Not before its first request that needs a compute, which may be long after its start.
CHOOSES_LATE = ("nova-api",)
AUTOMATIC = "auto"
EARLIER = "may hold the compute RPC version of older computes: it has told nothing"

Units = Mapping[str, Mapping[str, Any]]
Entry = dict[str, Any]


@dataclass(frozen=True)
class Now:
    """What is to be chosen by now: the service version of all computes, since when they have it (epoch seconds), and what
    [upgrade_levels] compute says. With anything but auto there is nothing to choose."""

    version: int
    since: float | None
    configured: str | None

    def may_tell(self, unit: str) -> bool:
        """Whether a process of the unit may choose at any moment."""
        return self.configured == AUTOMATIC and unit not in CHOOSES_LATE


def held(units: Units, now: Now) -> list[Entry]:
    """The processes that hold an older version than that of the computes, and those of which it cannot be known, as
    ``{"unit", "pid", "service_version", "reason"}``. *units* as service_unit_info describes them, with rpc_pins."""
    return [
        {"unit": unit, "pid": pin["pid"], "service_version": pin["service_version"], "reason": reason}
        for unit, state, pin in _pins(units)
        for reason in [_older(pin, now) if pin["service_version"] is not None else _unknown(unit, state, pin, now)]
        if reason
    ]


def undecided(units: Units, now: Now) -> bool:
    """Whether a process that may choose at any moment has not told what."""
    return any(pin["service_version"] is None and now.may_tell(unit) for unit, _state, pin in _pins(units))


def sentence(entries: Iterable[Entry]) -> str:
    """What is held, and by whom."""
    return "; ".join(f"{entry['unit']} (pid {entry['pid']}) {entry['reason']}" for entry in entries) + "."


def remedy(entries: Iterable[Entry]) -> str:
    """What is to be done about it; a process whose log cannot be read has told why."""
    units = sorted({entry["unit"] for entry in entries if entry["service_version"] is not None})
    if not units:
        return ""
    return f"Restart {' and '.join(units)}. If it chooses the same again, a nova-compute record of some cell is older."


def _pins(units: Units) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    for unit, state in units.items():
        for pin in state["rpc_pins"] or ():
            yield unit, state, pin


def _older(pin: Mapping[str, Any], now: Now) -> str:
    if pin["service_version"] >= now.version:
        return ""
    words = f"holds compute RPC {pin['rpc_version']}, which it chose when the oldest nova-compute had service version"
    return f"{words} {pin['service_version']}, not {now.version}"


def _unknown(unit: str, state: Mapping[str, Any], pin: Mapping[str, Any], now: Now) -> str:
    if not now.may_tell(unit):
        return ""
    if pin["unread"]:
        return f"may hold any compute RPC version: {pin['unread'].rstrip('.')}"
    if now.since is None:
        return f"{EARLIER}, and since when all computes have service version {now.version} is not known"
    return f"{EARLIER}, and it was started before the last of them" if (state["started_at"] or 0.0) < now.since else ""
