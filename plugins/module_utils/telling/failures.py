# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What went wrong, once each: what still stands, and what was mended on the way."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.telling.attempts import FAILED, Attempt
from ansible_collections.stackroll.nova.plugins.module_utils.telling.events import Event, format_time

Failure = dict[str, Any]


def fold_failures(attempts: tuple[Attempt, ...], succeeded: bool) -> tuple[list[Failure], list[Failure]]:
    """Failures that still stand, and failures that a later success or a later attempt has made good."""
    standing: list[Failure] = []
    recovered: list[Failure] = []
    for attempt in attempts:
        recovered += standing
        standing, mended = _of_attempt(attempt.events)
        recovered += mended
    if succeeded:
        standing, recovered = [], recovered + standing
    return _without_echoes(standing), _without_echoes(recovered)


def _of_attempt(events: Sequence[Event]) -> tuple[list[Failure], list[Failure]]:
    standing: dict[tuple[str, ...], Failure] = {}
    mended: list[Failure] = []
    for event in events:
        key = _key(event)
        if key is None:
            continue
        if _is_failure(event):
            standing.setdefault(key, _failure(event, key))
        elif key in standing and key[0] != "phase":
            mended.append(standing.pop(key))
    return list(standing.values()), mended


def _key(event: Event) -> tuple[str, ...] | None:
    """What a failure is about, so that a later success of the same thing makes it good."""
    if event.name == "module" and "failed" in event.data:
        return ("task", event.text("task") or event.text("module"), event.text("host"))
    if event.name == "host_result":
        return ("host", event.text("host"))
    if event.name == "check":
        return ("check", event.text("name"), event.text("group"), event.text("release"))
    if event.name == "phase_finished":
        return ("phase", event.text("phase"))
    return ("run", "run") if event.name == "run_closed" else None


def _is_failure(event: Event) -> bool:
    if event.name == "module":
        return event.data.get("failed") is True
    result = event.text("result").lower()
    if event.name == "check":
        return result in ("failure", FAILED)
    return result == FAILED


def _failure(event: Event, key: tuple[str, ...]) -> Failure:
    said = " ".join(filter(None, (event.text("summary"), event.text("remedy"))))
    message = event.text("msg") or event.text("reason") or said
    return {
        "kind": key[0],
        "name": key[1],
        "host": event.text("host"),
        "message": message,
        "time": format_time(event.at),
    }


def _without_echoes(failures: Sequence[Failure]) -> list[Failure]:
    """One cause travels from the task to the host, the phase and the run: keep what names the most, once."""
    ranks = {"host": 0, "check": 1, "task": 2, "phase": 3, "run": 4}
    kept: list[Failure] = []
    for failure in sorted(failures, key=lambda entry: ranks[entry["kind"]]):
        if not any(_is_echo(failure, other) for other in kept):
            kept.append(failure)
    return sorted(kept, key=lambda entry: str(entry["time"]))


def _is_echo(failure: Failure, other: Failure) -> bool:
    if failure["message"] in other["message"]:
        return True
    if other["kind"] == "check" and other["message"] and other["message"] in failure["message"]:
        return bool(failure["kind"] != "check")
    names_it = failure["kind"] == "task" and other["kind"] == "host" and other["name"]
    return bool(names_it and re.search(rf"(?<![\w.-]){re.escape(other['name'])}(?![\w-])", failure["message"]))
