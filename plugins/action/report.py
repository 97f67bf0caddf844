# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.telling import options
from ansible_collections.stackroll.nova.plugins.module_utils.telling.fold import fold
from ansible_collections.stackroll.nova.plugins.module_utils.telling.page import render
from ansible_collections.stackroll.nova.plugins.module_utils.telling.states import server_states
from ansible_collections.stackroll.nova.plugins.module_utils.telling.summary import summarize
from ansible_collections.stackroll.nova.plugins.plugin_utils import files
from ansible_collections.stackroll.nova.plugins.plugin_utils.controller import ControllerAction
from ansible_collections.stackroll.nova.plugins.plugin_utils.run_directory import RunDirectory


class ActionModule(ControllerAction):
    """Folds the journal into a report."""

    OPTIONS = options.REPORT

    def act(self, params: dict[str, Any], directory: RunDirectory) -> dict[str, Any]:  # noqa: ARG002
        """Write report.json, report.html and report.txt."""
        journal = directory.journal()
        if not journal.events:
            raise InvalidInput(
                f"There is no journal in {directory.path}.", "Run a playbook with this run directory first."
            )
        report = fold(journal)
        states = server_states(_snapshot(directory.snapshot_file), _snapshot(directory.closing_file))
        report["server_states"] = {key: states[key] for key in ("taken", "counts")}
        paths = {kind: directory.path / f"report.{kind}" for kind in ("json", "html", "txt")}
        summary = summarize(report, files.from_here(paths["html"]))
        files.replace_json(paths["json"], report, files.PUBLIC)
        files.replace(paths["html"], render(report, states), files.PUBLIC)
        files.replace(paths["txt"], "\n".join(summary) + "\n", files.PUBLIC)
        return {"report": report, "summary": summary, "paths": {kind: str(path) for kind, path in paths.items()}}


def _snapshot(path: Path) -> dict[str, Any] | None:
    """A snapshot for the page; without it the page says less, which is better than no page."""
    try:
        return files.read_json(path)
    except (InvalidInput, OSError):
        return None
