# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options about what may be done to servers, the same for planning and for draining."""

from __future__ import annotations

from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.planning.policy import PARKING, STEPS
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.module import option

RULE = {
    "steps": option("list", elements="str", choices=list(STEPS), required=True),
    "extra_specs": option("dict"),
    "metadata": option("dict"),
    **{name: option("str") for name in ("tag", "project", "image", "flavor", "server")},
    "local_gib_over": option("int"),
}
STATES = ["error", "paused", "rescued", "shelved", "soft-delete", "stopped", "suspended"]
POLICY_OPTIONS: dict[str, Any] = {
    "policy": option("list", [], elements="dict", options=RULE),
    "allow_cold": option("bool", False),
    "park": option("list", [], elements="str", choices=list(PARKING)),
    "verify_resize": option("str", "block", choices=["block", "confirm", "revert"]),
    "shelved": option("str", "block", choices=["block", "offload"]),
    "may_stay": option("list", [], elements="str", choices=STATES),
    "per_source": option("int", 2),
    "per_destination": option("int", 4),
    "total": option("int", 50),
}
