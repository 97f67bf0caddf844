# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""provider_tree_info: complete consumers, order, usages, text, names of unknown hosts."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import ProviderTree
from ansible_collections.stackroll.nova.plugins.modules import provider_tree_info
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_mysql import url_of
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_openstack import uuid_of
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_placement_trees import TreeCloud
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_sql import FakeSql
from ansible_collections.stackroll.nova.tests.unit.plugins.modules.conftest import RunModule
from ansible_collections.stackroll.nova.tests.unit.plugins.modules.reshaping import AGGREGATE, STORAGE, add_gpu_host


@pytest.fixture(autouse=True)
def hosts(trees: TreeCloud) -> None:
    """Two hosts; one has a child."""
    add_gpu_host(trees, "cmp1")
    add_gpu_host(trees, "cmp2")
    trees.trees.add("cmp1_agent", {"NET_BW_EGR_KILOBIT_PER_SEC": 1000}, "cmp1")


def test_a_tree_with_all_that_its_consumers_hold_anywhere(run_module: RunModule, trees: TreeCloud) -> None:
    trees.trees.hold(
        "cmp1-vm0", {"cmp1": {"VCPU": 1}, "cmp1_agent": {"NET_BW_EGR_KILOBIT_PER_SEC": 7}}, type="INSTANCE"
    )
    result = run_module(provider_tree_info, hosts=["cmp1"])
    assert (result["changed"], result["api"]["writes"]) == (False, 0)
    (tree,) = result["trees"]
    assert (tree["host"], tree["root_uuid"]) == ("cmp1", uuid_of("cmp1"))
    assert [item["name"] for item in tree["providers"]] == ["cmp1", "cmp1_agent"]
    root, agent = tree["providers"]
    assert (root["generation"], root["traits"]) == (7, ["COMPUTE_NODE", "HW_CPU_X86_AMD_SEV"])
    assert root["usages"] == {"VCPU": 4, "MEMORY_MB": 3 * 512, "VGPU": 5}
    assert agent["parent_uuid"] == uuid_of("cmp1")
    consumers = {item["name"]: item for item in tree["consumers"]}
    assert sorted(consumers) == ["cmp1-vm0", "cmp1-vm1", "cmp1-vm2", "cmp1-vm3"]
    assert (consumers["cmp1-vm0"]["type"], consumers["cmp1-vm1"]["type"]) == ("INSTANCE", "unknown")
    assert consumers["cmp1-vm1"]["allocations"][uuid_of(STORAGE)] == {"DISK_GB": 10}
    assert consumers["cmp1-vm0"]["allocations"][uuid_of("cmp1_agent")] == {"NET_BW_EGR_KILOBIT_PER_SEC": 7}
    assert (consumers["cmp1-vm1"]["generation"], consumers["cmp1-vm1"]["project_id"]) == (1, "project")


def test_the_result_can_be_read_back(run_module: RunModule) -> None:
    result = run_module(provider_tree_info, hosts=["cmp1"])
    tree = ProviderTree.from_dict(result["trees"][0])
    assert tree.to_dict() == {
        key: value for key, value in result["trees"][0].items() if key not in ("host", "providers")
    } | {
        "providers": [
            {key: value for key, value in item.items() if key != "usages"} for item in result["trees"][0]["providers"]
        ]
    }


def test_the_order_is_the_one_of_the_hosts_and_all_when_none_is_named(run_module: RunModule, trees: TreeCloud) -> None:
    asked = run_module(provider_tree_info, hosts=["cmp2", "cmp1", "cmp2"])
    assert [item["host"] for item in asked["trees"]] == ["cmp2", "cmp1"]
    trees.trees.add("cmp10", {"VCPU": 1})
    everything = run_module(provider_tree_info)
    assert [item["host"] for item in everything["trees"]] == ["cmp1", "cmp2", "cmp10", STORAGE]


def test_many_hosts_need_one_list(run_module: RunModule, trees: TreeCloud) -> None:
    names = [f"node{number}" for number in range(9)]
    for name in names:
        trees.add_host_tree(name, {"VCPU": 4})
    result = run_module(provider_tree_info, hosts=names)
    assert [item["host"] for item in result["trees"]] == names
    lists = [params for _method, path, params in trees.calls if path == "/resource_providers"]
    assert lists == [{}]


def test_text_for_reading(run_module: RunModule) -> None:
    assert run_module(provider_tree_info, hosts=["cmp1"])["text"] == {
        "cmp1": [
            "cmp1 [COMPUTE_NODE] [HW_CPU_X86_AMD_SEV]",
            "  MEMORY_MB  2,048 of 4,096 used, 512 reserved",
            "  VCPU       4 of 8 used, ratio 4",
            "  VGPU       7 of 8 used",
            "  cmp1_agent",
            "    NET_BW_EGR_KILOBIT_PER_SEC  0 of 1,000 used",
        ]
    }
    lines = run_module(provider_tree_info, hosts=["cmp1"], consumers=True)["text"]["cmp1"]
    assert lines[lines.index("  VGPU       7 of 8 used") + 1] == f"    2  cmp1-vm0 ({uuid_of('cmp1-vm0')})"


@pytest.mark.parametrize(
    ("asked", "named"), [([], f"inventory of {STORAGE}"), (["cmp2"], f"inventory of provider {uuid_of(STORAGE)}")]
)
def test_the_next_nova_takes_away_what_a_host_shares(
    run_module: RunModule, trees: TreeCloud, asked: list[str], named: str
) -> None:
    for name in ("cmp1", "cmp2"):
        trees.trees.named(name)["inventories"]["MEM_ENCRYPTION_CONTEXT"] = {"total": 4}
    trees.trees.named("cmp2")["aggregates"] = [AGGREGATE]

    def outlook(target: str) -> dict[str, Any]:
        found = run_module(provider_tree_info, hosts=asked, target_release=target)["forecast"]
        return {item["host"]: item for item in found if item["reshape"] == "encrypted_memory"}

    found = outlook("2026.2")
    assert found["cmp2"]["outcome"] == "fails"
    assert named in found["cmp2"]["reason"]
    assert "stackroll_reshape=module" in found["cmp2"]["remedy"]
    assert asked or found["cmp1"]["outcome"] == "succeeds", "it is in no aggregate"
    assert outlook("2026.1")["cmp2"]["outcome"] == "succeeds"


@pytest.mark.parametrize("name", ["nope", "cmp1_agent"])
def test_what_is_no_root_is_refused(run_module: RunModule, trees: TreeCloud, name: str) -> None:
    result = run_module(provider_tree_info, hosts=["cmp1", name])
    assert result["msg"].startswith(f"Placement has no root provider named {name}.")
    assert trees.writes() == []


def test_a_consumer_that_goes_while_it_is_read_is_left_out(run_module: RunModule, trees: TreeCloud) -> None:
    def gone(_method: str, path: str) -> None:
        if path == f"/allocations/{uuid_of('cmp1-vm0')}":
            trees.trees.consumers.pop(uuid_of("cmp1-vm0"), None)

    trees.before_request = gone
    result = run_module(provider_tree_info, hosts=["cmp1"])
    assert sorted(item["name"] for item in result["trees"][0]["consumers"]) == ["cmp1-vm1", "cmp1-vm2", "cmp1-vm3"]


def test_a_provider_that_goes_while_it_is_read_has_nothing(run_module: RunModule, trees: TreeCloud) -> None:
    def gone(_method: str, path: str) -> None:
        if path.startswith("/resource_providers/"):
            trees.trees.providers.pop(uuid_of("cmp1_agent"), None)

    trees.before_request = gone
    result = run_module(provider_tree_info, hosts=["cmp1"])
    assert result["trees"][0]["providers"][1]["inventories"] == {}


def test_the_database_alone_is_enough(run_module: RunModule, trees: TreeCloud, sql: FakeSql) -> None:
    """Without a cloud, servers have no names; nothing is asked over HTTP."""
    sql.insert(
        "placement", "resource_providers", id=1, uuid=uuid_of("cmp1"), name="cmp1", generation=4, root_provider_id=1
    )
    sql.insert("placement", "resource_classes", id=1, name="VCPU")
    sql.insert(
        "placement",
        "inventories",
        resource_provider_id=1,
        resource_class_id=1,
        total=8,
        reserved=0,
        min_unit=1,
        max_unit=8,
        step_size=1,
        allocation_ratio=4.0,
    )
    result = run_module(provider_tree_info, hosts=["cmp1"], databases={"placement": url_of("placement")})
    assert result["text"] == {"cmp1": ["cmp1", "  VCPU  0 of 8 used, ratio 4"]}
    assert trees.calls == []
