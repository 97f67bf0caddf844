# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Flat providers become trees while servers use them: looked at, done without any API, undone, tried in vain, and in the roll.

The hosts' virt driver reports CUSTOM_GPU on the root in the old release and on children in the new one. On two hosts it ends when the
root is still in use then (our module has to reshape before), on the third it reshapes by itself. The fourth splits into NUMA nodes.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from harness import layouts, state, trees
from harness.cloud import Rehearsal
from harness.commands import account
from harness.living import in_a_living_cloud
from harness.runs import Run, Runs
from harness.servers import Servers
from harness.synthetic_trees import Forest
from harness.trees import reshape

pytestmark = pytest.mark.timeout(1200)
SERVERS_DO_NOT_MATTER = True

FIRST, SECOND, THIRD, NUMA = "cmp1", "cmp2", "cmp3", "cmp4"
GPUS = (FIRST, SECOND, THIRD)
CARDS = {"gpu0": {"CUSTOM_GPU": 2}, "gpu1": {"CUSTOM_GPU": 2}}
NODES = {"numa0": {"VCPU": 16, "MEMORY_MB": 32768}, "numa1": {"VCPU": 16, "MEMORY_MB": 32768}}
FLAT: dict[str, Any] = {"extra": {"CUSTOM_GPU": 4}, "children": CARDS, "nested_from": 34, "kind": "nested"}
LAYOUT = {
    "children": [{"name": f"{{root}}_{suffix}", "inventories": found} for suffix, found in CARDS.items()],
    "assignment": "spread",
}
NUMA_LAYOUT = {"preset": "numa", "cells": 2, "resource_classes": ["VCPU", "MEMORY_MB"]}
APIS = ("nova-api", "placement-api", "nova-conductor", "nova-scheduler")
PERIOD = 30  # update_resources_interval of the rehearsal cloud


@pytest.fixture(scope="module")
def servers(cloud: Rehearsal) -> Servers:
    """Return servers that use the flat classes, three on each host."""
    found = Servers(cloud)
    found.delete(found.all())
    layouts.write(cloud, FIRST, SECOND, **FLAT)
    layouts.write(cloud, THIRD, **{**FLAT, "kind": "reshape"})
    layouts.write(cloud, NUMA, children=NODES, nested_from=34, kind="nested")
    layouts.restart(cloud, *GPUS, NUMA)
    layouts.wait(cloud, *GPUS, **FLAT)
    found.make_flavor("gpu", CUSTOM_GPU=1)
    for host in GPUS:
        made = found.create([f"{host}-gpu-{number}" for number in range(3)], host, "gpu")
        found.act(made[:1], {"os-stop": None}, "SHUTOFF")
        found.act(made[1:2], {"pause": None}, "PAUSED")
    found.create([f"{NUMA}-{number}" for number in range(3)], NUMA)
    return found


@pytest.fixture(scope="module")
def before(cloud: Rehearsal, servers: Servers) -> dict[str, tuple[Any, ...]]:
    """Return the servers as they are when all is set."""
    return state.servers(cloud)


def test_check_shows_body_and_diff_and_writes_nothing(cloud: Rehearsal, before: dict[str, tuple[Any, ...]]) -> None:
    """--check --diff of the module."""
    there = trees.rows(cloud, *GPUS)
    done = reshape(*GPUS, check=True, layout=LAYOUT, nova_wants_layout=True).expect()
    assert cloud.requests(done.started)
    assert cloud.writes(done.started) == []
    assert trees.rows(cloud, *GPUS) == there
    for host in done.result["hosts"]:
        assert host["creates"] == [f"{host['host']}_{suffix}" for suffix in CARDS]
        assert len(host["body"]["inventories"]) == 3
        assert len(host["body"]["allocations"]) == 3
        assert {move["resource_class"] for move in host["moves"]} == {"CUSTOM_GPU"}
    assert f"+  {FIRST}_gpu0" in done.output
    assert set(done.result["undo"]) == set(GPUS)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"children": [{"name": "{root}_x", "inventories": {"NO_SUCH": 1}}]}, "NO_SUCH"),
        (
            {"children": [{"name": "{root}_x", "inventories": {"CUSTOM_GPU": 3}}], "root": {"CUSTOM_GPU": 2}},
            "CUSTOM_GPU",
        ),
        ({"children": [{"name": "a", "parent": "b"}, {"name": "b", "parent": "a"}]}, "circle"),
        ({"children": [{"name": "a"}, {"name": "a"}]}, "more than once"),
        ({"children": [{"name": "a", "inventories": {"CUSTOM_GPU": -1}}]}, "-1"),
        ({**LAYOUT, "assignment": {"map": {"nobody": "{root}_gpu0"}}}, "nobody"),
    ],
)
def test_bad_layouts_are_refused(cloud: Rehearsal, servers: Servers, wrong: dict[str, Any], said: str) -> None:
    """Each in one sentence, before any write."""
    done = reshape(FIRST, layout=wrong, nova_wants_layout=True).expect(rc=1)
    assert said in done.message
    assert "Traceback" not in done.output
    assert cloud.writes(done.started) == []


def test_a_compute_node_needs_the_word_that_nova_wants_it(cloud: Rehearsal, servers: Servers) -> None:
    """Without nova_wants_layout nothing happens to a host of Nova."""
    done = reshape(FIRST, layout=LAYOUT).expect(rc=1)
    assert "nova_wants_layout" in done.message
    assert cloud.writes(done.started) == []


def test_the_role_that_is_missing_is_named(cloud: Rehearsal, servers: Servers) -> None:
    """An administrator may not reshape; nothing is left behind."""
    there = trees.rows(cloud, FIRST)
    done = reshape(FIRST, layout=LAYOUT, nova_wants_layout=True, cloud="rehearsal").expect(rc=1)
    assert "role service" in done.message
    assert trees.rows(cloud, FIRST) == there
    assert layouts.offered(cloud, FIRST) == layouts.expected(FIRST, FLAT, 33)


def test_a_shape_that_nova_does_not_report_is_undone(cloud: Rehearsal, before: dict[str, tuple[Any, ...]]) -> None:
    """nova-compute puts the class back on the root; the watch finds that out, and nothing is doubled in the end."""
    there = trees.rows(cloud, FIRST)
    result = reshape(FIRST, layout=LAYOUT, nova_wants_layout=True).expect().result
    layouts.systemctl(cloud, "restart", [FIRST])  # or it believes for minutes what it has read before
    watched = reshape(
        FIRST,
        state="held",
        layout=LAYOUT,
        before=[host["before"] for host in result["hosts"]],
        undo=result["undo"],
        period=PERIOD,
    ).expect(rc=1)
    assert "does not keep its shape" in watched.message
    assert "undone" in watched.message
    assert trees.rows(cloud, FIRST) == there
    assert state.servers(cloud) == before


@pytest.fixture(scope="module")
def offline(cloud: Rehearsal, runs: Runs, before: dict[str, tuple[Any, ...]]) -> dict[str, Any]:
    """Reshape three hosts with every API stopped, then start code that wants it so; returns what stood there before."""
    there = trees.rows(cloud, *GPUS)
    trees.describe(cloud, *GPUS, stackroll_reshape_layout=LAYOUT)
    trees.describe(cloud, NUMA, stackroll_reshape_layout=NUMA_LAYOUT)
    layouts.systemctl(cloud, "stop", GPUS)
    for host in cloud.controls:
        cloud.ssh(host, "systemctl", "stop", *APIS)
    try:
        run = runs.playbook("reshape_offline", limit=",".join(GPUS)).expect()
    finally:
        for host in cloud.controls:
            cloud.ssh(host, "systemctl", "start", *APIS)
    layouts.write(cloud, *GPUS, **{**FLAT, "nested_from": 33})
    layouts.restart(cloud, *GPUS, how="start")
    layouts.wait(cloud, *GPUS, **{**FLAT, "nested_from": 33})
    return {"run": run, "rows": there}


def test_offline_with_all_apis_stopped(
    cloud: Rehearsal, before: dict[str, tuple[Any, ...]], offline: dict[str, Any]
) -> None:
    """The code that wants the tree finds it; nobody has moved, everybody holds what it held."""
    assert state.servers(cloud) == before
    sums: dict[tuple[str, str], int] = {}
    for row in offline["rows"]["allocations"]:
        key = (row["consumer_id"], row["resource_class"])
        sums[key] = sums.get(key, 0) + row["used"]
    assert trees.held(cloud, *GPUS) == sums
    assert cloud.requests(offline["run"].started) == []


def test_undo_restores_every_byte(cloud: Rehearsal, offline: dict[str, Any], runs: Runs) -> None:
    """What was kept on the Placement host before the reshape restores inventories, traits and allocations."""
    layouts.systemctl(cloud, "stop", GPUS)
    layouts.write(cloud, FIRST, SECOND, **FLAT)
    layouts.write(cloud, THIRD, **{**FLAT, "kind": "reshape"})
    undo = {host: undo_of(cloud, host) for host in GPUS}
    reshape(*GPUS, state="undone", undo=undo, nova_wants_layout=True).expect()
    assert trees.rows(cloud, *GPUS) == offline["rows"]
    again = reshape(*GPUS, state="undone", undo=undo, nova_wants_layout=True).expect()
    assert not again.result["changed"]
    layouts.restart(cloud, *GPUS, how="start")


def undo_of(cloud: Rehearsal, host: str) -> Any:
    """Return the undo that a Placement host has kept."""
    words = f"cat $(ls /var/lib/stackroll/undo/{host}.*.json | tail -1)"
    return json.loads(cloud.ssh(cloud.controls[0], "sh", "-c", words))


@pytest.fixture(scope="module")
def rolled(cloud: Rehearsal, runs: Runs, before: dict[str, tuple[Any, ...]], offline: dict[str, Any]) -> Run:
    """Roll all hosts to the code that wants trees, in one wave."""
    trees.describe(cloud, FIRST, SECOND, stackroll_reshape="module", stackroll_reshape_layout=LAYOUT)
    trees.describe(cloud, THIRD, stackroll_reshape="driver")
    trees.describe(cloud, NUMA, stackroll_reshape="module", stackroll_reshape_layout=NUMA_LAYOUT)
    trees.describe(cloud, *cloud.computes, stackroll_reshape_cloud=trees.SERVICE)
    runs.fresh("roll")
    return runs.playbook("upgrade", nova_compute_canary=0, nova_compute_max_unavailable=4)


def test_the_roll_reshapes_in_place(cloud: Rehearsal, before: dict[str, tuple[Any, ...]], rolled: Run) -> None:
    """Trees are nested, no server has moved or stopped, everything adds up."""
    rolled.expect()
    assert {row["version"] for row in state.services(cloud)} == {74}
    assert state.servers(cloud) == before
    for host in GPUS:
        assert layouts.offered(cloud, host) == layouts.expected(host, FLAT, 34)
    assert layouts.offered(cloud, NUMA) == layouts.expected(NUMA, {"children": NODES}, 34)
    assert state.claims(cloud) == {}
    assert rolled.report["servers"]["changed"] == []
    account(cloud)


def test_the_cloud_goes_on_working(cloud: Rehearsal, servers: Servers, rolled: Run) -> None:
    """New servers find their place in the trees, and old ones leave them."""
    made = [*servers.create(["late-gpu"], FIRST, "gpu"), *servers.create(["late"], NUMA)]
    servers.delete(made)
    old = [uuid for uuid, row in state.servers(cloud).items() if row[0] == f"{SECOND}-gpu-2"]
    servers.delete(old)
    assert not any(row["consumer_id"] in (*made, *old) for row in trees.rows(cloud, *cloud.computes)["allocations"])


def test_many_reshapes_while_servers_come_and_go(cloud: Rehearsal, rolled: Run) -> None:
    """Nothing is lost or doubled; the bench does it with more."""
    assert in_a_living_cloud(cloud, trees=40, rate=2).lost == 0
    assert Forest(cloud.description["databases"]["placement"]).audit().consumers == 0
