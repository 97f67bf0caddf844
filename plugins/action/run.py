# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.telling import options
from ansible_collections.stackroll.nova.plugins.plugin_utils.controller import ControllerAction
from ansible_collections.stackroll.nova.plugins.plugin_utils.run_directory import Run, RunDirectory, invocation


class ActionModule(ControllerAction):
    """Opens and closes a run."""

    OPTIONS = options.RUN
    REQUIRED_IF = options.RUN_REQUIRED_IF

    def act(self, params: dict[str, Any], directory: RunDirectory) -> dict[str, Any]:
        """Open or close the run, and keep the snapshot that was given."""
        closing = params["state"] == "closed"
        if closing:
            run, is_new = directory.close(params["result"], params["reason"]), False
        else:
            run, is_new = directory.open(params["target_release"], params["source_release"] or "", invocation())
        if params["snapshot"]:
            directory.keep_snapshot(params["snapshot"], closing)
        result = {**_shown(run), "opened": is_new, "run_dir": str(directory.path)}
        if params["return_snapshot"]:
            result["snapshot"] = directory.opening_snapshot(str(run["target_release"]))
        return result


def _shown(run: Run) -> dict[str, Any]:
    return {key: run[key] for key in ("run_id", "attempt", "started", "source_release", "target_release")}
