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
from contextvars import copy_context
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from watchword.plumbing import folders
from watchword.plumbing.db.changes import EVERYTHING, TRUST_SECONDS, Changes
from watchword.plumbing.db.holding import Hold, hold_file
from watchword.plumbing.db.ports import DatabaseUnavailable, Transaction
from watchword.plumbing.db.slow import watched
from watchword.plumbing.db.sqlite_errors import translated
from watchword.plumbing.db.sqlite_transaction import SqliteTransaction, rows_of, run_to_end
from watchword.plumbing.db.statements import Statement

_WATCH = timedelta(milliseconds=250)
_GLANCE_SECONDS = 0.04
_BREATH_SECONDS = 0.05
PATIENCE = timedelta(seconds=5)
_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA trusted_schema=OFF",
    "PRAGMA secure_delete=ON",  # what was erased is not left in the file
)

Result = TypeVar("Result")


def sqlite_path(url: str) -> Path:
    """Return the file of an address: `sqlite:///var/watchword.db`, `sqlite:////absolute/path`."""
    return Path(urlsplit(url).path[1:])


def connect(path: Path, patience: timedelta = PATIENCE) -> sqlite3.Connection:
    """Open the file as this service wants it; used by migrations too. Others may not read it."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseUnavailable(
            private=f"sqlite: {folders.trouble(path.parent, error)}"
        ) from error
    try:
        with translated():
            return _connect(path, patience)
    except DatabaseUnavailable as away:
        stuck = folders.refused(path.parent, path)
        if stuck is None:
            raise
        found = folders.trouble(Path(stuck.filename), stuck)
        raise DatabaseUnavailable(private=f"{away.private}: {found}") from away


def _connect(path: Path, patience: timedelta) -> sqlite3.Connection:
    with contextlib.suppress(OSError):  # it exists, or sqlite3 will say what is wrong
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute(f"PRAGMA busy_timeout={patience // timedelta(milliseconds=1)}")
    for pragma in _PRAGMAS:
        connection.execute(pragma)
    return connection


class SqliteDatabase:
    """A database in one file."""

    dialect = "sqlite"

    def __init__(
        self,
        path: Path,
        changes: Changes,
        patience: timedelta = PATIENCE,
        slow: timedelta | None = None,
        watch: timedelta = _WATCH,
    ) -> None:
        """Open two connections: one to read, one to write; wait so long to write.

        `watch` is how long at most nobody looks for news while the log seems untouched.
        """
        self._path = path
        self._log = path.with_name(f"{path.name}-wal")
        self._patience, self._rest = patience, watch.total_seconds()
        self._run = watched(run_to_end, slow)
        self.changes = changes
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite-writer")
        self._reader = connect(path, patience)
        self._writer = connect(path, patience)
        self._turn = asyncio.Lock()
        self._watcher: asyncio.Task[None] | None = None

    @property
    def size(self) -> int:
        """One to read, one to write."""
        return 2

    @property
    def most(self) -> int:
        """These two."""
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
            return rows_of(self._run, self._reader, statement, values)
        async with self.transaction() as tx:
            return await tx.all(statement, **values)

    async def run(self, statement: Statement, **values: Any) -> int:
        """Run and return how many rows were touched."""
        async with self.transaction() as tx:
            return await tx.run(statement, **values)

    async def later(self, statement: Statement, **values: Any) -> None:
        """Run at once: there is no transaction whose end it could wait for."""
        await self.run(statement, **values)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Open a transaction; the one writer's turn comes in order of asking."""
        await self._take_turn()
        tx = SqliteTransaction(self._writer, self._run, self._in_thread)
        try:
            await self._in_thread(partial(self._run, self._writer, "BEGIN IMMEDIATE", ()))
            yield tx
            await self._in_thread(tx.commit)
        finally:
            try:
                if not tx.committed:
                    await self._in_thread(partial(_roll_back, self._writer))
            finally:
                self._turn.release()
                self._tell(tx)

    @asynccontextmanager
    async def exclusively(self, name: str) -> AsyncIterator[Hold | None]:
        """Hold a name, by a file beside the database; nothing when another process does."""
        with hold_file(self._path.with_name(f"{self._path.name}-{name}-lock")) as held:
            yield held

    async def _take_turn(self) -> None:
        try:
            async with asyncio.timeout(self._patience.total_seconds()):
                await self._turn.acquire()
        except TimeoutError as error:
            raise DatabaseUnavailable(private="sqlite: too many wait to write") from error

    def _tell(self, tx: SqliteTransaction) -> None:
        """Tell this process what was committed, even if the one who asked for it has gone."""
        if not tx.committed:
            return
        for topic, subject in tx.news:
            self.changes.tell(topic, subject)
        for work in tx.work:
            work()

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        """Run in the writer's thread, to the end even when the asker goes away."""
        told_by = copy_context()  # a log line from there names the request
        future = asyncio.get_running_loop().run_in_executor(
            self._thread, told_by.run, _checked, work
        )
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            await asyncio.wait([future])
            if not future.cancelled():
                future.exception()
            raise

    async def _watch(self) -> None:
        """Notice the commits of other processes, and say that we would have noticed.

        The writer's own commits do not change its `data_version`; those of all others do.
        """
        seen = None
        while True:
            started, written = time.monotonic(), self._written()
            try:
                version = await self._in_thread(partial(_version, self._writer))
            except DatabaseUnavailable:
                version = None
            if version is None or version != seen:
                self.changes.trust_until(0)
                self.changes.tell(EVERYTHING)
            if version is not None:
                self.changes.trust_until(started + TRUST_SECONDS)
            seen = version
            await self._until_written(written)

    async def _until_written(self, before: tuple[int, int] | None) -> None:
        """Wait until somebody writes to the file's log, so long at most.

        A glance at the log costs a system call; under load there is a breath between two looks.
        """
        until = time.monotonic() + self._rest
        await asyncio.sleep(_BREATH_SECONDS)
        while self._written() == before and time.monotonic() < until:  # noqa: ASYNC110 - others' news
            await asyncio.sleep(_GLANCE_SECONDS)

    def _written(self) -> tuple[int, int] | None:
        """Return when the log was last written to, and its size."""
        try:
            found = self._log.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA data_version").fetchone()[0])


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def _checked(work: Callable[[], Result]) -> Result:
    with translated():
        return work()
