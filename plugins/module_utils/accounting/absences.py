# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers of an earlier snapshot that are gone: clients delete servers at any time, and what nobody has deleted is lost."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Fleet
from ansible_collections.stackroll.nova.plugins.module_utils.model.server import Server

GOING = frozenset(("deleting", "soft-deleting"))


@dataclass(frozen=True)
class Absence:
    """What Nova says of a server that is gone: that it was deleted, with the moment if that is known (UTC), or why it counts as lost."""

    reason: str = ""
    deleted_at: str | None = None

    @property
    def is_loss(self) -> bool:
        """Whether nothing shows that the server was deleted."""
        return bool(self.reason)


NOT_ASKED = Absence("no request was sent to find out whether it was deleted")


def was_going(server: Server) -> bool:
    """Whether the snapshot has caught the server while it was being deleted, or deleted and not yet reclaimed."""
    return server.task_state in GOING or server.vm_state in ("soft-delete", "deleted")


def unexplained(before: Fleet, after: Fleet) -> list[Server]:
    """The servers of the first snapshot that the second does not have, and that were not being deleted."""
    there = {server.id for server in after.servers}
    return [server for server in before.servers if server.id not in there and not was_going(server)]
