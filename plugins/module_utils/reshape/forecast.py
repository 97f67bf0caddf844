# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which reshapes nova-compute of a release will attempt when it starts on each host, and whether they would succeed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Fleet
from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import ProviderTree
from ansible_collections.stackroll.nova.plugins.module_utils.model.records import Record
from ansible_collections.stackroll.nova.plugins.module_utils.model.release import Release
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.at_start import (
    encrypted_memory,
    pci_devices,
    pinned_cpus,
    sharing,
    vgpu,
)
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.at_start.host import Host, Known, People
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.at_start.hosts import of_fleet, of_trees, people_of
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.at_start.outlook import Outlook, reshaped

__all__ = [
    "ENCRYPTED_MEMORY",
    "PCI_DEVICES",
    "PINNED_CPUS",
    "VGPU",
    "Forecast",
    "Known",
    "People",
    "forecast",
    "people_of",
]
# By the names that the presets of layouts have.
VGPU, PINNED_CPUS, PCI_DEVICES, ENCRYPTED_MEMORY = "vgpu", "pinned_cpus", "pci_devices", "encrypted_memory"


@dataclass(frozen=True)
class Kind:
    """A reshape that Nova knows: the first major version of Nova with it, and who judges it."""

    since: int
    judge: Callable[[Host, Release], Outlook]


KINDS: Mapping[str, Kind] = {
    VGPU: Kind(19, vgpu.judge),
    PINNED_CPUS: Kind(20, pinned_cpus.judge),
    PCI_DEVICES: Kind(26, pci_devices.judge),
    ENCRYPTED_MEMORY: Kind(32, encrypted_memory.judge),
}


@dataclass(frozen=True)
class Forecast(Record):
    """One reshape of one host.

    *reshape* is the name of the preset, *since* the release that it came with. *outcome*: ``none`` (nothing is moved), ``succeeds``,
    ``fails`` (nova-compute does not start, does not report the host any more, or takes inventory of others away), ``unknown`` (it may
    fail; *reason* says what is not known) or ``reshaped`` (our module does it before). *reason* is a clause without a full stop,
    *remedy* sentences. *consumers* is how many are concerned.
    """

    host: str
    reshape: str
    outcome: str
    reason: str
    remedy: str
    since: str
    consumers: int


def forecast(
    seen: Fleet | Iterable[ProviderTree],
    target: Release,
    *,
    people: People | None = None,
    known: Mapping[str, Known] | None = None,
    hosts: Mapping[str, str] | None = None,
    only: Collection[str] = tuple(KINDS),
    by_module: Collection[str] = (),
) -> list[Forecast]:
    """One record for each host and each reshape that the target release knows, in the order of hosts and KINDS; pure.

    *seen* is a fleet with allocations and inventories (traits as well, if possible), or provider trees with all that their consumers
    hold anywhere. *people* are servers and migrations, those of the fleet without it; where there are none, the outcome is unknown as
    far as it depends on them. *known* is what is known of each host, by any name that Nova has for it: its provider's, its service's, or that of
    the inventory. *hosts* maps UUIDs of root providers to Nova's names of the hosts, where servers do not show them. Of a fleet only
    compute hosts are judged, of trees all. *only* names the reshapes wanted. *by_module* names the hosts that our module reshapes
    before nova-compute starts, by any of Nova's names; what no such reshape mends is told of them as well. Record.to_dict makes plain data.

    Raises InvalidInput for what is no tree.
    """
    of_them = people or (people_of(seen) if isinstance(seen, Fleet) else People())
    view = of_fleet(seen, of_them) if isinstance(seen, Fleet) else of_trees(seen, of_them)
    kinds = {name: kind for name, kind in KINDS.items() if name in only and kind.since <= target.nova}
    before = frozenset(by_module)

    def look(host: Host, kind: Kind) -> Outlook:
        outlook = kind.judge(host, target)
        if not before.isdisjoint(host.names):
            return reshaped(outlook)
        return sharing.judged(host, target, outlook, view.sharers)

    return [
        _record(host, name, kind, look(host, kind))
        for host in view.hosts(known or {}, hosts or {})
        for name, kind in kinds.items()
    ]


def _record(host: Host, name: str, kind: Kind, outlook: Outlook) -> Forecast:
    since = Release.parse(kind.since).name
    return Forecast(host.name, name, outlook.outcome, outlook.reason, outlook.remedy, since, outlook.consumers)
