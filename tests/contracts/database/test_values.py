"""Values go in and come out alike on both databases; what cannot be is named."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.contracts.conftest import open_database
from tests.contracts.words import GET, LACKED, LOOK_UP, PUT, SIZED, SPEND, add
from watchword.plumbing.db.changes import Changes
from watchword.plumbing.db.ports import Database, DatabaseUnavailable, SchemaBehind
from watchword.plumbing.db.sqlite import SqliteDatabase

NOW = datetime(2026, 11, 21, 3, 4, 5, 678901, tzinfo=UTC)


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
