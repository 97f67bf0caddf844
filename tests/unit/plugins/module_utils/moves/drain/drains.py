# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drains of a simulated cloud."""

from __future__ import annotations

from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.engine import Pace
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.move import Bounds
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.order import Order
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.restore import Restore
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.slots import Limits
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.task import Drain
from ansible_collections.stackroll.nova.plugins.module_utils.planning.policy import Policy
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_nova import FakeNova, SimulatedClock

Result = dict[str, Any]


def pace(limits: Limits | None = None, interval: float = 1, timeout: float = 3600, **bounds: Any) -> Pace:
    """Bounds of 30 s whatever the size, unless told otherwise."""
    return Pace(interval, timeout, limits or Limits(), Bounds(**{"base": 30, "per_gib": 0, **bounds}))


def drain(nova: FakeNova, *hosts: str, policy: Policy | None = None, kind: type = Drain, **more: Any) -> Result:
    """Drain the hosts; the result tells whether that is a failure."""
    more.setdefault("pace", pace())
    order = Order(hosts, policy=policy or Policy(), **more)
    work = kind(nova.cloud(), order, SimulatedClock(nova))
    verdicts = work.open()
    work.run()
    try:
        return {"verdicts": verdicts, **work.finish(), "msg": ""}
    except StackrollError as error:
        return {"verdicts": verdicts, **error.details, "msg": str(error)}


def restore(nova: FakeNova, *hosts: str, **more: Any) -> Result:
    """Bring back what was parked."""
    return drain(nova, *hosts, kind=Restore, **more)


def names(result: Result, key: str) -> list[str]:
    """The names of the servers in a list of the result."""
    return sorted(item["name"] for item in result[key])
