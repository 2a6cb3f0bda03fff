"""The wire: an answer leaves in one piece, and connections live as HTTP says."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from tests.support.listening import listening, serving, talk
from tests.support.world import World
from watchword.plumbing.web.wire import MAX_HEAD, Wire

ME = b"GET /api/v1/auth/me HTTP/1.%d\r\nhost: localhost\r\nx-request-id: %b\r\n%b\r\n"
LIVE = b"GET /live HTTP/1.1\r\nhost: localhost\r\nx-request-id: %b\r\n\r\n"
GOODBYE = b"connection: close\r\n"
GET = b"GET / HTTP/1.1\r\nhost: a\r\n%b\r\n"
POST = b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n"
BODY = b"a" * 60_000
LONG = b"x-long: " + b"a" * (MAX_HEAD + 1000) + b"\r\n"


def told(said: bytes) -> list[tuple[bytes, bytes]]:
    """Return status and request id of every answer, in the order in which they came."""
    heads = [part.partition(b"\r\n\r\n")[0] for part in said.split(b"HTTP/1.1 ")[1:]]
    return [(head[:3], head.partition(b"x-request-id: ")[2].split(b"\r\n")[0]) for head in heads]


async def test_requests_sent_together_are_answered_in_their_order(small_world: World) -> None:
    sent = [
        ME % (1, b"one", b""),
        LIVE % b"two",
        ME % (1, b"three", b""),
        ME % (1, b"four", GOODBYE),
    ]
    async with listening(small_world) as port:
        said = await talk(port, b"".join(sent))

    assert told(said) == [(b"401", b"one"), (b"200", b"two"), (b"401", b"three"), (b"401", b"four")]


async def test_an_old_client_is_answered_and_let_go(small_world: World) -> None:
    async with listening(small_world) as port:
        said = await talk(port, ME % (0, b"old", b""))

    head, _, body = said.partition(b"\r\n\r\n")
    assert b"connection: close" in head
    assert b"content-length: %d\r\n" % len(body) in head


async def test_a_hot_door_says_what_any_door_says(small_world: World) -> None:
    async with listening(small_world) as port:
        said = await talk(port, ME % (1, b"whole", GOODBYE))
    async with small_world.client() as client:
        in_process = await client.get("/api/v1/auth/me")

    head = said.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
    names = {line.split(":")[0] for line in head}
    assert names - {"date", "connection"} == set(in_process.headers)


async def test_an_idle_connection_is_let_go(small_world: World) -> None:
    async with listening(small_world, idle=0.1) as port:
        said = await talk(port, LIVE % b"once")

    assert told(said) == [(b"200", b"once")]


async def measure(
    _scope: object, receive: Callable[..., object], send: Callable[..., object]
) -> None:
    """Answer how long the body was."""
    size, more = 0, True
    while more:
        message = await receive()
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    await answer(send, b"<%d>" % size)


async def answer(send: Callable[..., object], body: bytes) -> None:
    headers = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@contextlib.asynccontextmanager
async def hearing(app: object) -> AsyncIterator[tuple[Wire, asyncio.StreamReader]]:
    """Yield a wire, which hears just the reads that it is given, and where its answers come out."""
    async with serving(app) as (port, shared):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while not shared.connections:
            await asyncio.sleep(0.005)
        (wire,) = shared.connections
        yield wire, reader
        writer.close()


@pytest.mark.parametrize("cut", [1, 2, 3, 4, 30])
async def test_a_body_is_whole_wherever_a_read_cuts_its_head(cut: int) -> None:
    head = POST % len(BODY)
    async with hearing(measure) as (wire, reader):
        wire.data_received(head[:-cut])
        wire.data_received(head[-cut:] + BODY + GET % GOODBYE)
        said = await reader.read()

    assert (b"<60000>" in said, said.endswith(b"<0>")) == (True, True)


async def test_every_head_of_a_connection_has_the_same_bound(small_world: World) -> None:
    async with hearing(small_world.app) as (wire, reader):
        wire.data_received(GET % b"")
        await reader.readuntil(b"\r\n\r\n")
        wire.data_received(GET % LONG)
        said = await reader.read()

    assert b"HTTP/1.1 431 " in said


async def test_a_head_that_begins_in_the_read_of_another_is_counted_when_it_is_whole(
    small_world: World,
) -> None:
    half = len(LONG) // 2
    async with hearing(small_world.app) as (wire, reader):
        wire.data_received(GET % b"" + (GET % LONG)[:half])
        await reader.readuntil(b"\r\n\r\n")
        wire.data_received((GET % LONG)[half:])
        said = await reader.read()

    assert b"HTTP/1.1 431 " in said


async def test_the_end_of_a_body_does_not_count_as_the_head_behind_it() -> None:
    last = GET % GOODBYE
    async with hearing(measure) as (wire, reader):
        wire.data_received(POST % len(BODY))
        wire.data_received(BODY + last[:-9])
        wire.data_received(last[-9:])
        said = await reader.read()

    assert (b"<60000>" in said, said.endswith(b"<0>")) == (True, True)


async def test_a_head_within_the_bound_may_come_in_many_pieces() -> None:
    head = GET % (GOODBYE + b"x-long: " + b"a" * (MAX_HEAD - 100) + b"\r\n")
    async with hearing(measure) as (wire, reader):
        for begin in range(0, len(head), 1000):
            wire.data_received(head[begin : begin + 1000])
        said = await reader.read()

    assert said.endswith(b"<0>")


async def test_what_comes_behind_a_body_is_no_header() -> None:
    heard: list[list[tuple[bytes, bytes]]] = []

    async def app(scope: Any, _receive: Any, send: Any) -> None:
        heard.append([*scope["headers"]])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    chunked = (
        b"POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n"
        b"1\r\nx\r\n0\r\nx-forwarded-for: 6.6.6.6\r\n\r\n"
    )
    async with serving(app) as (port, _):
        assert (await talk(port, chunked)).startswith(b"HTTP/1.1 200")
    assert [[name for name, _ in each] for each in heard] == [
        [b"host", b"connection", b"transfer-encoding"]
    ]
