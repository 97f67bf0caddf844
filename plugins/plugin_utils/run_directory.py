# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The run directory on the Ansible controller: which run it is, its journal, its snapshots and its report."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.telling.attempts import (
    SUCCESS,
    has_changed_anything,
    of_one_run,
)
from ansible_collections.stackroll.nova.plugins.module_utils.telling.events import Journal, format_time, parse
from ansible_collections.stackroll.nova.plugins.module_utils.telling.fold import CHECK_RUN
from ansible_collections.stackroll.nova.plugins.module_utils.telling.records import encode
from ansible_collections.stackroll.nova.plugins.plugin_utils import files
from ansible_collections.stackroll.nova.plugins.plugin_utils.process import start_of

SCHEMA = "stackroll.nova/run/1"
OPEN, CLOSED = "open", "closed"

Run = dict[str, Any]


class RunDirectory:
    """Everything that is kept about the latest run; a check run keeps its own beside it."""

    def __init__(self, path: Path, check_mode: bool = False) -> None:
        self.real = path
        self.check_mode = check_mode
        self.path = path / "check" if check_mode else path
        self.run_file = self.path / "run.json"
        self.journal_file = self.path / "journal.jsonl"
        self.checks_file = self.path / "checks.json"
        self.snapshot_file = self.path / "snapshot.json"
        self.closing_file = self.path / "snapshot-closing.json"
        self.probe_file = self.path / "probe.jsonl"

    def load(self) -> Run | None:
        """The latest run, or nothing."""
        return files.read_json(self.run_file)

    def open(self, target: str, source: str, caller: str) -> tuple[Run, bool]:
        """Go on with the unfinished run to this release, or begin a new one; says whether it is new."""
        files.make_directory(self.real)
        files.make_directory(self.path)
        before = self.load()
        run = dict(before) if before and self._goes_on(before, target, caller) else None
        is_new = run is None
        if run is None:
            self._set_aside(before)
            run = self._new(target)
        again = run.get("caller") != caller
        if again:
            run.update(caller=caller, attempt=run["attempt"] + 1, attempt_started=format_time(time.time()))
            self.closing_file.unlink(missing_ok=True)
        run.update(state=OPEN, source_release=run["source_release"] or source)
        for key in ("result", "reason", "finished"):
            run.pop(key, None)
        if run != before:
            files.replace_json(self.run_file, run)
        if again:
            self.append("run_opened", {"target_release": target, "source_release": run["source_release"]})
        return run, is_new

    def _new(self, target: str) -> Run:
        return {
            "schema": SCHEMA,
            "run_id": CHECK_RUN if self.check_mode else secrets.token_hex(4),
            "target_release": target,
            "source_release": "",
            "started": format_time(time.time()),
            "attempt": 0,
        }

    def _goes_on(self, run: Run, target: str, caller: str) -> bool:
        if run.get("target_release") != target:
            return False
        if self.check_mode:
            return run.get("caller") == caller
        # The four playbooks in one command are one run, even when one of them closes it on the way.
        return run.get("caller") == caller or run.get("state") != CLOSED or run.get("result") != SUCCESS

    def _set_aside(self, run: Run | None) -> None:
        for path in (self.journal_file, self.snapshot_file, self.closing_file, self.probe_file):
            if self.check_mode:
                path.unlink(missing_ok=True)
            else:
                files.set_aside(path, str(run["run_id"]) if run else "unknown")

    def close(self, result: str, reason: str) -> Run:
        """Say how the run has ended; a run that failed is gone on with by the next opening."""
        run = self.load()
        if run is None:
            raise InvalidInput(f"There is no run in {self.path}.", "Open one first with state=opened.")
        # The journal first: a kill in between leaves a run that is gone on with, not one without its last line.
        self.append("run_closed", {"result": result, "reason": reason})
        run.update(state=CLOSED, result=result, reason=reason, finished=format_time(time.time()))
        files.replace_json(self.run_file, run)
        return run

    def append(self, event: str, data: Mapping[str, Any]) -> None:
        """Add an event to the journal of the latest run."""
        files.make_directory(self.path)
        run = self.load() or {}
        line = encode(event, data, time.time(), str(run.get("run_id", "")), run.get("attempt"))
        files.append(self.journal_file, line)

    def journal(self) -> Journal:
        """The journal of the latest run, with everything in it that can be read."""
        try:
            with self.journal_file.open(encoding="utf-8", errors="replace") as stream:
                return parse(stream)
        except FileNotFoundError:
            return Journal(())

    def keep_snapshot(self, snapshot: Mapping[str, Any], closing: bool) -> None:
        """Keep the last snapshot from before the first change of the run, and the last one of the closing."""
        path = self.closing_file if closing else self.snapshot_file
        if closing or not path.exists() or not has_changed_anything(of_one_run(self.journal().events)):
            files.replace_json(path, snapshot)

    def opening_snapshot(self, target: str) -> dict[str, Any] | None:
        """The fleet as it was when the run was opened; a check run looks at the unfinished real run first."""
        if self.check_mode:
            real = RunDirectory(self.real)
            run = real.load()
            if (
                run
                and run.get("target_release") == target
                and (run.get("state"), run.get("result")) != (CLOSED, SUCCESS)
            ):
                return real.opening_snapshot(target) or files.read_json(self.snapshot_file)
        return files.read_json(self.snapshot_file)


def invocation() -> str:
    """What tells one ansible-playbook command from the next: the process that forks the workers, and when it began."""
    parent = os.getppid()
    start = start_of(parent)
    return f"{parent}-{start}" if start else str(parent)
