# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What draining hosts costs in requests, processor time and time, beside the command line client and beside the bound.

Both sides drain two hosts with the same servers, through the same load balancer, in one run. The times of slow moves are taken on one
host, so that what is measured is the queue of moves and not how many of them two processor cores can serve.

python tests/bench/drain.py [costs] [times]; without a word both, and the figures are written.
"""

from __future__ import annotations

import math
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import measures
import peer
from harness import drains, trouble
from harness.cloud import Rehearsal
from harness.servers import Servers, until
from requests_log import Request, sent_from_here

LEFT, RIGHT = ("cmp1", "cmp2"), ("cmp3", "cmp4")
RUNNING, STOPPED = 48, 12  # on each of two hosts
MOVE_SECONDS = 5
ALONE = 5  # moves that are timed one by one
CONCURRENCY = (1, 2, 4)
SLOW_SERVERS = 32  # on one host
SLOW_HOSTS = ("cmp1", "cmp3")  # from one to the other and back
Measures = list[tuple[str, float, str]]


@dataclass(frozen=True)
class Ours:
    """One wave of ours, and what the load balancer saw of it."""

    play: drains.Done
    requests: tuple[Request, ...]

    @property
    def makespan(self) -> float:
        """From the first request that moves a server until everything is moved and proved; giving the hosts back is another task."""
        first = min(request.began for request in self.requests if request.is_action)
        given_back = max(request.began for request in self.requests if request.is_token)
        return max(request.ended for request in self.requests if request.began < given_back) - first


class Bench:
    """The rehearsal cloud with nothing on it but the servers of this bench."""

    def __init__(self) -> None:
        self.cloud = Rehearsal()
        self.servers = Servers(self.cloud)
        self.servers.delete(self.servers.all())

    def fill(self, hosts: tuple[str, ...], running: int, stopped: int = 0) -> None:
        """Make servers on each of the hosts."""
        for host in hosts:
            made = self.servers.create([f"bench-{host}-{number}" for number in range(running + stopped)], host)
            self.servers.act(made[:stopped], {"os-stop": None}, "SHUTOFF")

    def give_back(self, hosts: tuple[str, ...]) -> None:
        """Let the hosts take servers again, whoever has disabled them."""
        for service in self.servers.call("GET", "/os-services?binary=nova-compute")["services"]:
            if service["host"] in hosts:
                self.servers.call("PUT", f"/os-services/{service['id']}", {"status": "enabled"})

    def leave_out(self, hosts: tuple[str, ...]) -> None:
        """Let the hosts take no servers."""
        for service in self.servers.call("GET", "/os-services?binary=nova-compute")["services"]:
            if service["host"] in hosts:
                self.servers.call("PUT", f"/os-services/{service['id']}", {"status": "disabled"})

    def bring_back(self, host: str, home: str) -> None:
        """Move everything on a host home again."""
        for server in list(self.servers.on(host)):
            self.move(server, home)

    def drain(self, hosts: tuple[str, ...], **options: Any) -> Ours:
        """Drain the hosts as a wave does: take them out of scheduling, empty them, give them back."""
        claim = {"hosts": list(hosts), "run_id": "bench"}
        tasks: tuple[drains.Task, ...] = (
            ("compute_service", {"state": "disabled", **claim}),
            ("compute_drain", {"state": "drained", "hosts": list(hosts), **options}),
            ("compute_service", {"state": "enabled", **claim}),
        )
        play = drains.Call(*tasks).wait().expect()
        assert not self.servers.on(*hosts), "the hosts are not empty"
        return Ours(play, tuple(sent_from_here(self.cloud, play.started, play.started + play.seconds)))

    def alone(self, source: str, target: str) -> float:
        """Return the median of the seconds that one live migration takes while nothing else happens."""
        return statistics.median(self.move(server, target) for server in list(self.servers.on(source))[:ALONE])

    def move(self, server: str, target: str) -> float:
        """Move one server, as if there were no tool for it, and return the seconds that it took."""

        def unfinished() -> bool:
            listed = self.servers.call("GET", f"/os-migrations?instance_uuid={server}")["migrations"]
            newest = max(listed, key=lambda one: int(one["id"]), default={"status": "asked"})
            return not (newest["status"] == "completed" and newest["dest_compute"] == target)

        start = time.monotonic()
        wish = {"os-migrateLive": {"host": target, "block_migration": "auto"}}
        self.servers.call("POST", f"/servers/{server}/action", wish)
        until(unfinished, "not moved", pause=0.1)
        return time.monotonic() - start


def request_bound(running: int, stopped: int, providers: int) -> int:
    """Return the least requests for a host: moves, confirmations, out of and into scheduling, and the proof."""
    return running + 2 * stopped + 2 + providers


def compare(bench: Bench) -> tuple[peer.Spent, list[Request], Ours]:
    """Let the peer drain two hosts, and ours drain the other two, on which the same servers are then."""
    bench.fill(LEFT, RUNNING, STOPPED)
    peers = peer.drain(bench.cloud, list(LEFT))
    asked = sent_from_here(bench.cloud, peers.started, peers.ended)
    bench.give_back(LEFT)
    return peers, asked, bench.drain(RIGHT, per_source=32, per_destination=64)


def makespans(bench: Bench) -> tuple[float, dict[int, tuple[float, float]]]:
    """Return the time of one slow move alone, and by concurrency: the time that a wave took, and its bound."""
    bench.servers.delete(bench.servers.all())
    source, target = SLOW_HOSTS
    bench.give_back(SLOW_HOSTS)
    bench.leave_out(tuple(host for host in (*LEFT, *RIGHT) if host not in SLOW_HOSTS))
    bench.fill((source,), SLOW_SERVERS)
    found = {}
    with ExitStack() as stack:
        stack.enter_context(trouble.on(bench.cloud, *SLOW_HOSTS, live_seconds=MOVE_SECONDS))
        alone = bench.alone(source, target)
        bench.bring_back(target, source)
        for concurrency in CONCURRENCY:
            found[concurrency] = wave(bench, source, concurrency, alone)
            source, target = target, source
    return alone, found


def wave(bench: Bench, source: str, concurrency: int, alone: float) -> tuple[float, float]:
    """Drain a host whose Nova moves so many servers at a time; return the time it took and its lower bound."""
    limit(bench, source, concurrency)
    bench.give_back(SLOW_HOSTS)
    bound = math.ceil(len(bench.servers.on(source)) / concurrency) * alone
    # Twice as many as Nova works on at a time, so that its queue is never empty.
    ours = bench.drain((source,), per_source=2 * concurrency, per_destination=4 * concurrency)
    return ours.makespan, bound


def limit(bench: Bench, host: str, concurrency: int) -> None:
    """Let the nova-compute of a host work on so many live migrations at a time."""
    text = f"[Service]\nEnvironment=OS_DEFAULT__MAX_CONCURRENT_LIVE_MIGRATIONS={concurrency}\n"
    bench.cloud.write(host, "/run/systemd/system/nova-compute.service.d/limit.conf", text)
    bench.cloud.ssh(host, "systemctl", "daemon-reload")
    bench.cloud.ssh(host, "systemctl", "restart", "nova-compute")
    before = heartbeat(bench, host)
    until(lambda: heartbeat(bench, host) == before, f"{host} not back")


def heartbeat(bench: Bench, host: str) -> str:
    """Return when the service of a host was last seen; the same text while it is down."""
    found = bench.servers.call("GET", f"/os-services?binary=nova-compute&host={host}")["services"][0]
    return str(found["updated_at"])


def figures(peers: peer.Spent, asked: list[Request], ours: Ours) -> Measures:
    """Print what both sides have spent, and return the measures."""
    hosts, servers = len(RIGHT), len(RIGHT) * (RUNNING + STOPPED)
    own = sum(request.is_own and not request.is_token for request in ours.requests)
    shared = len(ours.requests) - own
    bound = hosts * request_bound(RUNNING, STOPPED, providers=1)
    ratios = (own / bound, len(asked) / len(ours.requests), peers.cpu_seconds / ours.play.cpu_seconds)
    print(f"{hosts} hosts, {hosts * RUNNING} running and {hosts * STOPPED} stopped servers; instant moves")
    print(f"  {'':<36}{'command line':>14}{'ours':>10}{'ratio':>8}")
    print(f"  {'requests':<36}{len(asked):>14}{len(ours.requests):>10}{ratios[1]:>8.1f}")
    print(f"  {'processor seconds here':<36}{peers.cpu_seconds:>14.1f}{ours.play.cpu_seconds:>10.1f}{ratios[2]:>8.1f}")
    print(f"  {'seconds':<36}{peers.seconds:>14.1f}{ours.play.seconds:>10.1f}{peers.seconds / ours.play.seconds:>8.1f}")
    print(f"  {'requests for each server':<36}{len(asked) / servers:>14.1f}{len(ours.requests) / servers:>10.1f}")
    print(f"  {'':<36}{'bound':>14}{'ours':>10}{'ratio':>8}")
    print(f"  {'requests for hosts and servers':<36}{bound:>14}{own:>10}{ratios[0]:>8.2f}")
    print(f"  {'requests shared by the wave':<36}{'':>14}{shared:>10}")
    names = ("requests_ratio_to_bound", "peer_requests_ratio", "peer_cpu_ratio")
    return [(name, value, "1") for name, value in zip(names, ratios, strict=True)]


def slow_figures(alone: float, found: dict[int, tuple[float, float]]) -> Measures:
    """Print the times of the slow waves, and return the measures."""
    print(f"1 host, {SLOW_SERVERS} running servers; moves of {MOVE_SECONDS} s, {alone:.2f} s for one alone")
    print(f"  {'moves at a time':<36}{'bound':>14}{'ours':>10}{'ratio':>8}")
    ratios = []
    for concurrency, (took, bound) in found.items():
        print(f"  {concurrency:<36}{bound:>12.1f} s{took:>8.1f} s{took / bound:>8.2f}")
        ratios.append((f"makespan_ratio_c{concurrency}", took / bound, "1"))
    return ratios


def main() -> int:
    """Measure, print the tables and write the figures."""
    parts: dict[str, Callable[[Bench], Measures]] = {
        "costs": lambda bench: figures(*compare(bench)),
        "times": lambda bench: slow_figures(*makespans(bench)),
    }
    wanted = sys.argv[1:] or list(parts)
    bench = Bench()
    found = [row for name in wanted for row in parts[name](bench)]
    if set(wanted) == set(parts):
        measures.write("drain", found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
