# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting until the whole cloud is ready."""

from __future__ import annotations

import socket
import time

from .cloud import call, connect, wait_for
from .errors import RehearsalError
from .podman import in_host
from .spec import Spec

BACKENDS = """
import socket
s = socket.socket(socket.AF_UNIX)
s.connect('/run/haproxy/admin.sock')
s.sendall(b'show stat\\n')
print(s.makefile().read())
"""


def expected(spec: Spec) -> set[tuple[str, str]]:
    """The services of Nova that have to be up."""
    control = {(binary, host) for host in spec.controls for binary in ("nova-conductor", "nova-scheduler")}
    return control | {("nova-compute", host) for host in spec.computes}


def services_up(spec: Spec) -> None:
    """Wait until Nova says that each of its services is up."""
    cloud, end = connect(spec), time.monotonic() + spec.timeout
    while True:
        try:
            services = call(cloud, "GET", "/os-services")["services"]
            missing = expected(spec) - {(item["binary"], item["host"]) for item in services if item["state"] == "up"}
            reason = ", ".join(f"{binary} on {host}" for binary, host in sorted(missing))
        except RehearsalError as exc:
            missing, reason = expected(spec), str(exc)
        if not missing:
            return
        if time.monotonic() > end:
            raise RehearsalError(f"not up after {spec.timeout} s: {reason}; see journalctl in that host")
        time.sleep(0.5)


def backends_down(spec: Spec) -> list[str]:
    """The backends that the load balancer does not use."""
    rows = [
        line.split(",")
        for line in in_host(spec.container("infra"), BACKENDS, shell=("python3", "-")).splitlines()
        if line
    ]
    return [
        f"{row[0]}/{row[1]}"
        for row in rows[1:]
        if len(row) > 17 and row[1] not in ("FRONTEND", "BACKEND") and not row[17].startswith("UP")
    ]


def ssh_answers(address: str) -> bool:
    """Whether a host takes connections."""
    try:
        with socket.create_connection((address, 22), timeout=3) as connection:
            return connection.recv(4).startswith(b"SSH")
    except OSError:
        return False


def wait(spec: Spec) -> None:
    """Wait until APIs, backends and services are all up."""
    end = time.monotonic() + spec.timeout
    while silent := [host for host, address in spec.addresses.items() if not ssh_answers(address)]:
        if time.monotonic() > end:
            raise RehearsalError(f"no SSH server answers on {', '.join(silent)} after {spec.timeout} s")
        time.sleep(0.3)
    wait_for(spec, list(spec.endpoints), spec.timeout)
    services_up(spec)
    while down := backends_down(spec):
        if time.monotonic() > end:
            raise RehearsalError(f"the load balancer misses {', '.join(down)} after {spec.timeout} s")
        time.sleep(0.5)
