# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands in Placement's tables about the trees of hosts, byte by byte but for generations, and calls that reshape them."""

from __future__ import annotations

from typing import Any

import yaml
from harness import state
from harness.cloud import Rehearsal
from harness.drains import Done, call

SERVICE = "rehearsal-service"  # the account with the role service
INVENTORIES = """
    SELECT p.name, k.name AS resource_class, i.total, i.reserved, i.min_unit, i.max_unit, i.step_size, i.allocation_ratio
    FROM inventories i JOIN resource_providers p ON p.id = i.resource_provider_id
    JOIN resource_providers r ON r.id = p.root_provider_id JOIN resource_classes k ON k.id = i.resource_class_id
    WHERE r.name IN ({hosts}) ORDER BY p.name, k.name
"""
ALLOCATIONS = """
    SELECT a.consumer_id, o.name, k.name AS resource_class, a.used, j.external_id AS project, u.external_id AS user
    FROM allocations a JOIN resource_providers o ON o.id = a.resource_provider_id
    JOIN resource_classes k ON k.id = a.resource_class_id JOIN consumers c ON c.uuid = a.consumer_id
    JOIN projects j ON j.id = c.project_id JOIN users u ON u.id = c.user_id
    WHERE a.consumer_id IN (
        SELECT h.consumer_id FROM allocations h JOIN resource_providers p ON p.id = h.resource_provider_id
        JOIN resource_providers r ON r.id = p.root_provider_id WHERE r.name IN ({hosts})
    ) ORDER BY a.consumer_id, o.name, k.name
"""
MARKS = """
    SELECT p.name, t.name AS trait FROM resource_provider_traits l JOIN traits t ON t.id = l.trait_id
    JOIN resource_providers p ON p.id = l.resource_provider_id JOIN resource_providers r ON r.id = p.root_provider_id
    WHERE r.name IN ({hosts}) ORDER BY p.name, t.name
"""
Rows = list[dict[str, Any]]


def rows(cloud: Rehearsal, *hosts: str) -> dict[str, Rows]:
    """Return inventories, traits, and all that anybody on the hosts holds anywhere."""
    names = ", ".join(f"'{host}'" for host in hosts)
    queries = {"inventories": INVENTORIES, "allocations": ALLOCATIONS, "traits": MARKS}
    return {what: state.query(cloud, "placement", text.format(hosts=names)) for what, text in queries.items()}


def held(cloud: Rehearsal, *hosts: str) -> dict[tuple[str, str], int]:
    """Return how much each consumer holds of each class, wherever it is."""
    found: dict[tuple[str, str], int] = {}
    for row in rows(cloud, *hosts)["allocations"]:
        key = (row["consumer_id"], row["resource_class"])
        found[key] = found.get(key, 0) + row["used"]
    return found


def reshape(*hosts: str, check: bool = False, cloud: str = SERVICE, **options: Any) -> Done:
    """Call the module that reshapes hosts, as an account that may."""
    return call("provider_tree_reshape", check, cloud=cloud, hosts=list(hosts), **options)


def describe(cloud: Rehearsal, *hosts: str, **variables: Any) -> None:
    """Give hosts of the inventory more variables; the next reset forgets them."""
    inventory = yaml.safe_load(cloud.inventory.read_text(encoding="utf-8"))
    for host in hosts:
        inventory["all"]["hosts"][host].update(variables)
    cloud.inventory.write_text(yaml.safe_dump(inventory, sort_keys=False), encoding="utf-8")
