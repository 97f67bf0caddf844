# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Latency over time as an SVG drawing: the median as a line, the slowest as strokes, failures as dots, phases shaded."""

from __future__ import annotations

from math import log10
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.telling.events import as_number
from ansible_collections.stackroll.nova.plugins.module_utils.telling.timeline import (
    LEFT,
    WIDTH,
    Scale,
    axis,
    shades,
    text,
)
from ansible_collections.stackroll.nova.plugins.module_utils.telling.words import count, duration

# From the bottom to the top of the drawing, in pixels; latencies in seconds stand on a logarithmic scale between them.
HEIGHT, BOTTOM, TOP, FAILED = 240, 210, 66, 50
LEAST, MOST = 0.001, 100.0
MOST_POINTS = 400
# More drawings than the one of the timeline share its looks.
GRID = (0.001, 0.01, 0.1, 1.0, 10.0, 100.0)

Json = dict[str, Any]


def draw(probe: Json) -> str:
    """The whole drawing; empty when there is nothing to draw."""
    points = [point for point in map(_read, probe["series"][:MOST_POINTS]) if point]
    if not points:
        return ""
    total = max(point["at"] + point["seconds"] for point in points)
    scale, level = Scale(total), _Level(points)
    parts = [
        f'<svg class="timeline" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="Latency of the APIs over time">',
        *shades(_phases(probe["phases"]), scale, HEIGHT),
        *level.grid(),
        *axis(scale, HEIGHT),
        *_line(points, scale, level),
    ]
    for point in points:
        parts += _point(point, scale, level)
    return "\n".join([*parts, "</svg>"])


class _Level:
    """From seconds to pixels, on a logarithmic scale of whole decades that holds all points."""

    def __init__(self, points: list[Json]) -> None:
        shown = [point[key] for point in points for key in ("p50", "max") if point[key] is not None] or [0.01]
        low, high = min(map(_bounded, shown)), max(map(_bounded, shown))
        self.decades = [tick for tick in GRID if low / 10 < tick < high * 10]

    def __call__(self, seconds: float) -> float:
        low, high = log10(self.decades[0]), log10(self.decades[-1])
        part = (log10(_bounded(seconds)) - low) / ((high - low) or 1.0)
        return round(BOTTOM - (BOTTOM - TOP) * min(max(part, 0.0), 1.0), 1)

    def grid(self) -> list[str]:
        """A line and a figure for each decade."""
        parts = []
        for tick in self.decades:
            y, label = self(tick), f"{tick * 1000:g} ms" if tick < 1 else f"{tick:g} s"
            parts.append(f'<line class="grid" x1="{LEFT}" y1="{y}" x2="{WIDTH - 14}" y2="{y}"/>')
            parts.append(f'<text class="tick" x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{text(label)}</text>')
        return parts


def _bounded(seconds: float) -> float:
    return min(max(seconds, LEAST), MOST)


def _read(row: Json) -> Json | None:
    """A point with numbers, if it has a place and requests."""
    found = {key: as_number(row.get(key)) for key in ("at", "seconds", "requests", "failures", "p50", "max")}
    if found["at"] is None or found["at"] < 0 or not found["seconds"] or found["seconds"] < 0 or not found["requests"]:
        return None
    return found


def _phases(rows: list[Json]) -> list[Json]:
    """In the form of the timeline's phases."""
    spans = [(str(row.get("name", "")), as_number(row.get("start")), as_number(row.get("end"))) for row in rows]
    return [
        {"name": name, "spans": [{"start": start, "end": end}]}
        for name, start, end in spans
        if start is not None and end is not None and end > start
    ]


def _middle(point: Json, scale: Scale) -> float:
    return scale(point["at"] + point["seconds"] / 2)


def _line(points: list[Json], scale: Scale, level: _Level) -> list[str]:
    """The median; where nothing succeeded it is broken."""
    parts = []
    for one, other in zip(points, points[1:]):
        if one["p50"] is None or other["p50"] is None:
            continue
        ends = f'x1="{_middle(one, scale)}" y1="{level(one["p50"])}" x2="{_middle(other, scale)}" y2="{level(other["p50"])}"'
        parts.append(f'<line class="median" {ends}/>')
    return parts


def _point(point: Json, scale: Scale, level: _Level) -> list[str]:
    x, parts = _middle(point, scale), []
    if point["p50"] is not None and point["max"] is not None:
        times = f"median {duration_of(point['p50'])}, slowest {duration_of(point['max'])}"
        title = f"{count(int(point['requests']), 'request')} from {duration(point['at'])} on: {times}"
        ends = f'x1="{x}" y1="{level(point["p50"])}" x2="{x}" y2="{level(point["max"])}"'
        parts.append(f'<line class="slowest" {ends}><title>{text(title)}</title></line>')
    if point["failures"]:
        failed = f"{int(point['failures'])} of {count(int(point['requests']), 'request')} failed"
        title = f"{failed}, from {duration(point['at'])} on"
        parts.append(f'<circle class="lost" cx="{x}" cy="{FAILED}" r="4"><title>{text(title)}</title></circle>')
    return parts


def duration_of(seconds: float | None) -> str:
    """A latency as people say it: milliseconds below a second."""
    if seconds is None:
        return "-"
    return f"{seconds * 1000:.0f} ms" if seconds < 0.9995 else duration(seconds)
