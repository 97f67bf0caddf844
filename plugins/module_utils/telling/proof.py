# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The figures of a report: servers, allocations, API requests and checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.telling.events import Event, as_number

_ACCOUNTS = ("consumers", "orphaned", "doubled", "missing")


def amount(value: object) -> int | None:
    """A number of things, given as that number or as the list of them; nothing when it is neither."""
    if isinstance(value, (list, tuple, Mapping)):
        return len(value)
    number = as_number(value)
    return None if number is None else int(number)


def fold_servers(events: Sequence[Event]) -> dict[str, Any]:
    """What became of the servers, from the last comparison; without one, nothing is claimed."""
    data = last(events, "servers")
    compared = amount(data.get("total")) is not None
    return {
        "compared": compared,
        "total": amount(data.get("total")),
        "unchanged": amount(data.get("unchanged")),
        "moved": amount(data.get("moved")),
        "moves_per_server_max": amount(data.get("moves_per_server_max")),
        "deleted": amount(data.get("deleted")),
        "new": amount(data.get("new")),
        "deletions": _rows(data.get("deletions")),
        "lost": _rows(data.get("lost")),
        "changed": _rows(data.get("changed")),
    }


def fold_accounting(events: Sequence[Event]) -> dict[str, Any]:
    """The allocation audit in whole numbers."""
    data = last(events, "accounting")
    return {key: amount(data.get(key)) for key in _ACCOUNTS}


def accounting_details(events: Sequence[Event]) -> dict[str, Any]:
    """What the audit says beyond its numbers: the names behind them."""
    data = last(events, "accounting")
    found = {key: value for key, value in data.items() if isinstance(value, (list, Mapping))}
    return {key: value for key, value in found.items() if any(value.values() if isinstance(value, Mapping) else value)}


def fold_api(events: Sequence[Event]) -> dict[str, int]:
    """All requests of our modules, and how many of them could have changed something."""
    calls = [event.mapping("api") for event in events if event.name == "module"]
    return {key: sum(max(0, amount(call.get(key)) or 0) for call in calls) for key in ("requests", "writes")}


def fold_checks(events: Sequence[Event]) -> list[dict[str, Any]]:
    """The last result of every check, in the order they were first made; nova and placement may have checks of one name."""
    checks: dict[tuple[str, str, str], dict[str, Any]] = {}
    for event in events:
        name, group, release = event.text("name"), event.text("group"), event.text("release")
        if event.name == "check" and name:
            objects = event.names("objects")
            checks[name, group, release] = {
                "name": name,
                "result": event.text("result") or "Unknown",
                "summary": event.text("summary"),
                "remedy": event.text("remedy"),
                "objects": list(objects),
                "total": max(event.whole("total") or 0, len(objects)),
                "group": group,
                "release": release,
                "seconds": event.number("seconds"),
            }
    return list(checks.values())


def fold_controllers(events: Sequence[Event], offset: Any) -> list[dict[str, Any]]:
    """Every controller with the steps that were done on it."""
    controllers: dict[str, dict[str, Any]] = {}
    for event in events:
        if event.name == "control_step":
            for name in event.names("hosts"):
                entry = controllers.setdefault(name, {"name": name, "steps": []})
                entry["steps"].append({"step": event.text("step"), "at": offset(event.at)})
    return list(controllers.values())


def fold_versions(events: Sequence[Event]) -> dict[str, Any]:
    """The versions at the opening and the newest ones that were seen."""
    seen = [(event.name, dict(event.mapping("versions"))) for event in events if event.mapping("versions")]
    before = [versions for name, versions in seen if name == "run_opened"]
    after = [versions for name, versions in seen if name != "run_opened"]
    return {"before": before[0] if before else {}, "after": after[-1] if after else {}}


def last(events: Sequence[Event], name: str) -> Mapping[str, Any]:
    """The data of the last event of that name."""
    for event in reversed(events):
        if event.name == name:
            return event.data
    return {}


def _rows(value: object) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else []
