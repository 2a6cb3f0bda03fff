"""A transaction on PostgreSQL: statements on one connection, taken when the first one wants its answer.

What nobody waits for goes with the commit, in one round trip (docs/decisions/0021); news leaves after it.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

import asyncpg

from watchword.plumbing.db import advisory
from watchword.plumbing.db.bundle import Bundle
from watchword.plumbing.db.changes import Changes
from watchword.plumbing.db.ports import Broken, Transaction
from watchword.plumbing.db.postgres_errors import answered, tell
from watchword.plumbing.db.statements import Lookup, Statement

_ROLLBACK_SECONDS = 2.0


class Lender(Protocol):
    """Who lends a transaction its connection."""

    changes: Changes

    def named(self, name: str) -> str:
        """Return what a name is called on this server."""
        ...

    async def acquire(self) -> asyncpg.Connection:
        """Return a connection. Problem: `database_unavailable`."""
        ...

    def release(self, connection: asyncpg.Connection, *, sound: bool) -> None:
        """Take a connection back."""
        ...


class PostgresTransaction:
    """Statements on one connection, taken when the first one wants its answer.

    `sound` while every answer came whole; `broken` once one of them was a failure.
    """

    def __init__(self, database: Lender) -> None:
        self._database = database
        self._connection: asyncpg.Connection | None = None
        self._left = Bundle()
        self._sound = True
        self._broken = False
        self.news: list[tuple[str, str]] = []
        self._work: list[Callable[[], object]] = []

    async def __aenter__(self) -> Transaction:
        return self

    async def __aexit__(self, kind: object, error: object, trace: object) -> None:
        if kind is not None:
            await self._give_up()
            return
        try:
            await self._commit()
        except BaseException:
            await self._give_up()
            raise
        self._release(sound=True)
        for topic, subject in self.news:
            self._database.changes.tell(topic, subject)
        for work in self._work:
            work()

    def announce(self, topic: str, subject: str = "") -> None:
        """Tell every process of this after the commit."""
        self.news.append((topic, subject))

    def afterwards(self, work: Callable[[], object]) -> None:
        """Do this once all is committed."""
        self._work.append(work)

    async def turn(self, name: str) -> None:
        """Wait for whoever else has this name, and have it until the end."""
        await self._ask("execute", advisory.TURN, [self._database.named(f"turn:{name}")])

    async def first(self, statement: Statement, **values: Any) -> Any:
        """Run and return the first row, or None."""
        form = statement.postgres
        if isinstance(statement, Lookup):
            values[statement.key] = [values[statement.key]]
        record = await self._ask("fetchrow", form.text, form.arguments(values))
        return None if record is None else form.row(record)

    async def all(self, statement: Statement, **values: Any) -> list[Any]:
        """Run and return every row."""
        form = statement.postgres
        records = await self._ask("fetch", form.text, form.arguments(values))
        return [form.row(record) for record in records]

    async def run(self, statement: Statement, **values: Any) -> int:
        """Run and return how many rows were touched."""
        form = statement.postgres
        return touched(await self._ask("execute", form.text, form.arguments(values)))

    async def later(self, statement: Statement, **values: Any) -> None:
        """Run with the commit, or before it once much is left."""
        form = statement.postgres
        self._left.add(form, form.arguments(values))
        if self._left.full and (left := self._left.statement(())) is not None:
            await self._ask("execute", *left)
            self._left = Bundle()

    async def provided(self, statement: Statement, **values: Any) -> None:
        """Commit only if this finds (or changes) a row."""
        form = statement.postgres
        self._left.demand(form, form.arguments(values))

    async def _ask(self, how: str, text: str, arguments: list[Any]) -> Any:
        """Run one of several statements."""
        if self._connection is None:
            self._connection = await self._database.acquire()
            await self._say("execute", "BEGIN", [])
        return await self._say(how, text, arguments)

    async def _commit(self) -> None:
        """Send what was left and commit; after a failed statement the server would roll back instead."""
        if self._broken:
            raise Broken
        left = self._left.statement(self.news)
        if self._connection is None:
            if left is not None:
                self._connection = await self._database.acquire()
                await self._say("execute", *left)  # alone it is its own commit
            return
        if left is not None:
            await self._say("execute", *left)
        if await self._say("execute", "COMMIT", []) != "COMMIT":
            raise Broken

    async def _say(self, how: str, text: str, arguments: list[Any]) -> Any:
        try:
            return await getattr(self._connection, how)(text, *arguments)
        except BaseException as error:  # noqa: BLE001 - told in our words, or raised as it is
            self._broken = True
            self._sound = self._sound and answered(error)
            tell(error)

    async def _give_up(self) -> None:
        if self._connection is not None:
            self._release(sound=self._sound and await _rolled_back(self._connection))

    def _release(self, *, sound: bool) -> None:
        if self._connection is not None:
            self._database.release(self._connection, sound=sound)


async def _rolled_back(connection: asyncpg.Connection) -> bool:
    """Roll back; false when that cannot be known to have happened."""
    if not connection.is_in_transaction():
        return True
    try:
        async with asyncio.timeout(_ROLLBACK_SECONDS):
            await connection.execute("ROLLBACK")
    except BaseException:  # noqa: BLE001 - the caller raises what it began with
        return False
    return True


def touched(status: str) -> int:
    """Return how many rows a statement touched, as the server says it did."""
    count = status.rpartition(" ")[2]
    return int(count) if count.isdigit() else 0
