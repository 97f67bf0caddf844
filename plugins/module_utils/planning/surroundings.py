# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is around a server: the hosts that could take it, and the groups that keep servers together or apart."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Service
from ansible_collections.stackroll.nova.plugins.module_utils.model.server import Server, ServerGroup
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import some

STRICT = "anti-affinity"


@dataclass(frozen=True)
class Surroundings:
    """Hosts that may receive servers, with their zones; what the groups forbid to which server; who is in which strict group.

    *staying* has, for each strict group, the hosts of its members that do not leave.
    """

    zones: Mapping[str, str | None]
    forbidden: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    staying: Mapping[str, Collection[str]] = field(default_factory=dict)

    def zone_note(self, server: Server) -> str:
        """A word of warning when no host of the server's zone is left."""
        if server.zone is None or server.zone in self.zones.values():
            return ""
        return f"no other enabled host is in its zone {server.zone}, which matters if it was asked for"


def survey(
    hosts: Collection[str], services: Iterable[Service], servers: Iterable[Server], groups: Iterable[ServerGroup]
) -> Surroundings:
    """The surroundings of the servers on these hosts, once they leave."""
    zones = {item.host: item.zone for item in services if item.status == "enabled" and item.is_up}
    free = {host: zone for host, zone in zones.items() if host not in hosts}
    places = {server.id: server.host for server in servers if server.holds_host}
    forbidden: dict[str, str] = {}
    strict: dict[str, str] = {}
    staying: dict[str, frozenset[str]] = {}
    for group in groups:
        forbidden.update(_forbidden_by(group, hosts, free, places))
        if group.policy == STRICT:
            strict.update(dict.fromkeys(group.members, group.id))
            homes = {places[member] for member in group.members if member in places}
            staying[group.id] = frozenset(str(host) for host in homes if host not in hosts)
    return Surroundings(free, forbidden, strict, staying)


def _forbidden_by(
    group: ServerGroup, hosts: Collection[str], free: Collection[str], places: Mapping[str, str | None]
) -> dict[str, str]:
    """Members that have nowhere to go; soft policies forbid nothing."""
    leaving = [member for member in group.members if places.get(member) in hosts]
    staying = {places[member] for member in group.members if member in places and member not in leaving}
    if group.policy == STRICT:
        room = len([host for host in free if host not in staying])
        reason = f"the anti-affinity group {group.name} needs a host without another member, and {room} remain"
        return dict.fromkeys(leaving[room:], reason)
    if group.policy == "affinity":
        return {member: reason for member in leaving for reason in [_affinity(group, member, places, free)] if reason}
    return {}


def kept_together(groups: Iterable[ServerGroup], places: Mapping[str, str | None]) -> dict[str, str]:
    """Members of affinity groups that cannot leave for any host, wherever there is room: Nova keeps each with the others."""
    hosts = {str(host) for host in places.values()}
    found: dict[str, str] = {}
    for group in groups:
        if group.policy == "affinity":
            found.update(_forbidden_by(group, hosts, (), places))
    return found


def _affinity(group: ServerGroup, member: str, places: Mapping[str, str | None], free: Collection[str]) -> str | None:
    """Why a member cannot leave: only hosts with members pass, and its own is one (nova/scheduler/utils.py, _get_group_details)."""
    others = {str(places[other]) for other in group.members if other != member and other in places}
    if not (others - {places[member]}).isdisjoint(free):
        return None
    if not others:
        return f"the affinity group {group.name} keeps it on {places[member]}, even alone"
    return f"the affinity group {group.name} keeps it with its other members on {some(sorted(others))}"
