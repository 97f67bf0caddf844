# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How busy a machine is, what was used beyond a load, and what uses as much."""

from __future__ import annotations

import time

from ansible_collections.stackroll.nova.tests.bench.under_load.burner import Fire, burn
from ansible_collections.stackroll.nova.tests.bench.under_load.processor import (
    HERTZ,
    Meter,
    Ticks,
    beyond,
    busy,
    lighter,
    look,
    mean,
    rate,
)


def ticks(at: float, used: float, cores: int = 2) -> Ticks:
    return Ticks(at, used, cores * at)


def test_guests_are_not_counted_twice_and_waiting_is_idle() -> None:
    # user nice system idle iowait irq softirq steal guest guest_nice
    values = [1000, 20, 300, 5000, 400, 5, 60, 7, 900, 10]
    text = f"cpu  {' '.join(str(value * HERTZ) for value in values)}\ncpu0 1 2 3\n"
    found = Ticks.parse(text, 12.5)
    assert (found.at, found.busy, found.total) == (12.5, 1392, 6792)


def test_busy_is_a_part_of_all_cores_and_rate_is_in_processor_seconds() -> None:
    first, last = ticks(100, 40), ticks(110, 45)
    assert busy(first, last) == 0.25
    assert rate(first, last) == 0.5
    assert (busy(first, first), rate(first, first)) == (0.0, 0.0)


def test_beyond_is_what_the_work_used_in_each_second() -> None:
    samples = [
        ticks(at, used) for at, used in ((98, 0), (99, 1), (100, 2), (101, 4), (102, 4.5), (103, 6), (104, 7), (105, 8))
    ]
    assert beyond(samples, 1.0, 100, 102, 240) == [(1, 0.0), (1, 1.0), (1, 0.0), (1, 0.5)]
    assert beyond(samples, 1.0, 100, 102, 2) == [(1, 0.0), (1, 1.0)]
    assert mean([(1, 0.0), (3, 1.0)]) == 0.25
    assert mean([]) == 0.0


def test_the_load_gets_lighter_in_proportion() -> None:
    assert lighter(12, 0.6, wished=0.46, least=4) == 8.0
    assert lighter(12, 0.99, wished=0.1, least=4) == 4


def test_this_machine_is_looked_at() -> None:
    with Meter() as meter:
        burn([(0.05, 0.05)])
    assert len(meter.samples) >= 2
    assert meter.samples[-1].at > meter.samples[0].at
    assert 0 < look().busy < look().total


def test_as_much_is_burnt_as_was_asked_for() -> None:
    start = time.monotonic()
    used = burn([(0.05, 0.02), (0.05, 0.0), (0.05, 9.0)])
    assert 0.005 < used < 0.12, "the first slot's share, and no more than there is in the last"
    assert time.monotonic() - start >= 0.15


def test_several_burn_together() -> None:
    with Fire([(0.1, 0.04)], workers=2) as fire:
        assert 0 < fire.wait() < 0.06


def test_a_fire_is_put_out() -> None:
    start = time.monotonic()
    with Fire([(60.0, 60.0)], workers=1):
        pass
    assert time.monotonic() - start < 5
