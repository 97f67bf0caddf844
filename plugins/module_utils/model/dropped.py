# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What releases of Nova and Placement no longer have, and what they need. Read from each release's sources; pure."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.stackroll.nova.plugins.module_utils.model.release import Release

Version = tuple[int, ...]

# VIF type: the first major version of Nova whose libvirt driver refuses to plug it (nova/network/os_vif_util.py): nova-compute
# ends at its start on a host that has one.
VIF_TYPES: dict[str, int] = {"bridge": 34}


def vif_types_dropped(release: Release) -> frozenset[str]:
    """The VIF types that this release refuses."""
    return frozenset(name for name, gone in VIF_TYPES.items() if gone <= release.nova)


@dataclass(frozen=True)
class EntryPoint:
    """A way to start an API: a script, or the module that has replaced it.

    *since* is the first and *gone* the first major version of Nova again without it; Placement counts with the Nova of its time.
    """

    name: str
    since: int = 0
    gone: int | None = None
    instead: str = ""

    def exists_in(self, release: Release) -> bool:
        """Whether this release can be started with it."""
        return self.since <= release.nova and (self.gone is None or release.nova < self.gone)


ENTRY_POINTS: dict[str, EntryPoint] = {
    entry.name: entry
    for entry in (
        EntryPoint("nova-api", gone=32, instead="nova.wsgi.osapi_compute"),
        EntryPoint("nova-api-os-compute", gone=32, instead="nova.wsgi.osapi_compute"),
        EntryPoint("nova-api-metadata", gone=32, instead="nova.wsgi.metadata"),
        EntryPoint("nova-api-wsgi", gone=33, instead="nova.wsgi.osapi_compute"),
        EntryPoint("nova-metadata-wsgi", gone=33, instead="nova.wsgi.metadata"),
        EntryPoint("placement-api", gone=32, instead="placement.wsgi.api"),
        EntryPoint("nova.wsgi.osapi_compute", since=30, instead="nova-api-wsgi"),
        EntryPoint("nova.wsgi.metadata", since=30, instead="nova-metadata-wsgi"),
        EntryPoint("placement.wsgi.api", since=31, instead="placement-api"),
    )
}


@dataclass(frozen=True)
class Minimum:
    """A program's version below which nova-compute does not start, and the one announced for a later release, both from the
    major version *since* of Nova on."""

    since: int
    needed: Version
    announced: Version


# MIN_* and NEXT_MIN_* of nova/virt/libvirt/driver.py at the tags of the releases.
LIBVIRT: tuple[Minimum, ...] = (
    Minimum(15, (1, 2, 1), (1, 2, 9)),
    Minimum(16, (1, 2, 9), (1, 3, 1)),
    Minimum(18, (1, 3, 1), (3, 0, 0)),
    Minimum(19, (3, 0, 0), (4, 0, 0)),
    Minimum(21, (4, 0, 0), (5, 0, 0)),
    Minimum(22, (5, 0, 0), (6, 0, 0)),
    Minimum(23, (6, 0, 0), (7, 0, 0)),
    Minimum(28, (7, 0, 0), (8, 0, 0)),
    Minimum(31, (8, 0, 0), (10, 0, 0)),
)
QEMU: tuple[Minimum, ...] = (
    Minimum(15, (1, 5, 3), (2, 1, 0)),
    Minimum(16, (2, 1, 0), (2, 5, 0)),
    Minimum(18, (2, 5, 0), (2, 8, 0)),
    Minimum(19, (2, 8, 0), (2, 11, 0)),
    Minimum(21, (2, 11, 0), (4, 0, 0)),
    Minimum(22, (4, 0, 0), (4, 2, 0)),
    Minimum(23, (4, 2, 0), (5, 2, 0)),
    Minimum(28, (5, 2, 0), (6, 2, 0)),
    Minimum(31, (6, 2, 0), (8, 2, 2)),
)


def minimum(table: tuple[Minimum, ...], release: Release) -> Minimum:
    """The entry that holds for the release."""
    return max((entry for entry in table if entry.since <= release.nova), key=lambda entry: entry.since)


def parse_version(text: str) -> Version:
    """Such as 7.2.22 as three numbers; what is missing is 0."""
    return tuple(int(part) for part in [*text.split("."), "0", "0"][:3])


def from_number(number: int) -> Version:
    """libvirt's way to write a version: 7002022 is 7.2.22."""
    return number // 1000000, number // 1000 % 1000, number % 1000


def dotted(version: Version) -> str:
    """Numbers as people write them."""
    return ".".join(str(part) for part in version)
