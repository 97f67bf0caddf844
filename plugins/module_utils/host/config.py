# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of OpenStack services, read from their own configuration files."""

from __future__ import annotations

import configparser
import os
import re
from pathlib import Path

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError

# oslo.config's references to other options: $name, ${name}, ${section.name}; $$ and \$ are a dollar sign.
_REFERENCE = re.compile(r"(?:\$|\\)\$|\$(?:(?P<name>[_a-zA-Z][\w.]*)|\{(?P<braced>[_a-zA-Z][\w.]*)\})")


class ServiceConfig:
    """The merged view of one service's files: the last file wins, as in oslo.config."""

    def __init__(self, paths: list[str]) -> None:
        self.paths = paths
        self._parser = configparser.RawConfigParser(
            default_section="\0", strict=False, allow_no_value=True, inline_comment_prefixes=None
        )
        for path in paths:
            self._read(path)

    def _read(self, path: str) -> None:
        try:
            with Path(path).open(encoding="utf-8", errors="surrogateescape") as stream:
                self._parser.read_file(stream)
        except OSError as error:
            raise StackrollError(
                f"Configuration file {path} cannot be read: {os.strerror(error.errno or 0)}.",
                remedy="Name the service's real files in config_files and run with the right to read them.",
            ) from error
        except configparser.Error as error:
            # The parser's own words show the line, which may hold a secret.
            raise StackrollError(f"Configuration file {path} is not valid: {type(error).__name__}.") from None

    def get(self, section: str, option: str) -> str | None:
        """The option's text, or None when it is not set."""
        value = self._raw(section, option)
        return _REFERENCE.sub(lambda match: self._refer(section, match), value) if value else None

    def names(self) -> set[str]:
        """Every option that is set, as ``section/option`` in oslo.config's spelling, without the values."""
        return {
            f"{section if section == 'DEFAULT' else section.lower()}/{option}"
            for section in self._parser.sections()
            for option in self._parser.options(section)
        }

    def _raw(self, section: str, option: str) -> str | None:
        value = self._parser.get(section, option, fallback=None)
        value = value.strip() if value else ""
        if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        return value or None

    def _refer(self, section: str, match: re.Match[str]) -> str:
        name = match["name"] or match["braced"]
        if not name:
            return "$"
        group, _dot, option = name.rpartition(".")
        found = self._raw(group or section, option)
        if found is None and not group:
            found = self._raw("DEFAULT", option)
        return found or match[0]

    def get_seconds(self, section: str, option: str, default: int) -> int:
        """A whole number of seconds; *default* when it is not set."""
        value = self.get(section, option)
        if value is None:
            return default
        try:
            return int(value)
        except ValueError:
            raise StackrollError(
                f"[{section}] {option} in {', '.join(self.paths)} is {value!r}, which is not a number of seconds."
            ) from None

    def require(self, section: str, option: str) -> str:
        """The option's text; raises StackrollError when it is not set."""
        value = self.get(section, option)
        if value is None:
            raise StackrollError(
                f"[{section}] {option} is not set in {', '.join(self.paths)}.",
                remedy="Run this on a control host, or name the files that hold it in config_files.",
            )
        return value


def escape(value: str) -> str:
    """A value that oslo.config reads back as it is, from a file or from the environment."""
    return value.replace("$", "$$")
