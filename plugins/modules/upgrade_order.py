#!/usr/bin/python
# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: upgrade_order
short_description: Refuse an upgrade step that comes too early, goes back, or skips a release
version_added: 0.1.0
description:
  - Judges what M(stackroll.nova.service_info) and M(stackroll.nova.service_unit_info) have read, for one phase of an upgrade.
    It reads and changes nothing itself.
  - Whether the cloud is in a fit state is judged by M(stackroll.nova.upgrade_check), before the first change.
  - Fails when a check fails or when something that must be known is not, with every check in the result.
  - Says in which order the controllers are to change Nova's code, and why, when O(controllers) are given. Where old and new services
    cannot read each other, all controllers change in one window, otherwise one by one.
extends_documentation_fragment:
  - stackroll.nova.attributes
  - stackroll.nova.attributes.info
options:
  target_release:
    description: The release to upgrade to, by name, code name or Nova version.
    type: str
    required: true
  phase:
    description:
      - The phase that wants to begin.
      - With V(rollback_computes) and V(rollback_control), O(target_release) is the older release to go back to.
    type: str
    choices: [preflight, control_plane, computes, finalize, rollback_computes, rollback_control]
    required: true
  services:
    description: The RV(stackroll.nova.service_info#module:services) of all cells.
    type: list
    elements: dict
    required: true
  unknown_cells:
    description: The RV(stackroll.nova.service_info#module:unknown) cells.
    type: list
    elements: dict
    default: []
  hosts:
    description:
      - The result of M(stackroll.nova.service_unit_info) for every host, by inventory name.
    type: dict
    default: {}
  computes:
    description: Nova's names of all compute hosts in the inventory.
    type: list
    elements: str
    default: []
  earlier:
    description: Nova's names of the compute hosts of the waves before this one. None of them may still be disabled by us.
    type: list
    elements: str
    default: []
  staged_path:
    description: Where the target release's code lies on a host.
    type: path
    default: ""
  assume:
    description:
      - Names of checks that an earlier phase of the same check run would have satisfied. Only in check mode, where that phase
        has changed nothing, and only in place of a failure, what is unknown stays unknown.
    type: list
    elements: str
    default: []
  controllers:
    description: The hosts with a Compute API, in the order in which they are to change.
    type: list
    elements: str
    default: []
  code:
    description:
      - The result of M(stackroll.nova.code_info), by which the order of the controllers is decided. Without it, or where it lacks
        something, the order is V(one_window), which is safe in any case.
      - Its old code must be the one that the controllers run. Where O(hosts) show that one of them runs another version, the order is
        V(one_window) too. So it is after a window that was cut short, if M(stackroll.nova.code_info) was told of the links only.
    type: dict
    default: {}
  requests_can_wait:
    description: Whether something in front of the Compute API lets requests wait while no API serves.
    type: bool
    default: false
author:
  - stackroll.nova contributors (@stackroll)
"""

EXAMPLES = r"""
- name: Make sure that the control plane was upgraded first
  stackroll.nova.upgrade_order:
    target_release: "2026.2"
    phase: computes
    services: "{{ records.services }}"
    unknown_cells: "{{ records.unknown }}"
    computes: "{{ groups['nova_compute'] }}"

- name: Ask what the running and the staged Nova exchange
  stackroll.nova.code_info:
    running_paths: [/opt/openstack/2026.1]
    staged_path: /opt/openstack/2026.2
    include: [objects]
  register: code

- name: Decide in which order the controllers change
  stackroll.nova.upgrade_order:
    target_release: "2026.2"
    phase: control_plane
    services: "{{ records.services }}"
    unknown_cells: "{{ records.unknown }}"
    controllers: "{{ groups['nova_api'] }}"
    code: "{{ code }}"
  register: order
"""

RETURN = r"""
result:
  description: The worst result of all checks.
  returned: always
  type: str
  sample: warning
checks:
  description: Every check with its result, the objects concerned and the remedy.
  returned: always
  type: list
  elements: dict
  sample:
    - {check: Control plane first, result: success, summary: "", remedy: "", objects: []}
table:
  description: The lines of the familiar upgrade check table.
  returned: always
  type: list
  elements: str
tally:
  description: The number of checks by result.
  returned: always
  type: str
  sample: "9 checks: 8 success, 1 warning"
source_release:
  description: The oldest release that any host still runs, or null when no code was shown.
  returned: always
  type: str
  sample: "2026.1"
target:
  description: The target release with the numbers that tell it apart.
  returned: always
  type: dict
  sample: {name: "2026.2", codename: hibiscus, nova: 34, placement: 16, service_version: 74, oldest_supported_service_version: 72, slurp: false}
control_order:
  description: In which order the controllers are to change Nova's code.
  returned: O(controllers) is not empty
  type: dict
  contains:
    order:
      description: V(one_window) for all controllers together, or V(one_by_one).
      returned: always
      type: str
      sample: one_window
    known:
      description: Whether both codes could be compared. If not, the order is V(one_window).
      returned: always
      type: bool
      sample: true
    reason:
      description: Why, in one sentence.
      returned: always
      type: str
      sample: "Old and new services cannot read each other: ImageMetaProps 1.42 to 1.44 differs."
    objects:
      description: The objects and RPC versions whose difference decides.
      returned: always
      type: list
      elements: str
      sample: [ImageMetaProps 1.42 to 1.44]
    others:
      description: The objects that differ and do not count, because no API, conductor or scheduler sends them.
      returned: always
      type: list
      elements: str
      sample: [ShareMappingList 1.0 to 1.1]
    first:
      description: The controllers that change before the last ones. With V(one_by_one), each waits for the one before.
      returned: always
      type: list
      elements: str
      sample: [ctl1]
    last:
      description: The controllers that change in the end.
      returned: always
      type: list
      elements: str
      sample: [ctl2]
    clients:
      description: What clients of the Compute API will notice.
      returned: always
      type: str
      sample: Requests wait for some seconds while conductors and schedulers are replaced; none fails.
way_back:
  description: What of these steps can be taken back, until when and how, a sentence each.
  returned: O(controllers) is not empty
  type: list
  elements: str
  sample:
    - "New APIs run on the first controllers, and get no requests. Way back: until the last controller's API runs the new code. ..."
"""

from dataclasses import replace
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.database_rows import ServiceRecord
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.model.release import Release
from ansible_collections.stackroll.nova.plugins.module_utils.model.way_back import of
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.cloud import Cloud
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.control_order import (
    ONE_BY_ONE,
    ONE_WINDOW,
    decide,
)
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.order import PHASES, judge
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.result import table, tally, worst
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.module import StackrollModule, option

# The steps of Nova's control services, as they are called in model/way_back.py.
CONTROL_STEPS = {ONE_WINDOW: ("api_warm", "control_stopped", "control_switched"), ONE_BY_ONE: ("control_switched",)}


def run(module: StackrollModule) -> dict[str, Any]:
    """Judge, and refuse when something stands in the way."""
    params = module.params
    cloud = Cloud(
        target=Release.parse(params["target_release"]),
        services=tuple(ServiceRecord.from_dict(record) for record in params["services"]),
        unknown_cells=params["unknown_cells"],
        hosts=params["hosts"],
        computes=tuple(params["computes"]),
        staged_path=params["staged_path"],
        earlier=tuple(params["earlier"]),
    )
    assumed = params["assume"] if module.check_mode else []
    results = [
        replace(result, result="success", summary=f"would be satisfied by then; now {result.summary}")
        if result.check in assumed and result.result == "failure"
        else result
        for result in judge(cloud, params["phase"])
    ]
    source = cloud.source
    outcome: dict[str, Any] = {
        "result": worst(results),
        "checks": [result.to_dict() for result in results],
        "table": table(results),
        "tally": tally(results),
        "source_release": source.name if source else None,
        "target": cloud.target.to_dict(),
    }
    if params["controllers"]:
        order = decide(params["code"], params["controllers"], cloud.control_code, params["requests_can_wait"])
        outcome["control_order"] = order.to_dict()
        outcome["way_back"] = [step.said() for step in of(CONTROL_STEPS[order.order])]
    blocking = [result for result in results if result.blocks]
    if blocking:
        reasons = " ".join(f"{result.check}: {result.summary} {result.remedy}" for result in blocking)
        raise StackrollError(f"Not ready for {cloud.target.name} ({params['phase']}). {reasons}", details=outcome)
    return outcome


def main() -> None:
    """Run the module."""
    StackrollModule(
        argument_spec={
            "target_release": option("str", required=True),
            "phase": option("str", choices=list(PHASES), required=True),
            "services": option("list", elements="dict", required=True),
            "unknown_cells": option("list", [], elements="dict"),
            "hosts": option("dict", {}),
            "computes": option("list", [], elements="str"),
            "earlier": option("list", [], elements="str"),
            "staged_path": option("path", ""),
            "assume": option("list", [], elements="str"),
            "controllers": option("list", [], elements="str"),
            "code": option("dict", {}),
            "requests_can_wait": option("bool", False),
        },
    ).run(run)


if __name__ == "__main__":
    main()
