# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hands the module what the controller has: the file of an earlier plan, and how long things took in the run so far."""

from __future__ import annotations

import os
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.utils.path import unfrackpath

from ansible_collections.stackroll.nova.plugins.module_utils.telling.samples import samples
from ansible_collections.stackroll.nova.plugins.plugin_utils.journaled import JournaledAction
from ansible_collections.stackroll.nova.plugins.plugin_utils.run_directory import RunDirectory

MOST_SAMPLES = 1000


class ActionModule(JournaledAction):
    """Runs the module of the same name and leaves a line in the journal."""

    def _execute_module(self, *args: Any, **options: Any) -> dict[str, Any]:
        arguments = dict(self._task.args)
        given, there = arguments.get("plan_file"), ""
        if "measured" not in arguments:
            arguments["measured"] = self._measured(options.get("task_vars") or {})
        if given:
            arguments["plan_file"] = there = self._bring(str(given))
        result: dict[str, Any] = super()._execute_module(*args, **{**options, "module_args": arguments})
        if there and result.get("failed"):
            result["msg"] = str(result.get("msg")).replace(there, str(given))
        return result

    def _measured(self, task_vars: dict[str, Any]) -> list[dict[str, Any]]:
        directory = self._run_directory(task_vars)
        if directory is None:
            return []
        return list(samples(RunDirectory(directory.real).journal().events))[-MOST_SAMPLES:]

    def _bring(self, path: str) -> str:
        """Copy the file to where the module runs."""
        source = unfrackpath(path)
        if not os.access(source, os.R_OK):
            raise AnsibleActionFail(f"plan_file {path} cannot be read. Name a file with a plan as JSON.")
        if not self._connection._shell.tmpdir:
            self._make_tmp_path()
        there = self._connection._shell.join_path(self._connection._shell.tmpdir, "plan.json")
        self._transfer_file(source, there)
        self._fixup_perms2((self._connection._shell.tmpdir, there))
        return str(there)
