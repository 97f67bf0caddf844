# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an orphaned consumer was: a migration, as long as Nova has a record of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ansible_collections.stackroll.nova.plugins.module_utils.accounting.audit import Finding
from ansible_collections.stackroll.nova.plugins.module_utils.model.server import Migration


def is_stranger(finding: Finding) -> bool:
    """Whether nothing is known of the consumer."""
    return finding.kind == "orphaned" and finding.server_id is None


def explained(findings: Iterable[Finding], migrations: Iterable[Migration]) -> tuple[Finding, ...]:
    """The findings; those that a migration has left behind say so, and name its server."""
    records = {item.uuid: item for item in migrations}
    return tuple(
        _left_by(finding, records[finding.consumer_id])
        if is_stranger(finding) and finding.consumer_id in records
        else finding
        for finding in findings
    )


def _left_by(finding: Finding, migration: Migration) -> Finding:
    way = f"{migration.type} from {migration.source_host} to {migration.dest_host}"
    if migration.unfinished:  # the audit knows those of servers that exist
        reason = f"it is a {way} ({migration.status}) of server {migration.server_id}, which Nova does not list"
    else:
        reason = f"it was left by a {way} ({migration.status}) of server {migration.server_id}"
    return replace(finding, reason=reason, server_id=migration.server_id)
