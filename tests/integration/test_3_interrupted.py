# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An upgrade that is refused, stopped by a broken host, mended, short of a server, and finished, on a cloud with one controller.

One of its hosts is emptied before it is upgraded. Molecule's scenario `single_controller` begins and finishes it.
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

EMPTIED = "cmp4"
EMPTY_IT: dict[str, Any] = {
    "nova_compute_mode": f"{{{{ 'drain' if inventory_hostname == '{EMPTIED}' else 'in_place' }}}}",
    "nova_compute_park": ["suspend"],
    "nova_compute_may_stay": ["error", "paused", "rescued", "shelved", "soft-delete"],
}


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


def test_the_lock_of_a_dead_run_is_taken_over(cloud: Rehearsal, runs: Runs) -> None:
    """A run of this controller that was killed does not block the next one."""
    put_lock(cloud, f"{socket.gethostname()}:4194303:1:{place()}")
    run = runs.playbook("preflight").expect()
    assert cloud.writes(run.started) == []


def main_process(cloud: Rehearsal, host: str) -> str:
    """Return the number of the process that is nova-compute there."""
    return cloud.ssh(host, "systemctl", "show", "-P", "MainPID", "nova-compute")


@pytest.fixture(scope="module")
def servers_before(cloud: Rehearsal) -> dict[str, tuple[Any, ...]]:
    """Return the servers before anything was upgraded. Those whose resize ties them to the host that is to be empty are gone."""
    tied = {uuid for uuid, row in state.servers(cloud).items() if row[2] == "resized"} & concerned(cloud, (EMPTIED,))
    Servers(cloud).delete(tied)
    return state.servers(cloud)


def wherever(servers: dict[str, tuple[Any, ...]]) -> dict[str, tuple[Any, ...]]:
    """All of servers but their hosts."""
    return {uuid: row[:-1] for uuid, row in servers.items()}


@pytest.fixture(scope="module")
def stopped(cloud: Rehearsal, runs: Runs, servers_before: dict[str, tuple[Any, ...]]) -> Run:
    """Return a run in which the new code of cmp2 does not start."""
    cloud.write("cmp2", DROP_IN, BROKEN)
    cloud.ssh("cmp2", "systemctl", "daemon-reload")
    return runs.playbook("upgrade")


def test_a_broken_host_stops_the_run(
    cloud: Rehearsal, servers_before: dict[str, tuple[Any, ...]], stopped: Run
) -> None:
    """The run fails and names the host; what came after it was not begun."""
    stopped.expect(rc=1)
    assert "cmp2" in stopped.failures
    versions = state.compute_versions(cloud)
    assert versions["cmp2"] == 72
    untouched = [host for host, version in versions.items() if version == 72 and host != "cmp2"]
    assert untouched, "later waves must not have been started"
    for host in untouched:
        assert cloud.ssh(host, "systemctl", "is-active", "nova-compute").strip() == "active"
    assert state.servers(cloud) == servers_before


def test_the_broken_host_is_disabled_and_claimed(cloud: Rehearsal, stopped: Run) -> None:
    """Exactly the broken host stays out of scheduling, with our mark on it."""
    run_id = stopped.report["run_id"]
    assert list(state.claims(cloud)) == ["cmp2"]
    assert state.claims(cloud)["cmp2"].startswith(f"stackroll:{run_id}:cmp2")


def test_the_report_names_the_broken_host(stopped: Run) -> None:
    """The report tells of the failure and of the host's state."""
    assert stopped.report["result"] == "failed"
    assert "cmp2" in json.dumps(stopped.report["failures"])
    results = {host["name"]: host["result"] for host in stopped.report["hosts"]}
    assert results["cmp2"] == "failed"


def test_the_computes_go_on_after_the_mending(
    cloud: Rehearsal, runs: Runs, servers_before: dict[str, tuple[Any, ...]], stopped: Run
) -> None:
    """The playbook of the phase that failed, alone, does the hosts that are left, and only those. One of them is emptied first."""
    cloud.ssh("cmp2", "rm", "-f", DROP_IN)
    cloud.ssh("cmp2", "systemctl", "daemon-reload")
    done = [host for host, version in state.compute_versions(cloud).items() if version == 74]
    processes = {host: main_process(cloud, host) for host in done}

    run = runs.playbook("computes", **EMPTY_IT).expect()

    assert state.compute_versions(cloud) == dict.fromkeys(cloud.computes, 74)
    assert state.claims(cloud) == {}
    assert state.disabled_providers(cloud) == []
    assert {host: main_process(cloud, host) for host in done} == processes
    after = state.servers(cloud)
    assert wherever(after) == wherever(servers_before), "nothing else of a server may change, of parked ones neither"
    moved = {uuid for uuid, row in after.items() if row[-1] != servers_before[uuid][-1]}
    assert {servers_before[uuid][-1] for uuid in moved} == {EMPTIED}
    parked = [event for event in journal(run) if event["event"] == "servers_parked"]
    assert parked, "a server of a strict group cannot leave, so it has to be suspended"


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
    cloud: Rehearsal, scenario: Scenario, servers_before: dict[str, tuple[Any, ...]], stopped: Run
) -> None:
    """With the server back, the whole upgrade once more ends the run that began before the failures."""
    run = scenario.step("converge")
    assert run.report["run_id"] == stopped.report["run_id"]
    assert run.report["result"] == "success"
    assert (run.report["servers"]["lost"], run.report["servers"]["changed"]) == ([], [])
    assert run.report["servers"]["moved"] > 0
    stories = {host["name"]: [span["state"] for span in host["timeline"]] for host in run.report["hosts"]}
    assert [name for name, states in stories.items() if "draining" in states] == [EMPTIED]
    hosts = {host["name"]: host for host in run.report["hosts"]}
    assert (hosts["cmp2"]["service_version_before"], hosts["cmp2"]["service_version_after"]) == (72, 74)
    assert wherever(state.servers(cloud)) == wherever(servers_before)
    scenario.step("verify")
