"""Sentry hears of a fault of ours, and nothing of whom it befell."""

import asyncio
import gzip
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.support.tampering import tamper
from tests.support.world import PASSWORD, World
from tests.support.worlds import Opener
from watchword.app.building import configure_logs
from watchword.app.settings import SettingsRefused
from watchword.plumbing.logs import logger
from watchword.plumbing.logs.logger import log

ALICE, ADDRESS, AGENT = "alice@example.org", "203.0.113.9", "A browser of Alice's"
NAME = "Alice Benali of Oran"


@dataclass
class Stub:
    """A place that takes what Sentry takes."""

    url: str = ""
    bodies: list[bytes] = field(default_factory=list)
    came: threading.Event = field(default_factory=threading.Event)

    @property
    def events(self) -> list[dict[str, Any]]:
        """Return the events that came."""
        return [json.loads(body.splitlines()[2]) for body in self.bodies]


@pytest.fixture
def stub() -> Iterator[Stub]:
    """Yield such a place."""
    stub = Stub()

    class Take(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            stub.bodies.append(body)
            self.send_response(200)
            self.end_headers()
            stub.came.set()

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Take)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    stub.url = f"http://0123456789abcdef@127.0.0.1:{server.server_port}/7"
    yield stub
    server.shutdown()
    logger.configure()


async def break_something(world: World) -> int:
    """Sign in while the journal breaks with words about Alice; return the status."""
    await world.subscriber()
    boom = f"{ALICE} {NAME} {PASSWORD}"
    await tamper(
        world,
        f'CREATE TRIGGER boom BEFORE INSERT ON journal BEGIN SELECT "{boom}"(); END',
    )
    headers = {"User-Agent": AGENT, "Cookie": "lang=fr", "X-Request-Id": "the-one"}
    async with world.client(ADDRESS, headers) as client:
        body = {"email": ALICE, "password": PASSWORD}
        return (await client.post("/api/v1/auth/login", json=body)).status_code


@pytest.mark.req("N-16", "A-61")
async def test_a_fault_of_ours_is_one_event_without_a_word_about_people(
    small_worlds: Opener, stub: Stub, capsys: pytest.CaptureFixture[str]
) -> None:
    async with small_worlds(SENTRY_DSN=stub.url, NODE_ID="node-7") as world:
        configure_logs(world.settings)
        assert await break_something(world) == 500
        await asyncio.to_thread(stub.came.wait, 10)
    assert "unhandled error" in {
        json.loads(line)["message"] for line in capsys.readouterr().out.splitlines()
    }
    [event] = stub.events
    assert event["logentry"]["formatted"] == "unhandled error"
    assert (event["level"], event["server_name"]) == ("error", "node-7")
    assert (event["environment"], event["tags"]["request_id"]) == ("test", "the-one")
    [*_, last] = event["exception"]["values"]
    assert (last["module"], last["type"]) == ("sqlite3", "OperationalError")
    assert "watchword.plumbing.db.sqlite" in {
        frame["module"] for frame in last["stacktrace"]["frames"]
    }
    told = stub.bodies[0].decode()
    for personal in (ALICE, "alice", "Alice", NAME, PASSWORD, ADDRESS, AGENT, "lang=fr"):
        assert personal not in told


async def test_what_a_library_says_is_told_by_its_name_and_what_is_no_error_not_at_all(
    small_worlds: Opener, stub: Stub
) -> None:
    async with small_worlds(SENTRY_DSN=stub.url) as world:
        configure_logs(world.settings)
        log().warning("a warning")
        log().error(f"refused {NAME}", logger="aiosmtplib")
        await asyncio.to_thread(stub.came.wait, 10)
    [event] = stub.events
    assert event["logentry"]["formatted"] == "a line of aiosmtplib"
    assert NAME not in stub.bodies[0].decode()


async def test_a_sentry_that_is_away_costs_nothing(small_worlds: Opener) -> None:
    async with small_worlds(SENTRY_DSN="http://0123456789abcdef@127.0.0.1:9/7") as world:
        configure_logs(world.settings)
        assert await break_something(world) == 500
    logger.configure()


@pytest.mark.parametrize(
    "dsn", ["key@host/7", "https://host/7", "https://key@host/", "http://key@sentry.example.org/7"]
)
async def test_a_dsn_that_is_none_refuses_the_start(small_worlds: Opener, dsn: str) -> None:
    with pytest.raises(SettingsRefused) as refused:
        async with small_worlds(SENTRY_DSN=dsn):
            pass
    assert [name for name, _ in refused.value.faults] == ["SENTRY_DSN"]
