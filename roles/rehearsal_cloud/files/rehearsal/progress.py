# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long the steps of a stage took, for those who look with -v."""

from __future__ import annotations

import time

STEPS: dict[str, float] = {}
BEGAN = time.monotonic()


def reached(name: str) -> None:
    """Note that a step is done, in seconds since the stage began."""
    STEPS[name] = round(time.monotonic() - BEGAN, 1)
