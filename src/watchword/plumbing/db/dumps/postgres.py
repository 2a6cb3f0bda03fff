"""PostgreSQL out of a snapshot and into a schema: pg_dump and pg_restore, in streams, never through a file.

    dump        pg_dump of that snapshot, in its custom format, read by whoever encrypts it
    restore     pg_restore's script into psql, in one transaction; COMMIT is sent by us, when pg_restore ended
                well and every table has its rows
    beside      a schema of another name: what is restored there is nobody's until `take_in` gives it ours
    scratch     a database for a while, to restore into and look; what a killed verification left of one goes
                first: a database of such a name that nobody uses, or the schema that it marked as left there

Row-level security comes with the last of what is restored, so that an ordinary owner can bring the rows of
all tenants back; it is not forced on that owner while they are counted.
"""

import asyncio
import re
import shutil
import threading
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from ssl import SSLContext
from typing import Any, BinaryIO, Final
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from watchword.kernel.ids import TenantId
from watchword.kernel.problems import Kind, Problem
from watchword.kernel.secret import Secret
from watchword.plumbing.db.dumps.contents import (
    GOODBYE,
    SCRATCH,
    BackupToolMissing,
    Contents,
    Dump,
    DumpFailed,
    Dumps,
    Erased,
    Feed,
    RestoreFailed,
    RoleMissing,
)
from watchword.plumbing.db.dumps.libpq import Access
from watchword.plumbing.db.dumps.looking import (
    A_CLIENT,
    Snapshot,
    connected,
    failing,
    look,
    look_at_all,
    named,
    people,
    refuse_in_use,
    snapshot,
)
from watchword.plumbing.db.dumps.piping import Program, running
from watchword.plumbing.db.dumps.tenancy import erased_in, tenants_in
from watchword.plumbing.db.scope import SCHEMA

_VIEWS: Final = "audit"  # the schema of a view, for other systems
_CHUNK: Final = 1 << 16
_NO_ROLE = re.compile(r'role "([^"]+)" does not exist')
_LOCK = (
    "DO $$ DECLARE each record; BEGIN FOR each IN SELECT relname FROM pg_class"
    f" WHERE relnamespace = to_regnamespace('{SCHEMA}') AND relkind = 'r' ORDER BY relname LOOP"
    f" EXECUTE format('LOCK TABLE {SCHEMA}.%I IN ACCESS EXCLUSIVE MODE', each.relname);"
    " END LOOP; END $$;"
)


_BESIDE: Final = f"{SCHEMA}_restoring"
_ASIDE: Final = f"{SCHEMA}_meanwhile"
_PATIENCE = "SET LOCAL lock_timeout = '30s';"
_THERE = (
    "SELECT EXISTS (SELECT FROM pg_class"
    f" WHERE relnamespace = to_regnamespace('{SCHEMA}') AND relkind = 'r')"
)
_CLEAR = (  # with the last of it, unless somebody else has something there
    f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE; DROP SCHEMA IF EXISTS {_VIEWS};"
)
_CLEAR_BESIDE = f"DROP SCHEMA IF EXISTS {_BESIDE}, {_VIEWS}_restoring CASCADE;"
_LEFT = (  # databases that only we would make, with nobody in them
    "SELECT datname FROM pg_database"
    f" WHERE datname ~ '^{SCRATCH}[0-9]{{8}}_[0-9]{{6}}$' AND pg_get_userbyid(datdba) = current_user"
    " AND NOT EXISTS (SELECT FROM pg_stat_activity AS other"
    f" WHERE other.datname = pg_database.datname AND {A_CLIENT}) ORDER BY datname"
)
_IN_TURN = f"SELECT pg_advisory_lock(hashtextextended('{SCRATCH}', 0))"
_CLAIM = f"SELECT pg_try_advisory_lock(hashtextextended('{SCRATCH}', 0))"
_MARK: Final = "a backup that watchword restored to look at it, and will drop"
_MARKED = f"COMMENT ON SCHEMA {SCHEMA} IS '{_MARK}';"
_STANDS = f"SELECT to_regnamespace('{SCHEMA}') IS NOT NULL"
_WAS_LEFT = f"SELECT obj_description(to_regnamespace('{SCHEMA}'), 'pg_namespace') = '{_MARK}'"
_PLACE = (
    "SELECT concat_ws(' ', oid, pg_postmaster_start_time()) FROM pg_database"
    " WHERE datname = current_database()"
)


class NoScratch(Problem):
    """There is no database to restore into and look: name an empty one in BACKUP_SCRATCH_URL."""

    code = "no_scratch"
    kind = Kind.CONFLICT


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresDumps:
    """A database of a server: dumped by one role, restored by the one that owns it.

    `alone`: nobody else uses it.
    """

    access: Access
    dumped_by: Access
    scratch_url: Secret
    tls: SSLContext | None = None
    alone: bool = False
    schema: str = SCHEMA
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
        """Return what it holds: what our role sees, or all of it where we are alone."""
        if self.alone:
            return await look_at_all(self.access, self.tls)
        return await look(self.access, self.tls)

    async def people(self) -> int:
        """Return how many accounts and services it holds."""
        return await people(self.access, self.tls)

    async def refuse_in_use(self, patience: timedelta = GOODBYE) -> None:
        """Refuse while others are connected."""
        await refuse_in_use(self.access, self.tls, patience)

    async def tenants(self) -> Sequence[TenantId]:
        """Return whose rows there are."""
        return await tenants_in(self.access, self.tls, self.schema)

    async def erased(self) -> Erased:
        """Return who was erased, as our schema knows and those that were kept aside."""
        return await erased_in(self.access, self.tls)

    async def restore(self, feed: Feed, rows: Mapping[str, int]) -> None:
        """Restore in one transaction, into the schema that is ours."""
        await asyncio.to_thread(restore, self.access, feed, rows, self.schema)

    @asynccontextmanager
    async def beside(self) -> AsyncIterator[Dumps]:
        """Yield a schema beside ours, whose name is free."""
        await self._run(_CLEAR_BESIDE)
        try:
            yield replace(self, schema=_BESIDE)
        finally:
            with suppress(
                Problem
            ):  # why it failed is told already; the next restoration clears it away
                await self._run(_CLEAR_BESIDE)

    async def take_in(self, beside: Dumps, keep: str | None) -> str | None:
        """Give the schema beside ours our name, in one transaction."""
        name = keep.replace("-", "_") if keep else None
        aside = _renamed(SCHEMA, f"{SCHEMA}_{name}") if name else [_CLEAR]
        there = await self._run(_LOCK, *aside, *_renamed(beside.schema, SCHEMA))
        return f"the schemas {SCHEMA}_{name} and {_VIEWS}_{name}" if name and there else None

    async def _run(self, *statements: str) -> bool:
        """Run statements in one transaction; tell whether our schema was there. Problem: `restore_failed`."""
        try:
            async with connected(self.access, self.tls) as connection, connection.transaction():
                await connection.execute(_PATIENCE)
                there: bool = await connection.fetchval(_THERE)
                for each in statements:
                    await connection.execute(each)
        except (asyncpg.PostgresError, OSError) as error:
            raise RestoreFailed(private=f"postgres: {error}") from error
        return there

    @asynccontextmanager
    async def scratch(self, name: str) -> AsyncIterator[Dumps]:
        """Yield an empty database."""
        async with scratch(self.access, self.scratch_url, self.tls, name) as access:
            yield replace(self, access=access, dumped_by=access, alone=True)

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
    schema: str = SCHEMA,
) -> None:
    """Make our schema of a dump, or one beside it, all or nothing; ours stays as it is then.

    A dump knows one name, ours: what has it steps aside within the transaction, which nobody sees.
    `feed` writes the dump. Problems: `restore_failed`, `restore_role_missing`.
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
                aside = [_CLEAR] if schema == SCHEMA else _renamed(SCHEMA, _ASIDE)
                back = (
                    [_MARKED]  # only what is looked at takes our name at once
                    if schema == SCHEMA
                    else [*_renamed(SCHEMA, schema), *_renamed(_ASIDE, SCHEMA)]
                )
                _say(writing, ["BEGIN;", _PATIENCE, *aside])
                shutil.copyfileobj(reading.stdout, writing.stdin, _CHUNK)
                fed.finish()
                if why := reading.ended():
                    raise RestoreFailed(private=why)
                _say(writing, [*_demands(rows), *back, "COMMIT;"])
                writing.stdin.close()
            except BrokenPipeError as error:
                raise _failed(writing.ended()) from error
            if why := writing.ended():
                raise _failed(why)


@asynccontextmanager
async def scratch(
    access: Access, given: Secret, tls: SSLContext | None, name: str
) -> AsyncIterator[Access]:
    """Yield an empty database, the given one or one of that name, for as long as the block lasts.

    Problem: `no_scratch`.
    """
    there = given or Secret(urlunsplit(urlsplit(access.url.reveal())._replace(path=f"/{name}")))
    place = replace(access, url=there)
    async with _given(access, place, tls) if given else _made(access, place, tls, name):
        yield place


@asynccontextmanager
async def _made(
    access: Access, place: Access, tls: SSLContext | None, name: str
) -> AsyncIterator[None]:
    """Make a database, and stay in it: so another verification sees that it is in use."""
    async with AsyncExitStack() as held:
        async with connected(access, tls) as connection:
            with failing(NoScratch):
                await connection.execute(_IN_TURN)  # until somebody is in it
                await _sweep(connection)
                await connection.execute(f'CREATE DATABASE "{name}"')
            held.push_async_callback(_drop, access, tls, name)
            await held.enter_async_context(connected(place, tls))
        yield


async def _sweep(connection: Any) -> None:
    """Drop what killed verifications left."""
    for (name,) in await connection.fetch(_LEFT):
        with suppress(asyncpg.ObjectInUseError):  # somebody came meanwhile
            await connection.execute(f'DROP DATABASE IF EXISTS "{name}"')


async def _drop(access: Access, tls: SSLContext | None, name: str) -> None:
    with failing(NoScratch):
        async with connected(access, tls) as connection:
            await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@asynccontextmanager
async def _given(access: Access, place: Access, tls: SSLContext | None) -> AsyncIterator[None]:
    """Claim a database that is empty, or has what we left there, and empty it in the end."""
    async with connected(place, tls) as connection:
        with failing(NoScratch):
            if not await connection.fetchval(_CLAIM):
                raise NoScratch("Another backup is verified in the database of BACKUP_SCRATCH_URL.")
            if await connection.fetchval(_STANDS):
                await _refuse_unless_left(connection, access, tls)
                await connection.execute(_CLEAR)
        try:
            yield
        finally:
            with failing(NoScratch):
                async with connected(place, tls) as another:  # the first may have been hung up on
                    await another.execute(_CLEAR)


async def _refuse_unless_left(connection: Any, access: Access, tls: SSLContext | None) -> None:
    """Refuse a schema that we did not leave there, and one that is served from by now."""
    async with connected(access, tls) as ours:
        same = await connection.fetchval(_PLACE) == await ours.fetchval(_PLACE)
    if same or not await connection.fetchval(_WAS_LEFT):
        raise NoScratch("The database of BACKUP_SCRATCH_URL is not empty.")


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


def _renamed(schema: str, name: str) -> Iterable[str]:
    """Return what gives a schema another name, if it is there, and that of its views with it."""
    for old, new in ((schema, name), (_views(schema), _views(name))):
        yield (
            f"DO $$ BEGIN IF to_regnamespace('{old}') IS NOT NULL THEN"
            f" ALTER SCHEMA {old} RENAME TO {new}; END IF; END $$;"
        )


def _views(schema: str) -> str:
    return schema.replace(SCHEMA, _VIEWS, 1)


def _demands(rows: Mapping[str, int]) -> Iterable[str]:
    """Return what fails unless each table has its rows, those of all tenants."""
    for table, number in rows.items():
        name = named(table)
        yield (
            "DO $$ DECLARE forced boolean; BEGIN"
            f" SELECT relforcerowsecurity INTO STRICT forced FROM pg_class WHERE oid = '{name}'::regclass;"
            f" ALTER TABLE {name} NO FORCE ROW LEVEL SECURITY;"
            f" IF (SELECT count(*) FROM {name}) <> {int(number)} THEN"
            " RAISE EXCEPTION 'a table has not the rows it had'; END IF;"
            f" IF forced THEN ALTER TABLE {name} FORCE ROW LEVEL SECURITY; END IF; END $$;"
        )


def _failed(why: str | None) -> Problem:
    if missing := _NO_ROLE.search(why or ""):
        return RoleMissing(f"The role {missing[1]} of a tenant is not there: make it first.")
    return RestoreFailed(private=why)


def _say(program: Program, lines: Iterable[str]) -> None:
    program.stdin.write("".join(f"{line}\n" for line in lines).encode())
    program.stdin.flush()
