# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A probe's time on few points, for a picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.availability.latency import percentile
from ansible_collections.stackroll.nova.plugins.module_utils.availability.samples import BOOT_OPERATIONS, Sample

MOST_POINTS = 120


def series(samples: Sequence[Sample], start: float, end: float, points: int = MOST_POINTS) -> list[dict[str, Any]]:
    """One point per interval with requests: at (its beginning in seconds after *start*), seconds (its length), requests and failures of all
    kinds, p50 and max of the latency of the mix in seconds, null where nothing succeeded."""
    width = max((end - start) / points, 1.0)
    groups: dict[int, list[Sample]] = {}
    for sample in samples:
        if sample.sent:
            groups.setdefault(max(0, int((sample.started - start) / width)), []).append(sample)
    return [_point(index * width, width, groups[index]) for index in sorted(groups)]


def _point(at: float, width: float, samples: Sequence[Sample]) -> dict[str, Any]:
    times = sorted(item.seconds for item in samples if item.succeeded and item.operation not in BOOT_OPERATIONS)
    return {
        "at": round(at, 1),
        "seconds": round(width, 1),
        "requests": len(samples),
        "failures": sum(1 for item in samples if item.failure),
        "p50": round(percentile(times, 50), 4) if times else None,
        "max": round(times[-1], 4) if times else None,
    }
