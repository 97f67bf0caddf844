#!/usr/bin/python
# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: haproxy_hold
short_description: Let new requests to an HAProxy backend wait for a moment instead of failing
version_added: 0.1.0
description:
  - Runs on the balancer's host and speaks to HAProxy through its runtime socket, which needs the level C(admin).
    It needs Python's standard library only.
  - For a hold, a small relay is started on this host. HAProxy gets it as a further server of the backend, all other servers
    are drained, and new requests wait at the relay, which accepts their connections and passes them on when they are released.
    So requests that are under way end where they were, and there is a time in which no server of the backend has any.
  - The relay does not look into what it passes on, so HTTP/1.1 and HTTP/2 make no difference to it. To servers that HAProxy
    speaks TLS to, it can only hold for C(timeout connect) times one more than C(retries) of HAProxy's configuration, because
    the handshake waits with the request.
  - The relay is a process of its own, which outlives this module and the connection of Ansible. It does all the work at
    HAProxy itself. When nobody has released the requests after O(max_hold) seconds, or when it gets the signal C(TERM), it
    releases them to the servers O(fallback) that accept connections then. A guard does the same when the
    relay is killed; then only the requests that it held are lost.
  - Requests must not be held for longer than C(timeout server) of HAProxy's configuration, or HAProxy answers 504 to them.
  - Servers with sticky sessions cannot be held, because HAProxy goes on sending those to drained servers.
author:
  - stackroll.nova contributors (@stackroll)
extends_documentation_fragment:
  - stackroll.nova.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  backend:
    description: The name of the backend.
    type: str
    required: true
  state:
    description:
      - Without it, nothing is changed; the present hold is only shown, or the last one.
      - V(held) returns when new requests wait and no other server has a session. When it fails, everything was put back.
      - V(released) makes the servers O(to) ready, passes on to them what was held, and removes the relay.
    type: str
    choices: [held, released]
  to:
    description:
      - Names of servers of the backend that get the requests when they are released, held and new ones. Each must accept
        connections, and should have been proved to work before, because it is set ready and, where HAProxy takes it for down, up
        (C(set server health up)), without waiting for HAProxy's next check. The others stay as they are.
      - None for those that could be used before the hold and accept connections. Those that do not stay drained, and are named
        in RV(hold.problems).
    type: list
    elements: str
    default: []
  drain_timeout:
    description:
      - How many seconds V(held) waits for the end of the last session at the other servers. When they have passed, the hold is
        given up.
    type: float
    default: 10
  fallback:
    description:
      - Names of servers to which the relay releases by itself, if they accept connections then.
        None for those that could be used before the hold.
      - To V(held) for a hold that is there already, these are the new ones, for example after a step that the old servers do not
        survive.
    type: list
    elements: str
    default: []
  max_hold:
    description: After how many seconds the relay releases by itself. More than O(drain_timeout).
    type: float
    default: 30
  timeout:
    description:
      - How many seconds V(released) waits. When they have passed, that is a warning; the relay goes on in any case.
    type: float
    default: 30
  until:
    description:
      - What V(released) waits for. V(forwarded) is when nothing is held any more. V(ended) is when the last connection through
        the relay has ended and the relay is gone; it may last as long as the longest request.
    type: str
    choices: [forwarded, ended]
    default: forwarded
  relay_server:
    description:
      - The relay's name among the servers of the backend. If there is a line for it in the configuration,
        C(server stackroll-hold 127.0.0.1:18774 disabled), that is used, and is in maintenance again afterwards.
      - Otherwise it is added and removed while HAProxy runs, which HAProxy can do since 2.6 in backends whose C(balance) is
        dynamic, such as V(roundrobin). If something still refers to it at the end, it stays in maintenance.
    type: str
    default: stackroll-hold
  server_options:
    description:
      - Words that the other server lines of the backend have and that HAProxy needs to speak to them, such as V(send-proxy) or
        V(ssl verify none). Only for a relay that is added.
    type: str
    default: ''
  run_dir:
    description: Where the relay has its lock, its socket and its record. It should not outlive a restart of the host.
    type: path
    default: /run/stackroll
  socket:
    description: The path of HAProxy's runtime socket, C(stats socket) in its configuration.
    type: path
    default: /run/haproxy/admin.sock
seealso:
  - module: stackroll.nova.haproxy_server
"""

EXAMPLES = r"""
- name: Hold new requests to the Compute API
  stackroll.nova.haproxy_hold:
    backend: compute
    state: held
    drain_timeout: 5
    max_hold: 20
  delegate_to: balancer
  become: true

- name: From now on they must not go to the old code any more, whatever happens
  stackroll.nova.haproxy_hold:
    backend: compute
    state: held
    fallback: [ctl1]
  delegate_to: balancer
  become: true

- name: Let them go on at the controller that has the new code
  stackroll.nova.haproxy_hold:
    backend: compute
    state: released
    to: [ctl1]
  delegate_to: balancer
  become: true
  register: hold

- name: Say how long it was
  ansible.builtin.debug:
    msg: "{{ hold.hold.accepted }} requests waited, none longer than {{ hold.hold.longest_wait }} s"
"""

RETURN = r"""
hold:
  description: The present hold, or the last one; only C(state) when there never was one.
  returned: success, and when requests cannot be held or released
  type: dict
  contains:
    state:
      description: V(none), V(opening), V(held), V(releasing) or V(released).
      type: str
      returned: success
      sample: held
    since:
      description: Since when requests were held, in seconds since the epoch.
      type: float
      returned: when there was a hold
      sample: 1795300000.5
    seconds:
      description: How long new requests were held, or are held so far.
      type: float
      returned: when there was a hold
      sample: 3.214
    longest_wait:
      description: Seconds that the connection that waited longest has waited.
      type: float
      returned: when there was a hold
      sample: 3.158
    held:
      description: Connections that wait now.
      type: int
      returned: when there was a hold
      sample: 42
    accepted:
      description: Connections that came to the relay, all in all.
      type: int
      returned: when there was a hold
      sample: 42
    forwarded:
      description: Those that a server has accepted.
      type: int
      returned: when there was a hold
      sample: 0
    failed:
      description: Those that no server has accepted.
      type: int
      returned: when there was a hold
      sample: 0
    abandoned:
      description: Those that HAProxy or its client has given up while they were held; they reach no server.
      type: int
      returned: when there was a hold
      sample: 0
    open:
      description: Connections through the relay now, those that are held included.
      type: int
      returned: when there was a hold
      sample: 42
    drained:
      description: The servers that were drained for the hold.
      type: list
      elements: str
      returned: when there was a hold
      sample: [ctl2]
    fallback:
      description: The servers to which the relay releases by itself.
      type: list
      elements: str
      returned: when there was a hold
      sample: [ctl2]
    max_hold:
      description: After how many seconds the relay releases by itself.
      type: float
      returned: when there was a hold
      sample: 20.0
    to:
      description: The servers it was released to; V(null) while it holds.
      type: list
      elements: str
      returned: when there was a hold
      sample: [ctl1]
    cause:
      description:
        - Why it was released, V(asked), V(watchdog), V(drain timeout), V(relay lost) or V(failed); V(null) while it holds.
      type: str
      returned: when there was a hold
      sample: asked
    error:
      description: Why requests could not be held; V(null) when they were.
      type: str
      returned: when there was a hold
      sample: ctl2 still had 1 session after 5.0 s.
    problems:
      description: What could not be done when it was released, as sentences.
      type: list
      elements: str
      returned: when there was a hold
      sample: []
    relay:
      description: The relay's server, port and process, and whether its server is left in HAProxy although it was added.
      type: dict
      returned: when there was a hold
      sample: {server: stackroll-hold, port: 18774, pid: 4711, left: false}
servers:
  description: All servers of the backend, as M(stackroll.nova.haproxy_server) returns them.
  returned: success
  type: list
  elements: dict
  sample:
    - {name: ctl1, admin: ready, operational: running, status: UP, usable: true, sessions: 3, queued: 0}
"""

import time
from typing import NoReturn

from ansible_collections.stackroll.nova.plugins.module_utils.balancer.haproxy import Haproxy, check_name
from ansible_collections.stackroll.nova.plugins.module_utils.balancer.hold_plan import HoldOptions
from ansible_collections.stackroll.nova.plugins.module_utils.balancer.hold_record import HoldFiles
from ansible_collections.stackroll.nova.plugins.module_utils.balancer.hold_telling import describe
from ansible_collections.stackroll.nova.plugins.module_utils.balancer.holding import Holding, Outcome, Release
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.module import Result, StackrollModule, option


def act(module: StackrollModule, holding: Holding) -> Outcome:
    """Do what O(state) says, or tell what that would do."""
    params = module.params
    if params["state"] == "held":
        options = HoldOptions(
            socket=params["socket"],
            relay=check_name(params["relay_server"]),
            server_options=params["server_options"],
            fallback=tuple(params["fallback"]),
            max_hold=params["max_hold"],
            drain_timeout=params["drain_timeout"],
        )
        return holding.would_hold(options) if module.check_mode else holding.hold(options)
    if params["state"] == "released":
        wish = Release(tuple(params["to"]), params["timeout"], params["until"] == "ended")
        return holding.would_release(wish) if module.check_mode else holding.release(wish)
    return holding.info()


def run(module: StackrollModule) -> Result:
    """Hold, release or look."""
    params = module.params
    haproxy = Haproxy.at(params["socket"])
    before = haproxy.look(params["backend"])
    files = HoldFiles(params["run_dir"], params["socket"], params["backend"])
    outcome = act(module, Holding(haproxy, files, params["backend"]))
    for problem in [outcome.warning, *(outcome.record.problems if outcome.record and outcome.changed else [])]:
        if problem:
            module.warn(problem)
    return {
        "changed": outcome.changed,
        "hold": describe(outcome.record, time.time()),
        "servers": [server.to_dict() for server in outcome.backend.servers],
        "diff": {"before": before.states(), "after": outcome.foreseen or outcome.backend.states()},
    }


def main() -> NoReturn:
    """Options in, the hold and the servers as read back out."""
    StackrollModule(
        argument_spec={
            "backend": option("str", required=True),
            "state": option("str", choices=["held", "released"]),
            "to": option("list", [], elements="str"),
            "fallback": option("list", [], elements="str"),
            "drain_timeout": option("float", 10),
            "max_hold": option("float", 30),
            "timeout": option("float", 30),
            "until": option("str", "forwarded", choices=["forwarded", "ended"]),
            "relay_server": option("str", "stackroll-hold"),
            "server_options": option("str", ""),
            "run_dir": option("path", "/run/stackroll"),
            "socket": option("path", "/run/haproxy/admin.sock"),
        },
    ).run(run)


if __name__ == "__main__":
    main()
