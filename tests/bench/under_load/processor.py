# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How busy this machine is, from /proc/stat: all of it, whoever keeps it busy, with the containers of the rehearsal cloud."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

STAT = Path("/proc/stat")
HERTZ = os.sysconf("SC_CLK_TCK")
EVERY = 1.0
SAFE = 0.9
# Fields of the first line after its name; guests are counted within user and nice already.
IDLE, WAITING, FIRST = 3, 4, 8

Profile = list[tuple[float, float]]
"""What something has used, slot by slot: seconds, and processor seconds."""


@dataclass(frozen=True)
class Ticks:
    """What all cores together have done by a moment (epoch seconds), in seconds."""

    at: float
    busy: float
    total: float

    @classmethod
    def parse(cls, text: str, at: float) -> Ticks:
        """Read the text of /proc/stat."""
        values = [int(word) / HERTZ for word in text.partition("\n")[0].split()[1 : 1 + FIRST]]
        return cls(at, sum(values) - values[IDLE] - values[WAITING], sum(values))


def look() -> Ticks:
    """Return what this machine has done so far."""
    return Ticks.parse(STAT.read_text(encoding="ascii"), time.time())


def busy(first: Ticks, last: Ticks) -> float:
    """Return which part of the cores was busy from one moment to another, 0 to 1."""
    passed = last.total - first.total
    return (last.busy - first.busy) / passed if passed > 0 else 0.0


def rate(first: Ticks, last: Ticks) -> float:
    """Return how many processor seconds were used per second."""
    passed = last.at - first.at
    return (last.busy - first.busy) / passed if passed > 0 else 0.0


def lighter(load: float, busy_with_it: float, wished: float, least: float) -> float:
    """Return the load that keeps the wished part busy, if what it costs is in proportion, a little less, in steps of a half."""
    return max(least, int(2 * SAFE * load * wished / busy_with_it) / 2)


def beyond(samples: Sequence[Ticks], base: float, start: float, end: float, longest: float) -> Profile:
    """Return what was used beyond *base* (processor seconds per second) in each slot between two moments, cut after *longest* seconds."""
    found: Profile = []
    left = longest
    for one, other in pairwise(sample for sample in samples if start - EVERY <= sample.at <= end + EVERY):
        seconds = other.at - one.at
        if seconds > left:
            break
        left -= seconds
        found.append((seconds, max(0.0, other.busy - one.busy - base * seconds)))
    return found


def mean(profile: Profile) -> float:
    """Return the processor seconds per second of a profile."""
    seconds = sum(one for one, _used in profile)
    return sum(used for _one, used in profile) / seconds if seconds else 0.0


@dataclass
class Meter:
    """Looks every second, until it is left."""

    samples: list[Ticks] = field(default_factory=list)
    _ending: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Meter:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._ending.set()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        while True:
            self.samples.append(look())
            if self._ending.wait(EVERY):
                self.samples.append(look())
                return
