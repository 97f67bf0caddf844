#!/usr/bin/python
# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: compute_drain
short_description: Empty compute hosts, every server once and provably, or bring back what was parked
version_added: 0.1.0
description:
  - Gives every server on the hosts, in every state, a verdict with a reason, and carries it out. Running and paused servers
    are live-migrated, stopped ones are cold-migrated and confirmed. One call serves any number of hosts.
  - A server counts as moved only when it is on another host, its migration record is finished, and its allocation in
    Placement is only there. A live migration that Nova has rolled back is a failure, and the next fallback is tried.
  - A host counts as empty only when no server in any state, no unfinished migration and no allocation names it.
  - All moves are watched together, with two requests every O(interval), however many they are.
  - When a task is killed, the next one takes over the migrations under way, confirms what was left to confirm, and moves
    no server twice.
  - Run as a task, one line tells the progress of each host whenever something has changed.
author:
  - stackroll.nova contributors (@stackroll)
extends_documentation_fragment:
  - stackroll.nova.attributes
  - stackroll.nova.openstack
  - stackroll.nova.policy
attributes:
  check_mode:
    support: full
    details:
      - In check mode only the verdicts are returned.
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  hosts:
    description:
      - Host names of the nova-compute services, as Nova knows them. Each must have a service and be named once.
    type: list
    elements: str
    required: true
  state:
    description:
      - V(drained) empties the hosts.
      - V(parked) suspends or stops running servers where they are, in the order of O(park), or of V([suspend, stop]) without it.
        Nothing leaves the hosts.
      - V(restored) brings back the servers on the hosts that were suspended or stopped by V(drained) or V(parked), and only these.
    type: str
    choices:
      - drained
      - parked
      - restored
    required: true
  destinations:
    description:
      - Where servers are to go, by server ID. Nova's scheduler still checks the host and may refuse it.
      - Servers that are not named go where the scheduler puts them.
    type: dict
    default: {}
  park:
    description:
      - What may be done to running guests that cannot leave, in the order to be tried. Such servers stay on the host without
        running, and V(restored) brings them back.
      - With this, servers that are suspended already, and stopped ones that cannot leave, may stay as well.
    type: list
    elements: str
    choices:
      - suspend
      - stop
    default: []
  per_source:
    description:
      - How many servers may be under way from one host at once. Nova itself runs C(max_concurrent_live_migrations) of them,
        1 by default, and queues the others; twice that number keeps its queue from running dry.
    type: int
    default: 2
  per_destination:
    description:
      - How many servers may be under way to one host at once. A destination that the scheduler has chosen counts from when
        Nova shows it.
    type: int
    default: 4
  total:
    description:
      - How many servers may be under way at once.
    type: int
    default: 50
  base_timeout:
    description:
      - How many seconds one migration may take, whatever its size.
    type: float
    default: 120
  timeout_per_gib:
    description:
      - How many seconds it may take in addition for each GiB of memory and of disks on the host.
    type: float
    default: 10
  on_timeout:
    description:
      - What to do with a live migration that takes longer. V(force_complete) pauses the guest until it is over, and aborts
        when that takes longer than O(force_timeout).
      - A migration that does not obey for 8 seconds is given up and listed in RV(failed_servers).
    type: str
    choices:
      - abort
      - force_complete
    default: abort
  force_timeout:
    description:
      - How many seconds a live migration may take after V(force_complete).
    type: float
    default: 60
  retries:
    description:
      - How often a failed live migration is tried again before the fallbacks. The first retry asks for another host, the next
        leaves the choice to the scheduler.
    type: int
    default: 1
  timeout:
    description:
      - How many seconds to begin moves. What is under way then still gets its own time.
    type: float
    default: 3600
  interval:
    description:
      - How many seconds to wait between two looks. They come sooner at the end, and later, up to 10 seconds, while Nova has
        enough migrations queued.
    type: float
    default: 2
  progress_interval:
    description:
      - How many seconds to wait between two looks at the progress. Where something has changed, a line is shown.
      - With 0 no progress is shown.
    type: float
    default: 2
  require_disabled:
    description:
      - Whether hosts must be disabled, so that no new servers come while others leave.
    type: bool
    default: true
  parked:
    description:
      - The value RV(parked) of an earlier drain, which tells how servers were before. Run as a task with a run directory, it
        is taken from the journal.
    type: list
    elements: dict
    default: []
  parked_since:
    description:
      - Since when our account may have parked servers, as a UTC time such as V(2026-11-22T02:00:00Z). Run as a task with a
        run directory, it is the beginning of the run.
      - When there is no record in O(parked), a server counts as parked by us only if the latest of its instance actions is a
        suspend or a stop, asked by the account in use, and not before this time. Without it, only records count.
    type: str
  progress_file:
    description:
      - Where to write how far it is. The action plugin uses it, which runs the module in the background; leave it alone.
      - The module ends when nobody has touched the file of this name with the ending C(.listener) for 30 seconds.
    type: path
notes:
  - Ports are not read. Nova refuses what SR-IOV or vDPA ports do not allow, and the fallbacks follow.
  - Locked servers are moved, since a lock does not bind administrators.
  - A cold migration that waits for confirmation is taken for ours, and confirmed, when the account in use has asked for it.
    Resizes never are.
  - Hosts whose nova-compute is down are refused while servers there would have to move. This module does not evacuate.
  - Nova has no way to end a cold migration. One that takes too long is listed in RV(failed_servers) and goes on.
seealso:
  - module: stackroll.nova.compute_service
  - module: stackroll.nova.allocation_audit
"""

EXAMPLES = r"""
- name: See what would happen
  stackroll.nova.compute_drain:
    cloud: production
    hosts: [cmp1, cmp2]
    state: drained
  check_mode: true
  register: plan

- name: Empty the hosts of this batch
  stackroll.nova.compute_drain:
    cloud: production
    hosts: "{{ ansible_play_batch }}"
    state: drained
    per_source: 4
    allow_cold: true
    policy:
      - extra_specs:
          hw:cpu_policy: dedicated
        steps: [cold]
      - metadata:
          maintenance: never
        steps: [block]
  run_once: true

- name: Empty a host, and let stand still what cannot leave
  stackroll.nova.compute_drain:
    cloud: production
    hosts: [cmp3]
    state: drained
    park: [suspend, stop]
  register: drained

- name: After the work on the host, bring that back
  stackroll.nova.compute_drain:
    cloud: production
    hosts: [cmp3]
    state: restored
    parked: "{{ drained.parked }}"
"""

RETURN = r"""
verdicts:
  description: What is to happen to each server, why, and what follows if that fails.
  returned: success
  type: list
  elements: dict
  sample:
    - server_id: 0c37a9a2-6ac6-4b22-a17d-4f0c7c2a4f3b
      name: db-7
      host: cmp1
      action: live
      reason: it is active
      fallbacks:
        - suspend
moved:
  description: Servers that are on another host, with a finished migration and allocations only there.
  returned: when not in check mode, also on failure
  type: list
  elements: dict
  sample:
    - id: 0c37a9a2-6ac6-4b22-a17d-4f0c7c2a4f3b
      name: db-7
      host: cmp1
      to: cmp4
      step: live
      reason: it is active
      vm_state: active
      seconds: 6.1
      attempts: []
parked:
  description: Servers that were suspended or stopped in place, with all that O(parked) needs to bring them back.
  returned: when not in check mode, also on failure
  type: list
  elements: dict
  sample: []
restored:
  description: Servers that were brought back.
  returned: when not in check mode, also on failure
  type: list
  elements: dict
  sample: []
skipped_servers:
  description: Servers that may stay, that have left by themselves, or were deleted.
  returned: when not in check mode, also on failure
  type: list
  elements: dict
  sample: []
failed_servers:
  description:
    - Servers for which everything that was allowed has failed, with all attempts.
  returned: when not in check mode, also on failure
  type: list
  elements: dict
  sample: []
remaining:
  description: Servers for which nothing was begun, because nothing is possible or allowed, or the time was up.
  returned: when not in check mode, also on failure
  type: list
  elements: dict
  sample: []
rolled_back:
  description: Every live migration that did not succeed, also when the server has moved later.
  returned: when not in check mode, also on failure
  type: list
  elements: dict
  sample:
    - id: 0c37a9a2-6ac6-4b22-a17d-4f0c7c2a4f3b
      name: db-7
      host: cmp1
      step: live
      destination: cmp3
      outcome: rolled back
      reason: its live migration ended as failed on its way to cmp3, it is ACTIVE on cmp1
      seconds: 5.4
hosts:
  description:
    - Whether each host is empty, with all servers, unfinished migrations and allocations that name it. It is as agreed when
      only parked servers and servers that may stay do.
  returned: when draining was carried out, also on failure
  type: list
  elements: dict
  sample:
    - host: cmp1
      empty: true
      agreed: true
      evidence:
        servers: []
        migrations: []
        allocations: []
progress:
  description: Numbers for each host, and seconds.
  returned: when not in check mode, also on failure
  type: list
  elements: dict
  sample:
    - host: cmp1
      total: 31
      moved: 31
      moving: 0
      parked: 0
      restored: 0
      skipped: 0
      blocked: 0
      failed: 0
      retried: []
      done: 31
      elapsed: 221.4
      left: 0.0
api:
  description: How many requests were sent, and how many of them could change something.
  returned: once the cloud is connected
  type: dict
  sample:
    requests: 48
    writes: 31
"""

from typing import Any, NoReturn

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.engine import Clock, Pace
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.move import Bounds
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.order import Order
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.parked import read_records
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.restore import Restore
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.slots import Limits
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.task import Drain
from ansible_collections.stackroll.nova.plugins.module_utils.planning.policy import Policy
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.cloud import cloud_argument_spec, open_cloud
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.module import Result, StackrollModule, option
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.policy_options import POLICY_OPTIONS
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.progress_file import ProgressFile

OPTIONS: dict[str, Any] = {
    "hosts": option("list", elements="str", required=True),
    "state": option("str", choices=["drained", "parked", "restored"], required=True),
    "destinations": option("dict", {}),
    **POLICY_OPTIONS,
    "base_timeout": option("float", 120),
    "timeout_per_gib": option("float", 10),
    "on_timeout": option("str", "abort", choices=["abort", "force_complete"]),
    "force_timeout": option("float", 60),
    "retries": option("int", 1),
    "timeout": option("float", 3600),
    "interval": option("float", 2),
    "progress_interval": option("float", 2),
    "require_disabled": option("bool", True),
    "parked": option("list", [], elements="dict"),
    "parked_since": option("str"),
    "progress_file": option("path"),
}


def read_order(params: dict[str, Any], check_mode: bool) -> Order:
    """What the options ask for."""
    bounds = Bounds(
        base=params["base_timeout"],
        per_gib=params["timeout_per_gib"],
        on_timeout=params["on_timeout"],
        force=params["force_timeout"],
        retries=params["retries"],
    )
    limits = Limits(params["per_source"], params["per_destination"], params["total"])
    policy = Policy.read(params)
    return Order(
        hosts=tuple(params["hosts"]),
        pace=Pace(params["interval"], params["timeout"], limits, bounds),
        policy=policy.parking() if params["state"] == "parked" else policy,
        destinations=params["destinations"],
        parked=tuple(read_records(params["parked"])),
        parked_since=params["parked_since"],
        require_disabled=params["require_disabled"],
        check_mode=check_mode,
    )


def work(module: StackrollModule) -> Result:
    """Do it; the result says what became of every server."""
    params = module.params
    order = read_order(params, module.check_mode)
    kind = Restore if params["state"] == "restored" else Drain
    task: Drain | Restore = kind(open_cloud(module), order, Clock())
    verdicts = task.open()
    if module.check_mode:
        return {"verdicts": verdicts, "changed": task.would_change(verdicts)}
    progress = ProgressFile(params["progress_file"]) if params["progress_file"] else None
    try:
        task.run(lambda: progress.tell(task.news()) if progress else None)
        return {"verdicts": verdicts, **task.finish()}
    except StackrollError as error:
        error.details = {"verdicts": verdicts, **task.result(), **error.details}
        raise


def main() -> NoReturn:
    """Options in, what became of every server out."""
    module = StackrollModule(argument_spec=cloud_argument_spec(**OPTIONS))
    module.run(work)


if __name__ == "__main__":
    main()
