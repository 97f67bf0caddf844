# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rehearsal cloud and playbook runs as fixtures.

The tests of one module are one story on one cloud, told in order; each module begins at the old release. A module that leaves
the cloud as it was says so (LEAVES_THE_CLOUD_AS_IT_WAS), which saves the next one a reset.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from harness.cloud import FOLDER, Rehearsal
from harness.commands import account, rehearse
from harness.runs import Runs


class Standing:
    """What is known of the cloud between two modules."""

    as_it_was = False


@pytest.fixture(scope="module")
def cloud(request: pytest.FixtureRequest) -> Iterator[Rehearsal]:
    """Return a cloud that runs the old release, with the servers it was saved with."""
    was_up = (FOLDER / "rehearsal.json").exists()
    rehearse("up")
    if was_up and not Standing.as_it_was:
        rehearse("reset")
    Standing.as_it_was = False
    failed_before = request.session.testsfailed
    yield Rehearsal()
    kept = getattr(request.module, "LEAVES_THE_CLOUD_AS_IT_WAS", False)
    Standing.as_it_was = kept and request.session.testsfailed == failed_before


@pytest.fixture(scope="module")
def runs(cloud: Rehearsal, request: pytest.FixtureRequest) -> Runs:
    """Return what runs playbooks, with a run directory of this module's own."""
    return Runs(cloud, request.path.stem)


@pytest.fixture(autouse=True)
def accounted_for(request: pytest.FixtureRequest) -> Iterator[None]:
    """End every test with the accounting audit."""
    seen: Rehearsal = request.getfixturevalue("cloud")
    yield
    account(seen)
