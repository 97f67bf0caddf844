# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold a backend and release it, as the module haproxy_hold does. What lasts is done by the relay's own process."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ansible_collections.stackroll.nova.plugins.module_utils.balancer.backend import DRAIN, MAINT, READY, Backend
from ansible_collections.stackroll.nova.plugins.module_utils.balancer.guard import end_lost_hold
from ansible_collections.stackroll.nova.plugins.module_utils.balancer.haproxy import Haproxy
from ansible_collections.stackroll.nova.plugins.module_utils.balancer.hold_plan import (
    HoldOptions,
    HoldPlan,
    Target,
    leaks,
    make_plan,
    require_targets,
)
from ansible_collections.stackroll.nova.plugins.module_utils.balancer.hold_record import (
    HELD,
    OPENING,
    RELEASED,
    RELEASING,
    HoldFiles,
    HoldRecord,
)
from ansible_collections.stackroll.nova.plugins.module_utils.balancer.hold_telling import describe
from ansible_collections.stackroll.nova.plugins.module_utils.balancer.put_back import answering
from ansible_collections.stackroll.nova.plugins.module_utils.balancer.relay_process import POLL_SECONDS, RelayProcess
from ansible_collections.stackroll.nova.plugins.module_utils.balancer.runtime_socket import BalancerError
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import WaitTimeout
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import some
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.deadline import Deadline

# From the start of the relay's process to its first answer, on a busy machine.
START_SECONDS = 20.0
HOLDS = (OPENING, HELD)


@dataclass(frozen=True)
class Outcome:
    """What a call has done: the hold as it is now, if there ever was one, and what the caller should know.

    *foreseen* is what would be set for each server, in check mode.
    """

    changed: bool
    record: HoldRecord | None
    backend: Backend
    warning: str = ""
    foreseen: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Release:
    """Where a hold is released to, none for the servers of before; how long is waited, and whether to the last connection's end."""

    to: tuple[str, ...]
    timeout: float
    to_the_end: bool


class Holding:
    """The hold of one backend."""

    def __init__(self, haproxy: Haproxy, files: HoldFiles, backend: str) -> None:
        self._haproxy = haproxy
        self._files = files
        self._backend = backend
        self._relay = RelayProcess(haproxy, files)

    def info(self) -> Outcome:
        """The hold as it is; nothing is changed."""
        return self._outcome(False, self._relay.present())

    def would_hold(self, options: HoldOptions) -> Outcome:
        """What hold() would do. Raises InvalidInput when it would."""
        self._haproxy.socket.require_admin()
        present = self._relay.present()
        outcome = self._outcome(False, present)
        if present is not None and present.state in HOLDS:
            return replace(outcome, changed=self._other_fallback(options, present))
        plan = self._plan(options, present)
        states = {**outcome.backend.states(), **dict.fromkeys(plan.drained, DRAIN), plan.relay: READY}
        return replace(outcome, changed=True, foreseen=states)

    def hold(self, options: HoldOptions) -> Outcome:
        """Hold the backend. Raises BalancerError, with everything put back, when it cannot be held."""
        self._haproxy.socket.require_admin()
        self._files.prepare()
        lock = self._lock_or_join(START_SECONDS + options.drain_timeout)
        if lock is None:
            return self._join(options)
        try:
            last = self._files.read()
            if last is not None and last.state != RELEASED:
                last = end_lost_hold(self._haproxy, last, self._files)
            added = bool(last and last.added)
            self._relay.start(HoldRecord(self._plan(options, last), since=time.time(), added=added), lock)
        finally:
            os.close(lock)
        return self._wait_until_held(options.drain_timeout)

    def would_release(self, wish: Release) -> Outcome:
        """What release() would do."""
        self._haproxy.socket.require_admin()
        present = self._relay.present()
        if present is None or present.state == RELEASED:
            return self._already_released(present, wish.to)
        targets = self._targets(wish.to, present)
        outcome = self._outcome(True, present)
        states = {**outcome.backend.states(), **dict.fromkeys([target.name for target in targets], READY)}
        if states.pop(present.plan.relay, None) and present.plan.configured:
            states[present.plan.relay] = MAINT
        return replace(outcome, foreseen=states)

    def release(self, wish: Release) -> Outcome:
        """Release, and say what became of the requests. Raises InvalidInput, with everything still held, for a server that is not there."""
        self._haproxy.socket.require_admin()
        present = self._relay.present()
        if present is None or present.state == RELEASED:
            return self._already_released(present, wish.to)
        if present.state == RELEASING:
            return self._wait_until_released(wish, False)
        targets = self._targets(wish.to, present)
        lock = self._files.try_lock()
        if lock is None:
            self._relay.release(targets if wish.to else [])
            return self._wait_until_released(wish, True)
        try:
            ended = end_lost_hold(self._haproxy, present, self._files, targets)
        finally:
            os.close(lock)
        return self._outcome(True, ended, "The relay was killed: the requests that it held have failed.")

    def _join(self, options: HoldOptions) -> Outcome:
        present = self._relay.wait(lambda seen: seen.state == HELD, POLL_SECONDS)
        change = self._other_fallback(options, present)
        if change:
            backend = self._haproxy.look(self._backend)
            self._relay.set_fallback(require_targets(backend, options.fallback, present.plan.relay))
            present = self._relay.wait(lambda seen: not self._other_fallback(options, seen), START_SECONDS)
        return self._held(present, change)

    def _other_fallback(self, options: HoldOptions, present: HoldRecord) -> bool:
        return bool(options.fallback) and set(options.fallback) != {target.name for target in present.plan.fallback}

    def _lock_or_join(self, seconds: float) -> int | None:
        """The lock for a hold of our own; None when there is one already. A relay that is ending is waited for."""
        deadline = Deadline(seconds, POLL_SECONDS)
        while True:
            lock = self._files.try_lock()
            if lock is not None:
                return lock
            present = self._relay.present()
            if present is not None and present.state == HELD:
                return None
            if deadline.expired:
                hold = describe(present, time.time())
                raise WaitTimeout(
                    f"{self._backend} cannot be held: for {seconds:g} s the relay of the last hold has had"
                    f" {hold.get('open', 'unknown')} connections open.",
                    "Wait until they have ended; the module shows them without a state.",
                    {"hold": hold},
                )
            deadline.pause()

    def _plan(self, options: HoldOptions, last: HoldRecord | None) -> HoldPlan:
        backend = self._haproxy.look(self._backend)
        return make_plan(backend, options, self._haproxy.version(), bool(last and last.added))

    def _wait_until_held(self, drain_timeout: float) -> Outcome:
        record = self._relay.wait(lambda seen: seen.state != OPENING, START_SECONDS + drain_timeout)
        if record.state == HELD:
            return self._held(record, True)
        record = self._relay.wait(lambda seen: seen.released_at is not None, START_SECONDS)
        raise BalancerError(
            f"The requests for {self._backend} cannot be held: {record.error or some(record.problems)}",
            f"Everything was put back: {some(record.to or ['nobody'])} gets the requests, also those held until then.",
            {"hold": describe(record, time.time())},
        )

    def _held(self, record: HoldRecord, changed: bool) -> Outcome:
        outcome = self._outcome(changed, record)
        others = leaks(outcome.backend, record.plan.relay)
        if others:
            raise BalancerError(
                f"{some(others)} of {self._backend} gets requests although they are held.",
                "Somebody has made it ready, or HAProxy was reloaded: release, and hold again.",
                {"hold": describe(record, time.time())},
            )
        return outcome

    def _targets(self, names: Sequence[str], present: HoldRecord) -> list[Target]:
        wanted = list(names) or [target.name for target in present.plan.fallback]
        targets = require_targets(self._haproxy.look(self._backend), wanted, present.plan.relay)
        answer = answering(targets)
        silent = [f"{each.name} ({each.address}:{each.port})" for each in targets if each not in answer]
        if silent and (names or not answer):
            raise BalancerError(
                f"{some(silent)} does not accept connections, so nothing is released to it.",
                "The requests stay held until it does, or until max_hold has passed.",
                {"hold": describe(present, time.time())},
            )
        return answer

    def _already_released(self, present: HoldRecord | None, names: Sequence[str]) -> Outcome:
        warning = ""
        if present is not None and names and sorted(names) != sorted(present.to or []):
            warning = (
                f"{self._backend} is not held any more: it was released ({present.cause}) to"
                f" {some(present.to or ['nobody'])}, not to {some(names)}."
            )
        return self._outcome(False, present, warning)

    def _wait_until_released(self, wish: Release, changed: bool) -> Outcome:
        def done(seen: HoldRecord) -> bool:
            handed_over = seen.released_at is not None and not seen.connections.get("held")
            return seen.state == RELEASED or (handed_over and not wish.to_the_end)

        try:
            return self._outcome(changed, self._relay.wait(done, wish.timeout))
        except WaitTimeout:
            present = self._relay.present()
            hold = describe(present, time.time())
            warning = f"After {wish.timeout:g} s {hold['held']} connections are still held and {hold['open']} open; the relay goes on."
            return self._outcome(changed, present, warning)

    def _outcome(self, changed: bool, record: HoldRecord | None, warning: str = "") -> Outcome:
        return Outcome(changed, record, self._haproxy.look(self._backend), warning)
