# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers of a test's own: made, watched and removed through the API, as an administrator's own program would."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from harness import api
from harness.cloud import Rehearsal

MICROVERSION = "2.95"
GONE = "gone"
# Servers that were deleted and can still be restored are on a list of their own.
LISTS = ("all_tenants=1&limit=1000", "all_tenants=1&deleted=true&status=SOFT_DELETED")


class Servers:
    """The administrator's view of all servers."""

    def __init__(self, cloud: Rehearsal) -> None:
        connection = api.connect(cloud)
        self._compute = connection.compute
        self._image = next(image.id for image in connection.image.images() if image.name == "rehearsal")
        self._flavors = {each["name"]: each["id"] for each in self.call("GET", "/flavors")["flavors"]}

    def call(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """Send one request to the Compute API; the test fails when it is refused."""
        return api.ask(self._compute, MICROVERSION, method, path, body)

    def all(self) -> dict[str, dict[str, Any]]:
        """Return every server as the API shows it, by UUID."""
        lists = [self.call("GET", f"/servers/detail?{query}")["servers"] for query in LISTS]
        return {server["id"]: server for found in lists for server in found}

    def on(self, *hosts: str) -> dict[str, dict[str, Any]]:
        """Return the servers on some hosts."""
        return {uuid: server for uuid, server in self.all().items() if server["OS-EXT-SRV-ATTR:host"] in hosts}

    def create(self, names: Iterable[str], host: str = "", flavor: str = "tiny", **more: Any) -> list[str]:
        """Make running servers, a few at a time, and return their UUIDs."""
        body = {"imageRef": self._image, "flavorRef": self._flavors[flavor], "networks": "none", **more}
        if host:
            body["host"] = host

        def ask(name: str) -> str:
            return str(self.call("POST", "/servers", {"server": {"name": name, **body}})["server"]["id"])

        with ThreadPoolExecutor(max_workers=4) as pool:
            made = list(pool.map(ask, names))
        self.wait(made, "ACTIVE")
        return made

    def make_flavor(self, name: str, vcpus: int = 1, ram: int = 64, disk: int = 1, **resources: int) -> None:
        """Make a flavor that asks for some of other resource classes, too."""
        body = {"name": name, "vcpus": vcpus, "ram": ram, "disk": disk}
        flavor = str(self.call("POST", "/flavors", {"flavor": body})["flavor"]["id"])
        self._flavors[name] = flavor
        specs = {f"resources:{resource_class}": str(amount) for resource_class, amount in resources.items()}
        if specs:
            self.call("POST", f"/flavors/{flavor}/os-extra_specs", {"extra_specs": specs})

    @contextmanager
    def nowhere_but(self, host: str) -> Iterator[None]:
        """Leave the scheduler no other host for a while."""
        services = self.call("GET", "/os-services?binary=nova-compute")["services"]
        others = [item["id"] for item in services if item["host"] != host and item["status"] == "enabled"]
        try:
            for service in others:
                self.call("PUT", f"/os-services/{service}", {"status": "disabled"})
            yield
        finally:
            for service in others:
                self.call("PUT", f"/os-services/{service}", {"status": "enabled"})

    def act(self, uuids: Iterable[str], action: dict[str, Any], status: str = "") -> None:
        """Do the same with some servers; with a status: and wait until they have it."""
        wanted = list(uuids)
        for uuid in wanted:
            self.call("POST", f"/servers/{uuid}/action", action)
        if status:
            self.wait(wanted, status)

    def delete(self, uuids: Iterable[str]) -> None:
        """Remove servers for good, in whatever state they are."""
        wanted = list(uuids)
        for uuid in wanted:
            self.call("POST", f"/servers/{uuid}/action", {"forceDelete": None})
        self.wait(wanted, GONE)

    def wait(self, uuids: Iterable[str], status: str, timeout: float = 180) -> None:
        """Wait until servers rest in a status."""
        wanted = set(uuids)

        def unsettled() -> list[str]:
            found = self.all()
            return [
                f"{uuid} {found[uuid]['status']} {found[uuid]['OS-EXT-STS:task_state']}" if uuid in found else uuid
                for uuid in wanted
                if not (status == GONE if uuid not in found else rests(found[uuid], status))
            ]

        until(unsettled, f"servers not {status}", timeout)


def rests(server: dict[str, Any], status: str) -> bool:
    """Whether a server is in a status and nothing goes on with it."""
    return bool(server["status"] == status and not server["OS-EXT-STS:task_state"])


def until(unsettled: Callable[[], Any], what: str, timeout: float = 60, pause: float = 0.5) -> None:
    """Wait until nothing is left that is unsettled."""
    end = time.monotonic() + timeout
    while left := unsettled():
        assert time.monotonic() < end, f"{what} after {timeout:.0f} s: {left}"
        time.sleep(pause)
