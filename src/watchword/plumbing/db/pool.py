"""The connections to PostgreSQL: few, made once, handed from one to the next without a round trip.

    acquire   a free connection, or one's turn for the next that comes free (in order, at most `wait`)
    release   back, or straight to who waits longest; one that is not sound is thrown away

While somebody waits, new connections are made beside, a few at a time: whoever waits gets what comes
first, one that was given back or a new one, so a burst that finds the server slow to let new ones in
is served by those there are. Only when there are none at all does a failure to connect reach them, and
only those who waited already when that attempt began: whoever came later has one of their own. A server
that refuses more beside those there are is asked again after a rest.

A connection is sound while its last answer came whole: after a cancelled or timed-out statement
nobody knows what the server still does on it, so it goes; the server ends the statement by its timeout.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from ssl import SSLContext
from typing import Any

import asyncpg

_MADE_AT_ONCE = 4  # each costs the server a process and both sides a handshake
_REST_SECONDS = 0.25
_CLOSED = "the pool is closed"


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
    """Connections: free, in use, and on their way."""

    def __init__(
        self,
        connect: Callable[[], Coroutine[Any, Any, asyncpg.Connection]],
        settings: PoolSettings,
        on_failure: Callable[[], None],
    ) -> None:
        """Make connections with `connect`; tell of each that fails."""
        self._connect = connect
        self._settings = settings
        self._on_failure = on_failure
        self._free: deque[tuple[asyncpg.Connection, float]] = deque()
        self._waiting: deque[_Turn] = deque()
        self._came = 0  # who waited, so far
        self._coming: dict[asyncio.Task[asyncpg.Connection], int] = {}  # with who had come by then
        self._trouble: BaseException | None = None  # of the last attempt to connect
        self._rest: asyncio.TimerHandle | None = None
        self._closed = False
        self.open = 0  # those on their way among them

    async def warm(self) -> None:
        """Open the least number of connections. Raises what connecting raised."""
        for _ in range(self._settings.minimum):
            self.open += 1
            try:
                connection = await self._connect()
            except BaseException:
                self.open -= 1
                self._on_failure()
                raise
            self.release(connection)

    async def acquire(self) -> asyncpg.Connection:
        """Return a connection. TimeoutError: none came free in time; else what connecting raised."""
        if self._closed:
            raise TimeoutError(_CLOSED)
        while self._free:
            connection, _ = self._free.pop()
            if not connection.is_closed():
                return connection
            self.open -= 1
        return await self._wait()

    def release(self, connection: asyncpg.Connection, *, sound: bool = True) -> None:
        """Take a connection back."""
        if sound and not self._closed and not connection.is_closed():
            turn = self._next()
            if turn is None:
                self._free.append((connection, time.monotonic()))
            else:
                turn.set_result(connection)
            return
        connection.terminate()
        self.open -= 1
        if not self._closed:
            self._grow()

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
        """Close the free connections and refuse who waits; the others are closed as they come back."""
        self._closed = True
        self._refuse(self._came, TimeoutError(_CLOSED))
        if self._rest is not None:
            self._rest.cancel()
        while self._coming:
            await asyncio.gather(*self._coming, return_exceptions=True)
        while self._free:
            connection, _ = self._free.popleft()
            self.open -= 1
            await _close(connection)

    async def _wait(self) -> asyncpg.Connection:
        """Wait one's turn."""
        self._came += 1
        turn = _Turn(self._came)
        self._waiting.append(turn)
        self._grow()
        try:
            async with asyncio.timeout(self._settings.wait.total_seconds()):
                return await turn
        except TimeoutError:
            self._leave(turn)
            refused = self._trouble if self.open < self._settings.maximum else None
            raise refused or TimeoutError("no connection came free") from None
        except BaseException:
            self._leave(turn)
            raise

    def _leave(self, turn: "_Turn") -> None:
        """Give up a turn; what it was given already goes to the next."""
        with contextlib.suppress(ValueError):
            self._waiting.remove(turn)
        if turn.done() and not turn.cancelled() and turn.exception() is None:
            self.release(turn.result())

    def _next(self) -> "_Turn | None":
        """Return the turn of who waits longest."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                return turn
        return None

    def _grow(self) -> None:
        """Begin to make as many connections as are waited for and may be made."""
        alone = self.open == len(self._coming)
        if self._closed or (self._rest is not None and not alone):
            return
        wanted = min(len(self._waiting), _MADE_AT_ONCE) - len(self._coming)
        for _ in range(min(wanted, self._settings.maximum - self.open)):
            self.open += 1
            making = asyncio.create_task(self._connect(), name="database-connection")
            self._coming[making] = self._came
            making.add_done_callback(self._come)

    def _come(self, made: asyncio.Task[asyncpg.Connection]) -> None:
        """Hand on a connection that came about; one that did not matters if there is no other."""
        who_had_come = self._coming.pop(made)
        if made.cancelled():  # the loop is going
            self.open -= 1
            return
        self._trouble = made.exception()
        if self._trouble is None:
            self.release(made.result())
            self._grow()
            return
        self.open -= 1
        self._on_failure()
        if self.open == len(self._coming):
            self._refuse(who_had_come, self._trouble)
            self._grow()
        elif self._rest is None:
            self._rest = asyncio.get_running_loop().call_later(_REST_SECONDS, self._rested)

    def _rested(self) -> None:
        self._rest = None
        self._grow()

    def _refuse(self, last: int, trouble: BaseException) -> None:
        """Tell who waits, up to the last who had come by then."""
        while self._waiting and self._waiting[0].number <= last:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_exception(trouble)


class _Turn(asyncio.Future[asyncpg.Connection]):
    """The turn of one who waits for a connection; they are numbered as they came."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


async def _close(connection: asyncpg.Connection) -> None:
    with contextlib.suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        await connection.close(timeout=2)
