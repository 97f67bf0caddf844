# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Begin a hold at HAProxy: the relay in, the others out, until nothing is left there."""

from __future__ import annotations

from ansible_collections.stackroll.nova.plugins.module_utils.balancer.backend import DRAIN, READY, Server
from ansible_collections.stackroll.nova.plugins.module_utils.balancer.haproxy import Haproxy
from ansible_collections.stackroll.nova.plugins.module_utils.balancer.hold_plan import HoldPlan
from ansible_collections.stackroll.nova.plugins.module_utils.balancer.relay import LOCALHOST
from ansible_collections.stackroll.nova.plugins.module_utils.balancer.runtime_socket import BalancerError


def add_relay(haproxy: Haproxy, plan: HoldPlan, port: int) -> bool:
    """Make sure that there is a server for the relay, not in use yet; whether it was added now."""
    line = haproxy.look(plan.backend).server(plan.relay)
    if line is None:
        haproxy.add_server(plan.backend, plan.relay, LOCALHOST, port, plan.server_options)
        return True
    if (line.address, line.port) != (LOCALHOST, port):
        haproxy.set_address(plan.backend, plan.relay, LOCALHOST, port)
    if line.checked:
        # A check would be held like a request, and the relay be taken for down.
        haproxy.stop_checks(plan.backend, plan.relay)
    return False


def use_relay(haproxy: Haproxy, plan: HoldPlan) -> None:
    """Let it have new requests, and only then take the others out, so that there is no moment without any server."""
    haproxy.set_state(plan.backend, plan.relay, READY)
    line = haproxy.look(plan.backend).server(plan.relay)
    if line is not None and not line.up:
        haproxy.set_healthy(plan.backend, plan.relay)
        line = haproxy.look(plan.backend).server(plan.relay)
    if line is None or not line.usable:
        raise BalancerError(f"HAProxy does not use the server {plan.relay} of {plan.backend}, although it is ready.")
    for name in plan.drained:
        haproxy.set_state(plan.backend, name, DRAIN)


def busy_servers(haproxy: Haproxy, plan: HoldPlan) -> list[Server]:
    """The drained servers that still have sessions, or requests that wait for them."""
    return [server for server in haproxy.look(plan.backend).named(plan.drained) if server.busy]
