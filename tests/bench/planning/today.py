# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two ways of today, replayed: one host at a time, and a whole zone at once; the scheduler chooses the destinations.

Both are told nothing about which hosts are upgraded, so servers come to hosts that are still to be emptied and move again. A
server for which no host has room is stopped where it is while its host is upgraded.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ansible_collections.stackroll.nova.tests.bench.planning.clock import Move, Pace
from ansible_collections.stackroll.nova.tests.bench.planning.estate import give_back, take
from ansible_collections.stackroll.nova.tests.bench.planning.roll import Roll

WEIGHED = ("MEMORY_MB", "VCPU", "DISK_GB")


@dataclass(frozen=True)
class Outcome:
    """Moves in all, seconds in all, and how many times a server was stopped since nobody had room."""

    moves: int = 0
    seconds: float = 0.0
    stopped: int = 0


class Scheduler:
    """Chooses as Nova does by default: of the hosts that pass, the one with most free memory, CPUs and disk.

    Nova scales each between the least and the most of the hosts at hand; here it is the share of the largest host of the cloud,
    which ranks them alike and needs no look at all of them for every server.
    """

    def __init__(self, roll: Roll) -> None:
        self.roll, self.estate = roll, roll.estate
        self.used, self.places = self.estate.copy_used(), dict(self.estate.places)
        self.on = {host: set(servers) for host, servers in self.estate.by_host().items()}
        sites = self.estate.sites.values()
        self.largest = {
            name: max((site.offers[name].capacity for site in sites if name in site.offers), default=0)
            for name in WEIGHED
        }
        self.apart: dict[str, list[str]] = {}
        for group in self.estate.groups:
            if group.policy == "anti-affinity":
                for key in group.members:
                    self.apart.setdefault(key, []).extend(other for other in group.members if other != key)
        self.version = dict.fromkeys(self.estate.sites, 0)
        self.heap: list[tuple[float, str, int]] = []
        for host in self.estate.sites:
            self._weigh(host)

    def _weigh(self, host: str) -> None:
        offers, used = self.estate.sites[host].offers, self.used[host]
        free = [
            (offers[name].capacity - used[name]) / self.largest[name]
            for name in WEIGHED
            if name in offers and self.largest[name]
        ]
        self.version[host] += 1
        heapq.heappush(self.heap, (-sum(free), host, self.version[host]))

    def choose(self, server: str, disabled: Collection[str]) -> str | None:
        """The host for a server, or None when there is no valid host."""
        demand = self.estate.demands[server]
        legal, rivals = self.estate.legal(demand), {self.places.get(key) for key in self.apart.get(server, ())}
        aside, found = [], None
        while self.heap and found is None:
            entry = heapq.heappop(self.heap)
            host = entry[1]
            if entry[2] != self.version[host]:
                continue
            aside.append(entry)
            if (
                host in legal
                and host not in disabled
                and host not in rivals
                and not self.estate.lacking(self.used, demand, host)
            ):
                found = host
        for entry in aside:
            heapq.heappush(self.heap, entry)
        return found

    def move(self, server: str, target: str) -> None:
        """Count the move."""
        source, demand = self.places[server], self.estate.demands[server]
        give_back(self.used, demand, source)
        take(self.used, demand, target)
        self.on[source].discard(server)
        self.on[target].add(server)
        self.places[server] = target
        self._weigh(source)
        self._weigh(target)


def _empty(scheduler: Scheduler, hosts: Sequence[str], pace: Pace) -> tuple[list[Move], int]:
    """Disable hosts and empty them; the moves, and how many servers had to be stopped."""
    moves, stopped, disabled = [], 0, frozenset(hosts)
    for host in hosts:
        for server in sorted(scheduler.on[host]):
            if scheduler.roll.stays(server):
                continue
            target = scheduler.choose(server, disabled) if scheduler.roll.ways(server) else None
            if target is None:
                stopped += 1
                continue
            scheduler.move(server, target)
            moves.append(Move(host, target, pace.seconds(scheduler.estate.servers[server])))
    return moves, stopped


def _roll(roll: Roll, batches: Sequence[Sequence[str]], pace: Pace) -> Outcome:
    scheduler = Scheduler(roll)
    count = stopped = 0
    seconds = 0.0
    for hosts in batches:
        moves, left = _empty(scheduler, [host for host in hosts if host in roll.drained], pace)
        count, stopped = count + len(moves), stopped + left
        seconds += pace.makespan(moves) + pace.host_seconds + (2 * pace.park_seconds if left else 0)
    return Outcome(count, seconds, stopped)


def one_by_one(roll: Roll, pace: Pace) -> Outcome:
    """One host after the other, by name."""
    return _roll(roll, [[host] for host in sorted(roll.hosts)], pace)


def zone_at_once(roll: Roll, pace: Pace) -> Outcome:
    """One zone after the other, all its hosts at once; to be fair, give it an estate whose servers may change zones."""
    zones: dict[str, list[str]] = {}
    for host in sorted(roll.hosts):
        zones.setdefault(str(roll.estate.sites[host].zone), []).append(host)
    return _roll(roll, list(zones.values()), pace)
