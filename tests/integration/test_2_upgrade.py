# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole upgrade with one command: looked at, done, and once more, as molecule's scenarios `check_mode` and `default` do it.

Beside the one that does it, clients ask the APIs and boot servers all the time.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from harness import clients, state
from harness.clients import Clients, Phase
from harness.cloud import Rehearsal
from harness.runs import OUTPUT, Run, Runs
from harness.scenarios import Scenario

pytestmark = pytest.mark.timeout(1200)

RECORDING = OUTPUT / "test_2_upgrade" / "clients.jsonl"
RATE, BOOT_EVERY = 5, 5
CONTROL_UNITS = ("placement-api", "nova-api", "nova-conductor", "nova-scheduler")
DROP_IN = "/etc/systemd/system/nova-api.service.d/broken-new-code.conf"
BROKEN = "[Service]\nEnvironment=OS_NOVA_CONFIG_FILES=nowhere.conf\n"
SECONDS_BEFORE, SECONDS_AFTER = 15, 10
CANNOT_READ = ("IncompatibleObjectVersion", "Number of call queues")


def test_check_mode_writes_nothing(cloud: Rehearsal) -> None:
    """--check of the whole run, as molecule's scenario does it, tells what would change and changes nothing."""
    scenario = Scenario("check_mode")
    before = state.fingerprint(cloud)
    run = scenario.step("check")
    assert cloud.requests(run.started)
    assert cloud.writes(run.started) == []
    assert state.fingerprint(cloud) == before
    assert set(cloud.computes) <= set(run.changed), "every compute host would change"
    assert not (run.run_dir / "report.json").exists(), "a look is not the report of a run"
    scenario.step("verify")


@pytest.fixture(scope="module")
def servers_before(cloud: Rehearsal) -> dict[str, tuple[Any, ...]]:
    """Return the servers before the upgrade."""
    return state.servers(cloud)


@pytest.fixture(scope="module")
def scenario(cloud: Rehearsal) -> Scenario:
    """Return the scenario, ready to converge."""
    return Scenario("default")


@dataclass(frozen=True)
class Attempt:
    """A run that was to fail, and the processes of the controllers' services before and after it."""

    run: Run
    before: dict[tuple[str, str], str]
    after: dict[tuple[str, str], str]


@dataclass(frozen=True)
class Watched:
    """The runs of an upgrade, the last one of which has finished it, and what clients have seen of all of them."""

    out_of_reach: Attempt
    not_back: Attempt
    run: Run
    seen: dict[str, Any]


def attempt(cloud: Rehearsal, runs: Runs, **variables: Any) -> Attempt:
    """Run the control plane's playbook, which must fail."""
    before = processes(cloud)
    run = runs.playbook("control_plane", **variables).expect(rc=1)
    return Attempt(run, before, processes(cloud))


def processes(cloud: Rehearsal) -> dict[tuple[str, str], str]:
    """Return the main process of every service on the controllers, by host and unit."""
    show = ("systemctl", "show", "--property=MainPID", "--value")
    return {(host, unit): cloud.ssh(host, *show, unit).strip() for host in cloud.controls for unit in CONTROL_UNITS}


@contextmanager
def new_api_broken(cloud: Rehearsal, host: str) -> Iterator[None]:
    """Let nova-api of one controller not start with the new code."""
    cloud.write(host, DROP_IN, BROKEN)
    cloud.ssh(host, "systemctl", "daemon-reload")
    try:
        yield
    finally:
        cloud.ssh(host, "rm", DROP_IN)
        cloud.ssh(host, "systemctl", "daemon-reload")


@pytest.fixture(scope="module")
def watched(cloud: Rehearsal, runs: Runs, scenario: Scenario, servers_before: dict[str, tuple[Any, ...]]) -> Watched:
    """Return the runs that have upgraded the cloud, beside clients that were there before and are gone when this returns."""
    with Clients(RECORDING, rate=RATE, boot_every=BOOT_EVERY) as beside:
        time.sleep(SECONDS_BEFORE)
        start = time.time()
        out_of_reach = attempt(cloud, runs, stackroll_haproxy_socket="/run/haproxy/nowhere.sock")
        with new_api_broken(cloud, cloud.controls[0]):
            not_back = attempt(cloud, runs, nova_control_up_timeout=10)
        run = scenario.step("converge")
        phase = Phase("upgrade", start, time.time())
        time.sleep(SECONDS_AFTER)
        return Watched(out_of_reach, not_back, run, beside.stop([phase]))


@pytest.fixture(scope="module")
def upgraded(watched: Watched) -> Run:
    """Return the run that has upgraded the cloud."""
    return watched.run


@pytest.fixture(scope="module")
def report(upgraded: Run) -> dict[str, Any]:
    """Return what that run has reported; a second run writes a report of its own."""
    return upgraded.report


def test_the_cloud_is_upgraded(cloud: Rehearsal, servers_before: dict[str, tuple[Any, ...]], upgraded: Run) -> None:
    """Every service runs the new code, is enabled, and every server is what it was."""
    assert {row["version"] for row in state.services(cloud)} == {74}
    assert state.claims(cloud) == {}
    assert state.disabled_providers(cloud) == []
    assert state.servers(cloud) == servers_before
    links = state.fingerprint(cloud).links
    assert all(set(found.split()) == {"/opt/openstack/2026.2"} for found in links.values()), links


def test_a_load_balancer_out_of_reach_is_refused_before_the_first_change(watched: Watched) -> None:
    """Whoever cannot be told that a controller leaves must not be surprised by it."""
    assert "HAProxy does not listen at /run/haproxy/nowhere.sock" in watched.out_of_reach.run.failures
    assert watched.out_of_reach.run.changed == {}
    assert watched.out_of_reach.after == watched.out_of_reach.before


def test_an_api_that_does_not_come_back_stops_the_run(cloud: Rehearsal, watched: Watched) -> None:
    """The other controller serves on, with the old code as all conductors and schedulers; clients have noticed nothing (below)."""
    new, old = cloud.controls
    before, after = watched.not_back.before, watched.not_back.after
    assert cloud.description["hosts"][new] in watched.not_back.run.failures
    assert "is not ready after 1" in watched.not_back.run.failures  # 10 seconds, and what the last look takes
    kept = {(host, unit) for host in (new, old) for unit in ("nova-conductor", "nova-scheduler")} | {(old, "nova-api")}
    assert {key: after[key] for key in kept} == {key: before[key] for key in kept}
    assert "0" not in before.values()


def test_the_report_tells_what_happened(cloud: Rehearsal, report: dict[str, Any]) -> None:
    """report.json says what the databases and the load balancer say."""
    assert (report["result"], report["source_release"], report["target_release"]) == ("success", "2026.1", "2026.2")
    assert [phase["name"] for phase in report["phases"]] == ["preflight", "control_plane", "computes", "finalize"]
    assert {phase["result"] for phase in report["phases"]} == {"success"}
    hosts = {host["name"]: host for host in report["hosts"]}
    assert sorted(hosts) == cloud.computes
    for host in hosts.values():
        assert (host["service_version_before"], host["service_version_after"]) == (72, 74)
        assert host["result"] == "success"
        assert 0 < host["seconds_disabled"] < 180
    assert report["servers"]["total"] - report["servers"]["deleted"] == report["servers"]["unchanged"] > 0
    assert (report["servers"]["lost"], report["servers"]["changed"]) == ([], [])
    assert [report["accounting"][name] for name in ("orphaned", "doubled", "missing")] == [0, 0, 0]


def test_the_report_takes_no_server_for_another(upgraded: Run, report: dict[str, Any]) -> None:
    """Those that it tells were deleted are those that clients had when it began and have deleted since."""
    before = json.loads((upgraded.run_dir / "snapshot.json").read_text(encoding="utf-8"))["servers"]
    theirs = [server for server in before if server["name"].startswith(clients.SERVERS)]
    assert report["servers"]["total"] == len(before) > len(theirs)
    assert report["servers"]["deleted"] == len(theirs)


def test_no_client_notices(watched: Watched) -> None:
    """No request fails and no server is not booted, from before the upgrade until after it."""
    seen = watched.seen
    (during,) = seen["phases"]
    assert (seen["failures"], seen["failed"]) == (0, [])
    assert (seen["boot_failures"], seen["failed_boots"]) == (0, [])
    assert set(seen["outage_seconds"].values()) == {0}, seen["outage_seconds"]
    seconds = during["end"] - during["start"]
    assert seconds > 30
    assert during["requests"] > 0.9 * RATE * seconds
    assert during["boots"] > 0.8 * seconds / BOOT_EVERY
    assert {api: found["requests"] > seconds / 5 for api, found in seen["apis"].items()} == {
        "identity": True,
        "compute": True,
        "placement": True,
    }
    assert (seen["probe"]["ended"], seen["probe"]["damaged"]) == (["stopped"], 0)


def test_no_message_goes_between_services_that_cannot_read_each_other(cloud: Rehearsal, upgraded: Run) -> None:
    """No new API has a request while an old conductor takes messages, and no old one after that; and no service says it could not read.

    The first controller has been out of service since the attempt before.
    """
    begun, stopped, switched = upgraded.started, _step(upgraded, "control_stopped"), _step(upgraded, "nova")
    new, old = cloud.controls
    served = [(one["server"], float(one["time"])) for one in cloud.served(upgraded.started) if one["api"] == "compute"]
    assert [server for server, at in served if server == new and begun < at < stopped] == []
    assert [server for server, at in served if server == old and stopped < at < switched] == []
    assert {server for server, at in served if begun < at < stopped} >= {old, "stackroll-hold"}
    assert {server for server, at in served if stopped < at < switched} >= {new}
    since = f"--since=@{int(upgraded.started)}"
    for host in (*cloud.controls, *cloud.computes):
        lines = cloud.ssh(host, "journalctl", "--no-pager", "--output=cat", "--unit=nova-*", since).splitlines()
        assert lines
        assert [line for line in lines if any(sign in line for sign in CANNOT_READ)] == []


def test_no_compute_finds_nobody_to_tell(cloud: Rehearsal, upgraded: Run) -> None:
    """The exchange of the schedulers stays while there is none, and what has kept it is gone."""
    since = f"--since=@{int(upgraded.started)}"
    for host in cloud.computes:
        lines = cloud.ssh(host, "journalctl", "--no-pager", "--output=cat", "--unit=nova-compute", since).splitlines()
        assert [line for line in lines if "NOT_FOUND - no exchange" in line] == []
    queues = cloud.ssh("infra", "rabbitmqctl", "list_queues", "--quiet", "name").split()
    assert "scheduler" in queues
    assert [queue for queue in queues if "stackroll" in queue] == []


def _step(run: Run, step: str) -> float:
    """Return when a step of the control plane was done."""
    journal = (run.run_dir / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    events = [event for event in map(json.loads, journal) if event["event"] == "control_step" and event["step"] == step]
    return datetime.fromisoformat(events[0]["time"].replace("Z", "+00:00")).timestamp()


def test_the_report_counts_every_write(cloud: Rehearsal, upgraded: Run, report: dict[str, Any]) -> None:
    """Our own count of write requests is the load balancer's."""
    assert report["api"]["writes"] == len(cloud.writes(upgraded.started)) > 0


def test_the_report_is_one_file(upgraded: Run) -> None:
    """report.html needs nothing from elsewhere."""
    page = (upgraded.run_dir / "report.html").read_text(encoding="utf-8")
    assert page.lstrip().lower().startswith("<!doctype html>")
    for sign in ("src=", "<link", "@import", "url("):
        assert sign not in page


@pytest.fixture(scope="module")
def again(cloud: Rehearsal, scenario: Scenario, report: dict[str, Any]) -> Run:
    """Return a second run, which molecule fails when a task changes anything; no service is touched either."""
    before = state.fingerprint(cloud)
    run = scenario.step("idempotence")
    assert state.fingerprint(cloud) == before
    return run


def test_a_second_run_changes_nothing(cloud: Rehearsal, again: Run) -> None:
    """On a finished cloud: no write request, no changed task."""
    assert cloud.requests(again.started)
    assert cloud.writes(again.started) == []
    assert set(again.changed) <= {"localhost"}, again.changed
    assert again.report["result"] == "success"
    assert again.report["api"]["writes"] == 0


def test_molecule_verifies_it(scenario: Scenario, again: Run) -> None:
    """The scenario's own proof."""
    scenario.step("verify")


def test_no_secret_leaves_the_hosts(cloud: Rehearsal, upgraded: Run, again: Run) -> None:
    """No password of the cloud is in any output, journal or report of these runs."""
    secrets = cloud.secrets()
    assert all(len(secret) >= 8 for secret in secrets)
    texts = {"output of the first": upgraded.stdout, "output of the second": again.stdout}
    texts |= {
        str(path): path.read_text(encoding="utf-8", errors="replace")
        for path in upgraded.run_dir.rglob("*")
        if path.is_file()
    }
    texts["what clients wrote down"] = RECORDING.read_text(encoding="utf-8")
    assert any(path.endswith("report.json") for path in texts)
    leaks = [name for name, text in texts.items() if any(secret in text for secret in secrets)]
    assert leaks == []
