# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settle small fleets exactly: try every order of hosts and every destination of every server.

One host per wave is enough: a wave of several hosts can be taken apart into waves of one, with the same moves, and whatever
forbids something (room, groups, zones) forbids less then. Limits on waves and time are not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ansible_collections.stackroll.nova.tests.bench.planning.estate import Estate, Used, give_back, take
from ansible_collections.stackroll.nova.tests.bench.planning.roll import Roll

# Every server moves once / some have to move twice, since at the start there is nowhere to go / there is no way at all /
# the first wave is not enough to find room, and more moves might help: neither side may be sure here.
ONCE, TWICE, NEVER, UNSETTLED = "once", "twice", "never", "unsettled"
Places = tuple[str, ...]
MOST_STEPS = 2_000_000


@dataclass(frozen=True)
class Verdict:
    """What is possible, and the least number of moves where something is."""

    answer: str
    moves: int = 0


class TooLarge(Exception):  # noqa: N818  # what is wrong reads better than a suffix
    """The fleet is not small: the search was given up."""


class BruteForce:
    """All of one fleet and roll. Placements are tuples of hosts, one for each server."""

    def __init__(self, roll: Roll) -> None:
        self.roll, self.estate = roll, roll.estate
        self.servers = sorted(self.estate.places)
        self.index = {server: number for number, server in enumerate(self.servers)}
        self.start: Places = tuple(self.estate.places[server] for server in self.servers)
        self.demands = [self.estate.demands[server] for server in self.servers]
        tied = {number for group in self._groups("affinity") for number in group}
        self.legal = [
            [] if number in tied else sorted(self.estate.legal(demand)) for number, demand in enumerate(self.demands)
        ]
        self.leaves = [
            self.start[number] in roll.drained and not roll.stays(server) for number, server in enumerate(self.servers)
        ]
        self.strict = self._groups("anti-affinity")
        self.steps = 0
        self.foreign = self._foreign()

    def _groups(self, policy: str) -> list[list[int]]:
        return [
            [self.index[key] for key in group.members if key in self.index]
            for group in self.estate.groups
            if group.policy == policy
        ]

    def _foreign(self) -> Used:
        """What is in use and not by servers: it stays where it is."""
        used = self.estate.copy_used()
        for number, host in enumerate(self.start):
            give_back(used, self.demands[number], host)
        return used

    def settle(self) -> Verdict:
        """The exact answer."""
        moving = [number for number, leaves in enumerate(self.leaves) if leaves]
        if any(not self.roll.ways(self.servers[number]) for number in moving):
            return Verdict(NEVER)
        if any(self._disturbs_two(host, self.start) for host in self.roll.drained):
            return Verdict(NEVER)
        if self._rest(frozenset(self.roll.havens), self.start, set()):
            return Verdict(ONCE, len(moving))
        extra = self._least_extra()
        if extra is not None:
            return Verdict(TWICE, len(moving) + extra)
        return Verdict(NEVER) if any(self._never_empty(host) for host in self.roll.drained) else Verdict(UNSETTLED)

    def _disturbs_two(self, host: str, places: Places) -> bool:
        """Two members of a strict group on one host leave it in one wave, however it is done."""
        return any(sum(places[one] == host and self.leaves[one] for one in group) > 1 for group in self.strict)

    def _rest(self, havens: frozenset[str], places: Places, seen: set[tuple[frozenset[str], Places]]) -> bool:
        """Whether all other hosts can be emptied onto havens, which the emptied ones join."""
        if havens >= set(self.roll.drained):
            return True
        if (havens, places) in seen:
            return False
        seen.add((havens, places))
        for host in self.roll.drained:
            if host not in havens:
                for after in self._ways_to_empty(host, places, havens):
                    if self._rest(havens | {host}, after, seen):
                        return True
        return False

    def _least_extra(self) -> int | None:
        """Moves above one each when the first wave goes wherever there is room, for lack of any haven."""
        idle = {host for host in self.roll.drained if not self.roll.leaving(host)}
        if any(self.estate.sites[host].receives for host in self.roll.havens | idle):
            return None
        found = []
        for host in self.roll.drained:
            others = frozenset(self.estate.sites) - {host}
            extra = sum(self.start[number] == host and self.leaves[number] for number in range(len(self.servers)))
            for after in self._ways_to_empty(host, self.start, others):
                if self._rest(frozenset(self.roll.havens | {host}), after, set()):
                    found.append(extra)
                    break
        return min(found, default=None)

    def _ways_to_empty(self, host: str, places: Places, targets: frozenset[str]) -> Iterator[Places]:
        """Every placement that follows from emptying one host onto the targets."""
        leaving = [number for number, place in enumerate(places) if place == host and self._moves(number)]
        if self._disturbs_two(host, places):
            return
        used = self._used(places)
        yield from self._place(leaving, list(places), used, targets)

    def _moves(self, number: int) -> bool:
        return not self.roll.stays(self.servers[number])

    def _used(self, places: Sequence[str]) -> Used:
        used = {host: dict(classes) for host, classes in self.foreign.items()}
        for number, host in enumerate(places):
            if host:
                take(used, self.demands[number], host)
        return used

    def _place(
        self, leaving: Sequence[int], places: list[str], used: Used, targets: frozenset[str]
    ) -> Iterator[Places]:
        """Every way to find places for servers, one after the other."""
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise TooLarge
        if not leaving:
            yield tuple(places)
            return
        number, before = leaving[0], places[leaving[0]]
        for host in self.legal[number]:
            if host not in targets or self.estate.lacking(used, self.demands[number], host):
                continue
            if self._meets_another(number, host, places):
                continue
            places[number] = host
            take(used, self.demands[number], host)
            yield from self._place(leaving[1:], places, used, targets)
            give_back(used, self.demands[number], host)
            places[number] = before

    def _never_empty(self, host: str) -> bool:
        """Whether no arrangement of all servers at all leaves the host empty, even if they could be lifted at once."""
        fixed = [not self._moves(number) for number in range(len(self.servers))]
        places = [place if fixed[number] else "" for number, place in enumerate(self.start)]
        used = self._used(places)
        leaving = [number for number, is_fixed in enumerate(fixed) if not is_fixed]
        apart = {number for group in self.strict for number in group}
        leaving.sort(key=lambda number: (number not in apart, len(self.legal[number]), -self._memory(number)))
        return not self._arrange(leaving, places, used, host)

    def _memory(self, number: int) -> int:
        return dict(self.demands[number].resources).get("MEMORY_MB", 0)

    def _arrange(self, leaving: Sequence[int], places: list[str], used: Used, empty: str) -> bool:
        """Whether all these servers have places somewhere; each may also be where it was at the start."""
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise TooLarge
        if not leaving:
            return True
        number = leaving[0]
        for host in {*self.legal[number], self.start[number]} - {empty}:
            if self.estate.lacking(used, self.demands[number], host) or self._meets_another(number, host, places):
                continue
            places[number] = host
            take(used, self.demands[number], host)
            if self._arrange(leaving[1:], places, used, empty):
                return True
            give_back(used, self.demands[number], host)
            places[number] = ""
        return False

    def _meets_another(self, number: int, host: str, places: Sequence[str]) -> bool:
        """Whether another member of a strict group of this server is on the host."""
        return any(number in group and host in [places[one] for one in group if one != number] for group in self.strict)


def settle(estate: Estate, roll: Roll) -> Verdict:
    """The exact answer for a small fleet."""
    assert roll.estate is estate
    return BruteForce(roll).settle()
