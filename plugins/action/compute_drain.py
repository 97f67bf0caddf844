# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the module in the background, and tells how far each host is until it ends."""

from __future__ import annotations

import json
import os
import shlex
import time
import uuid
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.utils.display import Display

from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.report import line
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.progress_file import LISTENER
from ansible_collections.stackroll.nova.plugins.module_utils.telling.samples import MOVED
from ansible_collections.stackroll.nova.plugins.plugin_utils.journaled import JournaledAction
from ansible_collections.stackroll.nova.plugins.plugin_utils.run_directory import RunDirectory

DEFAULT_INTERVAL = 2.0
# A line comes at least so often, and a module of which nothing was heard for so long is taken for dead.
SILENCE, DEAD = 30.0, 600.0
# What the work takes is bounded by the options of the module; this only keeps Ansible from ending it earlier.
LONGEST = 7 * 86400
PARKED = "servers_parked"
MEASURED = ("id", "step", "seconds")
# What async_status adds to the result of the module.
JOB = ("ansible_job_id", "results_file", "started", "finished", "stdout", "stdout_lines", "stderr", "stderr_lines")
Result = dict[str, Any]
display = Display()


class ActionModule(JournaledAction):
    """As Ansible runs any module, but in the background, so that there is something to be told meanwhile."""

    def _execute_module(self, *args: Any, **options: Any) -> Result:
        directory = self._run_directory(options.get("task_vars") or {})
        arguments = {**self._task.args, **self._remembered(directory)}
        interval = _seconds(arguments.get("progress_interval", DEFAULT_INTERVAL))
        if options.get("wrap_async") or self._task.check_mode or not interval:
            result: Result = super()._execute_module(*args, **{**options, "module_args": arguments})
        else:
            result = self._in_background(arguments, interval, directory, args, options)
        self._remember(directory, result)
        self._note_moves(directory, result)
        return result

    def _in_background(
        self, arguments: Result, interval: float, directory: RunDirectory | None, args: Any, options: Result
    ) -> Result:
        folder = self._remote_expand_user(self.get_shell_option("async_dir", default="~/.ansible_async"))
        progress_file = self._connection._shell.join_path(folder, f"compute_drain-{uuid.uuid4().hex}")
        self._task.async_val = LONGEST
        try:
            arguments = {**arguments, "progress_file": progress_file}
            job: Result = super()._execute_module(*args, **{**options, "module_args": arguments, "wrap_async": True})
        finally:
            self._task.async_val = 0
        if "ansible_job_id" not in job:
            return job
        telling = Telling(restoring=arguments.get("state") == "restored")
        try:
            for news in self._news(progress_file, job["results_file"], interval):
                telling.tell(news.get("progress"))
                self._remember(directory, news)
            return self._result_of(job, options)
        finally:
            self._remove(progress_file, f"{progress_file}{LISTENER}", job["results_file"])

    def _news(self, progress_file: str, results_file: str, interval: float) -> Any:
        """What the module tells, until it has ended; each look shows it that somebody listens."""
        names = [shlex.quote(name) for name in (f"{progress_file}{LISTENER}", progress_file, results_file)]
        look = "touch {}; cat {}; echo; cat {}".format(*names)
        latest, heard, playbook = "", time.monotonic(), os.getppid()
        while True:
            told, _newline, job = self._low_level_execute_command(look)["stdout"].strip("\n").rpartition("\n")
            if told != latest:
                latest, heard = told, time.monotonic()
                yield _read(told)
            if _read(job).get("finished") != 0:
                return
            if time.monotonic() - heard > DEAD:
                raise AnsibleActionFail(
                    f"Nothing was heard of the module for {DEAD:.0f} s. What is under way goes on in Nova; run the same command again."
                )
            if os.getppid() != playbook:
                # Ansible starts its workers in sessions of their own, so that they outlive a playbook that is killed.
                raise AnsibleActionFail(
                    "The playbook that has started this is gone. What is under way goes on in Nova."
                )
            time.sleep(interval)

    def _result_of(self, job: Result, options: Result) -> Result:
        """What the module has returned."""
        result: Result = super()._execute_module(
            module_name="ansible.legacy.async_status",
            module_args={"jid": job["ansible_job_id"], "_async_dir": job["results_file"].rpartition("/")[0]},
            task_vars=options.get("task_vars"),
        )
        return {name: value for name, value in result.items() if name not in JOB}

    def _remove(self, *paths: str) -> None:
        """Remove files on the host that runs the module."""
        self._low_level_execute_command(f"rm -f {' '.join(map(shlex.quote, paths))}")

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

    @staticmethod
    def _note_moves(directory: RunDirectory | None, result: Result) -> None:
        """Note how long each server took, for the estimate of what is left."""
        over = [*result.get("moved", ()), *result.get("parked", ())]
        if directory is not None and over:
            directory.append(MOVED, {"servers": [{key: item.get(key) for key in MEASURED} for item in over]})

    def _remember(self, directory: RunDirectory | None, news: Result) -> None:
        """Note what was parked since the last time, so that a crash does not lose how it was."""
        parked = news.get("parked")
        if directory is None or not parked or self._task.args.get("state") == "restored":
            return
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


def _read(text: str) -> Result:
    """A file that may not be there yet."""
    try:
        found = json.loads(text)
    except ValueError:
        return {"finished": 0}
    return found if isinstance(found, dict) else {}


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
