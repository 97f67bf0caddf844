# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What this machine offers."""

from __future__ import annotations

import ipaddress
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from .limits import ulimits
from .podman import command
from .spec import Spec

TOOLS = {
    "podman": "podman",
    "mmdebstrap": "mmdebstrap",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    "ip": "iproute2",
}


def missing(spec: Spec) -> list[str]:
    """Everything that stands in the way of any work, each with the way to get it."""
    if os.geteuid() != 0:
        return ["root: run the playbook as root, because hosts need a network and systemd of their own"]
    found = [f"{tool}: apt-get install {package}" for tool, package in TOOLS.items() if not shutil.which(tool)]
    if not shutil.which(spec.runtime):
        found.append(f"the OCI runtime {spec.runtime}: apt-get install {spec.runtime}")
    if not Path("/sys/fs/cgroup").is_mount() and not any(Path("/sys/fs/cgroup").iterdir()):
        found.append("control groups: mount them below /sys/fs/cgroup (cgroup2, or v1 with a systemd hierarchy)")
    return found


def missing_for_start(spec: Spec, there: dict[str, Any]) -> list[str]:
    """Everything that stands in the way of a start, after a look at what is there."""
    # Hosts of ours go away before the start, and their memory and network with them.
    found = [] if there["containers"] else memory(spec) + subnet(spec)
    if not (there["image"] and there["saved"]):
        found += space(spec)
    if there["image"]:
        found += runtime_works(spec)
    return found


def memory(spec: Spec) -> list[str]:
    """Whether there is memory for all hosts."""
    lines = dict(line.split(":") for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines())
    available = int(lines["MemAvailable"].split()[0]) // 1024
    if available < spec.memory_mib:
        return [
            f"memory: {available} MiB are available and {spec.memory_mib} MiB needed; stop something or set rehearsal_cloud_memory_mib"
        ]
    return []


def space(spec: Spec) -> list[str]:
    """Whether there is room for image, environments and saved cloud."""
    found = []
    for path in (spec.cache, Path("/var/lib/containers")):
        place = next(parent for parent in (path, *path.parents) if parent.exists())
        free = shutil.disk_usage(place).free // 2**30
        if free < spec.disk_gib:
            found.append(
                f"disk space: {free} GiB are free at {place} and {spec.disk_gib} GiB needed; free some or set rehearsal_cloud_disk_gib"
            )
    return found


def subnet(spec: Spec) -> list[str]:
    """Whether the network is free; one of ours is removed before a start."""
    wanted = ipaddress.ip_network(spec.subnet)
    routes = json.loads(
        subprocess.run(["ip", "-json", "-4", "route"], capture_output=True, text=True, check=True, timeout=30).stdout
        or "[]"
    )
    for route in routes:
        text = "0.0.0.0/0" if route["dst"] == "default" else route["dst"]
        network = ipaddress.ip_network(text, strict=False)
        if (
            network.prefixlen
            and network.overlaps(wanted)
            and not str(route.get("dev", "")).startswith(("cni-podman", "podman"))
        ):
            return [
                f"the network {spec.subnet}: {text} on {route.get('dev')} overlaps it; set rehearsal_cloud_subnet to a free /24"
            ]
    return []


def runtime_works(spec: Spec) -> list[str]:
    """Whether a container with systemd starts at all; asked only when the image is there."""
    args = command("run", "--rm", "--network", "none", *ulimits(), spec.image, "/bin/true", runtime=spec.runtime)
    done = subprocess.run(args, capture_output=True, text=True, check=False, timeout=60)
    return (
        [f"a runtime that works: podman with {spec.runtime} said: {done.stderr.strip()[-400:]}"]
        if done.returncode
        else []
    )


def choose_runtime(asked: str) -> str:
    """The OCI runtime that was asked for, or the one that is there."""
    return asked or ("crun" if shutil.which("crun") and not shutil.which("runc") else "runc")
