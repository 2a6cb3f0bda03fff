"""Endless input: refused as soon as it is known to be too much, without reading the rest of it."""

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from starlette.requests import Request

from tests.support.knocking import body_doors, knocker
from tests.support.listening import listening, talk
from tests.support.world import World
from watchword.kernel.problems import Problem
from watchword.plumbing.web.bodies import MAX_BODY, read_bytes
from watchword.plumbing.web.wire import MAX_HEAD

PIECE = b"a" * 8192
FORMS = {"/login": b"application/x-www-form-urlencoded", "/api/v1/auth/login": b"application/json"}
Receive = Callable[[], Awaitable[dict[str, Any]]]
pytestmark = pytest.mark.req("A-20", "R-62")


class Endless:
    """A body that never ends; counts how often somebody asked for more."""

    def __init__(self) -> None:
        self.asked = 0

    async def __call__(self) -> dict[str, Any]:
        self.asked += 1
        return {"type": "http.request", "body": PIECE, "more_body": True}


class Answer:
    """What the application sent."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = b""

    async def __call__(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {k.decode(): v.decode() for k, v in message["headers"]}
        self.body += message.get("body", b"")


def scope(path: str, headers: dict[str, str], method: str = "POST") -> dict[str, Any]:
    lines = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "https",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": lines,
        "client": ("203.0.113.7", 4000),
        "server": ("auth.example.test", 443),
        "state": {},
    }


async def test_a_body_that_says_it_is_too_large_is_refused_unread(small_world: World) -> None:
    async with knocker(small_world) as anyone:
        for path, door, _ in body_doors(small_world):
            for length in (str(MAX_BODY + 1), str(1 << 20), "9" * 40):
                body, answer = Endless(), Answer()
                headers = {"Content-Type": "application/json", "Content-Length": length}
                asked = scope(path, anyone.headers(door) | headers, door.method)
                await small_world.app(asked, body, answer)
                assert (answer.status, body.asked) == (413, 0), path
                assert answer.headers["content-type"] == "application/problem+json"
                assert answer.headers["connection"] == "close"


async def test_a_body_in_pieces_is_read_to_the_bound_and_no_further(small_world: World) -> None:
    async with knocker(small_world) as anyone:
        for path, door, _ in body_doors(small_world):
            body, answer = Endless(), Answer()
            headers = {"Content-Type": "application/json", "Transfer-Encoding": "chunked"}
            asked = scope(path, anyone.headers(door) | headers, door.method)
            await small_world.app(asked, body, answer)
            assert answer.status == 413, path
            assert body.asked == MAX_BODY // len(PIECE) + 1, path


async def test_forms_of_pages_have_the_same_bound(small_world: World) -> None:
    body, answer = Endless(), Answer()
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Transfer-Encoding": "chunked"}
    await small_world.app(scope("/login", headers), body, answer)
    assert answer.status == 413
    assert body.asked == MAX_BODY // len(PIECE) + 1


async def test_a_body_that_stops_arriving_is_not_waited_for() -> None:
    async def stalled() -> dict[str, Any]:
        return await asyncio.get_running_loop().create_future()

    with pytest.raises(Problem) as refused:
        await read_bytes(Request(scope("/", {}), stalled), patience=0.01)
    assert refused.value.code == "body_too_slow"


async def test_a_client_that_goes_away_is_nobodys_bug(small_world: World) -> None:
    async def gone() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    answer = Answer()
    headers = {"Content-Type": "application/json", "Content-Length": "10"}
    await small_world.app(scope("/api/v1/auth/login", headers), gone, answer)
    assert answer.status == 400
    assert "unhandled" not in small_world.log.getvalue()


async def test_a_head_that_is_too_long_is_refused(small_world: World) -> None:
    many = b"".join(b"X-%d: %s\r\n" % (number, b"a" * 990) for number in range(40))
    async with listening(small_world) as port:
        for head in (
            b"GET /live HTTP/1.1\r\nHost: a\r\n" + many,
            b"GET /" + b"a" * 40_000,
            b"GET /live HTTP/1.1\r\nCookie: " + b"a" * 40_000,
        ):
            said = await talk(port, head[: MAX_HEAD + 1])
            assert said.startswith(b"HTTP/1.1 431 ")
            assert b"application/problem+json" in said


async def test_an_endless_head_is_cut_off(small_world: World) -> None:
    async with listening(small_world) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /live HTTP/1.1\r\n")
        with pytest.raises(ConnectionError):
            for _ in range(10_000):
                writer.write(b"X-More: " + PIECE + b"\r\n")
                await writer.drain()
        writer.close()


async def test_a_head_that_does_not_arrive_is_not_waited_for(small_world: World) -> None:
    async with listening(small_world, patience=0.05) as port:
        assert await talk(port) == b""
        assert await talk(port, b"GET /live HTTP/1.1\r\nHost: a\r\n") == b""


async def test_the_rest_of_a_body_that_was_refused_is_not_waited_for(small_world: World) -> None:
    head = (
        b"POST /api/v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        b"Content-Length: 100000000\r\n\r\n{"
    )
    async with listening(small_world) as port:
        assert (await talk(port, head)).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize("more", [b"", b"Connection: close\r\n"], ids=["kept", "closed"])
async def test_who_sends_far_too_much_before_reading_sees_the_refusal(
    small_world: World, path: str, more: bytes
) -> None:
    size = 3 * 1024 * 1024
    head = b"POST %b HTTP/1.1\r\nHost: a\r\nContent-Type: %b\r\nContent-Length: %d\r\n" % (
        path.encode(),
        FORMS[path],
        size,
    )

    async with listening(small_world) as port:
        said = await asyncio.to_thread(_send_all_then_read, port, head + more, b"a" * size)

    assert said.startswith(b"HTTP/1.1 413 ")


async def test_a_head_that_is_far_too_long_is_told_so_too(small_world: World) -> None:
    async with listening(small_world) as port:
        said = await asyncio.to_thread(_send_all_then_read, port, b"GET /", b"a" * 3 * 1024 * 1024)

    assert said.startswith(b"HTTP/1.1 431 ")


async def test_an_endless_body_is_thrown_away_up_to_a_bound(small_world: World) -> None:
    head = b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Type: %b\r\nContent-Length: 99999999999\r\n\r\n"
    async with listening(small_world) as port:
        await pour(port, head % FORMS["/login"], PIECE)


@pytest.mark.parametrize(
    ("path", "status"), [("/login", b"415"), ("/api/v1/auth/login", b"415"), ("/nowhere", b"404")]
)
@pytest.mark.parametrize("chunked", [True, False])
async def test_an_endless_body_that_nobody_reads_ends_with_its_connection(
    small_world: World, path: str, status: bytes, *, chunked: bool
) -> None:
    long = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: 99999999999"
    head = b"POST %b HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\n%b\r\n\r\n"
    piece = b"%x\r\n%b\r\n" % (len(PIECE), PIECE) if chunked else PIECE
    async with listening(small_world) as port:
        said = await talk(port, head % (path.encode(), long))
        assert said.startswith(b"HTTP/1.1 %b " % status)
        assert b"\r\nconnection: close\r\n" in said
        await pour(port, head % (path.encode(), long), piece)


async def test_a_small_body_that_nobody_reads_does_not_end_the_connection(
    small_world: World,
) -> None:
    head = (
        b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n"
    )
    last = b"GET /live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    async with listening(small_world) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head)
        refused = await reader.readuntil(b"\r\n\r\n")
        writer.write(b"{}" + last)
        rest = await reader.read()
        writer.close()
    assert refused.startswith(b"HTTP/1.1 415 ")
    assert b"connection: close" not in refused
    assert b"HTTP/1.1 200 " in rest


async def pour(port: int, head: bytes, piece: bytes) -> None:
    """Send pieces of a body until the other side has had enough."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(head)
    with pytest.raises(ConnectionError):
        for _ in range(10_000):
            writer.write(piece)
            await writer.drain()
    writer.close()


@pytest.mark.parametrize("host", [b"", b"Host: a\r\nHost: a\r\n", b"Host: a\r\nhost: b\r\n"])
async def test_a_request_that_does_not_name_its_host_once_is_refused(
    small_world: World, host: bytes
) -> None:
    async with listening(small_world) as port:
        said = await talk(port, b"GET /live HTTP/1.1\r\n" + host + b"\r\n")
    assert said.startswith(b"HTTP/1.1 400 ")
    assert b'"code":"malformed_request"' in said
    assert b"\r\nconnection: close\r\n" in said


async def test_only_an_old_client_may_leave_its_host_out(small_world: World) -> None:
    async with listening(small_world) as port:
        for host, status in ((b"", b"200"), (b"Host: a\r\n", b"200"), (b"Host: a\r\n" * 2, b"400")):
            said = await talk(port, b"GET /live HTTP/1.0\r\n" + host + b"\r\n")
            assert said.startswith(b"HTTP/1.1 %b " % status), host


async def test_what_is_no_http_is_refused_in_the_same_form(small_world: World) -> None:
    smuggled = (
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    )
    async with listening(small_world) as port:
        for text in (b"\x16\x03\x01\x02\x00", b"GET\r\n\r\n", smuggled):
            said = await talk(port, text)
            assert said.startswith(b"HTTP/1.1 400 ")
            assert b'"code":"malformed_request"' in said


@pytest.mark.parametrize("text", [b"GET\r\n\r\n", b"GET /" + b"a" * MAX_HEAD])
async def test_what_never_became_a_request_is_answered_like_any_other(
    small_world: World, text: bytes
) -> None:
    ordinary = b"GET /nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    async with listening(small_world) as port:
        refused, usual = await talk(port, text), await talk(port, ordinary)
    head, _, body = refused.partition(b"\r\n\r\n")
    told = json.loads(body)
    assert _names(refused) == _names(usual)
    assert f"x-request-id: {told['request_id']}" in head.decode().split("\r\n")
    async with small_world.client() as reader:
        assert (await reader.get(told["type"])).status_code == 200


async def test_ordinary_requests_share_a_connection(small_world: World) -> None:
    one = b"GET /live HTTP/1.1\r\nHost: a\r\n\r\n"
    last = b"GET /live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    async with listening(small_world) as port:
        said = await talk(port, one, one + one, last)
    assert said.count(b"HTTP/1.1 200 ") == 4


def _send_all_then_read(port: int, head: bytes, rest: bytes) -> bytes:
    """Send as simple clients do, which read nothing before all is sent."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        line.sendall(head + (b"\r\n" if b"\r\n" in head else b""))
        line.sendall(rest)
        said = b""
        while piece := line.recv(65536):
            said += piece
    return said


def _names(said: bytes) -> set[bytes]:
    """Return the names of an answer's headers."""
    lines = said.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]
    return {line.partition(b":")[0] for line in lines}
