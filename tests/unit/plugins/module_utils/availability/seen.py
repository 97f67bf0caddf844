# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Samples in few words, for the tests of this directory."""

from __future__ import annotations

from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.availability.recording import Recording, Session
from ansible_collections.stackroll.nova.plugins.module_utils.availability.samples import Boot, Sample

BEGIN = 1_795_300_000.0


def sample(at: float, seconds: float = 0.05, status: int | None = 200, api: str = "compute", **more: Any) -> Sample:
    """One request, *at* seconds after the beginning; an error leaves no status."""
    if more.get("error"):
        status = None
    values = {"operation": f"{api}_list", "method": "GET", "error": None, **more}
    return Sample(BEGIN + at, api, status=status, seconds=seconds, **values)


def recording(*samples: Sample, boots: tuple[Boot, ...] = (), end: dict[str, Any] | None = None) -> Recording:
    """A recording of one session."""
    return Recording((Session({"id": "a"}, list(samples), list(boots), end),))
