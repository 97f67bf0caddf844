# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random clouds: what is in order has no findings, and whatever is then broken is found."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.stackroll.nova.plugins.module_utils.accounting.audit import Audit
from ansible_collections.stackroll.nova.plugins.module_utils.accounting.compare import compare_servers
from ansible_collections.stackroll.nova.plugins.module_utils.api.observe import read_fleet
from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Fleet
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_openstack import AMOUNTS, FakeOpenStack, uuid_of

HOSTS = ("cmp1", "cmp2", "cmp3")
NUMBERS = st.integers(0, 2)
PLACES = st.lists(
    st.tuples(st.sampled_from(HOSTS), st.sampled_from(("plain", "to confirm", "nested", "off"))), max_size=12
)


def build(places: list[tuple[str, str]]) -> FakeOpenStack:
    """A cloud in order, with a server in each place."""
    cloud = FakeOpenStack(*HOSTS)
    for host in HOSTS:
        cloud.add_provider(f"{host}_numa0", {"PCPU": {"total": 8}}, root=host)
    for number, (host, shape) in enumerate(places):
        name = f"s{number}"
        if shape == "off":
            cloud.add_server(name, None, **{"OS-EXT-STS:vm_state": "shelved_offloaded"})
        elif shape == "nested":
            cloud.add_server(name, host, held={"MEMORY_MB": 512, "DISK_GB": 13})
            cloud.allocate(uuid_of(name), f"{host}_numa0", {"PCPU": 2})
        else:
            state = "active" if shape == "plain" else "resized"
            cloud.add_server(name, host, **{"OS-EXT-STS:vm_state": state})
            if shape == "to confirm":
                source = HOSTS[HOSTS.index(host) - 1]
                cloud.allocate(cloud.add_migration(name, "resize", "finished", source, host), source, AMOUNTS)
    return cloud


@settings(max_examples=40, deadline=None)
@given(PLACES)
def test_a_cloud_in_order_has_no_findings(places: list[tuple[str, str]]) -> None:
    fleet = read_fleet(build(places).cloud())
    assert Audit(fleet).findings == ()
    assert Fleet.load(json.loads(json.dumps(fleet.to_dict()))) == fleet


@settings(max_examples=60, deadline=None)
@given(PLACES, st.data())
def test_whatever_is_broken_is_found(places: list[tuple[str, str]], data: st.DataObject) -> None:
    cloud = build(places)
    entries = [(uuid, consumer) for uuid, held in cloud.allocations.items() for consumer in held]
    if not entries:
        return
    provider, consumer = data.draw(st.sampled_from(entries))
    damage = data.draw(st.sampled_from(("drop", "copy", "rename", "less", "more")))
    if damage in ("less", "more") and consumer not in {server["id"] for server in cloud.servers}:
        return  # how much a migration must hold is not known: the flavor of the source is gone
    break_it(cloud, provider, consumer, damage)
    findings = Audit(read_fleet(cloud.cloud())).findings
    assert findings
    assert {item.consumer_id for item in findings} <= {consumer, "stranger"}


def break_it(cloud: FakeOpenStack, provider: str, consumer: str, damage: str) -> None:
    held = cloud.allocations[provider]
    if damage == "copy":
        root = next(item["root_provider_uuid"] for item in cloud.providers if item["uuid"] == provider)
        elsewhere = next(
            uuid_of(host)
            for host in HOSTS
            if uuid_of(host) != root and consumer not in cloud.allocations[uuid_of(host)]
        )
        cloud.allocations[elsewhere][consumer] = held[consumer]
    elif damage == "rename":
        held["stranger"] = held.pop(consumer)
    elif damage == "drop":
        del held[consumer]
    else:
        amount = -1 if damage == "less" else 1
        held[consumer] = {"resources": {name: value + amount for name, value in held[consumer]["resources"].items()}}


@settings(max_examples=40, deadline=None)
@given(PLACES, PLACES)
def test_every_server_has_one_fate(before: list[tuple[str, str]], after: list[tuple[str, str]]) -> None:
    result = compare_servers(read_fleet(build(before).cloud()), read_fleet(build(after).cloud()))
    changed = {item["id"] for item in result["changed"]}
    fates = result["unchanged"] + result["moved"] + result["deleted"] + len(result["lost"]) + len(changed)
    assert fates == result["total"] == len(before)
    assert result["new"] == max(0, len(after) - len(before))
