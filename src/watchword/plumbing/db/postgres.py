"""PostgreSQL behind the words of `ports`: asyncpg, with a pool as thin as the hot path wants it.

A connection is made once with its schema and tenant set (row-level security reads the tenant), and
is handed out as it is: no reset round trip, because nothing here changes a connection's state.
The pool and the listener each have a module of their own. Where a pooler lends connections, what lasts
longer than a transaction goes past it (see `pooler`).
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, NoReturn

import asyncpg

from watchword.kernel.ids import DEFAULT_TENANT, TenantId
from watchword.kernel.problems import InputInvalid, Unavailable
from watchword.plumbing.db import advisory, pooler
from watchword.plumbing.db.bundle import Bundle
from watchword.plumbing.db.changes import Changes
from watchword.plumbing.db.gathering import Gathering
from watchword.plumbing.db.holding import Hold
from watchword.plumbing.db.hosts import Hosts
from watchword.plumbing.db.listening import listen
from watchword.plumbing.db.pool import Pool, PoolSettings
from watchword.plumbing.db.ports import (
    Broken,
    DatabaseRefuses,
    DatabaseUnavailable,
    SchemaBehind,
    Taken,
    Transaction,
    Unmet,
)
from watchword.plumbing.db.slow import watched_connection
from watchword.plumbing.db.statements import Lookup, Statement
from watchword.plumbing.db.tls_fault import tls_fault

SCHEMA = "auth"
_ROLLBACK_SECONDS = 2.0

_LOST = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.LockNotAvailableError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InvalidCachedStatementError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InternalClientError,
)
_LACKING = (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError)
_REFUSING = (
    asyncpg.InsufficientPrivilegeError,
    asyncpg.RaiseError,
    asyncpg.RestrictViolationError,
)
_NOT_TEXT = (asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError)

__all__ = ["PoolSettings", "PostgresDatabase"]


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
        self._settings = pool or PoolSettings()
        self._hosts = Hosts(url)
        self._direct_hosts = Hosts(self._settings.direct_url)
        self._tenant = tenant
        self._connection_class = watched_connection(asyncpg.Connection, self._settings.slow)
        self._pool = Pool(self._connect, self._settings, on_failure)
        self._judged = False
        self._tasks: list[asyncio.Task[None]] = []
        self._connecting: set[asyncio.Task[asyncpg.Connection]] = set()
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
            with _connecting():
                await self._pool.warm()
                if self._settings.direct_url:
                    (await self._connect_directly()).terminate()
        except asyncpg.ClientConfigurationError as wrong:  # of which no waiting makes a right one
            raise Unavailable(private=f"DATABASE_URL: {wrong}") from wrong
        except DatabaseUnavailable as away:
            if (fault := tls_fault(away.__cause__)) is not None:
                raise Unavailable(private=fault) from away
            raise
        finally:
            self._tasks = [
                asyncio.create_task(
                    listen(self._connect_directly, self.changes), name="database-news"
                ),
                asyncio.create_task(self._pool.tidy(), name="database-tidy"),
            ]

    async def close(self) -> None:
        """Stop listening and close every connection."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*self._connecting, return_exceptions=True)
        await self._pool.close()

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
        return _touched(await self._alone("execute", form.text, form.arguments(values)))

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
            self._pool.release(connection, sound=_answered(error))
            _tell(error)
        self._pool.release(connection)
        return answer

    def transaction(self) -> "_PostgresTransaction":
        """Open a transaction; news leaves with its commit."""
        return _PostgresTransaction(self)

    @asynccontextmanager
    async def exclusively(self, name: str) -> AsyncIterator[Hold | None]:
        """Hold a name, on a connection beside the pool; nothing when another process does."""

        async def connect() -> asyncpg.Connection:
            with _connecting():
                return await self._connect_directly()

        async with advisory.hold(connect, self.named(name)) as held:
            yield held

    def named(self, name: str) -> str:
        """Return what a name is called on this server, where other tenants have names, too."""
        return f"watchword:{self._tenant}:{name}"

    def release(self, connection: asyncpg.Connection, *, sound: bool) -> None:
        """Take a transaction's connection back."""
        self._pool.release(connection, sound=sound)

    async def acquire(self) -> asyncpg.Connection:
        """Return a connection of the pool. Problem: `database_unavailable`."""
        with _connecting():
            return await self._pool.acquire()

    async def _connect(self) -> asyncpg.Connection:
        """Connect for the pool."""
        return await self._shielded(self._dial())

    async def _connect_directly(self) -> asyncpg.Connection:
        """Connect for what lasts longer than a transaction: past the pooler, if there is one."""
        if not self._settings.direct_url:
            return await self._connect()
        return await self._shielded(self._dial_directly())

    async def _shielded(
        self, dialling: Coroutine[Any, Any, asyncpg.Connection]
    ) -> asyncpg.Connection:
        """Connect; whoever waits no longer leaves it to end by itself, for asyncpg cleans up only then."""
        connecting = asyncio.create_task(dialling, name="database-connect")
        self._connecting.add(connecting)
        connecting.add_done_callback(self._connecting.discard)
        try:
            return await asyncio.shield(connecting)
        except asyncio.CancelledError:
            connecting.add_done_callback(_hang_up)
            raise

    async def _dial(self) -> asyncpg.Connection:
        """Open a connection; the first one tells whether all is as we were told."""
        lent = bool(self._settings.direct_url)
        connection = await self._open(self._hosts, {} if lent else self._session)
        if not self._judged:
            await self._judge(connection, lent=lent)
            self._judged = True
        return connection

    async def _dial_directly(self) -> asyncpg.Connection:
        connection = await self._open(self._direct_hosts, self._session)
        await self._judge(connection, lent=False)
        return connection

    async def _judge(self, connection: asyncpg.Connection, *, lent: bool) -> None:
        found = await pooler.fault(connection, self._tenant, SCHEMA, lent=lent)
        if found is not None:
            connection.terminate()
            past_it = self._settings.direct_url and not lent
            raise Unavailable(private=pooler.not_direct(found) if past_it else found)

    @property
    def _session(self) -> dict[str, str]:
        """Return what a connection of ours is told once, and keeps."""
        patience = self._settings.statement_timeout.total_seconds()
        return {
            "search_path": SCHEMA,
            "statement_timeout": str(round(patience * 1000)),
            "watchword.tenant": str(self._tenant),
        }

    async def _open(self, hosts: Hosts, session: Mapping[str, str]) -> asyncpg.Connection:
        """Connect to the first host that takes us."""
        *others, last = hosts
        for url in others:
            with suppress(*_LOST):
                return await self._reach(url, hosts, session)
        return await self._reach(last, hosts, session)

    async def _reach(
        self, url: str, hosts: Hosts, session: Mapping[str, str]
    ) -> asyncpg.Connection:
        options: dict[str, Any] = {"ssl": self._settings.tls} if self._settings.tls else {}
        if not self._settings.keeps_statements:
            options["statement_cache_size"] = 0
        connection = await asyncpg.connect(
            url,
            timeout=self._settings.connect_timeout.total_seconds(),
            command_timeout=self._settings.statement_timeout.total_seconds(),
            connection_class=self._connection_class,
            server_settings={"application_name": "watchword", **session},
            **options,
        )
        hosts.took(url)
        return connection


class _PostgresTransaction:
    """Statements on one connection, taken when the first one wants its answer.

    `sound` while every answer came whole; `broken` once one of them was a failure.
    """

    def __init__(self, database: PostgresDatabase) -> None:
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
        self.news.append((topic, subject))

    def afterwards(self, work: Callable[[], object]) -> None:
        self._work.append(work)

    async def turn(self, name: str) -> None:
        await self._ask("execute", advisory.TURN, [self._database.named(f"turn:{name}")])

    async def first(self, statement: Statement, **values: Any) -> Any:
        form = statement.postgres
        if isinstance(statement, Lookup):
            values[statement.key] = [values[statement.key]]
        record = await self._ask("fetchrow", form.text, form.arguments(values))
        return None if record is None else form.row(record)

    async def all(self, statement: Statement, **values: Any) -> list[Any]:
        form = statement.postgres
        records = await self._ask("fetch", form.text, form.arguments(values))
        return [form.row(record) for record in records]

    async def run(self, statement: Statement, **values: Any) -> int:
        form = statement.postgres
        return _touched(await self._ask("execute", form.text, form.arguments(values)))

    async def later(self, statement: Statement, **values: Any) -> None:
        form = statement.postgres
        self._left.add(form, form.arguments(values))
        if self._left.full and (left := self._left.statement(())) is not None:
            await self._ask("execute", *left)
            self._left = Bundle()

    async def provided(self, statement: Statement, **values: Any) -> None:
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
            self._sound = self._sound and _answered(error)
            _tell(error)

    async def _give_up(self) -> None:
        if self._connection is not None:
            self._release(sound=self._sound and await _rolled_back(self._connection))

    def _release(self, *, sound: bool) -> None:
        if self._connection is not None:
            self._database.release(self._connection, sound=sound)


def _hang_up(connecting: asyncio.Task[asyncpg.Connection]) -> None:
    """Close a connection that nobody waits for any more, if it came about."""
    if not connecting.cancelled() and connecting.exception() is None:
        connecting.result().terminate()


@contextmanager
def _connecting() -> Iterator[None]:
    """Say in our words why the server did not let us in."""
    try:
        yield
    except asyncpg.PostgresError as error:  # whatever its reason
        raise DatabaseUnavailable(private=f"postgres: {error!r}") from error
    except Exception as error:  # noqa: BLE001 - told in our words, or raised as it is
        _tell(error)


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


def _answered(error: BaseException) -> bool:
    """Tell whether the server itself said this and stays, so that the connection is as we know it.

    One that takes no writes any more is not who we connected to.
    """
    if isinstance(error, asyncpg.ReadOnlySQLTransactionError):
        return False
    return isinstance(error, asyncpg.PostgresError) and error.severity_en == "ERROR"


def _touched(status: str) -> int:
    count = status.rpartition(" ")[2]
    return int(count) if count.isdigit() else 0


def _tell(error: BaseException) -> NoReturn:
    """Say the driver's errors in our words; what is a fault of ours stays as it is."""
    if isinstance(error, asyncpg.UniqueViolationError):
        raise Taken(error.constraint_name or "") from error
    if isinstance(error, asyncpg.DivisionByZeroError):  # see `bundle`; nothing else here divides
        raise Unmet from error
    if isinstance(error, _NOT_TEXT):
        raise InputInvalid(private=f"postgres: {error!r}") from error
    if isinstance(error, _LACKING):
        raise SchemaBehind(private=f"postgres: {error!r}") from error
    if isinstance(error, _REFUSING):
        raise DatabaseRefuses(private=f"postgres: {error!r}") from error
    if isinstance(error, _LOST) or _is_lost(error):
        raise DatabaseUnavailable(private=f"postgres: {error!r}") from error
    raise error


def _is_lost(error: BaseException) -> bool:
    """Tell whether asyncpg says that the connection is gone; its other words are our own faults."""
    return isinstance(error, asyncpg.InterfaceError) and "closed" in str(error)
