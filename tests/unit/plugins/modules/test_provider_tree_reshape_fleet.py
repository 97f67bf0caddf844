# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""provider_tree_reshape for many hosts in one call: requests counted, and failures that stay with their hosts."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.reshape import means
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_openstack import uuid_of
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_placement_trees import TreeCloud
from ansible_collections.stackroll.nova.tests.unit.plugins.modules.conftest import RunModule
from ansible_collections.stackroll.nova.tests.unit.plugins.modules.reshaping import add_gpu_host, reshape

HOSTS = [f"cmp{number}" for number in range(1, 51)]
LAYOUT = {
    "children": [{"name": f"{{root}}_gpu{index}", "inventories": {"VGPU": 4}} for index in range(2)],
    "assignment": "first_fit",
}


@pytest.fixture(autouse=True)
def fleet(trees: TreeCloud, no_sleep: list[float]) -> TreeCloud:
    """Fifty hosts."""
    del no_sleep
    for name in HOSTS:
        add_gpu_host(trees, name)
    return trees


def kinds(trees: TreeCloud) -> Counter[str]:
    """How many requests of which kind were sent."""
    found: Counter[str] = Counter()
    for method, path, _body in trees.calls:
        parts = path.strip("/").split("/")
        found[" ".join([method, parts[0], *parts[2:]])] += 1
    return found


def test_fifty_hosts_without_details(run_module: RunModule, trees: TreeCloud) -> None:
    sums = trees.trees.sums()
    result = reshape(run_module, *HOSTS, layout=LAYOUT, details=False)
    assert (result["changed"], trees.trees.sums()) == (True, sums)
    assert [item["host"] for item in result["hosts"]] == HOSTS
    assert set(result["hosts"][0]) == {
        "host",
        "changed",
        "error",
        "undone",
        "attempts",
        "creates",
        "deletes",
        "written_since",
    }
    assert (result["undo"], "diff" in result) == ({}, False)
    found = kinds(trees)
    hosts, again = len(HOSTS), len(HOSTS) - means.BATCH
    assert (found["POST resource_providers"], found["POST reshaper"]) == (2 * hosts, hosts)
    assert result["api"]["writes"] == sum(number for kind, number in found.items() if not kind.startswith("GET"))
    assert result["api"]["writes"] == 3 * hosts
    # Every host is read before the first write; the second batch again, right before it is written; all once more, with their children.
    for what in ("inventories", "allocations", "traits", "aggregates"):
        assert found[f"GET resource_providers {what}"] == hosts + again + 3 * hosts
    assert found["GET allocations"] == 4 * (hosts + again) + 3 * hosts
    assert found["GET resource_providers"] == 4
    # Nova is asked once for each batch and each proof, whatever the number of hosts.
    lists = [path for _method, path, _body in trees.calls if path.startswith("/servers")]
    assert lists == ["/servers/detail"] * 4
    assert found["GET os-migrations"] == 2 * 12


def test_the_second_time_every_host_is_read_once(run_module: RunModule, trees: TreeCloud) -> None:
    reshape(run_module, *HOSTS, layout=LAYOUT)
    trees.calls.clear()
    again = reshape(run_module, *HOSTS, layout=LAYOUT, details=False)
    assert (again["changed"], again["api"]["writes"]) == (False, 0)
    found = kinds(trees)
    assert found["GET resource_providers inventories"] == 3 * len(HOSTS) + 3 * (len(HOSTS) - means.BATCH)
    assert found["GET os-migrations"] == 0


def test_one_host_that_fails_does_not_stop_the_proof_of_the_others(run_module: RunModule, trees: TreeCloud) -> None:
    """Its own batch is written and proved, and what comes after is not begun."""
    path = f"/resource_providers/{uuid_of('cmp3')}/traits"

    def hook(method: str, asked: str) -> None:
        trees.broken = {path: 500} if asked == path and trees.posts() else {}

    trees.before_request = hook
    result = reshape(run_module, *HOSTS, layout=LAYOUT, details=False)
    assert result["failed"]
    assert "The reshape of cmp3 did not end as it must: it cannot be read again." in result["msg"]
    errors = {item["host"]: item["error"] for item in result["hosts"]}
    assert [host for host in HOSTS[: means.BATCH] if errors[host]] == ["cmp3"]
    assert all("was not begun" in errors[host] for host in HOSTS[means.BATCH :])
    assert [item["changed"] for item in result["hosts"]] == [True] * means.BATCH + [False] * (len(HOSTS) - means.BATCH)
    assert result["msg"].endswith("18 other hosts failed as well, see hosts.")


def test_a_conflict_of_one_host_is_its_own(run_module: RunModule, trees: TreeCloud) -> None:
    left = [lambda: trees.trees.claim("new", {"cmp7": {"VCPU": 1}})]

    def hook(method: str, path: str) -> None:
        if (method, path) == ("POST", "/reshaper") and left:
            left.pop()()

    trees.before_request = hook
    result = reshape(run_module, *HOSTS[:10], layout=LAYOUT, details=False)
    assert not result.get("failed")
    assert sum(item["attempts"] for item in result["hosts"]) in (10, 11)


def test_a_host_that_goes_bad_between_plan_and_batch_stops_the_next_one_only(
    run_module: RunModule, trees: TreeCloud
) -> None:
    """The second batch is planned anew: one of its hosts has lost its place, the others of the batch are reshaped."""
    left = [lambda: trees.trees.report("cmp40", "VGPU", 7)]

    def hook(method: str, path: str) -> None:
        if (method, path) == ("POST", "/reshaper") and left:
            left.pop()()

    trees.before_request = hook
    result = reshape(run_module, *HOSTS, layout=LAYOUT, details=False)
    assert "cmp40 has 7" in result["msg"]
    errors = {item["host"]: item["error"] for item in result["hosts"]}
    assert [host for host in HOSTS if errors[host]] == ["cmp40"]
    assert [item["host"] for item in result["hosts"] if not item["changed"]] == ["cmp40"]


def test_the_undos_of_all_hosts_are_files(run_module: RunModule, tmp_path: Path) -> None:
    reshape(run_module, *HOSTS, layout=LAYOUT, details=False, undo_dir=str(tmp_path))
    assert sorted(path.name.partition(".")[0] for path in tmp_path.iterdir()) == sorted(HOSTS)
