# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Typed errors: each names the object concerned and what the operator can do about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class StackrollError(Exception):
    """A failure that an operator can act on: one sentence, a remedy, and structured details for the result."""

    def __init__(self, message: str, remedy: str = "", details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.details: dict[str, Any] = dict(details or {})

    def __str__(self) -> str:
        """The message and the remedy, as they are shown to people."""
        return " ".join(part for part in (self.message, self.remedy) if part)


class MissingLibrary(StackrollError):  # noqa: N818  # what happened reads better than a suffix
    """A Python library that this piece of code needs cannot be imported."""

    def __init__(self, library: str, import_traceback: str, url: str = "") -> None:
        super().__init__(f"The Python library {library} is missing.", f"Install {library} for the interpreter in use.")
        self.library = library
        self.import_traceback = import_traceback
        self.url = url


class WaitTimeout(StackrollError):  # noqa: N818  # what happened reads better than a suffix
    """A bounded wait has ended; the details carry what is left."""


class InvalidInput(StackrollError):  # noqa: N818  # what happened reads better than a suffix
    """Options or documents given by the operator cannot be used; nothing was changed."""
