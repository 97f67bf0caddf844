# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts with a server in every state are emptied; the rest is named and stays as it was."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest
from harness import drains, state
from harness.cloud import Rehearsal
from harness.drains import Done, concerned, drain, give_back, named, take_out
from harness.servers import Servers
from harness.standing import Left

pytestmark = pytest.mark.timeout(600)
LEAVES = Left.OLD_RELEASE

WAVE = ("cmp1", "cmp2")
REST = ("cmp3", "cmp4")
STATES = {"active", "stopped", "paused", "suspended", "shelved", "rescued", "error", "resized", "soft-delete", "locked"}
LISTS = ("moved", "parked", "skipped_servers", "failed_servers", "remaining")
# By the beginning of the name: what has to be decided on the servers of the saved cloud when two of its four hosts leave.
DECISIONS = {
    "spread": "blocked",  # a strict group of four on four hosts
    "apart": "live",  # a strict group of two, and two hosts are left
    "together": "blocked",  # each is bound to the host of the other
    "stopped": "cold",
    "paused": "live",
    "locked": "live",
    "plain": "live",
    "pinned": "live",
    "swapping": "live",
    "overridden": "live",
    "zoned": "live",
    "suspended": "blocked",
    "shelved": "blocked",
    "rescued": "blocked",
    "failed": "blocked",
    "deleted": "blocked",
    "migrated": "blocked",
    "resized": "blocked",
}


@pytest.fixture(scope="module")
def servers(cloud: Rehearsal) -> Servers:
    """Return the administrator's view of all servers."""
    return Servers(cloud)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"hosts": ["cmp1", "cmp9"]}, "cmp9"),
        ({"hosts": ["cmp1", "ctl1"]}, "ctl1"),
        ({"hosts": ["cmp1", "cmp2", "cmp1"]}, "cmp1"),
        ({"hosts": ["cmp1", "cmp2"], "destinations": {"spread-1": "cmp2"}}, "cmp2"),
        ({"hosts": ["cmp1", "cmp2", "cmp3", "cmp4"]}, "No other compute host is enabled"),
    ],
    ids=["unknown", "no-compute-service", "twice", "destination-drains-too", "no-capacity"],
)
def test_bad_input_is_refused(cloud: Rehearsal, options: dict[str, Any], said: str) -> None:
    """Before the first write, and by name."""
    found = state.servers(cloud)
    if "destinations" in options:
        names = {row[1]: uuid for uuid, row in found.items()}
        options = {**options, "destinations": {names[name]: host for name, host in options["destinations"].items()}}
    done = drains.call("compute_drain", state="drained", require_disabled=False, **options).expect(rc=1)
    assert said in done.message
    assert cloud.writes(done.started) == []
    assert state.servers(cloud) == found


def test_a_host_is_forced_down_and_up_again(cloud: Rehearsal, servers: Servers) -> None:
    """Nova takes it for down at once; the second time nothing is written."""

    def flag() -> tuple[str, bool]:
        found = servers.call("GET", "/os-services?binary=nova-compute&host=cmp4")["services"][0]
        return found["state"], found["forced_down"]

    claim: dict[str, Any] = {"hosts": ["cmp4"], "run_id": "draintest"}
    drains.call("compute_service", state="disabled", forced_down=True, **claim).expect()
    assert flag() == ("down", True)
    again = drains.call("compute_service", state="disabled", forced_down=True, **claim).expect()
    assert cloud.writes(again.started) == []
    drains.call("compute_service", state="enabled", forced_down=False, **claim).expect()
    assert flag() == ("up", False)
    assert (state.claims(cloud), state.disabled_providers(cloud)) == ({}, [])


def test_a_host_that_gets_new_servers_is_refused(cloud: Rehearsal) -> None:
    """Nobody has disabled it."""
    done = drain(*WAVE).expect(rc=1)
    assert "Disable the hosts first" in done.message
    assert cloud.writes(done.started) == []


def test_check_mode_only_decides(cloud: Rehearsal) -> None:
    """Every server of two hosts, in every state, has a verdict with a reason, and nothing happens."""
    before = state.servers(cloud)
    done = drain(*WAVE, check=True)
    assert cloud.writes(done.started) == []
    assert state.servers(cloud) == before
    decided = {item["server_id"]: item for item in done.result["verdicts"]}
    assert set(decided) == concerned(cloud, WAVE)
    wrong = {
        item["name"]: item["action"]
        for item in decided.values()
        if item["action"] != DECISIONS[item["name"].rpartition("-")[0]] or not item["reason"]
    }
    assert wrong == {}


@pytest.fixture(scope="module")
def before(cloud: Rehearsal) -> dict[str, tuple[Any, ...]]:
    """Return the servers of the saved cloud."""
    return state.servers(cloud)


@pytest.fixture(scope="module")
def wave(cloud: Rehearsal, before: dict[str, tuple[Any, ...]]) -> Done:
    """Return the drain of two hosts that have a server in each state."""
    take_out(*WAVE)
    return drain(*WAVE)


def test_every_server_goes_its_way(cloud: Rehearsal, before: dict[str, tuple[Any, ...]], wave: Done) -> None:
    """What can move has moved, what cannot is where it was and is named, and nobody's state is another one."""
    wave.expect(rc=1)
    after = state.servers(cloud)
    assert {uuid: row[:-1] for uuid, row in after.items()} == {uuid: row[:-1] for uuid, row in before.items()}
    moved = {uuid for uuid in after if after[uuid][-1] != before[uuid][-1]}
    wanted = {
        uuid
        for uuid, row in before.items()
        if row[-1] in WAVE and DECISIONS[row[1].rpartition("-")[0]] in ("live", "cold")
    }
    assert moved == wanted == named(wave.result, "moved")
    assert {after[uuid][-1] for uuid in moved} == set(REST)
    assert named(wave.result, "remaining") == concerned(cloud, WAVE)
    assert wave.result["failed_servers"] == wave.result["rolled_back"] == []


def test_a_server_in_each_state_was_there(before: dict[str, tuple[Any, ...]], wave: Done) -> None:
    """The ten states were on each of the hosts, and every server is in exactly one list."""
    for host in WAVE:
        states = {row[2] for row in before.values() if row[-1] == host}
        states |= {"locked" for row in before.values() if row[-1] == host and row[1].startswith("locked")}
        assert states == STATES
    seen = Counter(item["id"] for name in LISTS for item in wave.result[name])
    assert seen == Counter({item["server_id"] for item in wave.result["verdicts"]})
    assert all(item["reason"] for item in wave.result["remaining"])


def test_progress_is_on_the_screen(wave: Done) -> None:
    """Lines of every host, with what is done and what is left."""
    for host in WAVE:
        assert re.search(
            rf"\[{host}\] \d+/\d+ moved, \d+ moving, \d+ parked, \d+ failed, 9 blocked, \d\d:\d\d elapsed", wave.output
        )


def test_the_same_again_does_nothing(cloud: Rehearsal, wave: Done) -> None:
    """What is left cannot move, and it is not tried again."""
    found = state.servers(cloud)
    done = drain(*WAVE).expect(rc=1)
    assert cloud.writes(done.started) == []
    assert state.servers(cloud) == found
    assert named(done.result, "remaining") == named(wave.result, "remaining")


def test_what_moves_leaves_an_empty_host(cloud: Rehearsal, servers: Servers, wave: Done) -> None:
    """Without the servers that cannot move the same call ends well, and the host is empty in every book."""
    stuck = named(wave.result, "remaining")
    servers.delete(stuck & set(state.servers(cloud)))
    servers.create(["late-1", "late-2"], "cmp3")
    done = drain(*WAVE).expect()
    assert [(host["empty"], host["agreed"]) for host in done.result["hosts"]] == [(True, True)] * len(WAVE)
    assert not concerned(cloud, WAVE)
    assert sorted(state.claims(cloud)) == list(WAVE)
    give_back(*WAVE)
    assert state.claims(cloud) == {}
