# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Transport URLs as oslo.messaging writes them, and Nova's cell mapping templates. Pure: no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError

DEFAULT_PORT = 5672
RABBIT = ("rabbit", "kombu+rabbit", "kombu")
# What nova-manage writes for cell0, which has no messages.
NO_TRANSPORT = "none"
_REMEDY = "Check [DEFAULT] transport_url and the cell mappings (nova-manage cell_v2 list_cells)."


@dataclass(frozen=True)
class Broker:
    """One node of RabbitMQ that a URL names."""

    host: str
    port: int = DEFAULT_PORT
    user: str = "guest"
    password: str = field(default="guest", repr=False)

    def __str__(self) -> str:
        """The node without its secrets, as amqp and people write it."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True)
class TransportUrl:
    """Where messages go: the nodes of one cluster and the virtual host. *query* overrides options of the configuration."""

    brokers: tuple[Broker, ...]
    virtual_host: str = "/"
    query: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, url: str) -> TransportUrl | None:
        """Read a URL such as ``rabbit://nova:…@mq1:5672,nova:…@mq2:5672/nova``; None for ``none:///``, which cell0 has.

        Raises StackrollError for another transport or a URL without hosts; the message never holds the URL.
        """
        try:
            parts = urlsplit(url.strip())
        except ValueError:
            raise StackrollError("A transport URL cannot be read.", _REMEDY) from None
        if parts.scheme == NO_TRANSPORT:
            return None
        if parts.scheme not in RABBIT:
            raise StackrollError(f"A transport URL uses {parts.scheme!r}; only rabbit is supported.", _REMEDY)
        brokers = tuple(_broker(text) for text in parts.netloc.split(",") if text)
        if not brokers:
            raise StackrollError("A transport URL names no host.", _REMEDY)
        path = parts.path[1:] if parts.path.startswith("/") else ""
        return cls(brokers, unquote(path) or "/", tuple(parse_qsl(parts.query)))

    @property
    def passwords(self) -> list[str]:
        """The secrets of the URL."""
        return [broker.password for broker in self.brokers]


def _broker(text: str) -> Broker:
    account, _at, place = text.rpartition("@")
    user, _colon, password = account.partition(":")
    host, port = _place(place)
    return Broker(host or "localhost", port, unquote(user) or "guest", unquote(password) or "guest")


def _place(text: str) -> tuple[str, int]:
    """Host and port of ``host:port``, ``[address]:port`` or one of them alone."""
    if text.startswith("["):
        host, _bracket, rest = text[1:].partition("]")
        port = rest.lstrip(":")
    else:
        host, _colon, port = text.partition(":")
    if port and not port.isdecimal():
        raise StackrollError(f"A transport URL has the port {port!r}, which is not a number.", _REMEDY)
    return host, int(port or DEFAULT_PORT)


def fill_template(mapping_url: str, base_url: str) -> str:
    """Fill a cell mapping's template from [DEFAULT] transport_url.

    The parts are {scheme} {username} {password} {hostname} {port} {path} {query} {fragment}; of a URL with several hosts also
    {username1} {password1} {hostname1} {port1} and so on (nova/objects/cell_mapping.py). What cannot be filled is used as it is, as Nova
    does: a brace may be part of a password.
    """
    try:
        return mapping_url.format(**_parts(base_url))
    except (LookupError, ValueError, AttributeError, StackrollError):
        return mapping_url


def _parts(base_url: str) -> Mapping[str, str | int]:
    parts = urlsplit(base_url)
    found: dict[str, str | int] = {
        "scheme": parts.scheme,
        "username": parts.username or "",
        "password": parts.password or "",
        "hostname": parts.hostname or "",
        "port": parts.port or "",
        "path": parts.path.lstrip("/"),
        "query": parts.query,
        "fragment": parts.fragment,
    }
    hosts = parts.netloc.split(",")
    for index, text in enumerate(hosts if len(hosts) > 1 else [], start=1):
        account, _at, place = text.rpartition("@")
        user, _colon, password = account.partition(":")
        host, port = _place(place)
        found.update(
            {f"username{index}": user, f"password{index}": password, f"hostname{index}": host, f"port{index}": port}
        )
    return found
