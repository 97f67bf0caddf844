# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long moves and upgrades take, the same for a plan and for the ways of today."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.server import Server


@dataclass(frozen=True)
class Move:
    """One server on its way; seconds that it takes."""

    source: str
    target: str
    seconds: float


@dataclass(frozen=True)
class Pace:
    """Seconds and MiB/s of a rolling upgrade, and how many moves may run at once."""

    live_mib_per_second: float = 400.0
    live_seconds: float = 10.0
    cold_seconds: float = 45.0
    park_seconds: float = 15.0
    host_seconds: float = 180.0
    per_source: int = 2
    per_target: int = 4
    total: int = 50

    def options(self) -> dict[str, Any]:
        """The same for the planner."""
        names = ("live_mib_per_second", "live_seconds", "cold_seconds", "park_seconds", "host_seconds")
        rates = {name: getattr(self, name) for name in names}
        return {
            "rates": rates,
            "per_source": self.per_source,
            "per_destination": self.per_target,
            "total": self.total,
        }

    def seconds(self, server: Server) -> float:
        """How long a server is on its way: a running one is copied with its memory."""
        if server.vm_state == "stopped":
            return self.cold_seconds
        return self.live_seconds + server.flavor.ram_mib / self.live_mib_per_second

    def makespan(self, moves: Iterable[Move]) -> float:
        """Seconds until all moves are done, when each starts as soon as its source, its target and the total allow."""
        waiting: dict[str, list[Move]] = {}
        for move in sorted(moves, key=lambda one: one.seconds):
            waiting.setdefault(move.source, []).append(move)
        rest = {source: sum(move.seconds for move in queue) for source, queue in waiting.items()}
        running: list[tuple[float, str, str]] = []
        sources: Counter[str] = Counter()
        targets: Counter[str] = Counter()
        now = 0.0
        while waiting or running:
            self._start(now, waiting, rest, running, (sources, targets))
            if not running:
                raise ValueError("nothing may ever start")
            now = running[0][0]
            while running and running[0][0] <= now:
                _end, source, target = heapq.heappop(running)
                sources[source] -= 1
                targets[target] -= 1
        return now

    def _start(
        self,
        now: float,
        waiting: dict[str, list[Move]],
        rest: dict[str, float],
        running: list[tuple[float, str, str]],
        busy: tuple[Counter[str], Counter[str]],
    ) -> None:
        """Start all that may start; sources with most left to do come first, and the longest of their moves."""
        sources, targets = busy
        if len(running) >= self.total:
            return
        for source in sorted(waiting, key=lambda name: -rest[name]):
            queue = waiting[source]
            for place in range(len(queue) - 1, -1, -1):
                if sources[source] >= self.per_source or len(running) >= self.total:
                    break
                move = queue[place]
                if targets[move.target] < self.per_target:
                    del queue[place]
                    sources[source] += 1
                    targets[move.target] += 1
                    rest[source] -= move.seconds
                    heapq.heappush(running, (now + move.seconds, source, move.target))
            if not queue:
                del waiting[source]
            if len(running) >= self.total:
                return


def replay(plan: Mapping[str, Any], servers: Mapping[str, Server], pace: Pace) -> tuple[int, float]:
    """Moves and seconds of a plan: in every wave the moves, then the upgrade of its hosts, all at once."""
    count, seconds = 0, 0.0
    for wave in plan["waves"]:
        moves = [Move(item["from"], item["to"], pace.seconds(servers[item["server"]])) for item in wave["moves"]]
        parking = max(Counter(item["host"] for item in wave["parked"]).values(), default=0) * pace.park_seconds
        count += len(moves)
        seconds += pace.makespan(moves) + parking + pace.host_seconds
    return count, seconds
