# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts: containers with systemd, each with its own address on one network."""

from __future__ import annotations

import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from .errors import RehearsalError
from .limits import ulimits
from .podman import answers, image_exists, inspect, podman
from .spec import KEY_LABEL, NETWORK, OWNER_LABEL, VENVS, Spec

# Short, because the path of a socket may have 107 characters and no more.
CONNECTIONS = Path("/run/stackroll-rehearsal")


def all_containers() -> list[dict[str, Any]]:
    """Every container of a rehearsal cloud on this machine, of whatever owner and in whatever state."""
    return inspect("ps", "--all", "--external", "--filter", f"label={OWNER_LABEL}")


def network_owner() -> str | None:
    """Who owns the network; None without a network."""
    for network in inspect("network", "ls", "--filter", f"name={NETWORK}"):
        if network.get("name", network.get("Name")) == NETWORK:
            return str((network.get("labels") or network.get("Labels") or {}).get(OWNER_LABEL, ""))
    return None


def mounts(spec: Spec, host: str) -> list[str]:
    """The environments that a host sees."""
    wanted = VENVS[2:] if host == "infra" else VENVS[:2]
    return [part for name in wanted for part in ("--volume", f"{spec.venv(name)}:/opt/openstack/{name}:ro")]


def run_one(spec: Spec, host: str, image: str) -> None:
    """Start one host."""
    others = [
        part for name, address in spec.addresses.items() if name != host for part in ("--add-host", f"{name}:{address}")
    ]
    podman(
        "run",
        "--detach",
        "--name",
        spec.container(host),
        "--hostname",
        host,
        "--network",
        NETWORK,
        "--ip",
        spec.addresses[host],
        *others,
        "--label",
        f"{OWNER_LABEL}={spec.owner}",
        "--label",
        f"{KEY_LABEL}={spec.key}",
        "--systemd=always",
        "--cap-add",
        "SYS_PTRACE",
        "--log-driver",
        "none",
        *ulimits(),
        *mounts(spec, host),
        image,
        "/sbin/init",
        runtime=spec.runtime,
    )


def start(spec: Spec, saved: bool) -> None:
    """Start all hosts at once, from the saved cloud or from the bare image."""
    remove(spec)
    spec.owner.mkdir(parents=True, exist_ok=True)
    CONNECTIONS.mkdir(mode=0o700, parents=True, exist_ok=True)
    # The network is the claim on the machine: podman makes it once or refuses.
    podman(
        "network", "create", "--subnet", spec.subnet, "--disable-dns", "--label", f"{OWNER_LABEL}={spec.owner}", NETWORK
    )
    with ThreadPoolExecutor(max_workers=len(spec.addresses)) as pool:
        list(
            pool.map(
                lambda host: run_one(spec, host, spec.baseline_image(host) if saved else spec.image), spec.addresses
            )
        )


def remove(spec: Spec) -> bool:
    """Remove all hosts and the network, whatever state they are in; return whether there was anything."""
    refuse_foreign(spec)
    close_connections()
    found = [container["Id"] for container in all_containers()]
    network = network_owner() is not None
    with ThreadPoolExecutor(max_workers=4) as pool:
        list(pool.map(lambda each: podman("rm", "--force", "--time", "0", "--volumes", each, timeout=180), found))
    if network:
        podman("network", "rm", "--force", NETWORK, timeout=60)
    return bool(found) or network


def close_connections() -> None:
    """End the shared SSH connections to the hosts; they would outlive them."""
    for socket in CONNECTIONS.glob("*"):
        subprocess.run(
            ["ssh", "-O", "exit", "-o", f"ControlPath={socket}", "host"], capture_output=True, check=False, timeout=20
        )
    shutil.rmtree(CONNECTIONS, ignore_errors=True)


def owners() -> set[str]:
    """Whose hosts and network are on this machine."""
    found = {container["Labels"][OWNER_LABEL] for container in all_containers()}
    return (found | {network_owner() or ""}) - {""}


def alive(owner: str) -> bool:
    """Whether a host of an owner runs; after a cut-off run podman goes on listing what ended with it as running."""
    return any(
        container["Labels"][OWNER_LABEL] == owner and answers("exec", container["Id"], "true")
        for container in all_containers()
    )


def refuse_foreign(spec: Spec) -> None:
    """Leave the cloud of another checkout alone, unless that checkout is gone or its hosts have ended."""
    for owner in sorted(owners() - {str(spec.owner)}):
        if Path(owner).is_dir() and alive(owner):
            raise RehearsalError(
                f"the rehearsal cloud of {owner} is on this machine, and there is room for one; stop it with: "
                f"ansible-playbook stackroll.nova.rehearse -e rehearsal_cloud_state=down -e rehearsal_cloud_dir={owner}"
            )


def save(spec: Spec) -> None:
    """Keep every host as it is now; the last image completes the saved cloud."""
    podman("exec", spec.container("infra"), "mariadb", "-e", "flush tables")
    rest = [host for host in spec.addresses if host != "infra"]
    with ThreadPoolExecutor(max_workers=2) as pool:
        list(pool.map(lambda host: commit(spec, host), rest))
    commit(spec, "infra")


def commit(spec: Spec, host: str) -> None:
    """Make an image of a host."""
    podman(
        "commit",
        "--quiet",
        "--pause",
        spec.container(host),
        spec.baseline_image(host),
        timeout=300,
        runtime=spec.runtime,
    )


def saved(spec: Spec) -> bool:
    """Whether a complete saved cloud is there."""
    return (spec.baseline / "secrets.json").is_file() and all(
        image_exists(spec.baseline_image(host)) for host in spec.addresses
    )
