# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run playbooks through ansible-runner and keep what they said and did."""

from __future__ import annotations

import json
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ansible_runner
from harness.cloud import PROJECT, Rehearsal

OUTPUT = PROJECT / "build" / "integration"
LONGEST = 900


@dataclass(frozen=True)
class Run:
    """One finished ansible-playbook."""

    rc: int
    stats: dict[str, dict[str, int]]
    events: list[dict[str, Any]]
    stdout: str
    started: float
    run_dir: Path

    @property
    def changed(self) -> dict[str, int]:
        """Tasks that changed something, by host."""
        return {host: count for host, count in self.stats.get("changed", {}).items() if count}

    @property
    def failures(self) -> str:
        """The messages of all tasks that failed and were not expected to."""
        failed = (event["event_data"] for event in self.events if event["event"] == "runner_on_failed")
        return "\n".join(str(data["res"].get("msg", "")) for data in failed if not data.get("ignore_errors"))

    @property
    def report(self) -> dict[str, Any]:
        """What the run wrote to report.json."""
        found: dict[str, Any] = json.loads((self.run_dir / "report.json").read_text(encoding="utf-8"))
        return found

    @property
    def plan(self) -> dict[str, Any]:
        """The plan that was kept."""
        found: dict[str, Any] = json.loads((self.run_dir / "plan.json").read_text(encoding="utf-8"))
        return found

    def expect(self, rc: int = 0) -> Run:
        """Fail the test with the end of the output when the run ended otherwise."""
        assert (self.rc != 0) == (rc != 0), f"rc {self.rc}\n{self.failures}\n{self.stdout[-6000:]}"
        return self


class Runs:
    """Playbook runs of one test module. They share a run directory, as the runs of one upgrade do."""

    def __init__(self, cloud: Rehearsal, name: str) -> None:
        self._cloud = cloud
        self._folder = OUTPUT / name
        shutil.rmtree(self._folder, ignore_errors=True)
        (self._folder / "runner").mkdir(parents=True)
        self.run_dir = self._folder / "run"
        self.all: list[Run] = []

    def fresh(self, name: str) -> None:
        """Let the next runs begin a new upgrade run."""
        self.run_dir = self._folder / name

    def playbook(self, name: str, *, limit: str | None = None, verbosity: int = 0, **variables: Any) -> Run:
        """Run stackroll.nova.<name> against the rehearsal cloud."""
        started = time.time()
        runner = ansible_runner.run(
            private_data_dir=str(self._folder / "runner"),
            ident=f"{len(self.all):02}-{name}",
            playbook=f"stackroll.nova.{name}",
            inventory=str(self._cloud.inventory),
            extravars={"stackroll_target_release": "2026.2", "stackroll_run_dir": str(self.run_dir), **variables},
            limit=limit,
            verbosity=verbosity or None,
            envvars={
                "ANSIBLE_CONFIG": str(PROJECT / "ansible.cfg"),
                "ANSIBLE_COLLECTIONS_PATH": str(PROJECT / "build" / "collections"),
                "PATH": f"{PROJECT / '.venv' / 'bin'}:{os.environ['PATH']}",
            },
            settings={"job_timeout": LONGEST, "suppress_ansible_output": True},
            suppress_env_files=True,
            quiet=True,
        )
        done = Run(
            rc=runner.rc,
            stats=runner.stats or {},
            events=list(runner.events),
            stdout=runner.stdout.read(),
            started=started,
            run_dir=self.run_dir,
        )
        self.all.append(done)
        return done
