# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare the servers of two snapshots: what was promised not to change has not changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.accounting.absences import NOT_ASKED, Absence, was_going
from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Fleet
from ansible_collections.stackroll.nova.plugins.module_utils.model.server import Server

# What an upgrade must not touch, in any state of the server.
IDENTITY = ("name", "project_id", "flavor", "image_id")
# What it must not touch either, unless the first snapshot caught the server in the middle of something.
STATE = ("vm_state", "power_state", "task_state")
Change = dict[str, Any]


def compare_servers(before: Fleet, after: Fleet, absences: Mapping[str, Absence] | None = None) -> dict[str, Any]:
    """Every server of the first snapshot is unchanged, moved, changed, deleted or lost.

    *absences*: by UUID, what Nova says of servers that are gone and were not being deleted; who is not among them counts as lost.
    """
    now = {server.id: server for server in after.servers}
    groups_before, groups_after = _groups(before), _groups(after)
    result: dict[str, Any] = {
        "total": len(before.servers),
        "unchanged": 0,
        "moved": 0,
        "deleted": 0,
        "new": len(now.keys() - {server.id for server in before.servers}),
        "deletions": [],
        "lost": [],
        "changed": [],
        "moves": [],
    }
    for old in before.servers:
        new = now.get(old.id)
        if new is None:
            _note_absence(old, (absences or {}).get(old.id, NOT_ASKED), result)
            continue
        changes = list(_changes(old, new, groups_before.get(old.id, ()), groups_after.get(old.id, ())))
        result["changed"] += changes
        has_moved = old.host != new.host
        if has_moved:
            result["moves"].append({"id": old.id, "name": old.name, "from": old.host, "to": new.host})
        if not changes:
            result["moved" if has_moved else "unchanged"] += 1
    return result


def _note_absence(old: Server, absence: Absence, result: dict[str, Any]) -> None:
    identity = {"id": old.id, "name": old.name, "project_id": old.project_id}
    if was_going(old):
        result["deleted"] += 1
    elif absence.is_loss:
        result["lost"].append({**identity, "host": old.host, "status": old.status, "reason": absence.reason})
    else:
        result["deleted"] += 1
        result["deletions"].append({**identity, "deleted_at": absence.deleted_at})


def _changes(
    old: Server, new: Server, groups_before: tuple[str, ...], groups_after: tuple[str, ...]
) -> Iterator[Change]:
    in_transition = old.task_state is not None or old.vm_state == "building"
    names = IDENTITY if in_transition else (*IDENTITY, *STATE)
    for name in names:
        left, right = getattr(old, name), getattr(new, name)
        if left != right:
            yield _change(old, name, _readable(left), _readable(right))
    if groups_before != groups_after:
        yield _change(old, "groups", list(groups_before), list(groups_after))


def _change(server: Server, field: str, before: Any, after: Any) -> Change:
    return {"id": server.id, "name": server.name, "field": field, "before": before, "after": after}


def _readable(value: Any) -> Any:
    return value.to_dict() if hasattr(value, "to_dict") else value


def _groups(fleet: Fleet) -> Mapping[str, tuple[str, ...]]:
    """The names of the groups of each server."""
    found: dict[str, list[str]] = {}
    for group in fleet.server_groups:
        for member in group.members:
            found.setdefault(member, []).append(group.name)
    return {member: tuple(sorted(names)) for member, names in found.items()}
