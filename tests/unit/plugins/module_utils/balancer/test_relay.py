# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The relay, on real sockets: what is held, who gets it, and what is counted."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Awaitable, Callable, Iterator

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.balancer import relay as relay_module
from ansible_collections.stackroll.nova.plugins.module_utils.balancer.hold_plan import Target
from ansible_collections.stackroll.nova.plugins.module_utils.balancer.relay import Relay
from ansible_collections.stackroll.nova.tests.unit.plugins.tcp_servers import NamedServer

Body = Callable[[Relay, int], Awaitable[None]]
Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture
def servers() -> Iterator[list[NamedServer]]:
    """Two servers."""
    both = [NamedServer("a"), NamedServer("b")]
    yield both
    for server in both:
        server.stop()


def target(server: NamedServer, limit: int | None = None) -> Target:
    """Where it listens."""
    return Target(server.name, "127.0.0.1", server.port, limit)


def play(body: Body, mode: str = "http") -> Relay:
    """A relay for the time of a test."""
    kept: list[Relay] = []

    async def main() -> None:
        kept.append(Relay(mode))
        await body(kept[0], await kept[0].listen(0))
        kept[0].close()

    asyncio.run(asyncio.wait_for(main(), 20))
    return kept[0]


async def client(port: int, text: str = "hello\n") -> Stream:
    """A connection that has sent something."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(text.encode())
    await asyncio.sleep(0.01)
    return reader, writer


async def hear(stream: Stream, seconds: float = 5) -> str:
    """The next line."""
    return (await asyncio.wait_for(stream[0].readline(), seconds)).decode().strip()


async def until(true: Callable[[], bool]) -> None:
    """Wait for something that comes soon."""
    for _number in range(500):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError


def test_held_then_forwarded_in_turn(servers: list[NamedServer]) -> None:
    async def body(relay: Relay, port: int) -> None:
        streams = [await client(port, f"{number}\n") for number in range(4)]
        await until(lambda: relay.figures.held == 4)
        assert relay.longest_wait() > 0.03
        assert servers[0].accepted + servers[1].accepted == 0
        with pytest.raises(asyncio.TimeoutError):
            await hear((streams[0][0], streams[0][1]), 0.1)
        relay.release([target(server) for server in servers])
        assert [await hear(stream) for stream in streams] == ["a 0", "b 1", "a 2", "b 3"]
        late = await client(port, "4\n")
        assert await hear(late) == "a 4"
        for _reader, writer in [*streams, late]:
            writer.close()
        await until(lambda: relay.open == 0)

    figures = play(body).figures
    assert (figures.accepted, figures.forwarded, figures.held, figures.failed, figures.abandoned) == (5, 5, 0, 0, 0)
    assert figures.longest_wait > 0.1


def test_the_connection_stays_after_the_first_answer(servers: list[NamedServer]) -> None:
    async def body(relay: Relay, port: int) -> None:
        stream = await client(port)
        relay.release([target(servers[0])])
        assert await hear(stream) == "a hello"
        stream[1].write(b"again\n")
        assert await hear(stream) == "a again"

    play(body)


def test_much_data_both_ways(servers: list[NamedServer]) -> None:
    line = "x" * 3_000_000

    async def body(relay: Relay, port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**23)
        writer.write(f"{line}\n".encode())
        await until(lambda: relay.figures.held == 1)
        await asyncio.sleep(0.1)
        relay.release([target(servers[0])])
        assert await hear((reader, writer)) == f"a {line}"

    play(body)


@pytest.mark.parametrize(("mode", "answer"), [("http", ""), ("tcp", "a hello")])
def test_the_end_of_the_stream_while_held(servers: list[NamedServer], mode: str, answer: str) -> None:
    async def body(relay: Relay, port: int) -> None:
        stream = await client(port)
        stream[1].write_eof()
        await asyncio.sleep(0.1)
        relay.release([target(servers[0])])
        assert await hear(stream) == answer
        await until(lambda: relay.open == 0)

    figures = play(body, mode).figures
    assert (figures.abandoned, figures.forwarded, figures.held) == ((1, 0, 0) if mode == "http" else (0, 1, 0))
    assert servers[0].accepted == figures.forwarded


def test_a_client_that_is_gone_is_not_forwarded(servers: list[NamedServer]) -> None:
    async def body(relay: Relay, port: int) -> None:
        gone, stays = await client(port), await client(port)
        gone[1].get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        gone[1].transport.abort()
        await until(lambda: relay.figures.abandoned == 1)
        relay.release([target(servers[0])])
        assert await hear(stays) == "a hello"

    assert play(body, "tcp").figures.to_dict()["forwarded"] == 1
    assert servers[0].accepted == 1


def test_a_server_that_refuses(servers: list[NamedServer]) -> None:
    async def body(relay: Relay, port: int) -> None:
        streams = [await client(port) for _number in range(3)]
        servers[0].stop()
        relay.release([target(server) for server in servers])
        assert [await hear(stream) for stream in streams] == ["b hello"] * 3

    assert play(body).figures.forwarded == 3


def test_a_server_that_comes_late(servers: list[NamedServer]) -> None:
    async def body(relay: Relay, port: int) -> None:
        stream = await client(port)
        servers[0].stop()
        relay.release([target(servers[0])])
        await asyncio.sleep(0.2)
        again = NamedServer("again", servers[0].port)
        assert await hear(stream) == "again hello"
        again.stop()

    play(body)


def test_nobody_accepts(servers: list[NamedServer], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "ROUND_SECONDS", 0.01)

    async def body(relay: Relay, port: int) -> None:
        stream = await client(port)
        servers[0].stop()
        relay.release([target(servers[0])])
        with contextlib.suppress(ConnectionError):
            assert await hear(stream) == ""

    figures = play(body).figures
    assert (figures.failed, figures.held, figures.forwarded) == (1, 0, 0)


def test_not_all_at_once(servers: list[NamedServer], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "BURST_SECONDS", 0.3)

    async def body(relay: Relay, port: int) -> None:
        silent = [await client(port, "no end of line") for _number in range(5)]
        relay.release([target(servers[0], limit=2)])
        await asyncio.sleep(0.15)
        assert (servers[0].accepted, relay.figures.held) == (2, 3)
        silent[0][1].write(b"\n")  # an answer makes room for the next
        await until(lambda: servers[0].accepted == 3)
        assert relay.figures.held == 2
        await until(lambda: servers[0].accepted == 5)  # and so does time
        assert relay.figures.held == 0

    play(body)


def test_the_wanted_port_is_taken(servers: list[NamedServer]) -> None:
    async def main() -> None:
        relay = Relay("http")
        port = await relay.listen(servers[0].port)
        assert port not in (0, servers[0].port)
        relay.close()

    asyncio.run(main())
