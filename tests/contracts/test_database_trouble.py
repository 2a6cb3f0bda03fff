"""A database in trouble: slow, frozen, gone, back again; nobody waits long, nothing is half done."""

import asyncio
import gc
import sqlite3
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest

from tests.contracts.conftest import PATIENCE, until
from tests.contracts.words import ADD, BY_NAME, COUNT, add
from tests.support.proxy import Wire, wire_to
from tests.support.quiet import quiet
from watchword.plumbing.db.changes import Changes
from watchword.plumbing.db.ports import Database, DatabaseUnavailable
from watchword.plumbing.db.postgres import PoolSettings, PostgresDatabase
from watchword.plumbing.db.sqlite import SqliteDatabase, sqlite_path

SHORT = timedelta(milliseconds=300)
TIGHT = PoolSettings(
    minimum=2,  # or making one would count against who waits
    maximum=2,
    wait=SHORT,
    connect_timeout=timedelta(seconds=1),
    statement_timeout=timedelta(seconds=1),
)
LONG = timedelta(minutes=1)
FAR = replace(
    TIGHT,
    wait=LONG,
    connect_timeout=timedelta(seconds=4),
    statement_timeout=timedelta(seconds=4),
)
PATIENT = replace(TIGHT, wait=LONG, connect_timeout=LONG, statement_timeout=LONG)


@pytest.fixture
async def tight(things_url: str) -> AsyncIterator[Database]:
    """Yield a database with few places and little patience."""
    async with _opened(things_url, TIGHT) as opened:
        yield opened


@pytest.fixture
async def small(things_url: str) -> AsyncIterator[Database]:
    """Yield a database with few places for which one may wait."""
    async with _opened(things_url, PATIENT) as opened:
        yield opened


@asynccontextmanager
async def _opened(url: str, pool: PoolSettings) -> AsyncIterator[Database]:
    if url.startswith("sqlite"):
        opened: SqliteDatabase | PostgresDatabase = SqliteDatabase(
            sqlite_path(url), Changes(), pool.wait
        )
    else:
        opened = PostgresDatabase(url, Changes(), pool)
    await opened.start()
    yield opened
    await opened.close()


async def test_who_finds_no_place_is_told_so_in_time(tight: Database) -> None:
    async with _held(tight), _second_if_there_is(tight):
        began = time.monotonic()
        async with asyncio.timeout(PATIENCE):
            with pytest.raises(DatabaseUnavailable):
                await add(tight, "too late")
        waited = time.monotonic() - began

    assert waited >= SHORT.total_seconds() * 0.9
    await add(tight, "afterwards")


@asynccontextmanager
async def _held(database: Database) -> AsyncIterator[None]:
    """A place taken: a transaction takes one with its first statement."""
    async with database.transaction() as tx:
        await tx.first(COUNT)
        yield


def _second_if_there_is(database: Database) -> AbstractAsyncContextManager[object]:
    if database.dialect == "postgresql":
        return _held(database)
    return asyncio.timeout(None)


async def test_places_are_given_in_the_order_of_asking(small: Database) -> None:
    served: list[int] = []
    async with _held(small), _second_if_there_is(small):
        pass  # every place there may be is open, for opening one takes its time

    async def work(number: int) -> None:
        async with small.transaction() as tx:
            served.append(number)
            await add(tx, f"work {number}")

    tasks = []
    for number in range(30):
        tasks.append(asyncio.create_task(work(number)))
        await asyncio.sleep(0)
    await asyncio.gather(*tasks)

    assert all(abs(place - number) <= 3 for place, number in enumerate(served))


async def test_what_a_killed_process_had_begun_never_was(things_url: str, tight: Database) -> None:
    program = (
        "import asyncio, sys\n"
        "from tests.contracts.conftest import open_database\n"
        "from tests.contracts.words import add\n"
        "async def main():\n"
        "    async with open_database(sys.argv[1]).transaction() as tx:\n"
        "        await add(tx, 'half-done')\n"
        "        print('begun', flush=True)\n"
        "        await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, things_url, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"begun\n"
    process.kill()
    await process.wait()

    async with asyncio.timeout(PATIENCE):
        await _when_it_lets_us(tight)
    assert await tight.first(BY_NAME, name="half-done") is None


async def _when_it_lets_us(database: Database) -> None:
    while True:
        try:
            await add(database, "half-done but mine")
        except DatabaseUnavailable:
            continue
        return


# --- SQLite ------------------------------------------------------------------------


@pytest.fixture
async def file(sqlite_things: str) -> AsyncIterator[SqliteDatabase]:
    """Yield an open SQLite database of little patience."""
    opened = SqliteDatabase(sqlite_path(sqlite_things), Changes(), SHORT)
    await opened.start()
    yield opened
    await opened.close()


async def test_a_writer_elsewhere_makes_us_wait_but_not_for_ever_and_readers_not_at_all(
    file: SqliteDatabase, sqlite_things: str
) -> None:
    await add(file, "there")
    elsewhere = sqlite3.connect(sqlite_path(sqlite_things), isolation_level=None)
    elsewhere.execute("BEGIN IMMEDIATE")
    writing = asyncio.create_task(add(file, "blocked"))
    await quiet(0.05)
    assert (await file.first(COUNT)).number == 1  # while somebody writes, and goes on writing
    with pytest.raises(DatabaseUnavailable):
        await writing
    elsewhere.execute("COMMIT")
    elsewhere.close()

    await add(file, "free again")


async def test_news_is_not_trusted_while_another_writer_keeps_us_from_looking(
    file: SqliteDatabase, sqlite_things: str
) -> None:
    await until(lambda: file.changes.trusted(time.monotonic()))
    elsewhere = sqlite3.connect(sqlite_path(sqlite_things), isolation_level=None)
    elsewhere.execute("INSERT INTO things (id, name) VALUES ('x', 'from elsewhere')")
    heard: list[str] = []
    file.changes.listen("sessions", heard.append)
    elsewhere.close()

    await until(lambda: bool(heard))
    assert {*heard} == {""}


def test_nobody_else_may_read_the_file(sqlite_things: str) -> None:
    assert Path(sqlite_path(sqlite_things)).stat().st_mode & 0o077 == 0


# --- PostgreSQL --------------------------------------------------------------------


@pytest.fixture
async def wire(postgres_things: str) -> AsyncIterator[Wire]:
    """Yield a wire to a database with the table of things."""
    async with wire_to(postgres_things) as wire:
        yield wire


@pytest.fixture
async def far(wire: Wire) -> AsyncIterator[PostgresDatabase]:
    """Yield that database, at the other end of the wire, once its news is trusted."""
    async with _far(wire, FAR) as opened:
        yield opened


@pytest.fixture
async def patient(wire: Wire) -> AsyncIterator[PostgresDatabase]:
    """Yield the same to somebody who would wait a minute for each statement."""
    async with _far(wire, PATIENT) as opened:
        yield opened


@asynccontextmanager
async def _far(wire: Wire, pool: PoolSettings) -> AsyncIterator[PostgresDatabase]:
    opened = PostgresDatabase(wire.url, Changes(), pool)
    await opened.start()
    await until(lambda: opened.changes.trusted(time.monotonic()))
    yield opened
    wire.thaw()
    await opened.close()


async def test_trust_ends_within_a_second_of_a_frozen_server_and_returns_with_it(
    far: PostgresDatabase, wire: Wire, postgres_things: str
) -> None:
    heard: list[str] = []
    far.changes.listen("sessions", heard.append)
    wire.freeze()
    frozen_at = time.monotonic()
    await quiet(0.2)
    assert not far.changes.trusted(frozen_at + 1)
    near = PostgresDatabase(postgres_things, Changes(), PATIENT)
    async with near.transaction() as tx:
        await add(tx, "meanwhile")
        tx.announce("sessions", "session:9")
    await near.close()
    await until(lambda: not far.changes.trusted(time.monotonic()))
    wire.thaw()
    await until(lambda: far.changes.trusted(time.monotonic()))

    assert {"session:9", ""} & {*heard}


async def test_when_the_listener_is_killed_everything_is_forgotten_and_it_comes_back(
    far: PostgresDatabase, postgres_things: str
) -> None:
    heard: list[str] = []
    far.changes.listen("sessions", heard.append)
    await _kill_backends(postgres_things)
    await until(lambda: "" in heard)

    await until(lambda: far.changes.trusted(time.monotonic()))
    heard.clear()
    async with far.transaction() as tx:
        await add(tx, "news")
        tx.announce("sessions", "session:1")
    await until(lambda: "session:1" in heard)


async def test_nothing_is_trusted_between_a_lost_listener_and_its_first_beat(
    far: PostgresDatabase, wire: Wire
) -> None:
    wire.shut()
    forgotten: list[bool] = []
    far.changes.listen(
        "sessions", lambda _: forgotten.append(far.changes.trusted(time.monotonic()))
    )
    await until(lambda: len(forgotten) > 0)
    wire.reopen()
    await until(lambda: far.changes.trusted(time.monotonic()))

    assert not any(forgotten)


async def test_a_listener_that_finds_only_a_server_without_writes_waits_until_it_takes_them(
    wire: Wire, postgres_things: str
) -> None:
    wire.url += "?target_session_attrs=read-write"  # as of several hosts the primary is asked for
    async with _far(wire, FAR) as far, _operator(postgres_things) as operator:
        dialled = wire.taken
        await operator.execute(_WRITES.format("SET default_transaction_read_only = on"))
        await operator.execute(_KILL)
        await until(lambda: wire.taken > dialled + 2)
        await operator.execute(_WRITES.format("RESET default_transaction_read_only"))

        await until(lambda: far.changes.trusted(time.monotonic()))


async def test_a_statement_that_meets_silence_gives_up_and_so_does_its_connection(
    far: PostgresDatabase, wire: Wire
) -> None:
    await add(far, "before")
    wire.freeze()
    asked = [asyncio.create_task(far.first(COUNT)) for _ in range(4)]
    async with asyncio.timeout(PATIENCE):
        answers = await asyncio.gather(*asked, return_exceptions=True)
    wire.thaw()

    assert {type(answer) for answer in answers} == {DatabaseUnavailable}
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*(far.first(COUNT) for _ in range(10)))
    assert far.size <= TIGHT.maximum


async def test_a_transaction_that_meets_silence_is_undone(
    far: PostgresDatabase, wire: Wire, postgres_things: str
) -> None:
    with pytest.raises(DatabaseUnavailable):
        async with far.transaction() as tx:
            await add(tx, "lost")
            wire.freeze()
            await tx.first(COUNT)
    wire.thaw()

    assert await far.first(BY_NAME, name="lost") is None
    async with asyncio.timeout(PATIENCE):  # the server hears of it a moment later
        while await _idle_in_transaction(postgres_things):
            await asyncio.sleep(0.05)


async def test_who_is_cancelled_in_silence_is_free_at_once(
    patient: PostgresDatabase, wire: Wire
) -> None:
    await add(patient, "warm")
    wire.freeze()
    asked = asyncio.create_task(patient.run(ADD, id=None, name=None))
    await quiet(0.05)
    asked.cancel()
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(asked, return_exceptions=True)
    wire.thaw()

    await add(patient, "afterwards")


async def test_after_a_restart_all_is_well_again(far: PostgresDatabase, wire: Wire) -> None:
    await asyncio.gather(add(far, "a"), add(far, "b"))
    wire.shut()
    with pytest.raises(DatabaseUnavailable):
        await add(far, "while it is away")
    wire.reopen()

    await asyncio.gather(*(add(far, f"later {number}") for number in range(10)))
    assert far.size <= TIGHT.maximum


async def test_a_cancelled_statement_ends_at_the_server_by_its_timeout(
    wire: Wire, postgres_things: str
) -> None:
    brief = replace(PATIENT, statement_timeout=timedelta(seconds=3))  # which the server heeds
    holding = await asyncpg.connect(postgres_things, server_settings={"search_path": "auth"})
    await holding.execute("BEGIN")
    await holding.execute("LOCK TABLE things")
    looking = await asyncpg.connect(postgres_things)  # a transaction would see one moment only
    async with asyncio.timeout(PATIENCE), _far(wire, brief) as far:
        asked = asyncio.create_task(far.first(COUNT))
        while not await _waiting_for_locks(looking):
            await asyncio.sleep(0.02)
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)
        while await _waiting_for_locks(looking):
            await asyncio.sleep(0.02)
    await looking.close()
    await holding.close()


@pytest.mark.req("M-54")
async def test_fifty_at_once_share_twenty_connections_and_idle_ones_are_closed(
    postgres_things: str,
) -> None:
    opened = PostgresDatabase(
        postgres_things,
        Changes(),
        PoolSettings(minimum=1, idle=timedelta(seconds=1), wait=LONG, connect_timeout=LONG),
    )
    await opened.start()
    await asyncio.gather(*(add(opened, f"many {number}") for number in range(50)))
    most = opened.size
    await until(lambda: opened.size == 1)
    await opened.close()

    assert 1 < most <= 20
    assert opened.size == 0


_KILL = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
_WRITES = "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I {}', current_database()); END $$"


@asynccontextmanager
async def _operator(url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(url)
    yield connection
    await connection.close()


async def _kill_backends(url: str) -> None:
    async with _operator(url) as killer:
        await killer.execute(_KILL)


async def _idle_in_transaction(url: str) -> int:
    looking = await asyncpg.connect(url)
    found: int = await looking.fetchval(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND state LIKE 'idle in transaction%'"
    )
    await looking.close()
    return found


async def _waiting_for_locks(connection: asyncpg.Connection) -> int:
    found: int = await connection.fetchval(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    return found


async def test_a_stop_while_a_connection_is_being_made_leaves_no_error_behind() -> None:
    told: list[str] = []
    asyncio.get_running_loop().set_exception_handler(
        lambda _loop, about: told.append(about["message"])
    )

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        for turns in range(12):  # of the loop, until the stop
            url = f"postgresql://id@127.0.0.1:{port}/id"
            database = PostgresDatabase(url, Changes(), replace(TIGHT, minimum=0))
            await database.start()
            for _ in range(turns):
                await asyncio.sleep(0)
            await database.close()
            gc.collect()
    assert told == []
