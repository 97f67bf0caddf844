# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clouds as service_info and service_unit_info describe them, from 2026.1 on the way to 2026.2."""

from __future__ import annotations

from typing import Any

NOW = 1_795_300_000.0
OLD, NEW = 72, 74
STAGED = "/opt/openstack/2026.2"
CONTROL = ("nova-conductor", "nova-scheduler", "nova-osapi_compute")
COMPUTES = ("cmp1", "cmp2")
Record = dict[str, Any]


def record(binary: str, host: str, version: int = OLD, **changes: Any) -> Record:
    """A service record that has just reported."""
    shown = {"cell": "cell1", "binary": binary, "host": host, "version": version, "seen_at": NOW - 5.0}
    return {**shown, "disabled": False, "disabled_reason": None, "forced_down": False, **changes}


def records(control: int = OLD, computes: int = OLD) -> list[Record]:
    """The records of a whole cloud."""
    return [
        *(record(binary, "ctl1", control, cell="cell0") for binary in CONTROL),
        *(record("nova-compute", host, computes) for host in COMPUTES),
    ]


def host(link: str | None = "33.0.2", staged: str | None = "34.0.0", killed_early: bool = False) -> dict[str, Any]:
    """The result of service_unit_info on one host; the versions are those of Nova behind the link and in the staged tree."""
    return {
        "code": {
            path: {"path": path, "exists": bool(nova), "real_path": path, "versions": {"nova": nova} if nova else {}}
            for path, nova in (("/opt/nova", link), (STAGED, staged))
        },
        "units": {"nova-compute": {"killed_early": killed_early, "timeout_stop_seconds": 90.0}},
        "shutdown": {"manager_shutdown_timeout": 160, "needed_timeout_stop_seconds": 200},
        "now": NOW,
    }
