#!/usr/bin/python
# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: api_probe
short_description: Ask the APIs of a cloud all the time, and tell what clients have seen
version_added: 0.1.0
description:
  - Starts a process on the host of the task that goes on when the task is over, and sends requests to the APIs at a constant rate, as
    clients of the cloud would, until it is stopped or its time is up. Each request has a connection of its own, is sent once, and is written down
    with its moment, its status or error, and its time.
  - A slow API does not slow the questions. What would be more than O(max_in_flight) at once, or could not be sent in time, is counted as skipped.
  - With O(boot_every) it also boots servers, waits until they are ACTIVE, and deletes them.
  - Stopped, the module returns how many requests failed, of which kind and in which phase, the longest gap, and the latencies before, during and
    after the work. The collection's C(docs/report.md) describes all figures. Run as a task with a run directory, they are noted in the
    journal, and M(stackroll.nova.report) shows them.
  - It is meant for rehearsals and tests. It writes nothing to the cloud without O(boot_every).
author:
  - stackroll.nova contributors (@stackroll)
extends_documentation_fragment:
  - stackroll.nova.attributes
  - stackroll.nova.openstack
attributes:
  check_mode:
    support: full
    details:
      - In check mode nothing is started, stopped or sent.
  diff_mode:
    support: none
  idempotent:
    support: full
    details:
      - A probe that runs is left as it is, also when other options are given; RV(settings) are those that are in force.
options:
  state:
    description:
      - V(started) starts a probe, unless one writes to O(path) already.
      - V(stopped) stops it, waits for its end, deletes servers that it has left, and returns RV(evaluation). Where none is running it returns
        the same. It needs a way to the cloud only where a probe that was killed may have left servers.
      - V(evaluated) returns RV(evaluation) so far, and leaves it running.
    type: str
    choices:
      - started
      - stopped
      - evaluated
    required: true
  path:
    description:
      - The file of JSON lines to which the probe writes. It is made for its owner alone, and names the probe.
      - A file with an earlier recording is gone on with, and RV(evaluation) is about all of it. Give each run a file of its own.
    type: path
    required: true
  rate:
    description:
      - Requests per second of O(mix). Those of the boot loop come on top.
    type: float
    default: 5
  mix:
    description:
      - How often each operation is asked for in relation to the others, as whole numbers by name.
      - Known are V(identity_token) (a token is issued), V(identity_version), V(compute_version), V(compute_servers) and V(compute_servers_latest) (ten
        servers of the project with details, at the microversion of this collection and at the newest), V(compute_flavors), V(compute_flavor),
        V(compute_services), V(placement_version), V(placement_providers) and V(placement_class) (requests with short answers),
        V(image_list) and V(network_list).
      - Without it, all but V(compute_services), V(image_list) and V(network_list) are asked for; of these, what this account may not do is left
        out, and told in RV(left_out). By default Placement serves administrators and services only.
    type: dict
  seed:
    description:
      - The same seed gives the same order of requests.
    type: int
    default: 1
  max_in_flight:
    description:
      - How many requests of O(mix) may wait for their answers at once.
    type: int
    default: 50
  timeout:
    description:
      - How many seconds one request may take, from connecting to the end of the answer. Then it has failed.
    type: float
    default: 30
  boot_every:
    description:
      - Every so many seconds a server is booted, V(0) for never. At most 10 of them exist at once.
    type: float
    default: 0
  boot_timeout:
    description:
      - How many seconds a server may take to become ACTIVE, and again to be gone.
      - Of servers that are under way when the probe is stopped, none gets more than 30 seconds from then to become ACTIVE.
    type: float
    default: 120
  flavor:
    description:
      - Name or ID of the flavor to boot, and to show. Without it, the first one is shown.
    type: str
  image:
    description:
      - Name or ID of the image to boot.
    type: str
  network:
    description:
      - Name or ID of the network of the servers, V(none) for servers without ports, V(auto) to leave it to Nova.
    type: str
    default: none
  duration:
    description:
      - After so many seconds the probe ends by itself.
    type: float
    default: 14400
  stop_timeout:
    description:
      - How many seconds to wait for the end of the probe, which waits for answers, sees its servers go, and deletes what is left.
      - It is killed then, and the module deletes its servers.
    type: float
    default: 300
  phases:
    description:
      - What was done to the cloud when. Latencies are compared before the first phase and from there to the end of the last one.
      - Phases called V(before) and V(after) are not part of the work. A request belongs to the phase in which it was begun.
      - Without it, run as a task with a run directory, the phases of the run after preflight are taken from the journal.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: What it is called.
        type: str
        required: true
      start:
        description: Its beginning, in epoch seconds or as a time such as V(2026-11-22T02:00:00Z).
        type: str
        required: true
      end:
        description: Its end. Without it, it is not over.
        type: str
notes:
  - The password or application credential stays in the memory of the process; it is in no file, no log and on no command line. With it the
    probe renews its token. Other kinds of authentication are refused.
  - Proxies are not used, and redirects not followed.
  - The clock that counts is that of the host of the task. Phases from the journal are by the clock of the Ansible controller.
  - Servers of the probe are called C(stackroll-probe-<n>) and have the metadata C(stackroll_probe) with the ID of the session, by which they are deleted.
  - Where systemd ends all processes of a user at logout (C(KillUserProcesses)), a probe on a remote host ends with the connection.
seealso:
  - module: stackroll.nova.report
  - module: stackroll.nova.journal
"""

EXAMPLES = r"""
- name: Ask five times a second, and boot a server every five seconds
  stackroll.nova.api_probe:
    state: started
    cloud: rehearsal
    path: /var/lib/stackroll/region-one/probe.jsonl
    boot_every: 5
    flavor: m1.tiny
    image: cirros

- name: See how it goes
  stackroll.nova.api_probe:
    state: evaluated
    path: /var/lib/stackroll/region-one/probe.jsonl
  register: so_far

- name: Stop it, and see what clients have noticed
  stackroll.nova.api_probe:
    state: stopped
    cloud: rehearsal
    path: /var/lib/stackroll/region-one/probe.jsonl
    phases:
      - name: control plane
        start: "{{ begin }}"
        end: "{{ end }}"
  register: probe
  failed_when: probe is failed or probe.evaluation.failures > 0
"""

RETURN = r"""
running:
  description: Whether the probe is running now.
  returned: success
  type: bool
  sample: true
pid:
  description: Its process, null when it is not running.
  returned: success
  type: int
  sample: 48113
settings:
  description: The settings of the last session in the file.
  returned: success, empty in check mode
  type: dict
  sample: {id: 9f3c11d2a0b4e877, pid: 48113, rate: 5, seed: 1, duration: 14400, boot_every: 0}
left_out:
  description: Operations of the default mix that this account cannot use, with the reason.
  returned: when O(state=started)
  type: dict
  sample: {placement_providers: the API answers 403}
evaluation:
  description: What was seen, with schema C(stackroll.nova/probe/1). The collection's C(docs/report.md) describes every key.
  returned: when O(state=stopped) or O(state=evaluated)
  type: dict
  sample:
    requests: 5310
    failures: 0
    failures_by_kind: {}
    boots: 212
    boot_failures: 0
    longest_gap_seconds: 0.0
    outage_seconds: {compute: 0, identity: 0, placement: 0}
    p99_ratio: 1.31
leftovers:
  description: How many servers the module has deleted that the probe had left.
  returned: when O(state=stopped)
  type: int
  sample: 0
api:
  description: How many requests the module itself has sent with keystoneauth, and how many of them could change something. Not those of the probe.
  returned: once the cloud is connected
  type: dict
  sample: {requests: 4, writes: 0}
"""

from typing import Any, NoReturn

from ansible_collections.stackroll.nova.plugins.module_utils.runtime.cloud import (
    cloud_argument_spec,
    hide_secrets,
    open_cloud,
)
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.module import Result, StackrollModule, option
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.probing import Probing

OPTIONS: dict[str, Any] = {
    "state": option("str", choices=["started", "stopped", "evaluated"], required=True),
    "path": option("path", required=True),
    "rate": option("float", 5),
    "mix": option("dict"),
    "seed": option("int", 1),
    "max_in_flight": option("int", 50),
    "timeout": option("float", 30),
    "boot_every": option("float", 0),
    "boot_timeout": option("float", 120),
    "flavor": option("str"),
    "image": option("str"),
    "network": option("str", "none"),
    "duration": option("float", 14400),
    "stop_timeout": option("float", 300),
    "phases": option(
        "list",
        [],
        elements="dict",
        options={"name": option("str", required=True), "start": option("str", required=True), "end": option("str")},
    ),
}


def started(module: StackrollModule, probing: Probing) -> Result:
    """Start it, unless it runs."""
    if probing.running() is not None:
        return {"changed": False, **probing.brief()}
    if module.check_mode:
        return {"changed": True, "running": False, "pid": None, "settings": {}, "left_out": {}}
    return probing.start(open_cloud(module))


def stopped(module: StackrollModule, probing: Probing) -> Result:
    """Stop it, delete what it has left, and say what it has seen."""
    if module.check_mode:
        return {"changed": probing.running() is not None, "leftovers": 0, **probing.look()}
    changed = probing.stop()
    leftovers = probing.clean(open_cloud(module)) if probing.littered() else 0
    return {"changed": changed or leftovers > 0, "leftovers": leftovers, **probing.look()}


def work(module: StackrollModule) -> Result:
    """One of the three states."""
    hide_secrets(module)
    probing = Probing(module.params)
    state = module.params["state"]
    try:
        if state == "evaluated":
            return probing.look()
        return (started if state == "started" else stopped)(module, probing)
    finally:
        for warning in probing.warnings:
            module.warn(warning)


def main() -> NoReturn:
    """Options in, what was seen out."""
    module = StackrollModule(argument_spec=cloud_argument_spec(**OPTIONS))
    module.run(work)


if __name__ == "__main__":
    main()
