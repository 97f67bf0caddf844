# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The process that holds: it keeps the relay, takes orders, and ends the hold by itself when nobody else does.

It does all the work at HAProxy as well, so that a module that is killed leaves nothing half done.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from ansible_collections.stackroll.nova.plugins.module_utils.balancer import control, hold_begin
from ansible_collections.stackroll.nova.plugins.module_utils.balancer.haproxy import Haproxy
from ansible_collections.stackroll.nova.plugins.module_utils.balancer.hold_plan import HoldPlan, Target
from ansible_collections.stackroll.nova.plugins.module_utils.balancer.hold_record import (
    HELD,
    OPENING,
    RELEASED,
    RELEASING,
    HoldFiles,
    HoldRecord,
)
from ansible_collections.stackroll.nova.plugins.module_utils.balancer.put_back import PutBack, answering
from ansible_collections.stackroll.nova.plugins.module_utils.balancer.relay import Relay
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import count, some

POLL_SECONDS = 0.05
QUIET_LOOKS = 2
# How soon it is noticed that a server accepts connections again.
ACCEPT_SECONDS = 0.1
# How long connections that were forwarded may last before they are cut; HAProxy's own timeouts are shorter as a rule.
LINGER_SECONDS = 600.0
IDLE_SECONDS = 0.2
# How old the record of a relay that was killed may be.
KEEP_SECONDS = 0.5
REMOVE_TRIES = 20
REMOVE_SECONDS = 0.1
ASKED, WATCHDOG, DRAIN_TIMEOUT, FAILED = "asked", "watchdog", "drain timeout", "failed"

_T = TypeVar("_T")


class Keeper:
    """One hold, from its begin to its end."""

    def __init__(self, haproxy: Haproxy, record: HoldRecord, files: HoldFiles) -> None:
        self._haproxy = haproxy
        self._record = record
        self._files = files
        self._relay = Relay(record.plan.mode)
        self._put_back = PutBack(haproxy, record.plan)
        self._asked = asyncio.Event()
        self._cause = WATCHDOG
        self._targets: list[Target] | None = None
        self._haproxy_pid = ""
        self._end = 0.0

    @property
    def _plan(self) -> HoldPlan:
        return self._record.plan

    async def run(self) -> None:
        """Hold until somebody releases or the time is up, and leave nothing behind."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._asked.set)
        self._end = loop.time() + self._plan.max_hold
        self._record.pid = os.getpid()
        self._record.port = await self._relay.listen(self._plan.relay_port)
        self._keep()
        server = await control.serve(self._files.control, self._answer)
        await self._release(await self._begin() or await self._hold())
        await self._last_connection()
        await self._finish()
        server.close()
        self._files.remove_control()

    async def _begin(self) -> str:
        """Why the hold has to be given up at once, or nothing."""
        record, plan = self._record, self._plan
        try:
            self._haproxy_pid = await _aside(self._haproxy.pid)
            added = await _aside(lambda: hold_begin.add_relay(self._haproxy, plan, record.port))
            record.added = record.added or added
            record.held_since = time.time()
            self._keep()
            await _aside(lambda: hold_begin.use_relay(self._haproxy, plan))
            left = await self._drain()
        except StackrollError as error:
            record.error = str(error)
            return FAILED
        if left:
            record.error = left
            return DRAIN_TIMEOUT
        record.state = HELD
        self._keep()
        return ""

    async def _drain(self) -> str:
        """Wait until nothing is left at the drained servers; otherwise who still had what."""
        loop = asyncio.get_running_loop()
        began, quiet = loop.time(), 0
        while quiet < QUIET_LOOKS:
            busy = await _aside(lambda: hold_begin.busy_servers(self._haproxy, self._plan))
            quiet = 0 if busy else quiet + 1
            waited = loop.time() - began
            if self._asked.is_set():
                return ""
            if busy and waited >= self._plan.drain_timeout:
                names = ", ".join(f"{server.name} still had {count(server.busy, 'session')}" for server in busy)
                return f"{names} after {waited:.1f} s."
            await asyncio.sleep(POLL_SECONDS)
        return ""

    async def _hold(self) -> str:
        loop = asyncio.get_running_loop()
        while not self._asked.is_set() and loop.time() < self._end:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._asked.wait(), min(KEEP_SECONDS, self._end - loop.time()))
            self._keep()
        return self._cause

    async def _release(self, cause: str) -> None:
        record = self._record
        targets = await self._choose_targets()
        record.state, record.cause, record.to = RELEASING, cause, [target.name for target in targets]
        self._keep()
        others = self._plan.restored if self._targets is None else ()
        await _aside(lambda: self._put_back.give_back(targets, others))
        self._relay.release(targets)
        record.released_at = time.time()
        self._keep()
        await _aside(self._put_back.stop_relay)
        self._keep()

    async def _choose_targets(self) -> Sequence[Target]:
        """Those that were named, or else those that could be used before and answer. While none does, wait for one, as long again
        as the hold may last."""
        loop = asyncio.get_running_loop()
        give_up = loop.time() + self._plan.max_hold
        while self._targets is None:
            found = await _aside(lambda: answering(self._plan.fallback))
            if found or loop.time() >= give_up:
                silent = [target.name for target in self._plan.fallback if target not in found]
                if silent:
                    self._put_back.problems.append(f"{some(silent)} does not accept connections any more.")
                return found or self._plan.fallback
            await asyncio.sleep(ACCEPT_SECONDS)
        return self._targets

    async def _last_connection(self) -> None:
        """Until nothing is under way through the relay; HAProxy may choose it a last time just before it is drained."""
        loop = asyncio.get_running_loop()
        end, quiet = loop.time() + LINGER_SECONDS, 0
        while quiet < QUIET_LOOKS and loop.time() < end:
            await asyncio.sleep(IDLE_SECONDS)
            idle = not self._relay.open or await _aside(lambda: self._put_back.relay_is_idle(self._haproxy_pid))
            quiet = quiet + 1 if idle else 0

    async def _finish(self) -> None:
        self._relay.close()
        for _number in range(REMOVE_TRIES):
            if await _aside(lambda: self._put_back.remove_relay(self._record.added)):
                self._record.added = False
                break
            await asyncio.sleep(REMOVE_SECONDS)
        self._record.state = RELEASED
        self._keep()

    def _answer(self, order: dict[str, Any]) -> dict[str, Any]:
        holds = self._record.state in (OPENING, HELD) and self._cause != ASKED
        if order.get("do") == control.RELEASE and holds:
            self._cause = ASKED
            self._targets = _targets_of(order) or None
            self._asked.set()
        elif order.get("do") == control.FALLBACK and holds:
            self._record.plan = self._plan.with_fallback(_targets_of(order))
            self._keep()
        self._figures()
        return self._record.to_dict()

    def _figures(self) -> None:
        self._record.connections = {**self._relay.figures.to_dict(), "longest_wait": self._relay.longest_wait()}
        self._record.open = self._relay.open
        self._record.problems = list(self._put_back.problems)

    def _keep(self) -> None:
        self._figures()
        try:
            self._files.write(self._record)
        except OSError as error:
            self._put_back.problems.append(f"The record of the hold cannot be written: {error}.")


def _targets_of(order: dict[str, Any]) -> list[Target]:
    return [Target(**target) for target in order["to"]]


async def _aside(call: Callable[[], _T]) -> _T:
    """Ask HAProxy without keeping the connections waiting."""
    return await asyncio.get_running_loop().run_in_executor(None, call)


def keep(haproxy: Haproxy, record: HoldRecord, files: HoldFiles) -> None:
    """The work of the process; an error of ours is written down for whoever mends it."""

    async def main() -> None:
        await Keeper(haproxy, record, files).run()

    try:
        asyncio.run(main())
    except BaseException as error:
        record.problems.append(f"The relay has failed: {type(error).__name__}: {error}.")
        files.write(record)
        raise
