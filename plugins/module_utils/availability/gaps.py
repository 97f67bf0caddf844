# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long an API served nobody, as a client that asks all the time sees it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ansible_collections.stackroll.nova.plugins.module_utils.availability.samples import Sample

# An answer that takes longer, in seconds, is late: its request opens a gap until the next one that is answered.
LATE = 1.0


@dataclass(frozen=True)
class Gap:
    """From the start of a request that did not succeed in time to the next completed success; one without *closed* lasted to the end."""

    api: str
    start: float
    end: float
    closed: bool = True

    @property
    def seconds(self) -> float:
        """How long it was."""
        return self.end - self.start


def gaps(samples: Sequence[Sample], *, late: float = LATE) -> list[Gap]:
    """All intervals in which no request that was due succeeded, of samples of one API and one session of a probe.

    A gap begins with the start of the first request since the last completed success that failed, was late, or could not be sent. It ends
    with the next completed success, be it that very request. Gaps never overlap.
    """
    return _between((item.started for item in samples if not item.succeeded or item.seconds > late), samples)


def outages(samples: Sequence[Sample]) -> list[Gap]:
    """The same with failures only: who waits long and gets an answer has seen no outage."""
    return _between((item.started for item in samples if item.failure), samples)


def _between(troubles: Iterable[float], samples: Sequence[Sample]) -> list[Gap]:
    bad = sorted(troubles)
    good = sorted(item.ended for item in samples if item.succeeded)
    found: list[Gap] = []
    index = 0
    while index < len(bad):
        start, api = bad[index], samples[0].api
        place = bisect_right(good, start)
        if place == len(good):
            found.append(Gap(api, start, max(item.ended for item in samples), closed=False))
            break
        found.append(Gap(api, start, good[place]))
        index = bisect_left(bad, good[place])
    return found
