# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask Nova whether servers that are gone were deleted: one list for all of them, then what only their own records tell."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.accounting.absences import Absence
from ansible_collections.stackroll.nova.plugins.module_utils.api import nova
from ansible_collections.stackroll.nova.plugins.module_utils.api.errors import ApiError
from ansible_collections.stackroll.nova.plugins.module_utils.api.session import Cloud
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.model.server import Server

# The snapshot has a time of our clock. It shows the servers, so that what is asked for from before it can only be a clock that differs.
OVERLAP = timedelta(seconds=300)
# After the request to delete a server there is hardly another one.
LATEST_ACTIONS = 10
# Nova's name for it in the actions, also of a forced one.
DELETE = "delete"
Json = dict[str, Any]


class Deletions:
    """What was deleted since a snapshot; a server that is known to be deleted is not asked for again."""

    def __init__(self, cloud: Cloud, taken_at: str) -> None:
        self._cloud = cloud
        self._since = _shortly_before(taken_at)
        self._known: dict[str, Absence] = {}

    def ask(self, servers: Collection[Server]) -> dict[str, Absence]:
        """What became of these servers, by UUID. What cannot be asked counts as lost, with the error as reason."""
        left = [server for server in servers if server.id not in self._known]
        found: dict[str, Absence] = {}
        if left:
            try:
                listed = self._listed()
            except ApiError as error:
                found = {server.id: Absence(f"Nova cannot be asked whether it was deleted: {error}") for server in left}
            else:
                self._known.update({server.id: listed[server.id] for server in left if server.id in listed})
                rest = [server for server in left if server.id not in listed]
                found = dict(zip((server.id for server in rest), self._cloud.map(self._by_its_records, rest)))
        self._known.update({uuid: absence for uuid, absence in found.items() if not absence.is_loss})
        return {server.id: self._known.get(server.id) or found[server.id] for server in servers}

    def _listed(self) -> dict[str, Absence]:
        items = nova.deleted_servers_since(self._cloud, self._since)
        return {item["id"]: Absence(deleted_at=_utc(item.get("OS-SRV-USG:terminated_at"))) for item in items}

    def _by_its_records(self, server: Server) -> Absence:
        try:
            return self._from_actions(server)
        except ApiError as error:
            if error.status == 404:
                return Absence("Nova has no record of it")
            return Absence(f"Nova cannot be asked whether it was deleted: {error}")

    def _from_actions(self, server: Server) -> Absence:
        """Nova shows the actions of deleted servers, too. Of one that has no host it deletes the record and notes nothing."""
        for action in nova.instance_actions(self._cloud, server.id, LATEST_ACTIONS):
            if action["action"] == DELETE and action["start_time"][:19] >= self._since[:19]:
                return Absence(deleted_at=_utc(action["start_time"]))
        if nova.server(self._cloud, server.id) is not None:
            return Absence("Nova has it and does not list it")
        return Absence() if server.host is None else Absence("Nova has no request to delete it on record")


def _shortly_before(taken_at: str) -> str:
    try:
        return (datetime.fromisoformat(taken_at[:19]) - OVERLAP).strftime("%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        raise InvalidInput(
            f"The option baseline cannot be used: it was taken at {taken_at}, which is no time."
        ) from None


def _utc(moment: str | None) -> str | None:
    """Nova's times are UTC without saying so."""
    return f"{moment[:19]}Z" if moment else None
