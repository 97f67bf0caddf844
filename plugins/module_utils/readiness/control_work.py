# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What nova-conductor, and nova-scheduler for it, has in hand. Pure.

Which task states conductor has a part in, and which steps it records, is read from 33.0.2 and 34.0.0: nova/conductor/manager.py
(schedule_and_build_instances, build_instances, migrate_server, live_migrate_instance, rebuild_instance, unshelve_instance,
confirm_snapshot_based_resize, revert_snapshot_based_resize), nova/conductor/tasks, and nova/compute/api.py, which sets the task state
before it sends the message. cache_images and attach_volume leave no trace in a database.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ansible_collections.stackroll.nova.plugins.module_utils.model.control_work import (
    COMPUTE,
    CONDUCTOR,
    ActionEvent,
    BuildRequest,
    BusyServer,
    Task,
)
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.control_work_remedies import remedy

# A server's task state, from when nova-api has sent the message to when nova-compute goes on with it.
OPERATIONS = {
    "scheduling": "build",
    "resize_prep": "resize",
    "migrating": "live-migration",
    "rebuilding": "rebuild",
    "unshelving": "unshelve",
}
# The last step of conductor for each of them: when it has succeeded, the message to nova-compute is sent.
_SENDS = ("conductor_migrate_server", "conductor_live_migrate_instance", "rebuild_server", "schedule_instances")
_STEPS = (*_SENDS, "cold_migrate", "get_image_info")
_AT_COMPUTE = ("queued", "preparing")
_CROSS_CELL = {"confirming": "confirmResize", "reverting": "revertResize"}
# MySQL rounds the fraction of a second that Nova writes.
ROUNDING = 0.5


@dataclass(frozen=True)
class UnderWay:
    """All tasks, sorted: what conductor has in hand, what it will hardly ever finish, and what is with the computes."""

    in_hand: tuple[Task, ...]
    stuck: tuple[Task, ...]
    at_computes: tuple[Task, ...]


def sort(tasks: Iterable[Task], now: float, stuck_after: float, stuck_since: float | None = None) -> UnderWay:
    """Tell apart what is older than *stuck_after* seconds. With *stuck_since* only tasks count that were there at that moment
    and have not gone on since, and their age is that at the moment."""
    known = list(tasks)
    ours = [task for task in known if task.holder == CONDUCTOR]
    if stuck_since is not None:
        ours = [task for task in ours if task.since <= stuck_since + ROUNDING]
    moment = now if stuck_since is None else stuck_since
    return UnderWay(
        in_hand=tuple(task for task in ours if moment - task.since <= stuck_after),
        stuck=tuple(task for task in ours if moment - task.since > stuck_after),
        at_computes=tuple(task for task in known if task.holder == COMPUTE),
    )


def tasks_of(requests: Iterable[BuildRequest], servers: Iterable[BusyServer]) -> list[Task]:
    """What is done with these servers, the oldest first; nothing for those in which conductor has no part."""
    found = {request.uuid: _of_request(request) for request in requests}
    for server in servers:
        task = _of_server(server)
        if task is not None:
            found.setdefault(server.uuid, task)
    tasks = [replace(task, remedy=remedy(task)) for task in found.values()]
    return sorted(tasks, key=lambda task: (task.since, task.uuid))


def _of_request(request: BuildRequest) -> Task:
    what = "its build request is there, so that nova-conductor has not put it into a cell"
    if request.cell:
        what = f"its build request is there, so that nova-conductor is just putting it into {request.cell}"
    return Task(request.uuid, "build", CONDUCTOR, request.since, what, cell=request.cell)


def _of_server(server: BusyServer) -> Task | None:
    """The task, unless conductor has no part in what this server does."""
    working = _working(server)
    crossing = next((move for move in server.moves if move.cross_cell and move.status in _CROSS_CELL), None)
    operation = _operation(server) or (_CROSS_CELL[crossing.status] if crossing else None)
    if working is not None:
        what = f"nova-conductor on {working.host or 'a host'} works on it ({working.name})"
        since = min(server.since, working.started or server.since)
        task = _task(server, operation or server.action or "unknown", CONDUCTOR, what)
        return replace(task, since=since, conductor_host=working.host)
    if operation is None:
        return None
    if crossing is not None and server.task_state not in OPERATIONS:
        what = f"no nova-conductor has taken the {crossing.status} move to another cell"
        return replace(_task(server, operation, CONDUCTOR, what), since=min(server.since, crossing.since))
    return _task(server, operation, *_holder(server, operation))


def _operation(server: BusyServer) -> str | None:
    """In OpenStack's names for actions, with the build."""
    if server.task_state is None:
        return "build" if server.vm_state == "building" and server.host is None else None
    operation = OPERATIONS.get(server.task_state)
    types = {move.type for move in server.moves}
    if operation == "resize" and ("migration" in types or server.action == "migrate"):
        return "migrate"
    if operation == "rebuild" and ("evacuation" in types or server.action == "evacuate"):
        return "evacuate"
    return operation


def _working(server: BusyServer) -> ActionEvent | None:
    """The step that a conductor is at. One that was killed leaves its step unfinished, which does not count any more once
    nova-compute has gone on."""
    steps = [event for event in server.events if _is_conductor(event) and event.finished is None]
    went_on = (
        server.task_state not in OPERATIONS
        and not any(move.cross_cell for move in server.moves)
        and any(_is_compute(event) for event in server.events)
    )
    return steps[0] if steps and not went_on else None


def _holder(server: BusyServer, operation: str) -> tuple[str, str]:
    """Who has it when no conductor is at a step, and how that shows."""
    if operation == "build" and server.task_state == "scheduling":
        return CONDUCTOR, "it is in its cell and waits for the message to its host"
    if any(_is_compute(event) for event in server.events):
        return COMPUTE, "nova-compute has begun"
    if any(move.status in _AT_COMPUTE for move in server.moves):
        return COMPUTE, "nova-compute has it in its queue"
    if operation == "build":
        return CONDUCTOR, "nobody has found a host for it"
    return _after_sending(server)


def _after_sending(server: BusyServer) -> tuple[str, str]:
    sent = [event for event in server.events if event.name in _SENDS]
    if sent and sent[-1].result == "Success":
        return COMPUTE, "nova-conductor has sent it to nova-compute"
    if sent:
        return CONDUCTOR, f"nova-conductor on {sent[-1].host or 'a host'} has given it up ({sent[-1].name})"
    return CONDUCTOR, "no nova-conductor has taken it"


def _is_conductor(event: ActionEvent) -> bool:
    return event.name.startswith("conductor_") or event.name in _STEPS


def _is_compute(event: ActionEvent) -> bool:
    return event.name.startswith("compute_")


def _task(server: BusyServer, operation: str, holder: str, what: str) -> Task:
    return Task(
        uuid=server.uuid,
        operation=operation,
        holder=holder,
        since=server.since,
        what=what,
        cell=server.cell,
        host=server.host,
        vm_state=server.vm_state,
        task_state=server.task_state,
        migration=server.moves[-1].uuid if server.moves else None,
    )
