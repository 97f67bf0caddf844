# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the module in short slices and tells between them how far each host is."""

from __future__ import annotations

import os
import time
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.utils.display import Display

from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.report import line
from ansible_collections.stackroll.nova.plugins.plugin_utils.controller import RUN_DIR_VARIABLE, run_directory
from ansible_collections.stackroll.nova.plugins.plugin_utils.journaled import JournaledAction
from ansible_collections.stackroll.nova.plugins.plugin_utils.run_directory import RunDirectory

DEFAULT_INTERVAL = 10.0
# The first words come soon, and silence never lasts longer than this many seconds.
FIRST, SILENCE = 5.0, 30.0
PARKED = "servers_parked"
Result = dict[str, Any]
display = Display()


class ActionModule(JournaledAction):
    """As Ansible runs any module, but again and again until it is done."""

    def _execute_module(self, *args: Any, **options: Any) -> Result:
        task_vars = options.get("task_vars") or {}
        directory = self._directory(task_vars)
        arguments = {**self._task.args, **self._remembered(directory)}
        interval = _seconds(arguments.get("progress_interval", DEFAULT_INTERVAL))
        if options.get("wrap_async") or self._task.check_mode or not interval:
            return self._once(directory, arguments, args, options)
        telling = Telling(restoring=arguments.get("state") == "restored")
        playbook = os.getppid()
        result: Result = {}
        continuation: Result = {}
        while True:
            share = interval if continuation else min(FIRST, interval)
            slice_of = {**arguments, "continuation": continuation, "progress_interval": share}
            latest = self._once(directory, slice_of, args, options)
            result = merge(result, latest)
            telling.tell(latest.get("progress"))
            continuation = latest.get("continuation") or {}
            if latest.get("failed") or latest.get("done") is not False or not continuation:
                return result
            if os.getppid() != playbook:
                # Ansible starts its workers in sessions of their own, so that they outlive a playbook that is killed.
                raise AnsibleActionFail(
                    "The playbook that has started this is gone. What is under way goes on in Nova."
                )

    def _once(self, directory: RunDirectory | None, arguments: Result, args: Any, options: Result) -> Result:
        result: Result = super()._execute_module(*args, **{**options, "module_args": arguments})
        if directory is not None and result.get("parked") and arguments.get("state") == "drained":
            self._remember(directory, result["parked"])
        return result

    def _directory(self, task_vars: Result) -> RunDirectory | None:
        return run_directory(self, task_vars) if task_vars.get(RUN_DIR_VARIABLE) else None

    def _remembered(self, directory: RunDirectory | None) -> Result:
        """What the run directory knows of what was parked, where the task does not say it."""
        if directory is None:
            return {}
        real = RunDirectory(directory.real)
        run = real.load()
        found: Result = {}
        if run and run.get("started") and not self._task.args.get("parked_since"):
            found["parked_since"] = str(run["started"])
        if not self._task.args.get("parked"):
            found["parked"] = list(_records(real).values())
        return found

    def _remember(self, directory: RunDirectory, parked: list[Result]) -> None:
        known = _records(directory)
        fresh = [item for item in map(_record, parked) if known.get(item["id"]) != item]
        if fresh:
            directory.append(PARKED, {"servers": fresh})


class Telling:
    """Prints a line for each host that has something to tell."""

    def __init__(self, restoring: bool) -> None:
        self._restoring = restoring
        self._told: dict[str, tuple[Result, float]] = {}

    def tell(self, states: list[Result] | None) -> None:
        """A line for each host where something has changed, or that was silent for long."""
        for state in states or ():
            news = {key: value for key, value in state.items() if key not in ("elapsed", "left")}
            before, at = self._told.get(state["host"], ({}, 0.0))
            over = state["done"] >= state["total"]
            if news != before or (not over and time.monotonic() - at >= SILENCE):
                display.display(line(state, self._restoring))
                self._told[state["host"]] = (news, time.monotonic())


def merge(before: Result, latest: Result) -> Result:
    """One result of two calls: the latest, with what only the first one knows and with all requests."""
    merged = {key: value for key, value in {**before, **latest}.items() if key != "continuation"}
    merged["changed"] = bool(before.get("changed") or latest.get("changed"))
    if "api" in before and "api" in latest:
        merged["api"] = {key: before["api"].get(key, 0) + value for key, value in latest["api"].items()}
    return merged


def _record(item: Result) -> Result:
    return {key: item.get(key) for key in ("id", "name", "host", "step", "vm_state", "request_id")}


def _records(directory: RunDirectory) -> dict[str, Result]:
    """The latest record of every server that the journal says was parked."""
    found: dict[str, Result] = {}
    for event in directory.journal().events:
        if event.name == PARKED:
            servers = event.data.get("servers")
            found.update({item["id"]: item for item in servers or () if isinstance(item, dict) and "id" in item})
    return found


def _seconds(value: Any) -> float:
    try:
        return max(0.0, float(value))
    except (TypeError, ValueError):
        return DEFAULT_INTERVAL  # the module says what is wrong with it
