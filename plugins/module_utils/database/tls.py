# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""TLS as a database URL asks for it: the ssl_ arguments of SQLAlchemy and PyMySQL with their meaning."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field

_NO = ("", "0", "f", "false", "n", "no", "none", "off")


@dataclass(frozen=True)
class Tls:
    """An encrypted connection. Without a CA of its own and without ssl_verify_cert the server is not verified."""

    ca: str | None = None
    capath: str | None = None
    cert: str | None = None
    key: str | None = field(default=None, repr=False)
    cipher: str | None = None
    verify: bool = False
    check_hostname: bool = False

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Tls | None:
        """What the arguments of a URL ask for; nothing when none of them asks for TLS."""
        if not any(key.startswith("ssl_") for key in query) or _is_on(query.get("ssl_disabled", "")):
            return None
        has_ca = "ssl_ca" in query or "ssl_capath" in query
        identity = _is_on(query.get("ssl_verify_identity", ""))
        verify = identity or _is_on(query.get("ssl_verify_cert", str(has_ca)))
        # SQLAlchemy's arguments check the name unless told not to, PyMySQL's own only when told to.
        by_default = identity or (has_ca and "ssl_verify_cert" not in query)
        check_hostname = verify and _is_on(query.get("ssl_check_hostname", str(by_default)))
        return cls(
            ca=query.get("ssl_ca"),
            capath=query.get("ssl_capath"),
            cert=query.get("ssl_cert"),
            key=query.get("ssl_key"),
            cipher=query.get("ssl_cipher"),
            verify=verify,
            check_hostname=check_hostname,
        )

    def context(self) -> ssl.SSLContext:
        """The context for one connection. Raises OSError when a file cannot be used."""
        context = ssl.create_default_context(cafile=self.ca, capath=self.capath)
        # MySQL's own self-signed certificates do not pass what Python 3.13 asks for by default.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        context.check_hostname = self.check_hostname
        context.verify_mode = ssl.CERT_REQUIRED if self.verify else ssl.CERT_NONE
        if self.cert:
            context.load_cert_chain(self.cert, self.key)
        if self.cipher:
            context.set_ciphers(self.cipher)
        return context


def _is_on(text: str) -> bool:
    return text.strip().lower() not in _NO
