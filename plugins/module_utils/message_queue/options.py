# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How to speak with the brokers: the options of [oslo_messaging_rabbit] with oslo.messaging's meaning. Opens no connection."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.message_queue.url import TransportUrl
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError

SECTION = "oslo_messaging_rabbit"
_YES = ("true", "1", "yes", "on")
# oslo_messaging/_drivers/impl_rabbit.py; those that this Python does not know any more are refused.
_PROTOCOLS = {
    "tlsv1": "PROTOCOL_TLSv1",
    "sslv23": "PROTOCOL_SSLv23",
    "sslv2": "PROTOCOL_SSLv2",
    "sslv3": "PROTOCOL_SSLv3",
    "tlsv1_1": "PROTOCOL_TLSv1_1",
    "tlsv1_2": "PROTOCOL_TLSv1_2",
}


@dataclass(frozen=True)
class ConnectionOptions:
    """How to log in; *tls* is what amqp.Connection takes as its ``ssl``."""

    login_method: str = "AMQPLAIN"
    tls: bool | Mapping[str, Any] = False


def connection_options(url: TransportUrl, get: Callable[[str, str], str | None]) -> ConnectionOptions:
    """The options of the configuration, *get* (section, option), with those that the URL's query overrides.

    As in oslo.messaging the name in the certificate is checked with a CA file and a single host in the URL.
    Raises StackrollError for a TLS version that Python does not have.
    """
    given = dict(url.query)

    def value(name: str) -> str:
        return given.get(name) or get(SECTION, name) or ""

    tls = _tls(url, value) if value("ssl").strip().lower() in _YES else False
    return ConnectionOptions(value("rabbit_login_method") or "AMQPLAIN", tls)


def _tls(url: TransportUrl, value: Callable[[str], str]) -> bool | Mapping[str, Any]:
    chosen: dict[str, Any] = {}
    if value("ssl_version"):
        chosen["ssl_version"] = _protocol(value("ssl_version"))
    if value("ssl_key_file"):
        chosen["keyfile"] = value("ssl_key_file")
    if value("ssl_cert_file"):
        chosen["certfile"] = value("ssl_cert_file")
    if value("ssl_ca_file"):
        chosen["ca_certs"] = value("ssl_ca_file")
        chosen["cert_reqs"] = ssl.CERT_REQUIRED
        chosen["server_hostname"] = url.brokers[0].host if len(url.brokers) == 1 else None
    return chosen or True


def _protocol(name: str) -> int:
    known = getattr(ssl, _PROTOCOLS.get(name.lower(), ""), None)
    if known is None:
        raise StackrollError(
            f"[{SECTION}] ssl_version is {name!r}, which this Python does not have.", "Leave the option out."
        )
    return int(known)
