# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which version of the compute RPC API each process has chosen, from its own log. Standard library only; the judging is pure.

With [upgrade_levels] compute=auto a process chooses once, at its first use of compute RPC, and keeps it until it is restarted or
gets SIGHUP; it tells so at INFO (nova/compute/rpcapi.py, _determine_version_cap). No API shows it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.host.command import run_command
from ansible_collections.stackroll.nova.plugins.module_utils.host.family import Process, family
from ansible_collections.stackroll.nova.plugins.module_utils.host.own_logs import appended_files, lines_with
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError

WORDS = "Automatically selected compute RPC version"
_LINE = re.compile(rf"{WORDS} (?P<rpc>[\w.]+) from minimum service version (?P<service>\d+)")
# oslo.log's default formats (logging_context_format_string, logging_default_format_string).
_PREFIX = re.compile(r"(?P<when>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)[.,](?P<fraction>\d{3}) (?P<pid>\d+) ")
JOURNAL = "the journal"
MOST_LINES = 1000
TIMEOUT = 30
# /proc counts the start of a process in hundredths of a second from a boot that it knows in whole ones.
SLACK = 2.0


@dataclass(frozen=True)
class Choice:
    """One line of a log: who chose what, when, and where it stands."""

    pid: int
    at: float
    rpc_version: str
    service_version: int
    source: str


@dataclass(frozen=True)
class Pin:
    """What one process is bound to. A worker that was forked after its parent had chosen has the parent's choice. *reason* says
    why nothing is known, *unread* what of its log could not be read."""

    pid: int
    rpc_version: str | None = None
    service_version: int | None = None
    chosen_at: float | None = None
    source: str | None = None
    inherited_from: int | None = None
    reason: str | None = None
    unread: str | None = None


def rpc_pins(unit: str, main_pid: int) -> list[dict[str, Any]]:
    """The pin of every process of a unit, the main one first; empty when the unit does not run."""
    processes = family(main_pid) if main_pid else []
    if not processes:
        return []
    choices: list[Choice] = []
    troubles: list[str] = []
    files: list[str] = []
    try:
        choices += journal_choices(unit, min(process.started for process in processes))
    except StackrollError as error:
        troubles.append(error.message)
    try:
        files = appended_files([process.pid for process in processes])
        for path in files:
            choices += [found for found in (read_line(line, path) for line in lines_with(path, WORDS)) if found]
        whole = bool(files) or not troubles  # with log files of its own it does not need the journal
    except StackrollError as error:
        troubles.append(error.message)
        whole = False
    where = ", ".join([JOURNAL, *files])
    reason = " ".join(
        [f"Since its start it has told nothing in {where}: it has not used compute RPC, or logs no INFO.", *troubles]
    )
    return [asdict(pin) for pin in pins(processes, choices, reason, None if whole else " ".join(troubles))]


def pins(processes: Iterable[Process], choices: Iterable[Choice], reason: str, unread: str | None = None) -> list[Pin]:
    """Judge which choice is whose: the last own one since the start, else the one of the nearest ancestor before the fork."""
    known = list(choices)
    family_of = {process.pid: process for process in processes}
    unknown = Pin(0, reason=reason, unread=unread)
    return [_pin(process, family_of, known) or replace(unknown, pid=process.pid) for process in family_of.values()]


def _pin(process: Process, family_of: Mapping[int, Process], choices: list[Choice]) -> Pin | None:
    elder: Process | None = process
    until = float("inf")
    while elder is not None:
        own = [choice for choice in choices if choice.pid == elder.pid and elder.started - SLACK <= choice.at <= until]
        if own:
            last = max(own, key=lambda choice: choice.at)
            pin = Pin(process.pid, last.rpc_version, last.service_version, last.at, last.source)
            return pin if elder is process else replace(pin, inherited_from=elder.pid)
        until = elder.started + SLACK
        elder = family_of.get(elder.parent) if elder.parent is not None else None
    return None


def journal_choices(unit: str, since: float) -> list[Choice]:
    """What the unit has told in the journal since then, newest first and not more than a thousand lines. Raises StackrollError."""
    command = [
        "journalctl",
        "--unit",
        unit,
        "--since",
        f"@{int(since - SLACK)}",
        "--grep",
        WORDS,
        "--case-sensitive=yes",
    ]
    command += ["--reverse", "--lines", str(MOST_LINES), "--output", "json", "--no-pager", "--quiet"]
    outcome = run_command(command, TIMEOUT)
    if outcome.rc and outcome.stderr.strip():  # without a match it ends with 1 and no word
        raise StackrollError(f"The journal of {unit} cannot be searched: {outcome.last_error_line}")
    found = (read_entry(line) for line in outcome.stdout.splitlines())
    return [choice for choice in found if choice is not None]


def read_entry(line: str) -> Choice | None:
    """One entry of the journal as JSON; what is none of ours, or cannot be read, is nothing."""
    try:
        entry = json.loads(line)
        at, pid = int(entry["__REALTIME_TIMESTAMP"]) / 1e6, int(entry["_PID"])
        message = entry["MESSAGE"]
        text = bytes(message).decode("utf-8", "replace") if isinstance(message, list) else str(message)
    except (ValueError, LookupError, TypeError):
        return None
    match, prefix = _LINE.search(text), _PREFIX.match(text)
    if match is None:
        return None
    # Another process may have passed it on, such as the master of uwsgi.
    return Choice(int(prefix["pid"]) if prefix else pid, at, match["rpc"], int(match["service"]), JOURNAL)


def read_line(line: str, path: str) -> Choice | None:
    """One line of a log file in oslo.log's default format, whose times are local; nothing for another format."""
    match, prefix = _LINE.search(line), _PREFIX.search(line)
    if match is None or prefix is None:
        return None
    at = datetime.strptime(prefix["when"], "%Y-%m-%d %H:%M:%S").timestamp() + int(prefix["fraction"]) / 1000  # noqa: DTZ007
    return Choice(int(prefix["pid"]), at, match["rpc"], int(match["service"]), path)
