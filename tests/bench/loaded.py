# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rehearsal cloud with clients on it, at a rate that leaves half of the machine idle, while something is done to it."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import measures
from harness.clients import Clients, Phase
from harness.cloud import Rehearsal
from harness.commands import ansible
from harness.standing import Left, Standing

from ansible_collections.stackroll.nova.tests.bench.under_load import processor
from ansible_collections.stackroll.nova.tests.bench.under_load.record import Record

FOLDER = measures.FOLDER / "availability"
BOOT_EVERY = 5.0
LEAST_RATE, WISHED_BUSY = 4.0, 0.46
CALM, CALM_LOOKS, CALM_SECONDS = 0.3, 40, 3.0
WARM_UP, LOOK = 10.0, 15.0
LONGEST_PROFILE = 240.0
LONGEST_PLAY = 1500

Work = Callable[[], list[Phase]]


@dataclass(frozen=True)
class Times:
    """How many seconds of load before and after the work."""

    before: float
    after: float


class Loaded:
    """One cloud after the other, each fresh, and the load on it."""

    def __init__(self, rate: float, times: Times) -> None:
        self.cloud = Rehearsal()
        self.rate = rate
        self._times = times
        self._standing = Standing()

    def renew(self, controllers: int = 2) -> None:
        """Provide a cloud of the old release with its servers, and wait until nothing goes on."""
        say(f"a cloud at the old release, controllers: {controllers}")
        self._standing.provide({"rehearsal_cloud_controllers": controllers}, Left.AS_IT_WAS)
        for _look in range(CALM_LOOKS):
            if busy_for(CALM_SECONDS) < CALM:
                return
        say(f"the machine has not come to rest within {CALM_LOOKS * CALM_SECONDS:.0f} s")

    def fit(self, name: str) -> None:
        """Warm everything up, and lower the rate until the load leaves half of the machine idle."""
        while True:
            with Clients(recording(name, "warm-up"), rate=self.rate, boot_every=BOOT_EVERY):
                time.sleep(WARM_UP)
                busy = busy_for(LOOK)
            say(f"{self.rate:g} requests/s keep {busy:.0%} of the machine busy")
            if busy <= WISHED_BUSY or self.rate <= LEAST_RATE:
                return
            self.rate = processor.lighter(self.rate, busy, WISHED_BUSY, LEAST_RATE)

    def during(self, name: str, work: Work, *, may_leave_servers: bool = False) -> Record:
        """Let clients be there before, during and after some work, and return what they have seen."""
        taken = datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M")
        beside = Clients(
            recording(name, "clients"), rate=self.rate, boot_every=BOOT_EVERY, may_leave_servers=may_leave_servers
        )
        with processor.Meter() as meter, beside as clients:
            first = processor.look()
            time.sleep(self._times.before)
            start = processor.look()
            say(f"{name}: {processor.busy(first, start):.0%} of the machine busy with {self.rate:g} requests/s")
            phases = work()
            end = processor.look()
            time.sleep(self._times.after)
            evaluation = clients.stop([*phases, Phase(name, start.at, end.at)])
        base = processor.rate(first, start)
        record = Record.of(
            name,
            evaluation,
            taken=taken,
            rate=self.rate,
            busy_before=processor.busy(first, start),
            cpu=processor.rate(start, end) - base,
            seconds=end.at - start.at,
            complaint=clients.complaint,
            more={"profile": profile(meter, base, phases)},
        )
        say(f"{name}: {record.requests} requests, {record.failures} failed, {record.boot_failures} boots failed")
        return record

    def play(self, name: str, playbook: str, **variables: Any) -> None:
        """Run a playbook, with its output in a file."""
        words = ("ansible-playbook", playbook, "-i", str(self.cloud.inventory), "-e", json.dumps(variables))
        log = folder(name) / f"{Path(playbook).stem if '/' in playbook else playbook}.log"
        try:
            log.write_text(ansible(*words, timeout=LONGEST_PLAY), encoding="utf-8")
        except AssertionError as error:
            log.write_text(str(error), encoding="utf-8")
            raise

    def close(self) -> None:
        """Leave the usual cloud at the old release."""
        self._standing.provide({}, Left.AS_IT_WAS)


def profile(meter: processor.Meter, base: float, phases: list[Phase]) -> processor.Profile:
    """Return what was used beyond the load from the beginning of the first phase to the end of the last, with few digits."""
    if not phases:
        return []
    start, end = min(phase.start for phase in phases), max(phase.end for phase in phases)
    slots = processor.beyond(meter.samples, base, start, end, LONGEST_PROFILE)
    return [(round(seconds, 2), round(used, 2)) for seconds, used in slots]


def busy_for(seconds: float) -> float:
    """Return which part of the machine is busy in the next seconds."""
    first = processor.look()
    time.sleep(seconds)
    return processor.busy(first, processor.look())


def folder(name: str) -> Path:
    """Return where the files of a piece of work are."""
    path = FOLDER / name.replace(" ", "-")
    path.mkdir(parents=True, exist_ok=True)
    return path


def fresh_run_dir(name: str) -> Path:
    """Return a run directory without an earlier run, whose journal belongs to the servers of another cloud."""
    path = folder(name) / "run"
    shutil.rmtree(path, ignore_errors=True)
    return path


def recording(name: str, kind: str) -> Path:
    """Return where clients write."""
    return folder(name) / f"{kind}.jsonl"


def say(text: str) -> None:
    """Tell what goes on, with the time."""
    print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)
