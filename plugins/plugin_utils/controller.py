# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The base of actions that work on the Ansible controller only, whatever host their task belongs to."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from ansible.plugins.action import ActionBase
from ansible.utils.path import unfrackpath

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput, StackrollError
from ansible_collections.stackroll.nova.plugins.plugin_utils.run_directory import RunDirectory

Result = dict[str, Any]
RUN_DIR_VARIABLE = "stackroll_run_dir"


class ControllerAction(ActionBase):  # type: ignore[misc]  # ansible-core has no types
    """Validates the options, finds the run directory and turns errors into one sentence."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    OPTIONS: ClassVar[dict[str, dict[str, Any]]] = {}
    REQUIRED_IF: ClassVar[list[Any]] = []

    def act(self, params: dict[str, Any], directory: RunDirectory) -> Result:
        """Do the work of the action."""
        raise NotImplementedError

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> Result:
        """Called by Ansible; nothing is ever sent to a host."""
        super().run(tmp, task_vars)
        params = self.validate_argument_spec(argument_spec=self.OPTIONS, required_if=self.REQUIRED_IF)[1]
        try:
            directory = run_directory(self, task_vars or {}, params["run_dir"])
            if directory is None:
                raise InvalidInput("No run directory is known.", f"Set {RUN_DIR_VARIABLE} or the option run_dir.")
            return {"changed": False, **self.act(params, directory)}
        except StackrollError as error:
            return {"failed": True, "msg": str(error)}
        except OSError as error:
            return {
                "failed": True,
                "msg": f"{error.filename or 'The run directory'} cannot be used: {error.strerror}. Name a directory that can be written.",
            }


def run_directory(action: ActionBase, task_vars: dict[str, Any], given: str | None = None) -> RunDirectory | None:
    """The run directory of a task, from its option or from the variable; a relative path counts from where Ansible was started."""
    path = given or task_vars.get(RUN_DIR_VARIABLE)
    if path and not given:
        path = action._templar.template(path)
    if not path:
        return None
    # The variable knows --check even where a task has switched it off for itself.
    check_mode = bool(action._task.check_mode or task_vars.get("ansible_check_mode"))
    return RunDirectory(Path(unfrackpath(str(path), follow=False)), check_mode)
