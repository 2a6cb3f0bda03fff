"""PostgreSQL out of a snapshot and into a schema: pg_dump and pg_restore, in streams, never through a file.

    snapshot    a transaction that others see as it began: what is counted in it is what pg_dump dumps
    dump        pg_dump of that snapshot, in its custom format, read by whoever encrypts it
    restore     pg_restore's script into psql, in one transaction; COMMIT is sent by us, when pg_restore ended
                well and every table has its rows
    scratch     a database for a while, to restore into and look

Rows of one tenant are what our role sees; a role with BYPASSRLS sees all. Row-level security comes with the
last of what is restored, so that an ordinary owner can bring the rows back.
"""

import asyncio
import shutil
import threading
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from ssl import SSLContext
from typing import Any, BinaryIO, Final
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from watchword.kernel.ids import DEFAULT_TENANT
from watchword.kernel.problems import Kind, Problem
from watchword.kernel.secret import Secret
from watchword.plumbing.db.dumps.contents import (
    TELL_OF_BACKUPS,
    BackupToolMissing,
    Contents,
    DatabaseInUse,
    Dump,
    DumpFailed,
    Dumps,
    Feed,
    RestoreFailed,
    Tombstone,
    numbers_in,
)
from watchword.plumbing.db.dumps.libpq import Access
from watchword.plumbing.db.dumps.piping import Program, running
from watchword.plumbing.db.ports import DatabaseUnavailable

SCHEMA: Final = "auth"
_VIEWS: Final = "audit"  # the schema of a view, for other systems
_SECONDS: Final = 10.0
_LOOKS: Final = 20
_BETWEEN_SECONDS: Final = 0.1
_CHUNK: Final = 1 << 16
_TABLES = "SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace($1) AND relkind = 'r'"
_SIZE = (
    "SELECT coalesce(sum(pg_table_size(oid)), 0)::bigint FROM pg_class"
    " WHERE relnamespace = to_regnamespace($1) AND relkind = 'r'"
)
_TOMBSTONES = "SELECT id, user_id, erased_at FROM erasures WHERE erased_at IS NOT NULL ORDER BY id"
_HEAD = "SELECT position, digest FROM audit_chain ORDER BY position DESC LIMIT 1"
_OTHERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND pid <> pg_backend_pid() AND coalesce(backend_type, 'client backend') = 'client backend'"
)
_LOCK = (
    "DO $$ DECLARE each record; BEGIN FOR each IN SELECT relname FROM pg_class"
    f" WHERE relnamespace = to_regnamespace('{SCHEMA}') AND relkind = 'r' ORDER BY relname LOOP"
    f" EXECUTE format('LOCK TABLE {SCHEMA}.%I IN ACCESS EXCLUSIVE MODE', each.relname);"
    " END LOOP; END $$;"
)


_KNOWN = "SELECT facts::text FROM journal WHERE type = ANY($1::text[]) ORDER BY at DESC LIMIT 50"


_CLEAR = (  # with the last of it, unless somebody else has something there
    f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE; DROP SCHEMA IF EXISTS {_VIEWS};"
)


class NoScratch(Problem):
    """There is no database to restore into and look: name an empty one in BACKUP_SCRATCH_URL."""

    code = "no_scratch"
    kind = Kind.CONFLICT


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresDumps:
    """A database of a server: dumped by one role, restored by the one that owns it."""

    access: Access
    dumped_by: Access
    scratch_url: Secret
    tls: SSLContext | None = None
    dialect: str = "postgresql"
    ending: str = "dump"

    @property
    def url(self) -> Secret:
        """Return where it is."""
        return self.access.url

    @asynccontextmanager
    async def moment(self) -> AsyncIterator[Dump]:
        """Hold a snapshot."""
        async with snapshot(self.dumped_by, self.tls) as held:
            yield Dump(
                contents=held.contents, size=held.size, read=lambda: dump(self.dumped_by, held)
            )

    async def look(self) -> Contents:
        """Return what it holds."""
        return await look(self.access, self.tls)

    async def people(self) -> int:
        """Return how many accounts and services it holds."""
        return await people(self.access, self.tls)

    async def refuse_in_use(self) -> None:
        """Refuse while others are connected."""
        await refuse_in_use(self.access, self.tls)

    async def restore(self, feed: Feed, rows: Mapping[str, int], keep: str | None) -> str | None:
        """Put the schema in the place of ours, in one transaction."""
        name = keep.replace("-", "_") if keep else None
        there = bool((await self.look()).rows)
        await asyncio.to_thread(restore, self.access, feed, rows, keep_as=name)
        return f"the schemas {SCHEMA}_{name} and {_VIEWS}_{name}" if name and there else None

    @asynccontextmanager
    async def scratch(self, name: str) -> AsyncIterator[Dumps]:
        """Yield an empty database."""
        async with scratch(self.access, self.scratch_url, self.tls, name) as access:
            yield replace(self, access=access, dumped_by=access)

    async def check_tools(self) -> str:
        """Return the version of pg_dump, after a look for the others."""
        for name in ("pg_restore", "psql"):
            self.access.program(name)
        command = [self.access.program("pg_dump"), "--version"]
        with running(command, self.access.environment) as program:
            said = program.stdout.read().decode("utf-8", "replace").strip()
            if why := program.ended():
                raise BackupToolMissing(private=why)
        return said


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A moment of a database: its name for pg_dump, what it holds, and how large that is about."""

    name: str
    contents: Contents
    size: int


@asynccontextmanager
async def snapshot(access: Access, tls: SSLContext | None) -> AsyncIterator[Snapshot]:
    """Hold a moment of the database as long as the block lasts."""
    async with (
        _connected(access, tls) as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        name = await connection.fetchval("SELECT pg_export_snapshot()")
        size = await connection.fetchval(_SIZE, SCHEMA)
        yield Snapshot(name, await _contents(connection), size)


async def look(access: Access, tls: SSLContext | None) -> Contents:
    """Return what a database holds."""
    async with _connected(access, tls) as connection:
        return await _contents(connection)


async def people(access: Access, tls: SSLContext | None) -> int:
    """Return how many accounts and services there are; none without the tables."""
    async with _connected(access, tls) as connection:
        there = {row["relname"] for row in await connection.fetch(_TABLES, SCHEMA)}
        names = [name for name in ("users", "services") if name in there]
        return sum([await _count(connection, name) for name in names])


async def refuse_in_use(access: Access, tls: SSLContext | None) -> None:
    """Refuse while others are connected, after some patience: who hung up just now is still seen a while.

    Problem: `database_in_use`.
    """
    async with _connected(access, tls) as connection:
        for _ in range(_LOOKS):
            others = await connection.fetchval(_OTHERS)
            if not others:
                return
            await asyncio.sleep(_BETWEEN_SECONDS)
    raise DatabaseInUse(private=f"{others} connections")


@contextmanager
def dump(access: Access, moment: Snapshot) -> Iterator[BinaryIO]:
    """Yield the dump of a snapshot as it comes. Problem, when the block ends: `backup_failed`."""
    with access.told() as where:
        command = [
            access.program("pg_dump"),
            "--format=custom",
            "--no-owner",
            "--no-privileges",
            "--enable-row-security",
            "--no-password",
            f"--schema={SCHEMA}",
            f"--schema={_VIEWS}",
            f"--snapshot={moment.name}",
            f"--dbname={where}",
        ]
        with running(command, access.environment) as program:
            yield program.stdout
            if why := program.ended():
                raise DumpFailed(private=why)


def restore(
    access: Access,
    feed: Feed,
    rows: Mapping[str, int],
    *,
    keep_as: str | None = None,
) -> None:
    """Put the schema in the place of ours, all or nothing; what was there is dropped, or kept under a name.

    `feed` writes the dump. Problem: `restore_failed`.
    """
    script = [access.program("pg_restore"), "--file=-", "--no-owner", "--no-privileges"]
    with access.told() as where:
        into = [
            *(access.program("psql"), "--no-psqlrc", "--quiet", "--no-password"),
            *("--set=ON_ERROR_STOP=1", "--output=/dev/null", f"--dbname={where}"),
        ]
        with (
            running(script, access.environment, stdin=True) as reading,
            running(into, access.environment, stdin=True) as writing,
        ):
            fed = _Feeding(feed, reading)
            try:
                _say(writing, ["BEGIN;", "SET LOCAL lock_timeout = '30s';", *_aside(keep_as)])
                shutil.copyfileobj(reading.stdout, writing.stdin, _CHUNK)
                fed.finish()
                if why := reading.ended():
                    raise RestoreFailed(private=why)
                _say(writing, ["SET row_security = on;", *_demands(rows), "COMMIT;"])
                writing.stdin.close()
            except BrokenPipeError as error:
                raise RestoreFailed(private=writing.ended()) from error
            if why := writing.ended():
                raise RestoreFailed(private=why)


@asynccontextmanager
async def scratch(
    access: Access, given: Secret, tls: SSLContext | None, name: str
) -> AsyncIterator[Access]:
    """Yield an empty database, the given one or one of that name, for as long as the block lasts."""
    if given:
        async with _given(replace(access, url=given), tls) as empty:
            yield empty
        return
    async with _connected(access, tls) as connection:
        try:
            await connection.execute(f'CREATE DATABASE "{name}"')
        except asyncpg.InsufficientPrivilegeError as error:
            raise NoScratch(private=str(error)) from error
        try:
            url = urlsplit(access.url.reveal())
            yield replace(access, url=Secret(urlunsplit(url._replace(path=f"/{name}"))))
        finally:
            await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@asynccontextmanager
async def _given(access: Access, tls: SSLContext | None) -> AsyncIterator[Access]:
    there = f"SELECT to_regnamespace('{SCHEMA}') IS NOT NULL"
    async with _connected(access, tls) as connection:
        if await connection.fetchval(there):
            raise NoScratch("The database of BACKUP_SCRATCH_URL is not empty.")
    try:
        yield access
    finally:
        async with _connected(access, tls) as connection:
            await connection.execute(_CLEAR)


class _Feeding:
    """Writes a dump into pg_restore, beside whoever reads what it makes of it."""

    def __init__(self, feed: Feed, reading: Program) -> None:
        self._feed, self._reading = feed, reading
        self._trouble: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="pg_restore-feed")
        self._thread.start()

    def finish(self) -> None:
        """Wait for the end; raise what went wrong."""
        self._thread.join()
        if self._trouble is not None and not isinstance(self._trouble, BrokenPipeError):
            raise self._trouble

    def _run(self) -> None:
        try:
            self._feed(self._reading.stdin)
            self._reading.stdin.close()
        except BaseException as error:  # noqa: BLE001 - raised again in `finish`
            self._trouble = error
            self._reading.process.kill()


def _aside(keep_as: str | None) -> Iterable[str]:
    """Return what makes room for the schema, once nobody writes to the old one any more."""
    yield _LOCK
    if keep_as is None:
        yield _CLEAR
        return
    for schema in (SCHEMA, _VIEWS):
        yield (
            f"DO $$ BEGIN IF to_regnamespace('{schema}') IS NOT NULL THEN"
            f" ALTER SCHEMA {schema} RENAME TO {schema}_{keep_as}; END IF; END $$;"
        )


def _demands(rows: Mapping[str, int]) -> Iterable[str]:
    """Return what fails unless each table has its rows."""
    for table, number in rows.items():
        quoted = table.replace('"', '""')
        yield (
            f'DO $$ BEGIN IF (SELECT count(*) FROM {SCHEMA}."{quoted}") <> {int(number)} THEN'
            f" RAISE EXCEPTION 'a table has not the rows it had'; END IF; END $$;"
        )


def _say(program: Program, lines: Iterable[str]) -> None:
    program.stdin.write("".join(f"{line}\n" for line in lines).encode())
    program.stdin.flush()


@asynccontextmanager
async def _connected(access: Access, tls: SSLContext | None) -> AsyncIterator[Any]:
    try:
        connection = await asyncpg.connect(
            access.url.reveal(),
            timeout=_SECONDS,
            server_settings={
                "application_name": "watchword backup",
                "search_path": SCHEMA,
                "watchword.tenant": str(DEFAULT_TENANT),
            },
            **({"ssl": tls} if tls else {}),
        )
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        raise DatabaseUnavailable(private=f"postgres: {error!r}") from error
    try:
        yield connection
    finally:
        await connection.close()


async def _contents(connection: Any) -> Contents:
    names = sorted(row["relname"] for row in await connection.fetch(_TABLES, SCHEMA))
    there = set(names)
    head = await connection.fetchrow(_HEAD) if "audit_chain" in there else None
    tombstones = await connection.fetch(_TOMBSTONES) if "erasures" in there else []
    versions = (
        await connection.fetch("SELECT version_num FROM alembic_version")
        if "alembic_version" in there
        else []
    )
    return Contents(
        schema=tuple(sorted(row["version_num"] for row in versions)),
        rows={name: await _count(connection, name) for name in names},
        head=(head["position"], head["digest"].hex()) if head else (0, ""),
        tombstones=tuple(
            Tombstone(row["id"], row["user_id"], row["erased_at"]) for row in tombstones
        ),
        known=await _known(connection) if "journal" in there else 0,
    )


async def _known(connection: Any) -> int:
    return numbers_in(row["facts"] for row in await connection.fetch(_KNOWN, list(TELL_OF_BACKUPS)))


async def _count(connection: Any, table: str) -> int:
    quoted = table.replace('"', '""')
    number: int = await connection.fetchval(f'SELECT count(*) FROM {SCHEMA}."{quoted}"')
    return number
