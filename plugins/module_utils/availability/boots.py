# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of the servers of the boot loop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.availability.latency import counted, figures
from ansible_collections.stackroll.nova.plugins.module_utils.availability.samples import BOOT_FAILURES, Boot

MOST_TOLD = 100


def booted(boots: Sequence[Boot], start: float) -> dict[str, Any]:
    """Figures of all boots; *start* is where the time of the recording begins."""
    tried = [boot for boot in boots if boot.tried]
    failed = [boot for boot in tried if boot.failed]
    told = [
        {
            "at": round(boot.started - start, 1),
            "time": boot.started,
            "name": boot.name,
            "server_id": boot.server_id,
            "failure": boot.failure,
            "message": boot.message,
            "phase": boot.phase,
        }
        for boot in failed[:MOST_TOLD]
    ]
    return {
        "boots": len(tried),
        "boot_failures": len(failed),
        "boots_skipped": len(boots) - len(tried),
        "boot_failures_by_kind": counted(BOOT_FAILURES, (boot.failure for boot in failed)),
        "failed_boots": told,
        "boot_seconds": figures(boot.seconds for boot in tried if boot.seconds is not None),
    }
