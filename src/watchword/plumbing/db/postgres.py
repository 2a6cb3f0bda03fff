"""PostgreSQL behind the words of `ports`: asyncpg, with a pool as thin as the hot path wants it.

A connection is made once with its schema and tenant set (row-level security reads the tenant), and
is handed out as it is: no reset round trip, because nothing here changes a connection's state.
Where a pooler lends connections, what lasts longer than a transaction goes past it (see `dialling`).
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from watchword.kernel.problems import Unavailable
from watchword.plumbing.db import advisory
from watchword.plumbing.db.changes import Changes
from watchword.plumbing.db.dialling import Dialler
from watchword.plumbing.db.gathering import Gathering
from watchword.plumbing.db.holding import Hold
from watchword.plumbing.db.listening import listen
from watchword.plumbing.db.pool import Pool, PoolSettings
from watchword.plumbing.db.ports import DatabaseUnavailable
from watchword.plumbing.db.postgres_errors import answered, connecting, tell
from watchword.plumbing.db.postgres_transaction import PostgresTransaction, touched
from watchword.plumbing.db.scope import Scope
from watchword.plumbing.db.statements import Lookup, Statement
from watchword.plumbing.db.tls_fault import tls_fault
from watchword.plumbing.logs.logger import log

__all__ = ["PoolSettings", "PostgresDatabase"]


class PostgresDatabase:
    """A PostgreSQL database and its connections."""

    dialect = "postgresql"

    def __init__(
        self,
        url: str,
        changes: Changes,
        pool: PoolSettings | None = None,
        on_failure: Callable[[], None] = lambda: None,
        scope: Scope | None = None,
    ) -> None:
        """Remember where it is; `start` opens the first connections."""
        self.changes = changes
        self._settings = pool or PoolSettings()
        self._scope = scope or Scope()
        self._dialler = Dialler(url, self._settings, self._scope)
        self._pool = Pool(self._dialler.connect, self._settings, on_failure)
        self._tasks: list[asyncio.Task[None]] = []
        self._gatherings: dict[Lookup, Gathering] = {}

    @property
    def size(self) -> int:
        """How many connections are open, the listener aside."""
        return self._pool.open

    @property
    def most(self) -> int:
        """How many there may be, the listener aside."""
        return self._settings.maximum

    async def start(self) -> None:
        """Open the least number of connections and begin to listen; go on trying when that fails."""
        try:
            with connecting():
                await self._pool.warm()
                if self._settings.direct_url:
                    (await self._dialler.connect_directly()).terminate()
        except asyncpg.ClientConfigurationError as wrong:  # of which no waiting makes a right one
            raise Unavailable(private=f"DATABASE_URL: {wrong}") from wrong
        except DatabaseUnavailable as away:
            if (fault := tls_fault(away.__cause__)) is not None:
                raise Unavailable(private=fault) from away
            raise
        finally:
            self._tasks = [
                asyncio.create_task(
                    listen(self._dialler.connect_directly, self.changes), name="database-news"
                ),
                asyncio.create_task(self._pool.tidy(), name="database-tidy"),
            ]
            for task in self._tasks:
                task.add_done_callback(_tell_of_end)

    async def close(self) -> None:
        """Stop listening and close every connection."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._pool.close()  # until then somebody may dial
        await self._dialler.finish()

    async def first(self, statement: Statement, **values: Any) -> Any:
        """Run and return the first row, or None."""
        if isinstance(statement, Lookup):
            return await self._gathering(statement).first(values)
        form = statement.postgres
        record = await self._alone("fetchrow", form.text, form.arguments(values))
        return None if record is None else form.row(record)

    async def all(self, statement: Statement, **values: Any) -> list[Any]:
        """Run and return every row."""
        form = statement.postgres
        records = await self._alone("fetch", form.text, form.arguments(values))
        return [form.row(record) for record in records]

    async def run(self, statement: Statement, **values: Any) -> int:
        """Run and return how many rows were touched."""
        form = statement.postgres
        return touched(await self._alone("execute", form.text, form.arguments(values)))

    async def later(self, statement: Statement, **values: Any) -> None:
        """Run at once: there is no transaction whose end it could wait for."""
        await self.run(statement, **values)

    def _gathering(self, lookup: Lookup) -> Gathering:
        gathering = self._gatherings.get(lookup)
        if gathering is None:
            gathering = self._gatherings[lookup] = Gathering(lookup, self._look_up)
        return gathering

    async def _look_up(
        self, lookup: Lookup, keys: list[Any], values: Mapping[str, Any]
    ) -> dict[Any, Any]:
        rows = await self.all(lookup, **{**values, lookup.key: keys})
        return {row.found: row for row in rows}

    async def _alone(self, how: str, text: str, arguments: list[Any]) -> Any:
        """Run one statement on any connection; it is its own commit."""
        connection = await self.acquire()
        try:
            answer = await getattr(connection, how)(text, *arguments)
        except BaseException as error:  # noqa: BLE001 - told in our words, or raised as it is
            self._pool.release(connection, sound=answered(error))
            tell(error)
        self._pool.release(connection)
        return answer

    def transaction(self) -> PostgresTransaction:
        """Open a transaction; news leaves with its commit."""
        return PostgresTransaction(self)

    @asynccontextmanager
    async def exclusively(self, name: str) -> AsyncIterator[Hold | None]:
        """Hold a name, on a connection beside the pool; nothing when another process does."""

        async def connect() -> asyncpg.Connection:
            with connecting():
                return await self._dialler.connect_directly()

        async with advisory.hold(connect, self.named(name)) as held:
            yield held

    def named(self, name: str) -> str:
        """Return what a name is called on this server, where other tenants have names, too."""
        return f"watchword:{self._scope.tenant}:{name}"

    def release(self, connection: asyncpg.Connection, *, sound: bool) -> None:
        """Take a transaction's connection back."""
        self._pool.release(connection, sound=sound)

    async def acquire(self) -> asyncpg.Connection:
        """Return a connection of the pool. Problem: `database_unavailable`."""
        with connecting():
            return await self._pool.acquire()


def _tell_of_end(task: asyncio.Task[None]) -> None:
    """Log why a task that was to go on for ever did not."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log().error("a task of the database ended", task=task.get_name(), exc_info=error)
