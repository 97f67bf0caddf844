# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Nova's databases say, with SQL that really runs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.database.nova import NovaDatabases
from ansible_collections.stackroll.nova.plugins.module_utils.model.answers import Interface, Sample
from ansible_collections.stackroll.nova.plugins.module_utils.model.database_rows import (
    CellMapping,
    HostMapping,
    PciDevices,
)
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput, StackrollError
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_mysql import CELL0_UUID, PASSWORD, url_of
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_sql import FakeSql, flavor_text

CELL1 = "nova_cell1"


@pytest.fixture
def nova(sql: FakeSql) -> Iterator[NovaDatabases]:
    """The databases; no session is left behind."""
    databases = NovaDatabases(url_of("nova_api"), url_of("nova_cell0"), timeout=3)
    yield databases
    databases.close()
    assert sql.open == 0


def instance(sql: FakeSql, name: str, database: str = CELL1, **columns: Any) -> str:
    uuid = f"uuid-{name}"
    sql.insert(database, "instances", uuid=uuid, display_name=name, **columns)
    return uuid


def test_cells_and_hosts(sql: FakeSql, nova: NovaDatabases) -> None:
    sql.add_cell("cell2", "c2", disabled=1)
    sql.insert("nova_api", "host_mappings", cell_id=3, host="cmp9")
    sql.insert("nova_api", "host_mappings", cell_id=2, host="cmp1")
    assert nova.cell_mappings() == (
        CellMapping(CELL0_UUID, "cell0"),
        CellMapping("uuid-of-cell1", "cell1"),
        CellMapping("c2", "cell2", disabled=True),
    )
    assert nova.host_mappings() == (HostMapping("cmp1", "uuid-of-cell1"), HostMapping("cmp9", "c2"))


def test_schema_revisions(sql: FakeSql, nova: NovaDatabases) -> None:
    sql.insert("nova_api", "alembic_version", version_num="a")
    sql.insert("nova_cell0", "alembic_version", version_num="b")
    sql.drop(CELL1, "alembic_version")
    assert nova.api_revision() == "a"
    found = nova.cell_revisions()
    assert found.answers == {"cell0": "b"}
    assert "alembic_version" in found.silent["cell1"]


def test_request_specs(sql: FakeSql, nova: NovaDatabases) -> None:
    sql.insert("nova_api", "request_specs", instance_uuid="a")
    assert nova.request_specs() == {"a"}


def test_services_of_every_cell_disabled_cells_included(sql: FakeSql, nova: NovaDatabases) -> None:
    sql.add_cell("cell2", "c2", disabled=1)
    for cell, host in (("cell0", "ctl1"), ("cell1", "cmp1"), ("cell2", "cmp2")):
        sql.insert(f"nova_{cell}", "services", binary="nova-compute", host=host)
    sql.insert(CELL1, "services", binary="nova-compute", host="gone", deleted=7)
    sql.insert(CELL1, "services", binary="nova-compute", host="old", forced_down=None)
    found = nova.services()
    assert {cell: [(record.host, record.forced_down) for record in records] for cell, records in found.all()} == {
        "cell0": [("ctl1", False)],
        "cell1": [("cmp1", False), ("old", True)],
        "cell2": [("cmp2", False)],
    }
    assert [cell for cell, _records in found.real()] == ["cell1", "cell2"]


def test_compute_nodes_and_instances(sql: FakeSql, nova: NovaDatabases) -> None:
    sql.insert(CELL1, "compute_nodes", uuid="n1", host="cmp1", hypervisor_hostname="cmp1.example", service_id=4)
    sql.insert(CELL1, "compute_nodes", uuid="n2", host="cmp2", hypervisor_hostname="cmp2", deleted=2)
    instance(sql, "web", host="cmp1", task_state="rebooting")
    instance(sql, "gone", deleted=2)
    (node,) = nova.compute_nodes().answers["cell1"]
    assert (node.uuid, node.host, node.node, node.hypervisor_version, node.service_id) == (
        "n1", "cmp1", "cmp1.example", 7002022, 4,
    )  # fmt: skip
    (row,) = nova.instances().answers["cell1"]
    assert (row.uuid, row.name, row.host, row.vm_state, row.task_state) == (
        "uuid-web",
        "web",
        "cmp1",
        "active",
        "rebooting",
    )


def test_machine_type(sql: FakeSql, nova: NovaDatabases) -> None:
    def typed(name: str, key: str, value: str | None, **columns: Any) -> None:
        sql.insert(
            CELL1, "instance_system_metadata", instance_uuid=instance(sql, name), key=key, value=value, **columns
        )

    typed("typed", "image_hw_machine_type", "pc")
    typed("without prefix", "hw_machine_type", "q35")
    typed("of a deleted row, which Nova reads as well", "image_hw_machine_type", "pc", deleted=3)
    typed("another key", "image_os_type", "linux")
    typed("no value", "image_hw_machine_type", None)
    instance(sql, "unborn", vm_state="building")
    instance(sql, "stateless", vm_state=None)
    instance(sql, "deleted", deleted=9)
    instance(sql, "in cell0", "nova_cell0")
    found = nova.machine_type_unset()
    assert found.answers == {
        "cell1": Sample(3, ("another key (uuid-another key)", "no value (uuid-no value)", "stateless (uuid-stateless)"))
    }


def test_a_sample_is_short_and_its_total_is_not(sql: FakeSql, nova: NovaDatabases) -> None:
    for number in range(30):
        instance(sql, f"s{number:02}", compute_id=None if number > 3 else 1)
    found = nova.compute_id_unset().answers["cell1"]
    assert (found.total, len(found.names), found.names[0]) == (26, 20, "s04 (uuid-s04)")


def test_ironic_flavors(sql: FakeSql, nova: NovaDatabases) -> None:
    sql.insert(CELL1, "compute_nodes", uuid="n1", host="ctl1", hypervisor_hostname="metal", hypervisor_type="ironic")
    for name, specs in (("custom", {"resources:CUSTOM_GOLD": "1"}), ("plain", {"resources:VCPU": "0"})):
        uuid = instance(sql, name, node="metal")
        sql.insert(CELL1, "instance_extra", instance_uuid=uuid, flavor=flavor_text(extra_specs=specs))
    instance(sql, "no flavor", node="metal")
    instance(sql, "gone", node="metal", deleted=1)
    sql.insert(CELL1, "compute_nodes", uuid="n2", host="cmp1", hypervisor_hostname="cmp1")
    instance(sql, "virtual", node="cmp1")
    old = {"hypervisor_hostname": "scrap", "hypervisor_type": "ironic", "deleted": 3}
    sql.insert(CELL1, "compute_nodes", uuid="n3", host="ctl1", **old)
    instance(sql, "scrapped", node="scrap")
    found = nova.ironic_flavor_unmigrated().answers["cell1"]
    assert found == Sample(2, ("no flavor (uuid-no flavor)", "plain (uuid-plain)"))


def test_interfaces(sql: FakeSql, nova: NovaDatabases) -> None:
    ports: dict[str, Any] = {
        "old": [{"type": "ovs"}, {"type": "bridge"}],
        "new": [{"type": "ovs", "network": {"bridge": "br-int", "type": "x"}}],
        "inner": [{"type": "ovs", "details": {"type": "bridge"}}],
        "none": [],
    }
    for name, network in ports.items():
        uuid = instance(sql, name, host="cmp1")
        sql.insert(CELL1, "instance_info_caches", instance_uuid=uuid, network_info=json.dumps(network))
    sql.insert(CELL1, "instance_info_caches", instance_uuid=instance(sql, "broken"), network_info='[{"type": "bridge"')
    sql.insert(
        CELL1,
        "instance_info_caches",
        instance_uuid=instance(sql, "gone", deleted=1),
        network_info='[{"type": "bridge"}]',
    )
    assert nova.interfaces(("bridge", "ivs")).answers == {"cell1": (Interface("uuid-old", "cmp1", "bridge"),)}


def test_a_silent_cell_is_named_with_its_reason_and_waited_for_once(sql: FakeSql, nova: NovaDatabases) -> None:
    del sql.databases[CELL1]
    assert list(nova.services().silent) == ["cell1"]
    found = nova.instances()
    assert found.answers == {"cell0": ()}
    assert "nova_cell1 on db:3306 cannot be reached" in found.silent["cell1"]
    assert [opened["database"] for opened in sql.connections].count(CELL1) == 1


def test_a_read_that_takes_too_long_ends_one_answer_only(sql: FakeSql, nova: NovaDatabases) -> None:
    sql.slow.add(CELL1)
    assert "Lost connection" in nova.services().silent["cell1"]
    sql.slow.clear()
    assert nova.instances().silent == {}


def test_an_older_schema_ends_one_answer_only(sql: FakeSql, nova: NovaDatabases) -> None:
    sql.drop(CELL1, "compute_nodes")
    assert "Unknown table 'compute_nodes'" in nova.compute_nodes().silent["cell1"]
    assert nova.services().silent == {}


def test_one_session_per_database_and_one_query_per_table(sql: FakeSql, nova: NovaDatabases) -> None:
    for number in range(50):
        uuid = instance(sql, str(number), node="n", host="n")
        sql.insert(CELL1, "instance_extra", instance_uuid=uuid, flavor=flavor_text())
    for question in (nova.services, nova.instances, nova.compute_nodes, nova.ironic_flavor_unmigrated):
        question()
    assert Counter(opened["database"] for opened in sql.connections) == {"nova_api": 1, "nova_cell0": 1, CELL1: 1}
    assert Counter(name for name, _query in sql.queries) == {"nova_api": 1, "nova_cell0": 3, CELL1: 4}


@pytest.mark.parametrize(
    ("template", "base", "sentence"),
    [
        ("{scheme}://{username}:{password}@{hostname}/x", "", "{scheme}, {username}, {password}, {hostname}"),
        ("{scheme}://{username}:{password}@{hostname}:{port}/x", f"mysql://nova:{PASSWORD}@db/y", "{port}"),
        ("{scheme}://{username}:{passwort}@{hostname}/x", f"mysql://nova:{PASSWORD}@db/y", "{passwort}"),
    ],
)
def test_a_template_with_missing_parts_names_its_cell(sql: FakeSql, template: str, base: str, sentence: str) -> None:
    sql.add_cell("cell2", "c2", url=template)
    databases = NovaDatabases(url_of("nova_api"), base)
    with pytest.raises(InvalidInput, match="The database URL of cell cell2 is a template with") as caught:
        databases.cells()
    assert f"with {sentence}, which [database] connection (the option databases.nova)" in caught.value.message
    assert PASSWORD not in str(caught.value)
    databases.close()


def test_cells_of_the_same_name_are_told_apart(sql: FakeSql, nova: NovaDatabases) -> None:
    sql.add_cell("cell1", "other")
    assert [cell.name for cell in nova.cell_mappings()] == ["cell0", "cell1 (uuid-of-cell1)", "cell1 (other)"]


def test_a_silent_api_database_is_an_error(sql: FakeSql, nova: NovaDatabases) -> None:
    del sql.databases["nova_api"]
    with pytest.raises(StackrollError, match="nova_api on db:3306 cannot be reached"):
        nova.services()


def numa(*policies: str) -> str:
    """A topology as instance_extra keeps it."""
    cells = [{"nova_object.data": {"id": number, "cpu_policy": policy}} for number, policy in enumerate(policies)]
    return json.dumps({"nova_object.name": "InstanceNUMATopology", "nova_object.data": {"cells": cells}})


def test_servers_with_dedicated_cpus(sql: FakeSql, nova: NovaDatabases) -> None:
    for name, topology in (
        ("one", numa("dedicated")),
        ("two", numa("dedicated", "dedicated")),
        ("both", numa("mixed")),
    ):
        sql.insert(CELL1, "instance_extra", instance_uuid=instance(sql, name), numa_topology=topology)
    sql.insert(CELL1, "instance_extra", instance_uuid=instance(sql, "none"))
    gone = instance(sql, "gone", deleted=7)
    sql.insert(CELL1, "instance_extra", instance_uuid=gone, numa_topology=numa("dedicated"))
    assert dict(nova.pinned_servers().all()) == {"cell1": {"uuid-one", "uuid-two"}}


def test_pci_devices_and_those_of_which_both_kinds_are_tracked(sql: FakeSql, nova: NovaDatabases) -> None:
    one, two, gone = (
        sql.insert(CELL1, "compute_nodes", uuid=uuid, host=uuid, hypervisor_hostname=uuid, deleted=deleted)
        for uuid, deleted in (("n1", 0), ("n2", 0), ("n3", 3))
    )

    def device(node: int, address: str, dev_type: str = "type-PCI", parent: str | None = None, **columns: Any) -> None:
        sql.insert(
            CELL1,
            "pci_devices",
            compute_node_id=node,
            address=address,
            dev_type=dev_type,
            parent_addr=parent,
            **columns,
        )

    device(one, "0000:81:00.0", "type-PF")
    device(one, "0000:81:00.1", "type-VF", "0000:81:00.0", status="unavailable")
    device(one, "0000:82:00.0", "type-PF")
    device(one, "0000:82:00.1", "type-VF", "0000:82:00.0", status="removed")
    device(one, "0000:83:00.1", "type-VF", "0000:83:00.0", status="allocated", instance_uuid="i1")
    device(two, "0000:83:00.0", "type-PF")
    device(two, "0000:84:00.0", "type-PF", status="removed", instance_uuid="i2")
    device(two, "0000:84:00.1", "vdpa", "0000:84:00.0")
    device(two, "0000:85:00.0", deleted=5)
    device(gone, "0000:81:00.0")
    assert dict(nova.pci_devices().all()) == {
        "cell1": (PciDevices("n1", 4, ("0000:81:00.0",), held=1), PciDevices("n2", 2)),
    }
