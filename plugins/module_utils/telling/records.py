# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may be written to the journal: few fields, bounded, and never a secret."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.telling.events import ENVELOPE, as_number, format_time

MESSAGE_LENGTH = 400
LINE_LENGTH = 256 * 1024
LIST_LENGTH = 200
TEXT_LENGTH = 2000

CHECK_KEYS = ("result", "summary", "remedy", "objects", "total", "group", "release", "seconds")

_URL_SECRET = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]{0,30}://)[^\s'\"]*@", re.IGNORECASE)


def module_event(
    task: Mapping[str, str], result: Mapping[str, Any], started: float, seconds: float, hidden: bool
) -> dict[str, Any]:
    """The event of one module call; of a task with no_log only its name and its timing."""
    event: dict[str, Any] = {key: task.get(key, "")[:MESSAGE_LENGTH] for key in ("module", "task", "host")}
    event.update(started=format_time(started), seconds=round(max(0.0, seconds), 3))
    if hidden:
        event["no_log"] = True
        return event
    failed = bool(result.get("failed") or result.get("unreachable"))
    event.update(changed=bool(result.get("changed")), failed=failed)
    if failed:
        event["msg"] = first_line(result.get("msg"))
    api = result.get("api")
    if isinstance(api, Mapping):
        event["api"] = {key: int(as_number(api.get(key)) or 0) for key in ("requests", "writes")}
    return event


def first_line(message: object) -> str:
    """The first line of a message, short and without the passwords of URLs."""
    lines = str(message or "").strip().splitlines()
    return _URL_SECRET.sub(r"\g<scheme>***@", lines[0][: 4 * MESSAGE_LENGTH])[:MESSAGE_LENGTH] if lines else ""


def masked(value: Any) -> Any:
    """The same data without the passwords of URLs."""
    if isinstance(value, str):
        return _URL_SECRET.sub(r"\g<scheme>***@", value)
    if isinstance(value, Mapping):
        return {key: masked(entry) for key, entry in value.items()}
    return [masked(entry) for entry in value] if isinstance(value, (list, tuple)) else value


def check_event(check: Mapping[str, Any]) -> dict[str, Any]:
    """The event of one upgrade check."""
    event = {key: check.get(key) for key in CHECK_KEYS}
    return {"name": check.get("check"), **{key: value for key, value in event.items() if value not in (None, "", [])}}


def encode(event: str, data: Mapping[str, Any], moment: float, run_id: str, attempt: int | None) -> bytes:
    """One journal line, ready for a single write."""
    envelope: dict[str, Any] = {"time": format_time(moment), "run_id": run_id, "event": event}
    if attempt is not None:
        envelope["attempt"] = attempt
    body = {key: value for key, value in data.items() if key not in ENVELOPE}
    line = _dump({**envelope, **body})
    if len(line) > LINE_LENGTH:
        line = _dump({**envelope, **{key: _cut(value) for key, value in body.items()}, "cut": True})
    if len(line) > LINE_LENGTH:
        scalars = {key: value for key, value in body.items() if not isinstance(value, (Mapping, list, str))}
        line = _dump({**envelope, **scalars, "cut": True})
    return line if len(line) <= LINE_LENGTH else _dump({**envelope, "cut": True})


def _cut(value: Any) -> Any:
    if isinstance(value, str):
        return value[:TEXT_LENGTH]
    if isinstance(value, list):
        return [_cut(entry) for entry in value[:LIST_LENGTH]]
    if isinstance(value, Mapping):
        return {key: _cut(entry) for key, entry in list(value.items())[:LIST_LENGTH]}
    return value


def _dump(record: Mapping[str, Any]) -> bytes:
    return (json.dumps(record, separators=(",", ":"), default=str, ensure_ascii=True) + "\n").encode("ascii")
