"""Slow statements are told, however they end; what is quick enough is not."""

import io
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from tests.contracts.words import COUNT, add
from watchword.plumbing.db.changes import Changes
from watchword.plumbing.db.pool import PoolSettings
from watchword.plumbing.db.ports import Database, Taken
from watchword.plumbing.db.postgres import PostgresDatabase
from watchword.plumbing.db.slow import watched
from watchword.plumbing.db.sqlite import SqliteDatabase, sqlite_path
from watchword.plumbing.logs import logger

NOTHING, BRIEF, HOUR = timedelta(0), timedelta(milliseconds=500), timedelta(hours=1)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Yield what is logged."""
    stream = io.StringIO()
    logger.configure("warn", stream=stream)
    yield stream
    logger.configure(stream=io.StringIO())


def statements(log: io.StringIO) -> list[str]:
    """Return the statements that were told, in order."""
    told = [json.loads(line) for line in log.getvalue().splitlines()]
    return [line["statement"] for line in told if line["message"] == "slow statement"]


def opened(url: str, slow: timedelta | None) -> AbstractAsyncContextManager[Database]:
    """Open a database that tells statements which take that long."""

    @asynccontextmanager
    async def whole() -> AsyncIterator[Database]:
        made: Any
        if url.startswith("sqlite"):
            made = SqliteDatabase(sqlite_path(url), Changes(), slow=slow)
        else:
            made = PostgresDatabase(url, Changes(), PoolSettings(minimum=0, slow=slow))
        await made.start()
        yield made
        await made.close()

    return whole()


async def test_alone_and_in_a_transaction_every_statement_is_weighed(
    things_url: str, log: io.StringIO
) -> None:
    async with opened(things_url, NOTHING) as database:
        await add(database, "lamp")
        async with database.transaction() as tx:
            await add(tx, "chair")
            await tx.first(COUNT)
        await database.all(COUNT)
    said = statements(log)
    assert sum(each.startswith("INSERT INTO things") for each in said) == 2
    assert sum("count(*)" in each for each in said) == 2
    assert "COMMIT" in said
    assert "lamp" not in log.getvalue()


async def test_a_statement_that_fails_is_weighed_too(things_url: str, log: io.StringIO) -> None:
    async with opened(things_url, NOTHING) as database:
        await add(database, "lamp")
        before = len(statements(log))
        with pytest.raises(Taken):
            await add(database, "lamp")
    assert any(each.startswith("INSERT") for each in statements(log)[before:])


@pytest.mark.parametrize("least", [None, HOUR])
async def test_who_does_not_ask_for_it_is_told_nothing(
    things_url: str, log: io.StringIO, least: timedelta | None
) -> None:
    async with opened(things_url, least) as database:
        await add(database, "lamp")
    assert statements(log) == []


def test_only_what_took_long_enough_is_told_and_on_one_line(log: io.StringIO) -> None:
    ask = watched(lambda seconds, _text, _arguments: time.sleep(seconds), BRIEF)
    ask(0.0, "SELECT 1", ())
    ask(BRIEF.total_seconds(), "SELECT\n  2", ())
    assert statements(log) == ["SELECT 2"]
    assert json.loads(log.getvalue())["duration_ms"] >= 1000 * BRIEF.total_seconds()
