# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be said about a report in a few words; used by the summary and by the page alike."""

from __future__ import annotations

from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.telling.attempts import FAILED, SUCCESS
from ansible_collections.stackroll.nova.plugins.module_utils.telling.hosts import NOT_STARTED, RESHAPED, UNCHANGED
from ansible_collections.stackroll.nova.plugins.module_utils.telling.words import (
    clean,
    count,
    duration,
    number,
    phase_name,
    some,
    spread,
    way,
)

Report = dict[str, Any]
Host = dict[str, Any]

FOREIGN = "foreign"
RESHAPE = "reshape"
ROLLBACK = "rollback"


def hosts_of(report: Report, *results: str) -> list[Host]:
    """The hosts that ended in one of these ways."""
    return [host for host in report["hosts"] if host["result"] in results]


def rolled(report: Report) -> list[Host]:
    """The hosts that this run brought to the target."""
    skipped = (FAILED, NOT_STARTED, UNCHANGED, RESHAPED, FOREIGN)
    return [
        host for host in report["hosts"] if host["result"] not in skipped and not host["still_disabled"] and _done(host)
    ]


def _done(host: Host) -> bool:
    return bool(host["result"] not in ("unfinished", "disabled"))


def reshaped(report: Report) -> list[Host]:
    """The hosts whose resource providers have a new shape."""
    return [host for host in report["hosts"] if host["reshaped"] and host["result"] != FAILED]


def is_reshape(report: Report) -> bool:
    """Whether the run was about the shape of hosts and nothing else."""
    return [phase["name"] for phase in report["phases"]] == [RESHAPE]


def is_rollback(report: Report) -> bool:
    """Whether the run went back to an older release."""
    return any(phase["name"] == ROLLBACK for phase in report["phases"])


def headline(report: Report) -> str:
    """The one sentence that says how the run ended."""
    spent = duration(report["active_seconds"])
    if report["result"] == SUCCESS:
        return (
            f"Check run {way(report)}: nothing was changed, {spent}"
            if report["check_mode"]
            else _headline_of_success(report)
        )
    word = "Failed" if report["result"] == FAILED else "Not finished"
    if is_reshape(report) and not report["check_mode"]:
        return f"{word}: the reshape stopped after {spent}"
    kind = "check run" if report["check_mode"] else "rollback" if is_rollback(report) else "upgrade"
    phase = next((phase["name"] for phase in reversed(report["phases"]) if phase["result"] != SUCCESS), "")
    where = f" in phase {phase_name(phase)}" if phase else ""
    return f"{word}: the {kind} {way(report)} stopped{where} after {spent}"


def _headline_of_success(report: Report) -> str:
    if is_reshape(report):
        done, all_hosts = count(len(reshaped(report)), "host"), count(len(report["hosts"]), "host")
        words = f"Reshaped {done}" if reshaped(report) else f"Nothing left to do: {all_hosts} found in shape"
        return f"{words} in {duration(report['active_seconds'])}"
    parts = [count(len(rolled(report)), "host")] if rolled(report) else []
    if report["controllers"]:
        parts.append(count(len(report["controllers"]), "controller"))
    if parts:
        verb, back = ("Took", "back ") if is_rollback(report) else ("Rolled", "")
        return f"{verb} {' and '.join(parts)} {back}{way(report)} in {duration(report['active_seconds'])}"
    target = clean(report["target_release"] or "the target release")
    hosts = count(len(report["hosts"]), "host")
    return f"Nothing left to do: {hosts} found on {target} in {duration(report['active_seconds'])}"


def servers(report: Report) -> str | None:
    """What became of the servers; nothing when they were not compared."""
    found = report["servers"]
    if not found["compared"]:
        return None
    lost, total = len(found["lost"]), found["total"]
    differing = changed_servers(report)
    rest = total - lost - (found["deleted"] or 0)
    after = rest + (found["new"] or 0)
    once = " once each" if found["moved"] and found["moves_per_server_max"] == 1 else ""
    parts = [f"{number(rest - differing)} in the same state", f"{number(found['moved'] or 0)} moved{once}"]
    if differing:
        parts.append(f"{number(differing)} changed")
    if found["deleted"]:
        parts.append(f"{number(found['deleted'])} deleted by their owners")
    return f"{number(total)} before, {number(after)} after: {', '.join(parts)}, {number(lost)} lost"


def changed_servers(report: Report) -> int:
    """How many servers differ; one server may differ in several fields."""
    rows = report["servers"]["changed"]
    return len({str(row.get("id", row)) if isinstance(row, dict) else str(row) for row in rows})


def placement(report: Report) -> str | None:
    """The allocation audit; nothing when it was not made."""
    found = report["accounting"]
    if found["consumers"] is None:
        return None
    rest = ", ".join(f"{number(found[key])} {key}" for key in ("orphaned", "doubled", "missing"))
    return f"{count(found['consumers'], 'consumer')}: {rest}"


def api(report: Report) -> str:
    """The requests of our modules."""
    return f"{count(report['api']['requests'], 'request')}, {count(report['api']['writes'], 'write')}"


def probe(report: Report) -> str | None:
    """What clients of the APIs have noticed; nothing without a probe."""
    found = report["probe"]
    if found is None:
        return None
    words = f"{count(found['requests'], 'request')} seen by the probe: {number(found['failures'])} failed"
    words += f", longest gap {duration(found['longest_gap_seconds'])}"
    if found["boots"]:
        words += f"; {count(found['boots'], 'boot')}: {number(found['boot_failures'])} failed"
    return words


def checks(report: Report) -> str | None:
    """The checks by result; nothing when none was made."""
    found = [check["result"].lower() for check in report["checks"]]
    if not found:
        return None
    return f"{number(len(found))}: " + ", ".join(
        f"{number(found.count(name))} {clean(name)}" for name in dict.fromkeys(found)
    )


def out_of_service(report: Report) -> str | None:
    """How long the hosts that are done took no new servers."""
    times = [host["seconds_disabled"] for host in rolled(report) if host["seconds_disabled"] is not None]
    span = spread(times) if times else ""
    return f"out for {span}{'' if ' to ' in span else ' each'}" if span else None


def claim(host: Host) -> str:
    """The mark by which a host that stays disabled is known to be ours."""
    return f" (claim {clean(host['claim'])})" if host["claim"] else ""


def left_disabled(report: Report) -> list[str]:
    """One sentence per host that this run has left disabled."""
    return [f"{clean(host['name'])} stays disabled{claim(host)}" for host in report["hosts"] if host["still_disabled"]]


def foreign(report: Report) -> str:
    """The hosts that somebody else had disabled, if any."""
    names = [host["name"] for host in hosts_of(report, FOREIGN)]
    return f"left alone because somebody else disabled it: {some(names)}" if names else ""
