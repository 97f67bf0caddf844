# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers and hypervisors of the cells."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.model.answers import Sample
from ansible_collections.stackroll.nova.plugins.module_utils.model.database_rows import InstanceRow
from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Fleet, Unknown
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.questions import (
    CELL_MAPPINGS,
    COMPUTE_ID_UNSET,
    COMPUTE_NODES,
    FLEET,
    INSTANCES,
    IRONIC_FLAVOR_UNMIGRATED,
    MACHINE_TYPE_UNSET,
    REQUEST_SPECS,
)
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_evidence import ask, node
from ansible_collections.stackroll.nova.tests.unit.plugins.status_checks import CELL0, CELLS, SILENCE, per_cell

NONE = per_cell(cell0=Sample(), cell1=Sample())
TWO = Sample(2, ("vm1 (a)", "vm2 (b)"))
MANY = per_cell(cell0=Sample(5, ("no",)), cell1=TWO, cell2=Sample(40, ("vm3 (c)", "vm4 (d)")))
ONLY_CELL0 = per_cell(cell0=TWO, cell1=Sample())
VCPU = {"VCPU": {"total": 4}}


def server(name: str) -> InstanceRow:
    return InstanceRow(name.upper(), name, "cmp1", "active", None)


def fleet(*uuids: str, inventory: dict[str, Any] | None = None, unknown: tuple[Unknown, ...] = ()) -> Fleet:
    found = VCPU if inventory is None else inventory
    return Fleet(taken_at="now", inventories=dict.fromkeys(uuids, found), unknown=unknown)


@pytest.mark.parametrize(
    ("nodes", "seen", "result", "objects"),
    [
        (per_cell(cell1=(node("cmp1"),)), fleet("node-cmp1"), "success", ()),
        (per_cell(cell1=(node("cmp1"),)), fleet("node-cmp1", "node-cmp2"), "success", ()),
        (per_cell(cell1=(node("cmp1"),)), fleet(), "warning", ("cmp1 (node-cmp1)",)),
        (per_cell(cell1=(node("cmp1"),)), fleet("node-cmp2"), "warning", ("cmp1 (node-cmp1)",)),
        (
            per_cell(cell1=(node("cmp1"),)),
            fleet("node-cmp1", inventory={"DISK_GB": {}}),
            "warning",
            ("cmp1 (node-cmp1)",),
        ),
        (per_cell(cell0=(node("cmp1"),), cell1=()), fleet(), "success", ()),
        (per_cell(SILENCE, cell1=(node("cmp1"),)), fleet("node-cmp1"), "unknown", ("cell2",)),
        (per_cell(cell1=()), fleet(unknown=(Unknown("cell3", "down"),)), "unknown", ("cell3",)),
    ],
)
def test_resource_providers(nodes: Any, seen: Fleet, result: str, objects: tuple[str, ...]) -> None:
    found = ask("Resource Providers", {COMPUTE_NODES: nodes, FLEET: seen}, "rocky")
    assert (found.result, found.objects) == (result, objects)


def test_resource_providers_of_a_new_cloud() -> None:
    found = ask("Resource Providers", {COMPUTE_NODES: per_cell(cell1=()), FLEET: fleet()}, "ocata")
    assert "nor are there compute nodes in the database" in found.summary


@pytest.mark.parametrize("release", ["rocky", "victoria"])
@pytest.mark.parametrize(
    ("cells", "unmigrated", "result"),
    [
        (CELLS, NONE, "success"),
        (CELLS, ONLY_CELL0, "success"),
        (CELLS, MANY, "failure"),
        (CELLS, per_cell(SILENCE, cell1=Sample()), "unknown"),
        (CELLS, per_cell(SILENCE, cell1=TWO), "failure"),
        ((CELL0,), NONE, "warning"),
        ((), per_cell(), "warning"),
    ],
)
def test_ironic_flavors(cells: Any, unmigrated: Any, result: str, release: str) -> None:
    answers = {CELL_MAPPINGS: cells, IRONIC_FLAVOR_UNMIGRATED: unmigrated}
    assert ask("Ironic Flavor Migration", answers, release).result == result


def test_samples_are_told_by_cell_and_counted_in_all() -> None:
    found = ask("Ironic Flavor Migration", {CELL_MAPPINGS: CELLS, IRONIC_FLAVOR_UNMIGRATED: MANY}, "rocky")
    assert found.summary == (
        "42 instances with unmigrated flavors on ironic nodes in cell1 (2), cell2 (40): vm1 (a), vm2 (b), vm3 (c) and 39 more."
    )
    assert (found.objects, found.total) == (("vm1 (a)", "vm2 (b)", "vm3 (c)", "vm4 (d)"), 42)
    assert "nova-manage db ironic_flavor_migration" in found.remedy


@pytest.mark.parametrize("release", ["rocky", "stein"])
@pytest.mark.parametrize(
    ("cells", "servers", "result", "objects"),
    [
        (CELLS, per_cell(cell0=(), cell1=()), "success", ()),
        (CELLS, per_cell(cell0=(), cell1=(server("known"),)), "success", ()),
        (CELLS, per_cell(cell0=(), cell1=(server("known"), server("vm1"))), "failure", ("vm1 (VM1) in cell1",)),
        (CELLS, per_cell(cell0=(server("vm1"),), cell1=()), "failure", ("vm1 (VM1) in cell0",)),
        (CELLS, per_cell(SILENCE, cell1=()), "unknown", ("cell2",)),
        ((), per_cell(), "warning", ()),
    ],
)
def test_request_specs(cells: Any, servers: Any, result: str, objects: tuple[str, ...], release: str) -> None:
    answers = {CELL_MAPPINGS: cells, INSTANCES: servers, REQUEST_SPECS: frozenset({"KNOWN"})}
    found = ask("Request Spec Migration", answers, release)
    assert (found.result, found.objects) == (result, objects)


@pytest.mark.parametrize("release", ["wallaby", "2026.2"])
@pytest.mark.parametrize(
    ("unset", "result"),
    [
        (NONE, "success"),
        (ONLY_CELL0, "success"),
        (per_cell(cell1=TWO), "warning"),
        (per_cell(SILENCE, cell1=Sample()), "unknown"),
        (per_cell(SILENCE, cell1=TWO), "unknown"),
    ],
)
def test_machine_types(unset: Any, result: str, release: str) -> None:
    found = ask("hw_machine_type unset", {MACHINE_TYPE_UNSET: unset}, release)
    assert found.result == result
    assert bool(found.summary) == (result != "success")


def test_machine_types_name_the_servers_and_the_right_command() -> None:
    found = ask("hw_machine_type unset", {MACHINE_TYPE_UNSET: per_cell(cell1=TWO)})
    assert found.summary == (
        "2 instances without hw_machine_type set in cell1 (2): vm1 (a), vm2 (b). This can be ignored if there are no libvirt"
        " based compute hosts."
    )
    assert found.remedy.startswith("nova-manage libvirt list_unset_machine_type")


@pytest.mark.parametrize(
    ("nodes", "unset", "result", "objects"),
    [
        (per_cell(cell1=(node("cmp1", service_id=1),)), NONE, "success", ()),
        (per_cell(cell1=(node("cmp1"),)), NONE, "warning", ("cmp1",)),
        (per_cell(cell0=(node("cmp1"),), cell1=()), ONLY_CELL0, "success", ()),
        (per_cell(cell1=()), per_cell(cell1=TWO), "warning", TWO.names),
        (per_cell(SILENCE, cell1=()), NONE, "unknown", ("cell2",)),
    ],
)
def test_object_linkage(nodes: Any, unset: Any, result: str, objects: tuple[str, ...]) -> None:
    found = ask("Object ID linkage", {COMPUTE_NODES: nodes, COMPUTE_ID_UNSET: unset}, "2023.2")
    assert (found.result, found.objects) == (result, objects)


def test_each_half_of_the_linkage_has_its_remedy() -> None:
    nodes = {COMPUTE_NODES: per_cell(cell1=(node("cmp1"),)), COMPUTE_ID_UNSET: NONE}
    servers = {COMPUTE_NODES: per_cell(cell1=()), COMPUTE_ID_UNSET: per_cell(cell1=TWO)}
    assert "nova-compute" in ask("Object ID linkage", nodes, "2023.2").remedy
    assert ask("Object ID linkage", servers, "2023.2").remedy == "nova-manage db online_data_migrations"
