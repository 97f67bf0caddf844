# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows of Nova's databases, as far as anybody here looks at them. Live rows only: what Nova has deleted is not there."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.stackroll.nova.plugins.module_utils.model.records import Record

CELL0_UUID = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True)
class ServiceRecord(Record):
    """One live row of a cell's services table. *seen_at* is the last heartbeat in epoch seconds."""

    cell: str
    binary: str
    host: str
    version: int
    disabled: bool
    disabled_reason: str | None
    forced_down: bool
    seen_at: float | None
    uuid: str | None = None


@dataclass(frozen=True)
class CellMapping(Record):
    """A cell as the API database knows it, without its secrets."""

    uuid: str
    name: str
    disabled: bool = False

    @property
    def is_cell0(self) -> bool:
        """Whether this is the cell of servers that never reached a host."""
        return self.uuid == CELL0_UUID


@dataclass(frozen=True)
class HostMapping(Record):
    """Which cell a host belongs to."""

    host: str
    cell_uuid: str


@dataclass(frozen=True)
class ComputeNode(Record):
    """A hypervisor. *hypervisor_version* is a number such as 7002022 for 7.2.22; *service_id* is filled since 2023.2."""

    uuid: str
    host: str
    node: str
    hypervisor_type: str
    hypervisor_version: int
    service_id: int | None = None


@dataclass(frozen=True)
class InstanceRow(Record):
    """A server as its cell knows it."""

    uuid: str
    name: str
    host: str | None
    vm_state: str | None
    task_state: str | None


@dataclass(frozen=True)
class PciDevices(Record):
    """What a compute node has in pci_devices: how many devices, the addresses of those physical functions of which virtual functions are
    tracked as well, and how many of the devices servers have."""

    node_uuid: str
    count: int
    both_kinds: tuple[str, ...] = ()
    held: int = 0
