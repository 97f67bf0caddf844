# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reshapes by Nova 34.0.0 on hosts that share storage, and hosts that somebody else reshapes before nova-compute starts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.model.database_rows import PciDevices
from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Fleet
from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import ProviderTree
from ansible_collections.stackroll.nova.plugins.module_utils.model.release import Release
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.at_start.options import HostOptions
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.forecast import (
    ENCRYPTED_MEMORY,
    PCI_DEVICES,
    PINNED_CPUS,
    VGPU,
    Forecast,
    Known,
    forecast,
)
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_evidence import (
    fleet,
    held,
    inventory,
    migration,
    root,
    server,
)
from ansible_collections.stackroll.nova.tests.unit.plugins.module_utils.reshape.trees import (
    consumer,
    provider,
    tree,
    uuid_of,
)

SHARES = ("MISC_SHARES_VIA_AGGREGATE",)
TRAITS = {"node-storage": SHARES, "node-cmp1": ("COMPUTE_NODE",), "node-cmp2": ("COMPUTE_NODE",)}
GPUS = {"devices/enabled_mdev_types": ["nvidia-35"]}
SETS = {"compute/cpu_dedicated_set": ["0-7"], "compute/cpu_shared_set": ["8-15"]}
IN_PLACEMENT = {"pci/report_in_placement": ["true"], "pci/device_spec": ['{"address": "0000:81:00.0"}']}
FOREIGN = {"DEFAULT/compute_driver": ["lab.LabDriver"]}
DISK = held("a", "node-storage", DISK_GB=10)
WITH_CONTEXT = held("a", VCPU=2, MEM_ENCRYPTION_CONTEXT=1)
WITH_VGPU = held("a", VCPU=2, VGPU=1)
MANY = tuple(held(name, VCPU=1, MEM_ENCRYPTION_CONTEXT=1) for name in "abcde")
REMEDY = "stackroll_reshape=module"


def cloud(*allocations: Any, traits: Mapping[str, tuple[str, ...]] | None = None, **changes: Any) -> Fleet:
    """cmp1 with contexts and VGPU on its root, cmp2, and a provider named storage."""
    return fleet(
        **{
            "providers": (root("cmp1"), root("cmp2"), root("storage")),
            "inventories": {
                "node-cmp1": inventory(VCPU=32, MEM_ENCRYPTION_CONTEXT=4, VGPU=4),
                "node-cmp2": inventory(VCPU=8),
                "node-storage": inventory(DISK_GB=1000),
            },
            "servers": (server("a"), server("b", host="cmp2")),
            "allocations": allocations,
            "traits": TRAITS if traits is None else traits,
            **changes,
        }
    )


def look(
    seen: Fleet | list[ProviderTree],
    reshape: str = ENCRYPTED_MEMORY,
    options: Mapping[str, list[str]] | None = None,
    target: str = "2026.2",
    by_module: Collection[str] = (),
    **known: Any,
) -> Forecast:
    """The forecast for cmp1."""
    about = {"cmp1": Known(HostOptions(options or {}), **known)}
    found = forecast(seen, Release.parse(target), known=about, only=(reshape,), by_module=by_module)
    (own,) = [item for item in found if item.host == "cmp1"]
    return own


@pytest.mark.parametrize("traits", [TRAITS, {}])
def test_a_sharing_provider_that_servers_of_the_host_use(traits: Any) -> None:
    found = look(cloud(WITH_CONTEXT, DISK, traits=traits))
    assert (found.outcome, found.consumers) == ("fails", 1)
    assert found.reason == (
        "1 consumer holds MEM_ENCRYPTION_CONTEXT, but nova-compute 34.0.0 would also take away the inventory of storage, which the host"
        " shares, and Placement refuses that as long as it is in use"
    )
    assert REMEDY in found.remedy


@pytest.mark.parametrize("target", ["2025.2", "2026.1"])
def test_nova_before_34_leaves_sharing_providers_alone(target: str) -> None:
    assert look(cloud(WITH_CONTEXT, DISK), target=target).outcome == "succeeds"


EVACUATED_TO_HERE = {"type": "evacuation", "status": "done", "source_node": "cmp2", "source_host": "cmp2"}


@pytest.mark.parametrize(
    "seen",
    [
        cloud(WITH_CONTEXT),
        cloud(WITH_CONTEXT, held("b", "node-cmp2", VCPU=1), replace(DISK, consumer_id="id-of-b")),
        cloud(WITH_CONTEXT, DISK, traits={**TRAITS, "node-storage": ("CUSTOM_DISK",)}),
        cloud(WITH_CONTEXT, held("a", "node-cmp2", VCPU=2), traits={}),
        cloud(WITH_CONTEXT, held("a", "node-cmp2", DISK_GB=2), traits={}),
        cloud(WITH_CONTEXT, held("a", "node-gone", DISK_GB=2), traits={}),
        cloud(
            WITH_CONTEXT,
            held("a", "node-cmp2", VCPU=2),
            DISK,
            migrations=(migration("a", dest_node="cmp1", dest_host="cmp1", **EVACUATED_TO_HERE),),
        ),
    ],
    ids=[
        "nobody uses it",
        "another host uses it",
        "it does not share",
        "another host's provider",
        "another host's disk",
        "a provider that is gone",
        "whose disk that is, is not known as long as the server holds something on two hosts",
    ],
)
def test_what_does_not_show_that_the_host_shares(seen: Fleet) -> None:
    assert look(seen).outcome == "succeeds"


def test_nothing_is_reshaped_and_nothing_is_taken_away() -> None:
    seen = cloud(held("a", VCPU=2), DISK, inventories={"node-cmp1": inventory(VCPU=8), "node-storage": {}})
    assert look(seen).outcome == "none"
    assert look(cloud(WITH_VGPU, DISK), VGPU).remedy.startswith("Set [devices]"), "it fails for another reason"


@pytest.mark.parametrize(
    ("reshape", "allocations", "options", "outcome"),
    [
        (VGPU, (WITH_VGPU, DISK), GPUS, "fails"),
        (ENCRYPTED_MEMORY, (*MANY, DISK), {"libvirt/num_memory_encrypted_guests": ["4"]}, "fails"),
        (VGPU, (WITH_VGPU, DISK), FOREIGN, "unknown"),
        (ENCRYPTED_MEMORY, (WITH_CONTEXT, DISK), FOREIGN, "unknown"),
        (PINNED_CPUS, (held("a", VCPU=2), DISK), SETS, "unknown"),
    ],
    ids=[
        "a reshape of VGPU that may fail anyway",
        "a reshape of contexts that may",
        "VGPU by a foreign driver",
        "contexts by one",
        "perhaps nobody is pinned",
    ],
)
def test_where_something_else_is_not_known_either(
    reshape: str, allocations: Any, options: Mapping[str, list[str]], outcome: str
) -> None:
    without = look(cloud(*allocations[:-1]), reshape, options)
    found = look(cloud(*allocations), reshape, options)
    assert without.outcome in ("unknown", "succeeds")
    assert REMEDY not in without.remedy
    assert found.outcome == outcome
    assert found.reason.startswith(without.reason)
    assert "inventory of storage" in found.reason
    assert REMEDY in found.remedy
    assert (without.remedy in found.remedy) == (outcome == "unknown")


@pytest.mark.parametrize("pinned", [True, False])
def test_pinned_servers_of_which_another_may_be_pinned(pinned: bool) -> None:
    """Whoever is pinned for sure, there is a reshape."""
    specs = {"hw:cpu_policy": "dedicated" if pinned else "shared"}
    servers = (server("a", extra_specs=specs), server("b"))
    seen = cloud(held("a", VCPU=2), held("b", VCPU=9), DISK, servers=servers)
    assert look(seen, PINNED_CPUS, SETS).outcome == ("fails" if pinned else "unknown")


@pytest.mark.parametrize(("devices", "outcome"), [(0, "succeeds"), (1, "fails")])
def test_pci_devices_are_reshaped_only_where_servers_have_some(devices: int, outcome: str) -> None:
    pci = PciDevices("node-cmp1", 2, (), devices)
    assert look(cloud(held("a", VCPU=2), DISK), PCI_DEVICES, IN_PLACEMENT, pci=pci).outcome == outcome


def host(consumers: Mapping[str, Any] | None = None, children: Any = (), **changes: Any) -> ProviderTree:
    """The tree of cmp1, in an aggregate."""
    about = {"aggregates": ("agg-1", "agg-2"), **changes}
    return tree({"VCPU": 8, "MEM_ENCRYPTION_CONTEXT": 4}, consumers, children, **about)


def storage(*users: str, name: str = "storage", **changes: Any) -> ProviderTree:
    """A tree of one provider that shares its disks."""
    inventories = changes.pop("inventories", {"DISK_GB": 100})
    there = provider(name, inventories, None, **{"traits": SHARES, "aggregates": ("agg-2", "agg-3"), **changes})
    return ProviderTree(there.uuid, (there,), tuple(consumer(user, {name: {"DISK_GB": 1}}) for user in users))


USES: Any = {"a": {"cmp1": {"VCPU": 1, "MEM_ENCRYPTION_CONTEXT": 1}, "storage": {"DISK_GB": 1}}}
SHARING_CHILD = provider("cmp1_disk", {"DISK_GB": 9}, traits=SHARES, aggregates=("agg-1",))
TREES: dict[str, tuple[list[ProviderTree], str, str]] = {
    "in use by this host": ([host(USES), storage("a")], "fails", "inventory of storage, which the host shares, and"),
    "in use by another host": ([host(), storage("b")], "fails", "as long as it is in use"),
    "not in use": ([host(), storage()], "fails", "inventory of storage, which the host shares"),
    "in an aggregate with a child": (
        [host(None, [provider("cmp1_gpu", {}, aggregates=("agg-3",))], aggregates=()), storage()],
        "fails",
        "inventory of storage",
    ),
    "in no aggregate with the host any more": ([host(USES, aggregates=("agg-1",)), storage("a")], "succeeds", ""),
    "without the trait": ([host(USES), storage("a", traits=())], "succeeds", ""),
    "without inventory": ([host(), storage(inventories={})], "succeeds", ""),
    "its own child": ([host(None, [SHARING_CHILD])], "succeeds", ""),
    "not read, and used": ([host(USES)], "fails", f"inventory of provider {uuid_of('storage')}, which"),
    "not read, but in no aggregate": ([host(USES, aggregates=())], "succeeds", ""),
    "not read, perhaps of another host": (
        [host({"a": {**USES["a"], "cmp2": {"MEMORY_MB": 1}}})],
        "succeeds",
        "",
    ),
}


@pytest.mark.parametrize(("seen", "outcome", "words"), TREES.values(), ids=TREES.keys())
def test_trees(seen: list[ProviderTree], outcome: str, words: str) -> None:
    found = look(seen)
    assert found.outcome == outcome
    assert words in found.reason
    assert look(seen, target="2026.1").outcome == "succeeds"


def test_an_inventory_that_nobody_uses_is_lost_without_a_word() -> None:
    """Placement refuses as soon as one of them is in use, so that then none is lost."""
    other = storage("b", name="other")
    assert look([host(), storage()]).reason.endswith("the inventory of storage, which the host shares")
    assert "inventory of other, which the host shares, and Placement refuses" in look([host(), storage(), other]).reason


@pytest.mark.parametrize(
    ("seen", "reshape", "options"),
    [
        (cloud(), ENCRYPTED_MEMORY, {}),
        (cloud(WITH_CONTEXT, DISK), ENCRYPTED_MEMORY, {}),
        (cloud(WITH_CONTEXT, DISK), ENCRYPTED_MEMORY, FOREIGN),
        (cloud(WITH_VGPU), VGPU, {}),
        (cloud(replace(WITH_VGPU, consumer_id="gone")), VGPU, GPUS),
    ],
    ids=["succeeds", "fails by what it shares", "unknown", "no GPUs any more", "a consumer nobody knows"],
)
def test_what_is_reshaped_before_the_start_is_not_forecast(seen: Fleet, reshape: str, options: Any) -> None:
    assert look(seen, reshape, options).outcome != "reshaped"
    assert look(seen, reshape, options, by_module=["cmp2"]).outcome == look(seen, reshape, options).outcome
    found = look(seen, reshape, options, by_module=["cmp1"])
    assert (found.outcome, found.remedy) == ("reshaped", "")


def test_where_nothing_is_to_be_moved_nothing_is_reshaped_before() -> None:
    assert look(cloud(), PINNED_CPUS, by_module=["cmp1"]).outcome == "none"


PIN_SET = {**SETS, "DEFAULT/vcpu_pin_set": ["0-7"]}
OVERLAP = {**SETS, "compute/cpu_shared_set": ["7-9"]}
NO_SET = {**SETS, "compute/cpu_shared_set": ["all"]}
PINNED = cloud(held("a", VCPU=2), servers=(server("a", extra_specs={"hw:cpu_policy": "dedicated"}),))
TRACKED = cloud(
    providers=(root("cmp1"), replace(root("dev"), name="cmp1_0000:81:00.0", parent_uuid="node-cmp1", root_uuid="node-cmp1"))
)  # fmt: skip


def spec(text: str, on: str = "true") -> dict[str, list[str]]:
    return {"pci/report_in_placement": [on], "pci/device_spec": [text]}


@pytest.mark.parametrize(
    ("seen", "reshape", "options", "known"),
    [
        (PINNED, PINNED_CPUS, PIN_SET, {}),
        (PINNED, PINNED_CPUS, OVERLAP, {}),
        (PINNED, PINNED_CPUS, NO_SET, {}),
        (cloud(), PCI_DEVICES, spec("", "maybe"), {}),
        (TRACKED, PCI_DEVICES, {}, {}),
        (cloud(), PCI_DEVICES, spec("{"), {}),
        (cloud(), PCI_DEVICES, spec('{"devname": "eth0"}'), {}),
        (cloud(), PCI_DEVICES, IN_PLACEMENT, {"pci": PciDevices("node-cmp1", 2, ("0000:81:00.0",))}),
        (cloud(), PCI_DEVICES, IN_PLACEMENT, {}),
        (
            cloud(),
            PCI_DEVICES,
            spec('{"address": "*:81:*", "resource_class": "nic"}'),
            {"pci": PciDevices("node-cmp1", 2)},
        ),
        (
            cloud(),
            PCI_DEVICES,
            spec('{"address": "*:81:*", "physical_network": "p"}'),
            {"pci": PciDevices("node-cmp1", 2, ("0000:81:00.0",))},
        ),
        (cloud(), PCI_DEVICES, IN_PLACEMENT, {"pci": PciDevices("node-cmp1", 2)}),
    ],
    ids=[
        "vcpu_pin_set",
        "sets that overlap",
        "a set that is none",
        "no boolean",
        "switched off again",
        "no JSON",
        "devname",
        "both functions",
        "devices not known",
        "with marks",
        "both functions, one perhaps for Neutron",
        "no server has a device",
    ],
)
def test_no_reshape_before_the_start_mends_the_configuration(
    seen: Fleet, reshape: str, options: Any, known: Any
) -> None:
    before = look(seen, reshape, options, **known)
    assert before.outcome in ("fails", "unknown", "succeeds")
    assert look(seen, reshape, options, by_module=["cmp1"], **known) == before


@pytest.mark.parametrize("named", ["cmp1", "nova-cmp1", "host-1"])
def test_who_is_reshaped_is_known_by_any_name_of_nova(named: str) -> None:
    (found,) = forecast(
        cloud(WITH_CONTEXT, servers=(server("a", host="host-1", node="cmp1"),)),
        Release.parse("2026.2"),
        hosts={"node-cmp1": "nova-cmp1"},
        only=(ENCRYPTED_MEMORY,),
        by_module=(named,),
    )[:1]
    assert (found.host, found.outcome) == ("cmp1", "reshaped")
