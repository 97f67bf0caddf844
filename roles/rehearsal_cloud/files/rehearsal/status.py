# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is there now."""

from __future__ import annotations

import json
from typing import Any

from . import hosts, venvs
from .cloud import call, connect
from .podman import image_exists, podman
from .ready import expected
from .spec import KEY_LABEL, OWNER_LABEL, Spec


def look(spec: Spec) -> dict[str, Any]:
    """Everything the role decides from."""
    containers = hosts.all_containers()
    keys = {container["Labels"].get(KEY_LABEL) for container in containers}
    running = {container["Names"][0] for container in containers if container["State"] == "running"}
    complete = running == {spec.container(host) for host in spec.addresses}
    return {
        "keys": spec.pinned(),
        "image": image_exists(spec.image),
        "venvs": venvs.missing(spec),
        "saved": hosts.saved(spec),
        "up": complete and keys == {spec.key} and hosts.owners() == {str(spec.owner)} and healthy(spec),
        "written": written(spec),
        "baseline": str(spec.baseline),
        "containers": len(containers),
    }


def written(spec: Spec) -> bool:
    """Whether the files for clients are there and belong to this cloud."""
    try:
        return bool(json.loads((spec.owner / "rehearsal.json").read_text(encoding="utf-8")).get("key") == spec.key)
    except (OSError, ValueError):
        return False


def healthy(spec: Spec) -> bool:
    """Whether the cloud answers and all its services are up."""
    try:
        services = call(connect(spec), "GET", "/os-services")["services"]
    except Exception:  # noqa: BLE001  # a cloud that is half there fails in any way, and then it is not healthy
        return False
    return expected(spec) <= {(item["binary"], item["host"]) for item in services if item["state"] == "up"}


def lines(spec: Spec) -> list[str]:
    """Hosts, services and servers in short lines."""
    containers = hosts.all_containers()
    if not containers:
        return ["no rehearsal cloud on this machine"]
    states = {container["Names"][0]: container["State"] for container in containers}
    text = [f"owner   {containers[0]['Labels'][OWNER_LABEL]}"]
    cloud = connect(spec)
    services = call(cloud, "GET", "/os-services")["services"]
    for host, address in spec.addresses.items():
        state = states.get(spec.container(host), "absent")
        mine = [
            f"{item['binary'][5:]} {item['state']}{'' if item['status'] == 'enabled' else ' disabled'}"
            for item in services
            if item["host"] == host
        ]
        release = (
            ""
            if host == "infra" or state != "running"
            else podman("exec", spec.container(host), "readlink", "/opt/nova", check=False).strip().rpartition("/")[2]
        )
        text.append(f"{host:6}  {address:13} {state:8} {release:7} {', '.join(mine)}".rstrip())
    found = call(cloud, "GET", "/servers/detail?all_tenants=1&limit=1000")["servers"]
    counts: dict[str, int] = {}
    for server in found:
        counts[server["status"]] = counts.get(server["status"], 0) + 1
    return [*text, f"servers {len(found)}: " + ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))]
