# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked for: which hosts are upgraded in which mode, and what may be done to which server.

Read from the same options that the planner gets, with code of our own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.server import Server
from ansible_collections.stackroll.nova.tests.bench.planning.estate import Estate

DRAIN, PARK, IN_PLACE = "drain", "park", "in_place"
LIVE, COLD = "live", "cold"
RUNNING = ("active", "paused")
# Extra specs of flavors that keep a running server from a live migration, or any server from any.
ONLY_COLD = ("pci_passthrough:alias", "hw:mem_encryption")
NEVER = ("accel:device_profile",)


@dataclass(frozen=True)
class Roll:
    """The options, read against a fleet. *hosts* are those still to be upgraded."""

    estate: Estate
    options: Mapping[str, Any]
    hosts: tuple[str, ...]
    modes: Mapping[str, str]
    done: frozenset[str]

    @classmethod
    def of(cls, estate: Estate, options: Mapping[str, Any]) -> Roll:
        """Read the options; what is not given has the default that the planner documents."""
        done = frozenset(options.get("done") or ())
        wanted = options.get("hosts")
        chosen = [name for name in estate.sites if wanted is None or name in wanted]
        modes = {name: (options.get("modes") or {}).get(name, options.get("mode") or IN_PLACE) for name in chosen}
        return cls(estate, options, tuple(name for name in chosen if name not in done), modes, done)

    @property
    def drained(self) -> tuple[str, ...]:
        """The hosts that have to be emptied."""
        return tuple(name for name in self.hosts if self.modes[name] == DRAIN)

    @property
    def havens(self) -> frozenset[str]:
        """The hosts that may receive servers from the start: done, or never to be drained."""
        return frozenset(self.estate.sites) - frozenset(self.drained)

    def stays(self, server: str) -> bool:
        """Whether the server may be on its host while that is upgraded."""
        return self.estate.servers[server].vm_state in (self.options.get("may_stay") or ())

    def ways(self, server: str) -> tuple[str, ...]:
        """How the server may be moved; empty when not at all."""
        return _ways(self.estate.servers[server], bool(self.options.get("allow_cold")))

    def leaving(self, host: str) -> list[str]:
        """The servers that have to leave a host which is emptied."""
        return [server for server in self.estate.on(host) if not self.stays(server)]

    def leaving_by_host(self) -> dict[str, list[str]]:
        """The same for all hosts to be emptied."""
        found = self.estate.by_host()
        return {host: [server for server in found[host] if not self.stays(server)] for host in self.drained}


def _ways(server: Server, allow_cold: bool) -> tuple[str, ...]:
    specs = {key: value for key, value in server.flavor.extra_specs.items() if value.lower() not in ("false", "0")}
    if server.task_state is not None or any(name in specs for name in NEVER):
        return ()
    live = server.vm_state in RUNNING and not any(name in specs for name in ONLY_COLD)
    cold = server.vm_state == "stopped" or (server.vm_state == "active" and allow_cold)
    return (LIVE,) * live + (COLD,) * cold


@dataclass(frozen=True)
class Limit:
    """At most so many hosts of a scope (all, a zone, an aggregate) at the same time."""

    scope: str
    hosts: frozenset[str]
    most: int


def limits(roll: Roll, aggregates: Mapping[str, frozenset[str]]) -> Iterator[Limit]:
    """All limits on waves but the canary. A percentage is of the hosts in the scope, rounded down, at least one."""
    sites = roll.estate.sites
    yield from _limit(roll.options.get("max_unavailable"), "the cloud", frozenset(sites))
    for zone in sorted({str(site.zone) for site in sites.values()}):
        hosts = frozenset(name for name, site in sites.items() if str(site.zone) == zone)
        yield from _limit(roll.options.get("max_unavailable_per_zone"), f"zone {zone}", hosts)
    for name, hosts in aggregates.items():
        yield from _limit(roll.options.get("max_unavailable_per_aggregate"), f"aggregate {name}", hosts)


def _limit(wish: int | str | None, scope: str, hosts: frozenset[str]) -> Iterator[Limit]:
    if wish is None:
        return
    most = max(1, int(wish[:-1]) * len(hosts) // 100) if isinstance(wish, str) and wish.endswith("%") else int(wish)
    yield Limit(scope, hosts, most)
