# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the module, tells it the phases of the run, and notes in the journal what the probe has seen."""

from __future__ import annotations

from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.telling.attempts import of_one_run
from ansible_collections.stackroll.nova.plugins.module_utils.telling.probe import PROBE, phases_of_work
from ansible_collections.stackroll.nova.plugins.plugin_utils.journaled import JournaledAction

Result = dict[str, Any]


class ActionModule(JournaledAction):
    """As Ansible runs any module, between a look into the journal and a line in it."""

    def _execute_module(self, *args: Any, **options: Any) -> Result:
        directory = self._run_directory(options.get("task_vars") or {})
        arguments: Result = dict(self._task.args)
        state = arguments.get("state")
        if directory is not None and state != "started" and not arguments.get("phases"):
            arguments["phases"] = phases_of_work(of_one_run(directory.journal().events))
        result: Result = super()._execute_module(*args, **{**options, "module_args": arguments})
        evaluation = result.get("evaluation")
        if directory is not None and state == "stopped" and evaluation and not self._task.check_mode:
            directory.append(PROBE, evaluation)
        return result
