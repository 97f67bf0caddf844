# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tenant servers of the rehearsal cloud, as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Step:
    """One action on a server, and the status that it ends in."""

    status: str
    action: dict[str, Any] = field(default_factory=dict)
    delete: bool = False


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
GROUPS = {"spread": (A, "anti-affinity"), "together": (A, "affinity"), "softly": (B, "soft-anti-affinity")}
STOP = Step("SHUTOFF", {"os-stop": None})
PAUSE = Step("PAUSED", {"pause": None})
SUSPEND = Step("SUSPENDED", {"suspend": None})
SHELVE = Step("SHELVED", {"shelve": None})
OFFLOAD = Step("SHELVED_OFFLOADED", {"shelveOffload": None})
RESCUE = Step("RESCUE", {"rescue": {}})
MIGRATE = Step("VERIFY_RESIZE", {"migrate": None})
RESIZE = Step("VERIFY_RESIZE", {"resize": {"flavorRef": "small"}})
BREAK = Step("ERROR", {"os-resetState": {"state": "error"}})
LOCK = Step("ACTIVE", {"lock": {"locked_reason": "rehearsal"}})
DELETE = Step("SOFT_DELETED", delete=True)


def servers(computes: list[str]) -> list[Server]:
    """All servers, spread over the hosts in turn."""

    def host(number: int) -> str:
        return computes[number % len(computes)]

    spread = [Server(f"spread-{number}", A, host=name, group="spread") for number, name in enumerate(computes[:4], 1)]
    return [
        *spread,
        Server("together-1", A, host=host(0), group="together"),
        Server("together-2", A, host=host(0), group="together"),
        Server("stopped-1", A, host=host(0), steps=(STOP,)),
        Server("paused-1", A, host=host(1), steps=(PAUSE,)),
        Server("suspended-1", A, host=host(2), steps=(SUSPEND,)),
        Server("shelved-1", A, host=host(3), steps=(SHELVE,)),
        Server("offloaded-1", A, host=host(0), steps=(SHELVE, OFFLOAD)),
        Server("resized-1", A, host=host(1), steps=(RESIZE,)),
        Server("migrated-1", A, host=host(2), flavor="small", steps=(MIGRATE,)),
        Server("rescued-1", A, host=host(3), steps=(RESCUE,)),
        Server("failed-1", A, host=host(0), steps=(BREAK,)),
        Server("unplaced-1", A, flavor="impossible", first="ERROR"),
        Server("locked-1", B, host=host(1), flavor="small", steps=(LOCK,)),
        Server("deleted-1", B, host=host(2), steps=(DELETE,)),
        Server("zoned-1", B, zone="az1", group="softly"),
        Server("zoned-2", B, zone="az2", group="softly"),
        Server("swapping-1", B, host=host(3), flavor="swapping"),
        Server("overridden-1", B, host=host(0), flavor="overridden"),
        Server("stopped-2", B, host=host(1), flavor="small", steps=(STOP,)),
        Server("suspended-2", B, zone="az2", steps=(SUSPEND,)),
        Server("plain-1", B),
        Server("plain-2", B, flavor="small"),
    ]
