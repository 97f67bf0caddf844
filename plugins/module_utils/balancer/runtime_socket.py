# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HAProxy's runtime socket: one command on each connection, bounded. The only code that speaks to it."""

from __future__ import annotations

import socket
import time

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError

_DENIED = "Permission denied"


class BalancerError(StackrollError):
    """The balancer cannot be asked, or it refuses."""


class SocketMissing(BalancerError):  # noqa: N818  # what happened reads better than a suffix
    """There is no socket at this path, or nobody listens there."""


class SocketDenied(BalancerError):  # noqa: N818
    """This account may not use the socket."""


class LevelTooLow(BalancerError):  # noqa: N818
    """The socket's level does not allow changes."""


class CommandRefused(BalancerError):  # noqa: N818
    """HAProxy does not do what was asked; *answer* is what it said."""

    def __init__(self, message: str, answer: str) -> None:
        super().__init__(message)
        self.answer = answer


class RuntimeSocket:
    """The socket at *path*; no answer takes longer than *timeout* seconds."""

    def __init__(self, path: str, timeout: float = 10.0) -> None:
        self.path = path
        self._timeout = timeout

    def ask(self, command: str) -> str:
        """The whole answer to one command. Raises BalancerError."""
        if "\n" in command or ";" in command:
            raise BalancerError(f"{command!r} is more than one command for {self.path}.")
        try:
            answer = self._exchange(command)
        except (FileNotFoundError, ConnectionRefusedError) as error:
            raise SocketMissing(
                f"HAProxy does not listen at {self.path}.",
                "Start HAProxy, or name the path of 'stats socket' in its configuration with the option socket.",
            ) from error
        except PermissionError as error:
            raise SocketDenied(
                f"This account may not use HAProxy's socket {self.path}.",
                "Become root, or a member of the socket's group (become: true).",
            ) from error
        except OSError as error:
            raise BalancerError(
                f"HAProxy did not answer to '{command}' at {self.path}: {error}.", "See whether HAProxy is alive."
            ) from error
        if answer.startswith(_DENIED):
            raise self._too_low(command)
        return answer

    def order(self, command: str, done: str = "") -> None:
        """Send a command that changes something; *done* is what HAProxy says when it has obeyed. Raises CommandRefused."""
        answer = self.ask(command).strip()
        if answer != done:
            said = answer.splitlines()[0] if answer else "nothing"
            raise CommandRefused(f"HAProxy at {self.path} refuses '{command}': {said}", answer)

    def require_admin(self) -> None:
        """Raises LevelTooLow when changes are not allowed here."""
        level = self.ask("show cli level").strip()
        if level != "admin":
            raise self._too_low("set server", level)

    def _too_low(self, command: str, level: str = "") -> LevelTooLow:
        return LevelTooLow(
            f"HAProxy's socket {self.path} does not allow '{command}'" + (f": its level is {level}." if level else "."),
            f"Write 'stats socket {self.path} level admin' into HAProxy's configuration, and reload it.",
        )

    def _exchange(self, command: str) -> str:
        end = time.monotonic() + self._timeout
        chunks: list[bytes] = []
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(self._timeout)
            connection.connect(self.path)
            connection.sendall(f"{command}\n".encode())
            while True:
                connection.settimeout(max(0.001, end - time.monotonic()))
                chunk = connection.recv(65536)
                if not chunk:
                    return b"".join(chunks).decode("utf-8", "replace")
                chunks.append(chunk)
