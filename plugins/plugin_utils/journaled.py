# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules that leave a line in the journal: which one, when, for how long, and how it ended. Never what it was told."""

from __future__ import annotations

import time
from typing import Any

from ansible.plugins.action.normal import ActionModule as NormalAction
from ansible.utils.display import Display

from ansible_collections.stackroll.nova.plugins.module_utils.telling.records import module_event
from ansible_collections.stackroll.nova.plugins.plugin_utils.controller import RUN_DIR_VARIABLE, run_directory
from ansible_collections.stackroll.nova.plugins.plugin_utils.run_directory import RunDirectory, invocation

display = Display()


class JournaledAction(NormalAction):  # type: ignore[misc]  # ansible-core has no types
    """Runs the module of its own name exactly as Ansible would, and tells the journal when there is one."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Called by Ansible, once per host, item and retry."""
        started, begin = time.time(), time.monotonic()
        result: dict[str, Any] = {}
        try:
            result = super().run(tmp, task_vars)
        except Exception as error:
            result = {"failed": True, "msg": str(error)}
            raise
        finally:
            self._tell(result, task_vars or {}, started, time.monotonic() - begin)
        return result

    def _run_directory(self, task_vars: dict[str, Any]) -> RunDirectory | None:
        """Where the task's run is kept; None outside of a run. A single dry task of a real run belongs to that run."""
        directory = run_directory(self, task_vars) if task_vars.get(RUN_DIR_VARIABLE) else None
        if directory is None or not directory.check_mode or task_vars.get("ansible_check_mode"):
            return directory
        real = RunDirectory(directory.real)
        return real if (real.load() or {}).get("caller") == invocation() else directory

    def _tell(self, result: dict[str, Any], task_vars: dict[str, Any], started: float, seconds: float) -> None:
        if self._task.async_val:
            return  # of an async task only the start is known here
        task = {
            "module": str(self._task.resolved_action or self._task.action),
            "task": str(self._task.get_name(include_role_fqcn=False)),
            "host": str(task_vars.get("inventory_hostname", "")),
        }
        if self._task.check_mode and not task_vars.get("ansible_check_mode"):
            result = {**result, "changed": False}  # of a dry task of a real run, which has changed nothing
        hidden = bool(self._task.no_log or result.get("_ansible_no_log"))
        try:
            directory = self._run_directory(task_vars)
            if directory is not None:
                directory.append("module", module_event(task, result, started, seconds, hidden))
        except Exception as error:  # noqa: BLE001  # the work is done: a full disk must not make a failure of it
            display.warning(f"{task['module']} is missing from the journal: {error}")
