# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rehearsal cloud and playbook runs as fixtures.

The tests of one module are one story on one cloud, told in order; each module begins at the old release.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator

import pytest
from harness import state
from harness.cloud import FOLDER, PROJECT, Rehearsal
from harness.runs import Runs

ENVIRONMENT = {
    **os.environ,
    "ANSIBLE_CONFIG": str(PROJECT / "ansible.cfg"),
    "ANSIBLE_COLLECTIONS_PATH": str(PROJECT / "build" / "collections"),
    "ANSIBLE_LOCALHOST_WARNING": "false",
    "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
    "PATH": f"{PROJECT / '.venv' / 'bin'}:{os.environ['PATH']}",
}


def ansible(*words: str, timeout: int) -> None:
    """Run an Ansible command and show its output only when it fails."""
    done = subprocess.run(
        words, cwd=PROJECT, env=ENVIRONMENT, check=False, capture_output=True, text=True, timeout=timeout
    )
    assert not done.returncode, f"{' '.join(words)}\n{done.stdout[-6000:]}\n{done.stderr[-2000:]}"


def rehearse(what: str) -> None:
    """Bring the cloud up, or back to the old release."""
    ansible(
        "ansible-playbook",
        "stackroll.nova.rehearse",
        "-e",
        f"rehearsal_cloud_state={what}",
        "-e",
        f"rehearsal_cloud_dir={FOLDER}",
        timeout=900,
    )


@pytest.fixture(scope="module")
def cloud() -> Rehearsal:
    """Return a cloud that runs the old release, with the servers it was saved with."""
    was_up = (FOLDER / "rehearsal.json").exists()
    rehearse("up")
    if was_up:
        rehearse("reset")
    return Rehearsal()


@pytest.fixture(scope="module")
def runs(cloud: Rehearsal, request: pytest.FixtureRequest) -> Runs:
    """Return what runs playbooks, with a run directory of this module's own."""
    return Runs(cloud, request.path.stem)


@pytest.fixture(autouse=True)
def accounted_for(request: pytest.FixtureRequest) -> Iterator[None]:
    """End every test with the accounting audit: by the module, and by SQL as a second opinion."""
    seen: Rehearsal = request.getfixturevalue("cloud")
    yield
    assert state.ledger(seen) == {"orphaned": [], "doubled": [], "missing": []}
    ENVIRONMENT["OS_CLIENT_CONFIG_FILE"] = str(seen.clouds)
    ansible("ansible", "localhost", "-m", "stackroll.nova.allocation_audit", "-a", "cloud=rehearsal", timeout=120)
