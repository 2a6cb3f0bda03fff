"""One database behind one contract: SQLite and PostgreSQL keep the same promises."""

import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.contracts.conftest import BUSY_SECOND, open_database, until
from tests.contracts.words import BY_NAME, COUNT, GET, LACKED, LOOK_UP, PUT, SIZED, SPEND, add
from watchword.plumbing.db.changes import Changes
from watchword.plumbing.db.ports import (
    Broken,
    Database,
    DatabaseUnavailable,
    SchemaBehind,
    Taken,
    Unmet,
)
from watchword.plumbing.db.sqlite import SqliteDatabase

NOW = datetime(2026, 11, 21, 3, 4, 5, 678901, tzinfo=UTC)


@pytest.fixture
async def database(things_url: str) -> AsyncIterator[Database]:
    """Yield a database with the table of things."""
    opened = open_database(things_url)
    await opened.start()
    yield opened
    await opened.close()


@pytest.mark.parametrize(
    "values",
    [
        {
            "at": NOW,
            "size": 7,
            "good": True,
            "content": b"\x00\xff",
            "facts": {"a": [1, None, "é"]},
        },
        {
            "at": datetime(1969, 12, 31, 23, 59, 59, 1, tzinfo=UTC),
            "size": -1,
            "good": False,
            "content": b"",
            "facts": [],
        },
        {"at": None, "size": None, "good": None, "content": None, "facts": {"deep": {"er": True}}},
    ],
)
async def test_what_goes_in_comes_out(database: Database, values: dict[str, Any]) -> None:
    thing = uuid4()
    await database.run(PUT, id=thing, name='n\'importe "quoi" % ? :x $1', **values)
    row = await database.first(GET, id=thing)

    assert row._asdict() == {
        "id": thing,
        "name": 'n\'importe "quoi" % ? :x $1',
        "spent_at": None,
        **values,
    }
    assert isinstance(row.id, UUID)
    assert row.good is values["good"]


async def test_a_moment_of_another_zone_is_the_same_moment(database: Database) -> None:
    thing, dakar = uuid4(), NOW.astimezone(timezone(timedelta(hours=5, minutes=30)))
    await database.run(PUT, id=thing, name="x", at=dakar, size=0, good=True, content=b"", facts={})
    found = (await database.first(GET, id=thing)).at

    assert found == NOW
    assert found.utcoffset() == timedelta(0)


@pytest.mark.parametrize("what", LACKED)
async def test_a_schema_that_lacks_something_is_named_as_the_reason(
    database: Database, what: str
) -> None:
    with pytest.raises(SchemaBehind) as alone:
        await database.run(LACKED[what])
    with pytest.raises(SchemaBehind):
        async with database.transaction() as tx:
            await tx.run(LACKED[what])

    assert any(name in str(alone.value.private) for name in ("hats", "colour"))


async def test_nothing_found_is_none_or_an_empty_list(database: Database) -> None:
    assert await database.first(GET, id=uuid4()) is None
    assert await database.all(GET, id=uuid4()) == []


async def test_run_tells_how_many_rows_were_touched(database: Database) -> None:
    for name in ("a", "b", "c"):
        await add(database, name)

    assert await database.run(SIZED, becomes=3) == 3
    assert await database.run(SPEND, which=uuid4(), now=NOW) == 0


async def test_a_transaction_commits_when_its_block_ends(database: Database) -> None:
    async with database.transaction() as tx:
        await add(tx, "kept")

    assert await database.first(BY_NAME, name="kept")


async def test_a_transaction_sees_what_it_wrote(database: Database) -> None:
    async with database.transaction() as tx:
        thing = await add(tx, "mine")
        assert (await tx.first(BY_NAME, name="mine")).id == thing


async def test_an_error_undoes_everything(database: Database) -> None:
    with pytest.raises(LookupError):
        async with database.transaction() as tx:
            await add(tx, "gone")
            raise LookupError

    assert await database.first(BY_NAME, name="gone") is None


async def test_nobody_sees_what_is_not_committed(database: Database) -> None:
    async with database.transaction() as tx:
        await add(tx, "half-done")
        assert await database.first(BY_NAME, name="half-done") is None


async def test_a_second_one_of_a_unique_value_is_taken(database: Database) -> None:
    await add(database, "one")

    with pytest.raises(Taken):
        await add(database, "one")


async def test_taken_is_told_by_the_statement_itself(database: Database) -> None:
    await add(database, "one")
    told = False
    with contextlib.suppress(Broken):
        async with database.transaction() as tx:
            try:
                await add(tx, "one")
            except Taken:
                told = True

    assert told


async def test_after_a_failed_statement_a_transaction_cannot_pretend_to_commit(
    database: Database,
) -> None:
    await add(database, "one")
    with pytest.raises(Broken):
        async with database.transaction() as tx:
            await add(tx, "before")
            with contextlib.suppress(Taken):
                await add(tx, "one")

    assert await database.first(BY_NAME, name="before") is None
    await add(database, "after")


async def test_what_the_body_raises_is_not_the_databases_fault(database: Database) -> None:
    with pytest.raises(TimeoutError):
        async with database.transaction():
            raise TimeoutError
    with pytest.raises(OSError, match="elsewhere"):
        async with database.transaction():
            raise OSError("elsewhere")


async def test_of_twenty_spenders_one_wins(database: Database) -> None:
    thing = await add(database, "once")

    async def spend() -> bool:
        async with database.transaction() as tx:
            return await tx.first(SPEND, which=thing, now=NOW) is not None

    assert sorted(await asyncio.gather(*(spend() for _ in range(20)))) == [False] * 19 + [True]


async def test_of_twenty_who_register_one_name_one_wins(database: Database) -> None:
    async def register() -> bool:
        try:
            async with database.transaction() as tx:
                if await tx.first(BY_NAME, name="wanted") is None:
                    await add(tx, "wanted")
                    return True
        except Taken:
            pass
        return False

    assert sum(await asyncio.gather(*(register() for _ in range(20)))) == 1


@pytest.mark.parametrize("patience", [0, 1, 2, 4, 8, 16])
async def test_who_is_cancelled_leaves_nothing_behind(database: Database, patience: int) -> None:
    async def work(number: int) -> None:
        async with database.transaction() as tx:
            await add(tx, f"left {number}")
            await tx.first(COUNT)
            await asyncio.sleep(60)

    tasks = [asyncio.create_task(work(number)) for number in range(5)]
    for _ in range(patience):
        await asyncio.sleep(0.001)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

    assert (await database.first(COUNT)).number == 0
    async with asyncio.timeout(5):
        await asyncio.gather(*(add(database, f"next {number}") for number in range(40)))
    assert database.size <= 20


async def test_who_is_cancelled_while_committing_has_committed_or_not_at_all(
    database: Database,
) -> None:
    news: list[str] = []
    database.changes.listen("topic", news.append)

    async def work(number: int) -> None:
        async with database.transaction() as tx:
            await add(tx, f"thing {number}")
            tx.announce("topic", str(number))

    for number in range(30):
        task = asyncio.create_task(work(number))
        for _ in range(number // 2):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    there = [n for n in range(30) if await database.first(BY_NAME, name=f"thing {n}")]
    await until(lambda: {*map(str, there)} <= {*news}, BUSY_SECOND)

    assert {*news} - {""} == {*map(str, there)}
    await add(database, "and on it goes")


@pytest.fixture
async def other(things_url: str) -> AsyncIterator[Database]:
    """Yield a second process' view of the same database: connections and news of its own."""
    opened = open_database(things_url, Changes())
    await opened.start()
    yield opened
    await opened.close()


async def test_news_is_told_here_at_once_and_elsewhere_within_a_second(
    database: Database, other: Database
) -> None:
    here: list[str] = []
    there: list[str] = []
    await until(lambda: other.changes.trusted(time.monotonic()), 5)
    await until(lambda: database.changes.trusted(time.monotonic()), 5)
    database.changes.listen("sessions", here.append)
    other.changes.listen("sessions", there.append)

    async with database.transaction() as tx:
        await add(tx, "ended")
        tx.announce("sessions", "session:1")
        assert here == []

    assert "session:1" in here
    assert await until(lambda: bool(there), 5) < BUSY_SECOND


async def test_news_of_another_process_arrives(things_url: str, database: Database) -> None:
    heard: list[str] = []
    await until(lambda: database.changes.trusted(time.monotonic()), 5)
    database.changes.listen("sessions", heard.append)
    program = (
        "import asyncio, sys\n"
        "from tests.contracts.conftest import open_database\n"
        "from tests.contracts.words import add\n"
        "async def main():\n"
        "    db = open_database(sys.argv[1])\n"
        "    async with db.transaction() as tx:\n"
        "        await add(tx, 'from afar')\n"
        "        tx.announce('sessions', 'session:2')\n"
        "    await db.close()\n"
        "asyncio.run(main())\n"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, things_url)
    assert await process.wait() == 0

    assert await until(lambda: bool(heard), 5) < BUSY_SECOND


async def test_no_news_of_what_was_rolled_back(database: Database) -> None:
    heard: list[str] = []
    database.changes.listen("sessions", lambda subject: heard.append(subject) if subject else None)
    with contextlib.suppress(LookupError):
        async with database.transaction() as tx:
            tx.announce("sessions", "session:3")
            raise LookupError
    async with database.transaction() as tx:
        await add(tx, "later")
        tx.announce("sessions", "session:4")
    await until(lambda: "session:4" in heard, BUSY_SECOND)

    assert "session:3" not in heard


async def test_one_process_own_writes_do_not_make_it_forget_everything(database: Database) -> None:
    await until(lambda: database.changes.trusted(time.monotonic()), 5)
    heard: list[str] = []
    database.changes.listen("sessions", heard.append)
    for number in range(5):
        await add(database, f"own {number}")
    await asyncio.sleep(0.6)

    assert heard == []
    assert database.changes.trusted(time.monotonic())


async def test_news_is_not_trusted_before_it_is_proven(things_url: str) -> None:
    fresh = open_database(things_url)

    assert not fresh.changes.trusted(time.monotonic())


async def test_a_database_out_of_reach_is_unavailable(things_url: str) -> None:
    with pytest.raises(DatabaseUnavailable):
        if things_url.startswith("sqlite"):
            SqliteDatabase(Path("/proc/none/at/all.db"), Changes())
        else:
            await open_database("postgresql://a:b@127.0.0.1:1/c").start()


async def test_many_may_look_up_at_once_and_each_gets_their_own(database: Database) -> None:
    known = {f"thing {number}": await add(database, f"thing {number}") for number in range(40)}
    names = [*known, "nobody's", *reversed(known)]
    rows = await asyncio.gather(*(database.first(LOOK_UP, name=name) for name in names))

    assert [row and row.id for row in rows] == [known.get(name) for name in names]


async def test_a_look_up_within_a_transaction_sees_what_it_did(database: Database) -> None:
    async with database.transaction() as tx:
        thing = await add(tx, "mine")
        row = await tx.first(LOOK_UP, name="mine")

        assert row is not None
        assert row.id == thing


async def test_what_is_left_for_later_is_written_with_the_commit_in_one_go(
    database: Database,
) -> None:
    first, second = uuid4(), uuid4()
    rest = {"at": NOW, "size": 1, "good": True, "content": b"", "facts": {}}
    async with database.transaction() as tx:
        await tx.later(PUT, id=first, name="first $1", **rest)
        await tx.later(PUT, id=second, name="second $2", **rest)
        assert await tx.first(GET, id=first) is None
        tx.announce("things", "both")
    assert (await database.first(GET, id=first)).name == "first $1"
    assert (await database.first(GET, id=second)).name == "second $2"


async def test_what_is_left_for_later_is_forgotten_when_the_transaction_fails(
    database: Database,
) -> None:
    thing = uuid4()
    rest = {"at": NOW, "size": 1, "good": True, "content": b"", "facts": {}}
    with pytest.raises(ZeroDivisionError):
        async with database.transaction() as tx:
            await tx.later(PUT, id=thing, name="x", **rest)
            raise ZeroDivisionError
    assert await database.first(GET, id=thing) is None


async def test_one_write_of_those_left_for_later_that_fails_takes_all_with_it(
    database: Database,
) -> None:
    there, new = uuid4(), uuid4()
    rest = {"at": NOW, "size": 1, "good": True, "content": b"", "facts": {}}
    await database.run(PUT, id=there, name="there", **rest)
    with pytest.raises(Taken):
        async with database.transaction() as tx:
            await tx.run(PUT, id=uuid4(), name="before", **rest)
            await tx.later(PUT, id=new, name="new", **rest)
            await tx.later(PUT, id=there, name="again", **rest)
    assert await database.first(GET, id=new) is None
    assert (await database.first(COUNT)).number == 1


async def test_a_transaction_happens_provided_its_condition_finds_a_row(database: Database) -> None:
    spent, thing = await add(database, "spent"), uuid4()
    rest = {"at": NOW, "size": 1, "good": True, "content": b"", "facts": {}}
    heard: list[str] = []
    database.changes.listen("things", heard.append)
    for name in ("first", "second"):
        with contextlib.suppress(Unmet):
            async with database.transaction() as tx:
                await tx.later(PUT, id=thing, name=name, **rest)
                await tx.provided(SPEND, which=spent, now=NOW)
                tx.announce("things", name)
    assert (await database.first(GET, id=spent)).spent_at == NOW
    assert (await database.first(GET, id=thing)).name == "first"
    assert set(heard) - {""} == {"first"}  # "" when the listener begins: anything may have happened


async def test_a_transaction_whose_condition_fails_takes_back_what_it_ran_before(
    database: Database,
) -> None:
    with pytest.raises(Unmet):
        async with database.transaction() as tx:
            await add(tx, "before")
            await tx.provided(SPEND, which=uuid4(), now=NOW)
    assert (await database.first(COUNT)).number == 0


async def test_of_two_transactions_with_one_condition_one_happens(database: Database) -> None:
    spent = await add(database, "spent")

    async def attempt(name: str) -> bool:
        rest = {"at": NOW, "size": 1, "good": True, "content": b"", "facts": {}}
        try:
            async with database.transaction() as tx:
                await tx.provided(SPEND, which=spent, now=NOW)
                await tx.later(PUT, id=uuid4(), name=name, **rest)
        except Unmet:
            return False
        return True

    assert sum(await asyncio.gather(*(attempt(f"thing {n}") for n in range(8)))) == 1
    assert (await database.first(COUNT)).number == 2


async def test_outside_a_transaction_later_is_now(database: Database) -> None:
    thing = uuid4()
    rest = {"at": NOW, "size": 1, "good": True, "content": b"", "facts": {}}
    await database.later(PUT, id=thing, name="x", **rest)
    assert (await database.first(GET, id=thing)).name == "x"
