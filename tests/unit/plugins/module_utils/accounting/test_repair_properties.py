# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random damage, random wishes: a repair mends what was named, and nothing else is other than before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.stackroll.nova.plugins.module_utils.accounting.audit import KINDS, Audit, Finding
from ansible_collections.stackroll.nova.plugins.module_utils.accounting.choice import Choice, covered
from ansible_collections.stackroll.nova.plugins.module_utils.accounting.holdings import (
    Holdings,
    Refused,
    held_by,
    with_holdings,
)
from ansible_collections.stackroll.nova.plugins.module_utils.accounting.repair import Change, Planner
from ansible_collections.stackroll.nova.plugins.module_utils.api.observe import read_fleet
from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Fleet
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_openstack import AMOUNTS, FakeOpenStack, uuid_of

HOSTS = ("cmp1", "cmp2", "cmp3")
TREE = "cmp3"
FLAVOR_CLASSES = frozenset((*AMOUNTS, "PCPU"))
SERVERS = st.lists(
    st.tuples(st.sampled_from(HOSTS), st.sampled_from(("plain", "to confirm", "shared", "port", "off"))), max_size=8
)
DAMAGES = st.lists(
    st.tuples(
        st.integers(0, 99), st.sampled_from(("drop", "copy", "move", "rename", "less", "more")), st.sampled_from(HOSTS)
    ),
    max_size=6,
)
Keys = set[tuple[str, str]]


def build(servers: list[tuple[str, str]]) -> FakeOpenStack:
    """Two flat hosts, one with children, and storage that all share; everything in order."""
    cloud = FakeOpenStack(*HOSTS)
    cloud.add_provider(f"{TREE}_agent", {"NET_BW": {"total": 100}}, root=TREE)
    cloud.add_provider("ceph", {"FPGA": {"total": 100}})
    for number, (host, shape) in enumerate(servers):
        name = f"s{number}"
        state = {"off": "shelved_offloaded", "to confirm": "resized"}.get(shape, "active")
        cloud.add_server(name, None if shape == "off" else host, **{"OS-EXT-STS:vm_state": state})
        if shape == "to confirm":
            source = HOSTS[HOSTS.index(host) - 1]
            cloud.allocate(cloud.add_migration(name, "resize", "finished", source, host), source, AMOUNTS)
        elif shape == "shared":
            cloud.allocate(uuid_of(name), "ceph", {"FPGA": 1})
        elif shape == "port":
            cloud.allocate(uuid_of(name), host, {**AMOUNTS, "SRIOV_NET_VF": 1})
            if host == TREE:
                cloud.allocate(uuid_of(name), f"{TREE}_agent", {"NET_BW": 10})
    return cloud


def damage(cloud: FakeOpenStack, damages: list[tuple[int, str, str]]) -> None:
    """What bugs, crashes and people have done to allocations."""
    for number, (which, what, host) in enumerate(damages):
        entries = [(uuid, consumer) for uuid, held in cloud.allocations.items() for consumer in held]
        if not entries:
            return
        provider, consumer = entries[which % len(entries)]
        held = cloud.allocations[provider]
        resources = dict(held[consumer]["resources"])
        if what in ("drop", "move", "rename"):
            del held[consumer]
        if what in ("copy", "move"):
            cloud.allocate(consumer, host, resources)
        elif what == "rename":
            held[f"stranger {number}"] = {"resources": resources}
        elif what in ("less", "more"):
            by = 1 if what == "more" else -1
            held[consumer] = {"resources": {name: max(1, amount + by) for name, amount in resources.items()}}


def wishes(fleet: Fleet) -> st.SearchStrategy[list[Choice]]:
    consumers = sorted({item.consumer_id for item in Audit(fleet).findings})
    named = st.sampled_from((None, *consumers))
    return st.lists(st.builds(Choice, consumer_id=named, kind=st.sampled_from((None, *KINDS))), max_size=4)


def plan(fleet: Fleet, audit: Audit, findings: Sequence[Finding]) -> Change | None:
    """The change, or nothing when it is refused."""
    try:
        return Planner(fleet, audit).plan(findings)
    except Refused:
        return None


def keys(fleet: Fleet) -> Keys:
    return {item.key for item in Audit(fleet).findings}


def sums(holdings: Holdings) -> Mapping[tuple[str, str], int]:
    return {(uuid, name): amount for uuid, resources in holdings.items() for name, amount in resources.items()}


@settings(max_examples=150, deadline=None)
@given(SERVERS, DAMAGES, st.data())
def test_a_repair_mends_what_was_named_and_nothing_else(
    servers: list[tuple[str, str]], damages: list[tuple[int, str, str]], data: st.DataObject
) -> None:
    cloud = build(servers)
    damage(cloud, damages)
    fleet = read_fleet(cloud.cloud())
    audit = Audit(fleet)
    chosen = covered(data.draw(wishes(fleet)), audit.findings)
    for consumer, findings in chosen.items():
        change = plan(fleet, audit, findings)
        if change is None:
            continue
        repaired = with_holdings(fleet, consumer, change.after)
        gone = {finding.key for finding in findings}
        assert keys(repaired) == keys(fleet) - gone
        assert change.before == held_by(fleet, consumer)
        assert all(amount > 0 for amount in sums(change.after).values())
        assert untouched(repaired, consumer) == untouched(fleet, consumer)
        assert_kept(fleet, audit, consumer, change.before, change.after)


def untouched(fleet: Fleet, consumer: str) -> set[tuple[str, str, str, int]]:
    return {
        (item.consumer_id, item.provider_uuid, name, amount)
        for item in fleet.allocations
        if item.consumer_id != consumer
        for name, amount in item.resources.items()
    }


def assert_kept(fleet: Fleet, audit: Audit, consumer: str, before: Holdings, after: Holdings) -> None:
    """Only flavor classes on the root of a flat host may be other ones; what is gone was on the wrong host."""
    server = next((item for item in fleet.servers if item.id == consumer), None)
    if server is None:
        assert after == {}
        return
    home = audit.ledger.tree_of(server.node)
    old, new = sums(before), sums(after)
    for uuid, name in old.keys() | new.keys():
        if old.get((uuid, name)) == new.get((uuid, name)):
            continue
        root = audit.ledger.root_of(uuid)
        assert audit.ledger.is_on_host(uuid), "shared storage stays"
        if root == home:
            assert uuid == home != uuid_of(TREE), "nothing is computed for trees"
            assert name in FLAVOR_CLASSES
        else:
            assert (uuid, name) not in new, "nothing is given on the wrong host"


@settings(max_examples=60, deadline=None)
@given(SERVERS, DAMAGES)
def test_one_repair_after_the_other_leaves_what_was_refused(
    servers: list[tuple[str, str]], damages: list[tuple[int, str, str]]
) -> None:
    cloud = build(servers)
    damage(cloud, damages)
    fleet = read_fleet(cloud.cloud())
    refused: Keys = set()
    for consumer in sorted({item.consumer_id for item in Audit(fleet).findings}):
        audit = Audit(fleet)
        findings = [item for item in audit.findings if item.consumer_id == consumer]
        change = plan(fleet, audit, findings)
        if change is None:
            refused |= {item.key for item in findings}
        else:
            fleet = with_holdings(fleet, consumer, change.after)
    assert keys(fleet) == refused


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(HOSTS), st.sampled_from(("plain", "shared", "port"))), min_size=1, max_size=8),
    st.lists(st.tuples(st.integers(0, 7), st.sampled_from(HOSTS)), min_size=1, max_size=6),
)
def test_what_was_doubled_is_once_more_as_it_was(
    servers: list[tuple[str, str]], doubled: list[tuple[int, str]]
) -> None:
    cloud = build(servers)
    right = read_fleet(cloud.cloud())
    for number, host in doubled:
        server = right.servers[number % len(right.servers)]
        if server.host != host:
            cloud.allocate(server.id, host, AMOUNTS)
    fleet = read_fleet(cloud.cloud())
    audit = Audit(fleet)
    for consumer, findings in covered([Choice(kind="doubled")], audit.findings).items():
        fleet = with_holdings(fleet, consumer, Planner(fleet, audit).plan(findings).after)
    assert {item.id: held_by(fleet, item.id) for item in fleet.servers} == {
        item.id: held_by(right, item.id) for item in right.servers
    }
