# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Placement has really stored in its SQLite database: a second opinion that no request and none of the tested code is part of."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import (
    Consumer,
    Inventory,
    ProviderData,
    ProviderTree,
    in_order,
)

PROVIDERS = """
    SELECT p.id, p.uuid, p.name, p.generation, parent.uuid AS parent_uuid
    FROM resource_providers p LEFT JOIN resource_providers parent ON parent.id = p.parent_provider_id
    WHERE p.root_provider_id = (SELECT id FROM resource_providers WHERE uuid = ?)
"""
INVENTORIES = """
    SELECT c.name, i.total, i.reserved, i.min_unit, i.max_unit, i.step_size, i.allocation_ratio
    FROM inventories i JOIN resource_classes c ON c.id = i.resource_class_id WHERE i.resource_provider_id = ?
"""
TRAITS = """
    SELECT t.name FROM resource_provider_traits r JOIN traits t ON t.id = r.trait_id WHERE r.resource_provider_id = ?
"""
AGGREGATES = """
    SELECT a.uuid FROM resource_provider_aggregates r JOIN placement_aggregates a ON a.id = r.aggregate_id
    WHERE r.resource_provider_id = ?
"""
CONSUMER = """
    SELECT c.generation, p.external_id AS project_id, u.external_id AS user_id
    FROM consumers c JOIN projects p ON p.id = c.project_id JOIN users u ON u.id = c.user_id WHERE c.uuid = ?
"""
ALLOCATIONS = """
    SELECT p.uuid, c.name, a.used
    FROM allocations a
    JOIN resource_providers p ON p.id = a.resource_provider_id
    JOIN resource_classes c ON c.id = a.resource_class_id
    WHERE a.consumer_id = ? ORDER BY p.uuid, c.name
"""


class PlacementDatabase:
    """The file of one Placement."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def rows(self, query: str, *arguments: object) -> list[dict[str, Any]]:
        """Return what one query finds."""
        with closing(sqlite3.connect(f"file:{self._path}?mode=ro", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(query, arguments)]

    def tree(self, root_uuid: str, consumers: Iterable[str] = ()) -> ProviderTree:
        """Return a tree, and those of the consumers that hold something anywhere."""
        found = (self.consumer(uuid) for uuid in consumers)
        providers = [self._provider(row) for row in self.rows(PROVIDERS, root_uuid)]
        return ProviderTree(root_uuid, in_order(providers), tuple(item for item in found if item))

    def generation(self, uuid: str) -> int:
        """Return the generation of a provider."""
        return int(self.rows("SELECT generation FROM resource_providers WHERE uuid = ?", uuid)[0]["generation"])

    def consumer(self, uuid: str) -> Consumer | None:
        """Return a consumer with all it holds; nothing when there is none."""
        found = self.rows(CONSUMER, uuid)
        if not found:
            return None
        held: dict[str, dict[str, int]] = {}
        for row in self.rows(ALLOCATIONS, uuid):
            held.setdefault(row["uuid"], {})[row["name"]] = row["used"]
        return Consumer(uuid=uuid, allocations=held, **found[0])

    def _provider(self, row: dict[str, Any]) -> ProviderData:
        number = row.pop("id")
        return ProviderData(
            **row,
            inventories={item.pop("name"): Inventory(**item) for item in self.rows(INVENTORIES, number)},
            traits=tuple(sorted(item["name"] for item in self.rows(TRAITS, number))),
            aggregates=tuple(sorted(item["uuid"] for item in self.rows(AGGREGATES, number))),
        )
