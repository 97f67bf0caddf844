# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""End a hold at HAProxy: servers ready, relay out, relay's server removed. Each step is tried whatever became of the others.

The relay does this itself; its guard does it for a relay that was killed, and the module for a guard that was killed as well.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from ansible_collections.stackroll.nova.plugins.module_utils.balancer.backend import DRAIN, MAINT, READY, Backend
from ansible_collections.stackroll.nova.plugins.module_utils.balancer.haproxy import Haproxy
from ansible_collections.stackroll.nova.plugins.module_utils.balancer.hold_plan import HoldPlan, Target
from ansible_collections.stackroll.nova.plugins.module_utils.balancer.runtime_socket import CommandRefused
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput, StackrollError

_T = TypeVar("_T")
ANSWER_SECONDS = 1.0
# HAProxy may be just being reloaded.
TRIES = 5
TRY_SECONDS = 0.4


def answering(targets: Sequence[Target]) -> list[Target]:
    """Those that accept a TCP connection."""
    return [target for target in targets if _accepts(target)]


class PutBack:
    """The steps back of one plan; what could not be done is in *problems*, as sentences."""

    def __init__(self, haproxy: Haproxy, plan: HoldPlan) -> None:
        self._haproxy = haproxy
        self._plan = plan
        self.problems: list[str] = []

    def give_back(self, targets: Sequence[Target], others: Sequence[str] = ()) -> None:
        """Make the targets ready and up at once; *others* ready, to be up when their check says so."""
        for target in targets:
            self._try(partial(self._give_back, target.name))
        for name in others:
            self._try(partial(self._haproxy.set_state, self._plan.backend, name, READY))

    def stop_relay(self) -> None:
        """No new requests for the relay; those that are there stay."""
        self._try(lambda: self._change_relay(DRAIN))

    def relay_is_idle(self, pid: str) -> bool:
        """Whether HAProxy has nothing under way there: connections that it keeps for later requests do not count.

        *pid* is the HAProxy that the requests came to. After a reload, what is under way is in that one, which cannot be asked.
        """
        try:
            line = self._haproxy.look(self._plan.backend).server(self._plan.relay)
            if line is None or line.admin == READY or line.busy or self._haproxy.pid() != pid:
                return False
            return not self._haproxy.streams_at(self._plan.backend, self._plan.relay)
        except StackrollError:
            return False

    def remove_relay(self, added: bool) -> bool:
        """Take the relay's server out, and away when it was added; whether nothing is left of it.

        A server that HAProxy 2.6 deletes while a stream still names it is freed under that stream (fixed in later releases:
        "don't delete a dynamic server that has streams"), so it stays in maintenance then, which costs nothing.
        """
        backend = self._look()
        if backend is None or backend.server(self._plan.relay) is None:
            return backend is not None
        self._try(lambda: self._change_relay(MAINT))
        if not added:
            return True
        return bool(self._try(self._delete_relay))

    def _delete_relay(self) -> bool:
        plan = self._plan
        server = self._haproxy.look(plan.backend).server(plan.relay)
        if server is None:
            return True
        if server.admin != MAINT or server.busy or self._haproxy.streams_at(plan.backend, plan.relay):
            return False
        self._haproxy.delete_server(plan.backend, plan.relay)
        return True

    def _give_back(self, name: str) -> None:
        self._haproxy.set_state(self._plan.backend, name, READY)
        server = self._haproxy.look(self._plan.backend).server(name)
        if server is not None and not server.up:
            self._haproxy.set_healthy(self._plan.backend, name)

    def _change_relay(self, state: str) -> None:
        server = self._haproxy.look(self._plan.backend).server(self._plan.relay)
        # After a reload of HAProxy the server that was added is not there any more.
        if server is not None and server.admin != state:
            self._haproxy.set_state(self._plan.backend, self._plan.relay, state)

    def _look(self) -> Backend | None:
        return self._try(lambda: self._haproxy.look(self._plan.backend))

    def _try(self, step: Callable[[], _T]) -> _T | None:
        for left in reversed(range(TRIES)):
            try:
                return step()
            except StackrollError as error:
                if left == 0 or isinstance(error, (CommandRefused, InvalidInput)):
                    self.problems.append(str(error))
                    break
            time.sleep(TRY_SECONDS)
        return None


def _accepts(target: Target) -> bool:
    try:
        socket.create_connection((target.address, target.port), timeout=ANSWER_SECONDS).close()
    except OSError:
        return False
    return True
