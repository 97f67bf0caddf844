# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong between us and an OpenStack API, with what is needed to find the call in the cloud's logs."""

from __future__ import annotations

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError

REMEDIES = {
    401: "Check the credentials of the cloud.",
    403: "Use an account with the admin role.",
    406: "The API is older than the releases this collection supports.",
    409: "Something changed meanwhile; run the same command again.",
}


class CloudConfigError(StackrollError):
    """The cloud is not configured, or it refuses the credentials."""


class ApiError(StackrollError):
    """One request failed; status is None when there was no answer at all. Placement adds a code to the status."""

    def __init__(
        self,
        method: str,
        path: str,
        reason: str,
        status: int | None = None,
        request_id: str | None = None,
        *,
        code: str | None = None,
    ) -> None:
        answered = f"answered {status}: {reason}" if status else f"got no answer: {reason}"
        where = f" (request {request_id})" if request_id else ""
        super().__init__(f"{method} {path} {answered.rstrip('.')}{where}.", REMEDIES.get(status or 0, ""))
        self.method = method
        self.path = path
        self.reason = reason
        self.status = status
        self.request_id = request_id
        self.code = code

    @property
    def unavailable(self) -> bool:
        """Whether the API is out of order, rather than saying no to us."""
        return self.status is None or self.status >= 500
