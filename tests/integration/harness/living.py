# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reshape many synthetic trees of a real Placement as the module does it, also while servers come and go."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import yaml
from harness.churn import Churn
from harness.cloud import Rehearsal
from harness.state import query
from harness.synthetic_trees import CHILDREN, PROJECT, USER, Forest, Units
from harness.synthetic_trees import CONSUMERS as FOREST_CONSUMERS

from ansible_collections.stackroll.nova.plugins.module_utils.api import placement
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.carry_out import carry_out, decide
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.means import HostResult, Since
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.reshape_task import ReshapeTask
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.reshaping import Surroundings

CONSUMERS = 50
LAYOUT = {
    "children": [
        {"name": f"{{root}}_child{number}", "inventories": {"CUSTOM_ACCEL": CONSUMERS}}
        for number in range(1, CHILDREN + 1)
    ],
    "assignment": "spread",
}
ROOTS = "SELECT uuid FROM resource_providers WHERE name LIKE 'tree%' AND parent_provider_id IS NULL AND name NOT LIKE 'tree-storage%'"
BUILT = f"""
    SELECT a.consumer_id, k.name, SUM(a.used) AS used FROM allocations a
    JOIN resource_classes k ON k.id = a.resource_class_id JOIN consumers c ON c.uuid = a.consumer_id
    JOIN projects p ON p.id = c.project_id
    WHERE p.external_id = '{PROJECT}' AND c.uuid NOT LIKE '{FOREST_CONSUMERS}' GROUP BY a.consumer_id, k.name
"""


@dataclass(frozen=True)
class Figures:
    """What one way of reshaping all trees took."""

    hosts: int
    seconds: float
    requests: int

    def __add__(self, more: Figures) -> Figures:
        return Figures(self.hosts + more.hosts, self.seconds + more.seconds, self.requests + more.requests)

    @property
    def per_minute(self) -> float:
        """Hosts a minute."""
        return 60 * self.hosts / self.seconds


def options(cloud: Rehearsal, hosts: list[str], **more: Any) -> dict[str, Any]:
    """Return the options of the module provider_tree_reshape."""
    access = yaml.safe_load(cloud.clouds.read_text(encoding="utf-8"))["clouds"]["rehearsal-service"]
    urls = cloud.description["databases"]
    return {
        "state": "reshaped",
        "hosts": hosts,
        "layout": LAYOUT,
        "host_layouts": {},
        "nova_wants_layout": True,
        "undo": {},
        "undo_dir": None,
        "before": [],
        "period": 60,
        "periods": 2,
        "wait_for_migrations": 0,
        "retries": 20,
        "cloud": {**access, "region_name": "RegionOne"},
        "config_files": None,
        "databases": {"nova_api": urls["nova_api"], "nova": urls["nova_cell0"], "placement": urls["placement"]},
        "database_timeout": 60,
        **more,
    }


@contextmanager
def world_of(given: dict[str, Any]) -> Iterator[tuple[ReshapeTask, Surroundings]]:
    """Open what the module would open."""
    with Surroundings(given, may_write=True) as world:
        world.read_vocabulary()
        world.api.counters()
        yield ReshapeTask(given), world


def ours(cloud: Rehearsal, trees: list[str], churn: Churn | None = None) -> tuple[Figures, list[HostResult]]:
    """Reshape trees as the module does it; a churn tells as Nova would who was deleted."""
    with world_of(options(cloud, trees)) as (task, world):
        before = world.counters()["requests"]
        start = time.monotonic()
        results = carry_out(replace(task.means(world), since=lambda consumers: since(churn, consumers)), task.hosts)
        seconds = time.monotonic() - start
        return Figures(len(results), seconds, world.counters()["requests"] - before), results


def since(churn: Churn | None, consumers: Mapping[str, Collection[str]]) -> Since:
    """Return which of the consumers were deleted, as far as the churn knows by now."""
    return Since(deleted={uuid for uuids in consumers.values() for uuid in uuids} & set(churn.deleted if churn else ()))


def bare(cloud: Rehearsal, trees: list[str]) -> Figures:
    """Post bodies that were prepared before, one after the other as the module does, and look at nothing."""
    with world_of(options(cloud, trees)) as (task, world):
        bodies = [result.reshape.body({}) for result in decide(task.means(world), task.hosts)]
        start = time.monotonic()
        for body in bodies:
            placement.reshape(world.api, body)
        return Figures(len(task.hosts), time.monotonic() - start, len(task.hosts))


def refuse_errors(results: list[HostResult]) -> None:
    """Fail when a host was not reshaped."""
    errors = [str(result.error) for result in results if result.error]
    assert not errors, errors[:3]


@dataclass(frozen=True)
class Living:
    """How it went while servers came and went. *lost*: units that were lost or doubled."""

    lost: int
    figures: Figures
    built: int
    deleted: int


def in_a_living_cloud(cloud: Rehearsal, trees: int, rate: float = 10) -> Living:
    """Reshape while servers come and go, so many a second."""
    forest = Forest(cloud.description["databases"]["placement"], trees, CONSUMERS)
    forest.remove()
    forest.load()
    try:
        before = forest.audit()
        roots = [str(row["uuid"]) for row in query(cloud, "placement", ROOTS)]
        doomed = sorted({consumer for consumer, _name in before.held})[:: CONSUMERS // 5]
        with Churn(cloud, roots, doomed, owner=(PROJECT, USER), rate=rate) as churn:
            figures, results = ours(cloud, forest.hosts, churn)
        refuse_errors(results)
        return Living(wrong_units(cloud, forest, before, churn), figures, len(churn.built), len(churn.deleted))
    finally:
        forest.remove()


def wrong_units(cloud: Rehearsal, forest: Forest, before: Units, churn: Churn) -> int:
    """Return how many units are not where they must be, by SQL."""
    gone = set(churn.deleted)
    kept = {key: amount for key, amount in before.held.items() if key[0] not in gone}
    expected, after = Units(before.offered, kept, before.consumers - len(gone)), forest.audit()
    built = {(str(row["consumer_id"]), str(row["name"])): int(row["used"]) for row in query(cloud, "placement", BUILT)}
    wanted = churn.held
    strange = sum(abs(built.get(key, 0) - wanted.get(key, 0)) for key in built.keys() | wanted.keys())
    return expected.lost(after) + expected.doubled(after) + strange
