# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bring servers of a backend into a state, and wait until that is true for the requests as well."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.balancer import state_choice
from ansible_collections.stackroll.nova.plugins.module_utils.balancer.backend import DRAIN, MAINT, READY, Server
from ansible_collections.stackroll.nova.plugins.module_utils.balancer.haproxy import Haproxy
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import WaitTimeout
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.deadline import Deadline

# A stream counts as a session a moment after its server was chosen: one look without sessions could be too early.
QUIET_LOOKS = 2


@dataclass(frozen=True)
class Wish:
    """What the options say; without a *state* they only want to look. *timeout* and *poll* in seconds."""

    backend: str
    servers: tuple[str, ...]
    state: str | None
    timeout: float
    poll: float
    allow_last: bool
    check_mode: bool


class ServerStates:
    """One call of the module haproxy_server."""

    def __init__(self, haproxy: Haproxy, wish: Wish) -> None:
        self._haproxy = haproxy
        self._wish = wish

    def run(self) -> dict[str, Any]:
        """Fulfil the wish. Raises InvalidInput before any change, and WaitTimeout with the servers as they are left."""
        wish = self._wish
        backend = self._haproxy.look(wish.backend)
        before = state_choice.choose_servers(backend, wish.servers)
        change = state_choice.to_change(before, wish.state) if wish.state else []
        if change:
            self._haproxy.socket.require_admin()
            if wish.state != READY and not wish.allow_last:
                state_choice.require_one_left(backend, change)
        if wish.state is None or wish.check_mode:
            return self._result(before, before, change)
        after = self._apply(before, change)
        return self._result(before, after, change)

    def _apply(self, before: Sequence[Server], change: Sequence[Server]) -> Sequence[Server]:
        if self._wish.state == READY:
            self._set(change, READY)
            return self._wait(before, change, state_choice.not_up, "up")
        # Whoever is in maintenance already stays there, also when its last sessions are waited for.
        self._set([server for server in change if self._wish.state == DRAIN or server.admin == READY], DRAIN)
        after = self._wait(before, change, _busy, "without sessions")
        if self._wish.state == MAINT:
            self._set(change, MAINT)
            after = self._look(before)
        return after

    def _set(self, servers: Sequence[Server], state: str) -> None:
        for server in servers:
            self._haproxy.set_state(self._wish.backend, server.name, state)

    def _wait(
        self,
        servers: Sequence[Server],
        change: Sequence[Server],
        left: Callable[[Sequence[Server]], list[Server]],
        aim: str,
    ) -> Sequence[Server]:
        deadline, quiet = Deadline(self._wish.timeout, self._wish.poll), 0
        while True:
            seen = self._look(servers)
            waiting = left(seen)
            quiet = 0 if waiting else quiet + 1
            if quiet >= QUIET_LOOKS or (not waiting and self._wish.state == READY):
                return seen
            if deadline.expired and waiting:
                result = self._result(servers, seen, change)
                raise WaitTimeout(self._too_long(waiting, aim), self._remedy(), result)
            deadline.pause()

    def _too_long(self, waiting: Sequence[Server], aim: str) -> str:
        say = state_choice.describe_state if self._wish.state == READY else state_choice.describe_busy
        return f"After {self._wish.timeout:g} s not every server of the backend {self._wish.backend} is {aim}: {say(waiting)}."

    def _remedy(self) -> str:
        if self._wish.state == READY:
            return "See what its health check gets as an answer."
        return "It gets no new requests; call again to go on waiting, or give it back with state=ready."

    def _look(self, servers: Sequence[Server]) -> list[Server]:
        return self._haproxy.look(self._wish.backend).named(server.name for server in servers)

    def _result(self, before: Sequence[Server], after: Sequence[Server], change: Sequence[Server]) -> dict[str, Any]:
        state = self._wish.state if self._wish.check_mode else None
        foreseen = {server.name: state for server in change if state}
        return {
            "changed": bool(change),
            "servers": [server.to_dict() for server in after],
            "diff": {
                "before": {server.name: server.admin for server in before},
                "after": {server.name: foreseen.get(server.name, server.admin) for server in after},
            },
        }


def _busy(servers: Sequence[Server]) -> list[Server]:
    return [server for server in servers if server.busy]
