# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks, takes the time and tells what happened."""

from __future__ import annotations

import time
from collections.abc import Callable

from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.account import IDENTITY, TOKEN, Account
from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.operations import OPERATIONS, Target
from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.tokens import Tokens
from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.wire import Reply, Request, Wire
from ansible_collections.stackroll.nova.plugins.module_utils.availability.samples import SKIPPED, Sample

Record = Callable[[Sample], None]


def nobody(_sample: Sample) -> None:
    """For requests that are not part of the recording."""


class Prober:
    """Everything that is asked goes through here, and to *record*; safe to use from several threads."""

    def __init__(self, wire: Wire, account: Account, target: Target) -> None:
        self.target = target
        self.timeout = wire.timeout
        self.record: Record = nobody
        self._wire = wire
        self._account = account
        self._tokens = Tokens(self._issue)
        # Moments by one clock that never jumps.
        self._offset = time.time() - time.monotonic()

    def now(self) -> float:
        """Epoch seconds."""
        return self._offset + time.monotonic()

    def ask(self, operation: str, lag: float = 0.0) -> Reply:
        """One operation of the mix, *lag* seconds after it was due."""
        if operation == TOKEN:
            return self.send(self._account.request(), lag)
        begin = time.monotonic()
        token = self._tokens.current()
        waited = time.monotonic() - begin
        return self._checked(self.target.request(operation, token), token, lag + waited)

    def compute(
        self, operation: str, method: str, path: str, *, body: bytes | None = None, provoked: tuple[int, ...] = ()
    ) -> Reply:
        """One request of the boot loop to the Compute API."""
        token = self._tokens.current()
        return self._checked(self.target.compute(operation, method, path, token, body=body, provoked=provoked), token)

    def skip(self, operation: str, lag: float) -> None:
        """Tell that this was due and is not sent."""
        api, method = (IDENTITY, "POST") if operation == TOKEN else (OPERATIONS[operation].api, "GET")
        self.record(Sample(self.now(), api, operation, method, None, SKIPPED, 0.0, lag=lag))

    def send(self, request: Request, lag: float = 0.0) -> Reply:
        """One request, just as it is."""
        begin = time.monotonic()
        reply = self._wire.send(request)
        seconds = time.monotonic() - begin
        self.record(
            Sample(
                self._offset + begin,
                request.api,
                request.operation,
                request.method,
                reply.status,
                reply.error,
                seconds,
                reply.headers.get("x-openstack-request-id", "")[:64],
                provoked=reply.status in request.provoked,
                lag=lag,
            )
        )
        return reply

    def _checked(self, request: Request, token: str, lag: float = 0.0) -> Reply:
        reply = self.send(request, lag)
        if reply.status == 401:
            self._tokens.refused(token)
        return reply

    def _issue(self) -> Reply:
        return self.send(self._account.request())
