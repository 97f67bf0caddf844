# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One transport: all nodes that its URL names, and its queues. Sessions stay open between two looks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from ansible_collections.stackroll.nova.plugins.module_utils.message_queue.broker import BrokerSession
from ansible_collections.stackroll.nova.plugins.module_utils.message_queue.options import ConnectionOptions
from ansible_collections.stackroll.nova.plugins.module_utils.message_queue.url import Broker, TransportUrl
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.model.queues import BrokerNode, QueueDepth, TransportState

T = TypeVar("T")


class Transport:
    """The brokers behind one URL. *names* are those who use it: ``api`` and cells."""

    def __init__(self, names: Iterable[str], url: TransportUrl, options: ConnectionOptions, timeout: float) -> None:
        self.names = tuple(names)
        self.url = url
        self._options = options
        self._timeout = timeout
        self._sessions: dict[Broker, BrokerSession] = {}

    def look(self, queues: Iterable[str]) -> TransportState:
        """The nodes and the queues now. The queues are those of the first node that answers, for a cluster has them once."""
        with ThreadPoolExecutor(max_workers=len(self.url.brokers)) as pool:
            nodes = list(pool.map(self._node, self.url.brokers))
        depths, error = self._queues(list(queues))
        return TransportState(self.names, self.url.virtual_host, tuple(nodes), depths, error)

    def ask_first(self, ask: Callable[[BrokerSession], T]) -> T:
        """What the first node that can be used says. Raises StackrollError, with the reason of the last one when none can."""
        reason = StackrollError("The transport URL names no broker.")
        for broker in self.url.brokers:
            try:
                session = BrokerSession(broker, self.url.virtual_host, self._options, self._timeout)
            except StackrollError as error:
                reason = error
                continue
            try:
                return ask(session)
            finally:
                session.close()
        raise reason

    def close(self) -> None:
        """End all sessions."""
        for session in self._sessions.values():
            session.close()
        self._sessions.clear()

    def _node(self, broker: Broker) -> BrokerNode:
        known = self._sessions.get(broker)
        if known is not None and not known.is_alive():
            known.close()
            del self._sessions[broker]
        try:
            session = self._sessions.get(broker)
            if session is None:
                session = BrokerSession(broker, self.url.virtual_host, self._options, self._timeout)
                self._sessions[broker] = session
        except StackrollError as error:
            return BrokerNode(broker.host, broker.port, error=error.message)
        said: dict[str, Any] = session.properties()
        return BrokerNode(broker.host, broker.port, **said)

    def _queues(self, queues: list[str]) -> tuple[dict[str, QueueDepth | None] | None, str | None]:
        """The depths by queue, or none and the reason."""
        reason = "No broker of the transport URL can be used."
        for broker in [broker for broker in self.url.brokers if broker in self._sessions]:
            answer = self._ask(broker, queues)
            if not isinstance(answer, StackrollError):
                return answer, None
            reason = answer.message
        return None, reason

    def _ask(self, broker: Broker, queues: list[str]) -> dict[str, QueueDepth | None] | StackrollError:
        try:
            return {queue: self._sessions[broker].depth(queue) for queue in queues}
        except StackrollError as error:
            self._sessions.pop(broker).close()
            return error
