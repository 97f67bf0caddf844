# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the page about the probe of the APIs."""

from __future__ import annotations

from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.telling import facts, probe_picture
from ansible_collections.stackroll.nova.plugins.module_utils.telling.events import as_number, format_time
from ansible_collections.stackroll.nova.plugins.module_utils.telling.markup import paragraph, section, table
from ansible_collections.stackroll.nova.plugins.module_utils.telling.probe import WINDOWS
from ansible_collections.stackroll.nova.plugins.module_utils.telling.probe_picture import duration_of
from ansible_collections.stackroll.nova.plugins.module_utils.telling.timeline import text
from ansible_collections.stackroll.nova.plugins.module_utils.telling.words import count, duration, number, phase_name

MOST_FAILURES = 100
# A probe that needs more of a core, or is later than that, measures itself as well.
BUSY, LATE = 0.25, 0.5
# In the year 2286.
LAST_MOMENT = 1e10

Json = dict[str, Any]


def probe(report: Json) -> str:
    """What clients have noticed; empty without a probe."""
    found = report["probe"]
    if found is None:
        return ""
    drawing = probe_picture.draw(found)
    return section(
        "APIs as clients saw them",
        paragraph(f"{facts.probe(report)}.", ""),
        paragraph(found["significance"]),
        f'<div class="scroll">{drawing}</div>{_legend(found)}' if drawing else "",
        _apis(found),
        _failed(found),
        _failed_boots(found),
        paragraph(_caveat(found)),
        kind="long",
    )


def _legend(found: Json) -> str:
    keys = [("median-key", "median"), ("slowest-key", "up to the slowest")]
    if found["failures"]:
        keys.append(("lost-key", "failures"))
    items = "".join(f'<span><i class="{kind}"></i>{text(words)}</span>' for kind, words in keys)
    return f'<div class="legend">{items}</div>'


def _apis(found: Json) -> str:
    rows = [
        (
            name,
            number(api["requests"]),
            number(api["failures"]),
            duration(api["longest_gap_seconds"]),
            duration(api["outage_seconds"]),
            duration(api["longest_wait_seconds"]),
            *(duration_of(api["latency"][window]["p99"]) for window in WINDOWS),
        )
        for name, api in sorted(found["apis"].items())
    ]
    heads = ["API", "#Requests", "#Failed", "#Longest gap", "#Outage", "#Longest wait"]
    return table([*heads, *(f"#p99 {window}" for window in WINDOWS)], rows) if rows else ""


def _failed(found: Json) -> str:
    rows = [
        (
            _clock(row),
            row.get("operation"),
            row.get("status") or row.get("kind"),
            duration_of(as_number(row.get("seconds"))),
            phase_name(row.get("phase", "")),
            row.get("request_id"),
        )
        for row in found["failed"][:MOST_FAILURES]
    ]
    if not rows:
        return ""
    shown = table(["Time (UTC)", "Request", "Result", "#After", "Phase", "Request ID"], rows)
    more = found["failures"] - len(rows)
    return shown + (paragraph(f"And {count(more, 'more failure')}.") if more > 0 else "")


def _failed_boots(found: Json) -> str:
    rows = [
        (
            _clock(row),
            row.get("name"),
            row.get("failure"),
            phase_name(row.get("phase", "")),
            row.get("message"),
        )
        for row in found["failed_boots"][:MOST_FAILURES]
    ]
    return table(["Time (UTC)", "Server", "Result", "Phase", "Message"], rows) if rows else ""


def _clock(row: Json) -> str:
    """The time of day, by which it is found in the logs of the cloud."""
    moment = as_number(row.get("time"))
    return format_time(moment)[11:23] if moment is not None and 0 <= moment < LAST_MOMENT else ""


def _caveat(found: Json) -> str:
    """What has to be known of the probe itself to believe it."""
    parts = []
    if found["skipped"]:
        parts.append(f"{count(found['skipped'], 'request')} could not be sent when due")
    lag = as_number(found["probe"].get("longest_lag_seconds"))
    if lag is not None and lag > LATE:
        parts.append(f"the probe was up to {duration(lag)} late")
    share = as_number(found["probe"].get("cpu_share"))
    if share is not None and share > BUSY:
        parts.append(f"it used {share:.0%} of a core itself")
    sentence = "; ".join(parts)
    return f"{sentence[0].upper()}{sentence[1:]}." if sentence else ""
