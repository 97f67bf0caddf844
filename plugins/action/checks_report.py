# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time
from typing import Any

from ansible.utils.display import Display

from ansible_collections.stackroll.nova.plugins.module_utils.telling import options
from ansible_collections.stackroll.nova.plugins.module_utils.telling.events import format_time
from ansible_collections.stackroll.nova.plugins.module_utils.telling.records import check_event, masked
from ansible_collections.stackroll.nova.plugins.module_utils.telling.words import clean
from ansible_collections.stackroll.nova.plugins.plugin_utils import files
from ansible_collections.stackroll.nova.plugins.plugin_utils.controller import ControllerAction
from ansible_collections.stackroll.nova.plugins.plugin_utils.run_directory import RunDirectory

SCHEMA = "stackroll.nova/checks/1"


class ActionModule(ControllerAction):
    """Keeps the results of upgrade checks and shows them."""

    OPTIONS = options.CHECKS_REPORT

    def act(self, params: dict[str, Any], directory: RunDirectory) -> dict[str, Any]:
        """Write checks.json and one event per check, and put the lines on the screen as they are."""
        checks, facts = masked(params["checks"]), masked(params["facts"])
        document = {"schema": SCHEMA, "time": format_time(time.time()), **facts, "checks": checks}
        files.make_directory(directory.path)
        files.replace_json(directory.checks_file, document, files.PUBLIC)
        for check in checks:
            directory.append("check", check_event(check))
        lines = [*params["show"], *_last_line(params["verdict"], files.from_here(directory.checks_file))]
        for line in lines:
            Display().display(clean(line))
        return {"path": str(directory.checks_file), "shown": lines}


def _last_line(verdict: str, path: str) -> list[str]:
    return [f"{verdict}     details: {path}"] if verdict else []
