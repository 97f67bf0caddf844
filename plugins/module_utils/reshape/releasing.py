# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Take away what servers hold that were deleted during their host's reshape.

Placement answers DELETE /allocations/{consumer} with success, and deletes rows that the reshape has just replaced by others (15.0.0, 16.0.0:
AllocationList.delete_all works with the ids that it has read before). So Nova believes that the allocations are gone.
"""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.stackroll.nova.plugins.module_utils.api import placement
from ansible_collections.stackroll.nova.plugins.module_utils.api.errors import ApiError
from ansible_collections.stackroll.nova.plugins.module_utils.api.placement import PlacementApi
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.writing import CONFLICT

ATTEMPTS = 5


def release(api: PlacementApi, deleted: Iterable[str]) -> None:
    """Let these consumers hold nothing. Raises ApiError."""
    for uuid in deleted:
        for attempt in range(1, ATTEMPTS + 1):
            held = placement.allocations_of(api, uuid)
            if not held["allocations"]:
                break
            body = {
                "allocations": {},
                "project_id": held["project_id"],
                "user_id": held["user_id"],
                "consumer_generation": held["consumer_generation"],
            }
            try:
                placement.set_allocations(api, uuid, body)
            except ApiError as error:
                if error.code != CONFLICT or attempt == ATTEMPTS:
                    raise
            else:
                break
