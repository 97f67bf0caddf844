# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All values of an option that may be given several times, which oslo.config calls MultiOpt."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

_OPTION = re.compile(r"(?P<name>[^=:]+?)\s*[=:]\s*(?P<value>.*)")


def repeated(paths: Iterable[str], section: str, option: str) -> list[str]:
    """The values in the order of files and lines; a line that begins with a space continues the one before it.

    The files are those that ServiceConfig has read, so they are there and valid.
    """
    values: list[list[str]] = []
    for path in paths:
        text = Path(path).read_text(encoding="utf-8", errors="surrogateescape")
        values += _values(text.splitlines(), section, option)
    return [_unquoted("\n".join(lines).strip()) for lines in values]


def _values(lines: Iterable[str], section: str, option: str) -> Iterator[list[str]]:
    here, value = "", None
    for line in lines:
        if line[:1] in ("#", ";"):
            continue
        if line[:1].isspace() and line.strip():
            if value is not None:
                value.append(line.strip())
            continue
        if value is not None:
            yield value
        value = None
        if line.startswith("["):
            here = line.strip().strip("[]")
        match = _OPTION.match(line)
        if match and (here, match["name"]) == (section, option):
            value = [match["value"].strip()]
    if value is not None:
        yield value


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else value
