# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible's own commands, and what every test needs of them."""

from __future__ import annotations

import functools
import json
import os
import subprocess

from harness import state
from harness.cloud import FOLDER, PROJECT, Rehearsal
from harness.fork_server import ForkServer, here

ENVIRONMENT = {
    **os.environ,
    "ANSIBLE_CONFIG": str(PROJECT / "ansible.cfg"),
    "ANSIBLE_COLLECTIONS_PATH": str(PROJECT / "build" / "collections"),
    "ANSIBLE_LOCALHOST_WARNING": "false",
    "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
    "OS_CLIENT_CONFIG_FILE": str(FOLDER / "clouds.yaml"),
    "PATH": f"{PROJECT / '.venv' / 'bin'}:{os.environ['PATH']}",
}
AUDIT = PROJECT / "plugins" / "modules" / "allocation_audit.py"
ARGUMENTS = PROJECT / "build" / "integration" / "audit.json"


def ansible(*words: str, timeout: int = 120, **environment: str) -> str:
    """Run an Ansible command and return its output; the test fails with it when the command fails."""
    done = subprocess.run(
        words,
        cwd=PROJECT,
        env={**ENVIRONMENT, **environment},
        check=False,
        capture_output=True,
        text=True,
        timeout=timeout,
    )
    assert not done.returncode, f"{words[0]} {words[1]}\n{done.stdout[-6000:]}\n{done.stderr[-2000:]}"
    return done.stdout + done.stderr


def rehearse(state_wanted: str, **shape: int) -> None:
    """Bring the cloud up, down, or back to the old release."""
    wanted = {"rehearsal_cloud_state": state_wanted, "rehearsal_cloud_dir": str(FOLDER), **shape}
    ansible("ansible-playbook", "stackroll.nova.rehearse", "-e", json.dumps(wanted), timeout=900)


@functools.cache
def forks() -> ForkServer:
    """Return what runs modules without importing openstacksdk every time."""
    return here(ENVIRONMENT, [ENVIRONMENT["ANSIBLE_COLLECTIONS_PATH"]])


def account(cloud: Rehearsal) -> None:
    """Account for every allocation: by the module, and by SQL as a second opinion."""
    assert state.ledger(cloud) == {"orphaned": [], "doubled": [], "missing": []}
    ARGUMENTS.parent.mkdir(parents=True, exist_ok=True)
    ARGUMENTS.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": {"cloud": "rehearsal"}}), encoding="utf-8")
    code, said, complained = forks()(str(AUDIT), str(ARGUMENTS))
    assert not code, said[-6000:] + complained[-2000:]
