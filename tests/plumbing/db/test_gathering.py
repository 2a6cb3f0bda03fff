"""Look-ups of one moment go together; nobody waits for a stranger who hangs."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import Column, MetaData, Table, Text, select

from watchword.plumbing.db.gathering import Gathering
from watchword.plumbing.db.statements import Lookup, lookup

words = Table("words", MetaData(), Column("word", Text))
WORD = lookup(select(words), key=words.c.word)


class Library:
    """Answers when told to; remembers what was asked together."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.slow = {"slow"}
        self.door = asyncio.Event()

    async def ask(
        self, _lookup: Lookup, keys: list[str], _values: Mapping[str, Any]
    ) -> dict[str, str]:
        self.asked.append(keys)
        if self.slow & set(keys):
            await self.door.wait()
        else:
            await asyncio.sleep(0)
        if "broken" in keys:
            raise ConnectionError
        return {key: key.upper() for key in keys if key != "unknown"}


@pytest.fixture
def library() -> Library:
    return Library()


@pytest.fixture
def gathering(library: Library) -> Gathering:
    return Gathering(WORD, library.ask)


async def many(gathering: Gathering, *keys: str) -> list[Any]:
    return await asyncio.gather(
        *(gathering.first({"word": key}) for key in keys), return_exceptions=True
    )


async def test_those_of_one_turn_go_together(gathering: Gathering, library: Library) -> None:
    told = await many(gathering, "a", "b", "unknown", "a")

    assert told == ["A", "B", None, "A"]
    assert library.asked == [["a", "b", "unknown"]]


async def test_those_who_come_meanwhile_go_together_next(
    gathering: Gathering, library: Library
) -> None:
    first = asyncio.ensure_future(gathering.first({"word": "a"}))
    await asyncio.sleep(0)
    later = [asyncio.ensure_future(gathering.first({"word": word})) for word in "bc"]
    told = await asyncio.gather(first, *later)

    assert told == ["A", "B", "C"]
    assert library.asked == [["a"], ["b", "c"]]


async def test_one_that_hangs_holds_up_nobody(gathering: Gathering, library: Library) -> None:
    hanging = asyncio.ensure_future(gathering.first({"word": "slow"}))
    await asyncio.sleep(0)
    async with asyncio.timeout(30):
        assert await gathering.first({"word": "a"}) == "A"
    assert not hanging.done()

    library.door.set()
    assert await hanging == "SLOW"


async def test_a_failure_belongs_to_those_who_asked_together(gathering: Gathering) -> None:
    told = await many(gathering, "a", "broken")
    assert [type(each) for each in told] == [ConnectionError, ConnectionError]

    assert await many(gathering, "a") == ["A"]


async def test_one_who_goes_away_takes_nobody_along(gathering: Gathering) -> None:
    leaving = asyncio.ensure_future(gathering.first({"word": "a"}))
    staying = [asyncio.ensure_future(gathering.first({"word": word})) for word in ("a", "b")]
    leaving.cancel()

    assert await asyncio.gather(*staying) == ["A", "B"]
    assert await many(gathering, "c") == ["C"]
