# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Provider trees of rehearsal hosts; what can be said is in the virt driver's rehearsal_layout.py.

A class of children moves or ends nova-compute only where it starts. So a layout for the next release says nested_from, which is
put in place before the roll, and one for the release that runs is put in place where nothing of it is in use.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import Any

from harness import state
from harness.cloud import Rehearsal
from harness.placement import Placement
from harness.servers import until

PLACE = "/var/lib/nova/layout.json"
# What the virt driver has when nobody says otherwise.
OWN = {"VCPU": 32, "MEMORY_MB": 65536, "DISK_GB": 1024}
MAJOR = {"2026.1": 33, "2026.2": 34}
OFFERED = """
    SELECT p.name, c.name AS resource_class, i.total FROM resource_providers r
    JOIN resource_providers p ON p.root_provider_id = r.id
    LEFT JOIN inventories i ON i.resource_provider_id = p.id
    LEFT JOIN resource_classes c ON c.id = i.resource_class_id
    WHERE r.name = '{host}'
"""
NOW = "SELECT UTC_TIMESTAMP() AS now"
HEARD = """
    SELECT host FROM services WHERE deleted = 0 AND `binary` = 'nova-compute' AND last_seen_up > '{since}'
"""
# By name of the provider, how much it has of which class.
Offers = dict[str, dict[str, int]]


def write(cloud: Rehearsal, *hosts: str, **layout: Any) -> None:
    """Say what hosts shall offer; nova-compute reads it at its start and every time that it reports."""
    for host in hosts:
        cloud.write(host, f"{PLACE}.new", json.dumps(layout))
        cloud.ssh(host, "mv", f"{PLACE}.new", PLACE)


def put(cloud: Rehearsal, *hosts: str, **layout: Any) -> None:
    """Let hosts offer something from now on: nova-compute starts again, and Placement shows it."""
    write(cloud, *hosts, **layout)
    restart(cloud, *hosts)
    wait(cloud, *hosts, **layout)


def wait(cloud: Rehearsal, *hosts: str, **layout: Any) -> None:
    """Wait until Placement shows what a layout says to the release that runs on a host, and nothing beside it."""

    def unsettled() -> dict[str, Offers]:
        found = {host: offered(cloud, host) for host in hosts}
        return {host: found[host] for host in hosts if found[host] != expected(host, layout, release(cloud, host))}

    until(unsettled, f"providers not as {layout} says", timeout=90)


def offered(cloud: Rehearsal, host: str) -> Offers:
    """Return what the providers of a host's tree offer."""
    found: Offers = {}
    for row in state.query(cloud, "placement", OFFERED.format(host=host)):
        offers = found.setdefault(row["name"], {})
        if row["resource_class"]:
            offers[row["resource_class"]] = row["total"]
    return found


def expected(host: str, layout: Mapping[str, Any], major: int) -> Offers:
    """Return what a host offers by a layout when it runs a major version of Nova."""
    whole = {**OWN, **layout.get("extra", {})}
    if layout.get("shared_disk"):
        del whole["DISK_GB"]
    children: Mapping[str, dict[str, int]] = layout.get("children", {}) if major >= layout.get("nested_from", 0) else {}
    nested = {name for child in children.values() for name in child}
    root = {name: total for name, total in whole.items() if name not in nested}
    return {host: root, **{f"{host}_{suffix}": dict(child) for suffix, child in children.items()}}


def release(cloud: Rehearsal, host: str) -> int:
    """Return the major version of Nova that a host is set to."""
    return MAJOR[PurePosixPath(cloud.ssh(host, "readlink", "/opt/nova").strip()).name]


def restart(cloud: Rehearsal, *hosts: str, how: str = "restart") -> None:
    """Start nova-compute (again) on hosts, and wait until it has reported what it offers."""
    systemctl(cloud, how, hosts)
    since = state.query(cloud, "nova_cell1", NOW)[0]["now"]

    def silent() -> list[str]:
        # Its first sign of life comes after its first report.
        heard = {row["host"] for row in state.query(cloud, "nova_cell1", HEARD.format(since=since))}
        return sorted(set(hosts) - heard)

    until(silent, f"nova-compute not heard since {since}", timeout=90)


def fails(cloud: Rehearsal, host: str, said: str, how: str = "restart") -> str:
    """Start nova-compute (again) on a host and wait until it has ended with some words. Returns all its words.

    systemd goes on starting it.
    """
    since = cloud.ssh(host, "date", "+%s").strip()
    systemctl(cloud, how, [host])
    first, words = main_pid(cloud, host), ""

    def missing() -> str:
        nonlocal words
        shown = ("journalctl", "--unit=nova-compute", "--no-pager", "--output=cat", f"--since=@{since}")
        words = cloud.ssh(host, *shown)
        return "" if said in words and main_pid(cloud, host) != first else words[-2000:] or "nothing said"

    until(missing, f"{host} has not ended with {said!r}", timeout=90, pause=1)
    return words


def main_pid(cloud: Rehearsal, host: str) -> str:
    """Return the process that nova-compute is now on a host."""
    return cloud.ssh(host, "systemctl", "show", "--property=MainPID", "--value", "nova-compute").strip()


def systemctl(cloud: Rehearsal, how: str, hosts: Iterable[str]) -> None:
    """Do something with nova-compute on hosts, at the same time."""
    with ThreadPoolExecutor(max_workers=4) as pool:
        list(pool.map(lambda host: cloud.ssh(host, "systemctl", how, "nova-compute"), hosts))


def take_away(cloud: Rehearsal, *hosts: str) -> None:
    """Let hosts offer everything on their roots again; no server may have allocations of children or of a shared disk."""
    placement = Placement(cloud)
    systemctl(cloud, "stop", hosts)
    for host in hosts:
        cloud.ssh(host, "rm", "-f", PLACE)
        placement.delete_children(host)
    placement.unshare_disk()
    restart(cloud, *hosts, how="start")
    wait(cloud, *hosts)
    placement.delete_unused_classes()


@contextmanager
def on(cloud: Rehearsal, *hosts: str, **layout: Any) -> Iterator[None]:
    """Have a layout on some hosts for a while."""
    try:
        put(cloud, *hosts, **layout)
        yield
    finally:
        take_away(cloud, *hosts)


@contextmanager
def shared_disk(cloud: Rehearsal, *hosts: str, gib: int = 4096, **layout: Any) -> Iterator[str]:
    """Have a disk that hosts share instead of their own for a while, and a layout beside; nothing may be on the hosts before.

    Gives the UUID of the sharing provider. Placement leaves it out where a server names its host (in_tree): make servers under
    Servers.nowhere_but(). And a reshape by Nova 34.0.0 takes away the inventory of the shared disk, or ends where that is in use
    (it puts the host's own tree beside a cache of more): let only our module reshape here, or Nova 33.
    """
    try:
        provider = Placement(cloud).share_disk(hosts, gib)
        put(cloud, *hosts, shared_disk=True, **layout)
        yield provider
    finally:
        take_away(cloud, *hosts)
