# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HAProxy's commands as methods: look at a backend, change a server. Each call is at most two commands."""

from __future__ import annotations

import re

from ansible_collections.stackroll.nova.plugins.module_utils.balancer import answers
from ansible_collections.stackroll.nova.plugins.module_utils.balancer.backend import Backend
from ansible_collections.stackroll.nova.plugins.module_utils.balancer.runtime_socket import (
    BalancerError,
    CommandRefused,
    RuntimeSocket,
)
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput

# What HAProxy allows in the name of a backend or server (doc/configuration.txt, chapter 2).
_NAME = re.compile(r"[A-Za-z0-9_.:-]+")
# "add server" is there since 2.5, where it has to be unlocked; since 2.6 it is not called experimental any more.
DYNAMIC_SERVERS = (2, 6)


class Haproxy:
    """The HAProxy behind a runtime socket."""

    def __init__(self, socket: RuntimeSocket) -> None:
        self.socket = socket

    @classmethod
    def at(cls, path: str) -> Haproxy:
        """The HAProxy whose runtime socket is at *path*."""
        return cls(RuntimeSocket(path))

    def version(self) -> tuple[int, ...]:
        """Its version, such as (2, 6, 12)."""
        return answers.parse_version(answers.parse_info(self.socket.ask("show info")).get("Version", ""))

    def pid(self) -> str:
        """The process that answers; another one after HAProxy was reloaded, while the old one ends its connections."""
        return answers.parse_info(self.socket.ask("show info")).get("Pid", "")

    def look(self, backend: str) -> Backend:
        """A backend and its servers as they are now. Raises InvalidInput when there is none of that name."""
        check_name(backend)
        states = answers.parse_states(self.socket.ask("show servers state"))
        names = answers.backend_names(states)
        if backend not in names:
            raise InvalidInput(
                f"HAProxy at {self.socket.path} has no backend {backend} with servers.",
                f"It has {', '.join(names)}." if names else "It has no backend at all.",
            )
        # 6 is the sum of the types backend (2) and server (4).
        return answers.build_backend(backend, states, answers.parse_statistics(self.socket.ask("show stat -1 6 -1")))

    def set_state(self, backend: str, server: str, state: str) -> None:
        """Make it V(ready), V(drain) or V(maint), and read that back."""
        self._set(backend, server, f"state {state}")
        seen = self.look(backend).server(server)
        if seen is None or seen.admin != state:
            raise BalancerError(
                f"HAProxy has accepted state {state} for {backend}/{server}, which is {seen.admin if seen else 'gone'}.",
                "See whether it tracks another server, or whether somebody else changes it.",
            )

    def set_healthy(self, backend: str, server: str) -> None:
        """Take it for up at once, until its next check says something else."""
        self._set(backend, server, "health up")

    def set_address(self, backend: str, server: str, address: str, port: int) -> None:
        """Where new connections to it go."""
        command = f"set server {_path(backend, server)} addr {address} port {port}"
        answer = self.socket.ask(command).strip()
        if not re.search(r"changed from|no need to change", answer):
            raise CommandRefused(f"HAProxy at {self.socket.path} refuses '{command}': {answer}", answer)

    def stop_checks(self, backend: str, server: str) -> None:
        """No health checks for it any more."""
        self.socket.order(f"disable health {_path(backend, server)}")

    def add_server(self, backend: str, server: str, address: str, port: int, options: str = "") -> None:
        """Add a server; it is in maintenance first. Raises CommandRefused with HAProxy's reason."""
        command = f"add server {_path(backend, server)} {address}:{port} {options}".strip()
        self.socket.order(command, "New server registered.")

    def delete_server(self, backend: str, server: str) -> None:
        """Remove a server that is in maintenance. Raises CommandRefused while anything is attached to it."""
        self.socket.order(f"del server {_path(backend, server)}", "Server deleted.")

    def streams_at(self, backend: str, server: str) -> int:
        """How many streams of clients still name that server, whether or not they count as sessions."""
        return answers.streams_at(self.socket.ask("show sess"), backend, server)

    def _set(self, backend: str, server: str, what: str) -> None:
        self.socket.order(f"set server {_path(backend, server)} {what}")


def check_name(name: str) -> str:
    """The name itself. Raises InvalidInput when HAProxy cannot have a backend or server of that name."""
    if not _NAME.fullmatch(name):
        raise InvalidInput(f"{name!r} cannot be the name of a backend or server.", "See HAProxy's configuration.")
    return name


def _path(backend: str, server: str) -> str:
    return f"{check_name(backend)}/{check_name(server)}"
