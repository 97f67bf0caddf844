# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Locks that end with the process that holds them, so that a cut-off run leaves none behind."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import RehearsalError


@contextmanager
def locked(path: Path, timeout: int) -> Iterator[None]:
    """Hold an exclusive lock on a file; somebody else may have finished the work meanwhile."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as handle:
        end = time.monotonic() + timeout
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError as exc:
                if time.monotonic() > end:
                    raise RehearsalError(f"another run has held {path} for {timeout} s; wait for it or end it") from exc
                time.sleep(0.5)
        yield


def born(pid: int) -> str:
    """When a process began, as the kernel counts; empty when there is none of that number."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[19]
    except OSError:
        return ""


def this_run() -> int:
    """The process that a person started: the outermost ansible-playbook above this one."""
    pid, found = os.getpid(), os.getppid()
    while pid > 1:
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            parent = int(
                Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[1]
            )
        except OSError:
            break
        if any(word.endswith(b"ansible-playbook") for word in words[:3]):
            found = pid
        pid = parent
    return found


def claim(path: Path) -> None:
    """Let one run at a time work on the machine; the claim of a run that is no more counts nothing."""
    mine = {"pid": this_run()}
    mine["born"] = born(mine["pid"])
    with locked(path.with_suffix(".guard"), 30):
        try:
            holder = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            holder = {}
        if holder and holder != mine and holder["born"] and born(holder["pid"]) == holder["born"]:
            raise RehearsalError(
                f"another run (process {holder['pid']}) is working on the rehearsal cloud; wait for it or end it"
            )
        path.write_text(json.dumps(mine), encoding="utf-8")
