# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of every server when its host is upgraded, by the same verdicts as draining."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Fleet
from ansible_collections.stackroll.nova.plugins.module_utils.model.server import Migration, Server
from ansible_collections.stackroll.nova.plugins.module_utils.planning.plan_options import PlanOptions
from ansible_collections.stackroll.nova.plugins.module_utils.planning.scene import Host
from ansible_collections.stackroll.nova.plugins.module_utils.planning.specs import Specs
from ansible_collections.stackroll.nova.plugins.module_utils.planning.surroundings import Surroundings, kept_together
from ansible_collections.stackroll.nova.plugins.module_utils.planning.verdicts import CONFIRM, WAIT, Judge, Verdict


class Outcomes:
    """What becomes of servers, by mode of their host; servers that cannot differ are judged once."""

    def __init__(self, options: PlanOptions, fleet: Fleet, specs: Specs) -> None:
        # Where a server can go is what the plan finds out itself: any host will do here.
        places = {server.id: server.host for server in fleet.servers if server.holds_host}
        self._together = kept_together(fleet.server_groups, places)
        zones = {service.host: service.zone for service in fleet.compute_services}
        anywhere = Surroundings({**zones, "": None}, self._together)
        self._judges = {mode: Judge(options.policy_of(mode), anywhere) for mode in ("drain", "park")}
        self._migrations = {item.server_id: item for item in fleet.migrations if item.unfinished}
        self._same = not options.policy
        self._specs = specs
        self._known: dict[tuple[object, ...], Verdict] = {}

    def of(self, server: Server, host: Host) -> Verdict:
        """The verdict on a server whose host is drained, or where it is parked."""
        migration = self._migrations.get(server.id)
        if not self._same or migration is not None or server.id in self._together:
            return self._judge(server, host, migration)
        key = (host.mode, server.vm_state, server.task_state, server.locked, server.zone, self._specs.of(server.flavor))
        verdict = self._known.get(key)
        if verdict is None:
            verdict = self._known[key] = self._judge(server, host, None)
        return verdict

    def _judge(self, server: Server, host: Host, migration: Migration | None) -> Verdict:
        judge = self._judges[host.mode]
        verdict = judge.judge(server, host.name, migration=migration)
        if verdict.action == WAIT:
            state = "active" if server.vm_state == "building" else server.vm_state
            quiet = judge.judge(replace(server, task_state=None, vm_state=state), host.name)
            return replace(quiet, reason=f"{quiet.reason}; at present {verdict.reason}")
        if verdict.action == CONFIRM:
            quiet = judge.judge(replace(server, vm_state="active"), host.name)
            return replace(quiet, reason=f"{quiet.reason}; its resize is confirmed first")
        return verdict
