# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The last ten lines on the screen."""

from __future__ import annotations

from typing import Any, Optional

from ansible_collections.stackroll.nova.plugins.module_utils.telling import control, facts, rpc_pins
from ansible_collections.stackroll.nova.plugins.module_utils.telling.attempts import SUCCESS
from ansible_collections.stackroll.nova.plugins.module_utils.telling.backups import backups_text
from ansible_collections.stackroll.nova.plugins.module_utils.telling.hosts import NOT_STARTED, UNCHANGED
from ansible_collections.stackroll.nova.plugins.module_utils.telling.words import (
    clean,
    count,
    duration,
    phase_name,
    some,
)

MOST_FAILURES = 4
LABEL = 13

Line = tuple[str, Optional[str]]


def summarize(report: dict[str, Any], page: str = "") -> list[str]:
    """The summary of a report, as lines of text without a line about anything that was not measured."""
    lines = [facts.headline(report)]
    if report["result"] != SUCCESS:
        lines += _failures(report)
    lines += [f"  {label:<{LABEL}}{text}" for label, text in _figures(report) if text]
    if page:
        lines.append(f"  {'report':<{LABEL}}{clean(page)}")
    if report["result"] != SUCCESS and not report["check_mode"]:
        mending = "Go on after mending it:" if report["failures"] else "Go on:"
        lines.append(f"  {mending}   the same command again")
    return lines


def _failures(report: dict[str, Any]) -> list[str]:
    found = report["failures"]
    lines = [f"  {failure_text(failure)}" for failure in found[:MOST_FAILURES]]
    if len(found) > MOST_FAILURES:
        lines.append(f"  and {count(len(found) - MOST_FAILURES, 'more failure')}, see the report")
    return lines


def failure_text(failure: dict[str, Any]) -> str:
    """One failure as a sentence that begins with what it is about."""
    name, message = clean(failure["name"]), clean(failure["message"] or "failed; no reason was given")
    if failure["kind"] == "run":
        return message
    if failure["kind"] == "phase":
        return f"phase {phase_name(name)}: {message}"
    return message if message.startswith(f"{name}:") else f"{name}: {message}"


def _figures(report: dict[str, Any]) -> list[Line]:
    return [
        ("servers", facts.servers(report)),
        ("placement", facts.placement(report)),
        ("hosts", _hosts(report)),
        ("controllers", control.order_text(report)),
        ("backups", backups_text(report)),
        ("held", control.holds_text(report)),
        ("RPC pins", rpc_pins.pins_text(report)),
        ("checks", facts.checks(report)),
        (
            "phases",
            ", ".join(f"{phase_name(phase['name'])} {duration(phase['seconds'])}" for phase in report["phases"]),
        ),
        *_apis(report),
        ("attempts", _attempts(report)),
        ("journal", _journal(report)),
    ]


def _apis(report: dict[str, Any]) -> list[Line]:
    """What the probe saw, and what our modules asked for."""
    ours = facts.api(report) if report["api"]["requests"] else None
    seen = facts.probe(report)
    return [("API", seen), ("", f"{ours} of our own" if ours else None)] if seen else [("API", ours)]


def _hosts(report: dict[str, Any]) -> str:
    done, out = facts.rolled(report), facts.out_of_service(report)
    parts: list[str] = []
    if done:
        verb = "taken back" if facts.is_rollback(report) else "upgraded"
        verb = f"would be {verb}" if report["check_mode"] else verb
        parts.append(f"{len(done)} {verb}" + (f", {out}" if out and not report["check_mode"] else ""))
    unchanged = facts.hosts_of(report, UNCHANGED)
    if facts.reshaped(report):
        parts.append(f"{len(facts.reshaped(report))} reshaped")
    if unchanged and not facts.is_reshape(report):
        parts.append(f"{len(unchanged)} already on the target")
    parts += facts.left_disabled(report)[:MOST_FAILURES]
    waiting = [host["name"] for host in facts.hosts_of(report, NOT_STARTED)]
    if waiting:
        parts.append(f"not started: {some(waiting)}")
    return "; ".join(part for part in (*parts, facts.foreign(report)) if part)


def _attempts(report: dict[str, Any]) -> str | None:
    earlier = report["attempts"][:-1]
    if not earlier:
        return None
    ends = ", ".join(f"{attempt['result']} after {duration(attempt['seconds'])}" for attempt in earlier[-3:])
    return f"{len(earlier) + 1}; before this one: {ends}"


def _journal(report: dict[str, Any]) -> str | None:
    damaged = report["journal"]["damaged"]
    return f"{count(damaged, 'line')} could not be read" if damaged else None
