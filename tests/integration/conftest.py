# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rehearsal cloud and playbook runs as fixtures.

The tests of one module are one story on one cloud, told in order. A module begins at the old release with the saved servers, on
a cloud of the usual shape, unless it says otherwise:

- SHAPE: other variables of the role rehearsal_cloud;
- SERVERS_DO_NOT_MATTER: it begins by deleting them;
- LEAVES: what the next one finds when all went well, which may save it a reset (harness.standing.Left).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing

import pytest
from harness.cloud import Rehearsal
from harness.commands import account, rehearse
from harness.placement_in_process import PlacementInProcess, find_venv
from harness.runs import Runs
from harness.standing import Left, Standing

RELEASES = ("2026.1", "2026.2")
STANDING = Standing()


@pytest.fixture(scope="module")
def cloud(request: pytest.FixtureRequest) -> Iterator[Rehearsal]:
    """Return a cloud that runs the old release, with the servers it was saved with."""
    module = request.module
    matters = not getattr(module, "SERVERS_DO_NOT_MATTER", False)
    STANDING.provide(getattr(module, "SHAPE", {}), Left.AS_IT_WAS if matters else Left.OLD_RELEASE)
    failed_before = request.session.testsfailed
    yield Rehearsal()
    if request.session.testsfailed == failed_before:
        STANDING.left = getattr(module, "LEAVES", Left.ANYTHING)


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


@pytest.fixture(scope="session")
def placements(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, PlacementInProcess]]:
    """Return the Placement of each release, with a new database; a cloud comes up only if its environments are not there yet."""
    if not all(map(find_venv, RELEASES)):
        rehearse("up")
    folders = {release: tmp_path_factory.mktemp(f"placement-{release}") for release in RELEASES}
    with ExitStack() as stack, ThreadPoolExecutor() as pool:
        started = list(pool.map(PlacementInProcess.start, folders, folders.values()))
        for placement in started:
            stack.enter_context(closing(placement))
        yield dict(zip(RELEASES, started))


@pytest.fixture(scope="session")
def each(placements: dict[str, PlacementInProcess]) -> Callable[[Callable[[PlacementInProcess], None]], None]:
    """Return what asks both Placements the same at the same time."""

    def ask_each(ask: Callable[[PlacementInProcess], None]) -> None:
        with ThreadPoolExecutor() as pool:
            asked = {release: pool.submit(ask, placement) for release, placement in placements.items()}
        for release, future in asked.items():
            error = future.exception()
            if error is not None:
                error.add_note(f"so says the Placement of {release}")
                raise error

    return ask_each
