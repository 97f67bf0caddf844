# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Leave a process behind that outlives the module and the connection it came through, and a guard that ends its work if it is killed.

What the processes need is imported before they are made: a module's payload is deleted when the module ends.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
from collections.abc import Callable
from typing import NoReturn

from ansible_collections.stackroll.nova.plugins.module_utils.host.background import let_go


def start(work: Callable[[], None], mend: Callable[[], None], keep_open: int) -> None:
    """Run *work* in a process of its own, and *mend* when that dies before it has returned. *keep_open* stays open in both."""
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    _leave(lambda: _detach(work, mend, keep_open))


def _detach(work: Callable[[], None], mend: Callable[[], None], keep_open: int) -> None:
    os.setsid()
    if os.fork():
        return
    let_go({keep_open})
    _allow_many_files()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    worker = os.fork()
    if not worker:
        _leave(work)
    # The guard ends with the relay; a system that stops its processes asks the relay to release.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _pid, status = os.waitpid(worker, 0)
    if status:
        mend()


def _leave(call: Callable[[], None]) -> NoReturn:
    """Never come back to the code that has forked, whatever happens."""
    status = 1
    try:
        call()
        status = 0
    finally:
        os._exit(status)


def _allow_many_files() -> None:
    """Two descriptors for each connection; the usual soft limit of 1024 is soon reached."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
