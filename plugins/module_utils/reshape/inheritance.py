# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an inventory takes over from the one that its resource class comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import Inventory
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.readers import RATIO, Wanted


def inventory_of(wanted: Wanted, like: Inventory | None, reserved: int) -> Inventory:
    """The wanted inventory; steps and ratio as where the class is now, and no more at once than there is."""
    total = int(wanted["total"])
    base = like or Inventory(total, max_unit=total)
    return Inventory(
        total=total,
        reserved=int(wanted.get("reserved", reserved)),
        min_unit=int(wanted.get("min_unit", base.min_unit)),
        max_unit=int(wanted.get("max_unit", _most(base, min(base.max_unit, total)))),
        step_size=int(wanted.get("step_size", base.step_size)),
        allocation_ratio=float(wanted.get(RATIO, base.allocation_ratio)),
    )


def joined(total: int, reserved: int, own: Inventory | None, parts: Sequence[Inventory]) -> Inventory:
    """What a root has of a class when children take some of it, or give it back. Raises InvalidInput.

    A root that has some keeps its steps and ratio; otherwise those of all parts must agree. As much may be taken at once as there is,
    where that was so before.
    """
    if own is None and len({(item.min_unit, item.step_size, item.allocation_ratio) for item in parts}) > 1:
        raise InvalidInput(
            "The children disagree about min_unit, step_size or allocation_ratio of what goes back to the root.",
            "Say under root what the root has afterwards.",
        )
    base = own or (parts[0] if parts else Inventory(total, max_unit=total))
    limited = [item.max_unit for item in parts if item.max_unit < item.total]
    most = min(total, max(limited)) if limited and len(limited) == len(parts) else total
    return replace(base, total=total, reserved=reserved, max_unit=_most(base, most))


def _most(base: Inventory, most: int) -> int:
    """A max_unit beyond the total was never meant as a limit, and stays."""
    return base.max_unit if base.max_unit > base.total else most
