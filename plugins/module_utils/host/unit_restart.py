# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The end of a stop and the start after it, for units of systemd that messages wait for. Standard library only."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.stackroll.nova.plugins.module_utils.host import process
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError, WaitTimeout

STOPPED = ("inactive", "failed")
STOPPING = "deactivating"
INTERVAL = 0.1
LONGEST = 120
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@dataclass(frozen=True)
class Unit:
    """A unit as it is now. *workers* are its processes but the main one."""

    name: str
    active_state: str
    main: int
    workers: tuple[int, ...]

    @classmethod
    def look(cls, name: str) -> Unit:
        """What systemd and /proc say. Raises StackrollError."""
        shown = process.show_unit(name)
        main = int(shown.get("MainPID") or 0)
        workers = tuple(pid for pid in process.processes_running(name) if pid != main)
        return cls(name, shown.get("ActiveState", "unknown"), main, workers)

    @property
    def is_gone(self) -> bool:
        """Whether it has stopped and left no process."""
        return self.active_state in STOPPED and not self.workers and self.main <= 1

    def __str__(self) -> str:
        """For people: its state and its processes."""
        pids = [str(pid) for pid in (self.main, *self.workers) if pid > 1]
        return f"{self.name} ({self.active_state}, {'processes ' + ' '.join(pids) if pids else 'no process'})"


def end_stop(names: Iterable[str], sleeping: Collection[str], timeout: float) -> list[int]:
    """Wait until these units have stopped, and end those of *sleeping* that are still stopping; returns the processes that were ended.

    Workers end before the main process: systemd waits for its whole stop timeout where it is told late that a worker is gone. Raises
    WaitTimeout with what is left.
    """
    ended: list[int] = []
    end = time.monotonic() + timeout
    while True:
        units = [Unit.look(name) for name in names]
        left = [unit for unit in units if not unit.is_gone]
        if not left:
            return ended
        if time.monotonic() >= end:
            raise WaitTimeout(
                f"After {timeout:g} s not yet stopped: {', '.join(map(str, left))}.",
                "Nothing was started beside them. End them, then run again.",
            )
        for unit in left:
            if unit.name in sleeping and unit.active_state == STOPPING:
                ended += _kill(unit.workers or (unit.main,))
        time.sleep(INTERVAL)


def _kill(pids: Iterable[int]) -> list[int]:
    killed = []
    for pid in pids:
        with suppress(ProcessLookupError):  # it has just ended by itself
            if pid > 1:
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)
    return killed


def point(link: Path, target: str, is_dry: bool) -> tuple[str, bool]:
    """Let a link lead to a target, at one stroke; returns where it led, and whether that differs."""
    before = os.readlink(link) if link.is_symlink() else ""
    if link.exists() and not link.is_symlink():
        raise StackrollError(
            f"{link} is no link.", "Move it away; the code that is in use is chosen by a link of this name."
        )
    if before != target and not is_dry:
        fresh = link.with_name(f".{link.name}.stackroll")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(target)
        fresh.replace(link)
    return before, before != target


def tell_to_stop(names: Sequence[str], run: Run = subprocess.run) -> None:
    """Let units begin to stop, all at the same time; it is not waited for. Raises StackrollError with the words of systemd."""
    _systemctl(["stop", "--no-block"], names, run)


def start(names: Sequence[str], run: Run = subprocess.run) -> None:
    """Start units, all at the same time. Raises StackrollError with the words of systemd."""
    _systemctl(["start"], names, run)


def _systemctl(verb: list[str], names: Sequence[str], run: Run) -> None:
    command = ["systemctl", *verb, "--", *(f"{name}.service" for name in names)]
    try:
        done = run(command, capture_output=True, text=True, timeout=LONGEST, check=False)
    except (OSError, subprocess.SubprocessError) as error:
        raise StackrollError(f"systemd did not {verb[0]} {', '.join(names)}: {error}.") from error
    if done.returncode:
        said = " ".join(done.stderr.split())
        raise StackrollError(
            f"systemd did not {verb[0]} {', '.join(names)}: {said}", "Look at the journal of the unit."
        )
