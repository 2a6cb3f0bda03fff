"""What a role sees of a database of PostgreSQL, in numbers, and whether others are connected.

    snapshot       a transaction that others see as it began: what is counted in it is what pg_dump dumps
    look           what there is for our role
    look_at_all    what there is of all tenants, for the owner of a database that nobody else uses
    people         how many accounts and services there are, at least

A role that policies bind sees the rows of one tenant, one with BYPASSRLS those of all. Who would leave
tenants out makes no backup.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from ssl import SSLContext
from typing import Any, Final

import asyncpg

from watchword.kernel.ids import DEFAULT_TENANT
from watchword.kernel.problems import Kind, Problem
from watchword.plumbing.db.dumps.contents import (
    TELL_OF_BACKUPS,
    TOMBSTONES,
    Contents,
    DatabaseInUse,
    DumpFailed,
    RestoreFailed,
    Tombstone,
    numbers_in,
)
from watchword.plumbing.db.dumps.libpq import Access
from watchword.plumbing.db.ports import DatabaseUnavailable
from watchword.plumbing.db.scope import SCHEMA

_SECONDS: Final = 10.0
_BETWEEN: Final = timedelta(milliseconds=100)
_TABLES = "SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace($1) AND relkind = 'r'"
_SIZE = (
    "SELECT coalesce(sum(pg_table_size(oid)), 0)::bigint FROM pg_class"
    " WHERE relnamespace = to_regnamespace($1) AND relkind = 'r'"
)
_BOUND = (
    "SELECT bool_or(row_security_active(oid)) FROM pg_class"
    " WHERE relnamespace = to_regnamespace($1) AND relkind = 'r'"
)
_OTHER_TENANTS = (  # a role of one tenant has a policy of its own: deploy/postgres/tenant-role.sql
    "SELECT EXISTS (SELECT FROM pg_policies WHERE schemaname = $1 AND permissive = 'RESTRICTIVE')"
)
_BEGUN = "SELECT pg_relation_size(to_regclass($1)) > 0"
_HEAD = (
    "SELECT position, digest FROM audit_chain"
    " WHERE tenant_id = current_setting('watchword.tenant')::uuid ORDER BY position DESC LIMIT 1"
)
A_CLIENT: Final = (  # a type is hidden from ordinary roles, but what is nobody's is no client: autovacuum
    "usesysid IS NOT NULL AND coalesce(backend_type, 'client backend') = 'client backend'"
)
OTHERS: Final = (
    "SELECT DISTINCT concat_ws(', ', usename, nullif(application_name, '')) FROM pg_stat_activity"
    f" WHERE datname = current_database() AND pid <> pg_backend_pid() AND {A_CLIENT} ORDER BY 1"
)
_FORCED = (
    "SELECT relname FROM pg_class"
    " WHERE relnamespace = to_regnamespace($1) AND relkind = 'r' AND relforcerowsecurity"
)
_UNHURRIED: Final = {  # a server's own are meant for whoever serves: a dump takes as long as it takes
    "idle_in_transaction_session_timeout": "0",
    "statement_timeout": "0",
}
_KNOWN = "SELECT facts::text FROM journal WHERE type = ANY($1::text[]) ORDER BY at DESC LIMIT 50"


class SeesOneTenant(Problem):
    """The role that backs up sees the rows of one tenant: name one with BYPASSRLS in BACKUP_DATABASE_URL."""

    code = "backup_sees_one_tenant"
    kind = Kind.CONFLICT


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A moment of a database: its name for pg_dump, what it holds, and how large that is about."""

    name: str
    contents: Contents
    size: int


@asynccontextmanager
async def snapshot(access: Access, tls: SSLContext | None) -> AsyncIterator[Snapshot]:
    """Hold a moment of the database as long as the block lasts.

    Problems: `backup_sees_one_tenant`, `backup_failed`, also when the server ends it before its time.
    """
    with failing(DumpFailed):
        async with (
            connected(access, tls) as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            if await connection.fetchval(_BOUND, SCHEMA) and await connection.fetchval(
                _OTHER_TENANTS, SCHEMA
            ):
                raise SeesOneTenant
            name = await connection.fetchval("SELECT pg_export_snapshot()")
            size = await connection.fetchval(_SIZE, SCHEMA)
            yield Snapshot(name, await _contents(connection), size)


async def look(access: Access, tls: SSLContext | None) -> Contents:
    """Return what a database holds. Problem: `restore_failed`: nobody can tell."""
    with failing(RestoreFailed):
        async with connected(access, tls) as connection:
            return await _contents(connection)


async def look_at_all(access: Access, tls: SSLContext | None) -> Contents:
    """Return what a database holds of all tenants; its owner looks, and nobody else is there. Likewise."""
    with failing(RestoreFailed):
        async with connected(access, tls) as connection, unbound(connection, SCHEMA):
            return await _contents(connection)


async def people(access: Access, tls: SSLContext | None) -> int:
    """Return how many accounts and services there are; none without the tables. Likewise.

    Where our role sees none, a table that was written to counts as one: it may have those of other tenants.
    """
    with failing(RestoreFailed):
        async with connected(access, tls) as connection:
            there = {row["relname"] for row in await connection.fetch(_TABLES, SCHEMA)}
            found = 0
            for name in ("users", "services"):
                if name in there:
                    found += await _count(connection, name) or await connection.fetchval(
                        _BEGUN, named(name)
                    )
            return found


async def refuse_in_use(access: Access, tls: SSLContext | None, patience: timedelta) -> None:
    """Refuse while others are connected, after some patience: who hung up just now is still seen a while.

    Problems: `database_in_use`, `restore_failed`: nobody can tell.
    """
    with failing(RestoreFailed):
        async with connected(access, tls) as connection:
            for _ in range(1 + patience // _BETWEEN):
                others = [name for (name,) in await connection.fetch(OTHERS)]
                if not others:
                    return
                await asyncio.sleep(_BETWEEN.total_seconds())
    raise DatabaseInUse(private=f"connected as {'; '.join(others)}")


@asynccontextmanager
async def connected(access: Access, tls: SSLContext | None) -> AsyncIterator[Any]:
    """Yield a connection of the default tenant. Problem: `database_unavailable`."""
    try:
        connection = await asyncpg.connect(
            access.url.reveal(),
            timeout=_SECONDS,
            server_settings={
                "application_name": "watchword backup",
                "search_path": SCHEMA,
                "watchword.tenant": str(DEFAULT_TENANT),
                **_UNHURRIED,
            },
            **({"ssl": tls} if tls else {}),
        )
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        raise DatabaseUnavailable(private=f"postgres: {error!r}") from error
    try:
        yield connection
    finally:
        await connection.close()


@contextmanager
def failing(how: type[Problem]) -> Iterator[None]:
    """Say as a problem what the server refuses, or that it hung up."""
    try:
        yield
    except (asyncpg.PostgresError, asyncpg.InterfaceError, ConnectionError) as error:
        raise how(private=f"postgres: {error}") from error


@asynccontextmanager
async def unbound(connection: Any, schema: str, *tables: str) -> AsyncIterator[None]:
    """Let the owner see the rows of all tenants, of some tables or of all, while the block lasts."""
    looking = connection.transaction()
    await looking.start()
    try:
        await connection.execute("SET LOCAL lock_timeout = '10s'")
        for row in await connection.fetch(_FORCED, schema):
            if not tables or row["relname"] in tables:
                name = named(row["relname"], schema)
                await connection.execute(f"ALTER TABLE {name} NO FORCE ROW LEVEL SECURITY")
        yield
    finally:
        await looking.rollback()


async def _contents(connection: Any) -> Contents:
    names = sorted(row["relname"] for row in await connection.fetch(_TABLES, SCHEMA))
    there = set(names)
    head = await connection.fetchrow(_HEAD) if "audit_chain" in there else None
    tombstones = await connection.fetch(TOMBSTONES) if "erasures" in there else []
    versions = (
        await connection.fetch("SELECT version_num FROM alembic_version")
        if "alembic_version" in there
        else []
    )
    return Contents(
        schema=tuple(sorted(row["version_num"] for row in versions)),
        rows={name: await _count(connection, name) for name in names},
        head=(head["position"], head["digest"].hex()) if head else (0, ""),
        tombstones=tuple(Tombstone(*row) for row in tombstones),
        known=await _known(connection) if "journal" in there else 0,
    )


async def _known(connection: Any) -> int:
    return numbers_in(row["facts"] for row in await connection.fetch(_KNOWN, list(TELL_OF_BACKUPS)))


async def _count(connection: Any, table: str) -> int:
    number: int = await connection.fetchval(f"SELECT count(*) FROM {named(table)}")
    return number


def named(table: str, schema: str = SCHEMA) -> str:
    """Return the name of one of our tables, as SQL has it."""
    quoted = table.replace('"', '""')
    return f'{schema}."{quoted}"'
