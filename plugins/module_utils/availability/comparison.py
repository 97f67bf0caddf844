# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long answers took before, during and after the work."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.availability.latency import figures, ratio
from ansible_collections.stackroll.nova.plugins.module_utils.availability.samples import BOOT_OPERATIONS, Sample
from ansible_collections.stackroll.nova.plugins.module_utils.availability.significance import compare, in_words
from ansible_collections.stackroll.nova.plugins.module_utils.availability.spans import BEFORE, DURING, WINDOWS, window

Json = dict[str, Any]


def windows(samples: Sequence[Sample]) -> Json:
    """The latencies of successes before, during and after the work."""
    return {which: figures(_times(samples, which)) for which in WINDOWS}


def compared(samples: Sequence[Sample]) -> Json:
    """The latencies of the mix, their ratio, and whether it means anything.

    Of the mix only: its proportions are the same in every window, those of the boot loop depend on how long servers take.
    """
    mixed = [item for item in samples if item.operation not in BOOT_OPERATIONS]
    found = windows(mixed)
    before, during = (_times(mixed, which) for which in (BEFORE, DURING))
    return {
        "latency": found,
        "p99_ratio": ratio(found[DURING]["p99"], found[BEFORE]["p99"]),
        "significance": _significance(before, during),
    }


def _significance(before: Sequence[float], during: Sequence[float]) -> Json | None:
    found = compare(before, during)
    if found is None:
        return None
    return {
        "u": found.u,
        "z": round(found.z, 4),
        "p_value": found.p_value,
        "probability_slower": round(found.probability, 4),
        "effect": found.effect,
        "significant": found.significant,
        "words": in_words(before, during),
    }


def _times(samples: Iterable[Sample], which: str) -> list[float]:
    """How long successes took that were asked for in this window."""
    return [item.seconds for item in samples if item.succeeded and window(item.phase) == which]
