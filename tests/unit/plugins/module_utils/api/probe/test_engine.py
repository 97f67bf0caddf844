# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The open loop: its rate does not depend on the answers."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from itertools import count

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.api.probe import engine as engine_module
from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.engine import Engine
from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.prober import Prober
from ansible_collections.stackroll.nova.plugins.module_utils.availability.mix import Due
from ansible_collections.stackroll.nova.plugins.module_utils.availability.samples import Sample
from ansible_collections.stackroll.nova.tests.unit.plugins.live_cloud import LiveCloud


def every(seconds: float, operation: str = "compute_version") -> Iterator[Due]:
    return (Due(number * seconds, operation) for number in count())


def run(engine: Engine, seconds: float) -> bool:
    stop = threading.Event()
    timer = threading.Timer(seconds, stop.set)
    timer.start()
    engine.run(stop)
    return engine.finish(3)


def test_slow_answers_do_not_slow_the_questions(live: LiveCloud, prober: Prober, samples: list[Sample]) -> None:
    prober.ask("compute_version")
    samples.clear()
    live.fault = lambda _method, _path: "slow 0.6"
    assert run(Engine(prober, every(0.05), 50), 1.02)
    assert 18 <= len(samples) <= 22
    assert all(sample.succeeded and 0.6 <= sample.seconds < 1 for sample in samples)
    begun = sorted(sample.started for sample in samples)
    assert max(other - one for one, other in zip(begun, begun[1:])) < 0.2
    assert max(sample.lag for sample in samples) < 0.2


def test_what_is_over_is_skipped_and_told(live: LiveCloud, prober: Prober, samples: list[Sample]) -> None:
    prober.ask("compute_version")
    samples.clear()
    live.fault = lambda _method, _path: "slow 0.5"
    assert run(Engine(prober, every(0.05), 3), 0.42)
    sent = [sample for sample in samples if sample.sent]
    assert len(sent) == 3
    assert 5 <= len(samples) - len(sent) <= 6
    assert live.asked("GET", "/compute/v2.1/") == 4


def test_a_machine_that_slept_does_not_make_up_for_it(
    prober: Prober, samples: list[Sample], monkeypatch: pytest.MonkeyPatch
) -> None:
    prober.ask("compute_version")
    samples.clear()
    monkeypatch.setattr(engine_module, "TOO_LATE", 0.1)
    schedule = every(0.05)

    def sleepy() -> Iterator[Due]:
        for number, due in enumerate(schedule):
            if number == 2:
                time.sleep(0.5)
            yield due

    run(Engine(prober, sleepy(), 50), 0.8)
    skipped = [sample for sample in samples if not sample.sent]
    assert 5 <= len(skipped) <= 9
    assert all(sample.lag > 0.1 for sample in skipped)
    assert {(sample.api, sample.method) for sample in skipped} == {("compute", "GET")}


def test_failures_are_seen_and_it_goes_on(live: LiveCloud, prober: Prober, samples: list[Sample]) -> None:
    prober.ask("compute_version")
    samples.clear()
    engine = Engine(prober, every(0.05), 50)
    threading.Timer(0.3, live.close).start()
    threading.Timer(0.6, live.open).start()
    assert run(engine, 1.0)
    kinds = [sample.failure for sample in sorted(samples, key=lambda item: item.started)]
    assert "refused" in kinds
    assert kinds[0] is None
    assert kinds[-1] is None


def test_answers_that_never_come_do_not_hold_the_end(live: LiveCloud, prober: Prober) -> None:
    prober.ask("compute_version")
    live.fault = lambda _method, _path: "slow 0.9"
    engine = Engine(prober, every(0.05), 50)
    stop = threading.Event()
    threading.Timer(0.1, stop.set).start()
    engine.run(stop)
    assert engine.finish(0.05) is False
