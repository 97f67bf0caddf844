# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the target release has dropped is found before it, by host, and not where it harms nobody."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.model.answers import Interface, PerCell
from ansible_collections.stackroll.nova.plugins.module_utils.model.release import Release
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.catalog import CATALOG
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.questions import (
    COMPUTE_NODES,
    INTERFACES,
    SOFTWARE,
)
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_evidence import ask, node, nodes


def host(**changes: Any) -> dict[str, Any]:
    """What host_software_info returns on a healthy compute host."""
    healthy = {
        "host": "cmp1",
        "hostname": "cmp1",
        "libvirt": "10.0.0",
        "qemu": "8.2.2",
        "units": {},
        "configuration": {},
    }
    return {**healthy, **changes}


def unit(*entry_points: str, container: bool = False, load_state: str = "loaded") -> dict[str, Any]:
    return {
        "load_state": load_state,
        "commands": [],
        "container": container,
        "entry_points": [*entry_points],
        "files": [],
    }


def interfaces(*found: Interface, **silent: str) -> dict[Any, Any]:
    return {INTERFACES: PerCell({"cell0": (), "cell1": found}, silent, "cell0")}


@pytest.mark.parametrize(
    ("vif_type", "on", "target", "result"),
    [
        ("bridge", "cmp1", "2026.2", "failure"),
        ("bridge", None, "2026.2", "success"),
        ("ovs", "cmp1", "2026.2", "success"),
    ],
)
def test_a_port_that_the_new_nova_compute_refuses(vif_type: str, on: str | None, target: str, result: str) -> None:
    found = ask("VIF types", interfaces(Interface("3f1c", on, vif_type)), target)
    assert found.result == result
    assert found.objects == (("server 3f1c on cmp1 (bridge)",) if result == "failure" else ())
    assert bool(found.remedy) == (result == "failure")


def test_vif_types_are_asked_from_the_release_on_that_refuses_one() -> None:
    (check,) = [check for check in CATALOG if check.name == "VIF types"]
    assert [check.belongs_to(Release.parse(name)) for name in ("2026.1", "2026.2")] == [False, True]


def test_a_silent_cell_may_have_such_ports() -> None:
    assert ask("VIF types", interfaces(cell2="timed out")).result == "unknown"


@pytest.mark.parametrize(
    ("libvirt", "target", "result"),
    [
        ("7.10.0", "2026.2", "failure"),
        ("7.10.0", "2024.2", "warning"),
        ("8.0.0", "2024.2", "success"),
        ("8.0.0", "2026.2", "warning"),
        ("9.10.5", "2026.2", "warning"),
        ("10.0", "2026.2", "success"),
        ("11.3.0", "2026.2", "success"),
        (None, "2026.2", "unknown"),
    ],
)
def test_libvirt(libvirt: str | None, target: str, result: str) -> None:
    found = ask("libvirt version", {SOFTWARE: {"cmp1": host(libvirt=libvirt)}, COMPUTE_NODES: nodes(node())}, target)
    assert found.result == result
    if result != "success":
        assert "cmp1" in found.summary
        assert found.remedy


def test_libvirt_failure_is_more_than_what_is_not_known() -> None:
    software = {"cmp1": host(libvirt="7.0.0"), "cmp2": host(host="cmp2", hostname="cmp2", libvirt=None)}
    found = ask("libvirt version", {SOFTWARE: software, COMPUTE_NODES: nodes(node(), node("cmp2"))})
    assert (found.result, found.objects) == ("failure", ("cmp1 (7.0.0)",))


@pytest.mark.parametrize(
    ("inventory_name", "names"),
    [
        ("x", {"host": "cmp1", "hostname": "x"}),
        ("x", {"host": "x", "hostname": "cmp1"}),
        ("cmp1", {"host": "x", "hostname": "x"}),
        ("x", {"host": "x", "hostname": "node.example.org"}),
    ],
)
def test_a_host_is_found_by_any_of_its_names(inventory_name: str, names: dict[str, str]) -> None:
    answers = {SOFTWARE: {inventory_name: host(**names)}, COMPUTE_NODES: nodes(node(node="node.example.org"))}
    assert ask("libvirt version", answers).result == "success"
    answers[COMPUTE_NODES] = nodes(node("cmp2"))
    assert ask("libvirt version", answers).result == "unknown"


@pytest.mark.parametrize("name", ["libvirt version", "QEMU version"])
def test_hosts_of_other_drivers_need_neither(name: str) -> None:
    ironic = node(hypervisor_type="ironic", hypervisor_version=1)
    assert ask(name, {COMPUTE_NODES: nodes(ironic)}).result == "success"


@pytest.mark.parametrize("name", ["libvirt version", "QEMU version"])
def test_without_a_database_the_hosts_are_believed(name: str) -> None:
    assert ask(name, {SOFTWARE: {"ctl1": host(libvirt=None, qemu=None), "cmp1": host()}}).result == "success"
    old = ask(name, {SOFTWARE: {"cmp1": host(libvirt="7.0.0", qemu="6.1.9")}})
    assert old.result == "failure"
    assert ask(name, {SOFTWARE: {"cmp1": host(libvirt=None, qemu=None)}}).result == "unknown"
    assert ask(name, {}).result == "unknown"


@pytest.mark.parametrize("name", ["libvirt version", "QEMU version"])
def test_a_silent_cell_may_have_old_hosts(name: str) -> None:
    found = nodes(node(), silent={"cell2": "timed out"})
    assert ask(name, {SOFTWARE: {"cmp1": host()}, COMPUTE_NODES: found}).result == "unknown"


@pytest.mark.parametrize(
    ("asked", "recorded", "result"),
    [
        ("8.2.2", 6001000, "success"),
        ("6.1.50", 9000000, "failure"),
        (None, 6001050, "failure"),
        (None, 7002022, "warning"),
        (None, 8002002, "success"),
        (None, 0, "unknown"),
    ],
)
def test_qemu_is_told_by_the_host_or_else_by_its_compute_node(asked: str | None, recorded: int, result: str) -> None:
    answers = {SOFTWARE: {"cmp1": host(qemu=asked)}, COMPUTE_NODES: nodes(node(hypervisor_version=recorded))}
    assert ask("QEMU version", answers).result == result
    if asked is None:
        assert ask("QEMU version", {COMPUTE_NODES: answers[COMPUTE_NODES]}).result == result, "no host was asked"


@pytest.mark.parametrize(
    ("entry_point", "target", "result"),
    [
        ("nova-api", "2025.1", "success"),
        ("nova-api", "2025.2", "failure"),
        ("nova-api-os-compute", "2025.2", "failure"),
        ("nova-api-metadata", "2025.2", "failure"),
        ("nova-api-wsgi", "2025.2", "success"),
        ("nova-api-wsgi", "2026.1", "failure"),
        ("nova-metadata-wsgi", "2026.1", "failure"),
        ("placement-api", "2025.1", "success"),
        ("placement-api", "2025.2", "failure"),
        ("nova.wsgi.osapi_compute", "2024.1", "failure"),
        ("nova.wsgi.osapi_compute", "2024.2", "success"),
        ("nova.wsgi.metadata", "2026.2", "success"),
        ("placement.wsgi.api", "2024.2", "failure"),
        ("placement.wsgi.api", "2026.2", "success"),
    ],
)
def test_api_entry_points(entry_point: str, target: str, result: str) -> None:
    found = ask("API entry points", {SOFTWARE: {"ctl1": host(units={"the-api": unit(entry_point)})}}, target)
    assert found.result == result
    if result == "failure":
        assert found.objects == (f"the-api on ctl1 ({entry_point})",)
        assert entry_point in found.remedy


def test_what_to_start_instead_and_since_when() -> None:
    units = {"nova-api": unit("nova-api-wsgi"), "placement-api": unit("placement-api")}
    remedy = ask("API entry points", {SOFTWARE: {"ctl1": host(units=units)}}).remedy
    assert "nova.wsgi.osapi_compute:application (there since 2024.2" in remedy
    assert "placement.wsgi.api:application (there since 2025.1" in remedy


@pytest.mark.parametrize(
    ("name", "state", "result"),
    [
        ("nova-api", unit(), "unknown"),
        ("nova-api", unit(container=True), "success"),
        ("nova-api", unit(load_state="not-found"), "success"),
        ("nova-conductor", unit(), "success"),
    ],
)
def test_a_unit_whose_entry_point_cannot_be_seen(name: str, state: dict[str, Any], result: str) -> None:
    assert ask("API entry points", {SOFTWARE: {"ctl1": host(units={name: state})}}).result == result
