# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All message queues of a Nova: where they are, from configuration and API database, and a look at them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar

from ansible_collections.stackroll.nova.plugins.module_utils.api.queue_management import ManagementApi
from ansible_collections.stackroll.nova.plugins.module_utils.database.connection import require_pymysql
from ansible_collections.stackroll.nova.plugins.module_utils.database.transports import list_cell_transports
from ansible_collections.stackroll.nova.plugins.module_utils.host.config import ServiceConfig
from ansible_collections.stackroll.nova.plugins.module_utils.message_queue.broker import BrokerSession
from ansible_collections.stackroll.nova.plugins.module_utils.message_queue.options import connection_options
from ansible_collections.stackroll.nova.plugins.module_utils.message_queue.transport import Transport
from ansible_collections.stackroll.nova.plugins.module_utils.message_queue.url import TransportUrl, fill_template
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput, StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.model.queues import TransportState

API = "api"
T = TypeVar("T")


class MessageQueues:
    """The transports of the configuration and of its cells, or those that are *selected*. Leaving ends all sessions."""

    def __init__(
        self, config: ServiceConfig, selected: list[str], management: Mapping[str, ManagementApi], timeout: int
    ) -> None:
        """Read where the queues are. Raises StackrollError, InvalidInput for a name that no transport has."""
        self._management = management
        urls = _urls(config, timeout)
        unknown = sorted({*selected, *management} - set(urls))
        if unknown:
            raise InvalidInput(
                f"There is no transport {', '.join(unknown)}.", f"These are there: {', '.join(sorted(urls))}."
            )
        chosen = {name: url for name, url in urls.items() if not selected or name in selected}
        self._transports = _transports(config, chosen, timeout)

    def __enter__(self) -> MessageQueues:
        return self

    def __exit__(self, *_error: object) -> None:
        for transport in self._transports:
            transport.close()

    def secrets(self) -> list[str]:
        """The passwords in use."""
        return [password for transport in self._transports for password in transport.url.passwords]

    def ask(self, ask: Callable[[BrokerSession], T]) -> list[tuple[str, T]]:
        """What a node of each transport says, by the names of those who use it. Raises StackrollError."""
        return [(", ".join(transport.names), transport.ask_first(ask)) for transport in self._transports]

    def look(self, queues: list[str]) -> list[TransportState]:
        """All transports and these queues of theirs, now."""
        return [self._with_management(transport.look(queues), queues) for transport in self._transports]

    def _with_management(self, state: TransportState, queues: list[str]) -> TransportState:
        api = next((self._management[name] for name in state.names if name in self._management), None)
        if api is None:
            return state
        try:
            cluster = api.nodes()
            held = api.unacknowledged(state.virtual_host, [name for name in queues if (state.queues or {}).get(name)])
        except StackrollError as error:
            return replace(state, management_error=error.message)
        known = state.queues and {
            name: depth and replace(depth, unacknowledged=held.get(name)) for name, depth in state.queues.items()
        }
        return replace(state, queues=known, cluster=cluster)


def _urls(config: ServiceConfig, timeout: int) -> dict[str, TransportUrl]:
    """All transports by name; cell0 has none."""
    base = config.require("DEFAULT", "transport_url")
    urls = {API: TransportUrl.parse(base)}
    database = config.get("api_database", "connection")
    if database:
        require_pymysql()
        for cell in list_cell_transports(database, timeout):
            name = cell.name if cell.name != API else f"cell {cell.name}"
            urls[name] = _parse_cell(name, fill_template(cell.url, base))
    return {name: url for name, url in urls.items() if url is not None}


def _transports(config: ServiceConfig, urls: Mapping[str, TransportUrl], timeout: int) -> list[Transport]:
    """One for each URL, with the names of those who share it."""
    users: dict[TransportUrl, list[str]] = {}
    for name, url in urls.items():
        users.setdefault(url, []).append(name)
    return [Transport(names, url, connection_options(url, config.get), timeout) for url, names in users.items()]


def _parse_cell(name: str, url: str) -> TransportUrl | None:
    try:
        return TransportUrl.parse(url)
    except StackrollError as error:
        raise StackrollError(f"Cell {name}: {error.message}", error.remedy) from None
