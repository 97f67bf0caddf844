# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole upgrade with one command, and once more."""

from __future__ import annotations

from typing import Any

import pytest
from harness import state
from harness.cloud import Rehearsal
from harness.runs import Run, Runs

pytestmark = pytest.mark.timeout(1200)


@pytest.fixture(scope="module")
def servers_before(cloud: Rehearsal) -> dict[str, tuple[Any, ...]]:
    """Return the servers before the upgrade."""
    return state.servers(cloud)


@pytest.fixture(scope="module")
def upgraded(cloud: Rehearsal, runs: Runs, servers_before: dict[str, tuple[Any, ...]]) -> Run:
    """Return the run that has upgraded the cloud."""
    return runs.playbook("upgrade")


def test_the_cloud_is_upgraded(cloud: Rehearsal, servers_before: dict[str, tuple[Any, ...]], upgraded: Run) -> None:
    """Every service runs the new code, is enabled, and every server is what it was."""
    upgraded.expect()
    assert {row["version"] for row in state.services(cloud)} == {74}
    assert state.claims(cloud) == {}
    assert state.disabled_providers(cloud) == []
    assert state.servers(cloud) == servers_before
    links = state.fingerprint(cloud).links
    assert all(set(found.split()) == {"/opt/openstack/2026.2"} for found in links.values()), links


def test_the_report_tells_what_happened(cloud: Rehearsal, upgraded: Run) -> None:
    """report.json says what the databases and the load balancer say."""
    report = upgraded.report
    assert (report["result"], report["source_release"], report["target_release"]) == ("success", "2026.1", "2026.2")
    assert [phase["name"] for phase in report["phases"]] == ["preflight", "control_plane", "computes", "finalize"]
    assert {phase["result"] for phase in report["phases"]} == {"success"}
    hosts = {host["name"]: host for host in report["hosts"]}
    assert sorted(hosts) == cloud.computes
    for host in hosts.values():
        assert (host["service_version_before"], host["service_version_after"]) == (72, 74)
        assert host["result"] == "success"
        assert 0 < host["seconds_disabled"] < 180
    assert report["servers"]["total"] == report["servers"]["unchanged"] > 0
    assert (report["servers"]["lost"], report["servers"]["changed"]) == ([], [])
    assert [report["accounting"][name] for name in ("orphaned", "doubled", "missing")] == [0, 0, 0]


def test_the_report_counts_every_write(cloud: Rehearsal, upgraded: Run) -> None:
    """Our own count of write requests is the load balancer's."""
    assert upgraded.report["api"]["writes"] == len(cloud.writes(upgraded.started)) > 0


def test_the_report_is_one_file(upgraded: Run) -> None:
    """report.html needs nothing from elsewhere."""
    page = (upgraded.run_dir / "report.html").read_text(encoding="utf-8")
    assert page.lstrip().lower().startswith("<!doctype html>")
    for sign in ("src=", "<link", "@import", "url("):
        assert sign not in page


def test_a_second_run_changes_nothing(cloud: Rehearsal, runs: Runs, upgraded: Run) -> None:
    """On a finished cloud: no write request, no changed task, no restart."""
    before = state.fingerprint(cloud)
    runs.fresh("second")
    run = runs.playbook("upgrade").expect()
    assert cloud.writes(run.started) == []
    assert run.changed == {}
    assert state.fingerprint(cloud) == before
    assert run.report["result"] == "success"
    assert run.report["api"]["writes"] == 0


def test_no_secret_leaves_the_hosts(cloud: Rehearsal, runs: Runs, upgraded: Run) -> None:
    """No password of the cloud is in any output, event, journal or report of this module's runs."""
    secrets = cloud.secrets()
    assert all(len(secret) >= 8 for secret in secrets)
    texts = {f"output {number}": run.stdout + str(run.events) for number, run in enumerate(runs.all)}
    folders = {run.run_dir for run in runs.all}
    texts |= {
        str(path): path.read_text(encoding="utf-8", errors="replace")
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file()
    }
    leaks = [name for name, text in texts.items() if any(secret in text for secret in secrets)]
    assert leaks == []
