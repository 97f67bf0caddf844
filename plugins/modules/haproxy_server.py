#!/usr/bin/python
# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: haproxy_server
short_description: Take servers of an HAProxy backend out of service and put them back, and wait until that is true
version_added: 0.1.0
description:
  - Runs on the balancer's host and speaks to HAProxy through its runtime socket, which needs the level C(admin) for changes.
    It needs Python's standard library only.
  - A server that is taken out gets no new requests at once; the module waits until its last session has ended.
    A server that is put back is waited for until HAProxy itself calls it up.
  - Every change is read back.
  - What is set at the runtime socket lasts until HAProxy is reloaded.
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
  servers:
    description: Names of servers in this backend; none for all of them.
    type: list
    elements: str
    default: []
  state:
    description:
      - Without it, nothing is changed; the servers are only shown.
      - V(ready) gives a server requests again, and waits until HAProxy calls it up.
      - V(drain) gives it no new ones, and waits until no session is left there. Health checks go on.
      - V(maint) does as V(drain), and then stops health checks as well.
    type: str
    choices: [ready, drain, maint]
  timeout:
    description:
      - How many seconds to wait, for the end of the last session or for HAProxy to call a server up.
      - When they have passed, the module fails and the servers stay as they are then, in the state drain or ready.
    type: float
    default: 60
  poll:
    description: How many seconds to wait between two looks.
    type: float
    default: 0.2
  allow_last:
    description:
      - Whether the last servers of a backend that can be used may be taken out of service. HAProxy answers 503 to every
        request then.
    type: bool
    default: false
  socket:
    description: The path of HAProxy's runtime socket, C(stats socket) in its configuration.
    type: path
    default: /run/haproxy/admin.sock
seealso:
  - module: stackroll.nova.haproxy_hold
"""

EXAMPLES = r"""
- name: Take the API of one controller out of service
  stackroll.nova.haproxy_server:
    backend: compute
    servers: [ctl1]
    state: drain
    timeout: 120
  delegate_to: balancer
  become: true

- name: Put it back
  stackroll.nova.haproxy_server:
    backend: compute
    servers: [ctl1]
    state: ready
  delegate_to: balancer
  become: true
"""

RETURN = r"""
servers:
  description: The servers as they were read back, in the order of the backend.
  returned: success, and when the time was up
  type: list
  elements: dict
  contains:
    name:
      description: The name of the server.
      type: str
      returned: success
      sample: ctl1
    address:
      description: Its address.
      type: str
      returned: success
      sample: 192.0.2.11
    port:
      description: Its port.
      type: int
      returned: success
      sample: 8774
    admin:
      description: V(ready), V(drain) or V(maint), what was asked for.
      type: str
      returned: success
      sample: ready
    operational:
      description: V(stopped), V(starting), V(running) or V(stopping), what HAProxy has found.
      type: str
      returned: success
      sample: running
    status:
      description: HAProxy's own word for both.
      type: str
      returned: success
      sample: UP
    check_status:
      description: The outcome of the last health check; empty without one.
      type: str
      returned: success
      sample: L7OK
    checked:
      description: Whether HAProxy checks its health.
      type: bool
      returned: success
      sample: true
    usable:
      description: Whether it gets new requests.
      type: bool
      returned: success
      sample: true
    sessions:
      description: Sessions there now.
      type: int
      returned: success
      sample: 3
    queued:
      description: Requests that wait for this server.
      type: int
      returned: success
      sample: 0
    weight:
      description: Its weight among the servers.
      type: int
      returned: success
      sample: 1
    maxconn:
      description: How many sessions it may have; V(null) without a limit.
      type: int
      returned: success
      sample: 8
    tls:
      description: Whether HAProxy speaks TLS to it.
      type: bool
      returned: success
      sample: false
"""

from typing import NoReturn

from ansible_collections.stackroll.nova.plugins.module_utils.balancer.haproxy import Haproxy
from ansible_collections.stackroll.nova.plugins.module_utils.balancer.server_states import ServerStates, Wish
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.module import Result, StackrollModule, option


def run(module: StackrollModule) -> Result:
    """Fulfil the wish that the options express."""
    params = module.params
    wish = Wish(
        backend=params["backend"],
        servers=tuple(params["servers"]),
        state=params["state"],
        timeout=params["timeout"],
        poll=params["poll"],
        allow_last=params["allow_last"],
        check_mode=module.check_mode,
    )
    return ServerStates(Haproxy.at(params["socket"]), wish).run()


def main() -> NoReturn:
    """Options in, servers as read back out."""
    StackrollModule(
        argument_spec={
            "backend": option("str", required=True),
            "servers": option("list", [], elements="str"),
            "state": option("str", choices=["ready", "drain", "maint"]),
            "timeout": option("float", 60),
            "poll": option("float", 0.2),
            "allow_last": option("bool", False),
            "socket": option("path", "/run/haproxy/admin.sock"),
        },
    ).run(run)


if __name__ == "__main__":
    main()
