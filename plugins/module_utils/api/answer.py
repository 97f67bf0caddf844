# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an API answers, however it was asked: data, or an error in one sentence."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.api.errors import ApiError


@dataclass(frozen=True)
class Answer:
    """One answer to one request."""

    status: int
    reason: str
    content: bytes
    request_id: str | None = None

    def decode(self, method: str, path: str) -> Any:
        """The data; None when there is none. Raises ApiError for a status from 400 on, which names the request as given here."""
        if self.status >= 400:
            raise ApiError(method, path, self._why(), self.status, self.request_id, code=self._code())
        if not self.content:
            return None
        try:
            return json.loads(self.content)
        except ValueError as error:
            raise ApiError(method, path, "the answer is not JSON", 502, self.request_id) from error

    def _why(self) -> str:
        """The text of an error as Nova ({kind: {message}}) or Placement ({errors: [{detail}]}) words it."""
        try:
            data = json.loads(self.content)
            errors = data.get("errors")
            text = errors[0].get("detail") if errors else next(iter(data.values())).get("message")
        except (ValueError, AttributeError, StopIteration, LookupError):
            text = None
        return one_line(text or self.reason or "no reason given")

    def _code(self) -> str | None:
        """What Placement calls the error, such as placement.concurrent_update."""
        try:
            return str(json.loads(self.content)["errors"][0]["code"])
        except (ValueError, TypeError, LookupError):
            return None


def one_line(text: object) -> str:
    """A text as part of a sentence."""
    return " ".join(str(text).split())[:300].rstrip(". ")
