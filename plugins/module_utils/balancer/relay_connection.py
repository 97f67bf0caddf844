# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One connection through the relay: two ends that pass on bytes, and a buffer for what comes before the other end is there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

# What a client may send before it is held up; more stays in the kernel.
HELD_BYTES = 256 * 1024


class End(asyncio.Protocol):
    """One end. Bytes, the end of the stream and back pressure go to *other*, once there is one.

    *on_first* is called at the first byte, *on_lost* when the connection is gone.
    """

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.other: End | None = None
        self.on_made: Callable[[End], None] | None = None
        self.on_first: Callable[[], None] | None = None
        self.on_end: Callable[[End], None] | None = None
        self.on_lost: Callable[[End], None] | None = None
        self.ended = False
        self.lost = False
        self._waiting = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        self.transport = cast("asyncio.Transport", transport)
        if self.on_made:
            self.on_made(self)

    def data_received(self, data: bytes) -> None:
        """Called by asyncio."""
        if self.on_first:
            self.on_first()
            self.on_first = None
        if self.other is not None:
            self.other.write(data)
            return
        self._waiting += data
        if len(self._waiting) >= HELD_BYTES and self.transport:
            self.transport.pause_reading()

    def eof_received(self) -> bool:
        """Called by asyncio; the other direction stays open."""
        self.ended = True
        if self.on_end:
            self.on_end(self)
        if self.other is not None:
            self.other.finish()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by asyncio."""
        self.lost = True
        if self.other is not None:
            self.other.drop(exc is not None)
        if self.on_lost:
            self.on_lost(self)

    def pause_writing(self) -> None:
        """Called by asyncio: this end takes no more for now."""
        if self.other is not None and self.other.transport and not self.other.lost:
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        """Called by asyncio."""
        if self.other is not None and self.other.transport and not self.other.lost:
            self.other.transport.resume_reading()

    def join(self, other: End) -> None:
        """From now on both ends pass on to each other, first of all what has waited here."""
        self.other, other.other = other, self
        if self.lost or other.lost:
            self.drop(True)
            other.drop(True)
            return
        paused = len(self._waiting) >= HELD_BYTES
        other.write(bytes(self._waiting))
        self._waiting.clear()
        if paused and self.transport:
            self.transport.resume_reading()
        if self.ended:
            other.finish()

    def write(self, data: bytes) -> None:
        """Send, unless it is too late."""
        if data and self.transport and not self.transport.is_closing():
            self.transport.write(data)

    def finish(self) -> None:
        """The other end will send nothing more: say so here, and close when both have ended."""
        if self.transport is None or self.transport.is_closing():
            return
        if self.ended:
            self.transport.close()
        elif self.transport.can_write_eof():
            self.transport.write_eof()

    def drop(self, hard: bool) -> None:
        """Close; *hard* leaves out what was not sent yet."""
        if self.transport is None or self.lost:
            return
        if hard:
            self.transport.abort()
        else:
            self.transport.close()
