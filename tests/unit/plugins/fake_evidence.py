# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask one check of the catalog about a small cloud, the way a run asks it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.answers import PerCell
from ansible_collections.stackroll.nova.plugins.module_utils.model.database_rows import ComputeNode, ServiceRecord
from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Allocation, Fleet, Provider
from ansible_collections.stackroll.nova.plugins.module_utils.model.release import Release
from ansible_collections.stackroll.nova.plugins.module_utils.model.server import Flavor, Migration, Server
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.catalog import CATALOG
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.evidence import Evidence, Key
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.judge import judge
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.result import CheckResult

NOW = 1_795_300_000.0
OURS: dict[str, Any] = {"disabled": True, "disabled_reason": "stackroll:7f3a90c1:cmp1"}


def ask(name: str, answers: Mapping[Key[Any], Any], target: str = "2026.2") -> CheckResult:
    """The result of the check of that name."""
    (check,) = [check for check in CATALOG if check.name == name]
    (result,) = judge([(check, False)], Evidence.of(answers), [Release.parse(target)])
    return result


class Settings(dict[str, str]):
    """A configuration, by ``section.option``."""

    def get(self, section: str, option: str) -> str | None:  # type: ignore[override]
        """The option's text."""
        return super().get(f"{section}.{option}")


def service(binary: str = "nova-compute", host: str = "cmp1", version: int = 72, **changes: Any) -> ServiceRecord:
    """A record that has just reported."""
    shown: dict[str, Any] = {
        "cell": "cell1",
        "disabled": False,
        "disabled_reason": None,
        "forced_down": False,
        "seen_at": NOW - 5,
        "uuid": f"uuid-of-{host}",
    }
    return ServiceRecord(binary=binary, host=host, version=version, **{**shown, **changes})


def cells(*records: ServiceRecord, silent: Mapping[str, str] | None = None) -> PerCell[tuple[ServiceRecord, ...]]:
    """The services of cell0 and cell1, and of whatever cells the records name."""
    names = dict.fromkeys(["cell0", "cell1", *(record.cell for record in records)])
    answers = {name: tuple(record for record in records if record.cell == name) for name in names}
    return PerCell(answers, silent or {}, "cell0")


def node(host: str = "cmp1", **changes: Any) -> ComputeNode:
    """A libvirt host."""
    shown: dict[str, Any] = {
        "uuid": f"node-{host}",
        "host": host,
        "node": host,
        "hypervisor_type": "QEMU",
        "hypervisor_version": 7002022,
    }
    return ComputeNode(**{**shown, **changes})


def nodes(*found: ComputeNode, silent: Mapping[str, str] | None = None) -> PerCell[tuple[ComputeNode, ...]]:
    """The compute nodes of cell1."""
    return PerCell({"cell0": (), "cell1": found}, silent or {}, "cell0")


def server(
    name: str = "db", host: str | None = "cmp1", extra_specs: Mapping[str, str] | None = None, **changes: Any
) -> Server:
    """A running server with 2 CPUs, 512 MiB and 10 GiB."""
    shown: dict[str, Any] = {
        "id": f"id-of-{name}",
        "name": name,
        "project_id": "p",
        "status": "ACTIVE",
        "vm_state": "active",
        "task_state": None,
        "power_state": "running",
        "host": host,
        "node": host,
        "zone": "nova",
        "locked": False,
        "image_id": "i",
        "created": "2026-01-01T00:00:00Z",
        "flavor": Flavor("m1", 2, 512, 10, extra_specs=extra_specs or {}),
    }
    return Server(**{**shown, **changes})


def migration(server_name: str = "db", **changes: Any) -> Migration:
    """A live migration under way."""
    shown: dict[str, Any] = {
        "uuid": f"migration-of-{server_name}",
        "server_id": f"id-of-{server_name}",
        "type": "live-migration",
        "status": "running",
        "source_host": "cmp1",
        "dest_host": "cmp2",
        "source_node": "cmp1",
        "dest_node": "cmp2",
    }
    return Migration(**{**shown, **changes})


def root(name: str = "cmp1", uuid: str | None = None) -> Provider:
    """The provider of a host."""
    uuid = uuid or f"node-{name}"
    return Provider(uuid, name, 1, None, uuid)


def child(parent: str, name: str) -> Provider:
    """A provider below the one of a host."""
    return Provider(f"{parent}-{name}", f"{parent}_{name}", 1, f"node-{parent}", f"node-{parent}")


def inventory(**totals: int) -> dict[str, dict[str, Any]]:
    """Totals by resource class, nothing reserved."""
    return {name: {"total": total, "reserved": 0, "allocation_ratio": 1.0} for name, total in totals.items()}


def held(consumer: str, provider: str = "node-cmp1", **resources: int) -> Allocation:
    """What a server of that name holds on a provider."""
    return Allocation(f"id-of-{consumer}", provider, resources)


def fleet(hosts: Iterable[str] = ("cmp1", "cmp2"), **changes: Any) -> Fleet:
    """Hosts with providers and room, and no servers."""
    providers = tuple(root(host) for host in hosts)
    shown: dict[str, Any] = {
        "taken_at": "2026-11-22T02:00:00.000000Z",
        "providers": providers,
        "inventories": {item.uuid: inventory(VCPU=8, MEMORY_MB=4096, DISK_GB=100) for item in providers},
    }
    return Fleet(**{**shown, **changes})
