# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Empty hosts with the command line client, as operators script it today: one command after the other, one server of a host at a time."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import time
import venv
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.cloud import PROJECT, Rehearsal

REQUIREMENTS = PROJECT / "tests" / "bench" / "requirements-peer.txt"
PLACE = PROJECT / "build" / "bench" / "peer"
LIVE = ("ACTIVE", "PAUSED")


@dataclass(frozen=True)
class Spent:
    """What draining has cost the machine that it was started on."""

    started: float
    ended: float
    cpu_seconds: float
    commands: int

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.ended - self.started


def install() -> Path:
    """Return the client, in an environment of its own with exactly the versions that are named."""
    stamp, wanted = PLACE / "installed.txt", REQUIREMENTS.read_text(encoding="utf-8")
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
        venv.create(PLACE, clear=True, with_pip=True)
        pip = (str(PLACE / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-deps")
        subprocess.run([*pip, "--requirement", str(REQUIREMENTS)], check=True, capture_output=True, timeout=600)
        stamp.write_text(wanted, encoding="utf-8")
    return PLACE / "bin" / "openstack"


class Client:
    """The command line client, counting its calls."""

    def __init__(self, cloud: Rehearsal) -> None:
        self._program = install()
        own = {name: value for name, value in os.environ.items() if not name.startswith(("OS_", "PYTHON"))}
        self._environment = {**own, "OS_CLIENT_CONFIG_FILE": str(cloud.clouds), "OS_CLOUD": "rehearsal"}
        self.commands = 0

    def __call__(self, *words: str) -> str:
        """Run one command; its exit status is all that such scripts look at."""
        self.commands += 1
        done = subprocess.run(
            [self._program, *words], env=self._environment, check=False, capture_output=True, text=True, timeout=300
        )
        assert not done.returncode, f"openstack {' '.join(words)}: {done.stderr}"
        return done.stdout

    def servers(self, host: str) -> list[dict[str, Any]]:
        """List the servers on a host."""
        found: list[dict[str, Any]] = json.loads(
            self("server", "list", "--all-projects", "--host", host, "--format", "json")
        )
        return found


def drain(cloud: Rehearsal, hosts: list[str]) -> Spent:
    """Empty the hosts and return what that has cost."""
    client = Client(cloud)
    client("--version")  # the first start compiles, and that is not counted
    client.commands = 0
    started, before = time.time(), resource.getrusage(resource.RUSAGE_CHILDREN)
    with ThreadPoolExecutor(len(hosts)) as pool:  # one shell for each host, as somebody in a hurry does it
        list(pool.map(lambda host: drain_host(client, host), hosts))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Spent(started, time.time(), used, client.commands)


def drain_host(client: Client, host: str) -> None:
    """Disable a host, move what is on it, and look whether it is empty."""
    client("compute", "service", "set", "--disable", "--disable-reason", "drain", host, "nova-compute")
    for server in client.servers(host):
        if server["Status"] in LIVE:
            client("server", "migrate", "--live-migration", "--wait", server["ID"])
        else:
            client("server", "migrate", "--wait", server["ID"])
            client("server", "migration", "confirm", server["ID"])
    assert client.servers(host) == [], f"{host} is not empty"
