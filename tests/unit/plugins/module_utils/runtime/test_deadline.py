# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bounded waiting."""

from __future__ import annotations

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.runtime import deadline as module
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.deadline import Deadline


@pytest.mark.parametrize(
    ("seconds", "interval", "pauses"),
    [(5, 2, [2, 2, 1]), (0, 1, []), (1, 10, [1]), (-1, 1, [])],
)
def test_pauses_end_at_the_end(
    monkeypatch: pytest.MonkeyPatch, seconds: float, interval: float, pauses: list[float]
) -> None:
    now = [100.0]
    slept: list[float] = []

    def sleep(duration: float) -> None:
        slept.append(duration)
        now[0] += duration

    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(module.time, "sleep", sleep)
    deadline = Deadline(seconds, interval)
    while not deadline.expired:
        deadline.pause()
    assert slept == pauses
    assert deadline.elapsed == max(0, seconds)
