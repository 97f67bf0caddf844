# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The relay's process as the module sees it: start it, ask it, give it an order, wait for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial

from ansible_collections.stackroll.nova.plugins.module_utils.balancer import control, daemon
from ansible_collections.stackroll.nova.plugins.module_utils.balancer.guard import end_lost_hold
from ansible_collections.stackroll.nova.plugins.module_utils.balancer.haproxy import Haproxy
from ansible_collections.stackroll.nova.plugins.module_utils.balancer.hold_plan import Target
from ansible_collections.stackroll.nova.plugins.module_utils.balancer.hold_record import (
    RELEASED,
    HoldFiles,
    HoldRecord,
)
from ansible_collections.stackroll.nova.plugins.module_utils.balancer.hold_telling import describe
from ansible_collections.stackroll.nova.plugins.module_utils.balancer.keeper import keep
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import WaitTimeout
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.deadline import Deadline

POLL_SECONDS = 0.05


class RelayProcess:
    """The relay of one backend, whether it lives or not."""

    def __init__(self, haproxy: Haproxy, files: HoldFiles) -> None:
        self._haproxy = haproxy
        self._files = files

    def present(self) -> HoldRecord | None:
        """Its own answer, or else what was written down last; None when there never was one."""
        answer = control.ask(self._files.control, {"do": control.STATUS})
        return HoldRecord.from_dict(answer) if answer else self._files.read()

    def start(self, record: HoldRecord, lock: int) -> None:
        """Let it begin; *lock* is a descriptor that it keeps for its life."""
        self._files.write(record)
        daemon.start(partial(keep, self._haproxy, record, self._files), self._mend, lock)

    def release(self, targets: Sequence[Target]) -> None:
        """Tell it where the requests go; nowhere in particular is where they went before."""
        self._order(control.RELEASE, targets)

    def set_fallback(self, targets: Sequence[Target]) -> None:
        """Tell it where the requests go if nobody says anything else."""
        self._order(control.FALLBACK, targets)

    def _order(self, order: str, targets: Sequence[Target]) -> None:
        control.ask(self._files.control, {"do": order, "to": [asdict(target) for target in targets]})

    def wait(self, done: Callable[[HoldRecord], bool], seconds: float) -> HoldRecord:
        """Ask until *done* is content. Raises WaitTimeout with the hold as it is then."""
        deadline = Deadline(seconds, POLL_SECONDS)
        while True:
            record = self.present()
            if record is not None and done(record):
                return record
            if deadline.expired:
                hold = describe(record, time.time())
                raise WaitTimeout(
                    f"After {seconds:g} s the relay's state is still {hold['state']}.",
                    "Look again without a state; it releases by itself when max_hold has passed.",
                    {"hold": hold},
                )
            deadline.pause()

    def _mend(self) -> None:
        record = self._files.read()
        if record is not None and record.state != RELEASED:
            end_lost_hold(self._haproxy, record, self._files)
