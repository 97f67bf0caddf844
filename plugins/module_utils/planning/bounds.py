# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What no plan can beat: the least number of moves and of waves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ansible_collections.stackroll.nova.plugins.module_utils.planning.outages import Limits
from ansible_collections.stackroll.nova.plugins.module_utils.planning.plan_options import IN_PLACE
from ansible_collections.stackroll.nova.plugins.module_utils.planning.scene import NONE, Host, Scene


class Bounds(NamedTuple):
    """The least number of moves, among them *extra* ones that are not the only move of their server, and of waves."""

    moves: int
    extra: int
    waves: int


def bounds(scene: Scene, limits: Limits) -> Bounds:
    """Bounds for the hosts that can be planned at all; to be asked before planning begins."""
    hosts = scene.candidates()
    draining = [host for host in hosts if host.drains]
    servers = [len(host.guests) for host in draining]
    extra = 0 if _has_receivers(scene) or not draining else min(servers)
    canary = scene.options.canary
    waves = max(
        limits.least_waves(hosts, canary), _group_waves(scene, hosts), _equal_waves(scene, hosts, limits, canary)
    )
    return Bounds(sum(servers) + extra, extra, waves)


def _has_receivers(scene: Scene) -> bool:
    """Whether a server could go to a host that nothing has to leave, now or later."""
    return any(host.receives and not host.drains for host in scene.hosts)


def _group_waves(scene: Scene, hosts: Sequence[Host]) -> int:
    """Hosts with members of the same anti-affinity group never go together."""
    most: dict[int, int] = {}
    for host in hosts:
        if host.mode != IN_PLACE and scene.apart:
            for group in {scene.apart_of[unit] for unit in (*host.guests, *host.parked)} - {NONE}:
                most[group] = most.get(group, 0) + 1
    return max(most.values(), default=0)


def _equal_waves(scene: Scene, hosts: Sequence[Host], limits: Limits, canary: int) -> int:
    """The recurrence for equal hosts with equal loads; nothing is said about other fleets."""
    draining = [host for host in hosts if host.drains]
    receiving = [host for host in scene.hosts if host.receives and not host.rolls]
    loads = {tuple(after - free for after, free in zip(host.after, host.free)) for host in draining}
    rooms = {tuple(host.after) for host in draining}
    if len(draining) != len(hosts) or len(loads) != 1 or len(rooms) != 1:
        return 0
    load, room = loads.pop(), rooms.pop()
    waves = [
        waves_of_equal_hosts(
            len(draining),
            sum(host.free[slot] for host in receiving),
            used,
            room[slot],
            most=limits.overall,
            canary=canary,
        )
        for slot, used in enumerate(load)
        if used > 0
    ]
    return max((number for number in waves if number is not None), default=0)


def waves_of_equal_hosts(hosts: int, free: int, used: int, capacity: int, *, most: int, canary: int = 0) -> int | None:
    """The exact least number of waves for *hosts* equal ones that use *used* of *capacity*, with *free* on upgraded hosts.

    A wave empties as many hosts as the free room takes, and each returns a whole host (integer recurrence of the roll). None when
    it cannot begin.
    """
    waves = 0
    while hosts:
        batch = min(most, hosts, free // used if used else hosts)
        if canary and not waves:
            batch = min(batch, canary)
        if batch < 1:
            return None
        free += batch * (capacity - used)
        hosts -= batch
        waves += 1
    return waves
