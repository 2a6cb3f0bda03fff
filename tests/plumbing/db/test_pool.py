"""The pool: who waits gets what comes first, one given back or a new one."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast

import asyncpg
import pytest

from tests.support.quiet import quiet
from watchword.plumbing.db.pool import Pool, PoolSettings

LONG = timedelta(minutes=1)
SOME = timedelta(seconds=3)  # longer than the pool rests


class Connection:
    """What the pool asks of a connection."""

    def __init__(self) -> None:
        self.closed = False

    def is_closed(self) -> bool:
        return self.closed

    def terminate(self) -> None:
        self.closed = True

    async def close(self, *, timeout: float) -> None:  # noqa: ASYNC109 - asyncpg's word
        self.closed = timeout > 0


@dataclass
class Server:
    """Lets new connections in while its door is open; refuses those that knock while it has a reason to."""

    door: asyncio.Event = field(default_factory=asyncio.Event)
    reason: Exception | None = None
    knocking: int = 0
    most: int = 0
    failed: int = 0

    async def connect(self) -> Any:
        reason = self.reason
        self.knocking += 1
        self.most = max(self.most, self.knocking)
        try:
            await self.door.wait()
        finally:
            self.knocking -= 1
        if reason is not None:
            raise reason
        return Connection()

    def note(self) -> None:
        self.failed += 1


@pytest.fixture
def server() -> Server:
    """Return a server that lets everybody in."""
    server = Server()
    server.door.set()
    return server


@pytest.fixture
async def pool(server: Server) -> AsyncIterator[Pool]:
    """Yield a pool with two connections there and room for six more."""
    pool = Pool(server.connect, PoolSettings(minimum=2, maximum=8, wait=LONG), server.note)
    await pool.warm()
    yield pool
    server.door.set()
    await pool.close()


async def take(pool: Pool, number: int) -> list[asyncpg.Connection]:
    return [await pool.acquire() for _ in range(number)]


async def waiting(pool: Pool, number: int) -> list[asyncio.Task[asyncpg.Connection]]:
    tasks = [asyncio.create_task(pool.acquire()) for _ in range(number)]
    await quiet(0.01)
    return tasks


async def test_a_burst_is_served_by_those_there_are_while_the_server_lets_no_new_ones_in(
    pool: Pool, server: Server
) -> None:
    server.door.clear()

    async def work() -> None:
        pool.release(await pool.acquire())

    async with asyncio.timeout(5):
        await asyncio.gather(*(work() for _ in range(30)))


async def test_a_burst_is_served_by_those_there_are_while_the_server_refuses_new_ones(
    pool: Pool, server: Server
) -> None:
    held = await take(pool, 2)
    server.reason = asyncpg.TooManyConnectionsError("enough")
    tasks = await waiting(pool, 6)
    assert server.failed > 0
    assert not any(task.done() for task in tasks)
    for connection in held:
        pool.release(connection)
    for task in tasks:
        pool.release(await task)
    assert pool.open == 2


async def test_when_there_is_none_at_all_everybody_is_told_why_at_once(
    pool: Pool, server: Server
) -> None:
    held = await take(pool, 2)
    server.door.clear()
    server.reason = ConnectionRefusedError("away")
    tasks = await waiting(pool, 6)
    for connection in held:
        pool.release(connection, sound=False)
    server.door.set()
    async with asyncio.timeout(5):
        answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert answers == [server.reason] * 6
    assert pool.open == 0

    server.reason = None
    assert await take(pool, 8)


async def test_an_attempt_from_before_they_came_tells_nobody_that_the_server_is_away(
    server: Server,
) -> None:
    pool = Pool(server.connect, PoolSettings(minimum=0, maximum=2, wait=LONG), server.note)
    server.door.clear()
    server.reason = ConnectionRefusedError("away")
    [first] = await waiting(pool, 1)
    server.reason = None
    later = await waiting(pool, 5)
    server.door.set()
    with pytest.raises(ConnectionRefusedError):
        await first
    async with asyncio.timeout(5):
        for task in later:
            pool.release(await task)
    await pool.close()


async def test_a_server_that_refuses_more_is_not_asked_by_each_who_comes(
    pool: Pool, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("watchword.plumbing.db.pool._REST_SECONDS", 3600)
    held = await take(pool, 2)
    server.reason = asyncpg.TooManyConnectionsError("enough")
    tasks = [*await waiting(pool, 1), *await waiting(pool, 20)]
    assert server.failed == 1
    for connection in held:
        pool.release(connection)
    for task in tasks:
        pool.release(await task)


async def test_a_server_that_refused_more_is_asked_again_though_nobody_else_comes(
    pool: Pool, server: Server
) -> None:
    await take(pool, 2)
    server.reason = asyncpg.TooManyConnectionsError("enough")
    tasks = await waiting(pool, 6)
    server.reason = None
    async with asyncio.timeout(30):
        await asyncio.gather(*tasks)


async def test_a_pool_that_is_closed_refuses_who_waits_and_who_comes_and_connects_no_more(
    server: Server,
) -> None:
    pool = Pool(server.connect, PoolSettings(minimum=0, maximum=2, wait=LONG), server.note)
    server.door.clear()
    tasks = await waiting(pool, 5)
    closing = asyncio.create_task(pool.close())
    async with asyncio.timeout(5):
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        server.door.set()
        await closing
        with pytest.raises(TimeoutError):
            await pool.acquire()
    assert {type(each) for each in answers} == {TimeoutError}
    assert (pool.open, server.knocking, server.most) == (0, 0, 2)


async def test_who_waited_in_vain_is_told_why_there_were_no_more(server: Server) -> None:
    pool = Pool(server.connect, PoolSettings(minimum=1, maximum=2, wait=SOME), server.note)
    await pool.warm()
    await pool.acquire()
    server.reason = asyncpg.TooManyConnectionsError("enough")
    with pytest.raises(asyncpg.TooManyConnectionsError):
        await pool.acquire()

    server.reason = None
    await pool.acquire()
    with pytest.raises(TimeoutError, match="no connection came free"):
        await pool.acquire()


async def test_a_few_connections_are_made_at_a_time_and_no_more_than_there_may_be(
    pool: Pool, server: Server
) -> None:
    server.most = 0
    server.door.clear()
    tasks = await waiting(pool, 20)
    assert (server.knocking, pool.open) == (4, 6)
    server.door.set()
    served = [await task for task in tasks[:8]]
    assert (pool.open, server.most) == (8, 4)
    assert len({id(connection) for connection in served}) == 8
    assert not any(task.done() for task in tasks[8:])
    for task in tasks:
        pool.release(await task)


async def test_the_place_of_one_that_is_thrown_away_is_taken_by_a_new_one(pool: Pool) -> None:
    held = await take(pool, 8)
    (task,) = await waiting(pool, 1)
    pool.release(held[0], sound=False)
    fresh = await task
    assert cast("Connection", held[0]).closed
    assert fresh not in held
    assert pool.open == 8


async def test_turns_come_in_order_and_who_leaves_loses_nothing(pool: Pool) -> None:
    held = await take(pool, 8)
    tasks = await waiting(pool, 3)
    pool.release(held[0])
    tasks[0].cancel()  # which was given it, and has not heard
    tasks[1].cancel()
    assert await tasks[2] is held[0]


async def test_what_comes_about_after_the_end_is_closed(server: Server) -> None:
    pool = Pool(server.connect, PoolSettings(minimum=0), server.note)
    server.door.clear()
    (task,) = await waiting(pool, 1)
    task.cancel()
    ending = asyncio.create_task(pool.close())
    await quiet(0.01)
    server.door.set()
    await ending
    assert pool.open == 0
