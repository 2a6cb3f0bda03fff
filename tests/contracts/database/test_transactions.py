"""A transaction happens whole or not at all, whoever fails, competes or is cancelled."""

import asyncio
import contextlib
from datetime import UTC, datetime

import pytest

from tests.contracts.conftest import PATIENCE, until
from tests.contracts.words import BY_NAME, COUNT, LOOK_UP, SPEND, add
from watchword.plumbing.db.ports import Broken, Database, Taken

NOW = datetime(2026, 11, 21, 3, 4, 5, 678901, tzinfo=UTC)


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
    async with asyncio.timeout(PATIENCE):
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
    await until(lambda: {*map(str, there)} <= {*news})

    assert {*news} - {""} == {*map(str, there)}
    await add(database, "and on it goes")


async def test_a_look_up_within_a_transaction_sees_what_it_did(database: Database) -> None:
    async with database.transaction() as tx:
        thing = await add(tx, "mine")
        row = await tx.first(LOOK_UP, name="mine")

        assert row is not None
        assert row.id == thing


async def test_of_two_who_want_a_turn_one_waits_for_the_others_end(database: Database) -> None:
    order: list[str] = []

    async def take(who: str, name: str = "number") -> None:
        async with database.transaction() as tx:
            await tx.turn(name)
            order.append(f"{who} begins")
            await asyncio.sleep(0.05)
            await add(tx, who)
            order.append(f"{who} ends")

    await asyncio.gather(*(take(who) for who in ("one", "two", "three")))
    assert [said.split()[1] for said in order] == ["begins", "ends"] * 3
    assert [said.split()[0] for said in order[::2]] == [said.split()[0] for said in order[1::2]]


async def test_a_turn_ends_with_its_transaction_whatever_became_of_it(database: Database) -> None:
    with pytest.raises(LookupError):
        async with database.transaction() as tx:
            await tx.turn("number")
            raise LookupError
    async with asyncio.timeout(PATIENCE), database.transaction() as tx:
        await tx.turn("number")
        await add(tx, "after")
    assert await database.first(BY_NAME, name="after")
