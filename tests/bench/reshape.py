# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How fast many hosts are reshaped on a real Placement, beside a bare loop that only posts bodies that were prepared before.

The cloud is the rehearsal cloud; the trees are rows in its Placement database. The second part reshapes while servers come and go.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import measures
import yaml
from harness.churn import Churn
from harness.cloud import Rehearsal
from harness.state import query
from harness.synthetic_trees import CHILDREN, PROJECT, USER, Forest, Units
from harness.synthetic_trees import CONSUMERS as FOREST_CONSUMERS

from ansible_collections.stackroll.nova.plugins.module_utils.api import placement
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.carry_out import HostResult, carry_out, decide
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
ROOTS = "SELECT uuid FROM resource_providers WHERE name LIKE 'tree%' AND parent_provider_id IS NULL AND name <> 'tree-storage'"
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
        _ = world.api
        yield ReshapeTask(given), world


def ours(cloud: Rehearsal, forest: Forest) -> tuple[Figures, list[HostResult]]:
    """Reshape all trees as the module does it."""
    with world_of(options(cloud, forest.hosts)) as (task, world):
        before = world.counters()["requests"]
        start = time.monotonic()
        results = carry_out(task.means(world), task.hosts)
        seconds = time.monotonic() - start
        return Figures(len(results), seconds, world.counters()["requests"] - before), results


def bare(cloud: Rehearsal, forest: Forest) -> Figures:
    """Post bodies that were prepared before, as many at a time as the module does, and look at nothing."""
    with world_of(options(cloud, forest.hosts)) as (task, world):
        bodies = [result.reshape.body({}) for result in decide(task.means(world), task.hosts)]
        start = time.monotonic()
        world.api.map(lambda body: placement.reshape(world.api, body), bodies)
        return Figures(len(bodies), time.monotonic() - start, len(bodies))


def refuse_errors(results: list[HostResult]) -> None:
    """Fail when a host was not reshaped."""
    errors = [str(result.error) for result in results if result.error]
    assert not errors, errors[:3]


def in_a_living_cloud(cloud: Rehearsal, trees: int) -> tuple[int, Figures, Churn]:
    """Reshape while servers come and go; returns how many units were lost or doubled."""
    forest = Forest(cloud.description["databases"]["placement"], trees, CONSUMERS)
    forest.load()
    try:
        before = forest.audit()
        roots = [str(row["uuid"]) for row in query(cloud, "placement", ROOTS)]
        doomed = sorted({consumer for consumer, _name in before.held})[:: CONSUMERS // 5]
        with Churn(cloud, roots, doomed, owner=(PROJECT, USER)) as churn:
            figures, results = ours(cloud, forest)
        refuse_errors(results)
        after = forest.audit()
        gone = set(churn.deleted)
        expected = Units(
            before.offered,
            {key: amount for key, amount in before.held.items() if key[0] not in gone},
            before.consumers - len(gone),
        )
        built = {
            (str(row["consumer_id"]), str(row["name"])): int(row["used"]) for row in query(cloud, "placement", BUILT)
        }
        wrong = sum(abs(amount - built.get(key, 0)) for key, amount in churn.held.items())
        wrong += sum(amount for key, amount in built.items() if key not in churn.held)
        return expected.lost(after) + expected.doubled(after) + wrong, figures, churn
    finally:
        forest.remove()


def main() -> int:
    """Measure, print the table and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trees", type=int, default=1000)
    parser.add_argument("--living-trees", type=int, default=500)
    given = parser.parse_args()
    cloud = Rehearsal()
    forest = Forest(cloud.description["databases"]["placement"], given.trees, CONSUMERS)
    forest.remove()
    try:
        forest.load()
        bare_figures = bare(cloud, forest)
        forest.remove()
        forest.load()
        before = forest.audit()
        figures, results = ours(cloud, forest)
        refuse_errors(results)
        after = forest.audit()
        lost = before.lost(after) + before.doubled(after)
    finally:
        forest.remove()
    living_lost, living, churn = in_a_living_cloud(cloud, given.living_trees)
    ratio = figures.per_minute / bare_figures.per_minute
    requests = figures.requests / figures.hosts - (CHILDREN + 1)
    nova = CHILDREN + 1 + CONSUMERS + 1
    print(f"{given.trees} trees of {CHILDREN + 1} providers and {CONSUMERS} consumers, on a real Placement")
    print(f"  {'the module: read, plan, write, prove':<52}{figures.per_minute:>8.0f} hosts a minute")
    print(f"  {'a bare loop of prepared requests':<52}{bare_figures.per_minute:>8.0f} hosts a minute")
    print(f"  {'ratio':<52}{ratio:>8.2f}")
    print(f"  {'requests per host':<52}{figures.requests / figures.hosts:>8.2f}")
    print(f"  {'requests per host as nova-compute does it':<52}{nova:>8}")
    print(f"  {'units lost or doubled':<52}{lost:>8}")
    print(f"{given.living_trees} trees while {len(churn.built)} servers came and {len(churn.deleted)} went")
    print(f"  {'the module':<52}{living.per_minute:>8.0f} hosts a minute")
    print(f"  {'requests per host':<52}{living.requests / living.hosts:>8.2f}")
    print(f"  {'units lost or doubled':<52}{living_lost:>8}")
    measures.write(
        "reshape",
        (
            ("hosts_per_minute", figures.per_minute, "hosts/min"),
            ("bare_hosts_per_minute", bare_figures.per_minute, "hosts/min"),
            ("ratio_to_bare", ratio, "1"),
            ("requests_per_host_minus_providers", requests, "requests"),
            ("lost_units", lost + living_lost, "units"),
        ),
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
