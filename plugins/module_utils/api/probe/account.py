# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the probe gets tokens: the request with which keystoneauth has logged in, to be sent again without it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.api.answer import one_line
from ansible_collections.stackroll.nova.plugins.module_utils.api.errors import CloudConfigError
from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.wire import Request, Trust

IDENTITY, TOKEN = "identity", "identity_token"
TOKENS = "/auth/tokens"
# What may be sent twice; one-time codes may not.
METHODS = frozenset(("password", "application_credential", "token"))


@dataclass(frozen=True)
class Account:
    """Where and with what to log in, and how certificates are verified. The body holds the secret and is never shown."""

    url: str
    body: bytes = field(repr=False)
    trust: Trust = field(default_factory=Trust, repr=False)

    @property
    def base(self) -> str:
        """The root of the Identity API, version 3."""
        return self.url[: -len(TOKENS)]

    def request(self) -> Request:
        """What issues a token."""
        return Request(IDENTITY, TOKEN, "POST", self.url, body=self.body)


def account_of(session: Any) -> Account:
    """Log in once more over a keystoneauth session, and keep the request. Raises CloudConfigError."""
    from keystoneauth1.exceptions import ClientException

    transport, seen = session.session, []
    send = transport.send

    def keeping_send(request: Any, **options: Any) -> Any:
        if request.method == "POST" and request.url.endswith(TOKENS):
            seen.append((request.url, request.body))
        return send(request, **options)

    transport.send = keeping_send
    try:
        session.invalidate()
        session.get_token()
    except (ClientException, OSError) as error:
        raise CloudConfigError(
            f"The cloud cannot be used: {one_line(error)}.", "Check the credentials of the cloud."
        ) from error
    finally:
        transport.send = send
    for url, body in reversed(seen):
        if _methods(body) and _methods(body) <= METHODS:
            return Account(url, body.encode() if isinstance(body, str) else body, Trust(session.verify, session.cert))
    raise CloudConfigError(
        "The probe cannot renew its token with this kind of authentication.",
        "Use a password or an application credential of Identity API version 3.",
    )


def _methods(body: Any) -> set[str]:
    try:
        identity: Mapping[str, Any] = json.loads(body)["auth"]["identity"]
        return set(map(str, identity["methods"]))
    except (LookupError, TypeError, ValueError):
        return set()
