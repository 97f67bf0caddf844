# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible.utils.display import Display

from ansible_collections.stackroll.nova.plugins.module_utils.telling import options
from ansible_collections.stackroll.nova.plugins.plugin_utils.controller import ControllerAction
from ansible_collections.stackroll.nova.plugins.plugin_utils.run_directory import RunDirectory


class ActionModule(ControllerAction):
    """Appends one event to the journal."""

    OPTIONS = options.JOURNAL

    def act(self, params: dict[str, Any], directory: RunDirectory) -> dict[str, Any]:
        """Write the event; a journal that cannot be written is a warning, because nothing depends on it."""
        try:
            directory.append(params["event"], {} if self._task.no_log else params["data"])
        except OSError as error:
            Display().warning(f"The event {params['event']} is missing from the journal: {error}")
        return {"event": params["event"]}
