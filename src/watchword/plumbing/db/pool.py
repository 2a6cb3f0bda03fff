"""The connections to PostgreSQL: few, made once, handed from one to the next without a round trip.

    acquire   a free connection, or a new one, or one's turn to wait (in order, at most `wait`)
    release   back, or straight to who waits longest; one that is not sound is thrown away

A connection is sound while its last answer came whole: after a cancelled or timed-out statement
nobody knows what the server still does on it, so it goes, and the server is told to stop.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from ssl import SSLContext

import asyncpg


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolSettings:
    """How many connections, how long we wait for one, and from when on a statement is `slow`.

    `direct_url`: where the server itself is, when a pooler lends the connections (see `pooler`).
    """

    minimum: int = 5
    maximum: int = 20
    idle: timedelta = timedelta(seconds=30)
    wait: timedelta = timedelta(seconds=5)
    connect_timeout: timedelta = timedelta(seconds=2)
    statement_timeout: timedelta = timedelta(seconds=10)
    slow: timedelta | None = None
    tls: SSLContext | None = None
    direct_url: str = ""
    keeps_statements: bool = True


class Pool:
    """Connections, free and in use."""

    def __init__(
        self,
        connect: Callable[[], Awaitable[asyncpg.Connection]],
        settings: PoolSettings,
        on_failure: Callable[[], None],
    ) -> None:
        """Make connections with `connect`; tell of each that fails."""
        self._connect = connect
        self._settings = settings
        self._on_failure = on_failure
        self._free: deque[tuple[asyncpg.Connection, float]] = deque()
        self._waiting: deque[asyncio.Future[asyncpg.Connection | None]] = deque()
        self._closed = False
        self.open = 0

    async def warm(self) -> None:
        """Open the least number of connections."""
        opened = []
        try:
            for _ in range(self._settings.minimum):
                opened.append(await self.acquire())  # noqa: PERF401 - kept if the next one fails
        finally:
            for connection in opened:
                self.release(connection)

    async def acquire(self) -> asyncpg.Connection:
        """Return a connection. TimeoutError: none came free in time; else what connecting raised."""
        while self._free:
            connection, _ = self._free.pop()
            if not connection.is_closed():
                return connection
            self.open -= 1
        if self.open >= self._settings.maximum:
            passed_on = await self._wait()
            if passed_on is not None and not passed_on.is_closed():
                return passed_on
        else:
            self.open += 1
        return await self._make()

    def release(self, connection: asyncpg.Connection, *, sound: bool = True) -> None:
        """Take a connection back."""
        if sound and not self._closed and not connection.is_closed():
            if not self._pass_on(connection):
                self._free.append((connection, time.monotonic()))
            return
        connection.terminate()
        if not self._pass_on(None):
            self.open -= 1

    async def tidy(self) -> None:
        """Close what nobody has used for a while, down to the least number; for ever."""
        idle = self._settings.idle.total_seconds()
        while True:
            await asyncio.sleep(idle / 4)
            while self.open > self._settings.minimum and self._free:
                connection, since = self._free[0]
                if time.monotonic() - since < idle:
                    break
                self._free.popleft()
                self.open -= 1
                await _close(connection)

    async def close(self) -> None:
        """Close the free connections; the others are closed as they come back."""
        self._closed = True
        while self._free:
            connection, _ = self._free.popleft()
            self.open -= 1
            await _close(connection)

    async def _make(self) -> asyncpg.Connection:
        """Fill a place that is counted already."""
        try:
            return await self._connect()
        except BaseException:
            if not self._pass_on(None):
                self.open -= 1
            self._on_failure()
            raise

    async def _wait(self) -> asyncpg.Connection | None:
        """Wait one's turn: for a connection, or for the place of one that is gone."""
        turn: asyncio.Future[asyncpg.Connection | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout(self._settings.wait.total_seconds()):
                return await turn
        except BaseException:
            if turn.done() and not turn.cancelled():
                self._give_back(turn.result())
            raise

    def _give_back(self, passed_on: asyncpg.Connection | None) -> None:
        if passed_on is not None:
            self.release(passed_on)
        elif not self._pass_on(None):
            self.open -= 1

    def _pass_on(self, connection: asyncpg.Connection | None) -> bool:
        """Give a connection, or its place, to who waits longest."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(connection)
                return True
        return False


async def _close(connection: asyncpg.Connection) -> None:
    with contextlib.suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        await connection.close(timeout=2)
