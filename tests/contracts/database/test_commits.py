"""What goes with the commit: writes left for later, and the condition it all depends on."""

import asyncio
import contextlib
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from tests.contracts.words import COUNT, GET, PUT, SPEND, add
from watchword.plumbing.db.ports import Database, Taken, Unmet

NOW = datetime(2026, 11, 21, 3, 4, 5, 678901, tzinfo=UTC)


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
