# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible's own commands, and what every test needs of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from harness import state
from harness.cloud import FOLDER, PROJECT, Rehearsal

ENVIRONMENT = {
    **os.environ,
    "ANSIBLE_CONFIG": str(PROJECT / "ansible.cfg"),
    "ANSIBLE_COLLECTIONS_PATH": str(PROJECT / "build" / "collections"),
    "ANSIBLE_LOCALHOST_WARNING": "false",
    "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
    "OS_CLIENT_CONFIG_FILE": str(FOLDER / "clouds.yaml"),
    "PATH": f"{PROJECT / '.venv' / 'bin'}:{os.environ['PATH']}",
}
AUDIT = "ansible_collections.stackroll.nova.plugins.modules.allocation_audit"


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


def account(cloud: Rehearsal) -> None:
    """Account for every allocation: by the module, and by SQL as a second opinion."""
    assert state.ledger(cloud) == {"orphaned": [], "doubled": [], "missing": []}
    done = subprocess.run(
        [sys.executable, "-m", AUDIT],
        env={**ENVIRONMENT, "PYTHONPATH": ENVIRONMENT["ANSIBLE_COLLECTIONS_PATH"]},
        input=json.dumps({"ANSIBLE_MODULE_ARGS": {"cloud": "rehearsal"}}),
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert not done.returncode, done.stdout[-6000:] + done.stderr[-2000:]
