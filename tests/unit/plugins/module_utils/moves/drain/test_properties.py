# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every drain, whatever the servers, the troubles and the moment of a kill."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest

pytest.importorskip("hypothesis")

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.slots import Limits
from ansible_collections.stackroll.nova.plugins.module_utils.planning.policy import Policy, Rule
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_nova import (
    FakeNova,
    Host,
    Killed,
    uuid_of,
)
from ansible_collections.stackroll.nova.tests.unit.plugins.module_utils.moves.drain.drains import drain, pace

SOURCES, RECEIVERS = ("cmp1", "cmp2"), ("cmp3", "cmp4", "cmp5")
STATES = ("active", "paused", "stopped", "suspended", "error")
SOURCE_TROUBLE = (Host(), Host(live=0, cold=0), Host(live=7), Host(rolls_back=True), Host(never_ends=True))
DEST_TROUBLE = (Host(), Host(live=2), Host(rolls_back=True), Host(cold_fails=True), Host(cold_fails_at_finish=True))


@dataclass
class Scene:
    """A cloud to be, and how it is to be drained."""

    servers: list[tuple[str, str, str | None]]
    trouble: dict[str, Host]
    limits: Limits
    nova_limit: int
    lag: float
    policy: Policy
    retries: int
    destinations: dict[str, str] = field(default_factory=dict)

    def build(self) -> FakeNova:
        """The cloud."""
        nova = FakeNova(*SOURCES, *RECEIVERS, drained=SOURCES, nova_limit=self.nova_limit)
        nova.trouble, nova.allocation_lag = dict(self.trouble), self.lag
        for number, (host, state, destination) in enumerate(self.servers):
            nova.add(f"vm{number}", host, state)
            if destination:
                self.destinations[uuid_of(f"vm{number}")] = destination
        return nova

    def options(self) -> dict[str, Any]:
        """How to drain it."""
        return {
            "policy": self.policy,
            "destinations": self.destinations,
            "parked_since": "2026-11-22T01:00:00Z",
            "pace": pace(self.limits, base=15, retries=self.retries),
        }


def scenes(dest_trouble: bool = True, planned: bool = False) -> st.SearchStrategy[Scene]:
    """All kinds of scenes; `planned` ones name the destination of every server."""
    destination = st.sampled_from(RECEIVERS) if planned else st.none() | st.sampled_from(RECEIVERS)
    server = st.tuples(st.sampled_from(SOURCES), st.sampled_from(STATES), destination)
    troubles = {host: st.sampled_from(SOURCE_TROUBLE) for host in SOURCES}
    if dest_trouble:
        troubles.update({host: st.sampled_from(DEST_TROUBLE) for host in RECEIVERS})
    park = st.sampled_from([(), ("suspend",), ("stop",), ("suspend", "stop")])
    return st.builds(
        Scene,
        servers=st.lists(server, max_size=10),
        trouble=st.fixed_dictionaries(troubles),
        limits=st.builds(Limits, st.integers(1, 4), st.integers(1, 3), st.integers(1, 6)),
        nova_limit=st.integers(1, 3),
        lag=st.sampled_from([0.0, 0.4, 3.0]),
        policy=st.builds(Policy, allow_cold=st.booleans(), park=park),
        retries=st.just(0) if planned else st.integers(0, 2),
        destinations=st.builds(dict),
    )


thorough = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@given(scenes())
@thorough
def test_every_server_is_somewhere_once_as_it_was_and_told_once(scene: Scene) -> None:
    nova = scene.build()
    before = nova.snapshot()
    result = drain(nova, *SOURCES, **scene.options())
    nova.settle()
    after = nova.snapshot()
    told = {
        item["name"]: (key, item)
        for key in ("moved", "parked", "skipped_servers", "failed_servers", "remaining")
        for item in result[key]
    }
    assert after.keys() == before.keys() == told.keys()
    assert sum(
        len(result[key]) for key in ("moved", "parked", "skipped_servers", "failed_servers", "remaining")
    ) == len(told)
    for name, (host, state, power, task, held) in after.items():
        key, item = told[name]
        assert (task, held) == (None, (host,))
        assert (host in SOURCES) == (key != "moved") or (key == "failed_servers" and state == "error")
        if key == "parked":
            assert (before[name][1], state) == ("active", {"suspend": "suspended", "stop": "stopped"}[item["step"]])
        elif state != "error":
            assert (state, power) == before[name][1:3]
    assert bool(result["msg"]) == bool(result["failed_servers"] or result["remaining"])
    assert max(nova.moves_of.values(), default=0) <= 1


@given(scenes())
@thorough
def test_every_migration_that_failed_is_told(scene: Scene) -> None:
    nova = scene.build()
    result = drain(nova, *SOURCES, **scene.options())
    failed = [item for item in nova.migrations if item["status"] in ("failed", "error", "cancelled")]
    attempts = [
        (item["id"], attempt["step"])
        for key in ("moved", "parked", "skipped_servers", "failed_servers")
        for item in result[key]
        for attempt in item["attempts"]
    ]
    at_finish = [item["id"] for item in result["failed_servers"] if "ERROR" in item["reason"]]
    assert Counter(item["instance_uuid"] for item in failed) == Counter([key for key, _step in attempts] + at_finish)
    live = [item for item in failed if item["migration_type"] == "live-migration"]
    assert len([item for item in result["rolled_back"] if item["step"] == "live"]) == len(live)


@given(scenes(planned=True))
@thorough
def test_the_limits_hold_at_every_instant(scene: Scene) -> None:
    nova = scene.build()
    drain(nova, *SOURCES, **scene.options())
    for key, peak in nova.peaks.items():
        limits = scene.limits
        limit = {"from": limits.per_source, "to": limits.per_destination, "total": limits.total}[key.split()[0]]
        assert peak <= limit, key


@given(
    scenes(dest_trouble=False), st.lists(st.tuples(st.integers(1, 12), st.booleans(), st.integers(0, 20)), max_size=3)
)
@thorough
def test_killed_at_any_command_the_next_run_comes_to_the_same_end(
    scene: Scene, kills: list[tuple[int, bool, int]]
) -> None:
    undisturbed = scene.build()
    expected = drain(undisturbed, *SOURCES, **scene.options())
    undisturbed.settle()
    nova = scene.build()
    for number, takes_effect, pause in kills:
        nova.kill_at = (nova.write_count + number, takes_effect)
        try:
            drain(nova, *SOURCES, **scene.options())
        except Killed:
            nova.revive()
            nova.pass_time(pause)
    nova.kill_at = None
    result = drain(nova, *SOURCES, **scene.options())
    nova.settle()

    def end(cloud: FakeNova) -> dict[str, Any]:
        return {name: (state[0] in SOURCES, *state[1:4], len(state[4])) for name, state in cloud.snapshot().items()}

    assert end(nova) == end(undisturbed)
    assert max(nova.moves_of.values(), default=0) <= 1
    assert bool(result["msg"]) == bool(expected["msg"])
    parked = {item["name"]: item["vm_state"] for item in expected["parked"]}
    assert {item["name"]: item["vm_state"] for item in result["parked"]} == parked


@given(scenes(dest_trouble=False))
@thorough
def test_a_second_run_does_nothing(scene: Scene) -> None:
    nova = scene.build()
    scene.policy = Policy(
        scene.policy.rules or (Rule(steps=("live", "cold")),), scene.policy.allow_cold, scene.policy.park
    )
    scene.trouble = dict.fromkeys(SOURCES, Host())
    nova.trouble = scene.trouble
    drain(nova, *SOURCES, **scene.options())
    written = nova.write_count
    assert drain(nova, *SOURCES, **scene.options())["changed"] is False
    assert nova.write_count == written
