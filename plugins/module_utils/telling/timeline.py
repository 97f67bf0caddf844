# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The timeline of a run as an SVG drawing: phases, controllers and every host over the seconds of work."""

from __future__ import annotations

from html import escape
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.telling.words import clean, duration, phase_name

WIDTH, LEFT, RIGHT = 960, 118, 14
ROW, BAR, TOP = 26, 12, 46
MOST_ROWS = 400
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400, 172800, 604800)
STATES = {
    "disabled": "disabled, old code running",
    "draining": "servers are leaving",
    "stopped": "service stopped",
    "starting": "starting, not ready yet",
    "ready": "ready, not enabled yet",
}


def text(value: object) -> str:
    """Text that is safe inside of markup."""
    return escape(clean(value), quote=True)


def draw(report: dict[str, Any]) -> str:
    """The whole drawing; empty when there is nothing to draw."""
    rows = [*report["controllers"], *report["hosts"]][:MOST_ROWS]
    total = report["active_seconds"]
    if not rows or total <= 0:
        return ""
    height = TOP + ROW * len(rows) + 26
    scale = Scale(total)
    parts = [
        f'<svg class="timeline" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="Timeline of controllers and hosts">',
        *shades(report["phases"], scale, height),
        *axis(scale, height),
        *_breaks(report["breaks"], scale, height),
    ]
    for index, row in enumerate(rows):
        middle = TOP + ROW * index + ROW / 2
        parts += _row(row, scale, middle)
    return "\n".join([*parts, "</svg>"])


class Scale:
    """From seconds to pixels."""

    def __init__(self, total: float) -> None:
        self.total = total
        self.width = WIDTH - LEFT - RIGHT

    def __call__(self, seconds: float) -> float:
        return round(LEFT + self.width * min(max(seconds, 0.0), self.total) / self.total, 1)

    def ticks(self) -> list[float]:
        """Round figures, not more than ten of them."""
        step = next((step for step in STEPS if self.total / step <= 10), self.total / 10)
        return [step * index for index in range(int(self.total / step) + 1)]


def axis(scale: Scale, height: float) -> list[str]:
    """Lines and figures of the time."""
    parts = []
    for tick in scale.ticks():
        x = scale(tick)
        label = "0" if tick == 0 else duration(tick).replace(".0 s", " s")
        anchor = "end" if x > WIDTH - 40 else "middle"
        parts.append(f'<line class="grid" x1="{x}" y1="{TOP}" x2="{x}" y2="{height - 22}"/>')
        parts.append(f'<text class="tick" x="{x}" y="{height - 7}" text-anchor="{anchor}">{text(label)}</text>')
    return parts


def shades(phases: list[dict[str, Any]], scale: Scale, height: float) -> list[str]:
    """A background for each phase, with its name where there is room."""
    parts = []
    for index, (name, span) in enumerate(_joined(phases, scale.total)):
        start, end = scale(span["start"]), scale(span["end"])
        width = round(max(end - start, 1.0), 1)
        title = f"{phase_name(name)}: {duration(span['end'] - span['start'])}"
        shade = "even" if index % 2 == 0 else "odd"
        parts.append(
            f'<rect class="phase {shade}" x="{start}" y="22" width="{width}" height="{height - 44}"><title>{text(title)}</title></rect>'
        )
        label = phase_name(name)
        if width > 7.2 * len(label):
            parts.append(f'<text class="tick" x="{start + 5}" y="36">{text(label)}</text>')
    return parts


def _joined(phases: list[dict[str, Any]], total: float) -> list[tuple[str, dict[str, float]]]:
    """The spans in order; those of one phase with next to nothing between them, as waves have, are one."""
    spans = [(phase["name"], dict(span)) for phase in phases for span in phase["spans"]]
    joined: list[tuple[str, dict[str, float]]] = []
    for name, span in sorted(spans, key=lambda entry: entry[1]["start"]):
        if joined and joined[-1][0] == name and span["start"] - joined[-1][1]["end"] < total / 50:
            joined[-1][1]["end"] = max(joined[-1][1]["end"], span["end"])
        else:
            joined.append((name, span))
    return joined


def _breaks(breaks: list[float], scale: Scale, height: float) -> list[str]:
    parts = []
    for moment in breaks:
        x = scale(moment)
        parts.append(f'<line class="break" x1="{x}" y1="16" x2="{x}" y2="{height - 22}"/>')
        parts.append(f'<text class="tick" x="{x}" y="12" text-anchor="middle">started again</text>')
    return parts


def _row(row: dict[str, Any], scale: Scale, middle: float) -> list[str]:
    name = clean(row["name"])
    label = name if len(name) <= 16 else f"{name[:15]}…"
    start, end = scale(0), scale(scale.total)
    parts = [
        f'<text class="name" x="{LEFT - 12}" y="{middle + 4}" text-anchor="end">{text(label)}<title>{text(name)}</title></text>',
        f'<line class="service" x1="{start}" y1="{middle}" x2="{end}" y2="{middle}"/>',
    ]
    parts += [_segment(name, segment, scale, middle) for segment in row.get("timeline", [])]
    parts += [_step(name, step, scale, middle) for step in row.get("steps", [])]
    return parts


def _segment(name: str, segment: dict[str, Any], scale: Scale, middle: float) -> str:
    start, end = scale(segment["start"]), scale(segment["end"])
    state = segment["state"] if segment["state"] in STATES else "disabled"
    title = f"{name}: {STATES[state]} for {duration(segment['end'] - segment['start'])}"
    box = f'x="{start}" y="{middle - BAR / 2}" width="{round(max(end - start, 1.5), 1)}" height="{BAR}"'
    return f'<rect class="{state}" {box}><title>{text(title)}</title></rect>'


def _step(name: str, step: dict[str, Any], scale: Scale, middle: float) -> str:
    x = scale(step["at"])
    title = f"{name}: {step['step']} at {duration(step['at'])}"
    return f'<circle class="step" cx="{x}" cy="{middle}" r="4"><title>{text(title)}</title></circle>'
