# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Work that goes on in a process of its own when the one that began it has ended.

Nothing is written down for it: it is a copy of this process, so that secrets stay in memory. What it needs has to be imported already.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import threading
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import NoReturn

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError

READY = b"ready"
ENDING = (signal.SIGTERM, signal.SIGINT)
Ready = Callable[[], None]


def start(name: str, work: Callable[[Ready], None], keep: Collection[int], timeout: float = 30.0) -> None:
    """Have *work* done by a process called *name*; returns as soon as it calls what it is given.

    Of all open files it only has *keep*. It belongs to no session, so that it survives the end of ours. Raises StackrollError when it
    ends before it is ready.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _leave(name, work, {*keep, writing}, writing)
    os.close(writing)
    os.waitpid(child, 0)
    try:
        told = _listen(reading, timeout)
    finally:
        os.close(reading)
    if told != READY:
        reason = told.decode("utf-8", "replace") or f"it said nothing for {timeout:g} s"
        raise StackrollError(f"{name} could not be started: {reason}.")


def on_end(stop: Callable[[], None]) -> None:
    """Call *stop* when this process is asked to end; for the work, before it makes threads.

    In a thread of its own, since what sets an event must not interrupt what waits for it.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)

    def wait() -> None:
        signal.sigwait(ENDING)
        stop()

    threading.Thread(target=wait, daemon=True).start()


def _listen(reading: int, timeout: float) -> bytes:
    """What the process says until it closes its end, or nothing more within the time."""
    told, end = b"", time.monotonic() + timeout
    while select.select([reading], [], [], max(0.0, end - time.monotonic()))[0]:
        more = os.read(reading, 1024)
        if not more:
            break
        told += more
    return told


def _leave(name: str, work: Callable[[Ready], None], keep: Collection[int], writing: int) -> NoReturn:
    """Become a process without parent, session, terminal and files, do the work, and end without what Python does at exits."""
    status = 1
    try:
        os.setsid()
        if os.fork() == 0:
            _detach(name, keep)
            status = _work(work, writing)
        else:
            status = 0
    finally:
        os._exit(status)


def let_go(keep: Collection[int]) -> None:
    """Hold on to no directory and to no open file but *keep*: Ansible would wait for the end of a pipe that stays open."""
    os.chdir("/")
    os.umask(0o077)
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    for entry in os.listdir("/proc/self/fd"):
        if int(entry) > 2 and int(entry) not in keep:
            with contextlib.suppress(OSError):
                os.close(int(entry))


def _detach(name: str, keep: Collection[int]) -> None:
    let_go(keep)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    for number in (*ENDING, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    with contextlib.suppress(OSError):
        Path("/proc/self/comm").write_text(name[:15], encoding="ascii")  # what ps shows


def _work(work: Callable[[Ready], None], writing: int) -> int:
    is_ready = False

    def ready() -> None:
        nonlocal is_ready
        is_ready = True
        os.write(writing, READY)
        os.close(writing)

    try:
        work(ready)
    except Exception as error:  # noqa: BLE001  # there is nobody above
        if not is_ready:
            reason = error.message if isinstance(error, StackrollError) else type(error).__name__
            os.write(writing, reason.rstrip(".").encode())
        return 1
    return 0
