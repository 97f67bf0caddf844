# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a probe's recording says: how many requests failed and how, how long nobody was served, and what became of the latency."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.availability.boots import booted
from ansible_collections.stackroll.nova.plugins.module_utils.availability.comparison import compared, windows
from ansible_collections.stackroll.nova.plugins.module_utils.availability.gaps import LATE, Gap, gaps, outages
from ansible_collections.stackroll.nova.plugins.module_utils.availability.latency import counted
from ansible_collections.stackroll.nova.plugins.module_utils.availability.recording import Recording
from ansible_collections.stackroll.nova.plugins.module_utils.availability.samples import (
    FAILURE_KINDS,
    Boot,
    Sample,
)
from ansible_collections.stackroll.nova.plugins.module_utils.availability.series import series
from ansible_collections.stackroll.nova.plugins.module_utils.availability.spans import Spans

SCHEMA = "stackroll.nova/probe/1"
MOST_FAILED = 100

Json = dict[str, Any]


def evaluate(recording: Recording, spans: Spans, *, late: float = LATE) -> Json:
    """All figures, as docs/report.md describes them under probe. Moments are epoch seconds, spans of time seconds."""
    sessions = [[_placed(item, spans) for item in session.samples] for session in recording.sessions]
    samples = sorted((item for session in sessions for item in session), key=lambda item: item.started)
    boots = [replace(boot, phase=spans.phase(boot.started)) for boot in recording.boots]
    sent = [item for item in samples if item.sent]
    failed = [item for item in sent if item.failure]
    found_gaps = _per_api(sessions, lambda group: gaps(group, late=late))
    found_outages = _per_api(sessions, outages)
    start, end = _bounds(samples)
    return {
        "schema": SCHEMA,
        "started": start,
        "finished": end,
        "requests": len(sent),
        "failures": len(failed),
        "skipped": len(samples) - len(sent),
        "late": sum(1 for item in sent if item.succeeded and item.seconds > late),
        "failures_by_kind": counted(FAILURE_KINDS, (str(item.failure) for item in failed)),
        "failures_by_phase": dict(Counter(item.phase for item in failed)),
        "failed": [_short(item, start) for item in failed[:MOST_FAILED]],
        **booted(boots, start),
        "longest_gap_seconds": _longest(found_gaps.values()),
        "longest_gap": _told_gap(found_gaps.values(), start, spans),
        "longest_wait_seconds": _longest_wait(sent),
        "outage_seconds": {api: _sum(found) for api, found in found_outages.items()},
        "phases": _phases(samples, boots, spans, start, end),
        "apis": {
            api: _api([item for item in sent if item.api == api], found_gaps[api], found_outages[api])
            for api in found_gaps
        },
        "operations": {name: _operation(sent, name) for name in sorted({item.operation for item in sent})},
        **compared(sent),
        "series": series(samples, start, end),
        "probe": _probe(recording, samples),
    }


def _placed(sample: Sample, spans: Spans) -> Sample:
    return replace(sample, phase=spans.phase(sample.started))


def _bounds(samples: Sequence[Sample]) -> tuple[float, float]:
    if not samples:
        return 0.0, 0.0
    return samples[0].started, max(item.ended for item in samples)


def _per_api(sessions: Iterable[Sequence[Sample]], find: Any) -> dict[str, list[Gap]]:
    """What is found in each session for itself: while no probe was running, nothing was due."""
    found: dict[str, list[Gap]] = {}
    for session in sessions:
        for api in sorted({item.api for item in session}):
            found.setdefault(api, []).extend(find([item for item in session if item.api == api]))
    return found


def _short(sample: Sample, start: float) -> Json:
    return {
        "at": round(sample.started - start, 1),
        "time": sample.started,
        "api": sample.api,
        "operation": sample.operation,
        "kind": sample.failure,
        "status": sample.status,
        "seconds": round(sample.seconds, 3),
        "phase": sample.phase,
        "request_id": sample.request_id,
    }


def _longest(found: Iterable[Sequence[Gap]]) -> float:
    return round(max((gap.seconds for each in found for gap in each), default=0.0), 3)


def _sum(found: Sequence[Gap]) -> float:
    return round(sum(gap.seconds for gap in found), 3)


def _told_gap(found: Iterable[Sequence[Gap]], start: float, spans: Spans) -> Json | None:
    longest = max((gap for each in found for gap in each), key=lambda gap: gap.seconds, default=None)
    if longest is None:
        return None
    return {
        "api": longest.api,
        "at": round(longest.start - start, 1),
        "time": longest.start,
        "seconds": round(longest.seconds, 3),
        "closed": longest.closed,
        "phase": spans.phase(longest.start),
    }


def _longest_wait(samples: Iterable[Sample]) -> float:
    return round(max((item.seconds for item in samples), default=0.0), 3)


def _phases(samples: Sequence[Sample], boots: Sequence[Boot], spans: Spans, start: float, end: float) -> list[Json]:
    """Every phase with its place on the time axis, which is bounded by the recording."""
    found = []
    for span in spans.spans:
        own = [
            item for item in samples if item.phase == span.name and item.sent and span.start <= item.started < span.end
        ]
        tried = [boot for boot in boots if boot.tried and span.start <= boot.started < span.end]
        found.append(
            {
                "name": span.name,
                "start": round(min(max(span.start, start), end) - start, 1),
                "end": round(max(min(span.end, end), start) - start, 1),
                "requests": len(own),
                "failures": sum(1 for item in own if item.failure),
                "boots": len(tried),
                "boot_failures": sum(1 for boot in tried if boot.failed),
            }
        )
    return found


def _api(samples: Sequence[Sample], found: Sequence[Gap], out: Sequence[Gap]) -> Json:
    return {
        "requests": len(samples),
        "failures": sum(1 for item in samples if item.failure),
        "longest_gap_seconds": _longest([found]),
        "outage_seconds": _sum(out),
        "longest_wait_seconds": _longest_wait(samples),
        "latency": windows(samples),
    }


def _operation(samples: Iterable[Sample], name: str) -> Json:
    own = [item for item in samples if item.operation == name]
    return {"requests": len(own), "failures": sum(1 for item in own if item.failure), "latency": windows(own)}


def _probe(recording: Recording, samples: Sequence[Sample]) -> Json:
    """On the probe itself: a probe that is late or busy measures itself."""
    ends = [session.end or {} for session in recording.sessions]
    spent = [
        (float(end["cpu_seconds"]), float(end["seconds"]))
        for end in ends
        if end.get("seconds") and "cpu_seconds" in end
    ]
    seconds = sum(whole for _cpu, whole in spent)
    return {
        "sessions": len(ends),
        "ended": [str(end.get("reason", "killed, or still running")) for end in ends],
        "longest_lag_seconds": round(max((item.lag for item in samples), default=0.0), 3),
        "cpu_share": round(sum(cpu for cpu, _whole in spent) / seconds, 4) if seconds else None,
        "damaged": recording.damaged,
    }
