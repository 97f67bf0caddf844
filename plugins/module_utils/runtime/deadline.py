# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bounded waiting."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import WaitTimeout

Result = dict[str, Any]


class Deadline:
    """A wait that ends; pauses never reach beyond the end, so that there is always a last look."""

    def __init__(self, seconds: float, interval: float = 1.0) -> None:
        self._start = time.monotonic()
        self._seconds = seconds
        self._interval = interval

    @property
    def elapsed(self) -> float:
        """Seconds since the wait began."""
        return time.monotonic() - self._start

    @property
    def expired(self) -> bool:
        """Whether the time is up."""
        return self.elapsed >= self._seconds

    def pause(self) -> None:
        """Sleep one interval, or what is left."""
        time.sleep(max(0.0, min(self._interval, self._seconds - self.elapsed)))


def look_until(look: Callable[[], Result], left: Callable[[Result], str], deadline: Deadline, *, once: bool) -> Result:
    """The first result of which nothing is left to wait for, or the first one at all with *once*, as in check mode.

    *left* says in a sentence what is left, or nothing. Raises WaitTimeout with that sentence, and the result as its details.
    """
    while True:
        result = look()
        sentence = "" if once else left(result)
        if not sentence:
            return result
        if deadline.expired:
            raise WaitTimeout(sentence, details=result)
        deadline.pause()
