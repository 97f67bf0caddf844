# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for service records: which ones are not there yet, and why. Pure except for the clock it is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.database_rows import ServiceRecord


@dataclass(frozen=True)
class Expectation:
    """What a service record must show: a version, a heartbeat after a moment (epoch seconds), a host that exists."""

    hosts: tuple[str, ...] = ()
    version: int | None = None
    seen_after: float | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to wait for."""
        return self.version is None and self.seen_after is None


def pending(records: list[ServiceRecord], expected: Expectation) -> list[dict[str, Any]]:
    """The records that do not meet the expectation, as ``{"host", "binary", "waiting_for": [reason]}``.

    Hosts that were named but have no record are pending too: unknown is not fine.
    """
    found = {record.host for record in records}
    result: list[dict[str, Any]] = [
        {"host": host, "binary": None, "waiting_for": ["a service record in any cell"]}
        for host in expected.hosts
        if host not in found
    ]
    for record in records:
        reasons = _reasons(record, expected)
        if reasons:
            result.append({"host": record.host, "binary": record.binary, "waiting_for": reasons})
    return result


def _reasons(record: ServiceRecord, expected: Expectation) -> list[str]:
    reasons = []
    if expected.version is not None and record.version < expected.version:
        reasons.append(f"service version {expected.version} (it reports {record.version})")
    if expected.seen_after is not None and (record.seen_at or 0.0) <= expected.seen_after:
        reasons.append("a heartbeat newer than the change")
    return reasons
