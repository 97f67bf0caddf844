# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look for a roll in which every server moves once: what this finds, exists. What it does not find may exist all the same."""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.stackroll.nova.tests.bench.planning.dice import Dice
from ansible_collections.stackroll.nova.tests.bench.planning.estate import Estate, give_back, take
from ansible_collections.stackroll.nova.tests.bench.planning.roll import Roll

Moves = list[tuple[str, str]]


class Witness:
    """Empties one host after the other, the one with the fewest servers first; what fails is tried in other orders."""

    def __init__(self, roll: Roll, seed: int = 0) -> None:
        self.roll, self.estate, self.dice = roll, roll.estate, Dice(seed)
        self.leaving = roll.leaving_by_host()
        self.blocked = any(not roll.ways(server) for servers in self.leaving.values() for server in servers)
        demands = sorted(set(self.estate.demands.values()), key=lambda demand: (demand.flavor, demand.project))
        special = [self.estate.legal(demand) for demand in demands]
        least = {host: min((len(hosts) for hosts in special if host in hosts), default=0) for host in self.estate.sites}
        self.rarity = {host: -count for host, count in least.items()}
        self.strict: dict[str, list[str]] = {}
        for group in self.estate.groups:
            members = [key for key in group.members if key in self.estate.places]
            for key in members:
                if group.policy == "anti-affinity":
                    self.strict.setdefault(key, []).extend(other for other in members if other != key)

    def search(self, tries: int = 12) -> Moves | None:
        """The moves of such a roll, in order, or None."""
        if self.blocked:
            return None
        for number in range(tries):
            moves = self._attempt(noise=0.0 if number == 0 else 0.2 * number, spread=number % 3 == 1)
            if moves is not None:
                return moves
        return None

    def _attempt(self, noise: float, spread: bool) -> Moves | None:
        self.places, self.used = dict(self.estate.places), self.estate.copy_used()
        self.havens, self.spread, self.noise = set(self.roll.havens), spread, noise
        moves: Moves = []
        for hosts in self._stages():
            waiting = sorted(hosts, key=lambda host: len(self.leaving[host]) * (1 + self.dice.between(0, noise)))
            while waiting:
                for host in waiting:
                    found = self._empty(host)
                    if found is not None:
                        moves += found
                        self.havens.add(host)
                        waiting.remove(host)
                        break
                else:
                    return None
        return moves

    def _stages(self) -> list[list[str]]:
        """All hosts to be emptied, zone by zone where that is asked for."""
        if not self.roll.options.get("one_zone_at_a_time"):
            return [list(self.leaving)]
        zones: dict[str, list[str]] = {}
        for host in self.leaving:
            zones.setdefault(str(self.estate.sites[host].zone), []).append(host)
        return list(zones.values())

    def _empty(self, host: str) -> Moves | None:
        """Find a place for every server of the host, or change nothing."""
        done: Moves = []
        for server in self._in_turn(self.leaving[host]):
            target = self._target(server)
            if target is None:
                for moved, to in done:
                    give_back(self.used, self.estate.demands[moved], to)
                    self.places[moved] = host
                return None
            take(self.used, self.estate.demands[server], target)
            self.places[server] = target
            done.append((server, target))
        for server, _to in done:
            give_back(self.used, self.estate.demands[server], host)
        return done

    def _in_turn(self, servers: Sequence[str]) -> list[str]:
        """First those that few hosts can have, then the largest."""
        keys = {
            server: (
                len(self.estate.legal(self.estate.demands[server])),
                -self._size(server) * (1 + self.dice.between(0, self.noise)),
            )
            for server in sorted(servers)
        }
        return sorted(keys, key=lambda server: keys[server])

    def _size(self, server: str) -> int:
        return dict(self.estate.demands[server].resources).get("MEMORY_MB", 0)

    def _target(self, server: str) -> str | None:
        hosts = set(self.estate.legal(self.estate.demands[server])) & self.havens
        fitting = [host for host in sorted(hosts) if self._fits(server, host)]
        if not fitting:
            return None
        # What is rare is kept for those who need it; then the fullest host, or the emptiest, for a change.
        sign = -1 if self.spread else 1
        return min(fitting, key=lambda host: (self.rarity[host], sign * self._free(host), host))

    def _free(self, host: str) -> int:
        return self.estate.sites[host].offers["MEMORY_MB"].capacity - self.used[host]["MEMORY_MB"]

    def _fits(self, server: str, host: str) -> bool:
        rivals = {self.places[key] for key in self.strict.get(server, ())}
        return host not in rivals and not self.estate.lacking(self.used, self.estate.demands[server], host)


def moves_once(estate: Estate, roll: Roll) -> bool:
    """Whether a roll in which every server moves once has been found."""
    return Witness(roll).search() is not None if estate.places else True
