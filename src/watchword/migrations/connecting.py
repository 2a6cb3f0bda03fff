"""A connection to migrate on: one at a time for each database, with the service's own settings."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from ssl import SSLContext
from typing import Any, TypeVar

from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from watchword.kernel.ids import DEFAULT_TENANT
from watchword.plumbing.db.hosts import Hosts
from watchword.plumbing.db.ports import DatabaseUnavailable
from watchword.plumbing.db.scope import SCHEMA
from watchword.plumbing.db.sqlite import connect, sqlite_path
from watchword.plumbing.db.tls_fault import tls_fault

Result = TypeVar("Result")
Work = Callable[[Connection], Result]

_LOCK = 0x77617463
_TURN_SECONDS = 0.1
_PATIENCE_SECONDS = 120.0
_CONNECT_SECONDS = 10.0
_PASSING = ("locked", "disk is full")


async def on_sqlite(url: str, work: Work[Result]) -> Result:
    """Work on the file; its write lock keeps others out from the first statement on."""
    return await asyncio.to_thread(_on_sqlite, sqlite_path(url), work)


def _on_sqlite(path: Path, work: Work[Result]) -> Result:
    engine = create_engine("sqlite://", creator=lambda: _open(path), poolclass=NullPool)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    try:
        with engine.connect() as connection:
            return work(connection)
    except DBAPIError as error:
        if any(word in str(error.orig) for word in _PASSING):
            raise DatabaseUnavailable(private=f"sqlite: {error.orig}") from error
        raise
    finally:
        engine.dispose()


def _open(path: Path) -> sqlite3.Connection:
    """Open the file; references are checked in the end, so that a table can be made anew."""
    connection = connect(path)
    connection.execute("PRAGMA foreign_keys=OFF")
    return connection


async def on_postgres(
    url: str, tls: SSLContext | None, work: Work[Result], schema: str = SCHEMA
) -> Result:
    """Work on the database, alone."""
    import asyncpg  # noqa: PLC0415 - an extra
    from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415

    *others, last = Hosts(url)

    async def connection() -> Any:
        for each in others:
            with suppress(
                OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InternalClientError
            ):
                return await reach(each)
        return await reach(last)

    async def reach(host: str) -> Any:
        return await asyncpg.connect(
            host,
            timeout=_CONNECT_SECONDS,
            server_settings={
                "application_name": "watchword migrate",
                "search_path": schema,
                "lock_timeout": "10s",
                "watchword.tenant": str(DEFAULT_TENANT),
            },
            **({"ssl": tls} if tls else {}),
        )

    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=connection, poolclass=NullPool
    )
    try:
        async with engine.connect() as opened:
            await _wait_for_turn(opened)
            return await opened.run_sync(work)
    except (OSError, TimeoutError, asyncpg.CannotConnectNowError) as error:
        raise DatabaseUnavailable(private=tls_fault(error) or f"postgres: {error!r}") from error
    finally:
        await engine.dispose()


async def _wait_for_turn(connection: Any) -> None:
    """Take the lock that lasts as long as the connection."""
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while True:
            taken = await connection.scalar(text(f"SELECT pg_try_advisory_lock({_LOCK})"))
            await connection.rollback()
            if taken:
                return
            await asyncio.sleep(_TURN_SECONDS)
