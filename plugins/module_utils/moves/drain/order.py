# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was asked for, and what makes us refuse it before anything is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Service
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import some
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.engine import Pace
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.parked import ParkedServer
from ansible_collections.stackroll.nova.plugins.module_utils.moves.hosts import refuse_duplicates, require_services
from ansible_collections.stackroll.nova.plugins.module_utils.planning.policy import STAY, Policy
from ansible_collections.stackroll.nova.plugins.module_utils.planning.verdicts import (
    BLOCKED,
    NO_ROOM,
    WAIT,
    Verdict,
)


@dataclass(frozen=True)
class Order:
    """What is wanted of which hosts."""

    hosts: tuple[str, ...]
    pace: Pace
    policy: Policy = field(default_factory=Policy)
    destinations: Mapping[str, str] = field(default_factory=dict)
    parked: tuple[ParkedServer, ...] = ()
    parked_since: str | None = None
    require_disabled: bool = True
    check_mode: bool = False

    def __post_init__(self) -> None:
        pace = self.pace
        numbers = {
            "per_source": pace.limits.per_source,
            "per_destination": pace.limits.per_destination,
            "total": pace.limits.total,
            "timeout": pace.timeout,
            "interval": pace.interval,
            "base_timeout": pace.bounds.base,
            "force_timeout": pace.bounds.force,
        }
        small = [name for name, value in numbers.items() if value <= 0]
        small += ["timeout_per_gib"] if pace.bounds.per_gib < 0 else []
        small += ["retries"] if pace.bounds.retries < 0 else []
        if small:
            raise InvalidInput(f"Too small: {', '.join(small)}.", "Every limit must allow something.")
        refuse_duplicates(self.hosts)
        if not self.hosts:
            raise InvalidInput("No hosts are named.", "Name at least one in the option hosts.")

    def check(self, services: Mapping[str, Service]) -> None:
        """Refuse hosts that cannot be drained and destinations that cannot receive."""
        require_services(self.hosts, dict(services))
        enabled = [host for host in self.hosts if services[host].status == "enabled"]
        if enabled and self.require_disabled and not self.check_mode:
            raise InvalidInput(
                f"{some(enabled, 8)} would get new servers while being drained.",
                "Disable the hosts first with stackroll.nova.compute_service.",
            )
        self._check_destinations(services)

    def _check_destinations(self, services: Mapping[str, Service]) -> None:
        named = sorted(set(self.destinations.values()))
        own = [host for host in named if host in self.hosts]
        if own:
            raise InvalidInput(f"The destination {some(own)} is to be drained itself.", "Name another in destinations.")
        require_services(named, dict(services))
        unfit = [host for host in named if services[host].status != "enabled" or not services[host].is_up]
        if unfit:
            raise InvalidInput(
                f"The destination {some(unfit)} is disabled or down.", "Name another, or leave it to the scheduler."
            )


def refuse_dead_hosts(verdicts: Iterable[Verdict], services: Mapping[str, Service]) -> None:
    """Say when Nova could not do anything to the servers, because nobody on their host listens."""
    acting = {verdict.host for verdict in verdicts if verdict.action not in (BLOCKED, STAY, WAIT)}
    dead = sorted(host for host in acting if not services[host].is_up)
    if dead:
        raise InvalidInput(
            f"nova-compute on {some(dead)} is down, so its servers cannot be moved.",
            "Start it first; if the host is lost, evacuate its servers.",
        )


def refuse_without_room(verdicts: Iterable[Verdict]) -> None:
    """Say when servers would have to move and there is no host at all that could take them."""
    stuck = [verdict.name for verdict in verdicts if verdict.action == BLOCKED and NO_ROOM in verdict.reason]
    if stuck:
        raise InvalidInput(
            f"No other compute host is enabled and up, so {some(stuck)} cannot go anywhere.",
            "Enable a host outside this wave, or let the servers be parked.",
        )
