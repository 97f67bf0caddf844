#!/usr/bin/python
# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: service_unit_restart
short_description: End the stop of services, switch their code, and start them, in one call
version_added: 0.1.0
description:
  - For units that messages or requests wait for, so that every second counts. Tells them to stop, or goes on with a stop that was begun, waits
    until no process of theirs is left, lets the link to their code lead to its new target, and starts them.
  - Never starts a unit beside a process of it that still runs.
  - Nova 33 sleeps C([DEFAULT] manager_shutdown_timeout) in every stop, 160 seconds by default. A service that has given back its queues and
    has nothing in hand loses nothing when that sleep is cut (O(sleeping)). Whether that is so, M(stackroll.nova.message_queue_info) and
    M(stackroll.nova.control_work_info) tell.
extends_documentation_fragment:
  - stackroll.nova.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: none
    details:
      - It restarts whatever it is told to.
options:
  units:
    description: Names of the units that stop, without suffix.
    type: list
    elements: str
    default: []
  stop:
    description: Whether to tell O(units) to stop. Without it somebody has, and units that run are waited for in vain.
    type: bool
    default: false
  sleeping:
    description: Those of O(units) that are ended where they have not stopped yet, because they only sleep.
    type: list
    elements: str
    default: []
  link:
    description: The link to the code. Without it the code stays as it is.
    type: path
  target:
    description: The directory that O(link) is to lead to.
    type: path
  started:
    description: Names of the units to start, all at the same time.
    type: list
    elements: str
    default: []
  timeout:
    description: How many seconds the units get to stop. Longer than the stop timeout of any unit.
    type: float
    default: 300
seealso:
  - module: stackroll.nova.service_unit_info
author:
  - stackroll.nova contributors (@stackroll)
"""

EXAMPLES = r"""
- name: Put the new conductor in the place of the old one, which takes no messages any more
  stackroll.nova.service_unit_restart:
    units: [nova-conductor]
    sleeping: [nova-conductor]
    link: /opt/nova
    target: /opt/openstack/2026.2
    started: [nova-conductor]

- name: Restart an API with other code while requests wait for it
  stackroll.nova.service_unit_restart:
    units: [placement-api]
    stop: true
    link: /opt/placement
    target: /opt/openstack/2026.2
    started: [placement-api]
"""

RETURN = r"""
now:
  description: When the last of the units had stopped, in seconds since the epoch.
  returned: success
  type: float
  sample: 1795300000.0
ended:
  description: The processes that were ended in their sleep.
  returned: success
  type: list
  elements: int
  sample: [4711, 4712]
"""

import time
from pathlib import Path
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.host import unit_restart
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.module import StackrollModule, option


def run(module: StackrollModule) -> dict[str, Any]:
    """Wait, switch and start; in check mode only tell."""
    params = module.params
    strange = sorted(set(params["sleeping"]) - set(params["units"]))
    if strange:
        raise InvalidInput(
            f"The option sleeping names {', '.join(strange)}, which is not among units.", "Name it there as well."
        )
    ended: list[int] = []
    if not module.check_mode:
        if params["stop"] and params["units"]:
            unit_restart.tell_to_stop(params["units"])
        ended = unit_restart.end_stop(params["units"], params["sleeping"], params["timeout"])
    now = time.time()
    before, is_other = "", False
    if params["link"]:
        before, is_other = unit_restart.point(Path(params["link"]), params["target"], module.check_mode)
    if params["started"] and not module.check_mode:
        unit_restart.start(params["started"])
    return {
        "changed": bool(params["started"]) or is_other or bool(ended),
        "now": now,
        "ended": ended,
        "diff": {"before": {"link": before}, "after": {"link": params["target"] if params["link"] else before}},
    }


def main() -> None:
    """Run the module."""
    StackrollModule(
        argument_spec={
            "units": option("list", [], elements="str"),
            "stop": option("bool", False),
            "sleeping": option("list", [], elements="str"),
            "link": option("path"),
            "target": option("path"),
            "started": option("list", [], elements="str"),
            "timeout": option("float", 300.0),
        },
        required_together=[("link", "target")],
    ).run(run)


if __name__ == "__main__":
    main()
