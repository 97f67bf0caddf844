# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The backups of databases that a run has made, or was told of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.telling.events import Event
from ansible_collections.stackroll.nova.plugins.module_utils.telling.words import clean

BACKUP = "database_backup"
# How one was verified.
VERIFIED = {"restore": "restored and counted", "read": "read to its end, not restored", "": "not verified by this run"}
_TEXTS = ("service", "path", "host", "made", "verified", "reason")
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


def fold_backups(events: Sequence[Event]) -> list[dict[str, Any]]:
    """The last backup of each service, in the order in which services came."""
    found: dict[str, dict[str, Any]] = {}
    for event in events:
        if event.name == BACKUP and event.text("service") and event.text("path"):
            entry: dict[str, Any] = {key: event.text(key) for key in _TEXTS}
            found[entry["service"]] = {**entry, "bytes": event.whole("bytes")}
    return list(found.values())


def backups_text(report: Mapping[str, Any]) -> str | None:
    """Where they are, in one line; nothing without one."""
    return "; ".join(map(_text, report["database_backups"])) or None


def _text(backup: Mapping[str, Any]) -> str:
    facts = [size(backup["bytes"])] if backup["bytes"] is not None else []
    return f"{clean(backup['service'])} {place(backup)} ({', '.join([*facts, verified(backup)])})"


def place(backup: Mapping[str, Any]) -> str:
    """Host and path, as they are copied from."""
    return f"{clean(backup['host'])}:{clean(backup['path'])}" if backup["host"] else clean(backup["path"])


def verified(backup: Mapping[str, Any]) -> str:
    """How it was verified, in words."""
    return VERIFIED.get(backup["verified"], clean(backup["verified"]))


def size(count: float) -> str:
    """An amount of bytes as people say it."""
    for unit in _UNITS:
        if count < 1000 or unit == _UNITS[-1]:
            break
        count /= 1024
    return f"{count:.0f} {unit}" if unit == "B" or count >= 9.95 else f"{count:.1f} {unit}"
