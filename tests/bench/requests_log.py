# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the load balancer has logged of the requests of this machine, whoever of it sent them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from harness.cloud import Rehearsal

ONE_OBJECT = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[?&](?:host|hypervisor_hostname|uuid|name)=")
MARKER = re.compile(r"(marker|changes-since)=[^&]*")


@dataclass(frozen=True)
class Request:
    """One request, with its times in seconds since the epoch."""

    api: str
    method: str
    path: str
    began: float
    ended: float

    @property
    def is_token(self) -> bool:
        """Whether it asked for a token."""
        return self.method == "POST" and self.path.endswith("/auth/tokens")

    @property
    def is_own(self) -> bool:
        """Whether it was for one host, server or provider; the others are lists that serve all hosts of a wave."""
        return self.method not in ("GET", "HEAD") or bool(ONE_OBJECT.search(MARKER.sub("", self.path)))

    @property
    def is_action(self) -> bool:
        """Whether it did something to a server."""
        return self.method == "POST" and self.path.endswith("/action")


def sent_from_here(cloud: Rehearsal, began: float, ended: float) -> list[Request]:
    """Return the requests of this machine within a time, in order; the hosts of the cloud talk to each other, too."""
    hosts = set(cloud.description["hosts"].values())
    log = cloud.ssh("infra", "cat", "/var/log/haproxy.log")
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    found = [request(line) for line in lines if line["client"] not in hosts]
    # The two clocks are one, but the log knows milliseconds only.
    return sorted((one for one in found if began - 0.001 <= one.began <= ended), key=lambda one: one.began)


def request(line: dict[str, Any]) -> Request:
    """Read a line. A connection that is kept begins to wait for the next request when the last one has ended."""
    began = float(line["time"]) + line["idle"] / 1000
    return Request(line["api"], line["method"], line["path"], began, began + line["milliseconds"] / 1000)
