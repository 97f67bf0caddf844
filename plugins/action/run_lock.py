# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controller side of run_lock: says which process we are, and whether the holder of a lock still lives."""

from __future__ import annotations

import hashlib
import os
import socket
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.stackroll.nova.plugins.plugin_utils.process import start_of

INITIAL_PID_NAMESPACE = 0xEFFFFFFC


def place() -> str:
    """What tells this controller's process numbers from those of other machines and containers with the same name."""
    namespace = Path("/proc/self/ns/pid").stat().st_ino
    machine = _text("/etc/machine-id") if namespace == INITIAL_PID_NAMESPACE else ""
    identity = machine or f"{_text('/proc/sys/kernel/random/boot_id')} {namespace}"
    return hashlib.sha256(identity.encode()).hexdigest()[:8]


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def current_owner() -> str:
    """This ansible-playbook process: workers are its children."""
    pid = os.getppid()
    return f"{socket.gethostname()}:{pid}:{start_of(pid)}:{place()}"


def is_gone(owner: str) -> bool:
    """Whether the owner was a process of this controller and has ended; never so when it cannot be told."""
    host, *rest = owner.rsplit(":", 3)
    if len(rest) != 3 or not rest[0].isdigit() or (host, rest[2]) != (socket.gethostname(), place()):
        return False
    return start_of(int(rest[0])) != rest[1]


class ActionModule(ActionBase):  # type: ignore[misc]  # ansible-core has no types
    """Run the module as ourselves; once more when the holder turns out to be dead."""

    _supports_check_mode = True
    TRANSFERS_FILES = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Take or free the lock on the task's host."""
        super().run(tmp, task_vars)
        arguments = {**self._task.args, "owner": current_owner()}
        result: dict[str, Any] = self._execute_module(module_args=arguments, task_vars=task_vars)
        holder = result.get("holder")
        if result.get("failed") and holder and is_gone(holder["owner"]):
            arguments["take_over"] = holder["owner"]
            result = self._execute_module(module_args=arguments, task_vars=task_vars)
        return result
