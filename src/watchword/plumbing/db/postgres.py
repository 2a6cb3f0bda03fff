"""PostgreSQL behind the words of `ports`: asyncpg, with a pool as thin as the hot path wants it.

A connection is made once with its schema and tenant set (row-level security reads the tenant), and
is handed out as it is: no reset round trip, because nothing here changes a connection's state.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from ssl import SSLContext
from typing import Any

import asyncpg

from watchword.kernel.ids import DEFAULT_TENANT, TenantId
from watchword.plumbing.db.changes import EVERYTHING, TRUST_SECONDS, Changes
from watchword.plumbing.db.ports import DatabaseUnavailable, Taken, Transaction
from watchword.plumbing.db.statements import Statement

SCHEMA = "auth"
CHANNEL = "watchword"
_BEAT_SECONDS = 0.3
_WAIT_SECONDS = 5.0

_LOST = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.DiskFullError,
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.QueryCanceledError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolSettings:
    """How many connections, and how long we wait for one."""

    minimum: int = 5
    maximum: int = 20
    idle: timedelta = timedelta(seconds=30)
    connect_timeout: timedelta = timedelta(seconds=2)
    statement_timeout: timedelta = timedelta(seconds=10)
    tls: SSLContext | None = None


class PostgresDatabase:
    """A PostgreSQL database and its connections."""

    dialect = "postgresql"

    def __init__(
        self,
        url: str,
        changes: Changes,
        pool: PoolSettings | None = None,
        tenant: TenantId = DEFAULT_TENANT,
        on_failure: Callable[[], None] = lambda: None,
    ) -> None:
        """Remember where it is; `start` opens the first connections."""
        self.changes = changes
        self._url = url
        self._settings = pool or PoolSettings()
        self._tenant = tenant
        self._on_failure = on_failure
        self._free: deque[tuple[asyncpg.Connection, float]] = deque()
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._open = 0
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def size(self) -> int:
        """How many connections are open, the listener aside."""
        return self._open

    async def start(self) -> None:
        """Open the least number of connections and begin to listen."""
        with _translated():
            opened = [await self._acquire() for _ in range(self._settings.minimum)]
        for connection in opened:
            self._release(connection)
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._tidy())]

    async def close(self) -> None:
        """Stop listening and close every connection."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        while self._free:
            connection, _ = self._free.popleft()
            with contextlib.suppress(*_LOST):
                await connection.close(timeout=2)

    async def first(self, statement: Statement, **values: Any) -> Any:
        """Run and return the first row, or None."""
        form = statement.postgres
        with _translated():
            connection = await self._acquire()
            try:
                record = await connection.fetchrow(form.text, *form.arguments(values))
            finally:
                self._release(connection)
        return None if record is None else form.row(record)

    async def all(self, statement: Statement, **values: Any) -> list[Any]:
        """Run and return every row."""
        with _translated():
            connection = await self._acquire()
            try:
                return await _PostgresTransaction(connection).all(statement, **values)
            finally:
                self._release(connection)

    async def run(self, statement: Statement, **values: Any) -> int:
        """Run and return how many rows were touched."""
        with _translated():
            connection = await self._acquire()
            try:
                return await _PostgresTransaction(connection).run(statement, **values)
            finally:
                self._release(connection)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Open a transaction; news leaves with its commit."""
        with _translated():
            connection = await self._acquire()
            try:
                tx = _PostgresTransaction(connection)
                await connection.execute("BEGIN")
                try:
                    yield tx
                    for topic, subject in tx.news:
                        await connection.execute(
                            "SELECT pg_notify($1, $2)", CHANNEL, f"{topic}:{subject}"
                        )
                    await connection.execute("COMMIT")
                except BaseException:
                    await self._roll_back(connection)
                    raise
            finally:
                self._release(connection)
        for topic, subject in tx.news:
            self.changes.tell(topic, subject)

    async def _roll_back(self, connection: asyncpg.Connection) -> None:
        """Leave no half-done transaction behind: roll back, or give the connection up."""
        try:
            await asyncio.shield(connection.execute("ROLLBACK"))
        except BaseException:
            connection.terminate()
            raise

    async def _acquire(self) -> asyncpg.Connection:
        while True:
            while self._free:
                connection, _ = self._free.pop()
                if not connection.is_closed():
                    return connection
                self._open -= 1
            if self._open < self._settings.maximum:
                self._open += 1
                try:
                    return await self._connect()
                except BaseException:
                    self._open -= 1
                    self._wake()
                    self._on_failure()
                    raise
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                async with asyncio.timeout(_WAIT_SECONDS):
                    await turn
            except BaseException:
                if turn.done() and not turn.cancelled():
                    self._wake()
                raise

    def _release(self, connection: asyncpg.Connection) -> None:
        if connection.is_closed():
            self._open -= 1
        elif connection.is_in_transaction():
            connection.terminate()
            self._open -= 1
        else:
            self._free.append((connection, time.monotonic()))
        self._wake()

    def _wake(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return

    async def _connect(self) -> asyncpg.Connection:
        seconds = self._settings.connect_timeout.total_seconds()
        options: dict[str, Any] = {"ssl": self._settings.tls} if self._settings.tls else {}
        return await asyncpg.connect(
            self._url,
            timeout=seconds,
            command_timeout=self._settings.statement_timeout.total_seconds(),
            server_settings={
                "application_name": "watchword",
                "search_path": SCHEMA,
                "watchword.tenant": str(self._tenant),
            },
            **options,
        )

    async def _tidy(self) -> None:
        """Close what nobody has used for a while, down to the least number."""
        idle = self._settings.idle.total_seconds()
        while True:
            await asyncio.sleep(idle / 4)
            while self._open > self._settings.minimum and self._free:
                connection, since = self._free[0]
                if time.monotonic() - since < idle:
                    break
                self._free.popleft()
                self._open -= 1
                with contextlib.suppress(*_LOST):
                    await connection.close(timeout=2)

    async def _listen(self) -> None:
        """Hear the news of other processes; while nothing is proven to arrive, caches are off."""
        while True:
            with contextlib.suppress(*_LOST, asyncpg.PostgresError):
                await self._listen_once()
            self.changes.tell(EVERYTHING)
            await asyncio.sleep(_BEAT_SECONDS)

    async def _listen_once(self) -> None:
        connection = await self._connect()
        sent: dict[str, float] = {}

        def heard(_connection: object, _pid: int, _channel: str, payload: object) -> None:
            topic, _, subject = str(payload).partition(":")
            if topic != "beat":
                self.changes.tell(topic, subject)
            elif subject in sent:
                self.changes.trust_until(sent.pop(subject) + TRUST_SECONDS)

        try:
            await connection.add_listener(CHANNEL, heard)
            me, turn = connection.get_server_pid(), 0
            while True:
                turn += 1
                beat = f"{me}.{turn}"
                sent.clear()
                sent[beat] = time.monotonic()
                await connection.execute(
                    "SELECT pg_notify($1, $2)", CHANNEL, f"beat:{beat}", timeout=TRUST_SECONDS
                )
                await asyncio.sleep(_BEAT_SECONDS)
        finally:
            connection.terminate()


class _PostgresTransaction:
    """Statements on one connection."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self.news: list[tuple[str, str]] = []

    def announce(self, topic: str, subject: str = "") -> None:
        self.news.append((topic, subject))

    async def first(self, statement: Statement, **values: Any) -> Any:
        form = statement.postgres
        record = await self._connection.fetchrow(form.text, *form.arguments(values))
        return None if record is None else form.row(record)

    async def all(self, statement: Statement, **values: Any) -> list[Any]:
        form = statement.postgres
        records = await self._connection.fetch(form.text, *form.arguments(values))
        return [form.row(record) for record in records]

    async def run(self, statement: Statement, **values: Any) -> int:
        form = statement.postgres
        status = await self._connection.execute(form.text, *form.arguments(values))
        count = status.rpartition(" ")[2]
        return int(count) if count.isdigit() else 0


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """Say the driver's errors in our words."""
    try:
        yield
    except asyncpg.UniqueViolationError as error:
        raise Taken(error.constraint_name or "") from error
    except _LOST as error:
        raise DatabaseUnavailable(private=f"postgres: {error!r}") from error
