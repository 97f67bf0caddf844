# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wait until hosts work again: a heartbeat later than the restart, and their resources in Placement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.api import placement
from ansible_collections.stackroll.nova.plugins.module_utils.api.session import Cloud
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import WaitTimeout
from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Provider, Service
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import some
from ansible_collections.stackroll.nova.plugins.module_utils.moves.hosts import (
    compute_services,
    host_trees,
    refuse_duplicates,
)
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.deadline import Deadline

RESOURCES = (("VCPU", "PCPU"), ("MEMORY_MB",))
# Heartbeats are stored in whole seconds, and MySQL rounds to the nearest.
HEARTBEAT_ERROR = 0.5


@dataclass(frozen=True)
class Restart:
    """A host and the moment of its restart in epoch seconds, if there was one."""

    host: str
    restarted_at: float | None = None


@dataclass
class Look:
    """What one look at a host has shown."""

    host: str
    service: Service | None = None
    provider_uuid: str | None = None
    inventories: dict[str, int] | None = None
    waiting_for: tuple[str, ...] = ()
    seconds: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """One host of the module's result."""
        return {
            "host": self.host,
            "state": self.service.state if self.service else None,
            "updated_at": self.service.updated_at if self.service else None,
            "provider_uuid": self.provider_uuid,
            "inventories": self.inventories or {},
            "ready": not self.waiting_for,
            "seconds": round(self.seconds, 1),
        }


class ComputeReady:
    """Looks at all hosts together until every one is ready or the time is up."""

    def __init__(self, cloud: Cloud, restarts: Sequence[Restart], require_traits: Sequence[str] = ()) -> None:
        refuse_duplicates([restart.host for restart in restarts])
        self.cloud = cloud
        self.restarts = {restart.host: restart for restart in restarts}
        self.require_traits = require_traits

    def wait(self, timeout: float, interval: float, fail: bool = True) -> dict[str, Any]:
        """Returns the module's result; raises WaitTimeout with every host that is not ready, unless told not to."""
        deadline = Deadline(timeout, interval)
        ready: dict[str, Look] = {}
        while True:
            left = [host for host in self.restarts if host not in ready]
            looks = self.look(left)
            for look in looks:
                look.seconds = deadline.elapsed
            ready.update((look.host, look) for look in looks if not look.waiting_for)
            late = [look for look in looks if look.waiting_for]
            if not late or deadline.expired:
                break
            deadline.pause()
        seen = {**ready, **{look.host: look for look in late}}
        result = {
            "hosts": [seen[host].to_dict() for host in self.restarts],
            "pending": [{"host": look.host, "waiting_for": list(look.waiting_for)} for look in late],
        }
        if late and fail:
            sentences = some((f"{look.host} (waiting for {', '.join(look.waiting_for)})" for look in late), 10)
            raise WaitTimeout(
                f"Not ready after {timeout:g} s: {sentences}.",
                "Look at the log of nova-compute there, then run the same command again.",
                result,
            )
        return result

    def look(self, hosts: Sequence[str]) -> list[Look]:
        """One look at these hosts; Placement is asked only about hosts whose service is back."""
        services = compute_services(self.cloud)
        looks = [Look(host, services.get(host)) for host in hosts]
        for look in looks:
            look.waiting_for = service_lacks(look.service, self.restarts[look.host].restarted_at)
        alive = [look for look in looks if not look.waiting_for]
        if alive:
            trees = host_trees(self.cloud, [look.host for look in alive])
            self.cloud.map(lambda look: self._look_at_resources(look, trees[look.host]), alive)
        return looks

    def _look_at_resources(self, look: Look, tree: Sequence[Provider]) -> None:
        if not tree:
            look.waiting_for = ("its resource provider",)
            return
        look.provider_uuid = tree[0].uuid
        totals: dict[str, int] = {}
        for provider in tree:
            for name, inventory in placement.inventories(self.cloud, provider.uuid).items():
                totals[name] = totals.get(name, 0) + int(inventory["total"])
        look.inventories = totals
        traits = set(placement.traits(self.cloud, tree[0].uuid)) if self.require_traits else set()
        look.waiting_for = resources_lack(totals, traits, self.require_traits)


def service_lacks(service: Service | None, restarted_at: float | None) -> tuple[str, ...]:
    """What the service record does not show yet."""
    if service is None:
        return ("its nova-compute service record",)
    if service.id is None:
        return ("an answer of its cell",)
    lacks = []
    if not service.is_up:
        lacks.append(f"state up (it is {service.state})")
    if restarted_at is not None and _epoch(service.updated_at) <= restarted_at + HEARTBEAT_ERROR:
        lacks.append(f"a heartbeat after {_utc(restarted_at)} (the last is of {service.updated_at})")
    return tuple(lacks)


def resources_lack(totals: dict[str, int], traits: set[str], required: Sequence[str]) -> tuple[str, ...]:
    """What Placement does not show yet."""
    lacks = [f"inventory of {' or '.join(names)}" for names in RESOURCES if not any(name in totals for name in names)]
    return (*lacks, *(f"trait {name}" for name in required if name not in traits))


def _epoch(updated_at: str | None) -> float:
    """Nova's times are UTC without saying so."""
    if not updated_at:
        return 0.0
    return datetime.fromisoformat(updated_at.rstrip("Z")).replace(tzinfo=timezone.utc).timestamp()


def _utc(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
