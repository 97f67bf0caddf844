# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Placement's database says about its own consistency (placement/cmd/status.py)."""

from __future__ import annotations

from ansible_collections.stackroll.nova.plugins.module_utils.database.shared import SharedDatabase
from ansible_collections.stackroll.nova.plugins.module_utils.model.answers import Sample


def rootless_providers(database: SharedDatabase) -> Sample:
    """Resource providers whose root was never filled in."""
    return database.sample("CONCAT(name, ' (', uuid, ')')", "FROM resource_providers WHERE root_provider_id IS NULL")


def incomplete_consumers(database: SharedDatabase) -> Sample:
    """Consumers that hold allocations and have no record of their own.

    A difference of two counts would hide some behind records without allocations.
    """
    return database.sample(
        "missing.consumer_id",
        "FROM (SELECT DISTINCT a.consumer_id FROM allocations a LEFT JOIN consumers c ON c.uuid = a.consumer_id"
        " WHERE c.id IS NULL) missing",
    )
