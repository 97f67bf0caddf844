# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rates as this run has shown them: what was assumed, corrected by how long things really took."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from statistics import median

from ansible_collections.stackroll.nova.plugins.module_utils.model.records import Record
from ansible_collections.stackroll.nova.plugins.module_utils.planning.plan_options import Range, Rates
from ansible_collections.stackroll.nova.plugins.module_utils.planning.policy import COLD, LIVE, PARKING

HOST = "host"
# With fewer samples their spread says little, and the assumed one is kept.
FEWEST_FOR_SPREAD = 3


@dataclass(frozen=True)
class Sample(Record):
    """How many seconds something took: a live or cold migration, suspend, stop, or the upgrade of a host."""

    kind: str
    seconds: float
    server: str | None = None


def learned(rates: Rates, samples: Iterable[Sample], ram_mib: Mapping[str, int]) -> Rates:
    """The rates, each corrected by the samples of its kind; *ram_mib* is by server, and who is not in it does not count."""
    ratios: dict[str, list[float]] = {LIVE: [], COLD: [], HOST: [], "park": []}
    for sample in samples:
        kind = "park" if sample.kind in PARKING else sample.kind
        expected = _expected(rates, kind, ram_mib.get(sample.server or ""))
        if expected and sample.seconds > 0:
            ratios[kind].append(sample.seconds / expected)
    return replace(
        rates,
        live_seconds=_scaled(rates.live_seconds, ratios[LIVE]),
        live_mib_per_second=_speed(rates.live_mib_per_second, ratios[LIVE]),
        cold_seconds=_scaled(rates.cold_seconds, ratios[COLD]),
        park_seconds=_scaled(rates.park_seconds, ratios["park"]),
        host_seconds=_scaled(rates.host_seconds, ratios[HOST]),
    )


def _expected(rates: Rates, kind: str, ram_mib: int | None) -> float | None:
    """The likely seconds; None for what no rate is about."""
    if kind == LIVE:
        return None if ram_mib is None else rates.live_seconds.likely + ram_mib / rates.live_mib_per_second.likely
    figures = {COLD: rates.cold_seconds, "park": rates.park_seconds, HOST: rates.host_seconds}
    return figures[kind].likely if kind in figures else None


def _scaled(figure: Range, ratios: list[float]) -> Range:
    if not ratios:
        return figure
    likely = figure.likely * median(ratios)
    if len(ratios) < FEWEST_FOR_SPREAD:
        return Range(figure.least * median(ratios), likely, figure.most * median(ratios))
    return Range(figure.likely * min(ratios), likely, figure.likely * max(ratios))


def _speed(figure: Range, ratios: list[float]) -> Range:
    """What takes longer is slower."""
    seconds = _scaled(Range(1 / figure.most, 1 / figure.likely, 1 / figure.least), ratios)
    return Range(1 / seconds.most, 1 / seconds.likely, 1 / seconds.least)
