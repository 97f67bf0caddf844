# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the tenant servers through the real API and takes each to its state."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .cloud import call, connect
from .errors import RehearsalError
from .podman import in_host
from .progress import reached
from .ready import wait
from .servers import GROUPS, Server, Step, servers
from .spec import Spec

HARD_DELETION = """
rm -rf /run/systemd/system/nova-api.service.d
systemctl daemon-reload
systemctl restart nova-api
"""


class Workload:
    """The servers on their way to their states; one list request a round, however many they are."""

    def __init__(self, spec: Spec) -> None:
        self.wanted = {server.name: server for server in servers(spec.computes)}
        self.timeout = spec.timeout
        self.admin = connect(spec)
        # What has been begun by another administrator than the one that tools log in as.
        self.other = connect(spec, "service", "nova")
        self.projects = {
            name: connect(spec, name) for name in sorted({server.project for server in self.wanted.values()})
        }
        self.image = next(image.id for image in self.admin.image.images() if image.name == "rehearsal")
        self.flavors = {item["name"]: item["id"] for item in call(self.admin, "GET", "/flavors")["flavors"]}
        self.groups = self.make_groups()
        self.ids: dict[str, str] = {}
        self.steps: dict[str, list[Step]] = {}
        self.expected: dict[str, str] = {}

    def make_groups(self) -> dict[str, str]:
        """The server groups, by name."""
        result = {}
        for name, (project, policy) in GROUPS.items():
            there = {
                item["name"]: item["id"]
                for item in call(self.projects[project], "GET", "/os-server-groups")["server_groups"]
            }
            body = {"server_group": {"name": name, "policy": policy}}
            result[name] = (
                there.get(name) or call(self.projects[project], "POST", "/os-server-groups", body)["server_group"]["id"]
            )
        return result

    def create(self, server: Server) -> None:
        """Ask for a server."""
        body: dict[str, Any] = {
            "name": server.name,
            "imageRef": self.image,
            "flavorRef": self.flavors[server.flavor],
            "networks": "none",
        }
        if server.host:
            body["host"] = server.host
        if server.zone:
            body["availability_zone"] = server.zone
        request = {"server": body, "os:scheduler_hints": {"group": self.groups[server.group]} if server.group else {}}
        self.ids[server.name] = call(self.projects[server.project], "POST", "/servers", request)["server"]["id"]
        self.steps[server.name] = list(server.steps)
        self.expected[server.name] = server.first

    def act(self, name: str) -> None:
        """Send a server on its next step."""
        step = self.steps[name].pop(0)
        self.expected[name] = step.status
        if step.delete:
            call(self.admin, "DELETE", f"/servers/{self.ids[name]}")
            return
        action = dict(step.action)
        if "resize" in action:
            action = {"resize": {"flavorRef": self.flavors[action["resize"]["flavorRef"]]}}
        who = self.other if step.by_other else self.admin
        call(who, "POST", f"/servers/{self.ids[name]}/action", action)

    def look(self) -> dict[str, dict[str, Any]]:
        """All servers as they are now."""
        listed = call(self.admin, "GET", "/servers/detail?all_tenants=1&soft_deleted=true&limit=1000")["servers"]
        return {server["id"]: server for server in listed}

    def settle(self) -> None:
        """Take every server through its steps."""
        end = time.monotonic() + self.timeout
        while True:
            found, waiting = self.look(), []
            for name, uuid in self.ids.items():
                server = found.get(uuid, {"status": "absent", "OS-EXT-STS:task_state": None})
                settled = server["status"] == self.expected[name] and not server["OS-EXT-STS:task_state"]
                if server["status"] == "ERROR" and not settled:
                    raise RehearsalError(
                        f"server {name} went to ERROR on its way to {self.expected[name]}: {server.get('fault')}"
                    )
                if settled and self.steps[name]:
                    self.act(name)
                if not settled or self.expected[name] != self.wanted[name].status or self.steps[name]:
                    waiting.append(f"{name} ({server['status']} instead of {self.expected[name]})")
            if not waiting:
                return
            if time.monotonic() > end:
                raise RehearsalError(f"servers not settled after {self.timeout} s: {', '.join(waiting)}")
            time.sleep(0.5)


def run(spec: Spec) -> int:
    """Make all servers that are not there; return how many were made."""
    wait(spec)
    work = Workload(spec)
    there = {server["name"] for server in work.look().values()}
    with ThreadPoolExecutor(max_workers=4) as pool:
        list(pool.map(work.create, [server for server in work.wanted.values() if server.name not in there]))
    reached("created")
    work.settle()
    reached("settled")
    for host in spec.controls:
        in_host(spec.container(host), HARD_DELETION)
    wait(spec)
    return len(work.ids)
