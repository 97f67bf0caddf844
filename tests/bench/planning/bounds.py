# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What no plan can beat: moves, and waves."""

from __future__ import annotations

import math
from collections import Counter

from ansible_collections.stackroll.nova.tests.bench.planning.estate import Estate
from ansible_collections.stackroll.nova.tests.bench.planning.roll import Roll


def least_moves(roll: Roll) -> int:
    """Every server on a host to be emptied moves once (B1), and those that find nobody done move twice (B3).

    Servers that may go to the same hosts, none of which may receive at the start: those on the first of these hosts that is emptied
    go to one still to be emptied. A host that is empty by itself comes first and costs nothing.
    """
    estate, moves = roll.estate, 0
    by_hosts: dict[frozenset[str], Counter[str]] = {}
    for host, servers in roll.leaving_by_host().items():
        moves += len(servers)
        for server in servers:
            by_hosts.setdefault(estate.legal(estate.demands[server]), Counter())[host] += 1
    for hosts, counts in by_hosts.items():
        if not hosts & roll.havens:
            moves += min((counts[host] for host in hosts), default=0)
    return moves


def fluid_waves(hosts: float, spare: float, load: float) -> int:
    """B4: waves to empty so many hosts onto *spare* hosts that are free and upgraded; *load* is used / capacity (0 to 1)."""
    if hosts <= 0:
        return 0
    if spare <= 0 or load >= 1:
        raise ValueError("without spare capacity there is no plan")
    if load <= 0:
        return 1
    return max(1, math.ceil(round(math.log(1 + hosts * (1 - load) / spare) / math.log(1 / load), 9)))


def share_of(hosts: int, most: int) -> int:
    """N/k: waves when at most so many hosts are out at once."""
    return -(-hosts // most)


def waves_of_equal_hosts(
    full: int, servers: int, free: int, slots: int, *, most: int, empty: int = 0, canary: int = 0
) -> int:
    """B4i, exact for equal hosts.

    *full* hosts have *servers* servers each and room for *slots*; *free* is the room on upgraded hosts, in servers; *empty* hosts
    are still to be upgraded, which costs no room; at most *most* hosts per wave, in the first wave at most *canary* unless it is 0.
    """
    waves = 0
    while full or empty:
        limit = most if waves or not canary else min(most, canary)
        idle = min(limit, empty)
        batch = min(limit - idle, full, free // servers if servers else full)
        if not idle and not batch:
            raise ValueError("no host can be emptied")
        free += (idle + batch) * slots - batch * servers
        full, empty, waves = full - batch, empty - idle, waves + 1
    return waves


def mixed_waves(roll: Roll, most: int) -> int:
    """max(B4, N/k) of a fleet whose hosts differ: B4 in units of the average host, for the class that asks for most waves."""
    busy = {host: servers for host, servers in roll.leaving_by_host().items() if servers}
    needed = [share_of(len(roll.hosts), most)]
    for name in sorted({cls for host in busy for cls in roll.estate.sites[host].offers}):
        capacity, used = (_sum(roll.estate, busy, name, kind) for kind in ("capacity", "used"))
        havens = [host for host in roll.havens if roll.estate.sites[host].receives]
        free = sum(_sum(roll.estate, {host: []}, name, "capacity") for host in havens)
        free -= sum(_sum(roll.estate, {host: []}, name, "used") for host in havens)
        if used and free > 0:
            needed.append(fluid_waves(len(busy), free / (capacity / len(busy)), used / capacity))
    return max(needed)


def _sum(estate: Estate, hosts: dict[str, list[str]], name: str, kind: str) -> int:
    if kind == "used":
        return sum(estate.used[host].get(name, 0) for host in hosts)
    return sum(offer.capacity for host in hosts for cls, offer in estate.sites[host].offers.items() if cls == name)
