# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sends what is due when it is due, whether or not earlier answers have come: a slow API does not slow the questions."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.prober import Prober
from ansible_collections.stackroll.nova.plugins.module_utils.availability.mix import Due

# What would be sent so many seconds late, because this machine was busy or asleep, is skipped.
TOO_LATE = 1.0


class Engine:
    """An open loop with at most *most_in_flight* requests waiting; what is due beyond that is skipped, and told."""

    def __init__(self, prober: Prober, schedule: Iterator[Due], most_in_flight: int) -> None:
        self._prober = prober
        self._schedule = schedule
        self._most = most_in_flight
        self._free = threading.Semaphore(most_in_flight)
        self._pool = ThreadPoolExecutor(max_workers=most_in_flight, thread_name_prefix="probe")

    def run(self, stop: threading.Event) -> None:
        """Until told to stop."""
        start = time.monotonic()
        for due in self._schedule:
            if stop.wait(max(0.0, start + due.at - time.monotonic())):
                return
            lag = max(0.0, time.monotonic() - start - due.at)
            if lag > TOO_LATE or not self._free.acquire(blocking=False):
                self._prober.skip(due.operation, lag)
            else:
                self._pool.submit(self._ask, due.operation, lag)

    def finish(self, seconds: float) -> bool:
        """Wait so long for the answers under way; true when all have come."""
        end = time.monotonic() + seconds
        self._pool.shutdown(wait=False)
        return all(self._free.acquire(timeout=max(0.0, end - time.monotonic())) for _one in range(self._most))

    def _ask(self, operation: str, lag: float) -> None:
        try:
            self._prober.ask(operation, lag)
        finally:
            self._free.release()
