# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The probe's own token, renewed in time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.wire import Reply

# Part of its lifetime after which a token is renewed, and the pause in seconds between two tries.
RENEW_AT, PAUSE = 0.8, 1.0
SHORTEST = 10.0
HEADER = "x-subject-token"


class Tokens:
    """Keeps one token for as long as it is good; safe to use from several threads."""

    def __init__(self, issue: Callable[[], Reply], now: Callable[[], float] = time.monotonic) -> None:
        self._issue = issue
        self._now = now
        self._lock = threading.Lock()
        self._token = ""
        self._renew_at = 0.0
        self._next_try = 0.0

    def current(self) -> str:
        """The token, after getting one where that is due; empty as long as there has never been one.

        Who comes while another renews it goes on with the old one.
        """
        if self._token and self._now() < self._renew_at:
            return self._token
        if self._lock.acquire(blocking=not self._token):
            try:
                if self._now() >= max(self._renew_at, self._next_try):
                    self._renew()
            finally:
                self._lock.release()
        return self._token

    def refused(self, token: str) -> None:
        """This token is not accepted any more, before its time."""
        if token == self._token:
            self._renew_at = 0.0

    def _renew(self) -> None:
        reply = self._issue()
        token = reply.headers.get(HEADER, "")
        if reply.status != 201 or not token:
            self._next_try = self._now() + PAUSE
            return
        self._token = token
        self._renew_at = self._now() + RENEW_AT * _lifetime(reply.json())
        self._next_try = self._now() + PAUSE


def _lifetime(answer: Any) -> float:
    """Seconds by the clock of the one who has issued it."""
    try:
        token = answer["token"]
        end, begin = _moment(token["expires_at"]), token.get("issued_at")
        start = _moment(begin) if begin else datetime.now(timezone.utc)
        return max(SHORTEST, (end - start).total_seconds())
    except (AttributeError, LookupError, TypeError, ValueError):
        return SHORTEST


def _moment(text: str) -> datetime:
    return datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc)
