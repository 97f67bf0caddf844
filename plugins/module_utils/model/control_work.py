# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Nova's databases know of tasks under way. All moments are seconds since the epoch; the databases keep whole seconds."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.stackroll.nova.plugins.module_utils.model.records import Record

# Who has a task in hand.
CONDUCTOR, COMPUTE = "conductor", "compute"


@dataclass(frozen=True)
class BuildRequest(Record):
    """A server that nova-api has taken and nova-conductor has not yet put into a cell. *cell* is where its mapping says it is."""

    uuid: str
    since: float
    cell: str | None = None


@dataclass(frozen=True)
class ActionEvent(Record):
    """One step of a server's newest action; *host* is where the service runs that takes it. *result* is none while it lasts."""

    name: str
    host: str | None
    started: float | None
    finished: float | None
    result: str | None = None


@dataclass(frozen=True)
class MoveRow(Record):
    """A migration that has not got far, or waits for a confirmation or a revert."""

    uuid: str
    type: str
    status: str
    cross_cell: bool
    since: float


@dataclass(frozen=True)
class BusyServer(Record):
    """A server with a task, on its way to a host, or with such a migration. *since* is when its row was last written."""

    uuid: str
    cell: str
    host: str | None
    vm_state: str | None
    task_state: str | None
    since: float
    action: str | None = None
    events: tuple[ActionEvent, ...] = ()
    moves: tuple[MoveRow, ...] = ()


@dataclass(frozen=True)
class Task(Record):
    """What is done with one server and who has it: ``conductor``, which includes the scheduler that it asks and the queue before
    it, or ``compute``. *conductor_host* is known once one works on it."""

    uuid: str
    operation: str
    holder: str
    since: float
    what: str
    cell: str | None = None
    host: str | None = None
    vm_state: str | None = None
    task_state: str | None = None
    migration: str | None = None
    conductor_host: str | None = None
    remedy: str = ""
