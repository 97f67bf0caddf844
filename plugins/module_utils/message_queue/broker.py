# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sessions with the nodes of RabbitMQ through amqp, which every interpreter of Nova has. All that they declare is what keeps an exchange."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.message_queue.options import ConnectionOptions
from ansible_collections.stackroll.nova.plugins.module_utils.message_queue.url import Broker
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import MissingLibrary, StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.model.queues import QueueDepth

# Without them RabbitMQ closes the socket without a word when the login is refused.
CLIENT = {"capabilities": {"authentication_failure_close": True}, "connection_name": "stackroll"}

# RabbitMQ says 404 as well of a queue that lies on a node which is away.
_UNREACHABLE = "inaccessible"


def require_amqp() -> None:
    """Raise MissingLibrary unless amqp can be imported by this interpreter."""
    try:
        import amqp  # noqa: F401  # pylint: disable=unused-import
    except ImportError as error:
        raise MissingLibrary("amqp", traceback.format_exc()) from error


class BrokerSession:
    """One connection to one node."""

    def __init__(self, broker: Broker, virtual_host: str, options: ConnectionOptions, timeout: float) -> None:
        """Log in, with *timeout* seconds for each network step. Raises StackrollError, which names the node and no secret."""
        import amqp  # required with a clear message, see above

        self._name = str(broker)
        self._connection = amqp.Connection(
            host=self._name,
            userid=broker.user,
            password=broker.password,
            login_method=options.login_method,
            virtual_host=virtual_host,
            ssl=options.tls,
            connect_timeout=timeout,
            read_timeout=timeout,
            write_timeout=timeout,
            client_properties=CLIENT,
        )
        try:
            self._connection.connect()
        except (amqp.AMQPError, OSError) as error:
            self.close()
            raise StackrollError(
                f"The message broker {self._name} cannot be used: {_reason(error)}.",
                "Check that it runs, and the account, virtual host and TLS files of the transport URL.",
            ) from None

    def properties(self) -> dict[str, str | None]:
        """What the node says of itself: product, version and the name of its cluster."""
        said = self._connection.server_properties or {}
        return {name: _text(said.get(name)) for name in ("product", "version", "cluster_name")}

    def is_alive(self) -> bool:
        """Whether the node still answers; a channel is opened and closed, which is what a broker does all day."""
        import amqp

        try:
            self._connection.channel().close()
        except (amqp.AMQPError, OSError):
            return False
        return True

    def depth(self, queue: str) -> QueueDepth | None:
        """The messages that wait in a queue and its consumers; None when there is no such queue. Raises StackrollError."""
        import amqp

        try:
            channel = self._connection.channel()  # an error closes it
            found = channel.queue_declare(queue=queue, passive=True)
            channel.close()
        except (amqp.AMQPError, OSError) as error:
            if isinstance(error, amqp.NotFound) and _UNREACHABLE not in str(error):
                return None
            raise StackrollError(
                f"The message broker {self._name} did not tell about queue {queue}: {_reason(error)}."
            ) from None
        return QueueDepth(int(found.message_count), int(found.consumer_count))

    def has_exchange(self, exchange: str) -> bool:
        """Whether there is a fanout exchange of this name. Raises StackrollError."""
        return self._ask(
            f"exchange {exchange}", lambda channel: channel.exchange_declare(exchange, "fanout", passive=True)
        )

    def keep_exchange(self, exchange: str, queue: str, seconds: int) -> bool:
        """Bind a queue to an exchange that would go with its last queue. It holds one message at most, and goes by itself after so many
        seconds; false when there is no such exchange. Raises StackrollError."""
        arguments = {"x-expires": seconds * 1000, "x-max-length": 1}

        def keep(channel: Any) -> None:
            channel.exchange_declare(exchange, "fanout", passive=True)
            channel.queue_declare(queue=queue, durable=True, auto_delete=False, arguments=arguments)
            channel.queue_bind(queue=queue, exchange=exchange)

        return self._ask(f"exchange {exchange}", keep)

    def drop_queue(self, queue: str) -> None:
        """Delete a queue; no matter if there is none. Raises StackrollError."""
        self._ask(f"queue {queue}", lambda channel: channel.queue_delete(queue=queue))

    def _ask(self, what: str, ask: Callable[[Any], Any]) -> bool:
        """Whether what is asked about is there."""
        import amqp

        try:
            channel = self._connection.channel()  # an error closes it
            ask(channel)
            channel.close()
        except (amqp.AMQPError, OSError) as error:
            if isinstance(error, amqp.NotFound) and _UNREACHABLE not in str(error):
                return False
            raise StackrollError(
                f"The message broker {self._name} refused what was asked of {what}: {_reason(error)}.",
                "Check the rights of the account in the transport URL.",
            ) from None
        return True

    def close(self) -> None:
        """End the session, whatever state it is in."""
        with suppress(Exception):
            self._connection.close()


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _reason(error: BaseException) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
