# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be taken back: a table without holes."""

from __future__ import annotations

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.model.way_back import (
    BY_HAND,
    BY_KEY,
    NO,
    NOBODY,
    OURS,
    STEPS,
    UNTIL,
    YES,
    WayBack,
    of,
)


@pytest.mark.parametrize("step", STEPS, ids=[step.key for step in STEPS])
def test_every_step_says_all_that_one_needs(step: WayBack) -> None:
    assert step.step
    assert step.how.endswith(".")
    assert step.possible in (YES, UNTIL, NO)
    assert bool(step.until) == (step.possible == UNTIL)
    assert bool(step.why) == (step.possible != YES)
    assert (step.by == NOBODY) == (step.possible == NO)
    assert step.by in (OURS, BY_HAND, NOBODY)
    assert not step.until.endswith(".")


def test_keys_are_names_of_their_own() -> None:
    assert len(BY_KEY) == len(STEPS)


def test_steps_come_in_the_order_of_the_upgrade() -> None:
    assert [step.key for step in of(["compute", "placement", "nobody", "compute"])] == ["placement", "compute"]


def test_a_step_says_until_when_and_how_in_one_line() -> None:
    step = WayBack("x", "It is done", UNTIL, OURS, "Undo it.", until="noon", why="It is late.")
    assert step.said() == "It is done. Way back: until noon. Undo it. Later not: It is late."
    assert "at any time" in BY_KEY["rpc_pin"].said()
    assert "not at all" in BY_KEY["nova_schema"].said()
