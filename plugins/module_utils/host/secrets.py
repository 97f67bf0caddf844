# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The secrets of a service's configuration, so that what its commands say can be shown without them. Standard library only."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote

_OPTION = re.compile(r"^\s*(?P<name>[\w-]+)\s*[=:]\s*(?P<value>\S.*?)\s*$")
_SECRET_NAME = re.compile(r"password|secret|token|passphrase|_key$|^key$|credential", re.IGNORECASE)
# A password may hold an @, and a transport_url may name several hosts.
_URL_PASSWORDS = (re.compile(r"://[^/\s:]*:(\S*)@"), re.compile(r"[/,][^/\s:,@]*:([^@\s,/]+)@"))
_HARMLESS = re.compile(r"true|false|none|null|\d{1,6}|/\S*", re.IGNORECASE)
SHORTEST = 4


def secrets_in(paths: Iterable[str]) -> list[str]:
    """The passwords, keys and tokens in these files, longest first. Lines are read one by one, so that a file that is not valid
    gives its secrets, too; one that cannot be read gives none."""
    found: set[str] = set()
    for path in paths:
        try:
            lines = Path(path).read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            continue
        for line in lines:
            found.update(_secrets_of(line))
    return sorted((secret for secret in found if len(secret) >= SHORTEST), key=len, reverse=True)


def _secrets_of(line: str) -> set[str]:
    """The secrets of one line, in each of the ways they may be written."""
    option = _OPTION.match(line)
    if option is None or line.lstrip().startswith(("#", ";")):
        return set()
    value = option["value"].strip("\"'")
    urls = {password for pattern in _URL_PASSWORDS for password in pattern.findall(value)}
    plain = {value} if _SECRET_NAME.search(option["name"]) and not _HARMLESS.fullmatch(value) else set()
    found = {*urls, *plain}
    return {*found, *map(unquote, found), *(secret.replace("$$", "$") for secret in found)}


def hide(text: str, secrets: Iterable[str]) -> str:
    """The text without the secrets, even where a line break in a table has split one; words that only contain one stay."""
    for secret in secrets:
        text = re.sub(_pattern(secret), "***", text)
    return text


def _pattern(secret: str) -> str:
    spread = r"\s*".join(map(re.escape, secret))
    before = r"(?<!\w)" if re.match(r"\w", secret) else ""
    after = r"(?!\w)" if re.search(r"\w\Z", secret) else ""
    return f"{before}{spread}{after}"
