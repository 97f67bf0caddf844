# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Molecule scenarios, step by step: one run of the playbooks serves molecule and what a test has to say of it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time

from harness.cloud import PROJECT
from harness.runs import LONGEST, Run

FOLDER = PROJECT / "build" / "molecule"
RECAP = re.compile(r"^(\S+) +: ok=\d+ +changed=(\d+) ", re.MULTILINE)
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "ANSIBLE_CONFIG"} | {
    "PATH": f"{PROJECT / '.venv' / 'bin'}:{os.environ['PATH']}"
}


class Scenario:
    """One scenario, on the cloud that is there."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.run_dir = FOLDER / name
        shutil.rmtree(self.run_dir, ignore_errors=True)
        self._molecule("reset")
        FOLDER.mkdir(parents=True, exist_ok=True)
        (FOLDER / "as_it_was").touch()  # the fixture of the cloud has seen to it
        self._molecule("create").expect()
        self._molecule("prepare").expect()

    def step(self, command: str) -> Run:
        """Take one step, which must end well: converge, idempotence, check or verify."""
        return self._molecule(command).expect()

    def _molecule(self, command: str) -> Run:
        started = time.time()
        done = subprocess.run(
            ["molecule", command, "--scenario-name", self.name],
            cwd=PROJECT,
            env=ENVIRONMENT,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LONGEST,
        )
        said = COLOUR.sub("", done.stdout)
        changed = {host: int(count) for host, count in RECAP.findall(said)}
        return Run(done.returncode, {"changed": changed}, [], said, started, self.run_dir)
