# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An upgrade that is taken back half way: a compute host first, then the control plane, unless newer services have stored something."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

import pytest
from harness import state
from harness.clients import Clients, Phase
from harness.cloud import Rehearsal
from harness.runs import OUTPUT, Run, Runs
from harness.servers import Servers
from harness.standing import Left

pytestmark = pytest.mark.timeout(1200)
LEAVES = Left.AS_IT_WAS  # but for the schemas, which have no way back

OLD_RELEASE = "2026.1"
GUINEA_PIG = "cmp1"
RECORDING = OUTPUT / "test_2_rollback" / "clients.jsonl"
VERSIONS = "SELECT host, `binary`, version FROM services WHERE deleted = 0 AND `binary` <> 'nova-metadata'"


def back(runs: Runs, **options: Any) -> Run:
    """Go back to the old release, as far as the options say."""
    return runs.playbook("rollback", stackroll_target_release=OLD_RELEASE, **options)


def versions(cloud: Rehearsal) -> dict[str, int]:
    """Return the version in every service record, of both cells."""
    rows = [row for cell in ("nova_cell0", "nova_cell1") for row in state.query(cloud, cell, VERSIONS)]
    return {f"{row['binary']} {row['host']}": row["version"] for row in rows}


@dataclass(frozen=True)
class Before:
    """The cloud before anything was upgraded."""

    versions: dict[str, int]
    servers: dict[str, tuple[Any, ...]]
    links: dict[str, str]


@pytest.fixture(scope="module")
def before(cloud: Rehearsal) -> Before:
    """Return the cloud as it was."""
    return Before(versions(cloud), state.servers(cloud), state.fingerprint(cloud).links)


@pytest.fixture(scope="module")
def half(runs: Runs, before: Before) -> Run:
    """Upgrade the control plane and one compute host."""
    runs.playbook("control_plane").expect()
    return runs.playbook("computes", limit=GUINEA_PIG).expect()


def test_the_control_plane_waits_for_the_computes(cloud: Rehearsal, runs: Runs, half: Run) -> None:
    """A newer compute beside older conductors puts servers in ERROR, so nothing is touched."""
    print_before = state.fingerprint(cloud)
    run = back(runs, limit="ctl*,infra").expect(rc=1)
    assert f"newer than {OLD_RELEASE}: nova-compute on {GUINEA_PIG}" in run.failures
    assert cloud.writes(run.started) == []
    assert state.fingerprint(cloud) == print_before


def test_a_compute_host_goes_back_alone(cloud: Rehearsal, runs: Runs, before: Before, half: Run) -> None:
    """Its service reports the old version again, it is enabled, and its servers are what they were."""
    assert state.compute_versions(cloud)[GUINEA_PIG] == 74
    controllers = {host: state.fingerprint(cloud).units[host] for host in cloud.controls}
    run = back(runs, limit=GUINEA_PIG).expect()
    assert state.compute_versions(cloud) == dict.fromkeys(cloud.computes, 72)
    assert state.claims(cloud) == {}
    assert state.disabled_providers(cloud) == []
    assert state.servers(cloud) == before.servers
    assert {host: state.fingerprint(cloud).units[host] for host in cloud.controls} == controllers
    assert run.report["result"] == "success"
    assert run.report["way_back"] == []


def test_what_newer_services_have_stored_is_in_the_way(cloud: Rehearsal, runs: Runs, before: Before, half: Run) -> None:
    """A server that was built meanwhile is named, and everything runs on as it is."""
    servers = Servers(cloud)
    (made,) = servers.create(["built-by-the-new-services"])
    print_before = state.fingerprint(cloud)
    try:
        run = back(runs).expect(rc=1)
        assert f"request_specs of server {made} in nova_api holds ImageMetaProps 1.44" in run.failures
        assert state.fingerprint(cloud) == print_before
    finally:
        servers.delete([made])


@dataclass(frozen=True)
class Returned:
    """The run that went back, and what clients have seen of it."""

    run: Run
    seen: dict[str, Any]


@pytest.fixture(scope="module")
def returned(cloud: Rehearsal, runs: Runs, half: Run) -> Returned:
    """Go back beside clients that build nothing."""
    with Clients(RECORDING, rate=5, boot_every=0) as beside:
        time.sleep(5)
        start = time.time()
        run = back(runs).expect()
        return Returned(run, beside.stop([Phase("rollback", start, time.time())]))


def test_everything_is_as_it_was(cloud: Rehearsal, before: Before, returned: Returned) -> None:
    """Every service runs the old code, says so in its record, and every server is what it was."""
    assert versions(cloud) == before.versions
    assert state.fingerprint(cloud).links == before.links
    assert state.servers(cloud) == before.servers
    assert (returned.run.report["result"], returned.run.report["way_back"]) == ("success", [])


def test_no_client_notices_the_way_back(returned: Returned) -> None:
    """Requests wait while all controllers stop; none fails."""
    seen = returned.seen
    (during,) = seen["phases"]
    assert (seen["failures"], seen["failed"]) == (0, [])
    assert during["requests"] > 20
    journal = (returned.run.run_dir / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    held = [event for event in map(json.loads, journal) if event["event"] == "requests_held"]
    assert [(event["api"], event["cause"], event["failed"]) for event in held] == [("compute", "asked", 0)]


def test_the_old_services_build_servers_again(cloud: Rehearsal, returned: Returned) -> None:
    """Boot, stop, start and migrate go through API, conductor and scheduler of the old release."""
    servers = Servers(cloud)
    made = servers.create(["built-by-the-old-services"])
    try:
        servers.act(made, {"os-stop": None}, "SHUTOFF")
        servers.act(made, {"migrate": None}, "VERIFY_RESIZE")
        servers.act(made, {"confirmResize": None}, "SHUTOFF")
    finally:
        servers.delete(made)


def test_there_is_nothing_left_to_take_back(cloud: Rehearsal, runs: Runs, returned: Returned) -> None:
    """The same command again changes nothing."""
    print_before = state.fingerprint(cloud)
    run = back(runs).expect()
    assert cloud.writes(run.started) == []
    assert state.fingerprint(cloud) == print_before
