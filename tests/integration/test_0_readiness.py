# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our readiness checks say what nova-status and placement-status say, of both releases, whatever is broken.

Everything is broken in copies of the databases and of the configuration; the cloud goes on and is accounted for once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Any

import pytest
import yaml
from harness import state
from harness.broken_states import DIFFERENCES, STATES, State
from harness.cloud import Rehearsal
from harness.commands import account
from harness.copies import Copies
from harness.fake_apis import fake_apis
from harness.payload import Payload
from harness.runs import Runs
from harness.standing import Left
from harness.status_commands import Said, StatusCommand

from ansible_collections.stackroll.nova.plugins.module_utils.api import observe
from ansible_collections.stackroll.nova.plugins.module_utils.api.session import Cloud
from ansible_collections.stackroll.nova.plugins.module_utils.database import fleet
from ansible_collections.stackroll.nova.plugins.module_utils.database.nova import NovaDatabases
from ansible_collections.stackroll.nova.plugins.module_utils.database.shared import SharedDatabase
from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Fleet
from ansible_collections.stackroll.nova.plugins.module_utils.model.release import Release
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.catalog import CATALOG

pytestmark = pytest.mark.timeout(900)
LEAVES = Left.AS_IT_WAS

RELEASES = ("2026.1", "2026.2")
REFUSED = 255  # our module ends before the first check, with one sentence
COMMANDS = ("nova-status", "placement-status")
# What the check is called by the command that makes it, too.
TITLES = {check.name: (check.command, check.command_name or check.name) for check in CATALOG if check.command}
MACHINE_TYPES = """
    INSERT INTO instance_system_metadata (instance_uuid, `key`, value, deleted)
    SELECT uuid, 'image_hw_machine_type', 'pc', 0 FROM instances WHERE deleted = 0
"""


@dataclass(frozen=True)
class Opinions:
    """What one release's commands and our checks say of a state: everything but success, as "command: check: result"."""

    command_code: int
    our_code: int
    commands: frozenset[str]
    ours: frozenset[str]
    words: str


class Sides:
    """The commands, our checks and the copies for one release."""

    def __init__(self, cloud: Rehearsal, name: str, stack: ExitStack, apis: str) -> None:
        self.apis = apis
        venv = f"/opt/openstack/{name}"
        self.copies = Copies(cloud, f"r{name.replace('.', '')}")
        stack.callback(self.copies.remove)
        self.copies.make()
        self.copies.sync(venv)
        for cell in ("cell0", "cell1"):
            self.copies.run(cell, MACHINE_TYPES)
        host = self.copies.host
        self.commands = {
            command: stack.enter_context(closing(StatusCommand(cloud, host, venv, command))) for command in COMMANDS
        }
        self.checks = Payload(cloud, host, venv, f"/root/stackroll-payload-{name}")
        stack.callback(self.checks.remove)
        self.checks.send(
            "upgrade_check",
            {
                "target_release": name,
                "config_files": {"nova": [self.copies.nova_conf], "placement": [self.copies.placement_conf]},
                "checks": ["nova", "placement"],
                "fail_on": "never",
            },
        )

    def judge(self, broken: State) -> Opinions:
        """Bring the state about, ask both sides, and undo it."""
        self.copies.configure(broken.nova_conf, broken.placement_conf, broken.files, apis=self.apis)
        with self.copies.changed(broken.statements), ThreadPoolExecutor(max_workers=3) as pool:
            ours = pool.submit(self.checks.run)
            nova = pool.submit(self.commands["nova-status"], self.copies.nova_conf)
            placement = pool.submit(self.commands["placement-status"], self.copies.placement_conf)
            said = {"nova-status": nova.result(), "placement-status": placement.result()}
            result = ours.result()
        return Opinions(
            command_code=max(one.code for one in said.values()),
            our_code=result.get("code", REFUSED),
            commands=frozenset(entry for command, one in said.items() for entry in _bad(command, one)),
            ours=frozenset(_ours(result)),
            words="\n".join(
                [*(one.stdout + one.stderr for one in said.values()), *(result.get("table") or [result.get("msg", "")])]
            ),
        )


def _ours(result: dict[str, Any]) -> list[str]:
    if "checks" not in result:
        return ["refused"]
    return [
        ": ".join((*TITLES[check["check"]], check["result"]))
        for check in result["checks"]
        if check["result"] != "success"
    ]


def _bad(command: str, said: Said) -> list[str]:
    if not said.checks:
        return [f"{command}: broken"]
    return [f"{command}: {check}: {result}" for check, result in said.checks.items() if result != "success"]


@pytest.fixture(scope="module", autouse=True)
def accounted_for(cloud: Rehearsal) -> Iterator[None]:
    """End the module, not every test of it, with the accounting audit: the tests change copies only."""
    yield
    account(cloud)


@pytest.fixture(scope="module")
def releases(cloud: Rehearsal) -> Iterator[dict[str, Sides]]:
    """Return both releases, each with copies of its own."""
    with ExitStack() as stack:
        apis = stack.enter_context(fake_apis(cloud.description["hosts"][cloud.controls[0]]))
        with ThreadPoolExecutor() as pool:
            made = list(pool.map(lambda name: Sides(cloud, name, stack, apis), RELEASES))
        yield dict(zip(RELEASES, made))


@pytest.mark.parametrize("broken", STATES, ids=lambda broken: broken.name)
def test_both_sides_say_the_same(releases: dict[str, Sides], broken: State) -> None:
    """Exit code, checks and results are the same on both sides, but for the listed differences."""
    with ThreadPoolExecutor() as pool:
        both = list(pool.map(lambda name: releases[name].judge(broken), RELEASES))
    assert tuple(opinions.command_code for opinions in both) == broken.codes, both[0].words
    for name, opinions in zip(RELEASES, both):
        listed = DIFFERENCES.get(broken.name)
        expected = (listed.commands, listed.ours) if listed else (frozenset(), frozenset())
        found = (opinions.commands - opinions.ours, opinions.ours - opinions.commands)
        assert found == expected, f"{name}\n{opinions.words}"
        if not listed:
            assert opinions.our_code == opinions.command_code, f"{name}\n{opinions.words}"


def test_every_difference_belongs_to_a_state() -> None:
    """No difference is left over from a state that is no longer there."""
    assert set(DIFFERENCES) <= {broken.name for broken in STATES}
    assert all(len(difference.reason.split()) > 4 for difference in DIFFERENCES.values())


def test_the_databases_show_the_fleet_that_the_apis_show(cloud: Rehearsal) -> None:
    """A fleet read by SQL is the fleet read by REST, but for what SQL leaves out and what is new at every look."""
    urls = cloud.description["databases"]
    access = yaml.safe_load(cloud.clouds.read_text(encoding="utf-8"))["clouds"]["rehearsal"]
    with closing(NovaDatabases(urls["nova_api"])) as nova, SharedDatabase(urls["placement"]) as placement:
        by_sql = comparable(fleet.read_fleet(nova, placement, down_after=20))
    by_rest = comparable(observe.read_fleet(Cloud.connect({"cloud": access})))
    assert by_sql == by_rest
    assert all(by_sql[part] for part in ("services", "servers", "migrations", "allocations", "traits"))


def comparable(found: Fleet) -> dict[str, Any]:
    """Return the parts of a fleet in an order of their own."""
    parts = found.to_dict()
    for service in parts["services"]:
        del service["updated_at"]
    del parts["taken_at"], parts["server_groups"]
    for items in parts.values():
        if isinstance(items, list):
            items.sort(key=lambda item: json.dumps(item, sort_keys=True))
    return parts


def test_a_healthy_cloud_is_ready(cloud: Rehearsal, runs: Runs) -> None:
    """The preflight playbook alone shows every check in a table, changes nothing and ends well."""
    before = state.fingerprint(cloud)
    run = runs.playbook("preflight").expect()
    target = Release.parse("2026.2")
    names = {check.name for check in CATALOG if check.belongs_to(target)}
    assert {name for name in names if f"Check: {name} " not in run.stdout} == set()
    assert "Result: Failure" not in run.stdout
    assert "Result: Unknown" not in run.stdout
    assert cloud.writes(run.started) == []
    assert run.changed == {}
    assert state.fingerprint(cloud) == before


def test_an_old_compute_is_named_with_the_remedy(cloud: Rehearsal, runs: Runs) -> None:
    """A compute host whose service version is too old stops the preflight; no password shows, however much is printed."""
    victim = cloud.computes[2]
    with state.old_service(cloud, victim):
        run = runs.playbook("preflight", verbosity=4).expect(rc=1)
    assert "Older than N-1 computes" in run.failures
    assert f"nova-compute on {victim} (service version 50)" in run.failures
    assert "openstack compute service" in run.failures
    assert cloud.writes(run.started) == []
    texts = [
        run.stdout,
        str(run.events),
        *(path.read_text("utf-8") for path in run.run_dir.rglob("*") if path.is_file()),
    ]
    leaks = [number for number, text in enumerate(texts) if any(secret in text for secret in cloud.secrets())]
    assert leaks == []
