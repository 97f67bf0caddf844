# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Layouts for the reshapes that Nova itself knows, and for NUMA nodes: a few options and the tree in, a layout as data out.

Names are those that Nova's libvirt driver gives (nova.virt.libvirt.driver, nova.compute.pci_placement_translator), so that Nova
finds the providers when it starts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import ProviderTree
from ansible_collections.stackroll.nova.plugins.module_utils.reshape import readers
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.layout import BEST_FIT, MAP, ROOT

Json = dict[str, Any]
ENCRYPTED_MEMORY, SEV = "MEM_ENCRYPTION_CONTEXT", "HW_CPU_X86_AMD_SEV"


def expand(layout: Any, tree: ProviderTree) -> Json:
    """A layout without presets; what stands beside the preset's own options, such as assignment, is added. Raises InvalidInput."""
    data: Json = dict(readers.mapping("layout", layout))
    if "preset" not in data:
        return data
    name = str(data["preset"])
    if name not in PRESETS:
        raise InvalidInput(f"layout.preset is {name!r}.", f"It must be one of {', '.join(PRESETS)}.")
    own, build = PRESETS[name]
    readers.refuse_unknown(f"the preset {name}", data, ("preset", "assignment", "totals", *own))
    found = build(data, tree)
    return {**found, **{key: data[key] for key in ("assignment", "totals") if data.get(key) is not None}}


def vgpu(data: Mapping[str, Any], _tree: ProviderTree) -> Json:
    """VGPU of the root to one child for each physical GPU. Which server is on which GPU is a fact of the host, so it takes a map."""
    devices = readers.mapping("devices", data.get("devices"))
    resource_class = readers.symbol("resource_class", data.get("resource_class", "VGPU"))
    children = [
        {"name": f"{ROOT}_{device}", "inventories": {resource_class: readers.amount(f"devices.{device}", total)}}
        for device, total in devices.items()
    ]
    return {"children": children, "assignment": {"strategy": MAP}}


def pinned_cpus(data: Mapping[str, Any], _tree: ProviderTree) -> Json:
    """VCPU that pinned servers hold to PCPU, on the root. PCPU are never over-committed."""
    dedicated = readers.amount("dedicated", data.get("dedicated"))
    inventory = {"total": dedicated, "reserved": 0, "max_unit": dedicated, "allocation_ratio": 1.0}
    return {
        "root": {"PCPU": inventory},
        "convert": {"PCPU": {"source": "VCPU", "consumers": data.get("consumers")}},
    }


def pci_devices(data: Mapping[str, Any], tree: ProviderTree) -> Json:
    """One child for each device, by address in capital letters. Classes that Placement had nothing of come new, to the consumers that the map names."""
    children = []
    totals: dict[str, int] = {}
    for address, item in readers.mapping("devices", data.get("devices")).items():
        what = f"devices.{address}"
        device = readers.mapping(what, item)
        readers.refuse_unknown(what, device, ("resource_class", "total", "traits"))
        resource_class = readers.symbol(f"{what}.resource_class", device.get("resource_class"))
        total = readers.amount(f"{what}.total", device.get("total", 1))
        totals[resource_class] = totals.get(resource_class, 0) + total
        children.append(
            {
                "name": f"{ROOT}_{address.upper()}",
                "inventories": {resource_class: total},
                "traits": device.get("traits"),
            }
        )
    new = {name: total for name, total in totals.items() if name not in tree.root.inventories}
    return {"children": children, "totals": new, "assignment": {"strategy": MAP}}


def encrypted_memory(_data: Mapping[str, Any], tree: ProviderTree) -> Json:
    """All contexts for encrypted memory of the root, with the trait, to the child for AMD SEV."""
    name = f"{ROOT}_amd_sev"
    total, reserved = _sum(tree, ENCRYPTED_MEMORY, {name})
    child = {"name": name, "inventories": {ENCRYPTED_MEMORY: {"total": total, "reserved": reserved}}, "traits": [SEV]}
    return {"children": [child], "root_without_traits": [SEV]}


def numa(data: Mapping[str, Any], tree: ProviderTree) -> Json:
    """CPUs and memory of the root in equal parts to NUMA nodes; the first ones have what is left over."""
    cells = readers.amount("cells", data.get("cells"))
    names = [f"{ROOT}_numa{number}" for number in range(cells)]
    sums = {resource_class: _sum(tree, resource_class, set(names)) for resource_class in _classes(data)}
    children = [
        {
            "name": name,
            "inventories": {
                resource_class: {"total": _part(total, number, cells), "reserved": _part(reserved, number, cells)}
                for resource_class, (total, reserved) in sums.items()
                if total
            },
            "traits": ["HW_NUMA_ROOT"],
        }
        for number, name in enumerate(names)
    ]
    return {"children": children, "assignment": {"strategy": BEST_FIT}}


def _classes(data: Mapping[str, Any]) -> tuple[str, ...]:
    names = readers.several(readers.symbol)("resource_classes", data.get("resource_classes"))
    return names or ("VCPU", "PCPU", "MEMORY_MB")


def _sum(tree: ProviderTree, resource_class: str, names: set[str]) -> tuple[int, int]:
    """Total and reserved of the root and of these children, as far as they are there."""
    wanted = {name.replace(ROOT, tree.root.name) for name in names} | {tree.root.name}
    found = [
        item.inventories[resource_class]
        for item in tree.providers
        if item.name in wanted and resource_class in item.inventories
    ]
    return sum(item.total for item in found), sum(item.reserved for item in found)


def _part(whole: int, number: int, parts: int) -> int:
    return whole // parts + (number < whole % parts)


# By name: its own options, and what builds it.
PRESETS: dict[str, tuple[tuple[str, ...], Callable[[Mapping[str, Any], ProviderTree], Json]]] = {
    "vgpu": (("devices", "resource_class"), vgpu),
    "pinned_cpus": (("dedicated", "consumers"), pinned_cpus),
    "pci_devices": (("devices",), pci_devices),
    "encrypted_memory": ((), encrypted_memory),
    "numa": (("cells", "resource_classes"), numa),
}
