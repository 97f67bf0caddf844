# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers on this machine that say their name, and clients that say what they get."""

from __future__ import annotations

import contextlib
import socket
import threading


class NamedServer:
    """Answers every line with its name and the line; *lines* are those it got."""

    def __init__(self, name: str, port: int = 0) -> None:
        self.name = name
        self.lines: list[str] = []
        self.accepted = 0
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", port))
        self._socket.listen(200)
        self.port: int = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def stop(self) -> None:
        """Refuse connections from now on."""
        with contextlib.suppress(OSError):  # stopped already
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _address = self._socket.accept()
            except OSError:
                return
            self.accepted += 1
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rw", encoding="utf-8") as stream:
            for line in stream:
                self.lines.append(line.strip())
                stream.write(f"{self.name} {line}")
                stream.flush()


class Client:
    """A connection to a port of this machine that sends a line at once."""

    def __init__(self, port: int, line: str = "hello") -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=5)
        self.say(line)

    def say(self, line: str) -> None:
        """Send a line."""
        self.socket.sendall(f"{line}\n".encode())

    def hear(self, seconds: float = 5) -> str | None:
        """The next line; empty when the connection has ended, None when nothing came in time."""
        self.socket.settimeout(seconds)
        try:
            return self.socket.recv(65536).decode().strip()
        except TimeoutError:
            return None
        except ConnectionError:
            return ""

    def close(self) -> None:
        """Give up."""
        self.socket.close()


def free_port() -> int:
    """A port of this machine that nobody uses just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
