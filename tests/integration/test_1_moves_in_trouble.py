# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moves that roll back, never end, or break, guests that are parked, and drains that are killed half-way: all told truly."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from harness import drains, state, trouble
from harness.cloud import Rehearsal
from harness.drains import Call, drain, give_back, migrations, named, take_out
from harness.servers import Servers, until

pytestmark = pytest.mark.timeout(600)
SERVERS_DO_NOT_MATTER = True

HOST, SECOND = "cmp3", "cmp2"
OTHERS = ("cmp1", "cmp2", "cmp4")
FOREIGN = "disk 3 smells, do not touch -- jo"
FIRST_KILL, LATER = 3.0, 0.7  # seconds after the start
Create = Callable[..., list[str]]


@pytest.fixture(scope="module")
def servers(cloud: Rehearsal) -> Servers:
    """Return the administrator's view of a cloud that has no servers any more."""
    found = Servers(cloud)
    found.delete(found.all())
    return found


@pytest.fixture(name="create")
def fixture_create(cloud: Rehearsal, servers: Servers) -> Iterator[Create]:
    """Return what makes servers on the host; they are gone after the test, and what we have claimed is given back."""
    numbers = itertools.count(1)

    def create(count: int, status: str = "ACTIVE", host: str = HOST) -> list[str]:
        made = servers.create([f"own-{next(numbers)}" for _number in range(count)], host)
        if status == "SHUTOFF":
            servers.act(made, {"os-stop": None}, status)
        if status == "PAUSED":
            servers.act(made, {"pause": None}, status)
        return made

    yield create
    trouble.end(cloud, HOST, *OTHERS)
    servers.delete(servers.all())
    give_back(HOST, SECOND)


def hosts_of(cloud: Rehearsal, uuids: list[str]) -> set[str]:
    """Return where servers are now."""
    return {state.servers(cloud)[uuid][-1] for uuid in uuids}


def records_of(cloud: Rehearsal, uuids: list[str]) -> list[str]:
    """Return how the migrations of servers have ended, in order."""
    return [row["status"] for row in migrations(cloud) if row["instance_uuid"] in uuids]


def claim(cloud: Rehearsal) -> None:
    """Take the host out of scheduling."""
    take_out(HOST)


def test_moves_that_roll_back_are_failures(cloud: Rehearsal, create: Create) -> None:
    """All of them, though every server is ACTIVE again; the command line client takes that for success."""
    failed, refused = create(5) + create(1, "PAUSED"), create(3, host=SECOND)
    take_out(HOST, SECOND)
    before = state.servers(cloud)
    trouble.make(cloud, HOST, live_seconds=1, live_ends="failed")
    trouble.make(cloud, SECOND, live_ends="refused")
    done = drain(HOST, SECOND).expect(rc=1)
    assert named(done.result, "failed_servers") == named(done.result, "rolled_back") == {*failed, *refused}
    assert done.result["moved"] == []
    assert state.servers(cloud) == before
    assert (set(records_of(cloud, failed)), set(records_of(cloud, refused))) == ({"failed"}, {"error"})
    assert sorted(state.claims(cloud)) == [SECOND, HOST], "they are ours to enable again, and nobody has asked for that"


def test_one_failure_does_not_stop_the_others(cloud: Rehearsal, create: Create) -> None:
    """The rest of the host is emptied, and the failed server is named with its reason."""
    made = create(6)
    claim(cloud)
    trouble.make(cloud, HOST, live_ends="failed", only=made[:1])
    done = drain(HOST).expect(rc=1)
    assert named(done.result, "failed_servers") == {made[0]}
    assert named(done.result, "moved") == set(made[1:])
    assert hosts_of(cloud, made[:1]) == {HOST}
    assert made[0] in str(done.result["failed_servers"])


def test_the_chain_goes_on_with_a_cold_migration(cloud: Rehearsal, create: Create) -> None:
    """Where that is allowed; the guest runs again afterwards and the migration is confirmed."""
    made = create(2)
    claim(cloud)
    trouble.make(cloud, HOST, live_ends="failed")
    done = drain(HOST, allow_cold=True).expect()
    assert named(done.result, "moved") == set(made)
    assert HOST not in hosts_of(cloud, made)
    assert {state.servers(cloud)[uuid][2:5] for uuid in made} == {("active", 1, None)}
    assert Counter(records_of(cloud, made))["confirmed"] == len(made)


BOUND = 15


@pytest.mark.parametrize("on_timeout", ["abort", "force_complete"])
def test_a_move_that_never_ends_is_ended(cloud: Rehearsal, create: Create, on_timeout: str) -> None:
    """At its bound and ten seconds, by what the operator wants."""
    made = create(2)
    claim(cloud)
    trouble.make(cloud, HOST, live_ends="never", only=made[:1])
    done = drain(HOST, base_timeout=BOUND, timeout_per_gib=0, retries=0, on_timeout=on_timeout)
    took = next(
        item["seconds"] for item in done.result["failed_servers"] + done.result["moved"] if item["id"] == made[0]
    )
    assert BOUND <= took <= BOUND + 10
    if on_timeout == "abort":
        done.expect(rc=1)
        assert named(done.result, "failed_servers") == {made[0]}
        assert hosts_of(cloud, made[:1]) == {HOST}
        assert records_of(cloud, made[:1]) == ["cancelled"]
    else:
        done.expect()
        assert named(done.result, "moved") == set(made)
        assert records_of(cloud, made[:1]) == ["completed"]


def test_a_cold_migration_that_breaks_at_the_end_is_a_failure(cloud: Rehearsal, create: Create) -> None:
    """The server is in ERROR on the destination then, and is named, though the host is empty."""
    made = create(2, "SHUTOFF")
    claim(cloud)
    for host in OTHERS:
        trouble.make(cloud, host, cold_fails=True, only=made[:1])
    done = drain(HOST).expect(rc=1)
    assert named(done.result, "failed_servers") == {made[0]}
    assert named(done.result, "moved") == {made[1]}
    assert state.servers(cloud)[made[0]][2] == "error"


@pytest.mark.parametrize("known", ["told", "lost"])
def test_parked_guests_are_restored(cloud: Rehearsal, create: Create, known: str) -> None:
    """They wait in place and run again in the end; what was stopped before stays stopped. The API knows it, too."""
    suspended, halted, stopped = create(1), create(1), create(1, "SHUTOFF")
    claim(cloud)
    before = state.servers(cloud)
    since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    ways = {suspended[0]: "suspend", halted[0]: "stop"}
    policy = [*({"steps": [way], "server": uuid} for uuid, way in ways.items()), {"steps": ["stay"]}]
    parked = drain(HOST, policy=policy, park=["suspend", "stop"]).expect()
    assert named(parked.result, "parked") == set(ways)
    after = state.servers(cloud)
    assert [after[uuid][2] for uuid in (*suspended, *halted, *stopped)] == ["suspended", "stopped", "stopped"]
    memory = {"parked": parked.result["parked"]} if known == "told" else {"parked_since": since}
    back = drains.call("compute_drain", hosts=[HOST], state="restored", **memory).expect()
    assert named(back.result, "restored") == set(ways)
    assert state.servers(cloud) == before


def disable_for_jo(cloud: Rehearsal, servers: Servers) -> None:
    """Let another operator disable the host."""
    listed = servers.call("GET", f"/os-services?binary=nova-compute&host={HOST}")["services"]
    wish = {"status": "disabled", "disabled_reason": FOREIGN}
    servers.call("PUT", f"/os-services/{listed[0]['id']}", wish)


def enable_for_jo(cloud: Rehearsal, servers: Servers) -> None:
    """Let the other operator enable it again."""
    listed = servers.call("GET", f"/os-services?binary=nova-compute&host={HOST}")["services"]
    servers.call("PUT", f"/os-services/{listed[0]['id']}", {"status": "enabled"})


def test_a_killed_drain_is_taken_up_again(cloud: Rehearsal, servers: Servers, create: Create) -> None:
    """kill -9 half-way: the next run adopts what moves, moves nothing twice, and a host that is not ours stays disabled.

    What the killed ansible-playbook has started ends by itself.
    """
    made = create(5) + create(2, "SHUTOFF")
    disable_for_jo(cloud, servers)
    reasons = {HOST: FOREIGN}
    trouble.make(cloud, HOST, live_seconds=6, cold_seconds=4)
    first = Call(("compute_drain", {"hosts": [HOST], "state": "drained", "per_source": 3}))
    until(lambda: first.running and "completed" not in records_of(cloud, made), "nothing moved")
    assert first.running, first.output
    first.kill_alone()
    assert state.claims(cloud) == reasons
    again = drain(HOST, per_source=3).expect()
    assert HOST not in hosts_of(cloud, made)
    assert Counter(row["instance_uuid"] for row in migrations(cloud) if row["instance_uuid"] in made) == Counter(made)
    assert set(records_of(cloud, made)) == {"completed", "confirmed"}
    assert again.result["failed_servers"] == again.result["remaining"] == []
    give_back(HOST)
    drains.call("compute_drain", hosts=[HOST], state="restored").expect()
    assert state.claims(cloud) == reasons, "whoever has disabled it enables it"
    enable_for_jo(cloud, servers)


def test_a_drain_that_is_killed_again_and_again(cloud: Rehearsal, create: Create) -> None:
    """Each time a little later, until it has nothing left to do: the end is the same, and nothing is moved twice."""
    made = create(6) + create(3, "SHUTOFF") + create(1, "PAUSED")
    claim(cloud)
    before = state.servers(cloud)
    trouble.make(cloud, HOST, live_seconds=3, cold_seconds=2)
    for number in itertools.count():
        assert number < 20, "it never comes to its end"
        call = Call(("compute_drain", {"hosts": [HOST], "state": "drained", "per_source": 2}))
        time.sleep(FIRST_KILL + number * LATER)
        if not call.running:
            break
        call.kill()
    done = call.wait().expect()
    assert number >= 3, "it was hardly killed"
    assert done.result["remaining"] == []
    assert HOST not in hosts_of(cloud, made)
    assert Counter(row["instance_uuid"] for row in migrations(cloud) if row["instance_uuid"] in made) == Counter(made)
    after = state.servers(cloud)
    assert {uuid: after[uuid][:-1] for uuid in made} == {uuid: before[uuid][:-1] for uuid in made}
