"""Migrating: bring a database to the schema of this program, once, whoever else tries.

    up       apply what is pending      status    what is applied, what pends
    sql      the same as a script       resolve   mark a revision as applied or not, touching nothing
    reset    destroy everything, begin anew

`url` is that of the service: postgresql://... or sqlite:///file. Alembic runs the revisions; on
PostgreSQL asyncpg carries them, under an advisory lock that is asked for again and again rather than
waited for (a waiting statement would block CREATE INDEX CONCURRENTLY for ever).
Problems: `DatabaseUnavailable`; `MigrationFailed` with the revision and the driver's words.
"""

from collections.abc import Callable
from pathlib import Path
from ssl import SSLContext
from typing import TypeVar

from watchword.migrations.known import (
    HALVES,
    HERE,
    MigrationFailed,
    Revision,
    Status,
    Watch,
    revisions,
    status_of,
)
from watchword.plumbing.db.scope import SCHEMA

Result = TypeVar("Result")

__all__ = [
    "MigrationFailed",
    "Revision",
    "Status",
    "Watch",
    "reset",
    "resolve",
    "sql",
    "status",
    "up",
]


async def up(
    url: str,
    *,
    half: str | None = None,
    tls: SSLContext | None = None,
    home: Path = HERE,
    schema: str = SCHEMA,
) -> list[str]:
    """Apply what is pending, of one half or of both; return the ids of what was applied now."""
    from watchword.migrations import running  # noqa: PLC0415 - Alembic, for commands only

    halves = HALVES if half is None else (half,)
    return await _on(url, tls, lambda connection: running.upgrade(connection, home, halves), schema)


async def status(url: str, *, tls: SSLContext | None = None, home: Path = HERE) -> Status:
    """Return what is applied and what pends."""
    from watchword.migrations import running  # noqa: PLC0415

    heads = await _on(url, tls, running.heads)
    return status_of(heads, home)


def sql(url: str, *, half: str | None = None, home: Path = HERE) -> str:
    """Return the whole schema as a script; nothing is connected to."""
    from watchword.migrations import running  # noqa: PLC0415

    dialect = "sqlite" if url.startswith("sqlite") else "postgresql"
    return running.script(dialect, home, HALVES if half is None else (half,))


async def resolve(
    url: str, revision: str, *, applied: bool, tls: SSLContext | None = None, home: Path = HERE
) -> None:
    """Mark a revision as applied, or as not applied, without running it. ValueError: no such one."""
    from watchword.migrations import running  # noqa: PLC0415

    known = {each.id for each in revisions(home)}
    if revision not in known:
        raise ValueError(f"no revision {revision}; there are: {', '.join(sorted(known))}")
    await _on(
        url, tls, lambda connection: running.mark(connection, home, revision, applied=applied)
    )


async def reset(url: str, *, tls: SSLContext | None = None, home: Path = HERE) -> list[str]:
    """Destroy every table and make them anew."""
    from watchword.migrations import running  # noqa: PLC0415

    await _on(url, tls, running.destroy)
    return await up(url, tls=tls, home=home)


async def _on(
    url: str, tls: SSLContext | None, work: "Callable[..., Result]", schema: str = SCHEMA
) -> Result:
    from watchword.migrations import connecting  # noqa: PLC0415

    if url.startswith("sqlite"):
        return await connecting.on_sqlite(url, work)
    return await connecting.on_postgres(url, tls, work, schema)
