# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole probe: the mix and the boot loop side by side, until it is stopped or its time is up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.boots import BootLoop, ServerSpec
from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.engine import Engine
from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.leftovers import delete_leftovers
from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.prober import Prober
from ansible_collections.stackroll.nova.plugins.module_utils.availability.mix import Mix
from ansible_collections.stackroll.nova.plugins.module_utils.availability.recording import (
    boot_line,
    end_line,
    sample_line,
)
from ansible_collections.stackroll.nova.plugins.module_utils.availability.samples import BOOT_CLEAN, Boot, Sample

ASKED, TIME_UP = "stopped", "its time was up"
# How long leftovers are deleted at the end, in seconds.
CLEANING = 60.0


@dataclass(frozen=True)
class Plan:
    """What to do: requests per second, seconds between boots and until the end, and the ID of this session."""

    mix: Mix
    rate: float
    seed: int
    duration: float
    most_in_flight: int
    session: str
    boot_timeout: float
    boot_every: float = 0.0
    server: ServerSpec | None = None


class Probe:
    """Runs in a process of its own; *write* takes lines, and when it fails, the probe ends."""

    def __init__(self, prober: Prober, plan: Plan, write: Callable[[str], None]) -> None:
        self._prober = prober
        self._plan = plan
        self._write = write
        self._stop = threading.Event()
        self._reason = ""
        prober.record = self._keep_sample

    def stop(self, reason: str = ASKED) -> None:
        """Begin no more requests; may be called by a signal handler."""
        self._reason = self._reason or reason
        self._stop.set()

    def run(self) -> None:
        """Until stopped; then the answers under way, the servers under way and leftovers, each for a bounded time."""
        begin, plan = time.monotonic(), self._plan
        alarm = threading.Timer(plan.duration, self.stop, [TIME_UP])
        alarm.daemon = True
        alarm.start()
        engine = Engine(self._prober, plan.mix.schedule(plan.rate, plan.seed), plan.most_in_flight)
        boots = self._start_boots()
        engine.run(self._stop)
        alarm.cancel()
        answered = engine.finish(self._prober.timeout + 5)
        if boots is not None:
            boots.join()
        end: dict[str, Any] = {"reason": self._reason, "at": self._prober.now(), "answered": answered}
        if plan.server is not None:
            end["leftovers"], end["left"] = delete_leftovers(self._ask, [plan.session], CLEANING)
        self._put(end_line({**end, "seconds": time.monotonic() - begin, "cpu_seconds": time.process_time()}))

    def _start_boots(self) -> threading.Thread | None:
        plan = self._plan
        if plan.server is None:
            return None
        loop = BootLoop(self._prober, plan.server, plan.boot_every, plan.boot_timeout, self._keep_boot)
        thread = threading.Thread(target=loop.run, args=(self._stop,), daemon=True)
        thread.start()
        return thread

    def _ask(self, method: str, path: str) -> tuple[int | None, Any]:
        reply = self._prober.compute(BOOT_CLEAN, method, path, provoked=(404,))
        return reply.status, reply.json()

    def _keep_sample(self, sample: Sample) -> None:
        self._put(sample_line(sample))

    def _keep_boot(self, boot: Boot) -> None:
        self._put(boot_line(boot))

    def _put(self, line: str) -> None:
        try:
            self._write(line)
        except OSError as error:
            self.stop(f"its file cannot be written: {error.strerror}")


def settings_of(plan: Plan, **more: Any) -> Mapping[str, Any]:
    """What the first line of a session says."""
    return {
        "id": plan.session,
        "rate": plan.rate,
        "mix": dict(plan.mix.weights),
        "seed": plan.seed,
        "duration": plan.duration,
        "boot_every": plan.boot_every,
        **more,
    }
