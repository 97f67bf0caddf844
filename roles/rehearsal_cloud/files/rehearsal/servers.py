# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tenant servers of the rehearsal cloud, as data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Step:
    """One action on a server, and the status that it ends in."""

    status: str
    action: dict[str, Any] = field(default_factory=dict)
    delete: bool = False
    by_other: bool = False


@dataclass(frozen=True)
class Server:
    """A server that has to exist at the end."""

    name: str
    project: str
    host: str = ""
    zone: str = ""
    flavor: str = "tiny"
    group: str = ""
    first: str = "ACTIVE"
    steps: tuple[Step, ...] = ()

    @property
    def status(self) -> str:
        return self.steps[-1].status if self.steps else self.first


A, B = "rehearsal-a", "rehearsal-b"
GROUPS = {
    "spread": (A, "anti-affinity"),
    "apart": (A, "anti-affinity"),
    "together": (A, "affinity"),
    "softly": (B, "soft-anti-affinity"),
}
STOP = Step("SHUTOFF", {"os-stop": None})
PAUSE = Step("PAUSED", {"pause": None})
SUSPEND = Step("SUSPENDED", {"suspend": None})
SHELVE = Step("SHELVED", {"shelve": None})
OFFLOAD = Step("SHELVED_OFFLOADED", {"shelveOffload": None})
RESCUE = Step("RESCUE", {"rescue": {}})
RESIZE = Step("VERIFY_RESIZE", {"resize": {"flavorRef": "small"}})
BREAK = Step("ERROR", {"os-resetState": {"state": "error"}})
LOCK = Step("ACTIVE", {"lock": {"locked_reason": "rehearsal"}})
DELETE = Step("SOFT_DELETED", delete=True)

# The states that a server on a host can stay in, beside ACTIVE and VERIFY_RESIZE.
STATES = {
    "stopped": STOP,
    "paused": PAUSE,
    "suspended": SUSPEND,
    "shelved": SHELVE,
    "rescued": RESCUE,
    "failed": BREAK,
    "locked": LOCK,
    "deleted": DELETE,
}
COVERED = 4  # hosts that have a server in each state; a large cloud does not need them everywhere


def servers(computes: list[str]) -> list[Server]:
    """All servers: one in each state on each of the first hosts, and those with something special."""

    def host(number: int) -> str:
        return computes[number % len(computes)]

    return [*in_each_state(computes, min(COVERED, len(computes))), *special(host(0), host(1))]


def in_each_state(computes: list[str], count: int) -> Iterator[Server]:
    """Yield ten servers for each host. One of them came from the next host, and waits to be confirmed."""
    for index, host in enumerate(computes[:count]):
        number, project = index + 1, (A, B)[index % 2]
        neighbour = computes[(index + 1) % len(computes)]
        yield Server(f"spread-{number}", A, host=host, group="spread")
        for name, step in STATES.items():
            yield Server(f"{name}-{number}", project, host=host, steps=(step,))
        migrate = Step("VERIFY_RESIZE", {"migrate": {"host": host}}, by_other=True)
        yield Server(f"migrated-{number}", project, host=neighbour, flavor="small", steps=(migrate,))


def special(first: str, second: str) -> list[Server]:
    """Return what is rare: groups, zones, odd flavors, servers without a host."""
    return [
        Server("apart-1", A, host=first, group="apart"),
        Server("apart-2", A, host=second, group="apart"),
        Server("together-1", A, host=first, group="together"),
        Server("together-2", A, host=first, group="together"),
        Server("offloaded-1", A, host=first, steps=(SHELVE, OFFLOAD)),
        Server("resized-1", A, host=second, steps=(RESIZE,)),
        Server("unplaced-1", A, flavor="impossible", first="ERROR"),
        Server("zoned-1", B, zone="az1", group="softly"),
        Server("zoned-2", B, zone="az2", group="softly"),
        Server("swapping-1", B, host=second, flavor="swapping"),
        Server("overridden-1", B, host=first, flavor="overridden"),
        Server("pinned-1", B, host=first, flavor="pinned"),
        Server("plain-1", B),
        Server("plain-2", B, flavor="small"),
    ]
