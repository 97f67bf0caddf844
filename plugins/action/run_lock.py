# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controller side of run_lock: says which process we are, and whether the holder of a lock still lives."""

from __future__ import annotations

import os
import socket
from typing import Any, Optional

from ansible.plugins.action import ActionBase


def _start_of(pid: int) -> Optional[str]:
    """The start time of a process in clock ticks, which tells it from a later one with the same number."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stream:
            return stream.read().rpartition(")")[2].split()[19]
    except OSError:
        return None


def current_owner() -> str:
    """This ansible-playbook process: workers are its children."""
    pid = os.getppid()
    return f"{socket.gethostname()}:{pid}:{_start_of(pid)}"


def is_gone(owner: str) -> bool:
    """Whether the owner was a process of this controller and has ended."""
    host, pid, start = owner.rsplit(":", 2)
    return host == socket.gethostname() and _start_of(int(pid)) != start


class ActionModule(ActionBase):
    """Run the module as ourselves; once more when the holder turns out to be dead."""

    _supports_check_mode = True
    TRANSFERS_FILES = False

    def run(self, tmp: Optional[str] = None, task_vars: Optional[dict[str, Any]] = None) -> dict[str, Any]:
        """Take or free the lock on the task's host."""
        super().run(tmp, task_vars)
        arguments = {**self._task.args, "owner": current_owner()}
        result: dict[str, Any] = self._execute_module(module_args=arguments, task_vars=task_vars)
        holder = result.get("holder")
        if result.get("failed") and holder and is_gone(holder["owner"]):
            arguments["take_over"] = holder["owner"]
            result = self._execute_module(module_args=arguments, task_vars=task_vars)
        return result
