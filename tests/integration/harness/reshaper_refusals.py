# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that is wrong with the body of a reshape, one thing at a time, and what both releases of Placement answer to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from harness.reshaper_scene import DROPPED

from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import MAX_INT

UNDEFINED = "placement.undefined_code"
CONFLICT = "placement.concurrent_update"
IN_USE = "placement.inventory.inuse"
UNKNOWN_PROVIDER = "placement.resource_provider.not_found"


@dataclass(frozen=True)
class Mistake:
    """One change of a body that is fine (reshaper_scene.Scene), and the answer: status, code, and some words of the reason."""

    path: str
    value: Any
    status: int = 400
    code: str = UNDEFINED
    says: str = ""
    microversion: str = "1.37"

    @property
    def name(self) -> str:
        """Return it in a few words."""
        return f"{self.path} {'dropped' if self.value is DROPPED else self.value} at {self.microversion}"


ROOT = "inventories/root/inventories/VCPU"
GPU = "inventories/gpu/inventories/VGPU"
HELD = "allocations/vm1/allocations"
NOBODY = "00000000-0000-4000-8000-000000000000"
NOTHING = {"resource_provider_generation": 0, "inventories": {}}
NEWCOMER = {
    "allocations": {NOBODY: {"resources": {"VCPU": 1}}},
    "project_id": "p",
    "user_id": "u",
    "consumer_generation": 1,
}

NO_REQUEST = (
    Mistake("inventories", DROPPED),
    Mistake("inventories", {}),
    Mistake("allocations", DROPPED),
    Mistake("more", 1),
    Mistake("inventories/root/resource_provider_generation", DROPPED),
    Mistake("inventories/root/more", 1),
    Mistake("inventories/no-uuid", NOTHING),
    Mistake("inventories/newcomer", NOTHING, code=UNKNOWN_PROVIDER, says="in inventories not found"),
    Mistake(f"{ROOT}/total", DROPPED),
    Mistake(f"{ROOT}/total", 0),
    Mistake(f"{ROOT}/total", MAX_INT + 1),
    Mistake(f"{ROOT}/reserved", -1),
    Mistake(f"{ROOT}/min_unit", 0),
    Mistake(f"{ROOT}/max_unit", 0),
    Mistake(f"{ROOT}/step_size", 0),
    Mistake(f"{ROOT}/more", 1),
    Mistake("inventories/root/inventories/CUSTOM_UNHEARD_OF", {"total": 1}, says="malformed reshaper data"),
    Mistake(f"{HELD}/gpu/resources/VGPU", 0),
    Mistake(f"{HELD}/gpu/resources/CUSTOM_UNHEARD_OF", 1, says="malformed reshaper data"),
    Mistake(f"{HELD}/newcomer", {"resources": {"VCPU": 1}}, says="does not exist"),
    Mistake("allocations/vm1/project_id", DROPPED),
    Mistake("allocations/vm1/user_id", DROPPED),
    Mistake("allocations/vm1/consumer_generation", DROPPED),
    Mistake("allocations/vm1/more", 1),
    Mistake("allocations/vm1/mappings", {"": ["root"]}, microversion="1.33"),
    Mistake("allocations/vm1/consumer_type", "INSTANCE"),
    Mistake("allocations/vm1/consumer_type", "unknown", microversion="1.38"),
)
SOMEBODY_ELSE = (
    Mistake("inventories/root/resource_provider_generation", 0, 409, CONFLICT, "resource provider generation conflict"),
    Mistake("inventories/numa/resource_provider_generation", 9, 409, CONFLICT, "resource provider generation conflict"),
    Mistake("allocations/vm1/consumer_generation", None, 409, CONFLICT, "consumer generation conflict"),
    Mistake("allocations/vm1/consumer_generation", 0, 409, CONFLICT, "consumer generation conflict"),
    Mistake("allocations/newcomer", NEWCOMER, 409, CONFLICT, "consumer generation conflict"),
)
DOES_NOT_FIT = (
    Mistake(ROOT, DROPPED, 409, IN_USE, "in use"),
    Mistake("inventories/root/inventories", {}, 409, IN_USE, "in use"),
    Mistake("allocations", {}, 409, IN_USE, "in use"),
    Mistake(f"{GPU}/total", 1, 409, says="exceed the capacity"),
    Mistake(f"{GPU}/reserved", 3, 409, says="exceed the capacity"),
    Mistake(f"{GPU}/allocation_ratio", 0.4, 409, says="exceed the capacity"),
    Mistake(f"{HELD}/shared/resources/DISK_GB", 101, 409, says="exceed the capacity"),
    Mistake(f"{GPU}/min_unit", 3, 409, says="violate inventory constraints"),
    Mistake(f"{GPU}/max_unit", 1, 409, says="violate inventory constraints"),
    Mistake(f"{GPU}/step_size", 3, 409, says="violate inventory constraints"),
    Mistake(f"{ROOT}/min_unit", 3, 409, says="violate inventory constraints"),
    Mistake("inventories/gpu/inventories", {}, 409, says="Inventory for"),
    Mistake(f"{HELD}/empty", {"resources": {"VGPU": 1}}, 409, says="Inventory for"),
    Mistake(f"{HELD}/numa", {"resources": {"VGPU": 1}}, 409, says="Inventory for"),
)
MISTAKES = (*NO_REQUEST, *SOMEBODY_ELSE, *DOES_NOT_FIT)
