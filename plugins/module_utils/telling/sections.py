# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of the page, one function each."""

from __future__ import annotations

from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.telling import backups, control, facts, rpc_pins, timeline
from ansible_collections.stackroll.nova.plugins.module_utils.telling.attempts import SUCCESS
from ansible_collections.stackroll.nova.plugins.module_utils.telling.markup import (
    Markup,
    paragraph,
    pill,
    section,
    table,
    tile,
)
from ansible_collections.stackroll.nova.plugins.module_utils.telling.summary import failure_text
from ansible_collections.stackroll.nova.plugins.module_utils.telling.timeline import text
from ansible_collections.stackroll.nova.plugins.module_utils.telling.words import (
    count,
    duration,
    moment,
    number,
    phase_name,
    way,
)

MOST_DETAILS = 200

Report = dict[str, Any]


def tiles(report: Report) -> str:
    """The totals."""
    servers, accounts, api = report["servers"], report["accounting"], report["api"]
    found = [_hosts_tile(report)] if report["hosts"] else []
    if servers["compared"]:
        note = f"{number(servers['moved'] or 0)} moved, {number(facts.changed_servers(report))} changed"
        note += f", {number(servers['deleted'])} deleted" if servers["deleted"] else ""
        found.append(tile("Servers lost", f"{len(servers['lost'])} of {number(servers['total'])}", note))
    if accounts["consumers"] is not None:
        wrong = sum(accounts[key] or 0 for key in ("orphaned", "doubled", "missing"))
        found.append(tile("Allocations wrong", number(wrong), f"of {count(accounts['consumers'], 'consumer')}"))
    if report["probe"] is not None:
        gap = f"longest gap {duration(report['probe']['longest_gap_seconds'])}"
        found.append(
            tile(
                "Requests failed",
                f"{number(report['probe']['failures'])} of {number(report['probe']['requests'])}",
                gap,
            )
        )
    found.append(tile("API requests", number(api["requests"]), count(api["writes"], "write")))
    attempts = len(report["attempts"])
    found.append(tile("Time", duration(report["active_seconds"]), count(attempts, "attempt") if attempts > 1 else ""))
    return f'<div class="tiles">{"".join(found)}</div>'


def _hosts_tile(report: Report) -> str:
    done = f"{len(facts.rolled(report))} of {len(report['hosts'])}"
    if report["check_mode"]:
        return tile("Hosts to upgrade", done)
    return tile("Hosts upgraded", done, facts.out_of_service(report) or "")


def failures(report: Report) -> str:
    """What stands in the way, and how to go on."""
    if report["result"] == SUCCESS:
        return ""
    rows = [
        f'<div class="failure"><strong>{text(failure_text(entry))}</strong>{_place(entry)}</div>'
        for entry in report["failures"]
    ]
    if not rows:
        rows = [paragraph("The journal ends before the run was closed: it was stopped, or it is still going on.", "")]
    left = [paragraph(f"{sentence}.", "") for sentence in facts.left_disabled(report)]
    return section("What stopped it" if report["failures"] else "Not finished", *rows, *left, _next(report))


def _place(failure: dict[str, Any]) -> str:
    place = f", {failure['host']}" if failure["host"] and failure["host"] != failure["name"] else ""
    return f'<span class="soft">{text(failure["kind"])}{text(place)} at {text(moment(failure["time"]))}</span>'


def _next(report: Report) -> str:
    if report["check_mode"]:
        return ""
    target = f" -e stackroll_target_release={report['target_release']}" if report["target_release"] else ""
    command = f"ansible-playbook stackroll.nova.upgrade -i <inventory>{target}"
    lead = (
        "After mending it, go on with the same command again; what is done stays done."
        if report["failures"]
        else "Go on:"
    )
    return f'<div class="next"><p>{text(lead)}</p><code>{text(command)}</code></div>'


def recovered(report: Report) -> str:
    """What went wrong on the way and was made good."""
    rows = [(moment(entry["time"]), failure_text(entry)) for entry in report["recovered"][:MOST_DETAILS]]
    return section("Mended on the way", table(["When", "What"], rows)) if rows else ""


def picture(report: Report) -> str:
    """The timeline with its legend."""
    drawing = timeline.draw(report)
    if not drawing:
        return ""
    seen = {span["state"] for host in report["hosts"] for span in host["timeline"]}
    keys = [("service-key", "in service"), *(item for item in timeline.STATES.items() if item[0] in seen)]
    if report["controllers"]:
        keys.append(("step-key", "step on a controller"))
    legend = "".join(f'<span><i class="{kind}"></i>{text(words)}</span>' for kind, words in keys)
    return section("Timeline", f'<div class="scroll">{drawing}</div>', f'<div class="legend">{legend}</div>')


def hosts(report: Report) -> str:
    """Versions before and after, and how each host ended."""
    rows = [
        (
            host["name"],
            host["wave"],
            host["service_version_before"],
            host["service_version_after"],
            None if host["seconds_disabled"] is None else duration(host["seconds_disabled"]),
            pill(host["result"]),
            f"{host['reason']}{facts.claim(host)}{_by(host)}".strip(),
        )
        for host in report["hosts"]
    ]
    heads = ["Host", "#Wave", "#Version before", "#Version after", "#Disabled for", "Result", "Reason"]
    if not any(row[-1] for row in rows):
        heads.pop()
    return section("Hosts", table(heads, rows), kind="long") if rows else ""


def _by(host: facts.Host) -> str:
    return f" reshaped by the {host['reshaped']}" if host["reshaped"] else ""


def versions(report: Report) -> str:
    """The versions of the services before and after."""
    before, after = report["versions"]["before"], report["versions"]["after"]
    rows = [(name, before.get(name), after.get(name)) for name in sorted({**before, **after}, key=str)]
    return section("Versions", table(["Service", "Before", "After"], rows)) if rows else ""


def phases(report: Report) -> str:
    """How long every phase took."""
    rows = [
        (phase_name(phase["name"]), duration(phase["seconds"]), phase["attempts"], pill(phase["result"]))
        for phase in report["phases"]
    ]
    return section("Phases", table(["Phase", "#Time", "#Attempts", "Result"], rows)) if rows else ""


def checks(report: Report) -> str:
    """Every check with its result."""
    rows = [
        (check["name"], pill(check["result"]), check["summary"], _objects(check), check["remedy"])
        for check in report["checks"]
    ]
    heads = ["Check", "Result", "Details", "Objects", "Remedy"]
    return section("Checks", table(heads, rows), kind="long") if rows else ""


def _objects(check: dict[str, Any]) -> str:
    more = check["total"] - len(check["objects"])
    return ", ".join(check["objects"]) + (f" and {more} more" if more > 0 else "")


def controllers(report: Report) -> str:
    """The order that was taken and why, what was done on the controllers, and to which RPC versions they are bound in the end."""
    rows = [
        (controller["name"], duration(step["at"]), step["step"])
        for controller in report["controllers"]
        for step in controller["steps"]
    ]
    rows.sort(key=lambda row: row[0])
    order = report["control_order"]
    said = [paragraph(control.order_text(report)), paragraph(order["clients"])] if order else []
    held = control.holds_text(report)
    said += [paragraph(f"Requests were held {held}.")] if held else []
    steps = [table(["Controller", "#At", "Step"], rows[:MOST_DETAILS])] if rows else []
    pins = rpc_pins.pins_text(report)
    bound = [paragraph(f"RPC pins: {pins}.")] if pins else []
    return section("Controllers", *said, *bound, *steps)


def database_backups(report: Report) -> str:
    """Where the backups are, and how they were verified."""
    rows = [
        (
            backup["service"],
            backups.place(backup),
            None if backup["bytes"] is None else backups.size(backup["bytes"]),
            moment(backup["made"]),
            backups.verified(backup),
            backup["reason"],
        )
        for backup in report["database_backups"]
    ]
    heads = ["Service", "Where", "#Size", "Begun", "Verified", "Why no more"]
    return section("Database backups", table(heads, rows)) if rows else ""


def way_back(report: Report) -> str:
    """Which of the steps that were taken can be taken back, and until when."""
    rows = [
        (step["step"], control.way_back_text(step), step["by"], step["how"], step["why"]) for step in report["way_back"]
    ]
    heads = ["Step", "Can be taken back", "By", "How", "Why not later, or at all"]
    return section("What can be taken back", table(heads, rows), kind="long") if rows else ""


def heading(report: Report) -> str:
    """The result and the one sentence about it."""
    word = Markup(pill("check run" if report["check_mode"] else report["result"]))
    times = f"{moment(report['started'])} to {moment(report['finished'])}"
    line = f"Run {report['run_id'] or '-'}, {way(report)}, {times}"
    return f'<header>{word}<h1>{text(facts.headline(report))}</h1><p class="soft">{text(line)}</p></header>'
