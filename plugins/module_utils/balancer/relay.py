# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A relay that accepts TCP connections and keeps them until it is told where they go. It does not look into them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from ansible_collections.stackroll.nova.plugins.module_utils.balancer.hold_plan import Target
from ansible_collections.stackroll.nova.plugins.module_utils.balancer.relay_connection import End

LOCALHOST = "127.0.0.1"
BACKLOG = 4096
# What was held does not arrive at once: so many new connections may be unanswered at a server, each for so long.
BURST = 64
BURST_SECONDS = 1.0
# How long a connection looks for a server that accepts it.
CONNECT_SECONDS = 2.0
ROUNDS = 3
ROUND_SECONDS = 0.5


@dataclass
class Figures:
    """Counts of connections: *accepted* in all, *held* now, *forwarded* to a server, *failed* because no server took them,
    *abandoned* by the balancer while they were held; *longest_wait* in seconds."""

    accepted: int = 0
    held: int = 0
    forwarded: int = 0
    failed: int = 0
    abandoned: int = 0
    longest_wait: float = 0.0

    def to_dict(self) -> dict[str, float]:
        """Plain data."""
        return {**asdict(self), "longest_wait": round(self.longest_wait, 3)}


class Relay:
    """Holds connections from HAProxy. In mode http an end of the stream means that HAProxy has given up the request."""

    def __init__(self, mode: str) -> None:
        self.figures = Figures()
        self._mode = mode
        self._ends: set[End] = set()
        self._held: deque[tuple[End, float]] = deque()
        self._targets: list[Target] = []
        self._unanswered: dict[str, int] = {}
        self._turn = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.AbstractServer | None = None

    @property
    def open(self) -> int:
        """How many connections from HAProxy there are now."""
        return len(self._ends)

    async def listen(self, port: int) -> int:
        """Listen on *port* of this machine, or on a free one when that is in use; which one it is."""
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(self._accept, LOCALHOST, port, backlog=BACKLOG)
        except OSError:
            self._server = await loop.create_server(self._accept, LOCALHOST, 0, backlog=BACKLOG)
        return int(self._server.sockets[0].getsockname()[1])

    def release(self, targets: Sequence[Target]) -> None:
        """Forward what is held, the oldest first, and all that comes from now on, to these in turn."""
        self._targets = list(targets)
        self._unanswered = {target.name: 0 for target in targets}
        self._forward()

    def longest_wait(self) -> float:
        """Seconds of the longest wait so far, also of one that is not over."""
        oldest = min((since for _end, since in self._held), default=None)
        waiting = 0.0 if oldest is None else asyncio.get_running_loop().time() - oldest
        return max(self.figures.longest_wait, waiting)

    def close(self) -> None:
        """Accept nothing more, and close what is left."""
        if self._server is not None:
            self._server.close()
        for end in list(self._ends):
            end.drop(end.other is None)

    def _accept(self) -> End:
        end = End()
        end.on_made, end.on_end, end.on_lost = self._on_made, self._on_end, self._on_lost
        return end

    def _on_made(self, end: End) -> None:
        self._ends.add(end)
        self.figures.accepted += 1
        self.figures.held += 1
        self._held.append((end, asyncio.get_running_loop().time()))
        self._forward()

    def _on_end(self, end: End) -> None:
        if end.other is None and self._mode == "http":
            end.drop(True)

    def _on_lost(self, end: End) -> None:
        self._ends.discard(end)
        if any(held is end for held, _since in self._held):
            self._held = deque(entry for entry in self._held if entry[0] is not end)
            self.figures.held -= 1
            self.figures.abandoned += 1

    def _forward(self) -> None:
        while self._held and self._targets:
            target = self._next_target()
            if target is None:
                return
            end, since = self._held.popleft()
            self._unanswered[target.name] += 1
            task = asyncio.get_running_loop().create_task(self._hand_over(end, since, target))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _next_target(self) -> Target | None:
        """The next in turn that has not too many unanswered connections."""
        for step in range(len(self._targets)):
            target = self._targets[(self._turn + step) % len(self._targets)]
            if self._unanswered[target.name] < min(target.limit or BURST, BURST):
                self._turn += step + 1
                return target
        return None

    async def _hand_over(self, end: End, since: float, first: Target) -> None:
        loop = asyncio.get_running_loop()
        answered = _Once(lambda: self._answered(first))
        found = await self._connect(first)
        self.figures.held -= 1
        self.figures.longest_wait = max(self.figures.longest_wait, loop.time() - since)
        if found is None or end.lost:
            self._count_lost(end)
            end.drop(True)
            if found is not None:
                found.drop(True)
            answered()
            return
        self.figures.forwarded += 1
        found.on_first, found.on_lost = answered, lambda _end: answered()
        loop.call_later(BURST_SECONDS, answered)
        end.join(found)

    def _count_lost(self, end: End) -> None:
        if end.lost:
            self.figures.abandoned += 1
        else:
            self.figures.failed += 1

    def _answered(self, target: Target) -> None:
        if target.name in self._unanswered:
            self._unanswered[target.name] -= 1
        self._forward()

    async def _connect(self, first: Target) -> End | None:
        """Connect to that target, or else to another one."""
        loop = asyncio.get_running_loop()
        order = [first, *(target for target in self._targets if target.name != first.name)]
        for step in range(ROUNDS):
            for target in order:
                try:
                    connecting = loop.create_connection(End, target.address, target.port)
                    _transport, end = await asyncio.wait_for(connecting, CONNECT_SECONDS)
                except (OSError, asyncio.TimeoutError):
                    continue
                return end
            await asyncio.sleep(ROUND_SECONDS * (step + 1))
        return None


class _Once:
    """A call that happens at most once, whoever calls first."""

    def __init__(self, call: Callable[[], None]) -> None:
        self._call: Callable[[], None] | None = call

    def __call__(self) -> None:
        call, self._call = self._call, None
        if call is not None:
            call()
