# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a provider has room for an amount, by Placement's own arithmetic (placement.objects.allocation)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Fleet


def capacity(inventory: Mapping[str, Any]) -> int:
    """As Placement counts it (placement.objects.inventory.Inventory.capacity)."""
    return int((inventory["total"] - inventory.get("reserved", 0)) * inventory.get("allocation_ratio", 1.0))


def lack_of_room(fleet: Fleet, provider: str, consumer: str, name: str, amount: int) -> str:
    """Why the provider cannot give this consumer so much of a resource class in all; nothing when it can."""
    inventory = fleet.inventories.get(provider, {}).get(name)
    if inventory is None:
        return f"it offers no {name}"
    least, most, step = (inventory.get(key) for key in ("min_unit", "max_unit", "step_size"))
    if amount < (least or 1) or amount > (most or amount) or amount % (step or 1):
        return f"it does not give out {amount} of {name} at once"
    used = {True: 0, False: 0}
    for item in fleet.allocations:
        if item.provider_uuid == provider:
            used[item.consumer_id == consumer] += item.resources.get(name, 0)
    free = capacity(inventory) - used[False]
    # More than there is may be kept, as long as it does not grow.
    return "" if amount <= max(free, used[True]) else f"{amount} of {name} are needed and {max(0, free)} are free"
