"""SQLite behind the words of `ports`: one file, reads on the event loop, writes in one thread.

In WAL mode readers never wait for the writer, and a read takes some microseconds, less than handing
it to a thread would. Writes take `BEGIN IMMEDIATE` in a thread of their own, one at a time in this
process and, by the file's lock, over all processes. `synchronous=FULL`: what is acknowledged is on
the disk.
"""

import asyncio
import contextlib
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from watchword.plumbing.db.changes import EVERYTHING, TRUST_SECONDS, Changes
from watchword.plumbing.db.ports import DatabaseUnavailable, Taken, Transaction
from watchword.plumbing.db.statements import Statement

_WATCH_SECONDS = 0.25
_BUSY_MILLISECONDS = 5000
_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    f"PRAGMA busy_timeout={_BUSY_MILLISECONDS}",
    "PRAGMA trusted_schema=OFF",
)

Result = TypeVar("Result")


def sqlite_path(url: str) -> Path:
    """Return the file of an address: `sqlite:///var/watchword.db`, `sqlite:////absolute/path`."""
    path = Path(urlsplit(url).path[1:])
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def connect(path: Path) -> sqlite3.Connection:
    """Open the file as this service wants it; used by migrations too. Others may not read it."""
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    for pragma in _PRAGMAS:
        connection.execute(pragma)
    return connection


class SqliteDatabase:
    """A database in one file."""

    dialect = "sqlite"

    def __init__(self, path: Path, changes: Changes) -> None:
        """Open two connections: one to read, one to write."""
        self.changes = changes
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite-writer")
        with _translated():
            self._reader = connect(path)
            self._writer = connect(path)
        self._turn = asyncio.Lock()
        self._watcher: asyncio.Task[None] | None = None

    @property
    def size(self) -> int:
        """One to read, one to write."""
        return 2

    async def start(self) -> None:
        """Begin to watch for what other processes commit."""
        self._watcher = asyncio.create_task(self._watch())

    async def close(self) -> None:
        """Stop watching, let the writer finish, close the file."""
        if self._watcher:
            self._watcher.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watcher
        async with self._turn:
            await asyncio.to_thread(self._thread.shutdown)
            self._writer.close()
            self._reader.close()

    async def first(self, statement: Statement, **values: Any) -> Any:
        """Run and return the first row, or None."""
        rows = await self.all(statement, **values)
        return rows[0] if rows else None

    async def all(self, statement: Statement, **values: Any) -> list[Any]:
        """Run and return every row."""
        if statement.reads:
            return _rows(self._reader, statement, values)
        async with self.transaction() as tx:
            return await tx.all(statement, **values)

    async def run(self, statement: Statement, **values: Any) -> int:
        """Run and return how many rows were touched."""
        async with self.transaction() as tx:
            return await tx.run(statement, **values)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Open a transaction; the one writer's turn comes in order of asking."""
        async with self._turn:
            await self._in_thread(partial(self._writer.execute, "BEGIN IMMEDIATE"))
            tx = _SqliteTransaction(self._writer, self._in_thread)
            try:
                yield tx
                await self._in_thread(partial(self._writer.execute, "COMMIT"))
            except BaseException:
                await self._in_thread(partial(_roll_back, self._writer))
                raise
        for topic, subject in tx.news:
            self.changes.tell(topic, subject)

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        """Run in the writer's thread, to the end even when the asker goes away."""
        future = asyncio.get_running_loop().run_in_executor(self._thread, _checked, work)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            await asyncio.wait([future])
            raise

    async def _watch(self) -> None:
        """Notice the commits of other processes, and say that we would have noticed."""
        seen = self._version()
        while True:
            started = time.monotonic()
            version = self._version()
            if version != seen:
                seen = version
                self.changes.tell(EVERYTHING)
            self.changes.trust_until(started + TRUST_SECONDS)
            await asyncio.sleep(_WATCH_SECONDS)

    def _version(self) -> int:
        with _translated():
            return int(self._reader.execute("PRAGMA data_version").fetchone()[0])


class _SqliteTransaction:
    """An open transaction on the writer's connection."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        in_thread: Callable[[Callable[[], Any]], Any],
    ) -> None:
        self._connection = connection
        self._in_thread = in_thread
        self.news: list[tuple[str, str]] = []

    def announce(self, topic: str, subject: str = "") -> None:
        self.news.append((topic, subject))

    async def first(self, statement: Statement, **values: Any) -> Any:
        rows = await self.all(statement, **values)
        return rows[0] if rows else None

    async def all(self, statement: Statement, **values: Any) -> list[Any]:
        rows: list[Any] = await self._in_thread(partial(_rows, self._connection, statement, values))
        return rows

    async def run(self, statement: Statement, **values: Any) -> int:
        count: int = await self._in_thread(partial(_count, self._connection, statement, values))
        return count


def _rows(
    connection: sqlite3.Connection, statement: Statement, values: dict[str, Any]
) -> list[Any]:
    form = statement.sqlite
    with _translated():
        records = connection.execute(form.text, form.arguments(values)).fetchall()
    return [form.row(record) for record in records]


def _count(connection: sqlite3.Connection, statement: Statement, values: dict[str, Any]) -> int:
    form = statement.sqlite
    with _translated():
        return connection.execute(form.text, form.arguments(values)).rowcount


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def _checked(work: Callable[[], Result]) -> Result:
    with _translated():
        return work()


@contextlib.contextmanager
def _translated() -> Any:
    """Say the driver's errors in our words."""
    try:
        yield
    except sqlite3.IntegrityError as error:
        if "UNIQUE" in str(error):
            raise Taken(str(error).rpartition(": ")[2]) from error
        raise
    except sqlite3.OperationalError as error:
        if any(
            word in str(error)
            for word in ("locked", "full", "unable to open", "disk I/O", "readonly")
        ):
            raise DatabaseUnavailable(private=f"sqlite: {error}") from error
        raise
