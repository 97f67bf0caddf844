# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the page about the servers of the tenants."""

from __future__ import annotations

from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.telling import facts
from ansible_collections.stackroll.nova.plugins.module_utils.telling.markup import (
    paragraph,
    pill,
    section,
    table,
)
from ansible_collections.stackroll.nova.plugins.module_utils.telling.states import GONE
from ansible_collections.stackroll.nova.plugins.module_utils.telling.timeline import text
from ansible_collections.stackroll.nova.plugins.module_utils.telling.words import count, number, some

MOST_SERVERS = 500
MOST_DETAILS = 200
MOST_DELETIONS = 20

Report = dict[str, Any]


def servers(report: Report, states: dict[str, Any]) -> str:
    """The servers by state, and what differs."""
    counts = [(row["state"], _count(row["before"]), _count(row["after"])) for row in states["counts"]]
    differing = _differences(report)
    parts = [paragraph(_sentence(report, bool(differing))), paragraph(_deletions(report))]
    if differing:
        parts.append(table(["Server", "What", "Before", "After"], differing[:MOST_DETAILS]))
    if counts:
        parts.append(table(["State", "#Before", "#After"], counts))
    deleted = {
        str(entry["id"]) for entry in report["servers"]["deletions"] if isinstance(entry, dict) and "id" in entry
    }
    return section("Servers", *parts, _every_server(states, deleted), kind="long")


def _sentence(report: Report, differs: bool) -> str:
    if not report["servers"]["compared"]:
        return "Not compared in this run so far."
    return f"{'' if differs else 'No server was lost or changed. '}{facts.servers(report)}."


def _deletions(report: Report) -> str:
    found = report["servers"]["deletions"]
    return f"Deleted by their owners meanwhile: {some(map(_server, found), MOST_DELETIONS)}." if found else ""


def _count(value: int | None) -> str | None:
    return None if value is None else number(value)


def _differences(report: Report) -> list[tuple[Any, ...]]:
    found = report["servers"]
    rows: list[tuple[Any, ...]] = []
    for entry in found["lost"]:
        data = entry if isinstance(entry, dict) else {}
        rows.append((_server(entry), pill("lost"), data.get("status"), data.get("reason")))
    for entry in found["changed"]:
        data = entry if isinstance(entry, dict) else {}
        rows.append((_server(entry), data.get("field"), data.get("before"), data.get("after")))
    return rows


def _server(entry: Any) -> str:
    if not isinstance(entry, dict):
        return str(entry)
    name, identifier = str(entry.get("name") or ""), str(entry.get("id") or "")
    return f"{name} ({identifier})" if name and identifier else name or identifier


def _every_server(states: dict[str, Any], deleted: set[str]) -> str:
    every = states["servers"]
    if not every:
        return ""
    rows = [
        (row["name"], row["before"], _after(row, deleted), row["host_before"], row["host_after"])
        for row in every[:MOST_SERVERS]
    ]
    cut = f", the first {MOST_SERVERS} of them" if len(every) > MOST_SERVERS else ""
    title = f"All {count(len(every), 'server')}{cut}"
    inner = table(["Server", "State before", "State after", "Host before", "Host after"], rows)
    opened = " open" if len(every) <= 40 else ""
    return f"<details{opened}><summary>{text(title)}</summary>{inner}</details>"


def _after(row: dict[str, Any], deleted: set[str]) -> Any:
    """The state after, marked where it is another one that nobody has asked for."""
    if row["after"] == GONE and row["id"] in deleted:
        return "deleted"
    return row["after"] if row["after"] in (None, row["before"]) else pill(row["after"])


def allocations(report: Report) -> str:
    """The audit of Placement: what does not add up, and what did not before this run either."""
    sentence = facts.placement(report)
    if not sentence:
        return ""
    details = report["accounting_details"]
    entries = details.get("details", [])
    rows = [_finding(entry) for entry in entries[:MOST_DETAILS]] if isinstance(entries, list) else []
    rows += [_finding({"kind": "provider", **item}) for item in details.get("providers", []) if isinstance(item, dict)]
    findings = table(["What", "Server", "Host", "Why"], rows) if rows else ""
    before = details.get("preexisting", {})
    known = sum(len(names) for names in before.values() if isinstance(names, list)) if isinstance(before, dict) else 0
    note = f"{count(known, 'finding')} did not add up before this run either; not held against it." if known else ""
    return section("Allocations", paragraph(f"{sentence}."), findings, paragraph(note))


def _finding(entry: Any) -> tuple[Any, ...]:
    data = entry if isinstance(entry, dict) else {"reason": str(entry)}
    who = data.get("name") or data.get("server_id") or data.get("consumer_id")
    return (pill(data.get("kind") or "unknown"), who, data.get("host"), data.get("reason"))
