"""Dialling: a connection that is not used is not left open, none is waited for beyond its time or the end."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from watchword.kernel.problems import Unavailable
from watchword.plumbing.db.changes import Changes
from watchword.plumbing.db.dialling import Dialler
from watchword.plumbing.db.pool import PoolSettings
from watchword.plumbing.db.postgres import PostgresDatabase
from watchword.plumbing.db.scope import Scope

PATIENCE = 30.0
URL = "postgresql://id@127.0.0.1:1/id"
DIRECT_URL = "postgresql://id@127.0.0.1:2/id"
SETTINGS = PoolSettings(
    connect_timeout=timedelta(milliseconds=50), statement_timeout=timedelta(hours=1)
)
POOLED = PoolSettings(
    connect_timeout=timedelta(milliseconds=50),
    statement_timeout=timedelta(hours=1),
    direct_url=DIRECT_URL,
)


class Connection:
    """A connection that answers the question who it is, each in its own way."""

    def __init__(self, answer: Callable[[], Awaitable[Any]]) -> None:
        self._answer = answer
        self.ended = False

    async def fetchrow(self, _question: str) -> Any:
        return await self._answer()

    def get_server_pid(self) -> int:
        return 7

    def is_closed(self) -> bool:
        return self.ended

    def terminate(self) -> None:
        self.ended = True

    async def close(self, *, timeout: float) -> None:  # noqa: ASYNC109 - asyncpg's word
        self.ended = timeout > 0


async def lost() -> None:
    raise asyncpg.ConnectionDoesNotExistError("it was closed in the middle of operation")


async def silence() -> None:
    await asyncio.Event().wait()


async def ours() -> dict[str, Any]:
    return {"pid": 7, "path": "", "tenant": None}


async def another_process() -> dict[str, Any]:
    return {"pid": 8, "path": "", "tenant": None}


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lost, asyncpg.ConnectionDoesNotExistError),
        (silence, TimeoutError),
        (another_process, Unavailable),
    ],
)
@pytest.mark.parametrize(
    ("settings", "directly"), [(SETTINGS, False), (POOLED, False), (POOLED, True)]
)
async def test_a_connection_that_does_not_say_what_is_expected_is_ended_within_the_time_of_dialling(
    monkeypatch: pytest.MonkeyPatch,
    answer: Callable[[], Awaitable[Any]],
    told: type[Exception],
    settings: PoolSettings,
    directly: bool,
) -> None:
    made: list[Connection] = []

    async def connect(_url: str, **_options: object) -> Connection:
        made.append(Connection(answer))
        return made[-1]

    monkeypatch.setattr(asyncpg, "connect", connect)
    dialler = Dialler(URL, settings, Scope())
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(told):
            await (dialler.connect_directly() if directly else dialler.connect())

    assert [each.ended for each in made] == [True]


class Server:
    """Lets in whoever knocks once its door is open; remembers whom it let in."""

    def __init__(self) -> None:
        self.door = asyncio.Event()
        self.door.set()
        self.knocking = 0
        self.let_in: list[Connection] = []

    async def connect(self, _url: str, **_options: object) -> Connection:
        self.knocking += 1
        await self.door.wait()
        self.knocking -= 1
        self.let_in.append(Connection(ours))
        return self.let_in[-1]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    """Return a server that whoever dials finds."""
    server = Server()
    monkeypatch.setattr(asyncpg, "connect", server.connect)
    return server


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not holds():
            await asyncio.sleep(0)


async def test_who_finishes_waits_for_those_who_began_to_dial_meanwhile(server: Server) -> None:
    dialler = Dialler(URL, SETTINGS, Scope())
    server.door.clear()
    first = asyncio.create_task(dialler.connect())
    await until(lambda: server.knocking == 1)
    finishing = asyncio.create_task(dialler.finish())
    await asyncio.sleep(0)
    first_door, server.door = server.door, asyncio.Event()
    second = asyncio.create_task(dialler.connect())
    await until(lambda: server.knocking == 2)
    first_door.set()
    await first
    for _ in range(10):  # turns of the loop, in which it might end
        await asyncio.sleep(0)
    assert not finishing.done()

    server.door.set()
    await finishing
    assert server.knocking == 0
    await second


async def test_a_database_that_closes_lets_go_of_its_connections_before_it_waits_for_who_dials(
    server: Server,
) -> None:
    database = PostgresDatabase(URL, Changes(), PoolSettings(minimum=1, maximum=1))
    await database.start()
    [free] = server.let_in
    server.door.clear()
    await until(lambda: server.knocking == 1)  # who listens to the news
    closing = asyncio.create_task(database.close())
    await until(lambda: free.ended)
    assert not closing.done()

    server.door.set()
    await closing
    assert [each.ended for each in server.let_in] == [True, True]
