# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What nova-compute will reshape at its start, what it dies of, and what nobody can know beforehand."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.model.database_rows import PciDevices
from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Fleet, Provider, Unknown
from ansible_collections.stackroll.nova.plugins.module_utils.model.release import Release
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.at_start.options import HostOptions
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.forecast import (
    ENCRYPTED_MEMORY,
    KINDS,
    PCI_DEVICES,
    PINNED_CPUS,
    VGPU,
    Forecast,
    Known,
    People,
    forecast,
    people_of,
)
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.presets import PRESETS
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_evidence import (
    child,
    fleet,
    held,
    inventory,
    migration,
    root,
    server,
)
from ansible_collections.stackroll.nova.tests.unit.plugins.module_utils.reshape.trees import tree

GPUS = {"devices/enabled_mdev_types": ["nvidia-35"]}
PINNED = {"hw:cpu_policy": "dedicated"}
SHARED = {"hw:cpu_policy": "shared"}
CONTEXT = "MEM_ENCRYPTION_CONTEXT"
EVACUATED = {"type": "evacuation", "status": "done"}


@dataclass(frozen=True)
class Case:
    """A cloud and what is known of cmp1, with what is expected there."""

    seen: Fleet
    outcome: str
    words: str = ""
    options: Mapping[str, list[str]] | None = field(default_factory=dict)
    target: str = "2026.2"
    pinned: Collection[str] | None = None
    known: Mapping[str, Any] = field(default_factory=dict)

    def look(self, reshape: str) -> Forecast:
        """The forecast for cmp1."""
        options = None if self.options is None else HostOptions(self.options)
        people = people_of(self.seen, self.pinned)
        known = {"cmp1": Known(options, **self.known)}
        found = forecast(self.seen, Release.parse(self.target), people=people, known=known, only=(reshape,))
        (own,) = [item for item in found if item.host == "cmp1"]
        return own

    def check(self, reshape: str) -> None:
        """Outcome and reason are as expected, and whoever has to do something is told what."""
        found = self.look(reshape)
        assert (found.reshape, found.outcome) == (reshape, self.outcome), found.reason
        assert self.words in found.reason
        assert bool(found.remedy) == (self.outcome != "none")


def cloud(*allocations: Any, servers: Collection[Any] = (), **totals: int) -> Fleet:
    """cmp1 with this on its root, and cmp2."""
    providers = (root("cmp1"), child("cmp1", "amd_sev"), root("cmp2"))
    return fleet(
        providers=providers,
        inventories={
            "node-cmp1": inventory(**{"VCPU": 32, **totals}),
            "node-cmp2": inventory(VCPU=8, VGPU=4, MEM_ENCRYPTION_CONTEXT=4),
            "cmp1-amd_sev": {},
        },
        servers=tuple(servers),
        allocations=allocations,
    )


def with_vgpu(name: str = "a", amount: int = 1) -> Any:
    return held(name, VCPU=2, VGPU=amount)


VGPU_CASES = {
    "nothing on the root": Case(cloud(), "none", "no VGPU"),
    "nobody holds it": Case(cloud(VGPU=4), "succeeds", "nobody holds", GPUS),
    "nobody holds it, and there are no GPUs": Case(cloud(VGPU=4), "none", "enabled_mdev_types is not set"),
    "no GPUs for those who hold it": Case(
        cloud(with_vgpu(), VGPU=4, servers=[server("a")]), "fails", "1 consumer holds VGPU, which nova-compute cannot"
    ),
    "an older name of the option": Case(
        cloud(VGPU=4), "succeeds", "", {"devices/enabled_vgpu_types": ["nvidia-35", "nvidia-36"]}
    ),
    "servers of which libvirt was not asked": Case(
        cloud(with_vgpu(), VGPU=4, servers=[server("a")]), "unknown", "mediated device for each", GPUS
    ),
    "servers with their devices": Case(
        cloud(with_vgpu(), VGPU=4, servers=[server("a")]), "succeeds", "", GPUS, known={"vgpus": {"id-of-a": 1}}
    ),
    "servers with devices, options not known": Case(
        cloud(with_vgpu(), VGPU=4, servers=[server("a")]),
        "unknown",
        "enabled_mdev_types is set",
        None,
        known={"vgpus": {"id-of-a": 1}},
    ),
    "a server without a device": Case(
        cloud(with_vgpu(), VGPU=4, servers=[server("a")]),
        "fails",
        "no mediated device for a",
        GPUS,
        known={"vgpus": {}},
    ),
    "a migration": Case(
        replace(
            cloud(replace(with_vgpu(), consumer_id="migration-of-a"), VGPU=4, servers=[server("a", host="cmp2")]),
            migrations=(migration("a", type="resize", status="finished"),),
        ),
        "fails",
        "resize of a (migration-of-a) holds VGPU and is no server",
        GPUS,
    ),
    "a server of another host": Case(
        cloud(with_vgpu(), VGPU=4, servers=[server("a", host="cmp2")]), "fails", "is no server on the host", GPUS
    ),
    "a consumer nobody knows": Case(cloud(with_vgpu(), VGPU=4), "fails", "id-of-a holds VGPU and is no", GPUS),
    "a consumer nobody knows, options neither": Case(cloud(with_vgpu(), VGPU=4), "fails", "is no server", None),
    "a consumer that a silent cell may know": Case(
        replace(cloud(with_vgpu(), VGPU=4), unknown=(Unknown("cell2", "timeout"),)),
        "unknown",
        "whether id-of-a is a server",
        GPUS,
    ),
    "more holders than devices": Case(
        cloud(with_vgpu("a"), with_vgpu("b"), VGPU=1, servers=[server("a"), server("b")]),
        "fails",
        "2 consumers hold VGPU, of which the GPUs have 1, without over-commit",
        GPUS,
    ),
    "held on a child as well": Case(
        cloud(held("a", VCPU=2), held("a", "cmp1-amd_sev", VGPU=1), VGPU=4, servers=[server("a")]),
        "fails",
        "held elsewhere than on the root, by a (id-of-a) on cmp1_amd_sev",
        GPUS,
    ),
    "evacuated to here, and the old host is not back": Case(
        replace(
            cloud(with_vgpu(), held("a", "node-cmp2", VGPU=1), VGPU=4, servers=[server("a")]),
            migrations=(migration("a", source_node="cmp2", source_host="cmp2", dest_node="cmp1", **EVACUATED),),
        ),
        "fails",
        "on provider node-cmp2 of another host",
        GPUS,
    ),
    "evacuated from here": Case(
        replace(
            cloud(with_vgpu(), held("a", "node-cmp2", VGPU=1), VGPU=4, servers=[server("a", host="cmp2")]),
            migrations=(migration("a", **EVACUATED),),
        ),
        "succeeds",
        "nobody holds",
        GPUS,
    ),
    "about to leave": Case(
        replace(cloud(with_vgpu(), VGPU=4, servers=[server("a")]), migrations=(migration("a", status="accepted"),)),
        "unknown",
        "1 consumer holds VGPU",
        GPUS,
    ),
    "a holder of nothing else": Case(
        cloud(held("a", VGPU=1), VGPU=4, servers=[server("a")]), "fails", "holds nothing else on cmp1", GPUS
    ),
    "what stays violates its inventory": Case(
        cloud(with_vgpu(), held("b", DISK_GB=10), VGPU=4, servers=[server("a"), server("b")]),
        "fails",
        "b (id-of-b) would hold 10 of DISK_GB of cmp1, which will have none",
        GPUS,
    ),
    "another driver of Nova": Case(
        cloud(with_vgpu(), VGPU=4), "none", "moves nothing", {"DEFAULT/compute_driver": ["vmwareapi.VMwareVCDriver"]}
    ),
    "a driver that is not Nova's": Case(
        cloud(VGPU=4), "unknown", "none of Nova's", {"DEFAULT/compute_driver": ["lab.LabDriver"]}
    ),
    "libvirt's driver": Case(
        cloud(VGPU=4), "succeeds", "", {**GPUS, "DEFAULT/compute_driver": ["libvirt.LibvirtDriver"]}
    ),
}


@pytest.mark.parametrize("case", VGPU_CASES.values(), ids=VGPU_CASES.keys())
def test_vgpu(case: Case) -> None:
    case.check(VGPU)


def limit(number: int) -> dict[str, list[str]]:
    return {"libvirt/num_memory_encrypted_guests": [str(number)]}


def secret(*names: str, total: int = 2) -> Fleet:
    """Servers with encrypted memory, and what the root offers."""
    allocations = [held(name, VCPU=2, MEM_ENCRYPTION_CONTEXT=1) for name in names]
    return cloud(*allocations, servers=[server(name) for name in names], MEM_ENCRYPTION_CONTEXT=total)


MEMORY_CASES = {
    "nothing on the root": Case(cloud(), "none"),
    "nobody holds it": Case(secret(), "succeeds", "nobody holds"),
    "it fits": Case(secret("a", "b"), "succeeds", "2 consumers hold"),
    "it fits, options not known": Case(secret("a", "b"), "succeeds", "", None),
    "over-committed": Case(
        secret("a", "b", "c"), "fails", "3 of MEM_ENCRYPTION_CONTEXT on cmp1_amd_sev, which has room for 2"
    ),
    "over-committed in 2026.1": Case(secret("a", "b", "c"), "fails", "has room for 2", None, "2026.1"),
    "over-committed by an option that is going": Case(secret("a", "b", "c"), "unknown", "may offer fewer", limit(2)),
    "over-committed, perhaps by an option": Case(secret("a", "b", "c"), "unknown", "may offer fewer", None),
    "no child in 2026.1": Case(secret("a"), "fails", "there will be no child", limit(0), "2026.1"),
    "no child in 2025.2": Case(secret("a"), "fails", "num_memory_encrypted_guests = 0", limit(0), "2025.2"),
    "2026.2 does not read that option": Case(secret("a"), "succeeds", "", limit(0)),
    "nobody needs a child": Case(secret(), "succeeds", "nobody holds", limit(0), "2026.1"),
    "limited to fewer": Case(secret("a", "b"), "fails", "which has room for 1", limit(1), "2026.1"),
    "limited to more than there are, perhaps": Case(secret("a", "b", "c"), "unknown", "", limit(3), "2026.1"),
    "limited to more than are held": Case(secret("a", "b"), "succeeds", "", limit(3), "2026.1"),
    "a migration holds it": Case(
        replace(secret("a"), allocations=(held("migration", VCPU=2, MEM_ENCRYPTION_CONTEXT=1),)), "succeeds"
    ),
    "reshaped before, then back with older code": Case(
        cloud(
            held("a", VCPU=2),
            held("a", "cmp1-amd_sev", MEM_ENCRYPTION_CONTEXT=1),
            servers=[server("a")],
            MEM_ENCRYPTION_CONTEXT=2,
        ),
        "fails",
        "by a (id-of-a) on cmp1_amd_sev",
    ),
    "a holder of nothing else": Case(
        cloud(held("a", MEM_ENCRYPTION_CONTEXT=1), MEM_ENCRYPTION_CONTEXT=2), "fails", "holds nothing else"
    ),
    "a driver that is not Nova's": Case(secret("a"), "unknown", "", {"DEFAULT/compute_driver": ["lab.LabDriver"]}),
}


@pytest.mark.parametrize("case", MEMORY_CASES.values(), ids=MEMORY_CASES.keys())
def test_encrypted_memory(case: Case) -> None:
    case.check(ENCRYPTED_MEMORY)


def sets(dedicated: str, shared: str = "", **more: str) -> dict[str, list[str]]:
    found = {
        "compute/cpu_dedicated_set": [dedicated],
        **{name.replace("_", "/", 1): [text] for name, text in more.items()},
    }
    return {**found, "compute/cpu_shared_set": [shared]} if shared else found


def cpus(*names: str, specs: Mapping[str, str] | None = None, amount: int = 4, **totals: int) -> Fleet:
    """Servers that hold VCPU."""
    servers = [server(name, extra_specs=specs or {}) for name in names]
    return cloud(*(held(name, VCPU=amount) for name in names), servers=servers, **totals)


def leaving(**changes: Any) -> Fleet:
    """A pinned server on its way to cmp2; its migration holds what it had here."""
    here = cloud(held("a", "node-cmp2", PCPU=4), servers=[server("a", host="cmp2", extra_specs=PINNED)])
    own = replace(held("a", VCPU=4), consumer_id="migration-of-a")
    return replace(here, allocations=(*here.allocations, own), migrations=(migration("a", **changes),))


IN_ONE = {"id-of-a"}
CPU_CASES = {
    "offers PCPU": Case(cpus("a", specs=PINNED, PCPU=8), "none", "offers PCPU", sets("0-7")),
    "the option is not set": Case(cpus("a", specs=PINNED), "none", "cpu_dedicated_set is not set"),
    "no pinned server": Case(cpus("a", specs=SHARED), "none", "no pinned server", sets("0-7", "8-15")),
    "no pinned server, options not known": Case(cpus("a", specs=SHARED), "none", "", None),
    "empty host, options not known": Case(cloud(), "none", "", None),
    "the database knows of no pinned server": Case(cpus("a"), "none", "no pinned server", sets("0-7"), pinned=set()),
    "pinned, options not known": Case(cpus("a", specs=PINNED), "unknown", "1 pinned consumer holds VCPU", None),
    "pinned by the image perhaps, options not known": Case(cpus("a"), "unknown", "may be pinned by the image", None),
    "it fits": Case(cpus("a", "b", specs=PINNED), "succeeds", "8 in all, and there are 8 dedicated CPUs", sets("0-7")),
    "pinned by the image": Case(cpus("a"), "succeeds", "", sets("0-3"), pinned=IN_ONE),
    "too many": Case(
        cpus("a", "b", specs=PINNED), "fails", "8 in all, and [compute] cpu_dedicated_set has 7 CPUs", sets("0-7,^3")
    ),
    "other servers and no shared CPUs": Case(
        cpus("a", "b"),
        "fails",
        "b (id-of-b) would hold 4 of VCPU of cmp1, which will have none",
        sets("0-7"),
        pinned=IN_ONE,
    ),
    "another server is larger than the shared set": Case(
        cpus("a", "b"), "fails", "gives 1 to 3 at once", sets("0-7", "8-10"), pinned=IN_ONE
    ),
    "other servers are over-committed, as before": Case(
        cpus("a", "b", "c", VCPU=1), "succeeds", "", sets("0-7", "8-11"), pinned=IN_ONE
    ),
    "perhaps pinned, and it fits in any case": Case(cpus("a"), "succeeds", "at most 1 consumer", sets("0-7", "8-15")),
    "perhaps pinned, else without CPUs": Case(cpus("a"), "unknown", "may be pinned by the image", sets("0-7")),
    "perhaps pinned, then without CPUs": Case(cpus("a"), "unknown", "has room for 3", sets("0-2", "8-15")),
    "on its way to another host": Case(leaving(), "succeeds", "4 in all", sets("0-7")),
    "on its way to another host, and too large": Case(leaving(), "fails", "has 2 CPUs", sets("0-1")),
    "on its way within the host": Case(leaving(dest_host="cmp1"), "none", "", sets("0-7")),
    "no destination yet": Case(leaving(dest_host=None), "none", "", sets("0-7")),
    "its migration has ended": Case(leaving(status="error"), "none", "", sets("0-7")),
    "a server of another host": Case(
        cloud(held("a", VCPU=4), servers=[server("a", host="cmp2", extra_specs=PINNED)]), "none", "", sets("0-7")
    ),
    "mixed is no dedicated": Case(cpus("a", specs={"hw:cpu_policy": "mixed"}), "none", "", sets("0-7")),
    "with vcpu_pin_set": Case(
        cpus("a", specs=PINNED), "fails", "vcpu_pin_set", sets("0-7", DEFAULT_vcpu_pin_set="0-7")
    ),
    "sets that overlap": Case(cpus("a", specs=PINNED), "fails", "in common", sets("0-7", "7-9")),
    "a set that is none": Case(cpus("a", specs=PINNED), "fails", "names no CPUs", sets("all")),
    "a driver that is not Nova's": Case(
        cpus("a", specs=PINNED), "unknown", "", sets("0-7", DEFAULT_compute_driver="lab.LabDriver")
    ),
    "what stays violates its inventory": Case(
        replace(cpus("a", specs=PINNED), allocations=(held("a", VCPU=4, DISK_GB=1),)), "fails", "DISK_GB", sets("0-7")
    ),
}


@pytest.mark.parametrize("case", CPU_CASES.values(), ids=CPU_CASES.keys())
def test_pinned_cpus(case: Case) -> None:
    case.check(PINNED_CPUS)


def pci(*specs: str, on: str = "true") -> dict[str, list[str]]:
    return {"pci/report_in_placement": [on], "pci/device_spec": [*specs]}


def devices(count: int, *both_kinds: str, held: int = 0) -> dict[str, Any]:
    return {"pci": PciDevices("node-cmp1", count, both_kinds, held)}


def tracked(name: str = "cmp1_0000:81:00.0", traits: tuple[str, ...] = ()) -> Fleet:
    """A host with a child for a PCI device."""
    here = cloud()
    device = Provider("device", name, 1, "node-cmp1", "node-cmp1")
    inventories = {**here.inventories, "device": inventory(CUSTOM_PCI_8086_1572=1)}
    return replace(here, providers=(*here.providers, device), inventories=inventories, traits={"device": traits})


ADDRESS = '{"address": "0000:81:00.0"}'
MANAGED = ("COMPUTE_MANAGED_PCI_DEVICE", "OWNER_NOVA")
PCI_CASES = {
    "off": Case(cloud(), "none", "is off"),
    "the last value counts": Case(cloud(), "none", "is off", {"pci/report_in_placement": ["true", "false"]}),
    "switched off again": Case(tracked(), "fails", "it was on before: cmp1_0000:81:00.0"),
    "switched off again, by the trait": Case(
        tracked("cmp1_card", MANAGED), "fails", "it was on before: cmp1_card", pci(on="no")
    ),
    "somebody else's child": Case(tracked("cmp1_card", ("CUSTOM_CARD",)), "none"),
    "a GPU is no PCI device": Case(tracked("cmp1_pci_0000_81_00_0"), "none"),
    "options not known": Case(cloud(), "unknown", "whether [pci] report_in_placement is on", None),
    "tracked, options not known": Case(tracked(), "unknown", "1 PCI device in Placement", None),
    "no boolean": Case(cloud(), "fails", "neither true nor false", pci(on="maybe")),
    "no device_spec": Case(cloud(), "none", "empty", pci()),
    "tracked": Case(tracked(), "none", "already", pci(ADDRESS)),
    "by devname": Case(cloud(), "fails", "devname", pci('[{"devname": "eth0"}]')),
    "tracked, by devname": Case(tracked(), "fails", "devname", pci(ADDRESS, '{"devname": "eth0"}')),
    "by an older name of the option": Case(
        cloud(),
        "fails",
        "devname",
        {"pci/report_in_placement": ["on"], "pci/passthrough_whitelist": ['{"devname": "eth0"}']},
    ),
    "no JSON": Case(cloud(), "fails", "no JSON", pci("{address: 1}")),
    "no JSON object": Case(cloud(), "fails", "no JSON", pci('["eth0"]')),
    "devices not known": Case(cloud(), "unknown", "which PCI devices", pci(ADDRESS)),
    "no devices": Case(cloud(), "none", "no PCI devices", pci(ADDRESS), known=devices(0)),
    "for the first time": Case(cloud(), "succeeds", "2 PCI devices", pci(ADDRESS), known=devices(2)),
    "for the first time, with what Placement refuses": Case(
        cloud(held("a", DISK_GB=1)), "fails", "DISK_GB", pci(ADDRESS), known=devices(2, held=1)
    ),
    "for the first time, and no server has one, so that Placement is not asked for a reshape": Case(
        cloud(held("a", DISK_GB=1)), "succeeds", "", pci(ADDRESS), known=devices(2)
    ),
    "with marks that have to be alike": Case(
        cloud(), "unknown", "all alike", pci('{"address": "*:81:*", "resource_class": "nic"}'), known=devices(2)
    ),
    "both functions": Case(
        cloud(), "fails", "both tracked: 0000:81:00.0", pci(ADDRESS), known=devices(9, "0000:81:00.0")
    ),
    "both functions after a change of the options": Case(
        tracked(), "fails", "both tracked", pci(ADDRESS), known=devices(9, "0000:81:00.0")
    ),
    "both functions, one perhaps for Neutron": Case(
        cloud(),
        "unknown",
        "physical_network",
        pci('{"address": "*:81:*", "physical_network": "p"}'),
        known=devices(9, "0000:81:00.0"),
    ),
    "both functions, but off": Case(cloud(), "none", "is off", pci(on="false"), known=devices(9, "0000:81:00.0")),
}


@pytest.mark.parametrize("case", PCI_CASES.values(), ids=PCI_CASES.keys())
def test_pci_devices(case: Case) -> None:
    case.check(PCI_DEVICES)


@pytest.mark.parametrize(
    ("target", "kinds"),
    [
        ("rocky", []),
        ("stein", [VGPU]),
        ("yoga", [VGPU, PINNED_CPUS]),
        ("zed", [VGPU, PINNED_CPUS, PCI_DEVICES]),
        ("2025.1", [VGPU, PINNED_CPUS, PCI_DEVICES]),
        ("2025.2", [VGPU, PINNED_CPUS, PCI_DEVICES, ENCRYPTED_MEMORY]),
        ("2026.2", [VGPU, PINNED_CPUS, PCI_DEVICES, ENCRYPTED_MEMORY]),
    ],
)
def test_which_release_knows_which(target: str, kinds: list[str]) -> None:
    found = forecast(cloud(), Release.parse(target))
    assert [(item.host, item.reshape) for item in found] == [
        (host, kind) for host in ("cmp1", "cmp2") for kind in kinds
    ]


def test_the_names_are_those_of_the_presets() -> None:
    assert set(KINDS) <= set(PRESETS)


def test_a_record_is_plain_data() -> None:
    found = Case(secret("a"), "").look(ENCRYPTED_MEMORY).to_dict()
    assert found == {
        "host": "cmp1",
        "reshape": "encrypted_memory",
        "outcome": "succeeds",
        "reason": "1 consumer holds MEM_ENCRYPTION_CONTEXT",
        "remedy": found["remedy"],
        "since": "2025.2",
        "consumers": 1,
    }
    assert found["remedy"]


def test_only_compute_hosts_of_a_fleet_in_their_natural_order() -> None:
    hosts = ("cmp10", "cmp2", "share", "flat")
    seen = fleet(
        providers=tuple(root(host) for host in hosts),
        inventories={
            "node-cmp10": inventory(VCPU=8),
            "node-cmp2": inventory(MEMORY_MB=8),
            "node-share": inventory(DISK_GB=1),
            "node-flat": inventory(VGPU=1),
        },
    )
    assert [item.host for item in forecast(seen, Release.parse("2026.2"), only=(VGPU,))] == ["cmp2", "cmp10", "flat"]


@pytest.mark.parametrize("named", ["cmp1.example.org", "cmp1", "nova-cmp1"])
def test_a_host_is_known_by_any_of_its_names(named: str) -> None:
    seen = cloud(held("a", VCPU=4), servers=[server("a", host="cmp1", node="cmp1.example.org", extra_specs=PINNED)])
    (first, *others) = seen.providers
    seen = replace(seen, providers=(replace(first, name="cmp1.example.org"), *others))
    (found, _other) = forecast(
        seen,
        Release.parse("2026.2"),
        known={named: Known(HostOptions(sets("0-7")))},
        hosts={"node-cmp1": "nova-cmp1"},
        only=(PINNED_CPUS,),
    )
    assert (found.host, found.outcome) == ("cmp1.example.org", "succeeds")


def test_trees_with_and_without_servers() -> None:
    there = tree({"VCPU": 8, "VGPU": 4}, {"a": {"cmp1": {"VCPU": 2, "VGPU": 1}}})
    uuid = there.consumers[0].uuid
    known = {"cmp1": Known(HostOptions(GPUS), vgpus={uuid: 1})}
    target = Release.parse("2026.2")
    (found,) = forecast([there], target, known=known, only=(VGPU,))
    assert (found.outcome, found.consumers) == ("unknown", 1)
    people = People({uuid: server("a", id=uuid)}, complete=True)
    (found,) = forecast([there], target, known=known, people=people, only=(VGPU,))
    assert found.outcome == "succeeds"
    people = People({uuid: server("a", id=uuid, host="cmp2")}, complete=True)
    (found,) = forecast([there], target, known=known, people=people, only=(VGPU,))
    assert found.outcome == "fails"
