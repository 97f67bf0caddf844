# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask Nova for what the state machines want; what comes of it is seen later, never concluded from the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ansible_collections.stackroll.nova.plugins.module_utils.api import nova
from ansible_collections.stackroll.nova.plugins.module_utils.api.errors import ApiError
from ansible_collections.stackroll.nova.plugins.module_utils.api.session import Cloud
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.move import Command

Answer = tuple[str, str]
CALLS: Mapping[str, Callable[[Cloud, Command], None]] = {
    "live": lambda cloud, command: nova.live_migrate(cloud, command.server_id, command.host),
    "cold": lambda cloud, command: nova.migrate(cloud, command.server_id, command.host),
    "confirm": lambda cloud, command: nova.confirm_resize(cloud, command.server_id),
    "revert": lambda cloud, command: nova.revert_resize(cloud, command.server_id),
    "abort": lambda cloud, command: nova.abort_migration(cloud, command.server_id, command.migration_id or 0),
    "force_complete": lambda cloud, command: nova.force_complete(cloud, command.server_id, command.migration_id or 0),
    "suspend": lambda cloud, command: nova.suspend(cloud, command.server_id),
    "resume": lambda cloud, command: nova.resume(cloud, command.server_id),
    "stop": lambda cloud, command: nova.stop(cloud, command.server_id),
    "start": lambda cloud, command: nova.start(cloud, command.server_id),
    "offload": lambda cloud, command: nova.shelve_offload(cloud, command.server_id),
}


def execute(cloud: Cloud, commands: list[Command]) -> list[Answer]:
    """Send all commands, a few at a time; each answer is accepted, conflict, refused or unsure, and a reason."""
    return cloud.map(lambda command: _send(cloud, command), commands) if commands else []


def _send(cloud: Cloud, command: Command) -> Answer:
    try:
        CALLS[command.kind](cloud, command)
    except ApiError as error:
        if error.unavailable:
            return "unsure", str(error)
        return ("conflict" if error.status == 409 else "refused"), f"Nova refused to {command.kind} it: {error.reason}"
    return "accepted", ""
