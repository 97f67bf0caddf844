# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An upgrade that is refused, stopped by a broken host, mended, short of a server, and finished, on a cloud with one controller.

One host is spare, and all others are emptied as planned before they are upgraded. Molecule's scenario `single_controller` begins and
finishes it.
"""

from __future__ import annotations

import json
import socket
import time
from typing import Any

import pytest
from harness import state
from harness.cloud import Rehearsal
from harness.drains import concerned
from harness.runs import Run, Runs
from harness.scenarios import Scenario
from harness.servers import Servers

from ansible_collections.stackroll.nova.plugins.action.run_lock import place

pytestmark = pytest.mark.timeout(1200)
SHAPE = {"rehearsal_cloud_controllers": 1}

LOCK = "/var/lib/stackroll/lock.json"
DROP_IN = "/etc/systemd/system/nova-compute.service.d/broken-new-code.conf"
BROKEN = """[Service]
ExecStartPre=/bin/sh -c 'case "$(readlink /opt/nova)" in *2026.2*) echo "the new code cannot start here" >&2; exit 1;; esac'
"""

SPARE = "cmp1"
MORE = {"cmp3": 7, "cmp4": 8}  # servers beside those that each host has
PARKED = "parked-1"
EMPTY_ALL: dict[str, Any] = {
    "nova_compute_mode": "drain",
    "nova_compute_max_unavailable": 1,
    "nova_compute_keep_zones": False,
    "nova_compute_park": ["suspend"],
    "nova_compute_policy": [{"server": PARKED, "steps": ["suspend"]}],
    "nova_compute_may_stay": ["error", "rescued", "shelved", "soft-delete"],
}
MOVES = """
    SELECT instance_uuid AS server, source_compute AS `from`, dest_compute AS `to` FROM migrations
    WHERE migration_type IN ('live-migration', 'migration') AND status IN ('completed', 'confirmed', 'finished')
    AND created_at >= FROM_UNIXTIME({since})
"""


@pytest.fixture(scope="module")
def scenario(cloud: Rehearsal) -> Scenario:
    """Return the scenario, ready to converge."""
    return Scenario("single_controller")


@pytest.fixture(scope="module", autouse=True)
def one_run(scenario: Scenario, runs: Runs) -> None:
    """Let all these playbooks belong to the scenario's run."""
    runs.run_dir = scenario.run_dir


def put_lock(cloud: Rehearsal, owner: str) -> None:
    """Leave the lock of some other run on the first control host."""
    now = time.time()
    holder = {"owner": owner, "run_id": "0badc0de", "since": now - 60, "touched": now}
    cloud.write(cloud.controls[0], LOCK, json.dumps(holder))


def test_computes_before_the_control_plane_are_refused(cloud: Rehearsal, runs: Runs) -> None:
    """The computes playbook alone, on a cloud whose control plane is old, touches no host."""
    before = state.fingerprint(cloud)
    run = runs.playbook("computes").expect(rc=1)
    assert "control plane" in run.failures.lower()
    assert cloud.writes(run.started) == []
    assert state.fingerprint(cloud) == before


def test_the_lock_of_another_run_is_respected(cloud: Rehearsal, runs: Runs) -> None:
    """A run of another controller that is alive keeps us out, and is named."""
    put_lock(cloud, "bastion-two:4242:88123:0123abcd")
    try:
        run = runs.playbook("preflight").expect(rc=1)
    finally:
        cloud.ssh(cloud.controls[0], "rm", "-f", LOCK)
    assert "0badc0de" in run.failures
    assert "bastion-two" in run.failures
    assert cloud.writes(run.started) == []


def main_process(cloud: Rehearsal, host: str) -> str:
    """Return the number of the process that is nova-compute there."""
    return cloud.ssh(host, "systemctl", "show", "-P", "MainPID", "nova-compute")


@pytest.fixture(scope="module")
def servers_before(cloud: Rehearsal) -> dict[str, tuple[Any, ...]]:
    """Return the servers before anything was upgraded: none on the spare host, none that is tied to a host, zone or strict group."""
    servers = Servers(cloud)
    found = state.servers(cloud)
    tied = {uuid for uuid, row in found.items() if row[2] == "resized" or row[1].startswith(("zoned", "spread"))}
    servers.delete(tied | concerned(cloud, (SPARE,)))
    for host, number in MORE.items():
        servers.create([f"more-{host}-{index}" for index in range(number)], host)
    servers.create([PARKED], "cmp4")
    return state.servers(cloud)


@pytest.fixture(scope="module")
def plan(runs: Runs, servers_before: dict[str, tuple[Any, ...]]) -> dict[str, Any]:
    """Return the plan of the whole roll, as an operator makes it the day before."""
    return runs.playbook("plan", **EMPTY_ALL).expect().plan


@pytest.fixture(scope="module")
def broken(plan: dict[str, Any]) -> str:
    """Return the host of the second wave, whose new code does not start."""
    assert plan["waves"][0]["hosts"] == [SPARE], "the host that is empty already"
    return str(plan["waves"][1]["hosts"][0])


def wherever(servers: dict[str, tuple[Any, ...]]) -> dict[str, tuple[Any, ...]]:
    """All of servers but their hosts."""
    return {uuid: row[:-1] for uuid, row in servers.items()}


@pytest.fixture(scope="module")
def stopped(cloud: Rehearsal, runs: Runs, plan: dict[str, Any], broken: str) -> Run:
    """Return a run by that plan in which the new code of a host does not start. A run that was killed has left its lock."""
    kept = runs.run_dir.with_name("plan.json")
    kept.write_text(json.dumps(plan), encoding="utf-8")
    cloud.write(broken, DROP_IN, BROKEN)
    cloud.ssh(broken, "systemctl", "daemon-reload")
    put_lock(cloud, f"{socket.gethostname()}:4194303:1:{place()}")
    return runs.playbook("upgrade", stackroll_plan_file=str(kept), **EMPTY_ALL)


def test_the_lock_of_a_dead_run_is_taken_over(stopped: Run) -> None:
    """A run of this controller that was killed does not block the next one."""
    results = {phase["name"]: phase["result"] for phase in stopped.report["phases"]}
    assert (results["preflight"], results["control_plane"]) == ("success", "success")


def test_a_broken_host_stops_the_run(
    cloud: Rehearsal, servers_before: dict[str, tuple[Any, ...]], broken: str, stopped: Run
) -> None:
    """The run fails and names the host; what came after it was not begun."""
    stopped.expect(rc=1)
    assert broken in stopped.failures
    versions = state.compute_versions(cloud)
    assert versions == {host: 74 if host == SPARE else 72 for host in cloud.computes}
    for host in set(cloud.computes) - {SPARE, broken}:
        assert cloud.ssh(host, "systemctl", "is-active", "nova-compute").strip() == "active"
    after = state.servers(cloud)
    assert wherever(after) == wherever(servers_before)
    moved = {uuid for uuid, row in after.items() if row[-1] != servers_before[uuid][-1]}
    assert {servers_before[uuid][-1] for uuid in moved} == {broken}


def test_the_broken_host_is_disabled_and_claimed(cloud: Rehearsal, broken: str, stopped: Run) -> None:
    """Exactly the broken host stays out of scheduling, with our mark on it."""
    run_id = stopped.report["run_id"]
    assert list(state.claims(cloud)) == [broken]
    assert state.claims(cloud)[broken].startswith(f"stackroll:{run_id}:{broken}")


def test_the_report_names_the_broken_host(broken: str, stopped: Run) -> None:
    """The report tells of the failure and of the host's state."""
    assert stopped.report["result"] == "failed"
    assert broken in json.dumps(stopped.report["failures"])
    results = {host["name"]: host["result"] for host in stopped.report["hosts"]}
    assert results[broken] == "failed"


def test_the_computes_go_on_after_the_mending(  # noqa: PLR0917  # a story with many parts
    cloud: Rehearsal,
    runs: Runs,
    servers_before: dict[str, tuple[Any, ...]],
    plan: dict[str, Any],
    broken: str,
    stopped: Run,
) -> None:
    """The playbook of the phase that failed, alone, does the hosts that are left, and only those, by a plan of its own."""
    cloud.ssh(broken, "rm", "-f", DROP_IN)
    cloud.ssh(broken, "systemctl", "daemon-reload")
    process = main_process(cloud, SPARE)

    run = runs.playbook("computes", **EMPTY_ALL).expect()

    assert state.compute_versions(cloud) == dict.fromkeys(cloud.computes, 74)
    assert state.claims(cloud) == {}
    assert state.disabled_providers(cloud) == []
    assert main_process(cloud, SPARE) == process
    after = state.servers(cloud)
    assert wherever(after) == wherever(servers_before), "nothing else of a server may change, of parked ones neither"
    parked = {one["name"] for event in journal(run) if event["event"] == "servers_parked" for one in event["servers"]}
    assert parked == {PARKED}
    planned = [moves_of(plan, broken), moves_of(run.plan)]
    made = {row["server"]: (row["from"], row["to"]) for row in moves_made(cloud, stopped)}
    assert made == {**planned[0], **planned[1]}, "every server went where the plans say"
    assert {uuid for uuid, row in after.items() if row[-1] != servers_before[uuid][-1]} == set(made)


def test_every_server_was_moved_once(cloud: Rehearsal, stopped: Run) -> None:
    """Although the roll was interrupted; by Nova's own records of migrations."""
    servers = [row["server"] for row in moves_made(cloud, stopped)]
    assert len(servers) == len(set(servers)) >= 24


def moves_made(cloud: Rehearsal, since: Run) -> list[dict[str, Any]]:
    """Return the moves that Nova has recorded since a run began."""
    return state.query(cloud, "nova_cell1", MOVES.format(since=int(since.started)))


def moves_of(plan: dict[str, Any], *hosts: str) -> dict[str, tuple[str, str]]:
    """Return from where to where a plan moves each server, of some hosts or of all."""
    moves = [move for wave in plan["waves"] for move in wave["moves"]]
    return {move["server"]: (move["from"], move["to"]) for move in moves if not hosts or move["from"] in hosts}


def journal(run: Run) -> list[dict[str, Any]]:
    """Return what the journal says."""
    return [json.loads(line) for line in (run.run_dir / "journal.jsonl").read_text(encoding="utf-8").splitlines()]


def test_a_lost_server_is_reported(
    cloud: Rehearsal, runs: Runs, servers_before: dict[str, tuple[Any, ...]], stopped: Run
) -> None:
    """A server that was there in the beginning and is not in the end fails the run, by name."""
    victim = sorted(row[:2] for row in servers_before.values() if row[2] == "active")[0]
    with state.lost(cloud, victim[0]):
        run = runs.playbook("finalize").expect(rc=1)
    assert victim[1] in run.failures
    assert run.report["result"] == "failed"
    assert len(run.report["servers"]["lost"]) == 1
    assert victim[0] in str(run.report["servers"]["lost"])


def test_the_same_command_again_finishes_the_run(
    cloud: Rehearsal, scenario: Scenario, servers_before: dict[str, tuple[Any, ...]], broken: str, stopped: Run
) -> None:
    """With the server back, the whole upgrade once more ends the run that began before the failures."""
    run = scenario.step("converge")
    assert run.report["run_id"] == stopped.report["run_id"]
    assert run.report["result"] == "success"
    assert (run.report["servers"]["lost"], run.report["servers"]["changed"]) == ([], [])
    assert run.report["servers"]["moved"] >= 24
    assert run.report["servers"]["moves_per_server_max"] == 1
    stories = {host["name"]: [span["state"] for span in host["timeline"]] for host in run.report["hosts"]}
    assert sorted(name for name, states in stories.items() if "draining" in states) == cloud.computes
    hosts = {host["name"]: host for host in run.report["hosts"]}
    assert (hosts[broken]["service_version_before"], hosts[broken]["service_version_after"]) == (72, 74)
    assert wherever(state.servers(cloud)) == wherever(servers_before)
    scenario.step("verify")
