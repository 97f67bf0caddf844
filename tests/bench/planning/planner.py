# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The planner, as the benches call it: a fleet and plain options in, plain data out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Fleet
from ansible_collections.stackroll.nova.plugins.module_utils.planning.plan import make_plan
from ansible_collections.stackroll.nova.plugins.module_utils.planning.plan_options import PlanOptions


def plan(fleet: Fleet, options: Mapping[str, Any]) -> dict[str, Any]:
    """The plan as its JSON has it."""
    found: dict[str, Any] = make_plan(fleet, PlanOptions.from_dict(dict(options))).to_dict()
    return found
