# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A service's processes: the main one and those that it has forked to do the same work. Standard library only."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.stackroll.nova.plugins.module_utils.host.process import started_at

# Helpers with other rights, which run a program of their own in the same interpreter.
_HELPER = "privsep"


@dataclass(frozen=True)
class Process:
    """One process; *parent* is none for the main one. *started* is in seconds since the epoch."""

    pid: int
    parent: int | None
    started: float


def family(main_pid: int) -> list[Process]:
    """The main process and its workers, parents before children; empty when it is gone."""
    program = _program(main_pid)
    children: dict[int, list[int]] = defaultdict(list)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            children[_parent(entry)].append(int(entry.name))
    found: list[Process] = []
    waiting: list[tuple[int, int | None]] = [(main_pid, None)]
    for pid, parent in waiting:
        started = started_at(pid)
        if started is not None and (parent is None or (_program(pid) == program and not _is_helper(pid))):
            found.append(Process(pid, parent, started))
            waiting += [(child, pid) for child in sorted(children[pid])]
    return found


def _parent(entry: Path) -> int:
    try:
        return int((entry / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1])
    except (OSError, IndexError, ValueError):
        return 0


def _program(pid: int) -> str | None:
    try:
        return str(Path(f"/proc/{pid}/exe").readlink())
    except OSError:
        return None


def _is_helper(pid: int) -> bool:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace").split("\0")
    except OSError:
        return True
    return any(word.rpartition("/")[2].startswith(_HELPER) for word in words)
