# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decide how requests for a backend are held: through which server, which ones are drained, where they go afterwards. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.balancer.backend import READY, Backend, Server
from ansible_collections.stackroll.nova.plugins.module_utils.balancer.haproxy import DYNAMIC_SERVERS
from ansible_collections.stackroll.nova.plugins.module_utils.balancer.state_choice import choose_servers
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import some

RELAY_SERVER = "stackroll-hold"
# Without idle connections to the relay, it can end as soon as the last request has ended.
RELAY_OPTIONS = "pool-max-conn 0"


@dataclass(frozen=True)
class Target:
    """A server that the relay forwards to; *limit* is its maxconn."""

    name: str
    address: str
    port: int
    limit: int | None = None

    @classmethod
    def of(cls, server: Server) -> Target:
        """Where HAProxy itself would connect to."""
        return cls(server.name, server.address, server.port, server.limit)


@dataclass(frozen=True)
class HoldPlan:
    """All that is needed to hold and to put everything back, also for a process that has not seen the begin.

    *drained* are the servers that are taken out. *fallback* get the requests when nobody else is named, those that could be used
    before or those that the operator has chosen; *restored* were ready but not up, and are ready again then. Times in seconds.
    """

    socket: str
    backend: str
    mode: str
    relay: str
    configured: bool
    relay_port: int
    server_options: str
    drained: tuple[str, ...]
    fallback: tuple[Target, ...]
    restored: tuple[str, ...]
    max_hold: float
    drain_timeout: float

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for the record."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> HoldPlan:
        """The plan of a record."""
        targets = tuple(Target(**target) for target in data["fallback"])
        names = {key: tuple(data[key]) for key in ("drained", "restored")}
        return cls(**{**data, **names, "fallback": targets})

    def with_fallback(self, targets: Sequence[Target]) -> HoldPlan:
        """The same with a fallback that was chosen: nobody else gets requests then."""
        return replace(self, fallback=tuple(targets), restored=())


@dataclass(frozen=True)
class HoldOptions:
    """The module's options that matter for a plan."""

    socket: str
    relay: str
    server_options: str
    fallback: tuple[str, ...]
    max_hold: float
    drain_timeout: float


def make_plan(backend: Backend, options: HoldOptions, version: Sequence[int], added_before: bool) -> HoldPlan:
    """How to hold this backend. *added_before*: a server of the relay's name is there because an earlier hold added it.

    Raises InvalidInput, before anything was changed, for what cannot be held.
    """
    line = backend.server(options.relay)
    others = [server for server in backend.servers if server.name != options.relay]
    usable = [server for server in others if server.usable]
    _refuse_unusable(backend, options, usable)
    if line is None and tuple(version[:2]) < DYNAMIC_SERVERS:
        raise InvalidInput(
            f"HAProxy {'.'.join(map(str, version))} cannot add a server while it runs.",
            f"Write 'server {options.relay} 127.0.0.1:18774 disabled' into the backend {backend.name}.",
        )
    if line is not None and line.usable:
        raise InvalidInput(
            f"{options.relay} of the backend {backend.name} is in use, but no relay of ours runs.",
            f"Set it to maint, after another server of {backend.name} is ready.",
        )
    drained = [server for server in others if server.admin == READY]
    plan = HoldPlan(
        socket=options.socket,
        backend=backend.name,
        mode=backend.mode,
        relay=options.relay,
        configured=line is not None and not added_before,
        relay_port=line.port if line else 0,
        server_options=" ".join(part for part in (RELAY_OPTIONS, options.server_options) if part),
        drained=tuple(server.name for server in drained),
        fallback=tuple(Target.of(server) for server in usable),
        restored=tuple(server.name for server in drained if not server.usable),
        max_hold=options.max_hold,
        drain_timeout=options.drain_timeout,
    )
    if options.fallback:
        return plan.with_fallback(require_targets(backend, options.fallback, options.relay))
    return plan


def require_targets(backend: Backend, names: Sequence[str], relay: str) -> list[Target]:
    """Where to forward to. Raises InvalidInput for a name that cannot be forwarded to."""
    if relay in names:
        raise InvalidInput(f"{relay} is the relay itself.", "Name servers that answer requests.")
    targets = [Target.of(server) for server in choose_servers(backend, names)]
    _require_addresses(targets)
    return targets


def leaks(backend: Backend, relay: str) -> list[str]:
    """The servers that get requests although they are held."""
    return [server.name for server in backend.usable() if server.name != relay]


def _refuse_unusable(backend: Backend, options: HoldOptions, usable: Sequence[Server]) -> None:
    if not usable and not options.fallback:
        raise InvalidInput(
            f"No server of the backend {backend.name} can be used, so that nothing could be released to it.",
            "See why they are not up.",
        )
    _require_addresses([Target.of(server) for server in usable])
    line = backend.server(options.relay)
    if line is None and any(server.tls for server in usable) and "ssl" not in options.server_options.split():
        raise InvalidInput(
            f"HAProxy speaks TLS to the servers of {backend.name}, and the relay only passes on what it gets.",
            "Give the words of their server lines from 'ssl' on as server_options.",
        )
    if options.drain_timeout >= options.max_hold:
        raise InvalidInput("drain_timeout is not shorter than max_hold.", "Give max_hold more seconds.")


def _require_addresses(targets: Sequence[Target]) -> None:
    vague = [target.name for target in targets if target.port == 0 or not _is_address(target.address)]
    if vague:
        raise InvalidInput(
            f"{some(vague)} has no address with a port, so that nothing can be forwarded to it.",
            "Give it an address and a port in HAProxy's configuration.",
        )


def _is_address(text: str) -> bool:
    return bool(text) and text[0] not in "-/" and not text.startswith("unix")
