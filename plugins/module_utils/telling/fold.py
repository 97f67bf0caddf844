# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a journal to a report: a pure function that copes with any beginning of any journal."""

from __future__ import annotations

from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.telling import control, proof, rpc_pins
from ansible_collections.stackroll.nova.plugins.module_utils.telling.attempts import (
    FAILED,
    SUCCESS,
    UNFINISHED,
    Attempt,
    Clock,
    of_one_run,
    split,
)
from ansible_collections.stackroll.nova.plugins.module_utils.telling.backups import fold_backups
from ansible_collections.stackroll.nova.plugins.module_utils.telling.events import Event, Journal, format_time
from ansible_collections.stackroll.nova.plugins.module_utils.telling.failures import fold_failures
from ansible_collections.stackroll.nova.plugins.module_utils.telling.hosts import STATES, fold_hosts, has_failed
from ansible_collections.stackroll.nova.plugins.module_utils.telling.phases import fold_phases
from ansible_collections.stackroll.nova.plugins.module_utils.telling.probe import fold_probe

SCHEMA = "stackroll.nova/report/1"
CHECK_RUN = "check"

Report = dict[str, Any]


def fold(journal: Journal) -> Report:
    """The report of the run that was opened last in this journal."""
    events = of_one_run(journal.events)
    attempts = split(events)
    clock = Clock(attempts)
    closed = attempts[-1].result if attempts else UNFINISHED
    run_id = next((event.run_id for event in events if event.run_id), "")
    is_check = run_id == CHECK_RUN
    hosts = fold_hosts(_of_hosts(events, is_check), clock, closed == SUCCESS)
    failures, recovered = fold_failures(attempts, closed == SUCCESS)
    return {
        "schema": SCHEMA,
        "run_id": run_id,
        "check_mode": is_check,
        "result": _result(closed, hosts, failures),
        "source_release": _opening(events, "source_release", first=True),
        "target_release": _opening(events, "target_release", first=False),
        **_times(attempts, clock),
        "phases": fold_phases(attempts, clock),
        "hosts": hosts,
        "controllers": proof.fold_controllers(events, clock.offset),
        "control_order": control.fold_order(events),
        "database_backups": fold_backups(events),
        "holds": control.fold_holds(events, clock.offset),
        "rpc_pins": rpc_pins.fold_pins(events),
        "way_back": [] if is_check else control.fold_way_back(events, hosts),
        "servers": proof.fold_servers(events),
        "accounting": proof.fold_accounting(events),
        "accounting_details": proof.accounting_details(events),
        "api": proof.fold_api(events),
        "probe": fold_probe(events),
        "checks": proof.fold_checks(events),
        "versions": proof.fold_versions(events),
        "failures": failures,
        "recovered": recovered,
        "attempts": [attempt.to_dict() for attempt in attempts],
        "breaks": clock.breaks,
        "journal": {"events": len(events), "damaged": journal.damaged},
    }


def _of_hosts(events: tuple[Event, ...], is_check: bool) -> tuple[Event, ...]:
    """In a check run no host is really disabled or stopped; only its foreseen result counts."""
    return tuple(event for event in events if event.name not in STATES) if is_check else events


def _result(closed: str, hosts: list[dict[str, Any]], failures: list[dict[str, Any]]) -> str:
    """Success is what was closed as such; a journal that just ends is unfinished, or failed when it says so itself."""
    if closed == UNFINISHED and (failures or any(has_failed(host) for host in hosts)):
        return FAILED
    return closed


def _opening(events: tuple[Event, ...], key: str, *, first: bool) -> str:
    """The source is what the first opening saw; the target is what the last opening wanted."""
    values = [event.text(key) for event in events if event.name == "run_opened" and event.text(key)]
    return (values[0] if first else values[-1]) if values else ""


def _times(attempts: tuple[Attempt, ...], clock: Clock) -> dict[str, Any]:
    """Beginning and end on the clock on the wall, and the seconds of work without the time between attempts."""
    if not attempts:
        return {"started": None, "finished": None, "seconds": 0.0, "active_seconds": 0.0}
    start = attempts[0].start
    closing = attempts[-1].closing
    end = closing.at if closing else attempts[-1].end
    return {
        "started": format_time(start),
        "finished": format_time(end),
        "seconds": round(max(0.0, end - start), 1),
        "active_seconds": round(clock.seconds, 1),
    }
