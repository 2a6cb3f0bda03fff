"""Migrations that are killed half-way, again and again, and then go through.

    trial    reference: what the schema is after each step, seen from an undisturbed run
             kills: one process after another begins, and is killed (SIGKILL) before some statement of its
             last: two at once, who bring it to its end
    schema   everything that makes a schema, as rows that can be compared

    .venv/bin/python -m tests.support.killing_migrations --kills 400 sqlite:////tmp/a.db sqlite:////tmp/b.db

Both databases are there and empty. After each kill the schema is one of those that an undisturbed run goes
through: of no revision is there a half.
"""

import argparse
import asyncio
import os
import signal
import sys
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Engine, event, text

from watchword.migrations import connecting, migrate

Schema = frozenset[tuple[str, ...]]

_ON_SQLITE: Final = (
    "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_master"
    " WHERE tbl_name <> 'alembic_version'"
)
_ON_POSTGRES: Final = (
    (
        "SELECT 'column', table_name, column_name, ordinal_position::text, data_type, is_nullable,"
        " coalesce(column_default, '') FROM information_schema.columns WHERE table_schema = 'auth'"
        " AND table_name <> 'alembic_version'"
    ),
    (
        "SELECT 'index', indexrelid::regclass::text, pg_get_indexdef(indexrelid), indisvalid::text"
        " FROM pg_index JOIN pg_class ON pg_class.oid = indrelid"
        " WHERE relnamespace = 'auth'::regnamespace AND relname <> 'alembic_version'"
    ),
    (
        "SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid)"
        " FROM pg_constraint WHERE connamespace = 'auth'::regnamespace"
        " AND conname NOT LIKE 'alembic_version%'"
    ),
    (
        "SELECT 'policy', tablename, policyname, coalesce(qual, ''), coalesce(with_check, '')"
        " FROM pg_policies WHERE schemaname = 'auth'"
    ),
    (
        "SELECT 'table', relname, relkind::text, relrowsecurity::text, relforcerowsecurity::text"
        " FROM pg_class WHERE relnamespace = 'auth'::regnamespace AND relkind IN ('r', 'v')"
        " AND relname <> 'alembic_version'"
    ),
    (
        "SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger"
        " WHERE NOT tgisinternal"
    ),
    "SELECT 'function', proname, prosrc FROM pg_proc WHERE pronamespace = 'auth'::regnamespace",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tale:
    """What came of it: how many were killed, what was left of halves, who failed, what it came to."""

    killed: int
    halves: tuple[Schema, ...]
    codes: tuple[int, ...]
    schema: Schema
    wanted: Schema

    def __str__(self) -> str:
        """Tell it in figures."""
        same = "the same" if self.schema == self.wanted else "ANOTHER"
        return (
            f"{self.killed} killed, {len(self.halves)} left something half done;"
            f" two at the end: exit codes {self.codes}; {same} schema of {len(self.wanted)} things"
        )


def schema(connection: Connection) -> Schema:
    """Return all that a schema is made of."""
    if connection.dialect.name == "sqlite":
        return frozenset(tuple(map(str, row)) for row in connection.exec_driver_sql(_ON_SQLITE))
    there = connection.scalar(text("SELECT to_regnamespace('auth')"))
    every = _ON_POSTGRES if there else ()
    return frozenset(
        tuple(map(str, row)) for asked in every for row in connection.exec_driver_sql(asked)
    )


def trial(reference: str, url: str, kills: int) -> Tale:
    """Kill so many migrations of a database, and let two bring it to its end at once."""
    stages, statements = watched(reference)
    sqlite, killed, halves = url.startswith("sqlite"), 0, list[Schema]()
    for number in range(kills):
        # SQLite begins anew each time; PostgreSQL goes on from the revision that was reached.
        share = number + 1 if sqlite else 1
        point = statements * share // (kills + 1) + number % 3
        killed += _ended(_begun(url, point)) == -signal.SIGKILL
        left = asyncio.run(_looked(url))
        if left not in stages:
            halves.append(left)
    both = (_begun(url), _begun(url))
    return Tale(
        killed=killed,
        halves=tuple(halves),
        codes=tuple(_ended(each) for each in both),
        schema=asyncio.run(_looked(url)),
        wanted=asyncio.run(_looked(reference)),
    )


def watched(url: str) -> tuple[set[Schema], int]:
    """Migrate undisturbed; return every schema that was there for good, and how many statements it took."""
    stages, statements, looking = {Schema()}, 0, False

    def look(connection: Connection) -> None:
        nonlocal looking
        looking = True
        stages.add(schema(connection))
        looking = False

    def before(connection: Connection, _c: Any, said: str, *_: Any) -> None:
        nonlocal statements
        if not looking:
            statements += 1

    def after(connection: Connection, _c: Any, said: str, *_: Any) -> None:
        if "CONCURRENTLY" in said:  # it is there from now on, whatever becomes of the revision
            look(connection)

    listening = (
        ("before_cursor_execute", before),
        ("after_cursor_execute", after),
        ("commit", look),
    )
    for name, heard in listening:
        event.listen(Engine, name, heard)
    try:
        asyncio.run(migrate.up(url))
    finally:
        for name, heard in listening:
            event.remove(Engine, name, heard)
    return stages, statements


def _begun(url: str, point: int | None = None) -> int:
    """Begin to migrate in a process of its own; it kills itself before a statement."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        if point is not None:
            _die_before(point)
        asyncio.run(migrate.up(url))
        code = 0
    finally:
        os._exit(code)


def _die_before(point: int) -> None:
    done = 0

    def count(*_: Any) -> None:
        nonlocal done
        done += 1
        if done > point:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", count)
    event.listen(Engine, "commit", count)


def _ended(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


async def _looked(url: str) -> Schema:
    if url.startswith("sqlite"):
        return await connecting.on_sqlite(url, schema)
    return await connecting.on_postgres(url, None, schema)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("reference", help="an empty database: migrated undisturbed")
    parser.add_argument("database", help="another one: where migrations are killed")
    given = parser.parse_args()
    tale = trial(given.reference, given.database, given.kills)
    sys.stdout.write(f"{tale}\n")
    well = not tale.halves and tale.schema == tale.wanted and not any(tale.codes)
    sys.exit(0 if well else 1)
