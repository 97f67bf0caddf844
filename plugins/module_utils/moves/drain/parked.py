# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was parked: who stopped or suspended a server is told by the id of the request, which Nova keeps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.api import nova
from ansible_collections.stackroll.nova.plugins.module_utils.api.session import Cloud
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.model.records import Record
from ansible_collections.stackroll.nova.plugins.module_utils.model.server import Server
from ansible_collections.stackroll.nova.plugins.module_utils.planning.policy import STOP, SUSPEND

STEP_OF = {"suspended": SUSPEND, "stopped": STOP}


@dataclass(frozen=True)
class ParkedServer(Record):
    """What we did to a server, and how it was before."""

    id: str
    name: str
    host: str
    step: str
    vm_state: str = "active"
    request_id: str | None = None


@dataclass(frozen=True)
class Action(Record):
    """The latest thing somebody asked of a server."""

    action: str
    request_id: str | None
    user_id: str | None
    start_time: str


def last_actions(cloud: Cloud, servers: Iterable[Server]) -> dict[str, Action]:
    """The latest action on each server; one request each, so only for servers that may be parked."""
    wanted = [server.id for server in servers]
    answers = cloud.map(lambda server_id: nova.instance_actions(cloud, server_id), wanted)
    return {server_id: Action.from_dict(found[0]) for server_id, found in zip(wanted, answers) if found}


class Register:
    """Tells what we have parked from what others have stopped or suspended.

    A record of ours counts when the latest action on the server is the very request of the record. Without a record, it
    must be the same kind of action, asked by our own account, and not before `since`. Without `since` nothing else
    counts, because the account may have stopped servers for other reasons.
    """

    def __init__(self, cloud: Cloud, records: Iterable[ParkedServer], since: str | None) -> None:
        self.cloud = cloud
        self.records = {record.id: record for record in records}
        self.since = since.replace(" ", "T").rstrip("Z") if since else None

    def parked(self, servers: Iterable[Server]) -> dict[str, ParkedServer]:
        """Those of the servers that we have parked and nobody has touched since."""
        candidates = [server for server in servers if server.vm_state in STEP_OF and server.task_state is None]
        actions = last_actions(self.cloud, candidates)
        found = (self._record(server, actions[server.id]) for server in candidates if server.id in actions)
        return {record.id: record for record in found if record}

    def _record(self, server: Server, action: Action) -> ParkedServer | None:
        if action.action != STEP_OF[server.vm_state]:
            return None
        known = self.records.get(server.id)
        if known and known.request_id:
            return known if known.request_id == action.request_id else None
        mine = self.cloud.user_id is not None and action.user_id == self.cloud.user_id
        if mine and (known or (self.since and action.start_time >= self.since)):
            before = known.vm_state if known else "active"
            return ParkedServer(server.id, server.name, str(server.host), action.action, before, action.request_id)
        return None


def read_records(items: Iterable[dict[str, Any]]) -> list[ParkedServer]:
    """Read the option parked; what a result lists beside the record is left out."""
    records = [ParkedServer.from_dict(item) for item in items]
    wrong = [record.name for record in records if record.step not in STEP_OF.values()]
    if wrong:
        raise InvalidInput(
            f"The record of {wrong[0]} in parked cannot be used.", "Hand in the value parked of a drain."
        )
    return records
