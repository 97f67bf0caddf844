# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an admin can do for a server whose task nobody will finish, in words. Pure; nothing of it is ever done by itself."""

from __future__ import annotations

from ansible_collections.stackroll.nova.plugins.module_utils.model.control_work import Task

_RESET = "openstack server set --state {state} {uuid}"
_HELD = "The module allocation_audit finds what its migration may still hold in Placement."
_REMEDIES = {
    "migrate": f"Nothing was moved: the server is where it was. {_RESET} ends the task; then migrate it again. {_HELD}",
    "resize": f"Nothing was resized: the server is as it was. {_RESET} ends the task; then resize it again. {_HELD}",
    "live-migration": f"The server runs where it was. {_RESET} ends the task; then migrate it again. {_HELD}",
    "rebuild": f"The request to rebuild it is lost; the server is as it was. {_RESET} ends the task; then rebuild it again.",
    "evacuate": f"The request to evacuate it is lost. {_RESET} ends the task; then evacuate it again. {_HELD}",
    "unshelve": (
        "The request to unshelve it is lost; it has no host and must not be called active. Set its task_state to NULL in the cell's"
        " database, since no API can, and unshelve it again."
    ),
    "confirmResize": (
        "The request to confirm is lost. Set migration {migration} back to finished in the cell's database, since no API can, and confirm"
        " again."
    ),
    "revertResize": (
        "The request to revert is lost. Set the server's task_state to NULL and migration {migration} back to finished in the cell's"
        " database, since no API can, and revert again."
    ),
}
_STATES = {"evacuate": "error"}


def remedy(task: Task) -> str:
    """The remedy for this server if its task is stuck or lost."""
    if task.operation == "build":
        return _build(task)
    text = _REMEDIES.get(task.operation, f"Look into the logs of nova-conductor; {_RESET} ends the task.")
    state = _STATES.get(task.operation) or ("error" if task.vm_state == "error" else "active")
    return text.format(uuid=task.uuid, state=state, migration=task.migration)


def _build(task: Task) -> str:
    where = "No host has it" if task.task_state or task.vm_state else "No cell has it"
    return (
        f"{where}, and nobody will build it. Delete it (openstack server delete {task.uuid}) and boot it again."
        " The module allocation_audit finds what it may still hold in Placement."
    )
