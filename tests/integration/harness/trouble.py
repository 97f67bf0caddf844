# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Time and trouble for moves on rehearsal hosts; what can be said is in the virt driver's rehearsal_trouble.py."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from harness.cloud import Rehearsal

PLACE = "/var/lib/nova/trouble.json"


def make(cloud: Rehearsal, host: str, **trouble: Any) -> None:
    """Let moves away from (or to) a host be slow or go wrong from now on."""
    cloud.write(host, f"{PLACE}.new", json.dumps(trouble))
    cloud.ssh(host, "mv", f"{PLACE}.new", PLACE)


def end(cloud: Rehearsal, *hosts: str) -> None:
    """Let everything be instant and work again; what runs on and on ends now."""
    for host in hosts:
        cloud.ssh(host, "rm", "-f", PLACE)


@contextmanager
def on(cloud: Rehearsal, *hosts: str, **trouble: Any) -> Iterator[None]:
    """Have trouble on some hosts for a while."""
    try:
        for host in hosts:
            make(cloud, host, **trouble)
        yield
    finally:
        end(cloud, *hosts)
