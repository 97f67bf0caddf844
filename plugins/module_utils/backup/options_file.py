# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The account of a database URL as an options file of MariaDB's and MySQL's programs, in memory: no password is in an argument, in the
environment, or on a disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from ansible_collections.stackroll.nova.plugins.module_utils.database.tls import Tls
from ansible_collections.stackroll.nova.plugins.module_utils.database.url import DatabaseUrl

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def options_text(url: DatabaseUrl) -> str:
    """The group ``[client]`` with user, password and TLS. Pure."""
    options = {"user": url.user, "password": url.password, **_tls_options(url.tls)}
    return "[client]\n" + "".join(f'{name}="{_escaped(value)}"\n' for name, value in options.items() if value)


def _tls_options(tls: Tls | None) -> dict[str, str | None]:
    """What one of the two families does not know is loose. Without TLS in the URL it is used where the server offers it, as PyMySQL does."""
    if tls is None:
        return {"loose-ssl-verify-server-cert": "0"}
    files = {
        "ssl-ca": tls.ca,
        "ssl-capath": tls.capath,
        "ssl-cert": tls.cert,
        "ssl-key": tls.key,
        "ssl-cipher": tls.cipher,
    }
    mode = "VERIFY_IDENTITY" if tls.check_hostname else "VERIFY_CA" if tls.verify else "REQUIRED"
    return {**files, "loose-ssl": "1", "loose-ssl-mode": mode, "loose-ssl-verify-server-cert": str(int(tls.verify))}


def _escaped(value: str) -> str:
    return "".join(_ESCAPES.get(character, character) for character in value)


@contextmanager
def options_in_memory(text: str) -> Iterator[int]:
    """A file of mode 0600 that has no name, as a descriptor for a child; nothing of it is left, whatever is killed."""
    handle = os.memfd_create("stackroll-options")
    try:
        os.fchmod(handle, 0o600)  # the programs ignore a file that others may write
        os.write(handle, text.encode("utf-8"))
        yield handle
    finally:
        os.close(handle)
