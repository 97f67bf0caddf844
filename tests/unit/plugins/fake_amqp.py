# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Message brokers that amqp connects to: nodes with accounts, and queues that the nodes of a cluster share."""

from __future__ import annotations

from collections import namedtuple
from types import ModuleType
from typing import Any

QueueDeclareOk = namedtuple("QueueDeclareOk", "queue message_count consumer_count")


class AMQPError(Exception):
    """The root of amqp's errors."""


class NotFound(AMQPError):  # noqa: N818  # as amqp names it
    """A queue is not there; RabbitMQ closes the channel."""


class AccessRefused(AMQPError):  # noqa: N818  # as amqp names it
    """The account or its rights are wrong."""


class FakeAmqp:
    """All brokers. *depths* has (messages, consumers) by queue, or a function that returns them; it is one cluster's."""

    def __init__(self) -> None:
        self.nodes: dict[str, dict[str, Any]] = {}
        self.depths: dict[str, Any] = {}
        self.connections: list[dict[str, Any]] = []
        self.declared: list[tuple[str, str]] = []
        self.exchanges: set[str] = set()
        self.bound: dict[str, tuple[str, dict[str, Any]]] = {}  # our queues, with exchange and arguments
        self.open = 0
        self.password: str | None = None

    def add(self, address: str, cluster: str = "rabbit@mq1", version: str = "3.10.8") -> None:
        """A node at ``host:port``."""
        self.nodes[address] = {"product": "RabbitMQ", "version": version, "cluster_name": cluster}

    def module(self) -> ModuleType:
        """Stands in for the library."""
        library: Any = ModuleType("amqp")
        library.AMQPError, library.NotFound, library.AccessRefused = AMQPError, NotFound, AccessRefused
        library.Connection = lambda **arguments: FakeConnection(self, arguments)
        return library  # type: ignore[no-any-return]


class FakeConnection:
    """One connection; it lives as long as its node."""

    def __init__(self, brokers: FakeAmqp, arguments: dict[str, Any]) -> None:
        self.brokers = brokers
        self.arguments = arguments
        self.address = arguments["host"]
        self.server_properties: dict[str, Any] | None = None

    def connect(self) -> None:
        """Log in."""
        self.brokers.connections.append(self.arguments)
        self.require()
        if self.brokers.password not in (None, self.arguments["password"]):
            raise AccessRefused(
                "(0, 0): (403) ACCESS_REFUSED - Login was refused using authentication mechanism AMQPLAIN."
            )
        self.server_properties = self.brokers.nodes[self.address]
        self.brokers.open += 1

    def require(self) -> None:
        """The node must be up."""
        if self.address not in self.brokers.nodes:
            raise ConnectionRefusedError(111, "Connection refused")

    def channel(self) -> FakeChannel:
        """A new channel."""
        self.require()
        return FakeChannel(self)

    def close(self) -> None:
        """End it."""
        if self.server_properties is None:
            raise AMQPError("not connected")
        self.server_properties = None
        self.brokers.open -= 1


class FakeChannel:
    """A channel; an error closes it."""

    def __init__(self, connection: FakeConnection) -> None:
        self.connection = connection
        self.is_open = True

    def queue_declare(self, queue: str, passive: bool = False, **options: Any) -> QueueDeclareOk:
        """Passive declares, and those of a queue of ours."""
        if not passive:
            return self._own(queue, **options)
        assert self.is_open, "the channel was closed by an error"
        self.connection.require()
        brokers = self.connection.brokers
        brokers.declared.append((self.connection.address, queue))
        if queue in brokers.bound:
            return QueueDeclareOk(queue, 0, 0)
        if queue not in brokers.depths:
            self.is_open = False
            raise NotFound(f"Queue.declare: (404) NOT_FOUND - no queue '{queue}' in vhost '/'")
        depth = brokers.depths[queue]
        if isinstance(depth, Exception):
            self.is_open = False
            raise depth
        return QueueDeclareOk(queue, *(depth() if callable(depth) else depth))

    def _own(self, queue: str, durable: bool, auto_delete: bool, arguments: dict[str, Any]) -> QueueDeclareOk:
        assert queue.endswith("_stackroll"), "nothing else may be declared"
        assert (durable, auto_delete) == (True, False)
        self.connection.brokers.bound[queue] = ("", arguments)
        return QueueDeclareOk(queue, 0, 0)

    def exchange_declare(self, exchange: str, kind: str, passive: bool) -> None:
        """Passive declares only."""
        assert passive, "nothing may be declared"
        assert kind == "fanout"
        self.connection.require()
        if exchange not in self.connection.brokers.exchanges:
            self.is_open = False
            raise NotFound(f"Exchange.declare: (404) NOT_FOUND - no exchange '{exchange}' in vhost '/'")

    def queue_bind(self, queue: str, exchange: str) -> None:
        """Bind a queue of ours."""
        brokers = self.connection.brokers
        brokers.bound[queue] = (exchange, brokers.bound[queue][1])

    def queue_delete(self, queue: str) -> None:
        """Remove a queue of ours; no matter if there is none."""
        assert queue.endswith("_stackroll"), "nothing else may be removed"
        self.connection.brokers.bound.pop(queue, None)

    def close(self) -> None:
        """End it."""
        self.is_open = False
