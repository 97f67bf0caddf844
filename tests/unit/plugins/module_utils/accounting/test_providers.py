# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts only one side knows, and when Nova is asked for its compute nodes at all."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.accounting.providers import unmatched
from ansible_collections.stackroll.nova.plugins.module_utils.api.observe import read_fleet
from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Fleet
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_openstack import FakeOpenStack, uuid_of

HYPERVISORS = "/os-hypervisors"
Read = Callable[[], Fleet]


def know(cloud: FakeOpenStack, *nodes: str) -> None:
    """Compute nodes whose UUID is that of the provider of their name."""
    cloud.hypervisors = [{"id": uuid_of(name), "hypervisor_hostname": name} for name in nodes]


def asked(cloud: FakeOpenStack) -> int:
    return sum(path == HYPERVISORS for _method, path, _params in cloud.calls)


def test_equal_names_cost_no_request(openstack: FakeOpenStack, read: Read) -> None:
    openstack.add_provider("shared", {"DISK_GB": {"total": 1}})
    openstack.add_provider("cmp1_numa0", {"PCPU": {"total": 1}}, root="cmp1")
    fleet = read()
    assert (asked(openstack), fleet.nodes, list(unmatched(fleet))) == (0, None, [])


def left_over(cloud: FakeOpenStack) -> None:
    cloud.add_provider("gone", {"VCPU": {"total": 8}})
    cloud.add_provider("shared", {"DISK_GB": {"total": 1}})
    cloud.add_provider("cmp1_numa0", {"PCPU": {"total": 1}}, root="cmp1")
    know(cloud, "cmp1", "cmp2", "cmp3")


def unknown_to_placement(cloud: FakeOpenStack) -> None:
    cloud.providers = [item for item in cloud.providers if item["name"] != "cmp2"]
    know(cloud, "cmp1", "cmp2", "cmp3")


def other_uuid(cloud: FakeOpenStack) -> None:
    left_over(cloud)
    know(cloud, "cmp1", "cmp3", "gone")
    cloud.hypervisors.append({"id": uuid_of("new cmp2"), "hypervisor_hostname": "cmp2"})


def longer_names(cloud: FakeOpenStack) -> None:
    for item in cloud.providers:
        item["name"] += ".example.org"
    know(cloud, "cmp1", "cmp2", "cmp3")


@pytest.mark.parametrize(
    ("scenario", "found"),
    [
        (left_over, [("gone", "this resource provider has no compute node")]),
        (unknown_to_placement, [("cmp2", "this compute node has no resource provider")]),
        (
            other_uuid,
            [
                ("cmp2", "this compute node has no resource provider"),
                ("cmp2", "this resource provider has no compute node"),
            ],
        ),
        (longer_names, []),
    ],
)
def test_what_one_side_does_not_know(
    openstack: FakeOpenStack, read: Read, scenario: Callable[[FakeOpenStack], None], found: list[tuple[str, str]]
) -> None:
    scenario(openstack)
    fleet = read()
    assert asked(openstack) == 1
    assert [(item.name, item.reason) for item in unmatched(fleet)] == found
    assert Fleet.load(json.loads(json.dumps(fleet.to_dict()))) == fleet


def test_compute_nodes_that_do_not_answer_are_unknown(openstack: FakeOpenStack, read: Read) -> None:
    left_over(openstack)
    openstack.broken[HYPERVISORS] = 500
    assert [item.what for item in read().unknown] == ["compute nodes"]


def test_without_inventories_nova_is_not_asked(openstack: FakeOpenStack) -> None:
    unknown_to_placement(openstack)
    fleet = read_fleet(openstack.cloud(), ("allocations",))
    assert (asked(openstack), fleet.nodes) == (0, None)
