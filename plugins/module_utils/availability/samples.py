# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a probe has seen: one sample per request, one record per boot, and what counts as a failure."""

from __future__ import annotations

from dataclasses import dataclass

# Why there was no answer; skipped means that the probe itself did not send a request that was due.
REFUSED, RESET, TIMEOUT, TLS, OTHER, SKIPPED = "refused", "reset", "timeout", "tls", "other", "skipped"
SERVER_ERROR, UNEXPECTED = "5xx", "unexpected"
FAILURE_KINDS = (SERVER_ERROR, REFUSED, RESET, TIMEOUT, TLS, OTHER, UNEXPECTED)

NOT_ACCEPTED, BOOT_ERROR, NO_VALID_HOST = "not accepted", "error", "no valid host"
NOT_ACTIVE, NOT_DELETED = "not active in time", "not deleted in time"
BOOT_FAILURES = (NOT_ACCEPTED, BOOT_ERROR, NO_VALID_HOST, NOT_ACTIVE, NOT_DELETED)
# The requests of the boot loop; the others come by the mix.
BOOT, BOOT_SHOW, BOOT_DELETE, BOOT_CLEAN = "boot", "boot_show", "boot_delete", "boot_clean"
BOOT_OPERATIONS = frozenset((BOOT, BOOT_SHOW, BOOT_DELETE, BOOT_CLEAN))


@dataclass(frozen=True)
class Sample:
    """One request: begun at *started* (epoch seconds), over after *seconds*, with a status or an error.

    *provoked* marks a status from 300 on that the probe has asked for, such as 404 for a server that it has deleted. *lag* says how many
    seconds after its due time the probe has sent it.
    """

    started: float
    api: str
    operation: str
    method: str
    status: int | None
    error: str | None
    seconds: float
    request_id: str = ""
    phase: str = ""
    provoked: bool = False
    lag: float = 0.0

    @property
    def sent(self) -> bool:
        """Whether there was a request at all."""
        return self.error != SKIPPED

    @property
    def ended(self) -> float:
        """When its answer was complete, or the error known, in epoch seconds."""
        return self.started + self.seconds

    @property
    def failure(self) -> str | None:
        """The kind of its failure; None for a success and for what was not sent."""
        if not self.sent:
            return None
        if self.error is not None or self.status is None:
            return self.error or OTHER
        if self.status >= 500:
            return SERVER_ERROR
        return UNEXPECTED if self.status >= 300 and not self.provoked else None

    @property
    def succeeded(self) -> bool:
        """Whether the client got what it asked for."""
        return self.sent and self.failure is None


@dataclass(frozen=True)
class Boot:
    """One server of the boot loop: asked for at *started*, ACTIVE after *seconds*, gone *seconds_deleting* after its deletion was asked.

    *failure* is one of BOOT_FAILURES, SKIPPED for one that was due and not tried, or empty.
    """

    started: float
    name: str
    server_id: str = ""
    failure: str = ""
    seconds: float | None = None
    seconds_deleting: float | None = None
    message: str = ""
    phase: str = ""

    @property
    def tried(self) -> bool:
        """Whether there was a request at all."""
        return self.failure != SKIPPED

    @property
    def failed(self) -> bool:
        """Whether the server did not become ACTIVE, or did not go."""
        return self.tried and bool(self.failure)
