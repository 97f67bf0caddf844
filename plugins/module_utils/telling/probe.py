# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the probe of the APIs has seen, from its event, and what its evaluation has to know of the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.telling.attempts import split
from ansible_collections.stackroll.nova.plugins.module_utils.telling.events import Event, as_number, as_text
from ansible_collections.stackroll.nova.plugins.module_utils.telling.proof import amount, last

PROBE = "probe"
# It changes nothing, so that what is measured meanwhile is how it was before.
NO_WORK = frozenset(("preflight",))
WINDOWS = ("before", "during", "after")
LATENCIES = ("count", "p50", "p95", "p99", "max")
_COUNTS = ("requests", "failures", "skipped", "late", "boots", "boot_failures")
_SPANS = ("started", "finished", "longest_gap_seconds", "longest_wait_seconds", "p99_ratio")
_NAMED = ("failures_by_kind", "failures_by_phase", "boot_failures_by_kind", "outage_seconds")
_LISTS = ("phases", "series", "failed", "failed_boots")

Json = dict[str, Any]


def fold_probe(events: Sequence[Event]) -> Json | None:
    """The figures of the last evaluation, with nothing in it but what is as it should be; nothing without a probe."""
    data = last(events, PROBE)
    if amount(data.get("requests")) is None:
        return None
    return {
        **{key: amount(data.get(key)) or 0 for key in _COUNTS},
        **{key: as_number(data.get(key)) for key in _SPANS},
        **{key: _numbers(data.get(key)) for key in _NAMED},
        **{key: [_scalars(row) for row in _rows(data.get(key))] for key in _LISTS},
        "latency": _windows(data.get("latency")),
        "significance": as_text(_mapping(data.get("significance")).get("words")),
        "longest_gap": _scalars(_mapping(data.get("longest_gap"))),
        "apis": {str(name): _api(_mapping(api)) for name, api in _mapping(data.get("apis")).items()},
        "probe": _scalars(_mapping(data.get("probe"))),
    }


def phases_of_work(events: Sequence[Event]) -> list[Json]:
    """The phases of a run that may change something, each with name, start and end (epoch seconds), as api_probe takes them.

    One that a kill has cut short ends with its attempt; one that is going on has no end.
    """
    found: list[Json] = []
    attempts = split(events)
    for attempt in attempts:
        begun: dict[str, float] = {}
        for event in attempt.events:
            name = event.text("phase")
            if event.name == "phase_started" and name and name not in NO_WORK:
                begun.setdefault(name, event.at)
            elif event.name == "phase_finished" and name in begun:
                found.append(_phase(name, begun.pop(name), event.at))
        for name, start in begun.items():
            found.append(_phase(name, start, None if attempt is attempts[-1] else attempt.end))
    return sorted(found, key=lambda phase: float(phase["start"]))


def _phase(name: str, start: float, end: float | None) -> Json:
    return {"name": name, "start": start, **({} if end is None else {"end": max(start, end)})}


def _api(data: Mapping[str, Any]) -> Json:
    numbers = _numbers(data)
    shown = {key: amount(data.get(key)) or 0 for key in ("requests", "failures")}
    spans = {key: numbers.get(key) for key in ("longest_gap_seconds", "outage_seconds", "longest_wait_seconds")}
    return {**shown, **spans, "latency": _windows(data.get("latency"))}


def _windows(value: object) -> Json:
    return {
        window: {key: as_number(_mapping(_mapping(value).get(window)).get(key)) for key in LATENCIES}
        for window in WINDOWS
    }


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _rows(value: object) -> list[Mapping[str, Any]]:
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, (list, tuple)) else []


def _numbers(value: object) -> Json:
    found = {str(key): as_number(entry) for key, entry in _mapping(value).items()}
    return {key: entry for key, entry in found.items() if entry is not None}


def _scalars(row: Mapping[str, Any]) -> Json:
    """Numbers that are finite, and text; the rest is left out."""
    found: Json = {}
    for key, value in row.items():
        if isinstance(value, (str, bool)) or as_number(value) is not None:
            found[str(key)] = value
    return found
