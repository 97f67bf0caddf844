# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rehearsal cloud as a test sees it: its files, its hosts over SSH, its load balancer's log."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path
from typing import Any

import yaml

PROJECT = Path(__file__).resolve().parents[3]
FOLDER = PROJECT / "build" / "rehearsal"
READING = ("GET", "HEAD", "OPTIONS")
OURS, CLIENTS = "stackroll.nova/", " api_probe"  # how user agents begin, and how those of clients beside a run end


class Rehearsal:
    """A cloud that is up, described by build/rehearsal/."""

    def __init__(self) -> None:
        self.inventory = FOLDER / "inventory.yml"
        self.clouds = FOLDER / "clouds.yaml"

    @property
    def description(self) -> dict[str, Any]:
        """What rehearsal.json says; read anew, because a reset may write it anew."""
        found: dict[str, Any] = json.loads((FOLDER / "rehearsal.json").read_text(encoding="utf-8"))
        return found

    @property
    def controls(self) -> list[str]:
        """The control hosts, in order."""
        return sorted(name for name in self.description["hosts"] if name.startswith("ctl"))

    @property
    def computes(self) -> list[str]:
        """The compute hosts, in order."""
        return sorted(name for name in self.description["hosts"] if name.startswith("cmp"))

    def ssh_command(self, host: str, *command: str) -> list[str]:
        """Return the line that runs one command on a host, the way the inventory reaches it."""
        variables = yaml.safe_load(self.inventory.read_text(encoding="utf-8"))["all"]["vars"]
        return [
            "ssh",
            "-i",
            variables["ansible_ssh_private_key_file"],
            *shlex.split(variables.get("ansible_ssh_common_args", "")),
            f"{variables['ansible_user']}@{self.description['hosts'][host]}",
            shlex.join(command),
        ]

    def ssh(self, host: str, *command: str, check: bool = True, text: str | None = None, timeout: int = 120) -> str:
        """Run one command on a host and return what it printed."""
        line = self.ssh_command(host, *command)
        done = subprocess.run(line, check=False, capture_output=True, text=True, timeout=timeout, input=text)
        if check and done.returncode:
            raise AssertionError(f"{host}: {shlex.join(command)} ended with {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def write(self, host: str, path: str, content: str, mode: str = "0644") -> None:
        """Write a file on a host."""
        self.ssh(host, "install", "-D", "-m", mode, "/dev/stdin", path, text=content)

    def requests(self, since: float) -> list[dict[str, Any]]:
        """Return every request of ours, clients left out, that the load balancer has logged since then."""
        return [one for one in self.served(since) if is_ours(one["agent"])]

    def served(self, since: float) -> list[dict[str, Any]]:
        """Return every request that the load balancer has logged since then, with the *server* of its backend and the *time* it came."""
        log = self.ssh("infra", "cat", "/var/log/haproxy.log")
        found = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
        return [one for one in found if float(one["time"]) >= since - 0.001]

    def writes(self, since: float) -> list[str]:
        """Return our requests since then that could have changed something; getting a token does not."""
        return [
            f"{one['method']} {one['path']}"
            for one in self.requests(since)
            if one["method"] not in READING and not one["path"].endswith("/auth/tokens")
        ]

    def secrets(self) -> set[str]:
        """Return every password of this cloud."""
        clouds = yaml.safe_load(self.clouds.read_text(encoding="utf-8"))["clouds"]
        found = {str(cloud["auth"]["password"]) for cloud in clouds.values()}
        for url in self.description["databases"].values():
            found.add(url.rpartition("@")[0].rpartition(":")[2])
        return found


def is_ours(agent: str) -> bool:
    """Whether a user agent is that of a run: the clients that are beside one (harness.clients) are not part of it."""
    return agent.startswith(OURS) and not agent.endswith(CLIENTS)
