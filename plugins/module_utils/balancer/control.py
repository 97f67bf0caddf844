# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Orders to a relay and its answers: one line of JSON each, at a Unix socket that only this account can use."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError

ANSWER_SECONDS = 10.0
STATUS, RELEASE, FALLBACK = "status", "release", "fallback"
Answer = Callable[[dict[str, Any]], dict[str, Any]]


def ask(path: str, order: dict[str, Any]) -> dict[str, Any] | None:
    """The answer of the relay at *path*; None when there is none."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(ANSWER_SECONDS)
            connection.connect(path)
            connection.sendall(json.dumps(order).encode() + b"\n")
            with connection.makefile("rb") as stream:
                line = stream.readline()
    except (FileNotFoundError, ConnectionError):
        return None
    except OSError as error:
        raise StackrollError(
            f"The relay at {path} does not answer: {error}.", "It releases by itself when its time is up."
        ) from error
    if not line:
        return None
    answer: dict[str, Any] = json.loads(line)
    return answer


async def serve(path: str, answer: Answer) -> asyncio.AbstractServer:
    """Listen at *path* and let *answer* say what is answered."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            line = await asyncio.wait_for(reader.readline(), ANSWER_SECONDS)
            writer.write(json.dumps(answer(json.loads(line))).encode() + b"\n")
            await writer.drain()
        except (OSError, ValueError, asyncio.TimeoutError):
            pass  # whoever asked has gone
        finally:
            writer.close()

    Path(path).unlink(missing_ok=True)
    return await asyncio.start_unix_server(talk, path)
