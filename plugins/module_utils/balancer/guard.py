# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""End a hold whose relay is gone: by its guard, or by the next call when the guard was killed as well."""

from __future__ import annotations

import contextlib
import time

from ansible_collections.stackroll.nova.plugins.module_utils.balancer.haproxy import Haproxy
from ansible_collections.stackroll.nova.plugins.module_utils.balancer.hold_plan import Target
from ansible_collections.stackroll.nova.plugins.module_utils.balancer.hold_record import (
    RELEASED,
    HoldFiles,
    HoldRecord,
)
from ansible_collections.stackroll.nova.plugins.module_utils.balancer.put_back import PutBack, answering

LOST = "relay lost"
# What the relay had in hand ends within moments: HAProxy has lost those connections.
SETTLE_SECONDS = 0.3


def end_lost_hold(haproxy: Haproxy, record: HoldRecord, files: HoldFiles, to: list[Target] | None = None) -> HoldRecord:
    """Give the servers back to which it was being released, or those of before, and take the relay's server away."""
    plan, put_back = record.plan, PutBack(haproxy, record.plan)
    targets = to if to is not None else _goal(haproxy, record)
    put_back.give_back(targets, plan.restored if to is None and record.to is None else ())
    put_back.stop_relay()
    time.sleep(SETTLE_SECONDS)
    removed = put_back.remove_relay(record.added)
    record.added = record.added and not removed
    record.state, record.cause, record.to = RELEASED, LOST, [target.name for target in targets]
    record.released_at = record.released_at or time.time()
    record.problems, record.open = put_back.problems, 0
    files.write(record)
    with contextlib.suppress(OSError):
        files.remove_control()
    return record


def _goal(haproxy: Haproxy, record: HoldRecord) -> list[Target]:
    if record.to is not None:
        servers = haproxy.look(record.plan.backend).named(record.to)
        return [Target.of(server) for server in servers]
    return answering(record.plan.fallback) or list(record.plan.fallback)
