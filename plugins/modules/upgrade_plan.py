#!/usr/bin/python
# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: upgrade_plan
short_description: Plan which hosts are upgraded when, and where each server goes
version_added: 0.1.0
description:
  - Plans the whole upgrade of the compute hosts before anything happens, as waves of hosts that are out of service together.
  - Where hosts are emptied, each server has a destination. It is a host that is upgraded already or that is never emptied, so every
    server moves at most once. Room is counted by Placement's arithmetic, and traits, availability zones, cells, server groups and
    host aggregates are respected.
  - When there is no spare room at the start, the host with the fewest servers is emptied to hosts that are still to be upgraded, and
    RV(plan.extra_moves) tells how many servers therefore move once more.
  - When something cannot be done, the module fails and names the servers in the way and what would help. Nothing is changed, ever.
  - The same fleet and options always give the same plan.
author:
  - stackroll.nova contributors (@stackroll)
extends_documentation_fragment:
  - stackroll.nova.attributes
  - stackroll.nova.attributes.info
  - stackroll.nova.openstack
  - stackroll.nova.policy
options:
  fleet:
    description:
      - The RV(stackroll.nova.fleet_info#module:fleet) of an earlier task. Without it the fleet is read from the cloud.
    type: dict
  services:
    description:
      - The RV(stackroll.nova.service_info#module:services) of an earlier task, which tell the cells and versions of services. The APIs
        do not.
    type: list
    elements: dict
    default: []
  mode:
    description:
      - How hosts are upgraded. With V(in_place) servers stay and go on, because only the service is restarted. With V(drain) all servers
        leave first. With V(park) servers are suspended or stopped on their host.
    type: str
    choices:
      - in_place
      - drain
      - park
    default: in_place
  modes:
    description:
      - Another mode for some hosts, by name of the host.
    type: dict
    default: {}
  hosts:
    description:
      - The hosts to upgrade, as Nova names them. Without it all compute hosts are upgraded. Other hosts only receive servers.
    type: list
    elements: str
  waves:
    description:
      - The hosts of each wave, in this order, instead of O(hosts). Only the destinations are planned then, and O(canary) does not count.
    type: list
    elements: list
    default: []
  done:
    description:
      - Hosts that are upgraded already.
    type: list
    elements: str
    default: []
  target_version:
    description:
      - Hosts whose compute service has this version or a higher one are upgraded already. Versions are
        known with O(services) only.
    type: int
  canary:
    description:
      - How many hosts the first wave may have. V(0) is for a run in which canaries have been upgraded before.
    type: int
    default: 1
  max_unavailable:
    description:
      - How many hosts may be out of service at once, as a number or as a percentage of all compute hosts. Percentages are rounded down,
        but one host always may.
    type: str
    default: "25%"
  max_unavailable_per_zone:
    description:
      - The same in each availability zone, of its hosts.
    type: str
  max_unavailable_per_cell:
    description:
      - The same in each cell, of its hosts. Cells are known with O(services) only.
    type: str
  max_unavailable_per_aggregate:
    description:
      - The same in each host aggregate, of its hosts, such as the aggregate of a rack.
    type: str
  one_zone_at_a_time:
    description:
      - Whether a zone has to be through before the next one begins.
    type: bool
    default: false
  keep_zones:
    description:
      - Whether servers stay in their availability zone. Nova tells where a server is, but not whether its owner has asked for that zone,
        and refuses to move it to another one if so.
    type: bool
    default: true
  park:
    description:
      - What may be done to running guests that find no room, in the order to be tried. On hosts of mode V(park) it says what is done at all,
        and is V([suspend, stop]) when it is empty.
    type: list
    elements: str
    choices:
      - suspend
      - stop
    default: []
  per_source:
    description:
      - How many servers move from one host at once. It counts for the estimates only.
    type: int
    default: 2
  per_destination:
    description:
      - How many servers move to one host at once. It counts for the estimates only.
    type: int
    default: 4
  total:
    description:
      - How many servers move at once. It counts for the estimates only.
    type: int
    default: 50
  rates:
    description:
      - How fast things go, if possible as measured in this cloud. Each is a number, or a list of the least, the likely and the most.
      - A live migration takes C(live_seconds) and the memory of the server at C(live_mib_per_second). Any other migration takes
        C(cold_seconds), parking a server C(park_seconds), and upgrading a host C(host_seconds).
    type: dict
    default: {}
  measured:
    description:
      - How long things took so far. Each has a C(kind), which is V(live), V(cold), V(suspend), V(stop) or V(host), its C(seconds), and
        the ID of the C(server) if it is about one. O(rates) are corrected by it.
      - Run as a task with a run directory, it is taken from the journal.
    type: list
    elements: dict
    default: []
  not_before:
    description:
      - When the first wave may begin, such as V(2026-11-22T02:00:00Z).
    type: str
  finish_by:
    description:
      - When all must be over. No host is begun that could not be finished by then, if everything takes as long as O(rates) say at most.
    type: str
  plan_file:
    description:
      - A file with the RV(plan) of an earlier task, as JSON, to go on with. It is returned as it is unless the cloud has changed in a way
        that matters to it, or O(hosts) or O(waves) name others than are left of it.
      - Run as a task, it is a file on the Ansible controller.
    type: path
  on_drift:
    description:
      - What to do when the cloud has changed since the plan in O(plan_file) was made. V(refuse) fails and says what has changed. V(replan)
        makes a new plan by the options of this task.
    type: str
    choices:
      - refuse
      - replan
    default: refuse
  require_feasible:
    description:
      - Whether to fail when not all hosts can be upgraded.
    type: bool
    default: true
  html:
    description:
      - Whether to return the plan as a page as well.
    type: bool
    default: false
notes:
  - A fleet holds neither metadata nor tags of servers, so rules of O(policy) about them are refused here.
seealso:
  - module: stackroll.nova.fleet_info
  - module: stackroll.nova.compute_drain
"""

EXAMPLES = r"""
- name: Plan an upgrade that empties every host
  stackroll.nova.upgrade_plan:
    cloud: production
    mode: drain
    max_unavailable: 5%
    max_unavailable_per_zone: 2
    html: true
  register: planned

- name: Show who goes where and why
  ansible.builtin.debug:
    var: planned.text

- name: Keep the plan
  ansible.builtin.copy:
    content: "{{ planned.plan | to_json }}"
    dest: plan.json
    mode: "0600"

- name: Keep the page
  ansible.builtin.copy:
    content: "{{ planned.html }}"
    dest: plan.html
    mode: "0600"

- name: Plan from a saved fleet what fits into a night, with rates of the last run
  stackroll.nova.upgrade_plan:
    fleet: "{{ lookup('ansible.builtin.file', 'fleet.json') | from_json }}"
    mode: drain
    finish_by: "2026-11-22T05:00:00Z"
    rates:
      live_mib_per_second: [180, 420, 900]
      host_seconds: 240
    require_feasible: false

- name: Go on with the plan, or refuse to when the cloud has changed
  stackroll.nova.upgrade_plan:
    cloud: production
    plan_file: plan.json
"""

RETURN = r"""
plan:
  description: The plan; a stable JSON document.
  returned: once it was made, also when it is not feasible
  type: dict
  contains:
    schema:
      description: Name and version of this layout.
      returned: always
      type: str
      sample: stackroll.nova/plan/1
    hash:
      description: SHA-256 over all that the plan depends on. Times of reading and heartbeats do not count.
      returned: always
      type: str
      sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    taken_at:
      description: When the fleet was read, UTC.
      returned: always
      type: str
      sample: "2026-11-22T02:00:00.000000Z"
    options:
      description: The options of the plan.
      returned: always
      type: dict
      sample: {mode: drain, canary: 1, max_unavailable: "25%"}
    feasible:
      description: Whether nothing is in the way. Hosts for which only the time is too short do not count.
      returned: always
      type: bool
      sample: true
    hosts:
      description: The hosts to upgrade. A host without wave, V(null), has a C(reason).
      returned: always
      type: list
      elements: dict
      sample:
        - name: cmp1
          mode: drain
          wave: 1
          zone: az1
          cell: null
    waves:
      description: The waves in their order, with the moves and parked servers of each and the time it takes in seconds.
      returned: always
      type: list
      elements: dict
      sample:
        - number: 1
          hosts: [cmp1]
          moves:
            - server: 0c37a9a2-6ac6-4b22-a17d-4f0c7c2a4f3b
              name: db-7
              from: cmp1
              to: cmp3
              how: live
              why: it is active; to a host that is upgraded
          parked: []
          estimate: {seconds: 200.2, least: 67.1, most: 671.0}
    blocked:
      description: Servers that keep hosts from being upgraded. Without server, V(null), it is the host or a part of the cloud.
      returned: always
      type: list
      elements: dict
      sample:
        - server: 0c37a9a2-6ac6-4b22-a17d-4f0c7c2a4f3b
          name: db-7
          host: cmp1
          reason: it needs 16 of VCPU, and no host that could take it has more than 8 free
          remedy: Add an empty host like this one, free room on other hosts, or let servers be parked with park.
    relaxations:
      description: The smallest changes that would help, each an option or C(empty_hosts). Of O(finish_by), C(how_many) counts minutes.
      returned: always
      type: list
      elements: dict
      sample:
        - what: empty_hosts
          how_many: 1
          text: 1 more empty host like cmp1, upgraded or new, would be enough.
    bounds:
      description: The numbers of moves and of waves that no plan can be below.
      returned: always
      type: dict
      sample: {moves: 24, waves: 3}
    extra_moves:
      description: How many moves go to hosts that are still to be emptied, for lack of room elsewhere.
      returned: always
      type: int
      sample: 0
    totals:
      description: Sums, with times in seconds.
      returned: always
      type: dict
      sample: {hosts: 4, moves: 24, parked: 0, waves: 3, seconds: 660.5, least: 221.0, most: 2217.3}
text:
  description: Who goes where and why, in lines to be read. At most 100 moves of each wave are shown.
  returned: once it was made, also when it is not feasible
  type: list
  elements: str
drift:
  description: What has changed since the plan in O(plan_file) was made, as far as it matters.
  returned: with O(plan_file)
  type: list
  elements: str
  sample: [server db-7 (0c37a9a2-6ac6-4b22-a17d-4f0c7c2a4f3b) is on cmp4]
left:
  description: What is left of the plan in O(plan_file) without the hosts in O(done), with times in seconds by the rates of now.
  returned: with O(plan_file)
  type: dict
  sample: {waves: 2, hosts: 3, moves: 14, seconds: 402.5, least: 140.0, most: 1350.2, next_most: 690.0, text: "Left: 3 hosts in 2 waves, 14 moves, …"}
html:
  description: The plan as a self-contained page.
  returned: with O(html=true)
  type: str
api:
  description: How many requests were sent, and how many of them could change something.
  returned: when the fleet was read from the cloud
  type: dict
  sample:
    requests: 24
    writes: 0
"""

import json
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime, timedelta, timezone
from typing import Any, NoReturn

from ansible_collections.stackroll.nova.plugins.module_utils.api.observe import read_fleet
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput, StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Fleet
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import some
from ansible_collections.stackroll.nova.plugins.module_utils.planning.drift import drift, read_plan
from ansible_collections.stackroll.nova.plugins.module_utils.planning.measured import Sample, learned
from ansible_collections.stackroll.nova.plugins.module_utils.planning.option_readers import parse_moment
from ansible_collections.stackroll.nova.plugins.module_utils.planning.plan import make_plan
from ansible_collections.stackroll.nova.plugins.module_utils.planning.plan_options import MODES, PlanOptions
from ansible_collections.stackroll.nova.plugins.module_utils.planning.remainder import Remainder, remainder
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.cloud import cloud_argument_spec, open_cloud
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.module import Result, StackrollModule, option
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.policy_options import POLICY_OPTIONS
from ansible_collections.stackroll.nova.plugins.module_utils.telling.plan_page import render_plan
from ansible_collections.stackroll.nova.plugins.module_utils.telling.plan_text import headline, left_line, plan_lines

OPTIONS: dict[str, Any] = {
    "fleet": option("dict"),
    "services": option("list", [], elements="dict"),
    "mode": option("str", "in_place", choices=list(MODES)),
    "modes": option("dict", {}),
    "hosts": option("list", elements="str"),
    "waves": option("list", [], elements="list"),
    "done": option("list", [], elements="str"),
    "target_version": option("int"),
    "canary": option("int", 1),
    "max_unavailable": option("str", "25%"),
    **{f"max_unavailable_per_{place}": option("str") for place in ("zone", "cell", "aggregate")},
    "one_zone_at_a_time": option("bool", False),
    "keep_zones": option("bool", True),
    **POLICY_OPTIONS,
    "rates": option("dict", {}),
    "measured": option("list", [], elements="dict"),
    "not_before": option("str"),
    "finish_by": option("str"),
    "plan_file": option("path"),
    "on_drift": option("str", "refuse", choices=["refuse", "replan"]),
    "require_feasible": option("bool", True),
    "html": option("bool", False),
}


def plan(module: StackrollModule) -> Result:
    """Read and plan, or go on with an earlier plan."""
    params = module.params
    options = _options(params)
    earlier = _earlier(params["plan_file"])
    samples = [Sample.from_dict(item) for item in params["measured"]]
    fleet = Fleet.load(params["fleet"]) if params["fleet"] is not None else read_fleet(open_cloud(module))
    fleet = fleet.with_records(params["services"])
    sizes = {server.id: server.flavor.ram_mib for server in fleet.servers}
    options = replace(options, rates=learned(options.rates, samples, sizes))
    if earlier is None:
        return _told(params, make_plan(fleet, options).to_dict(), {})
    changes = drift(earlier, fleet, options.done, options.rolling)
    if changes and params["on_drift"] == "refuse":
        raise StackrollError(
            f"The cloud has changed since the plan in {params['plan_file']} was made: {some(changes)}.",
            "Make a new plan, or set on_drift to replan.",
            {"drift": changes},
        )
    found = make_plan(fleet, options).to_dict() if changes else dict(earlier)
    left = remainder(found, fleet, options, options.done)
    result = {"drift": changes, "left": {**left.to_dict(), "text": left_line(left.to_dict())}}
    _refuse_late(options, fleet, left, {"plan": found, **result})
    return _told(params, found, result)


def _refuse_late(options: PlanOptions, fleet: Fleet, left: Remainder, result: Result) -> None:
    """No host is begun that could not be finished."""
    if options.finish_by is None or not left.waves:
        return
    finish = options.start(fleet.taken_at) + timedelta(seconds=left.next_most)
    if finish > parse_moment("finish_by", options.finish_by):
        raise StackrollError(
            f"The next wave may take until {finish:%Y-%m-%dT%H:%M:%SZ}, and finish_by is {options.finish_by}.",
            "Go on when there is more time.",
            result,
        )


def _options(params: Mapping[str, Any]) -> PlanOptions:
    wishes = {item.name: params[item.name] for item in fields(PlanOptions) if item.name in params}
    return PlanOptions.from_dict({**wishes, "now": datetime.now(timezone.utc).isoformat()})


def _earlier(path: str | None) -> Mapping[str, Any] | None:
    if path is None:
        return None
    try:
        with open(path, encoding="utf-8") as file:
            data = json.load(file)
    except (OSError, ValueError) as error:
        raise InvalidInput(f"plan_file {path} cannot be read: {error}.", "Name a file with a plan as JSON.") from error
    return read_plan(data, f"plan_file {path}")


def _told(params: Mapping[str, Any], found: dict[str, Any], extra: Result) -> Result:
    result = {"plan": found, "text": plan_lines(found), **extra}
    if params["html"]:
        result["html"] = render_plan(found)
    if not found["feasible"] and params["require_feasible"]:
        reasons = [f"{item['name'] or item['host'] or 'the cloud'}: {item['reason']}" for item in found["blocked"]]
        remedy = " ".join(item["text"] for item in found["relaxations"][:3]) or found["blocked"][0]["remedy"]
        raise StackrollError(f"{headline(found)} In the way: {some(reasons)}.", remedy, result)
    return result


def main() -> NoReturn:
    """Options in, plan out."""
    module = StackrollModule(argument_spec=cloud_argument_spec(**OPTIONS))
    module.run(plan)


if __name__ == "__main__":
    main()
